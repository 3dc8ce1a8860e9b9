"""The commands of the vendor kit: list, serve, and those about a report. Imports the root; each imports what it needs when it runs."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Literal

import typer

from hub.cli import kit_report
from hub.cli.endings import NOT_DONE, NOT_WELL, OF_A_SIGNAL
from hub.cli.root import app, broker_address, place, web_address
from hub.cli.table import say
from hub.errors import Misconfigured

kit_app = typer.Typer(
    help="For vendors: plays the hub and every other party towards your own system, and says what it does well and badly.",
    no_args_is_help=True,
)
app.add_typer(kit_app, name="kit")
kit_app.command("keys")(kit_report.kit_keys)
kit_app.command("verify")(kit_report.kit_verify)
kit_app.command("faults")(kit_report.kit_faults)


@kit_app.command("list")
def kit_list() -> None:
    """List the suites: each scenario, the units that a system can play in it, and what each of them is to send."""
    from hub.kit.suites import asked_of, suites
    from hub.scenarios import ScenarioFile

    for suite, paths in suites().items():
        typer.echo(f"suite {suite}")
        for path in paths:
            written = ScenarioFile(path)
            say(f"  {path.stem}: {written.scenario.scenario}", 4)
            for unit, messages in asked_of(written).items():
                say(f"    --as {unit:20} sends {', '.join(messages)}", 30)
    say("Any other scenario of contracts/scenarios, or a file of your own, is played with --scenario.", 0)


@kit_app.command("serve")
def kit_serve(
    played: Annotated[
        str, typer.Option("--as", help="The unit (lund_kommun) or system (lund-omsorg) that your system plays.")
    ],
    against: Annotated[
        str | None,
        typer.Option(
            parser=web_address, metavar="URL", help="The address of your system, where it takes the hub's webhooks."
        ),
    ] = None,
    kafka: Annotated[
        str | None,
        typer.Option(
            parser=broker_address,
            metavar="HOST:PORT",
            help="Your own broker, where your system reads hub.out.… and writes hub.in.… TLS and the password are set as the"
            " hub's own: HUB_KAFKA_TLS, HUB_KAFKA_CA_FILE, HUB_KAFKA_SASL, HUB_KAFKA_USERNAME, HUB_KAFKA_PASSWORD.",
        ),
    ] = None,
    suite: Annotated[
        str | None, typer.Option(help="svu or sip; left out: both, as far as the unit takes part.")
    ] = None,
    scenario: Annotated[
        list[str] | None,
        typer.Option(help="One scenario, by its name in contracts/scenarios or its file; may be repeated."),
    ] = None,
    format_: Annotated[
        Literal["native", "fhir", "fhir-xml"], typer.Option("--format", help="In which format your system reads.")
    ] = "native",
    body: Annotated[
        Literal["event", "bundle"],
        typer.Option(help="Of a webhook in FHIR: a CloudEvent around the Bundle, or the Bundle alone."),
    ] = "event",
    listen: Annotated[
        str, typer.Option(metavar="[HOST:]PORT", help="Where the kit listens as the hub for your system's messages.")
    ] = "8401",
    within: Annotated[
        str,
        typer.Option(
            help="How soon a message of your system must come: 30s, 10m, 1h. A late one is waited for as long again."
        ),
    ] = "30s",
    seed: Annotated[int, typer.Option(help="What the token and the secret are made of, where you name none.")] = 1,
    token: Annotated[str | None, typer.Option(help="The bearer token with which your system calls the kit.")] = None,
    secret: Annotated[str | None, typer.Option(help="The secret that signs the webhooks: whsec_ and base64.")] = None,
    faults: Annotated[
        str | None,
        typer.Option(
            help="Faults made on purpose afterwards: all, or some, as lost,doubled; hub kit faults lists them."
        ),
    ] = None,
    next_secret: Annotated[
        str | None, typer.Option(help="The secret that follows the first, where the fault rotated is made.")
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(parser=place, metavar="FOLDER", help="The folder for report.json, report.html and junit.xml."),
    ] = None,
    junit: Annotated[
        Path | None,
        typer.Option(parser=place, metavar="FILE", help="A file for JUnit's XML alone, where your CI looks for it."),
    ] = None,
    key: Annotated[
        Path | None,
        typer.Option(
            parser=place, metavar="FILE", help="The private key that signs the report; hub kit keys makes one."
        ),
    ] = None,
) -> None:
    """Play the hub and all other parties towards your system: each step is shown as it happens, and a table at the end.

    Exit status: 0 all is as it should be, 1 something is wrong, 2 it could not be run or nothing was tried, 130 stopped by
    Ctrl-C, 143 by SIGTERM, 129 by SIGHUP: what was played until then is in the report, which says that it was stopped. Once
    your system takes no connection any more the run ends early, and what was not played is not tried.
    """
    from rich.console import Console

    from hub.environment import broker
    from hub.kit import serve, suites
    from hub.kit.awaits import Patience
    from hub.kit.faults.table import chosen
    from hub.kit.report.keys import signing_key
    from hub.kit.report.write import ready_to_write, write_junit, write_report
    from hub.kit.stop import Stop
    from hub.scenarios import Unusable
    from hub.scenarios.moments import duration
    from hub.settings import kafka_client

    waits = duration(f"+{within}")
    if waits is None:
        raise Misconfigured(f"--within {within}: say how long, as 30s, 10m or 1h")
    if key is not None and report is None:
        raise Misconfigured("--key: it signs a report, so name the folder for it with --report")
    if key is not None and junit is not None and key.resolve() == junit.resolve():
        raise Misconfigured(f"--junit {junit}: it is the private key, which would be written over; name another file")
    signer = None if key is None else signing_key(key)
    ready_to_write(report, junit)
    console = Console()
    with Stop(reports=report is not None or junit is not None) as stop:
        try:
            files = [suites.scenario_file(name) for name in scenario or ()] or suites.chosen(played, suite)
            wanted = serve.ServeOrder(
                played=played,
                suite=suite or ("all" if not scenario else ", ".join(path.stem for path in files)),
                scenarios=files,
                seed=seed,
                patience=Patience(waits.total_seconds(), waits.total_seconds()),
                against=against,
                kafka=None if kafka is None else kafka_client(broker(kafka)),
                format=format_,
                body=body,
                listen=listen,
                token=token,
                secret=secret,
                next_secret=next_secret,
                faults=() if faults is None else chosen(faults),
            )
            run = asyncio.run(serve.serve(wanted, console, stop))
        except Unusable as unusable:
            raise Misconfigured(f"a scenario cannot be played:\n{unusable}") from None
        if report is not None:
            for path in write_report(run, report, signer, wanted.secrets):
                console.print(str(path), highlight=False, soft_wrap=True)
            if signer is None:
                console.print(
                    "The report is not signed: hub kit keys makes a key, and --key signs with it.", soft_wrap=True
                )
        if junit is not None:
            console.print(str(write_junit(run, junit, wanted.secrets)), highlight=False, soft_wrap=True)
    if run.stopped_by is not None:
        raise typer.Exit(OF_A_SIGNAL + run.stopped_by)
    raise typer.Exit({"ok": 0, "wrong": NOT_WELL}.get(run.outcome, NOT_DONE))
