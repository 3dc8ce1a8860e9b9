"""A whole timeline: its lanes, entries, clocks and how each notice stands. Imports the store, the rules and the language."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from hub import clock
from hub.errors import Refused
from hub.operations.reason import shown
from hub.operations.timeline import by_hand, deadlines, of_messages, of_rows, settled
from hub.operations.timeline.deadlines import CaseClock
from hub.operations.timeline.entry import HUB, LAW, OPERATIONS, REGISTERS, TimelineEntry
from hub.operations.timeline.of_rows import Standing
from hub.store import directory as directories
from hub.store import timeline as stored
from hub.store.inbox import Key
from hub.store.search import Connection
from hub.store.timeline import Row, StoredHistory
from schemas.agreement import Agreement
from schemas.directory import Directory
from schemas.envelope import Message
from schemas.swedish_time import clock_with_zone, local_day

_LANES: Final = {
    HUB: ("Hubben", "The hub"),
    REGISTERS: ("Registren", "The registers"),
    LAW: ("Lagens klocka", "The law's clock"),
    OPERATIONS: ("Driften", "Operations"),
}


@dataclass(frozen=True, slots=True)
class TimelineLane:
    """Who did what stands on it."""

    id: str
    kind: str
    """hub · registers · law · operations · system · unit"""
    sv: str
    en: str
    parties: tuple[str, ...] = ()
    """Of a system: the parties of its units."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """What happened, oldest first."""

    wanted: str
    entries: Sequence[TimelineEntry]
    lanes: Sequence[TimelineLane]
    clocks: Sequence[CaseClock]
    notices: Sequence[Standing]
    now: datetime
    """When it was made: what has happened, and what is to come."""
    sources: Sequence[str]
    """The senders of messages with this id."""
    well: frozenset[int]
    """The rows of the outbox that ended well."""
    count: int
    """Of all entries, where these are a page of them; so of the notices."""
    notices_count: int
    next: str | None = None
    """Where the entries before these begin, the newer ones being here; so of the notices."""
    notices_next: str | None = None


async def of(connection: Connection, wanted: str, directory: Directory | None = None) -> Timeline:
    """The timeline of the message or the case with the id ``wanted``. ``directory``: the one in force; left out, it is read. Raises
    ``Refused`` 404 where nothing is known.
    """
    history = await stored.read(connection, wanted)
    if history.is_empty:
        raise Refused(
            "unknown",
            f"Inget är känt om {shown(wanted)}: ange id:t för ett meddelande eller ett ärende, så som ett kvitto anger det."
            " Avsändarens egen referens (ref:…) hittas genom sökning (hub search --ref).",
            f"Nothing is known of {shown(wanted)}: give the id of a message or a case, as a receipt names them."
            " The sender's own reference (ref:…) is found by searching (hub search --ref).",
            "/id",
            404,
        )
    if directory is None:
        newest = await directories.versions(connection)
        directory = newest[0].directory if newest else None
    return await asyncio.to_thread(made, history, directory, clock.now())


def made(history: StoredHistory, directory: Directory | None, now: datetime) -> Timeline:
    """The timeline of what is stored; pure, and a second's work of a case with thousands of messages."""
    read = of_messages.readable([*history.kvittenser, *history.messages])
    clocks = [
        deadlines.clock_of(
            case,
            [row for row in history.events if row["case_id"] == case["id"]],
            Agreement() if directory is None else directory.agreement_of(case["opened_by"]),
            now,
        )
        for case in history.cases
    ]
    entries = [
        *of_messages.entries(history, read),
        *of_rows.entries(history, by_hand.skipped(history), now),
        *_held(history),
        *_gallrade(history),
    ]
    since = min((one.at for one in entries if one.kind != "acted"), default=None)
    entries = [*by_hand.entries(history, since), *entries, *(one for each in clocks for one in deadlines.entries(each))]
    entries.sort(key=lambda one: one.place(now))
    notices = of_rows.standings(history, _kvittenser([*history.kvittenser, *history.messages], read))
    return Timeline(
        history.wanted,
        entries,
        _lanes((one.lane for one in entries), directory),
        clocks,
        notices,
        now,
        list(dict.fromkeys(row["source"] for row in history.messages if row["id"] == history.wanted)),
        settled.well(entries),
        len(entries),
        len(notices),
    )


def _kvittenser(rows: Sequence[Row], read: Mapping[Key, Message]) -> dict[str, dict[str, datetime]]:
    """Message → unit → when it acknowledged it."""
    found: dict[str, dict[str, datetime]] = {}
    for row in rows:
        message = read.get((row["source"], row["id"]))
        if message is not None and message.name == "kvittens" and row["sequence"] is not None:
            acknowledged = message.data.message  # type: ignore[attr-defined] # its body has it
            found.setdefault(acknowledged, {}).setdefault(message.unit, row["received_at"])
    return found


def _held(history: StoredHistory) -> Iterable[TimelineEntry]:
    for one in history.held:
        tried = one["attempts"]
        again = clock_with_zone(one["due_at"])
        yield TimelineEntry(
            at=one["since"],
            lane=HUB,
            kind="held",
            outcome=one["reason"],
            message=one["message"],
            source=one["source"],
            sv=f"{one['reason']}; försökt {tried}, nästa {again}",
            en=f"{one['reason']}; tried {tried}, next {again}",
        )


def _gallrade(history: StoredHistory) -> Iterable[TimelineEntry]:
    for case in history.cases:
        if case["gallrad_at"] is not None:
            day = local_day(case["gallrad_at"])
            yield TimelineEntry(
                at=case["gallrad_at"],
                lane=HUB,
                kind="gallrad",
                case=case["id"],
                sv=f"innehållet i ärende {case['id']} togs bort {day} enligt regionens regel: det kan inte läsas, eller sändas, igen",
                en=f"the content of case {case['id']} was removed on {day} by the region's rule: it cannot be read, or sent, again",
            )


def _lanes(ids: Iterable[str], directory: Directory | None) -> list[TimelineLane]:
    """Each lane once, in the order in which it comes up first."""
    return [_lane(id_, directory) for id_ in dict.fromkeys(ids)]


def _lane(id_: str, directory: Directory | None) -> TimelineLane:
    if id_ in _LANES:
        return TimelineLane(id_, id_, *_LANES[id_])
    kind, _, name = id_.partition(":")
    if kind == "unit":
        unit = None if directory is None else directory.unit_by_hsa.get(name)
        title = name if unit is None else unit.name
        return TimelineLane(id_, "unit", title, title, () if unit is None else (unit.party,))
    system = None if directory is None else directory.system_by_id.get(name)
    if system is None or directory is None:
        return TimelineLane(id_, "system", name, name)
    parties = {directory.unit_by_hsa[unit].party for unit in system.units if unit in directory.unit_by_hsa}
    return TimelineLane(id_, "system", system.name, system.name, tuple(sorted(parties)))
