"""Figures that each process adds up in the database: of the minute in which it writes them, and of quarters of an hour made of those.
Imports psycopg only.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from psycopg import AsyncConnection

from hub.store import silence

Connection = AsyncConnection[tuple[Any, ...]]
Counts = dict[str, int]
MINUTE: Final = 1
QUARTER: Final = 15
MINUTES_KEPT: Final = timedelta(hours=25)
QUARTERS_KEPT: Final = timedelta(days=14, hours=1)


async def add(
    connection: Connection, counts: Mapping[str, Mapping[str, int]], examples: Mapping[tuple[str, str], str]
) -> None:
    """Add what a process counted to the figures of this minute. What a crash of the database loses of it is a few seconds' figures."""
    await connection.execute("SET LOCAL synchronous_commit = off")
    systems = sorted(counts)  # in one order, so that two processes do not wait for each other
    await connection.execute(
        "INSERT INTO figures AS f (system, step, at, counts) SELECT system, %s, date_trunc('minute', now()), counts::jsonb"
        " FROM unnest(%s::text[], %s::text[]) AS n (system, counts)"
        " ON CONFLICT (system, step, at) DO UPDATE SET counts = summed(f.counts, excluded.counts)",
        (MINUTE, systems, [json.dumps(counts[system]) for system in systems]),
    )
    if examples:
        keys = sorted(examples)
        await connection.execute(
            "INSERT INTO refused_example (system, rule, message) SELECT * FROM unnest(%s::text[], %s::text[], %s::text[])"
            " ON CONFLICT (system, rule) DO UPDATE SET message = excluded.message, at = now()",
            ([system for system, _ in keys], [rule for _, rule in keys], [examples[key] for key in keys]),
        )


async def roll(connection: Connection) -> None:
    """Make quarters of the minutes that are over, and delete what is older than it is kept. The last quarter is made anew each time a
    new one is, so that what came late is in it.
    """
    row = await (
        await connection.execute(
            "SELECT pg_try_advisory_xact_lock(hashtext('figures')), (SELECT max(at) FROM figures WHERE step = %s),"
            " date_bin('15 minutes', now() - interval '1 minute', 'epoch')",
            (QUARTER,),
        )
    ).fetchone()
    assert row is not None
    mine, last, until = row
    if not mine or (last is not None and last + timedelta(minutes=QUARTER) >= until):
        return
    if last is not None and last < until - timedelta(hours=24):
        last += timedelta(minutes=QUARTER)  # of a quarter that is so old some minutes may be deleted
    span = {"quarter": QUARTER, "minute": MINUTE, "until": until, "last": last}
    await connection.execute(
        "INSERT INTO figures (system, step, at, counts) SELECT system, %(quarter)s, at, jsonb_object_agg(key, n) FROM"
        " (SELECT f.system, date_bin('15 minutes', f.at, 'epoch') AS at, e.key, sum(e.value::bigint) AS n"
        " FROM figures f, jsonb_each_text(f.counts) e"
        " WHERE f.step = %(minute)s AND f.at < %(until)s AND (%(last)s::timestamptz IS NULL OR f.at >= %(last)s) GROUP BY 1, 2, 3) s"
        " GROUP BY system, at ON CONFLICT (system, step, at) DO UPDATE SET counts = excluded.counts",
        span,
    )
    await connection.execute(  # in how many minutes some process listened on each way in
        "UPDATE figures q SET counts = q.counts || m.counts FROM (SELECT date_bin('15 minutes', at, 'epoch') AS at, jsonb_build_object("
        "'minutes/kafka', count(*) FILTER (WHERE counts ? 'up/kafka'), 'minutes/http', count(*) FILTER (WHERE counts ? 'up/http'))"
        " AS counts FROM figures WHERE system = '' AND step = %(minute)s AND at < %(until)s"
        " AND (%(last)s::timestamptz IS NULL OR at >= %(last)s) GROUP BY 1) m"
        " WHERE q.system = '' AND q.step = %(quarter)s AND q.at = m.at",
        span,
    )
    await silence.count_hours(connection, until - MINUTES_KEPT if last is None else last)
    for step, kept in ((MINUTE, MINUTES_KEPT), (QUARTER, QUARTERS_KEPT)):
        await connection.execute("DELETE FROM figures WHERE step = %s AND at < now() - %s", (step, kept))
    await connection.execute("DELETE FROM refused_example WHERE at < now() - %s", (QUARTERS_KEPT,))


