"""What is read of one case, and the trace that it leaves (C-7, C-40, C-50, C-51). Imports psycopg and the store only.

Every function works inside a transaction of the caller; a reading that cannot be written down is not given out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import class_row

from hub.processes.engine.case import Case

Connection = AsyncConnection[tuple[Any, ...]]

BEGIN = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SET LOCAL statement_timeout = '10s'"
"""A case and its messages are seen as of one moment, and nobody waits for ever."""


async def case(connection: Connection, id_: str) -> tuple[Case, datetime, bool] | None:
    """A case as it stands, when it was changed, and whether it has left the start list (C-54)."""
    found = await connection.execute(
        "SELECT state::text, changed_at, coalesce(archived_at <= now(), false) FROM cases WHERE id = %s", (id_,)
    )
    row = await found.fetchone()
    return None if row is None else (Case.load(row[0].encode()), row[1], row[2])


@dataclass(frozen=True, slots=True)
class StoredAct:
    """An accepted message without its bytes."""

    sequence: int
    name: str
    events: list[Any]
    received_at: datetime


_TALK = ("meddelande", "kvittens", "felsant", "utskrift", "uppslag", "kontakt", "narstaende", "verifiering")
"""Messages of which a case may have thousands, and which neither its documents nor the law's clock look at."""


async def acts(connection: Connection, case_id: str, names: Sequence[str] | None = None) -> list[StoredAct]:
    """The accepted messages of some names, or all but the talk, in sequence order."""
    found = await connection.cursor(row_factory=class_row(StoredAct)).execute(
        "SELECT sequence, name, events, received_at FROM message WHERE case_id = %(case)s AND sequence IS NOT NULL"
        " AND CASE WHEN %(names)s::text[] IS NULL THEN name <> ALL(%(talk)s) ELSE name = ANY(%(names)s) END"
        " ORDER BY sequence",
        {"case": case_id, "names": None if names is None else list(names), "talk": list(_TALK)},
    )
    return await found.fetchall()


async def stays(connection: Connection, units: Sequence[str], month: str) -> list[list[list[Any]]]:
    """Of every case that one of the units opened and whose person left in a month (YYYY-MM): its messages' events in order."""
    found = await connection.execute(
        "SELECT h.events FROM cases c CROSS JOIN LATERAL (SELECT json_agg(m.events ORDER BY m.sequence)"
        " AS events FROM message m WHERE m.case_id = c.id AND m.sequence IS NOT NULL AND m.name <> ALL(%s)) h"
        " WHERE c.status = 'discharged' AND c.state->'dates'->'discharged'->>'date' LIKE %s AND c.state->>'opened_by' = ANY(%s)",
        (list(_TALK), f"{month}-%", list(units)),
    )
    return [events for (events,) in await found.fetchall()]


@dataclass(frozen=True, slots=True)
class Thread:
    """A free message: its number, its size in bytes, how it stands (case.py, ``threads``)."""

    sequence: int
    source: str
    message: str
    size: int
    state: dict[str, Any]


_THREAD = (
    "SELECT m.sequence, m.source, m.id AS message, octet_length(m.raw) AS size, t.state FROM message m"
    " JOIN thread t ON t.case_id = m.case_id AND t.message = m.id AND t.source = m.source"
    " WHERE m.case_id = %(case)s AND m.sequence IS NOT NULL AND m.name = 'meddelande'"
    " AND (t.state->>'to' IS NULL OR t.state->>'unit' = %(unit)s OR (t.state->'to')::jsonb ? %(unit)s)"
)
"""Those that a unit sent or got; a message without receivers is everybody's (C-40)."""


async def threads(connection: Connection, case_id: str, unit: str, before: int, limit: int) -> list[Thread]:
    """A unit's free messages, the newest first, before a number; one more than the limit where there are more."""
    found = await connection.cursor(row_factory=class_row(Thread)).execute(
        _THREAD + " AND m.sequence < %(before)s ORDER BY m.sequence DESC LIMIT %(limit)s",
        {"case": case_id, "unit": unit, "before": before, "limit": limit + 1},
    )
    return await found.fetchall()


async def thread(connection: Connection, case_id: str, unit: str, message: str) -> list[Thread]:
    """The free messages with an id; two senders may have used the same."""
    found = await connection.cursor(row_factory=class_row(Thread)).execute(
        _THREAD + " AND m.id = %(message)s ORDER BY m.sequence", {"case": case_id, "unit": unit, "message": message}
    )
    return await found.fetchall()
