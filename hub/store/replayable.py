"""Which rows of the outbox may be told again, and the groups of what is dead (D-7). Imports psycopg and the store only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import class_row

from hub.store import of_system
from hub.store.outbox import TRIED_AT

Connection = AsyncConnection[tuple[Any, ...]]
_PAGE = 1_000
_WAITED = timedelta(hours=72)
"""So long a notice may have waited before it was sent: the time of trying (D-6)."""
_NEVER = datetime(9999, 1, 1, tzinfo=UTC)
ANSWER = r"regexp_replace(coalesce(d.answer, ''), '(: |, | without an answer| \().*$', '')"
"""The kind of an answer: without what is of one row only."""
KIND = "CASE d.kind WHEN 'notice' THEN m.name ELSE d.kind END"
_KEY = "d.system || ' ' || CASE d.kind WHEN 'notice' THEN d.case_id::text ELSE '#' || d.id END"
WITH_MESSAGE = "outbox_row d LEFT JOIN message m ON m.source = d.source AND m.id = d.message AND d.kind = 'notice'"
FITS = (
    "(%(system)s::text IS NULL OR d.system = %(system)s) AND (%(case)s::text IS NULL OR d.case_id::text = %(case)s)"
    f" AND (%(kind)s::text IS NULL OR {KIND} = %(kind)s) AND (%(answer)s::text IS NULL OR {ANSWER} = %(answer)s)"
    " AND (%(since)s::timestamptz IS NULL OR d.accepted_at >= %(since)s)"
    " AND (%(until)s::timestamptz IS NULL OR d.accepted_at < %(until)s) AND (%(rows)s::bigint[] IS NULL OR d.id = ANY(%(rows)s))"
)
_FREE = "NOT EXISTS (SELECT FROM replay_row r WHERE r.outbox_id = d.id AND r.outcome IS NULL AND r.revision IS NULL)"
"""No other replay is to tell the row."""


@dataclass(frozen=True, slots=True)
class RowFilter:
    """Which rows: those that fit all that is said."""

    system: str | None = None
    case: str | None = None
    kind: str | None = None
    """The name of the message, such as ``svu.inskrivning``; or ``receipt``, ``announcement``."""
    answer: str | None = None
    """The kind of the last answer, as ``groups`` has it."""
    since: datetime | None = None
    """Accepted from this moment on; or sent from it on, where what was sent is asked for (``sent``)."""
    until: datetime | None = None
    """Accepted before this moment."""
    as_of: datetime | None = None
    """Dead, or sent, at this moment already: what died or was sent later does not fit."""
    rows: tuple[int, ...] | None = None

    @property
    def values(self) -> dict[str, Any]:
        return {
            "system": self.system,
            "case": self.case,
            "kind": self.kind,
            "answer": self.answer,
            "since": self.since,
            "until": self.until,
            "as_of": self.as_of,
            "rows": None if self.rows is None else list(self.rows),
        }

    @property
    def as_json(self) -> dict[str, Any]:
        """What is said, for people and the trail."""
        said = {name: value for name, value in self.values.items() if value is not None}
        return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in said.items()}


@dataclass(frozen=True, slots=True)
class FoundRow:
    """A row that may be told again."""

    id: int
    system: str
    key: str
    """Its system and case; a row of no case is one by itself."""
    settled_at: datetime | None = None
    """When it was tried last, if it is dead; when it was sent, if it is sent."""
    answer: str = ""
    """The kind of its last answer."""
    case_id: str | None = None
    units: list[str] | None = None
    """The units that it is for; None of what is no notice."""


@dataclass(frozen=True, slots=True)
class Group:
    """Dead rows of one system that failed alike."""

    system: str
    answer: str
    count: int
    oldest: datetime
    newest: datetime
    behind: int
    """How many notices wait behind them."""
    replayed: int
    """How many of them were told again before, and failed again."""
    cases: int
    first_failed: datetime | None
    """When the first of them was tried last."""
    last_failed: datetime | None
    example: int
    """The row that died of it first."""
    said: str | None
    """The start of what the receiver said to the newest of them that it said something to, without what is personal or secret."""


_TRIED = f"coalesce({TRIED_AT}, d.accepted_at)"
_FOUND = (
    f"SELECT d.id, d.system, {_KEY} AS key, {_TRIED} AS settled_at, {ANSWER} AS answer, d.case_id::text,"  # noqa: S608 - constants
    f" CASE d.kind WHEN 'notice' THEN ARRAY(SELECT json_array_elements_text(d.told->'to')) END AS units FROM {WITH_MESSAGE}"
)


async def dead(connection: Connection, wanted: RowFilter, limit: int) -> list[FoundRow]:
    """Dead rows that no replay has, the oldest cases first, each case's in order."""
    found = await connection.cursor(row_factory=class_row(FoundRow)).execute(
        f"{_FOUND} WHERE d.state = 'dead' AND {FITS} AND {_FREE}"
        f" AND (%(as_of)s::timestamptz IS NULL OR {_TRIED} <= %(as_of)s)"
        f" ORDER BY min(d.id) OVER (PARTITION BY {_KEY}), d.id LIMIT %(limit)s",
        wanted.values | {"limit": limit},
        prepare=False,
    )
    return await found.fetchall()


