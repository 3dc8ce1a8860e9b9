"""Marks of what is sent: ranges of fresh rows, and for each owner of shards the id up to which nothing is left. Imports psycopg and
the transaction only.

A range says that every fresh row of the system from its first to its last id is sent. The writer holds the rows' shards
(``shards.still_owned``), so that no range overlaps another. When a crash loses a mark, the notice is sent again with the same id.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection

from hub.store.transaction import array, keys

Connection = AsyncConnection[tuple[Any, ...]]


@dataclass(slots=True)
class SentRange:
    """Fresh rows of one system that were sent, one behind the other."""

    system: str
    first: int
    last: int
    at: datetime
    answer: str
    rows: int = 1
    """How many rows it covers."""


async def add(connection: Connection, ranges: Sequence[SentRange]) -> None:
    """Write ranges, and count their rows as sent. A range that is there already, since its commit was not heard of, stays."""
    await connection.execute(
        "WITH sent AS (SELECT * FROM unnest(%s::text[], %s::bigint[], %s::bigint[], %s::timestamptz[], %s::text[], %s::int[])"
        " AS n (system, first, last, at, answer, rows)),"
        " put AS (INSERT INTO sent_range SELECT system, first, last, at, answer FROM sent"
        " ON CONFLICT (system, first) DO NOTHING RETURNING system, first)"
        " INSERT INTO outbox_change SELECT system, -sum(rows), 0 FROM sent JOIN put USING (system, first) GROUP BY system",
        (
            keys(r.system for r in ranges),
            array(str(r.first) for r in ranges),
            array(str(r.last) for r in ranges),
            array(r.at.isoformat() for r in ranges),
            keys(r.answer for r in ranges),
            array(str(r.rows) for r in ranges),
        ),
    )


@dataclass(frozen=True, slots=True)
class Settled:
    """Up to which id no fresh row is left to be sent, in the shards of one owner."""

    upto: int
    """Of every system but these."""
    behind: Mapping[str, int]
    """System → its own id, where that is lower."""


async def settle(connection: Connection, owner: str, now: Settled, known: Collection[int]) -> None:
    """Write what is settled in the owner's shards, if the shards of which it knows (``known``) are all that the table says are its.

    Of a shard that it has given back or lost, and that nobody has taken yet, it has no rows in memory: what is unsent there would
    count as settled, and the next owner would never read it.
    """
    await connection.execute(
        "WITH n AS (SELECT * FROM unnest(%(systems)s::text[], %(upto)s::bigint[]) AS n (system, upto)"
        "  WHERE NOT EXISTS (SELECT 1 FROM shard WHERE owner = %(owner)s AND id <> ALL(%(known)s::int[]))),"
        " gone AS (DELETE FROM settled WHERE owner = %(owner)s AND EXISTS (SELECT 1 FROM n)"
        "  AND system <> ALL(%(systems)s::text[]))"
        " INSERT INTO settled SELECT %(owner)s, system, upto FROM n"
        " ON CONFLICT (owner, system) DO UPDATE SET upto = excluded.upto",
        {
            "owner": owner,
            "systems": keys(["", *now.behind]),
            "upto": array(map(str, [now.upto, *now.behind.values()])),
            "known": array(map(str, known)),
        },
    )


async def settled(connection: Connection, owner: str) -> Settled:
    """What is settled in the owner's shards."""
    found = await connection.execute("SELECT system, upto FROM settled WHERE owner = %s", (owner,))
    behind: dict[str, int] = dict(await found.fetchall())
    return Settled(behind.pop("", 0), behind)


async def inherit(connection: Connection, owner: str, owners: Sequence[str]) -> Settled:
    """The owner takes shards over: what it has settled is the least of what these owners have, itself among them where the table gives
    it some already; an owner that has written nothing has settled nothing. What owners without shards had settled is forgotten.
    """
    await connection.execute(
        "WITH every AS (SELECT '' AS system UNION SELECT system FROM settled WHERE owner = ANY(%(owners)s)),"
        " each AS (SELECT unnest(%(owners)s::text[]) AS owner),"
        " least AS (SELECT every.system, coalesce(min((SELECT coalesce(min(s.upto), 0) FROM settled s"
        "  WHERE s.owner = each.owner AND s.system IN ('', every.system))), 0) AS upto"
        "  FROM every LEFT JOIN each ON true GROUP BY every.system),"
        " gone AS (DELETE FROM settled WHERE owner = %(owner)s AND system <> ALL(SELECT system FROM every))"
        " INSERT INTO settled SELECT %(owner)s, system, upto FROM least"
        " ON CONFLICT (owner, system) DO UPDATE SET upto = excluded.upto",
        {"owner": owner, "owners": list(owners)},
    )
    await connection.execute(
        "DELETE FROM settled WHERE owner <> %(owner)s AND NOT EXISTS (SELECT 1 FROM shard s WHERE s.owner = settled.owner)",
        {"owner": owner},
    )
    return await settled(connection, owner)
