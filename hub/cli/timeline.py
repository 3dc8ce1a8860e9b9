"""The command that says what became of a message or a case, and why it is late. Imports the root; imports what it needs when it runs."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli import table
from hub.cli.root import Json, app, in_transaction
from hub.errors import Misconfigured

if TYPE_CHECKING:
    from hub.store.inbox import InboxRow
    from hub.store.timeline import TimelineEntry


@app.command()
def timeline(
    wanted: Annotated[str, typer.Argument(metavar="MESSAGE|CASE", help="A message's id or a case's id.")],
    as_json: Json = False,
) -> None:
    """Show what became of a message or a case: received, addressed, each attempt with its answer, sent, acknowledged; and of what
    waits, why: behind which row, paused by whom, the breaker, the next try.
    """
    from hub.store import inbox
    from hub.store import timeline as store

    async def go(connection: Any) -> tuple[list[TimelineEntry], dict[tuple[str, str], InboxRow]]:
        entries = await store.of(connection, wanted)
        acknowledgements = [one.received for one in entries if one.received is not None and one.name == "kvittens"]
        return entries, await inbox.load(connection, acknowledgements)

    entries, acknowledgements = in_transaction(go)
    if not entries:
        raise Misconfigured(
            f"nothing is known of {wanted}: give the id of a message or a case, as a receipt names them"
        )
    for one in entries:
        if one.received in acknowledgements:
            one.detail += _acknowledged(acknowledgements[one.received])
    if as_json:
        table.show_json([{"at": one.at, "what": one.what, "detail": one.detail} for one in entries])
        return
    for one in entries:
        start = f"{table.moment(one.at):24}  {one.what:9}  "
        typer.echo(
            textwrap.fill(
                one.detail,
                table.WIDTH,
                initial_indent=start,
                subsequent_indent=" " * len(start),
                break_long_words=False,
                break_on_hyphens=False,
            )
        )


def _acknowledged(row: InboxRow) -> str:
    """What a kvittens acknowledges; nothing where it cannot be read any more."""
    from hub.errors import Refused
    from hub.translators import formats

    try:
        return f"; acknowledges {formats.read_stored(row).data.message}"  # type: ignore[attr-defined]
    except (Refused, AttributeError):
        return ""
