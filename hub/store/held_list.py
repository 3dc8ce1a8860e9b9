"""The held messages as operations lists them (D-4): each with what it is and what waits behind it, and by kind of reason. Imports psycopg
and the inbox only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from hub.store.inbox import Connection


@dataclass(frozen=True, slots=True)
class HeldRow:
    """A held message, without its body."""

    number: int
    source: str
    message: str
    system: str
    """The system that sent it; ``hub`` for the hub's own messages."""
    name: str | None
    """The message's name; None where it could not be read."""
    case_key: str
    """The case's id; as long as there is no case, the sender's system and reference."""
    reason: str
    since: datetime
    reason_since: datetime
    due_at: datetime
    attempts: int
    """Tries with this reason."""
    behind: int
    """How many messages of its case wait behind it."""
    edited: int
    """How often operations has edited it."""


@dataclass(frozen=True, slots=True)
class HeldFilter:
    """Which held messages: those that fit all that is said."""

    reason: str | None = None
    system: str | None = None
    case_key: str | None = None
    message: str | None = None


_FITS = (
    "(%(reason)s::text IS NULL OR h.reason = %(reason)s) AND (%(case)s::text IS NULL OR h.case_key = %(case)s)"
    " AND (%(message)s::text IS NULL OR h.message = %(message)s) AND (%(system)s::text IS NULL OR m.system = %(system)s)"
)


async def listed(connection: Connection, wanted: HeldFilter, after: int, limit: int) -> list[HeldRow]:
    """Held messages in order of arrival, with numbers above ``after``."""
    found = await connection.cursor(row_factory=class_row(HeldRow)).execute(
        "SELECT n.*, (SELECT count(*) FROM held b WHERE b.case_key = n.case_key AND b.id > n.number) AS behind,"  # noqa: S608 - constant
        " (SELECT count(*) FROM message_edit e WHERE e.source = n.source AND e.message = n.message) AS edited FROM ("
        " SELECT h.id AS number, h.source, h.message, m.system, m.name, h.case_key, h.reason, h.since, h.reason_since, h.due_at, h.attempts"
        " FROM held h JOIN message m ON m.source = h.source AND m.id = h.message"
        f" WHERE h.id > %(after)s AND {_FITS} ORDER BY h.id LIMIT %(limit)s) n ORDER BY n.number",
        {
            "after": after,
            "limit": limit,
            "reason": wanted.reason,
            "system": wanted.system,
            "case": wanted.case_key,
            "message": wanted.message,
        },
    )
    return await found.fetchall()


@dataclass(frozen=True, slots=True)
class HeldGroup:
    """Messages that are held for the same reason."""

    reason: str
    count: int
    cases: int
    oldest: datetime
    again: int
    """How many of them have been tried again since, and are held for the same reason still."""
    most_tried: int
    released: int
    """How often operations has released one of them, and it has come back."""
    example: int
    """The number of the oldest."""


async def groups(connection: Connection) -> list[HeldGroup]:
    """All that is held by reason, the largest first."""
    found = await connection.cursor(row_factory=class_row(HeldGroup)).execute(
        "SELECT h.reason, count(*) AS count, count(DISTINCT h.case_key) AS cases, min(h.since) AS oldest,"
        " count(*) FILTER (WHERE h.attempts > 0) AS again, max(h.attempts) AS most_tried,"
        " coalesce(sum((SELECT count(*) FROM operation o WHERE o.target = h.message AND o.what = 'release'"
        "  AND o.at >= h.since)), 0)::bigint AS released, min(h.id) AS example FROM held h GROUP BY h.reason ORDER BY 2 DESC, 1"
    )
    return await found.fetchall()
