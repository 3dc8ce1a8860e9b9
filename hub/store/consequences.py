"""What is under way for units and systems, counted before a directory takes them away. Imports psycopg and the outbox only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import AsyncConnection

from hub.store.outbox import LOOKUPS, STORED_UNSENT

Connection = AsyncConnection[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class UnderWay:
    """What is under way for a unit, or for a system and its units."""

    cases: int
    """Open cases."""
    notices: int
    """Rows that are not sent: notices, and of a system its receipts too; dead ones included."""
    held: int
    """Held messages that came from the units."""
    lookups: int
    """Look-ups that wait in their cases."""

    @property
    def any(self) -> bool:
        """Whether there is something."""
        return bool(self.cases or self.notices or self.held or self.lookups)


_UNSENT = " UNION ALL ".join(
    [f"SELECT kind, told FROM outbox_row WHERE system = %(system)s AND {state}" for state in STORED_UNSENT]  # noqa: S608 - constants
    + ["SELECT kind, told FROM fresh_unsent(%(system)s)"]
)


_COUNTED = (
    "SELECT (SELECT count(DISTINCT p.case_id) FROM participation p JOIN cases c ON c.id = p.case_id"  # noqa: S608 - constant
    "  WHERE p.unit = ANY(%(units)s) AND c.status = 'open'),"
    f" (SELECT count(*) FROM ({_UNSENT}) AS unsent"
    "  WHERE %(all)s OR (kind = 'notice' AND (told -> 'to')::jsonb ?| %(units)s)),"
    " (SELECT count(*) FROM held WHERE source = ANY(%(sources)s)),"
    " (SELECT count(DISTINCT o.id) FROM outbox_row o JOIN participation p ON p.case_id = o.case_id"
    "  WHERE o.system = ANY(%(lookups)s) AND o.kind IN ('lookup', 'case') AND o.state = 'waiting'"
    "  AND p.unit = ANY(%(units)s))"
)


async def of(connection: Connection, units: Sequence[str], system: str | None, *, all_rows: bool) -> UnderWay:
    """Count. ``all_rows``: all rows of the system, else only its notices to the units."""
    found = await connection.execute(
        _COUNTED,
        {
            "units": list(units),
            "system": system or "",
            "all": all_rows,
            "sources": [f"urn:hsa:{unit}" for unit in units],
            "lookups": list(LOOKUPS),
        },
    )
    ((cases, notices, held, lookups),) = await found.fetchall()
    return UnderWay(cases, notices, held, lookups)
