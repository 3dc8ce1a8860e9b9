"""The command that says what became of a message or a case, and why it is late. Imports the root; imports what it needs when it runs."""

from __future__ import annotations

import textwrap
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli import table
from hub.cli.root import Json, app, in_transaction

if TYPE_CHECKING:
    from hub.operations.timeline.whole import Timeline


@app.command()
def timeline(
    wanted: Annotated[str, typer.Argument(metavar="MESSAGE|CASE", help="A message's id or a case's id.")],
    as_json: Json = False,
) -> None:
    """Show what became of a message or a case: received, addressed, each attempt with its answer, sent, acknowledged, its deadlines; and of
    what waits, why: behind which row, paused by whom, the breaker, the next try.
    """
    from hub.operations.timeline import whole

    async def go(connection: Any) -> Timeline:
        return await whole.of(connection, wanted)

    found = in_transaction(go)
    if as_json:
        table.show_json(asdict(found))
        return
    for one in found.entries:
        start = f"{table.moment(one.at):24}  {one.kind:12}  "
        typer.echo(
            textwrap.fill(
                one.en,
                table.WIDTH,
                initial_indent=start,
                subsequent_indent=" " * len(start),
                break_long_words=False,
                break_on_hyphens=False,
            )
        )
