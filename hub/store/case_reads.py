"""Reads of one case for the views and the law's average (C-40, C-50, C-51). Imports psycopg and the rules' case only.

Every function runs inside the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import class_row

from hub.processes.engine.case import Case
from hub.processes.engine.element import Element
from hub.processes.engine.process import load_case
from hub.processes.engine.record import kept_to, may_know
from hub.processes.registry import talk
from hub.store.cases import element_of

Connection = AsyncConnection[tuple[Any, ...]]

BEGIN = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SET LOCAL statement_timeout = '10s'"
"""Begin a read: case and messages are seen as of one moment, and no statement takes longer than 10 s."""


async def case(connection: Connection, id_: str) -> tuple[Case, datetime, bool] | None:
    """A case, when it last changed, and whether it has left the start list (C-54)."""
    found = await connection.execute(
        "SELECT state::text, changed_at, coalesce(archived_at <= now(), false) FROM cases WHERE id = %s", (id_,)
    )
    row = await found.fetchone()
    return None if row is None else (load_case(row[0]), row[1], row[2])


@dataclass(frozen=True, slots=True)
class StoredAct:
    """An accepted message without its body."""

    sequence: int
    name: str
    events: list[Any]
    received_at: datetime

    @property
    def kept_to(self) -> str | None:
        """The unit that alone may know of it, or None."""
        return kept_to(self.events)


async def acts(connection: Connection, case_id: str, unit: str, names: Sequence[str] | None = None) -> list[StoredAct]:
    """The accepted messages that a unit may know of, in order of sequence: those with these names, or, for None, all that the
    documents need.
    """
    found = await connection.cursor(row_factory=class_row(StoredAct)).execute(
        "SELECT sequence, name, events, received_at FROM message WHERE case_id = %(case)s AND sequence IS NOT NULL"
        " AND CASE WHEN %(names)s::text[] IS NULL THEN name <> ALL(%(talk)s) ELSE name = ANY(%(names)s) END"
        " ORDER BY sequence",
        {"case": case_id, "names": None if names is None else list(names), "talk": list(talk())},
    )
    return [act for act in await found.fetchall() if may_know(unit, act.events)]


async def of_month(connection: Connection, process: str, units: Sequence[str], month: str) -> list[str]:
    """The events, in order and as JSON, of each case of a process that one of the units opened and that stands in the figures of a month
    (YYYY-MM).
    """
    found = await connection.execute(
        "SELECT h.events::text FROM cases c CROSS JOIN LATERAL (SELECT json_agg(m.events ORDER BY m.sequence)"
        " AS events FROM message m WHERE m.case_id = c.id AND m.sequence IS NOT NULL AND m.name <> ALL(%s)) h"
        " WHERE c.process = %s AND c.month = %s AND c.state->>'opened_by' = ANY(%s) AND c.gallrad_at IS NULL",
        (list(talk()), process, month, list(units)),
    )
    return [events for (events,) in await found.fetchall()]


async def gallrade_of_month(connection: Connection, process: str, units: Sequence[str], month: str) -> int:
    """How many cases stood in the figures of a month, as ``of_month`` has them, and are not counted since their content is removed."""
    found = await connection.execute(
        "SELECT count(*) FROM cases WHERE process = %s AND month = %s AND state->>'opened_by' = ANY(%s)"
        " AND gallrad_at IS NOT NULL",
        (process, month, list(units)),
    )
    ((count,),) = await found.fetchall()
    return int(count)


@dataclass(frozen=True, slots=True)
class Thread:
    """A free message: its number, its size in bytes, and the row of its element."""

    sequence: int
    source: str
    message: str
    size: int
    address: str
    version: int
    state: dict[str, Any]

    @property
    def element(self) -> Element:
        """The element with its state and what it awaits."""
        return element_of(self.address, self.version, self.state)


_THREAD = (
    "SELECT m.sequence, m.source, m.id AS message, octet_length(m.raw) AS size, e.address, e.version, e.state FROM message m"
    " JOIN element e ON e.case_id = m.case_id AND e.address = 'meddelande/' || m.id || ' ' || m.source"
    " WHERE m.case_id = %(case)s AND m.sequence IS NOT NULL AND m.name = 'meddelande'"
    " AND (e.state->'state'->>'to' IS NULL OR e.state->'state'->>'unit' = %(unit)s"
    " OR (e.state->'state'->'to')::jsonb ? %(unit)s)"
    " AND NOT EXISTS (SELECT FROM json_array_elements(m.events) AS event"
    "  WHERE event->>0 = 'kept' AND event->1->>'unit' <> %(unit)s)"
)
"""The free messages that a unit sent or got and may know of; a message without receivers is for all units (C-40)."""


async def threads(connection: Connection, case_id: str, unit: str, before: int, limit: int) -> list[Thread]:
    """A unit's free messages before a sequence, newest first; one more than ``limit`` when there are more."""
    found = await connection.cursor(row_factory=class_row(Thread)).execute(
        _THREAD + " AND m.sequence < %(before)s ORDER BY m.sequence DESC LIMIT %(limit)s",
        {"case": case_id, "unit": unit, "before": before, "limit": limit + 1},
    )
    return await found.fetchall()


async def thread(connection: Connection, case_id: str, unit: str, message: str) -> list[Thread]:
    """The free messages with an id; two senders may have used the same id."""
    found = await connection.cursor(row_factory=class_row(Thread)).execute(
        _THREAD + " AND m.id = %(message)s ORDER BY m.sequence", {"case": case_id, "unit": unit, "message": message}
    )
    return await found.fetchall()
