"""The cases whose units must be found by hand, with what the registers said last (law-and-lookups §4). Imports psycopg only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import class_row

Connection = AsyncConnection[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class ManualCase:
    """A case that a person must address; nothing of whom it is about."""

    case: str
    process: str
    outcome: str
    """Of the registers."""
    since: datetime
    """When the case came into the queue; it stays while the case waits, whatever happens in it."""
    opened_by: str
    """The unit that opened it."""
    taking_part: dict[str, str]
    """Unit → its party, of those that take part."""
    answers: list[bytes]
    """What the registers were found to say, as messages of the hub (``adressering``), the newest first; none where it was removed."""


async def listed(
    connection: Connection, after: tuple[datetime, str] | None = None, limit: int = 500, case: str | None = None
) -> list[ManualCase]:
    """The cases that have waited longest first; ``after``: (since, id) of the last one of the page before; ``case``: this one alone."""
    found = await connection.cursor(row_factory=class_row(ManualCase)).execute(
        "SELECT c.id::text AS case, c.process, c.manual AS outcome, c.since, c.state->>'opened_by' AS opened_by,"
        " (SELECT coalesce(jsonb_object_agg(p.key, p.value->>'party'), '{}') FROM"
        "  jsonb_each(coalesce((c.state->'participants')::jsonb, '{}'::jsonb)) p) AS taking_part,"
        " ARRAY(SELECT raw FROM message WHERE case_id = c.id AND sequence IS NOT NULL AND name = 'adressering' AND raw <> ''"
        "  ORDER BY sequence DESC LIMIT 1) AS answers"
        " FROM (SELECT *, coalesce(manual_since, opened_at) AS since FROM cases WHERE manual IS NOT NULL) c"
        " WHERE (%(case)s::uuid IS NULL OR c.id = %(case)s::uuid)"
        " AND (%(at)s::timestamptz IS NULL OR (c.since, c.id) > (%(at)s, %(id)s::uuid))"
        " ORDER BY c.since, c.id LIMIT %(limit)s",
        {
            "case": case,
            "at": None if after is None else after[0],
            "id": None if after is None else after[1],
            "limit": limit,
        },
        prepare=False,
    )
    return await found.fetchall()
