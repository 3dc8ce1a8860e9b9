"""The commands of systems' credentials: list, rotate, end. Imports the root and the operations API."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from hub import clock
from hub.cli import endings, table
from hub.cli.ops import operations, part
from hub.cli.root import By, Json, Reason, directory_app


@directory_app.command("credentials")
def directory_credentials(
    system: Annotated[str | None, typer.Argument(help="One system instead of all.")] = None, as_json: Json = False
) -> None:
    """Show the tokens and secrets of the systems: their age, until when the old of a rotation are valid, who made them. Never their
    values.
    """
    with operations() as ops:
        systems = [system] if system is not None else [one["standing"]["system"] for one in ops.rows("/systems")]
        found = [
            {"system": one, **row} for one in systems for row in ops.ask(f"/systems/{part(one)}/credentials")["rows"]
        ]
    if as_json:
        table.show_json(found)
        return
    now = clock.now()
    rows = [
        (
            one["system"],
            one["kind"],
            one["known_as"],
            _age(datetime.fromisoformat(one["since"]), now),
            table.moment(one["until"]),
            one["who"] or "",
        )
        for one in found
    ]
    typer.echo("\n".join(table.lines(("SYSTEM", "KIND", "KNOWN AS", "AGE", "VALID UNTIL", "BY"), rows)))


def _age(since: datetime, now: datetime) -> str:
    """How long it has been valid, or when it begins."""
    return f"{(now - since).days} days" if since <= now else f"from {table.moment(since)}"


@directory_app.command("rotate")
def directory_rotate(
    system: str,
    kind: Annotated[
        str,
        typer.Argument(help="token (it calls the hub by it), secret (signs webhooks) or bearer (the hub shows it)."),
    ],
    old_for: Annotated[
        float, typer.Option(min=0, max=90 * 86_400.0, help="Seconds for which the old one is valid too.")
    ] = 7 * 86_400.0,
    reason: Reason = "",
    by: By = "",
) -> None:
    """Make a new token or secret for a system and print it, this once; the old one stays valid for a time. Running hubs take it up within a
    second.
    """
    with operations(by) as ops:
        asked = {"kind": kind, "old_for_s": old_for, "reason": reason}
        done = ops.say(f"/systems/{part(system)}/credentials/rotate", asked)
    endings.shown(
        f"{done['value']}\nthis {done['kind']} is valid from {table.moment(done['since'])}, the old one until"
        f" {table.moment(done['old_until'])}; it is not shown again"
    )


@directory_app.command("end")
def directory_end(
    system: str,
    known_as: Annotated[str, typer.Argument(help="As `hub directory credentials` names it.")],
    reason: Reason = "",
    by: By = "",
) -> None:
    """End one token or secret now, as when it has leaked; the last of its kind cannot be ended."""
    with operations(by) as ops:
        asked = {"known_as": known_as, "reason": reason}
        done = ops.say(f"/systems/{part(system)}/credentials/end", asked)
    endings.shown(f"{done['kind']} {done['known_as']} of {system} has ended")