async def sent(connection: Connection, wanted: RowFilter, limit: int) -> tuple[list[FoundRow], int]:
    """Notices of a case, or since a moment, that were sent to a system and that no replay has: the oldest cases first, each case's in
    order; at the most ``limit``, of the newest. And how many more there are whose content has been removed.
    """
    of_case = wanted.case is not None
    ids, gallrade = await (_sent_of_case(connection, wanted) if of_case else _sent_since(connection, wanted, limit))
    found = await connection.cursor(row_factory=class_row(FoundRow)).execute(
        f"{_FOUND} WHERE d.id = ANY(%(ids)s) ORDER BY min(d.id) OVER (PARTITION BY {_KEY}), d.id",
        {"ids": list(ids)[:limit]},
        prepare=False,
    )
    return [replace(row, settled_at=ids[row.id]) for row in await found.fetchall()], gallrade


async def _sent_since(connection: Connection, wanted: RowFilter, limit: int) -> tuple[dict[int, datetime | None], int]:
    """From the newest back, as far as what waited for the whole time of trying before it was sent."""
    system, since, until = wanted.system, wanted.since, wanted.until
    assert system is not None
    assert since is not None
    ids: dict[int, datetime | None] = {}
    gallrade = 0
    before: int | None = None
    while len(ids) < limit:
        page = await of_system.told(connection, system, before, _PAGE)
        kept, removed = await _fitting(
            connection,
            replace(wanted, since=None),
            {
                row.id: (row.gallrad, row.sent_at)
                for row in page
                if row.kind == "notice"
                and row.state == "sent"
                and row.accepted_at < (until or _NEVER)
                and max(row.accepted_at, row.sent_at or row.accepted_at) >= since
            },
        )
        gallrade += removed
        ids |= kept
        if len(page) < _PAGE or page[-1].accepted_at < since - _WAITED - of_system.LATE:
            break
        before = page[-1].id
    return ids, gallrade


async def _sent_of_case(connection: Connection, wanted: RowFilter) -> tuple[dict[int, datetime | None], int]:
    found = await connection.execute(
        "SELECT id, told->'gallrad' IS NOT NULL, sent_at FROM outbox"
        " WHERE case_id = %s AND system = %s AND kind = 'notice' AND state = 'sent'",
        (wanted.case, wanted.system),
    )
    return await _fitting(
        connection, wanted, {id_: (gallrad, sent_at) for id_, gallrad, sent_at in await found.fetchall()}
    )


async def _fitting(
    connection: Connection, wanted: RowFilter, rows: dict[int, tuple[bool, datetime | None]]
) -> tuple[dict[int, datetime | None], int]:
    """Of sent rows (id → whether its content has been removed, when it was sent) those that fit and that no replay has, the newest first,
    with when they were sent; and how many of those that fit have been removed.
    """
    if (as_of := wanted.as_of) is not None:
        rows = {id_: row for id_, row in rows.items() if row[1] is None or row[1] <= as_of}
    found = await connection.execute(
        f"SELECT d.id FROM {WITH_MESSAGE} WHERE d.id = ANY(%(ids)s) AND {FITS} AND {_FREE} ORDER BY d.id DESC",  # noqa: S608 - constants
        wanted.values | {"ids": list(rows)},
        prepare=False,
    )
    fit = [id_ for (id_,) in await found.fetchall()]
    return {id_: rows[id_][1] for id_ in fit if not rows[id_][0]}, sum(rows[id_][0] for id_ in fit)


async def behind(connection: Connection, rows: Sequence[int]) -> int:
    """How many notices wait behind these rows where they are dead, each once."""
    found = await connection.execute(
        "SELECT count(DISTINCT o.id) FROM outbox_row d JOIN outbox_row o ON o.case_id = d.case_id AND o.system = d.system"
        " WHERE d.id = ANY(%s) AND d.state = 'dead' AND d.kind = 'notice' AND o.kind = 'notice' AND o.behind"
        " AND o.sequence > d.sequence",
        (list(rows),),
        prepare=False,
    )
    return int((await found.fetchall())[0][0])


async def groups(connection: Connection, system: str | None) -> list[Group]:
    """The dead rows of a system, or of all, by system and kind of answer; the largest first."""
    found = await connection.cursor(row_factory=class_row(Group)).execute(
        f"SELECT d.system, {ANSWER} AS answer, count(*) AS count, min(d.accepted_at) AS oldest, max(d.accepted_at) AS newest,"  # noqa: S608
        " sum((SELECT count(*) FROM outbox_row o WHERE d.kind = 'notice' AND o.case_id = d.case_id AND o.system = d.system"
        "  AND o.kind = 'notice' AND o.behind AND o.sequence > d.sequence))::bigint AS behind,"
        " count(*) FILTER (WHERE d.revision > 0) AS replayed, count(DISTINCT d.case_id) AS cases,"
        f" min({TRIED_AT}) AS first_failed, max({TRIED_AT}) AS last_failed,"
        " min(d.id) AS example, (array_agg(d.said ORDER BY d.id DESC) FILTER (WHERE d.said <> ''))[1] AS said"
        " FROM outbox_row d WHERE d.state = 'dead' AND (%(system)s::text IS NULL OR d.system = %(system)s)"
        " GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2",
        {"system": system},
        prepare=False,
    )
    return await found.fetchall()
