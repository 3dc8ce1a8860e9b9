"""The commands of those who operate: programs' tokens, which are made at the machine, and whose sessions are in force. Imports the root and
the operations API; each command imports what it needs when it runs.
"""

from __future__ import annotations

from typing import Annotated

import typer

from hub.cli import table
from hub.cli.endings import shown
from hub.cli.ops import operations
from hub.cli.root import By, Json, Reason, app, in_transaction, operator

operators_app = typer.Typer(
    help="Who of operations is signed in, and programs' tokens: list, token, end. People sign in with `hub login`.",
    no_args_is_help=True,
)
app.add_typer(operators_app, name="operators")


@operators_app.command("list")
def operators_list(as_json: Json = False) -> None:
    """Show the sessions in force: whose, with which roles, since when, until when. Never their tokens."""
    with operations() as ops:
        found = ops.rows("/sessions", in_force=True)
    if as_json:
        table.show_json(found)
        return
    if not found:
        typer.echo("nobody is signed in")
        return
    rows = [
        (
            one["id"],
            one["kind"],
            table.moment(one["begun_at"]),
            table.moment(one["until"]),
            ", ".join(one["roles"]),
            one["who"],
        )
        for one in found
    ]
    typer.echo("\n".join(table.lines(("ID", "KIND", "SINCE", "UNTIL AT MOST", "ROLES", "WHO"), rows)))


@operators_app.command("token")
def operators_token(
    name: Annotated[str, typer.Argument(help="What the program is called in the trail.")],
    role: Annotated[list[str] | None, typer.Option(help="What it may do. May be repeated.")] = None,
    days: Annotated[int, typer.Option(min=1, max=400, help="For how long.")] = 90,
    reason: Reason = "",
    by: By = "",
) -> None:
    """Make a token for a program of operations and print it, this once. Its acts bear its name and yours. Only on the database
    (HUB_DATABASE_URL): over the network nobody gives rights.
    """
    from hub.operations import operators

    who = operator(by)
    shown(str(in_transaction(lambda c: operators.make_token(c, name, role or (), days, who, reason))))


@operators_app.command("end")
def operators_end(
    session: Annotated[int, typer.Argument(metavar="ID", min=1, help="As `hub operators list` numbers it.")],
    reason: Reason = "",
    by: By = "",
) -> None:
    """End a session now, a person's or a program's: its token is no longer known."""
    with operations(by) as ops:
        ended = ops.say(f"/sessions/{session}/end", {"reason": reason})
    shown(f"session {ended['id']} of {ended['who']} has ended")
