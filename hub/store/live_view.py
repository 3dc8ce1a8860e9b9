"""Reads cases for the sandbox's live view: how each was addressed, and which notices are sent. Imports psycopg only.

Nothing read here is personal: units, outcomes, counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import AsyncConnection

Connection = AsyncConnection[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class CaseView:
    """One case, without personal data."""

    case: str
    status: str
    """open · refused (C-62, C-63)."""
    manual: str | None
    """The outcome of the registers, when the case waits in the manual queue."""
    addressing: dict[str, Any] | None
    """The last ``adressering``: outcome, units, why; None while the registers have not answered."""
    awaits: tuple[str, ...]
    """Units whose act is awaited."""
    notices: tuple[tuple[str, int, str], ...]
    """(system, sequence, state of the outbox) of every notice."""


async def cases(connection: Connection, ids: Sequence[str]) -> list[CaseView]:
    """The cases with these ids; unknown ids are left out."""
    found = await connection.execute(
        "SELECT c.id::text, c.status, c.manual, c.state->'awaited',"
        " (SELECT convert_from(m.raw, 'UTF8')::jsonb FROM message m WHERE m.case_id = c.id AND m.sequence IS NOT NULL"
        "  AND m.name = 'adressering' AND m.raw <> '' ORDER BY m.sequence DESC LIMIT 1),"
        " (SELECT jsonb_agg(jsonb_build_array(o.system, o.sequence, o.state) ORDER BY o.id) FROM outbox o"
        "  WHERE o.case_id = c.id AND o.kind = 'notice')"
        " FROM cases c WHERE c.id = ANY(%s::uuid[])",
        (list(ids),),
    )
    return [
        CaseView(
            case=id_,
            status=status,
            manual=manual,
            addressing=None if addressing is None else {k: v for k, v in addressing.items() if k in _SHOWN},
            awaits=tuple(dict.fromkeys(unit for one in (awaited or {}).values() for unit in one["by"])),
            notices=tuple((system, sequence, state) for system, sequence, state in notices or ()),
        )
        for id_, status, manual, awaited, addressing, notices in await found.fetchall()
    ]


_SHOWN = frozenset({"outcome", "health_centre", "municipality", "municipality_unit", "county", "why"})


async def last_reference(connection: Connection, prefix: str) -> int:
    """The highest number among senders' references of the form prefix + number, 0 when there is none."""
    row = await (
        await connection.execute(
            "SELECT max(substr(ref, length(%(it)s) + 1)::bigint) FROM cases WHERE starts_with(ref, %(it)s)"
            " AND substr(ref, length(%(it)s) + 1) ~ '^[0-9]{1,15}$'",
            {"it": prefix},
        )
    ).fetchone()
    return 0 if row is None or row[0] is None else int(row[0])
