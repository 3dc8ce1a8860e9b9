"""Which cases have something in a unit's calendar, and on which day. Imports psycopg and the rules' case only.

Every function runs inside the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from psycopg import AsyncConnection

from hub.processes.engine.calendar import CalendarEntry
from hub.processes.engine.case import Case
from hub.processes.engine.process import load_case
from hub.store.transaction import array, keys

Connection = AsyncConnection[tuple[Any, ...]]

_KEEP = """
WITH held AS (SELECT * FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::date[]) AS n (case_id, unit, key, day)),
gone AS (
    DELETE FROM calendar c WHERE c.case_id = ANY(%s::uuid[])
    AND NOT EXISTS (SELECT FROM held h WHERE (h.case_id, h.unit, h.key) = (c.case_id, c.unit, c.key))
)
INSERT INTO calendar AS c (case_id, unit, key, day) SELECT * FROM held
ON CONFLICT (case_id, unit, key) DO UPDATE SET day = excluded.day WHERE c.day <> excluded.day
"""
"""A row that stays as it is is not written anew."""

_COMING = """
SELECT c.state::text FROM (
    SELECT case_id, min(day) AS soonest FROM calendar WHERE unit = %s AND day BETWEEN %s AND %s
    GROUP BY case_id ORDER BY soonest, case_id LIMIT %s
) k JOIN cases c ON c.id = k.case_id ORDER BY k.soonest, k.case_id
"""


async def keep(connection: Connection, cases: Sequence[str], held: Sequence[tuple[str, CalendarEntry]]) -> None:
    """Write what is in the calendars of the cases with these ids: ``held`` (unit, entry), and nothing else."""
    await connection.execute(
        _KEEP,
        (
            array(entry.case for _, entry in held),
            keys(unit for unit, _ in held),
            keys(entry.key for _, entry in held),
            array(entry.day.isoformat() for _, entry in held),
            array(cases),
        ),
    )


async def coming(connection: Connection, unit: str, first: date, last: date, limit: int) -> list[Case]:
    """The cases with something in the unit's calendar from the first to the last day, the soonest first."""
    found = await connection.execute(_COMING, (unit, first, last, limit))
    return [load_case(state) for (state,) in await found.fetchall()]
