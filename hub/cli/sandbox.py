"""``hub sandbox``: everything on this machine. Imports the root; each command imports what it needs when it runs."""

from __future__ import annotations

import shlex
from typing import Annotated

import typer

from hub.cli.endings import shown
from hub.cli.extras import needs
from hub.cli.root import app

sandbox_app = typer.Typer(invoke_without_command=True)
app.add_typer(sandbox_app, name="sandbox")


@sandbox_app.callback()
def sandbox(
    context: typer.Context,
    admissions: Annotated[
        int | None, typer.Option(help="Stop after so many admissions and account for every one.")
    ] = None,
    mine: Annotated[
        list[str] | None,
        typer.Option(metavar="SYSTEM=URL", help="A system that you play: its notices go to your URL. May be repeated."),
    ] = None,
    mine_format: Annotated[
        str | None, typer.Option(metavar="native|fhir", help="How those systems are told; else as in the directory.")
    ] = None,
    broken: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SYSTEM[=HOW]",
            help="A receiver that breaks a moment after the start: down (no answer), slow, error (500), refuses (400), silent.",
        ),
    ] = None,
    pace: Annotated[
        float | None,
        typer.Option(help="How many times slower people act; from 5 on each act is told, 20 can be followed."),
    ] = None,
) -> None:
    """Run everything on this machine: real Kafka and PostgreSQL, simulated registers, the hub, demo parties, a live
    view. Stops at Ctrl-C.
    """
    needs("sandbox")
    if context.invoked_subcommand is not None:
        return
    from hub.environment import of_sandbox

    of_sandbox()  # before all that takes seconds to load

    from hub.sandbox.sandbox import main as play

    raise typer.Exit(play(admissions, mine or (), mine_format, pace, broken or ()))


Port = Annotated[
    int | None, typer.Option(help="The hub's port, of another folder's sandbox or where several run in this one.")
]


@sandbox_app.command()
def env(
    port: Port = None,
    sign_in: Annotated[
        bool,
        typer.Option("--sign-in", help="For `hub login`: the commands ask the hub, in the name of who has signed in."),
    ] = False,
) -> None:
    """Print the addresses and tokens of the sandbox that runs in this folder as exports: eval "$(hub sandbox env)"."""
    from hub.sandbox.running import environment

    for name, value in environment(port, signs_in=sign_in).items():
        typer.echo(f"unset {name}" if value is None else f"export {name}={shlex.quote(value)}")


@sandbox_app.command()
def mend(system: str, port: Port = None) -> None:
    """Mend the receiver of a system that the sandbox has broken on purpose (--broken), as its own staff would."""
    from hub.sandbox.running import mend as mend_receiver

    shown(mend_receiver(system, port))
