"""Finds notices, receipts and announcements by whom they were told and what became of them, the newest first, without their content.
Imports psycopg and the store only.

It walks back along the numbers of the rows, as ``search`` walks back in time, and says how far it came. The numbers follow time but
for some minutes (``of_system.LATE``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from psycopg import AsyncConnection

from hub.store import search
from hub.store.of_system import LATE
from hub.store.outbox import STORED_UNSENT, WAITING
from hub.store.walk import Pace

Connection = AsyncConnection[tuple[Any, ...]]
Outcome = Literal["waiting", "late", "dead", "sent", "sent-late"]


@dataclass(frozen=True, slots=True)
class NoticesWanted:
    """What notices are asked for; everything that is given must hold."""

    of: search.MessagesWanted = field(default_factory=search.MessagesWanted)
    """What must hold of the message. Its times are those of the notice."""
    systems: Sequence[str] | None = None
    """Told to one of these; None: to any."""
    unit: str | None = None
    """Addressed to this unit."""
    outcome: Outcome | None = None
    late_from: datetime | None = None
    """What was accepted before this moment and waits is late."""
    on_time: timedelta | None = None
    """What was sent longer after it was accepted was sent late; a replay is not."""
    sent_since: datetime | None = None
    """Sent at this moment or later."""


@dataclass(frozen=True, slots=True)
class WalkedNotices:
    """What one page found: numbers of rows."""

    rows: Sequence[int]
    reached: tuple[int, datetime] | None
    """The row up to which it looked, and when that was accepted, when there is more to look at."""


_FRESH, _ENDED = "state = 'fresh'", "state IN ('sent', 'skipped')"
_BEHIND, _DEAD = STORED_UNSENT[1:]
_UNSENT_FRESH = ""
_INDEXED: Final[dict[Outcome | None, tuple[str, ...]]] = {
    "waiting": (WAITING, _BEHIND, _UNSENT_FRESH),
    "late": (WAITING, _BEHIND, _UNSENT_FRESH),
    "dead": (_DEAD,),
    "sent": (_FRESH, _ENDED),
    "sent-late": (_FRESH, _ENDED),
    None: (_FRESH, _ENDED, *STORED_UNSENT),
}
"""Outcome → the conditions under which an index has the rows of a system; the empty one: the fresh rows that are not sent."""
_EACH: Final = "SELECT id FROM outbox_row o WHERE o.system = s.system AND o.{} AND o.id < %(before)s ORDER BY id DESC LIMIT %(step)s"
_EACH_FRESH: Final = "SELECT id FROM fresh_unsent(s.system) o WHERE o.id < %(before)s ORDER BY id DESC LIMIT %(step)s"
_ANY: Final = "SELECT id FROM outbox_row o WHERE o.id < %(before)s ORDER BY id DESC LIMIT %(step)s"
_OF_CASES: Final = (
    "SELECT id FROM outbox_row o WHERE o.kind = 'notice' AND o.case_id = ANY(%(cases)s::uuid[]) AND o.id < %(before)s"
    " ORDER BY id DESC LIMIT %(step)s"
)
_OF_ID: Final = (
    f"SELECT o.id FROM ({search.SOURCES} SELECT m.source, m.case_id, m.sequence FROM each"  # noqa: S608 - constants
    " JOIN message m ON m.source = each.source AND m.id = %(id)s) m JOIN outbox_row o ON o.case_id = m.case_id"
    " AND o.sequence = m.sequence AND o.kind = 'notice' WHERE o.id < %(before)s UNION SELECT o.id FROM outbox_row o"
    " WHERE o.message = %(id)s AND o.kind <> 'notice' AND o.id < %(before)s ORDER BY id DESC LIMIT %(step)s"
)
_CONDITIONS: Final = {
    "since": "o.accepted_at >= %(since)s",
    "until": "o.accepted_at < %(until)s",
    "unit": "EXISTS (SELECT FROM json_array_elements_text(CASE o.kind WHEN 'notice' THEN o.told->'to' END) u WHERE u = %(unit)s)",
    "systems": "o.system = ANY(%(systems)s::text[])",
    "sent_since": "o.sent_at >= %(sent_since)s",
    "id": "o.message = %(id)s",
    "cases": "o.case_id = ANY(%(cases)s::uuid[])",
}
_OUTCOMES: Final[dict[Outcome, str]] = {
    "waiting": "o.state = 'waiting'",
    "late": "o.state = 'waiting' AND o.accepted_at < %(late_from)s",
    "dead": "o.state = 'dead'",
    "sent": "o.state = 'sent'",
    "sent-late": "o.state = 'sent' AND o.revision = 0 AND o.sent_at - o.accepted_at > %(on_time)s",
}
_OF_MESSAGE: Final = ("system", "source", "name", "rule", "deadline")
"""What is asked of the message itself, which is read for it."""


async def walk(
    connection: Connection, wanted: NoticesWanted, after: int | None, limit: int, pace: Pace
) -> WalkedNotices:
    """The next rows below a number, at most ``limit``."""
    of = wanted.of
    values: dict[str, Any] = {
        **{name: getattr(of, name) for name in ("id", *_OF_MESSAGE, "since", "until")},
        "cases": list(of.cases or ()),
        "systems": None if wanted.systems is None else list(wanted.systems),
        "unit": wanted.unit,
        "late_from": wanted.late_from,
        "on_time": wanted.on_time,
        "sent_since": wanted.sent_since,
    }
    before = after if after is not None else await _start(connection, of.until)
    if wanted.systems is None and wanted.outcome in {"waiting", "late", "dead"}:
        values["systems"] = await _with_unsent(connection)
    statement = _statement(wanted)
    found: list[int] = []
    while step := pace.step():
        values |= {"before": before, "step": step, "limit": limit - len(found)}
        rows = await (await connection.execute(statement, values, prepare=False)).fetchall()
        found += [id_ for id_, fits, *_ in rows if fits]
        ends = [(id_, at, newest, passed) for id_, fits, at, newest, passed in rows if not fits]
        if len(found) == limit:
            at = next(at for id_, fits, at, *_ in reversed(rows) if fits and id_ == found[-1])
            return WalkedNotices(found, (found[-1], at))
        if not ends or ends[0][3] < step or (of.since is not None and ends[0][2] < of.since - LATE):
            return WalkedNotices(found, None)
        before, reached = ends[0][0], ends[0][1]
    return WalkedNotices(found, (before, reached))


def _statement(wanted: NoticesWanted) -> str:
    """One step: the rows that fit, and the last that was looked at with how many there were and the newest among them."""
    of = wanted.of
    given = {name for name in ("since", "until", "id", "cases") if getattr(of, name) is not None}
    given |= {name for name in ("unit", "systems", "sent_since") if getattr(wanted, name) is not None}
    looked_at = ["o.kind IN ('notice', 'receipt', 'announcement')", *(_CONDITIONS[name] for name in sorted(given))]
    of_message = [search.CONDITIONS[name] for name in _OF_MESSAGE if getattr(of, name) is not None]
    of_message += [search.OUTCOMES[of.outcome]] if of.outcome else []
    looked_at += [_OUTCOMES[wanted.outcome]] if wanted.outcome else []
    join = "JOIN message m ON m.source = o.source AND m.id = o.message" if of_message else ""
    fitting = f"SELECT o.id FROM passed JOIN outbox o USING (id) {join} WHERE {' AND '.join([*looked_at, *of_message])}"  # noqa: S608
    return (
        f"WITH passed AS MATERIALIZED ({_rows(wanted)}), known AS MATERIALIZED (SELECT o.id, o.accepted_at FROM passed"  # noqa: S608
        f" JOIN outbox_row o USING (id)), fits AS ({fitting} ORDER BY id DESC LIMIT %(limit)s)"
        " (SELECT id, true, accepted_at, accepted_at, 0 FROM fits JOIN known USING (id) ORDER BY id DESC) UNION ALL"
        " (SELECT id, false, accepted_at, (SELECT max(accepted_at) FROM known), (SELECT count(*) FROM known) FROM known"
        " ORDER BY id LIMIT 1)"
    )


def _rows(wanted: NoticesWanted) -> str:
    """The numbers of the rows of one step, from the index that has the fewest that do not fit."""
    if wanted.of.id is not None:
        return _OF_ID
    if wanted.of.cases is not None:
        return _OF_CASES
    if wanted.systems is None and wanted.outcome in {"sent", "sent-late", None}:
        return _ANY
    parts = [f"({_EACH.format(part) if part else _EACH_FRESH})" for part in _INDEXED[wanted.outcome]]
    return (
        "SELECT DISTINCT r.id FROM unnest(%(systems)s::text[]) AS s (system) CROSS JOIN LATERAL"  # noqa: S608
        f" ({' UNION ALL '.join(parts)}) r ORDER BY id DESC LIMIT %(step)s"
    )


async def _with_unsent(connection: Connection) -> list[str]:
    """The systems that have rows which wait or are dead."""
    found = await connection.execute(
        "SELECT system FROM outbox_count WHERE waiting <> 0 OR dead <> 0 UNION SELECT system FROM outbox_change"
    )
    return [system for (system,) in await found.fetchall()]


_AT: Final = "SELECT accepted_at FROM outbox_row WHERE id >= %s ORDER BY id LIMIT 1"


async def _start(connection: Connection, until: datetime | None) -> int:
    """A number above every row that was accepted before a moment: halving finds it, since numbers follow time."""
    row = await (
        await connection.execute(
            "SELECT (SELECT id FROM outbox_row ORDER BY id LIMIT 1), (SELECT id FROM outbox_row ORDER BY id DESC LIMIT 1)"
        )
    ).fetchone()
    assert row is not None
    if row[0] is None:
        return 0
    low, high = int(row[0]), int(row[1]) + 1
    while until is not None and high - low > 1:
        middle = (low + high) // 2
        found = await (await connection.execute(_AT, (middle,))).fetchone()
        if found is not None and found[0] <= until + LATE:
            low = middle
        else:
            high = middle
    return high
