"""Reconciliation: what a system has sent and was told beside its own list, what is missing on either side, and the replay of exactly that
(D-7). Imports the store and the language.

What came within the last minutes may still be under way: it is counted as open, and never as missing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from pydantic_core import to_jsonable_python

from hub import clock
from hub.errors import Refused
from hub.intake.told_elsewhere import Elsewhere
from hub.operations import replays, self_service
from hub.store import credentials, reconciliation, replayable
from hub.store.inbox import Key
from hub.store.of_system import LATE
from hub.store.reconciliation import BookedMessage, BookedNotice, Connection
from hub.store.replayable import RowFilter
from schemas.directory import System

MOST: Final = 10_000
"""Messages, and notices, in one span; of more, the span is narrowed."""
WINDOW: Final = timedelta(hours=1)
LONGEST: Final = timedelta(days=7)
_MOST_KEYS: Final = 200_000
_KEPT: Final = 200
"""So many of each difference are kept for operations, beside their number."""


@dataclass(frozen=True, slots=True)
class Window:
    """An hour: how many came to what."""

    since: datetime
    until: datetime
    open: bool
    """Something accepted in it may still be under way."""
    sent: dict[str, int]
    """accepted, refused, held → how many messages of the system's."""
    told: dict[str, int]
    """waiting, sent, dead, skipped → how many notices to it."""


@dataclass(frozen=True, slots=True)
class Books:
    """What the hub's books say of a system in a span."""

    since: datetime
    until: datetime
    settled_until: datetime
    """What came before this moment is settled; later, more may come or change."""
    windows: Sequence[Window]
    sent: Sequence[BookedMessage]
    told: Sequence[BookedNotice]


def spanned(since: datetime, until: datetime | None) -> tuple[datetime, datetime]:
    """The span, up to now at the most. Raises ``Refused`` where it is too long or ends before it begins."""
    end = min(until or clock.now(), clock.now())
    if end <= since:
        raise Refused(
            "bad-query",
            "Rätta since: ange en tid före until.",
            "Correct since: give a moment before until.",
            "/since",
            400,
        )
    if end - since > LONGEST:
        raise Refused(
            "span-too-long",
            f"Ange högst {LONGEST.days} dygn i taget.",
            f"Give at most {LONGEST.days} days at a time.",
            "/since",
            400,
        )
    return since, end


async def books(connection: Connection, system: str, since: datetime, until: datetime) -> Books:
    """The books of a span. Raises ``Refused`` where it holds more than one answer may."""
    sent = await reconciliation.sent(connection, system, since, until, MOST + 1)
    told = await reconciliation.told(connection, system, since, until, MOST + 1)
    if told is None or len(sent) > MOST or len(told) > MOST:
        raise Refused(
            "span-too-full",
            f"Det är fler än {MOST} meddelanden eller underrättelser. Ange ett kortare intervall.",
            f"There are more than {MOST} messages or notices. Give a shorter span.",
            "/until",
        )
    settled = min(until, clock.now() - LATE)
    return Books(since, until, settled, _windows(since, until, settled, sent, told), sent, told)


