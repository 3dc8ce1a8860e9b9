"""How much each system sent in each hour of some weeks, and which systems have fallen silent. Imports psycopg only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Literal

from psycopg import AsyncConnection
from psycopg.rows import class_row

Connection = AsyncConnection[tuple[Any, ...]]
Ended = Literal["heard", "usual", "left"]
"""``heard``: it sends again; ``usual``: it was so for so long that it is usual by now; ``left``: it has left the directory."""
WAYS: Final = ("kafka", "http")
_DAYS_KEPT: Final = 58
_DAY: Final = "date_trunc('day', %(since)s AT TIME ZONE 'Europe/Stockholm') AT TIME ZONE 'Europe/Stockholm'"
"""The midnight in Sweden before a moment."""


async def count_hours(connection: Connection, since: datetime) -> None:
    """Write the hours of the Swedish days from that of a moment on, from the quarters of an hour; delete what is older than it is kept."""
    minutes = " UNION ALL ".join(
        f"SELECT ':{way}', at, (counts->>'minutes/{way}')::int FROM figures WHERE step = 15 AND system = '' AND at >= {_DAY}"  # noqa: S608
        for way in WAYS
    )
    await connection.execute(
        "WITH counted AS (SELECT system, (at AT TIME ZONE 'Europe/Stockholm')::date AS day,"  # noqa: S608 - constants
        " extract(hour FROM at AT TIME ZONE 'Europe/Stockholm')::int AS hour, sum(n)::int AS n FROM ("
        f"SELECT system, at, (counts->>'received')::int AS n FROM figures WHERE step = 15 AND at >= {_DAY} AND system <> ''"
        f" AND counts ? 'received' UNION ALL {minutes}) each GROUP BY 1, 2, 3)"
        " INSERT INTO heard (system, day, hours) SELECT d.system, d.day, array_agg(coalesce(c.n, 0) ORDER BY h.hour)"
        " FROM (SELECT DISTINCT system, day FROM counted) d CROSS JOIN generate_series(0, 23) AS h (hour)"
        " LEFT JOIN counted c ON c.system = d.system AND c.day = d.day AND c.hour = h.hour GROUP BY d.system, d.day"
        " ON CONFLICT (system, day) DO UPDATE SET hours = excluded.hours",
        {"since": since},
    )
    await connection.execute("DELETE FROM heard WHERE day < current_date - %s", (_DAYS_KEPT,))


async def heard(connection: Connection, systems: Collection[str], since: date) -> dict[str, dict[date, list[int]]]:
    """System → day → its 24 hours, from a day on; a day on which nothing came has no entry. Of ``:kafka`` and ``:http`` the minutes."""
    found = await connection.execute(
        "SELECT system, day, hours FROM heard WHERE system = ANY(%s) AND day >= %s", (list(systems), since)
    )
    by_system: dict[str, dict[date, list[int]]] = defaultdict(dict)
    for system, day, hours in await found.fetchall():
        by_system[system][day] = hours
    return by_system


@dataclass(frozen=True, slots=True)
class Silence:
    """A time in which a system sent less than is usual."""

    system: str
    since: datetime
    """From when on less came than is usual, as it was seen when it was noticed."""
    noticed_at: datetime
    expected: float
    """How many messages were to be expected from then until it was noticed."""
    heard: int
    ended_at: datetime | None
    ended: Ended | None


_COLUMNS = "system, since, noticed_at, expected, heard, ended_at, ended"


async def going_on(connection: Connection) -> dict[str, Silence]:
    """The systems that are silent."""
    found = await connection.cursor(row_factory=class_row(Silence)).execute(
        f"SELECT {_COLUMNS} FROM silence WHERE ended_at IS NULL"  # noqa: S608 - constant
    )
    return {one.system: one for one in await found.fetchall()}


async def of_system(connection: Connection, system: str, limit: int = 10) -> list[Silence]:
    """A system's silences, the newest first."""
    found = await connection.cursor(row_factory=class_row(Silence)).execute(
        f"SELECT {_COLUMNS} FROM silence WHERE system = %s ORDER BY id DESC LIMIT %s",  # noqa: S608 - constant
        (system, limit),
    )
    return await found.fetchall()


async def usual_since(connection: Connection, systems: Collection[str]) -> dict[str, datetime]:
    """System → since when something else is usual than before, where a silence became usual."""
    found = await connection.execute(
        "SELECT system, max(since) FROM silence WHERE system = ANY(%s) AND ended = 'usual' GROUP BY system",
        (list(systems),),
    )
    return dict(await found.fetchall())


async def begin(connection: Connection, one: Silence) -> bool:
    """A system has fallen silent; False where another hub has noticed it already."""
    done = await connection.execute(
        "INSERT INTO silence (system, since, noticed_at, expected, heard) VALUES (%s, %s, %s, %s, %s)"
        " ON CONFLICT (system) WHERE ended_at IS NULL DO NOTHING",
        (one.system, one.since, one.noticed_at, one.expected, one.heard),
    )
    return done.rowcount == 1


async def end(connection: Connection, system: str, at: datetime, why: Ended) -> bool:
    """A silence is over; False where another hub has said so already."""
    done = await connection.execute(
        "UPDATE silence SET ended_at = %s, ended = %s WHERE system = %s AND ended_at IS NULL", (at, why, system)
    )
    return done.rowcount == 1
