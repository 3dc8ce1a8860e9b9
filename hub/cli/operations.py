"""The commands of operations that steer, and what was done by hand: pause, resume, announce, trail. Imports the root and the operations
API.
"""

from __future__ import annotations

from typing import Annotated

import typer

from hub.cli import table
from hub.cli.endings import shown
from hub.cli.ops import operations, part
from hub.cli.root import By, Json, Reason, app


@app.command()
def pause(system: str, reason: Reason = "", by: By = "") -> None:
    """Send nothing to a system until it is resumed; takes effect in under a second."""
    with operations(by) as ops:
        ops.say(f"/systems/{part(system)}/pause", {"reason": reason})
    shown(f"{system} is paused; its notices wait")


@app.command()
def resume(system: str, reason: Reason = "", by: By = "") -> None:
    """Send to a paused system again."""
    with operations(by) as ops:
        ops.say(f"/systems/{part(system)}/resume", {"reason": reason})
    shown(f"{system} is sent to again")


@app.command()
def announce(
    text_sv: Annotated[str, typer.Option(help="What is told, in Swedish; nothing about a person.")],
    text_en: Annotated[str, typer.Option(help="The same in English.")],
    reason: Annotated[str, typer.Option(help="Why; without it the text in Swedish stands in the trail.")] = "",
    by: By = "",
) -> None:
    """Tell every connected system something, tied to no case: maintenance, trouble, a new version (C-34)."""
    with operations(by) as ops:
        done = ops.say("/announcements", {"text_sv": text_sv, "text_en": text_en, "reason": reason or text_sv})
    shown(
        f"{done['id']} goes to every system ({done['systems']}); see `hub announcements` and `hub timeline {done['id']}`"
    )


@app.command()
def announcements(as_json: Json = False) -> None:
    """List what was announced, the newest first, and to how many systems it has gone."""
    with operations() as ops:
        told = ops.ask("/announcements")["rows"]
    if as_json:
        table.show_json(told)
        return
    if not told:
        typer.echo("nothing has been announced")
    for one in told:
        dead = f", {one['dead']} dead" if one["dead"] else ""
        to = f"sent to {one['sent']} of {table.number_of(one['systems'], 'system')}{dead}"
        typer.echo(f"{table.moment(one['at'])}  {one['id']}  {to}  {one['text_sv']} / {one['text_en']}")


@app.command()
def trail(
    target: Annotated[
        str | None, typer.Argument(help="Only what was done with this: a system, a message, a row, a place.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="The newest so many.")] = 50,
    as_json: Json = False,
) -> None:
    """Show what operations did by hand: when, by whom, with what, and why. The newest last."""
    with operations() as ops:
        acts = ops.rows("/trail", limit, target=target)[::-1]
    if as_json:
        table.show_json(acts)
        return
    if not acts:
        typer.echo("nothing has been done by hand" + (f" with {target}" if target else ""))
        return
    rows = [(table.moment(one["at"]), one["who"], one["what"], one["target"], one["reason"]) for one in acts]
    typer.echo("\n".join(table.lines(("WHEN", "BY", "WHAT", "WITH", "WHY"), rows)))
