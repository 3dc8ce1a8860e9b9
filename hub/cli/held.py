"""The commands for what cannot be handled now (D-4): list, show, release, refuse, pass. Imports the root and the operations API."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from hub.cli import table
from hub.cli.endings import shown
from hub.cli.ops import Ops, operations, part
from hub.cli.root import By, Json, Reason, held_app
from hub.errors import Misconfigured


@held_app.command("list")
def held_list(as_json: Json = False) -> None:
    """List held messages, the cases in the manual queue (addressing to be seen to by hand), the partitions of Kafka that wait, and
    gaps in them; oldest first.
    """
    with operations() as ops:
        messages, manual = ops.rows("/held"), ops.rows("/manual-queue")
        unserved, places = ops.ask("/unserved")["rows"], ops.ask("/partitions")["rows"]
    if as_json:
        found = {"messages": messages, "cases": manual, "unserved": unserved, "partitions": places}
        table.show_json(found)
        return
    if not (messages or manual or unserved or places):
        typer.echo("nothing is held: no message, nothing in the manual queue, no partition of Kafka")
    table.show(
        "held messages: hub held show|release|refuse MESSAGE, hub errors [ID]",
        ("MESSAGE", "SINCE", "NEXT TRY", "TRIED", "WHY"),
        [
            (
                one["message"],
                table.moment(one["since"]),
                table.moment(one["next_try"]),
                one["tried"],
                f"{_said(one)}; case {one['queue']}",
            )
            for one in messages
        ],
    )
    table.show(
        "the manual queue, cases whose units must be found by hand: hub timeline CASE",
        ("CASE", "SINCE", "WHY"),
        [(one["case"], table.moment(one["since"]), _said(one)) for one in manual],
    )
    table.show(
        "the manual queue, notices that go when a system serves their unit: or hub held skip UNIT",
        ("FOR", "SINCE", "WHAT"),
        [(_whom(one), table.moment(one["since"]), _how_many(one)) for one in unserved],
    )
    table.show(
        "partitions of Kafka: hub held pass PLACE",
        ("PLACE", "SINCE", "WHAT"),
        [
            (f"{one['topic']}/{one['partition']}/{one['at']}", table.moment(one["since"]), _of_partition(one))
            for one in places
        ],
    )


def _said(one: dict[str, Any]) -> str:
    """Why it waits, with its id in the error catalogue: `hub errors ID` says more."""
    return f"{one['text']['en']} [{one['error']}]"


def _of_partition(one: dict[str, Any]) -> str:
    how = "lost" if one["lost"] else "waits" if one["pass_to"] is None else f"goes on at {one['pass_to']}"
    return how + ("" if one["until"] is None else f" up to {one['until'] - 1}") + f": {one['reason']} [{one['error']}]"


def _whom(one: dict[str, Any]) -> str:
    """The unit for which notices wait, or the system that has left the directory."""
    return str(one["waits_for"]) if one["unit"] is not None else f"system {one['waits_for']}"


def _how_many(one: dict[str, Any]) -> str:
    notices = table.number_of(one["notices"], "notice")
    return f"{notices} of {table.number_of(one['cases'], 'case')}"


@held_app.command("skip")
def held_skip(
    unit: Annotated[str, typer.Argument(help="The unit's HSA-id, as `hub held list` names it.")],
    reason: Reason = "",
    by: By = "",
) -> None:
    """Give up what waits for a unit that no system serves and none will: it has closed, or was told by hand."""
    with operations(by) as ops:
        done = ops.say(f"/unserved/{part(unit)}/give-up", {"reason": reason})
    shown(f"given up for {done['unit']}: {done['count']}")


@held_app.command("pass")
def held_pass(
    place: Annotated[str, typer.Argument(metavar="PLACE", help="TOPIC/PARTITION, as `hub held list` names it.")],
    to: Annotated[
        int | None, typer.Option(help="The offset to go on at; without it after the batch that it waits at.")
    ] = None,
    reason: Reason = "",
    by: By = "",
) -> None:
    """Let a partition that waits go on past what cannot be read (which stays with the broker, unread), or settle a gap."""
    from hub.operations.reason import given

    topic, _, rest = place.partition("/")
    number = rest.partition("/")[0]
    with operations(by) as ops:
        given(reason)
        if not topic or not number.isdigit():
            raise Misconfigured("name the place as `hub held list` does: TOPIC/PARTITION, with or without its offset")
        asked = {"reason": reason} | ({} if to is None else {"to": to})
        done = ops.say(f"/partitions/{part(topic)}/{number}/pass", asked)
    if done["to"] is None or done["at"] is None:
        shown(f"{topic}/{number}: gaps settled: {done['gaps']}")
    else:
        shown(f"{topic}/{number} goes on at {done['to']}; what lies from {done['at']} to {done['to'] - 1} is not read")


@held_app.command("show")
def held_show(
    message: Annotated[str, typer.Argument(help="The message's id, as `hub held list` prints it.")],
    reason: Annotated[str, typer.Option(help="Why it is read; all who audit are shown it.")] = "",
    by: By = "",
) -> None:
    """Show a held message as it came, its body included: personal data, behind the glass, which is broken for it."""
    from hub.operations.reason import given

    with operations(by) as ops:
        given(reason)
        found = _held(ops, message)
        ops.say("/glass", {"reason": reason, "message": message})
        shown_ones = [(one, ops.ask(f"/held/{one['number']}/body")) for one in found]
        ops.end("/glass/current")
    for one, read in shown_ones:
        typer.echo(
            f"{one['source']} {one['message']} from {one['system']} at {table.moment(one['since'])}, {read['media_type']}"
        )
        typer.echo(read["body"])


def _held(ops: Ops, message: str) -> list[dict[str, Any]]:
    """The held messages with an id: of each sender that uses it one. Raises ``Refused`` where there is none."""
    from hub.operations.waiting import not_held

    found = ops.rows("/held", message=message)
    if not found:
        raise not_held(message)
    return found


@held_app.command("release")
def held_release(message: str, reason: Reason = "", by: By = "") -> None:
    """Try a held message again now instead of at its next time."""
    from hub.operations.reason import given

    with operations(by) as ops:
        given(reason)
        for one in _held(ops, message):
            ops.say(f"/held/{one['number']}/release", {"reason": reason})
    shown(f"{message} is tried within a second")


@held_app.command("refuse")
def held_refuse(message: str, reason: Reason = "", by: By = "") -> None:
    """Refuse a held message, with a receipt to its sender; the messages that wait for it are handled."""
    from hub.operations.reason import given

    with operations(by) as ops:
        given(reason)
        for one in _held(ops, message):
            ops.say(f"/held/{one['number']}/refuse", {"reason": reason})
    shown(f"{message} is refused; its sender is told")
