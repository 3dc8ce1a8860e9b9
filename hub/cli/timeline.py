"""The commands that say what became of a message or a case, and find one: timeline, search. Imports the root and the operations API."""

from __future__ import annotations

import textwrap
from datetime import datetime
from typing import Annotated, Any

import typer

from hub.cli import table
from hub.cli.ops import operations, part
from hub.cli.root import Json, app, zoned_moment

Since = Annotated[datetime | None, typer.Option(parser=zoned_moment, help="At this moment or later.")]
Until = Annotated[datetime | None, typer.Option(parser=zoned_moment, help="Before this moment.")]


@app.command()
def timeline(
    wanted: Annotated[str, typer.Argument(metavar="MESSAGE|CASE", help="A message's id or a case's id.")],
    as_json: Json = False,
) -> None:
    """Show what became of a message or a case: received, addressed, each attempt with its answer, sent, acknowledged, its deadlines; and of
    what waits, why: behind which row, paused by whom, the breaker, the next try.
    """
    with operations() as ops:
        found = ops.ask(f"/timeline/{part(wanted)}", format="json")
    if as_json:
        table.show_json(found)
        return
    for one in found["entries"]:
        start = f"{table.moment(one['at']):24}  {one['kind']:12}  "
        typer.echo(
            textwrap.fill(
                one["en"],
                table.WIDTH,
                initial_indent=start,
                subsequent_indent=" " * len(start),
                break_long_words=False,
                break_on_hyphens=False,
            )
        )


@app.command()
def search(
    id_: Annotated[str | None, typer.Option("--id", help="With this id; several senders may use the same.")] = None,
    case: Annotated[str | None, typer.Option(help="Of this case.")] = None,
    ref: Annotated[str | None, typer.Option(help="With the sender's own reference of its case.")] = None,
    from_system: Annotated[str | None, typer.Option(help="Sent by this system.")] = None,
    from_unit: Annotated[str | None, typer.Option(help="Sent for this unit.")] = None,
    to_system: Annotated[str | None, typer.Option(help="Notices to this system.")] = None,
    to_unit: Annotated[str | None, typer.Option(help="Notices to this unit.")] = None,
    kind: Annotated[str | None, typer.Option("--type", help="Of this message, as svu.inskrivning.")] = None,
    rule: Annotated[str | None, typer.Option(help="Refused by this rule.")] = None,
    outcome: Annotated[
        str | None, typer.Option(help="accepted, refused, held; of notices waiting, late, dead, sent.")
    ] = None,
    since: Since = None,
    until: Until = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="The newest so many.")] = 20,
    as_json: Json = False,
) -> None:
    """Find messages, and notices of them, the newest first: what they are and what became of them, nothing of what they say. By person one
    searches in the console, behind the glass.
    """
    asked = {
        "id": id_, "case": case, "ref": ref, "from_system": from_system, "from_unit": from_unit, "to_system": to_system,
        "to_unit": to_unit, "type": kind, "rule": rule, "outcome": outcome,
        "since": None if since is None else since.isoformat(), "until": None if until is None else until.isoformat(),
    }  # fmt: skip
    with operations() as ops:
        found = ops.rows("/messages", limit, **asked)
    if as_json:
        table.show_json(found)
        return
    if not found:
        typer.echo("nothing fits")
    messages = [row["message"] for row in found if row["notice"] is None]
    table.show(
        "messages: hub timeline MESSAGE",
        ("MESSAGE", "RECEIVED", "FROM", "WHAT"),
        [(one["id"], table.moment(one["received_at"]), one["system"], _of_message(one)) for one in messages],
    )
    notices = [row["notice"] for row in found if row["notice"] is not None]
    table.show(
        "notices: hub timeline MESSAGE",
        ("MESSAGE", "ACCEPTED", "TO", "WHAT"),
        [(one["message"], table.moment(one["accepted_at"]), one["system"], _of_notice(one)) for one in notices],
    )


def _of_message(one: dict[str, Any]) -> str:
    told = ", ".join(f"{count} {state}" for state, count in one["told"].items())
    said = [
        f"{one['type'] or 'unreadable'}: {one['outcome']}" + (f" by {one['rule']}" if one["rule"] else ""),
        f"#{one['sequence']} of case {one['case']}" if one["case"] else "",
        f"its notices: {told}" if told else "",
    ]
    return "; ".join(filter(None, said))


def _of_notice(one: dict[str, Any]) -> str:
    number = f" #{one['sequence']}" if one["sequence"] else ""
    state = f"{one['state']}{' behind a dead one' if one['behind'] else ''}"
    said = [
        f"{one['kind']}{number}, row {one['row']}: {state}",
        f"last answer {one['answer']}" if one["answer"] else "",
        f"next try {table.moment(one['next_try_at'])}" if one["next_try_at"] else "",
        f"case {one['case']}" if one["case"] else "",
    ]
    return "; ".join(filter(None, said))
