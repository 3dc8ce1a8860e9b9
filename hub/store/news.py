"""Of whom folkbokforing has had news lately, for all hubs to know: what one of them remembers of such a person holds no longer
(C-62, C-63). Imports psycopg and the transaction only.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection

Connection = AsyncConnection[tuple[Any, ...]]


async def tell(connection: Connection, persons: Iterable[str], at: datetime) -> None:
    """There is news of these persons."""
    await connection.execute(
        "INSERT INTO person_news (person, at) SELECT unnest(%s::text[]), %s"
        " ON CONFLICT (person) DO UPDATE SET at = greatest(person_news.at, excluded.at)",
        (sorted(persons), at),
    )


async def of(connection: Connection, persons: Iterable[str]) -> dict[str, datetime]:
    """Person → when there was news last, of those of whom there was any lately."""
    found = await connection.execute("SELECT person, at FROM person_news WHERE person = ANY(%s)", (sorted(persons),))
    return dict(await found.fetchall())


async def sweep(connection: Connection, before: datetime) -> None:
    """What is so old that nobody can remember anything from before it."""
    await connection.execute("DELETE FROM person_news WHERE at < %s", (before,))
