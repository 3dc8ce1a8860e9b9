"""When folkbokforing last reported a change of a person, so that every hub drops what it remembers from before (C-62, C-63).
Imports psycopg only.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection

Connection = AsyncConnection[tuple[Any, ...]]


async def record(connection: Connection, persons: Iterable[str], at: datetime) -> None:
    """Write that these persons changed at ``at``."""
    await connection.execute(
        "INSERT INTO person_news (person, at) SELECT unnest(%s::text[]), %s"
        " ON CONFLICT (person) DO UPDATE SET at = greatest(person_news.at, excluded.at)",
        (sorted(persons), at),
    )


async def latest(connection: Connection, persons: Iterable[str]) -> dict[str, datetime]:
    """Person → time of the last change; persons without a recent change are absent."""
    found = await connection.execute("SELECT person, at FROM person_news WHERE person = ANY(%s)", (sorted(persons),))
    return dict(await found.fetchall())


async def delete_before(connection: Connection, before: datetime) -> None:
    """Delete changes so old that no hub can remember an answer from before them."""
    await connection.execute("DELETE FROM person_news WHERE at < %s", (before,))
