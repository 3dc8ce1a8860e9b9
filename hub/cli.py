"""The command line: thin, one function per command, errors as one sentence. Imports what each command needs, when it
runs.
"""

from __future__ import annotations

import asyncio
import getpass
import json
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from hub.errors import Misconfigured, Refused, Unavailable

app = typer.Typer(
    help="The message hub for Swedish discharge coordination (SVU, SIP). Settings come from HUB_… variables; see README.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
directory_app = typer.Typer(
    help="Who is connected: organisations, units, systems (a YAML file, kept with its versions).", no_args_is_help=True
)
held_app = typer.Typer(
    help="Messages that cannot be handled now (D-4): list, show, release, refuse.", no_args_is_help=True
)
dead_app = typer.Typer(help="Notices that are tried no more (D-6): list, replay, skip.", no_args_is_help=True)
app.add_typer(directory_app, name="directory")
app.add_typer(held_app, name="held")
app.add_typer(dead_app, name="dead")

T = TypeVar("T")
Reason = Annotated[str, typer.Option(help="Why; kept in the trail of operations.")]


def _database_url() -> str:
    url = os.environ.get("HUB_DATABASE_URL")
    if not url:
        raise Misconfigured("set HUB_DATABASE_URL, e.g. postgresql+psycopg://hub@localhost/hub")
    return url


def _with_store(work: Callable[[Any], Awaitable[T]]) -> T:
    """Runs one piece of work on the store and closes it."""
    from hub.store.transaction import Store

    async def go() -> T:
        store = Store(_database_url(), pool=2)
        try:
            return await work(store)
        finally:
            await store.close()

    return asyncio.run(go())


def _in_transaction(work: Callable[[Any], Awaitable[T]]) -> T:
    async def go(store: Any) -> T:
        async with store.transaction() as connection:
            return await work(connection)

    return _with_store(go)


@app.command()
def run() -> None:
    """Run the hub: Kafka, HTTP, delivery and addressing in one process. Stops in order on SIGTERM."""
    import gc

    import uvloop

    from hub.app import Hub
    from hub.log import configure
    from hub.settings import from_environment

    settings = from_environment()
    configure(level=settings.log_level)
    # Messages make no cycles: the collector need not look at what start-up left, nor after every few hundred objects.
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(Hub(settings).run())


@app.command()
def sandbox(
    admissions: Annotated[
        int | None, typer.Option(help="Stop after so many admissions and account for every one.")
    ] = None,
) -> None:
    """Run everything on this machine: real Kafka and PostgreSQL, simulated registers, the hub, demo parties, a live
    view.
    """
    from hub.sandbox.sandbox import main as play

    raise typer.Exit(play(admissions))


@app.command()
def migrate() -> None:
    """Bring the database (HUB_DATABASE_URL) up to this version."""
    from hub.store.transaction import head
    from hub.store.transaction import migrate as bring_up

    asyncio.run(bring_up(_database_url()))
    typer.echo(f"the database stands at migration {head()}")


# --- directory --------------------------------------------------------------------------------------------------------


@directory_app.command("apply")
def directory_apply(
    file: Annotated[Path, typer.Argument(help="YAML file in the directory's format.")],
    dry_run: Annotated[bool, typer.Option(help="Show the difference, change nothing.")] = False,
) -> None:
    """Check a directory, show what it changes, and put it in force; running hubs take it up within a second."""
    from hub.directory import changes, load
    from hub.store import directory as store

    wanted = load(file)

    async def go(opened: Any) -> str:
        found = await store.current(opened)
        lines = changes(None if found is None else found[1], wanted)
        typer.echo("\n".join(lines) or "no change")
        if dry_run or not lines:
            return "nothing was applied"
        return f"version {await store.apply(opened, wanted)} is in force"

    typer.echo(_with_store(go))


@directory_app.command("show")
def directory_show() -> None:
    """Show the directory in force, as YAML (tokens only as hashes, webhook secrets left out)."""
    from hub.directory import shown
    from hub.store import directory as store

    found = _with_store(store.current)
    if found is None:
        raise Misconfigured("there is no directory; apply one with `hub directory apply FILE`")
    typer.echo(f"# version {found[0]}\n{shown(found[1])}")


# --- messages ---------------------------------------------------------------------------------------------------------


@app.command()
def send(
    file: Annotated[Path, typer.Argument(help="A CloudEvent (.json), or a FHIR Bundle (.fhir.json, .xml).")],
    url: Annotated[str, typer.Option(help="The hub's address.")] = "http://127.0.0.1:8400",
    token: Annotated[str, typer.Option(envvar="HUB_TOKEN", help="The system's bearer token.")] = "",
) -> None:
    """Send one message over HTTP and show the receipt; exit status 0 when it was accepted."""
    import httpx

    body = file.read_bytes()
    bundle = file.suffix == ".xml" or b'"resourceType"' in body
    media = (
        "application/fhir+xml"
        if file.suffix == ".xml"
        else "application/fhir+json"
        if bundle
        else "application/cloudevents+json"
    )
    path = "/fhir/$process-message" if bundle else "/messages"
    try:
        answer = httpx.post(
            url + path, content=body, headers={"content-type": media, "authorization": f"Bearer {token}"}, timeout=60
        )
    except httpx.HTTPError as error:
        raise Unavailable(f"the hub at {url} does not answer ({type(error).__name__})") from None
    is_json = "json" in answer.headers.get("content-type", "")
    typer.echo(json.dumps(answer.json(), indent=2, ensure_ascii=False) if is_json else answer.text)
    raise typer.Exit(0 if answer.status_code == 200 else 1)


@app.command()
def timeline(
    wanted: Annotated[str, typer.Argument(metavar="MESSAGE|CASE", help="A message's id or a case's id.")],
) -> None:
    """Show what became of a message or a case: received, handled, addressed, sent, acknowledged."""
    from hub.store import timeline as store

    entries = _in_transaction(lambda connection: store.of(connection, wanted))
    if not entries:
        typer.echo("nothing is known of it", err=True)
        raise typer.Exit(1)
    for entry in entries:
        typer.echo(f"{entry.at:%Y-%m-%d %H:%M:%S.%f}  {entry.what:10} {entry.detail}")


# --- operations -------------------------------------------------------------------------------------------------------


@held_app.command("list")
def held_list() -> None:
    """List held messages, oldest first, and the cases in the manual queue (addressing to be seen to by hand)."""
    from hub.store import cases, inbox

    for h in _in_transaction(inbox.held):
        typer.echo(
            f"{h.since:%Y-%m-%d %H:%M:%S}  {h.message}  case {h.case_key}  {h.reason}  tried {h.attempts}  next {h.due_at:%H:%M:%S}"
        )
    for case_id, outcome, since in _in_transaction(cases.manual_queue):
        typer.echo(f"{since:%Y-%m-%d %H:%M:%S}  manual queue  case {case_id}  {outcome}")


@held_app.command("show")
def held_show(message: Annotated[str, typer.Argument(help="The message's id.")]) -> None:
    """Show a held message as it came, its body included: personal data, for authorised eyes."""
    from hub.store import inbox

    async def go(connection: Any) -> list[inbox.Row]:
        keys = [(h.source, h.message) for h in await inbox.held(connection, limit=100_000) if h.message == message]
        return list((await inbox.load(connection, keys)).values())

    rows = _in_transaction(go)
    if not rows:
        raise Misconfigured(f"no held message has the id {message}")
    for row in rows:
        typer.echo(f"{row.source} {row.id} from {row.system} at {row.received_at:%Y-%m-%d %H:%M:%S}, {row.media_type}")
        typer.echo(row.raw.decode("utf-8", "replace"))


@held_app.command("release")
def held_release(message: str, reason: Reason) -> None:
    """Try a held message again now instead of at its next time."""
    from hub import operations

    typer.echo(_with_store(lambda store: operations.release(store, message, getpass.getuser(), reason)))


@held_app.command("refuse")
def held_refuse(message: str, reason: Reason) -> None:
    """Refuse a held message: its sender is told, and what waits behind it flows."""
    from hub import operations

    typer.echo(_with_store(lambda store: operations.refuse(store, message, getpass.getuser(), reason)))


@dead_app.command("list")
def dead_list(system: Annotated[str | None, typer.Option(help="Only this receiving system.")] = None) -> None:
    """List what is tried no more, oldest first, with its reason."""
    from hub.store import outbox

    for d in _in_transaction(lambda connection: outbox.dead(connection, system=system)):
        number = f" #{d.sequence}" if d.sequence else ""
        typer.echo(
            f"{d.id}  {d.accepted_at:%Y-%m-%d %H:%M:%S}  {d.kind} {d.message}{number} to {d.system}  {d.answer}  tried {d.attempts}"
        )


@dead_app.command("replay")
def dead_replay(
    row: Annotated[
        int | None, typer.Argument(help="The row's number from `hub dead list`; without it all of --system.")
    ] = None,
    system: Annotated[str | None, typer.Option(help="All dead rows of this system.")] = None,
    dry_run: Annotated[bool, typer.Option(help="Only say how many.")] = False,
    reason: Reason = "",
) -> None:
    """Send dead rows again, marked as replay to the receiver."""
    from hub import operations

    typer.echo(
        _with_store(lambda store: operations.replay(store, row, system, getpass.getuser(), reason, dry_run=dry_run))
    )


@dead_app.command("skip")
def dead_skip(row: int, reason: Reason) -> None:
    """Give a dead row up; the case's later notices to that system flow again."""
    from hub import operations

    typer.echo(_with_store(lambda store: operations.skip(store, row, getpass.getuser(), reason)))


@app.command()
def pause(system: str, reason: Reason) -> None:
    """Send nothing to a system until it is resumed; takes effect in under a second."""
    from hub import operations

    typer.echo(_with_store(lambda store: operations.pause(store, system, getpass.getuser(), reason)))


@app.command()
def resume(system: str, reason: Reason) -> None:
    """Send to a paused system again."""
    from hub import operations

    typer.echo(_with_store(lambda store: operations.resume(store, system, getpass.getuser(), reason)))


# --- vendors ----------------------------------------------------------------------------------------------------------


@app.command()
def check(
    files: Annotated[
        list[Path], typer.Argument(help="Messages or FHIR Bundles to check, or scenarios with --scenario.")
    ],
    scenario: Annotated[bool, typer.Option("--scenario", help="The files are scenarios: run them in memory.")] = False,
) -> None:
    """Check messages, Bundles or scenarios without a hub; says what is wrong and where. Exit status 0 when all are
    well.
    """
    if scenario:
        from hub import scenarios

        raise typer.Exit(scenarios.check(files))
    from hub.translators import formats

    wrong = 0
    for file in files:
        body = file.read_bytes()
        media = (
            formats.FHIR_XML
            if file.suffix == ".xml"
            else formats.FHIR_JSON
            if b'"resourceType"' in body
            else "application/cloudevents+json"
        )
        try:
            message = formats.read(media, None, body)
            typer.echo(f"{file}: ok, {message.name}")
        except Refused as refused:
            wrong += 1
            typer.echo(f"{file}: {refused.rule} at {refused.element or '/'}\n  {refused.sv}\n  {refused.en}")
    raise typer.Exit(1 if wrong else 0)


@app.command()
def contracts(
    folder: Annotated[Path, typer.Argument(help="Where the contracts lie.")] = Path("contracts"),
    verify: Annotated[bool, typer.Option("--verify", help="Write nothing; name what is stale.")] = False,
) -> None:
    """Write the generated part of contracts/: JSON Schemas, examples, the list of rules, diagrams."""
    from hub import contracts as generated

    if verify:
        stale = generated.fresh(folder)
        typer.echo("\n".join(stale) or "all is fresh")
        raise typer.Exit(1 if stale else 0)
    generated.generate(folder)


def main() -> None:
    """The entry point: what went wrong is one sentence and an exit status, never a trace."""
    try:
        app()
    except (Misconfigured, Unavailable) as error:
        sys.stderr.write(f"hub: {error}\n")
        sys.exit(2)
    except Refused as refused:
        sys.stderr.write(f"hub: {refused.rule}: {refused.sv} / {refused.en}\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