def _windows(
    since: datetime,
    until: datetime,
    settled: datetime,
    sent: Sequence[BookedMessage],
    told: Sequence[BookedNotice],
) -> list[Window]:
    """The span by hours, counted from its beginning; hours without anything too."""
    count = -((since - until) // WINDOW)
    came: list[Counter[str]] = [Counter() for _ in range(count)]
    went: list[Counter[str]] = [Counter() for _ in range(count)]
    for message in sent:
        came[(message.received_at - since) // WINDOW][message.outcome] += 1
    for notice in told:
        went[(notice.accepted_at - since) // WINDOW][notice.state] += 1
    found = []
    for number in range(count):
        begins = since + number * WINDOW
        ends = min(begins + WINDOW, until)
        found.append(Window(begins, ends, ends > settled, dict(came[number]), dict(went[number])))
    return found


# --- beside a system's own list ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OwnMessage:
    """A message that the system says it has sent."""

    id: str
    source: str | None = None
    outcome: str | None = None
    """How its receipt answered it, as the system understood it."""


@dataclass(frozen=True, slots=True)
class Differing:
    """What the two sides say otherwise of one."""

    id: str
    yours: str
    ours: str


@dataclass(frozen=True, slots=True)
class Compared:
    """One side of the comparison."""

    matched: int
    repeated: Sequence[str] = ()
    """Ids that stand in the list more than once."""
    missing_here: Sequence[str] = ()
    """In the list, and not in the hub's books of this system."""
    missing_there: Sequence[Any] = ()
    """In the hub's books of the span, settled, and not in the list."""
    differing: Sequence[Differing] = ()
    open: int = 0
    """In the hub's books, not in the list, and perhaps under way still."""


@dataclass(frozen=True, slots=True)
class Offered:
    """The replay of exactly the notices that the system says it lacks."""

    count: int
    gallrade: int
    """Left out, since their content has been removed."""
    begun: int | None = None
    """Its number, once it has begun."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A system's list beside the hub's books."""

    since: datetime
    until: datetime
    settled_until: datetime
    sent: Compared
    taken: Compared
    replay: Offered = field(default_factory=lambda: Offered(0, 0))


async def compare(
    connection: Connection,
    system: System,
    span: tuple[datetime, datetime],
    sent: Sequence[OwnMessage],
    taken: Sequence[int],
    expected: int | None,
) -> Comparison:
    """The list beside the books; with ``expected``, the count of a comparison before, what is missing there is told again. What differs is
    kept for operations. Raises ``Refused`` where the span is too full, or the count is another now.
    """
    since, until = span
    ours = await books(connection, system.id, since, until)
    of_sent = await _sent(connection, system, ours, sent)
    of_taken, lacking = await _taken(connection, system.id, ours, taken)
    offered = await _replay(connection, system.id, span, lacking, expected)
    found = Comparison(since, until, ours.settled_until, of_sent, of_taken, offered)
    await reconciliation.keep(connection, system.id, since, until, _kept(found))
    return found


def _repeated(ids: Iterable[str]) -> list[str]:
    return [id_ for id_, times in Counter(ids).items() if times > 1]


def _elsewhere(system: System, ours: Books, listed: Sequence[OwnMessage]) -> list[Key]:
    """What is in the list and not in the span: where it would be, if it came at another time. Raises ``Refused`` where that is too much
    to look for.
    """
    in_span = {message.id for message in ours.sent}
    left = [one for one in listed if one.id not in in_span]
    own = {message.source for message in ours.sent} | {f"urn:hsa:{unit}" for unit in system.units}
    keys = {(source, one.id) for one in left for source in ([one.source] if one.source else own)}
    if len(keys) > _MOST_KEYS:
        raise Refused(
            "sources-needed",
            "Ange source för varje meddelande: för många av dem kom inte i intervallet.",
            "Give the source of each message: too many of them did not come in the span.",
            "/sent",
            400,
        )
    return sorted(keys)


async def _sent(connection: Connection, system: System, ours: Books, listed: Sequence[OwnMessage]) -> Compared:
    known: dict[str, list[BookedMessage]] = {}
    for message in [
        *ours.sent,
        *await reconciliation.with_keys(connection, system.id, _elsewhere(system, ours, listed)),
    ]:
        known.setdefault(message.id, []).append(message)
    matched, missing, differing, met = 0, [], [], set()
    for one in {(one.id, one.source): one for one in listed}.values():
        fitting = [message for message in known.get(one.id, ()) if one.source in {None, message.source}]
        met |= {(message.source, message.id) for message in fitting}
        if not fitting:
            missing.append(one.id)
        elif one.outcome is not None and all(message.outcome != one.outcome for message in fitting):
            differing.append(Differing(one.id, one.outcome, fitting[0].outcome))
        else:
            matched += 1
    left = [message for message in ours.sent if (message.source, message.id) not in met]
    settled = [message for message in left if message.received_at < ours.settled_until]
    repeated = _repeated(f"{one.source or ''} {one.id}".strip() for one in listed)
    return Compared(matched, repeated, missing, settled, differing, len(left) - len(settled))


async def _taken(
    connection: Connection, system: str, ours: Books, listed: Sequence[int]
) -> tuple[Compared, list[BookedNotice]]:
    """The comparison, and the notices that the system lacks."""
    known = {one.name: one for one in await reconciliation.with_names(connection, system, sorted(set(listed)))}
    matched, missing, differing = 0, [], []
    for name in dict.fromkeys(listed):
        if (notice := known.get(name)) is None:
            missing.append(f"out-{name}")
        elif notice.state != "sent":
            differing.append(Differing(f"out-{name}", "taken", notice.state))
        else:
            matched += 1
    left = [notice for notice in ours.told if notice.name not in known]
    lacking = [notice for notice in left if notice.state == "sent" and notice.accepted_at < ours.settled_until]
    repeated = _repeated(f"out-{name}" for name in listed)
    return Compared(matched, repeated, missing, lacking, differing, len(left) - len(lacking)), lacking


async def _replay(
    connection: Connection,
    system: str,
    span: tuple[datetime, datetime],
    lacking: Sequence[BookedNotice],
    expected: int | None,
) -> Offered:
    """The notices that are lacking and can be told again: exactly these, in the order of their cases; of very many the oldest cases."""
    since, until = span
    wanted_ids = {one.id for one in lacking if one.kind == "notice"}
    if expected is not None:
        await credentials.lock(connection, system)
    if not wanted_ids or since < clock.now() - self_service.FURTHEST:
        rows, gallrade = [], 0
    else:
        wanted = RowFilter(system=system, since=since, until=until)
        every, gallrade = await replayable.sent(connection, wanted, MOST + 1)
        rows = [row for row in every if row.id in wanted_ids][: self_service.MOST_REPLAYED]
    if expected is None:
        return Offered(len(rows), gallrade)
    if expected != len(rows):
        raise Refused(
            "another-count",
            f"Det är {len(rows)} underrättelser nu, inte {expected}. Jämför igen, utan expected, och ange antalet därifrån.",
            f"It is {len(rows)} notices now, not {expected}. Compare again, without expected, and give the number of that.",
            "/expected",
        )
    if not rows:
        return Offered(0, gallrade)
    begun = await replays.begin(
        connection,
        Elsewhere(rows, frozenset()),
        RowFilter(system=system, since=since, until=until, rows=tuple(row.id for row in rows)),
        system,
        "what it lacks by its own list, by the system itself",
        replays.Limits(),
        of_sent=True,
        own=True,
    )
    return Offered(len(rows), gallrade, begun.id)


def _kept(found: Comparison) -> dict[str, Any]:
    """What differs, as operations sees it: numbers, and the first of each."""
    return {side: _first(getattr(found, side)) for side in ("sent", "taken")} | {
        "settled_until": found.settled_until.isoformat(),
        "replay": asdict(found.replay),
    }


def _first(side: Compared) -> dict[str, Any]:
    lists = ("repeated", "missing_here", "missing_there", "differing")
    shown: dict[str, Any] = to_jsonable_python({name: list(getattr(side, name))[:_KEPT] for name in lists})
    return {
        "matched": side.matched,
        "open": side.open,
        "counts": {name: len(getattr(side, name)) for name in lists},
        **shown,
    }
