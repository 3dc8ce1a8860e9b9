"""The commands for what cannot be handled now (D-4): list, show, release, refuse, pass. Imports the root; each command imports what it
needs when it runs.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer

from hub.cli import table
from hub.cli.endings import shown
from hub.cli.root import By, Json, Reason, held_app, in_transaction, operator, with_store
from hub.errors import Misconfigured


@held_app.command("list")
def held_list(as_json: Json = False) -> None:
    """List held messages, the cases in the manual queue (addressing to be seen to by hand), the partitions of Kafka that wait, and
    gaps in them; oldest first.
    """
    from hub.catalogue import ids
    from hub.operations import waiting

    found = with_store(waiting.what_is_held)
    messages, manual, unserved, places = found.messages, found.cases, found.unserved, found.partitions
    if as_json:
        table.show_json(
            {
                "messages": [asdict(one) | {"error": ids.of_held(one.reason)} for one in messages],
                "cases": [
                    {"case": one.case, "outcome": one.outcome, "error": ids.of_manual(one.outcome), "since": one.since}
                    for one in manual
                ],
                "unserved": [asdict(one) | {"for": whom(one.system)} for one in unserved],
                "partitions": [
                    asdict(one) | {"place": one.place, "error": ids.of_partition(one.reason)} for one in places
                ],
            }
        )
        return
    if not (messages or manual or unserved or places):
        typer.echo("nothing is held: no message, nothing in the manual queue, no partition of Kafka")
    table.show(
        "held messages: hub held show|release|refuse MESSAGE, hub errors [ID]",
        ("MESSAGE", "SINCE", "NEXT TRY", "TRIED", "WHY"),
        [
            (
                h.message,
                table.moment(h.since),
                table.moment(h.due_at),
                h.attempts,
                f"{_said(ids.of_held(h.reason))}; case {h.case_key}",
            )
            for h in messages
        ],
    )
    table.show(
        "the manual queue, cases whose units must be found by hand: hub timeline CASE",
        ("CASE", "SINCE", "WHY"),
        [(one.case, table.moment(one.since), _said(ids.of_manual(one.outcome))) for one in manual],
    )
    table.show(
        "the manual queue, notices that go when a system serves their unit: or hub held skip UNIT",
        ("FOR", "SINCE", "ROW", "WHAT"),
        [
            (
                whom(one.system),
                table.moment(one.since),
                one.id,
                f"{one.kind} {one.message}{number(one.sequence)} of case {one.case_id}",
            )
            for one in unserved
        ],
    )
    table.show(
        "partitions of Kafka: hub held pass PLACE",
        ("PLACE", "SINCE", "WHAT"),
        [
            (
                one.place,
                table.moment(one.since),
                ("lost" if one.lost else "waits" if one.pass_to is None else f"goes on at {one.pass_to}")
                + ("" if one.until is None else f" up to {one.until - 1}")
                + f": {one.reason} [{ids.of_partition(one.reason)}]",
            )
            for one in places
        ],
    )


def _said(id_: str) -> str:
    """What an entry of the error catalogue says, with its id: `hub errors ID` says more."""
    from hub.catalogue.catalogue import in_short

    return f"{in_short(id_).en} [{id_}]"


def whom(system: str) -> str:
    """The unit for which a notice waits, or the system that has left the directory."""
    from hub.intake.told_numbers import waiting_unit

    return waiting_unit(system) or f"system {system}"


def number(sequence: int | None) -> str:
    """A notice's number in its case."""
    return f" #{sequence}" if sequence else ""


@held_app.command("skip")
def held_skip(
    unit: Annotated[str, typer.Argument(help="The unit's HSA-id, as `hub held list` names it.")],
    reason: Reason = "",
    by: By = "",
) -> None:
    """Give up what waits for a unit that no system serves and none will: it has closed, or was told by hand."""
    from hub.operations import waiting

    done = with_store(lambda store: waiting.skip_waiting(store, unit, operator(by), reason))
    shown(f"given up for {done.unit}: {done.count}")


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
    from hub.operations import waiting
    from hub.operations.reason import given

    topic, _, rest = place.partition("/")
    number = rest.partition("/")[0]
    who = operator(by)

    async def go(store: Any) -> waiting.Passed:
        given(reason)
        if not topic or not number.isdigit():
            raise Misconfigured("name the place as `hub held list` does: TOPIC/PARTITION, with or without its offset")
        return await waiting.let_pass(store, topic, int(number), to, who, reason)

    done = with_store(go)
    if done.to is None or done.at is None:
        shown(f"{topic}/{number}: gaps settled: {done.gaps}")
    else:
        shown(f"{topic}/{number} goes on at {done.to}; what lies from {done.at} to {done.to - 1} is not read")


@held_app.command("show")
def held_show(message: Annotated[str, typer.Argument(help="The message's id, as `hub held list` prints it.")]) -> None:
    """Show a held message as it came, its body included: personal data, for authorised eyes."""
    from hub.operations.waiting import not_held
    from hub.store import held, inbox

    async def go(connection: Any) -> list[inbox.InboxRow]:
        keys = [one.key for one in await held.named(connection, message)]
        return list((await inbox.load(connection, keys)).values())

    rows = in_transaction(go)
    if not rows:
        raise not_held(message)
    for row in rows:
        typer.echo(f"{row.source} {row.id} from {row.system} at {table.moment(row.received_at)}, {row.media_type}")
        typer.echo(row.raw.decode("utf-8", "replace"))


@held_app.command("release")
def held_release(message: str, reason: Reason = "", by: By = "") -> None:
    """Try a held message again now instead of at its next time."""
    from hub.operations import waiting

    with_store(lambda store: waiting.release(store, message, operator(by), reason))
    shown(f"{message} is tried within a second")


@held_app.command("refuse")
def held_refuse(message: str, reason: Reason = "", by: By = "") -> None:
    """Refuse a held message, with a receipt to its sender; the messages that wait for it are handled."""
    from hub.operations import refusing

    with_store(lambda store: refusing.refuse(store, message, operator(by), reason))
    shown(f"{message} is refused; its sender is told")