_BOTH = (  # quarters, and the minutes after the last of them
    "(SELECT system, at, counts FROM figures WHERE step = 15 AND at >= %(since)s {which}"
    " UNION ALL SELECT system, at, counts FROM figures WHERE step = 1 AND at >= greatest(%(since)s,"
    " coalesce((SELECT max(at) FROM figures WHERE step = 15) + interval '15 minutes', '-infinity')) {which}) both_of"
)


async def sums(connection: Connection, since: datetime, systems: Collection[str] | None = None) -> dict[str, Counts]:
    """System → its figures from a moment on, to the quarter of an hour; of some systems, or of all that have any."""
    which = "" if systems is None else "AND system = ANY(%(systems)s)"
    found = await connection.execute(
        f"SELECT system, key, sum(value::bigint)::bigint FROM {_BOTH.format(which=which)}, jsonb_each_text(counts)"  # noqa: S608 - constants
        " GROUP BY system, key",
        {"since": since, "systems": None if systems is None else list(systems)},
    )
    by_system: dict[str, Counts] = defaultdict(dict)
    for system, name, count in await found.fetchall():
        by_system[system][name] = count
    return by_system


async def last(
    connection: Connection, since: datetime, systems: Collection[str], names: Collection[str]
) -> dict[str, datetime]:
    """System → the last minute after a moment of the last day in which any of these was counted of it."""
    found = await connection.execute(
        "SELECT system, max(at) FROM figures WHERE step = %s AND at >= %s AND system = ANY(%s) AND counts ?| %s GROUP BY system",
        (MINUTE, since, list(systems), list(names)),
    )
    return dict(await found.fetchall())


async def hour_by_system(connection: Connection, since: datetime) -> dict[str, Counts]:
    """System → the few figures of a short time by which its trouble is seen; of every system that did anything."""
    found = await connection.execute(
        "SELECT system, sum((counts->'received')::int)::bigint, sum((counts->'refused')::int)::bigint, sum((counts->'sent')::int)::bigint,"  # noqa: S608
        f" sum((counts->'on_time')::int)::bigint FROM {_BOTH.format(which='')} GROUP BY system",
        {"since": since},
    )
    names = ("received", "refused", "sent", "on_time")
    return {
        system: {name: count for name, count in zip(names, its, strict=True) if count}
        for system, *its in await found.fetchall()
    }


@dataclass(frozen=True, slots=True)
class WentThrough:
    """What went through the whole hub within a short time."""

    minutes: int
    """In so many of them some process ran."""
    received: int
    refused: int
    sent: int


async def flow(connection: Connection, since: datetime) -> WentThrough:
    """What went through the hub in the minutes that began after a moment, of the last day."""
    found = await connection.execute(
        "SELECT count(*), coalesce(sum((counts->'received')::int), 0)::bigint, coalesce(sum((counts->'refused')::int), 0)::bigint,"
        " coalesce(sum((counts->'sent')::int), 0)::bigint FROM figures WHERE system = '' AND step = %s AND at > %s",
        (MINUTE, since),
    )
    (its,) = await found.fetchall()
    return WentThrough(*its)


async def series(connection: Connection, system: str, step: int, since: datetime) -> list[tuple[datetime, Counts]]:
    """A system's figures, or with ``ALL`` those of everything, one for each step in which there were any."""
    if step == MINUTE:
        found = await connection.execute(
            "SELECT at, counts FROM figures WHERE system = %s AND step = %s AND at >= %s ORDER BY at",
            (system, step, since),
        )
        return [(at, counts) for at, counts in await found.fetchall()]
    found = await connection.execute(
        "SELECT date_bin('15 minutes', at, 'epoch') AS quarter, key, sum(value::bigint)::bigint"  # noqa: S608 - constant
        f" FROM {_BOTH.format(which='AND system = %(system)s')}, jsonb_each_text(counts) GROUP BY 1, 2 ORDER BY 1",
        {"since": since, "system": system},
    )
    by_time: dict[datetime, Counts] = defaultdict(dict)
    for at, name, count in await found.fetchall():
        by_time[at][name] = count
    return list(by_time.items())


async def last_quarter(connection: Connection) -> datetime | None:
    """The newest quarter of an hour that is made; None where there is none yet."""
    ((at,),) = await (await connection.execute("SELECT max(at) FROM figures WHERE step = %s", (QUARTER,))).fetchall()
    found: datetime | None = at
    return found


async def examples(connection: Connection, system: str) -> dict[str, tuple[str, datetime]]:
    """Rule → the last message of the system that it refused, and when."""
    found = await connection.execute("SELECT rule, message, at FROM refused_example WHERE system = %s", (system,))
    return {rule: (message, at) for rule, message, at in await found.fetchall()}
