"""What a receiver says of the notices that it was given: taken, read, refused (delivery.md §3). Imports the store and the metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from hub import clock, metrics
from hub.delivery.exits.answer_start import start_of
from hub.errors import Refused
from hub.log import log
from hub.store import in_hand, replays, shards
from hub.store.in_hand import Connection, Given
from schemas.directory import System
from schemas.ways_out import InboxOut


@dataclass(frozen=True, slots=True)
class Ack:
    """What is said of one notice; ``reason`` with ``refused`` only."""

    id: str
    outcome: Literal["taken", "read", "refused"] = "taken"
    reason: str = ""


@dataclass(slots=True)
class Judged:
    """What some acknowledgements amount to."""

    faults: list[Refused | None] = field(default_factory=list)
    """What is wrong with each, in their order."""
    taken: list[Given] = field(default_factory=list)
    """Rows that waited and are acknowledged now."""
    taken_late: list[Given] = field(default_factory=list)
    """Rows that were put back when their replay ended, and are acknowledged all the same."""
    read: list[Given] = field(default_factory=list)
    refused: list[tuple[Given, str]] = field(default_factory=list)
    """Rows that waited and are dead now, with what was said of them."""


def judge(acks: Sequence[Ack], rows: Mapping[int, Given], *, fetches: bool) -> Judged:
    """What is said of ``rows`` (by the number in their ids), one after the other. What can be done is done, whatever is wrong with the
    others, and what was said before may be said again. ``fetches``: the system fetches its notices itself. Pure.
    """
    found = Judged()
    states = {one.id: one.state for one in rows.values()}
    for ack in acks:
        one = rows.get(number(ack.id))
        late = one is not None and one.put_back and one not in found.taken_late
        found.faults.append(UNKNOWN if one is None else _fault(ack, one, states[one.id], fetches=fetches, late=late))
        if one is None or found.faults[-1] is not None:
            continue
        if late and states[one.id] != "waiting":
            if ack.outcome != "refused":
                states[one.id] = "sent"
                found.taken_late.append(one)
        elif states[one.id] == "waiting":
            states[one.id] = "dead" if ack.outcome == "refused" else "sent"
            if ack.outcome == "refused":
                found.refused.append((one, ack.reason))
            else:
                found.taken.append(one)
        if ack.outcome == "read":
            found.read.append(one)
    return found


async def take(connection: Connection, system: System, acks: Sequence[Ack]) -> Judged:
    """Write what a receiver says of its notices."""
    numbers = sorted({number(ack.id) for ack in acks} - {0})
    fetches = isinstance(system.out, InboxOut)
    if not fetches:
        await shards.change_shards(connection, await in_hand.shards_of(connection, system.id, numbers))
    rows = await in_hand.named(connection, system.id, numbers, fetches=fetches)
    found = judge(acks, rows, fetches=fetches)
    await in_hand.acknowledge(connection, [one.id for one in found.taken], in_hand.ACKNOWLEDGED)
    if found.taken_late:
        late, answers = found.taken_late, [in_hand.ACKNOWLEDGED] * len(found.taken_late)
        await replays.sent_after_all(
            connection, [(one.id, one.revision) for one in late], [clock.now()] * len(late), answers
        )
    await in_hand.let_go(connection, [one.id for one in rows.values() if one.put_back])
    await in_hand.note_read(connection, [one.id for one in found.read])
    for one, reason in found.refused:
        await in_hand.refuse(connection, one.id, start_of(reason.encode()))
    return found


def count(system: System, found: Judged) -> None:
    """Count for the metrics and the log what is committed."""
    now = clock.now()
    metrics.delivered(system.id, [(now - one.accepted_at).total_seconds() for one in found.taken if not one.revision])
    metrics.attempted(system.id, "ok", len(found.taken) + len(found.taken_late))
    for one, _ in found.refused:
        metrics.attempted(system.id, "dead")
        log.error("delivery_dead", system=system.id, row=one.id, answer="refused-by-receiver")


def number(id_: str) -> int:
    """The number in ``out-4711``; 0, which no row has, where it is no such id."""
    digits = id_.removeprefix("out-")
    return int(digits) if id_ != digits and digits.isascii() and digits.isdigit() and len(digits) <= 18 else 0


def _fault(ack: Ack, one: Given, state: str, *, fetches: bool, late: bool) -> Refused | None:
    """Why what is said of a notice cannot be taken, or None. One that goes by another way may be in a call at this moment."""
    if late and state != "waiting":
        return None  # what is said of it was said of the replay: taken, it counts; refused, it is what it was
    if state == "skipped":
        return GIVEN_UP
    if fetches and state == "waiting" and not one.was_given:
        return NOT_GIVEN
    if ack.outcome == "refused":
        return SAID_OTHERWISE if state == "sent" else None
    return SAID_OTHERWISE if state == "dead" else None


UNKNOWN: Final = Refused(
    "unknown-notice",
    "Det finns ingen underrättelse med det id:t till systemet. Ange id:t som hämtningen gav det.",
    "There is no notice with that id to the system. Give the id as the fetch gave it.",
    "/acks/id",
    404,
)
NOT_GIVEN: Final = Refused(
    "not-fetched",
    "Underrättelsen har inte hämtats än. Hämta den först, med GET /inbox.",
    "The notice has not been fetched yet. Fetch it first, by GET /inbox.",
    "/acks/id",
    409,
)
SAID_OTHERWISE: Final = Refused(
    "said-otherwise",
    "Om underrättelsen är redan sagt motsatsen: den är antingen mottagen eller avvisad. Kontakta hubbens drift om det var fel.",
    "The opposite was said of the notice before: it is either taken or refused. Contact the hub's operations if that was wrong.",
    "/acks/outcome",
    409,
)
GIVEN_UP: Final = Refused(
    "given-up",
    "Driften har gett upp underrättelsen. Se i ärendet vad som gäller.",
    "Operations has given the notice up. See in the case what holds.",
    "/acks/id",
    410,
)
