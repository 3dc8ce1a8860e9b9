"""What waits at the broker by name (D-4), what went before it was read, and which topics are which. Imports psycopg and
the transaction only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import dict_row

from hub.store.inbox import Connection


@dataclass(frozen=True, slots=True)
class Aside:
    """A partition that waits at a record while everything else flows, or (``lost``) a gap in one."""

    topic: str
    partition: int
    at: int
    """Offset of the first record concerned."""
    reason: str
    """A short word, never an error's text (D-10)."""
    until: int | None
    """Offset after the last record concerned, where it is known."""
    since: datetime
    pass_to: int | None
    """The offset to which operations has let it go on; the hub that reads the partition does so."""
    lost: bool
    """These records are gone: nobody can read them any more."""

    @property
    def place(self) -> str:
        """Topic/partition/offset, as the hub names the place of a message."""
        return f"{self.topic}/{self.partition}/{self.at}"


async def every(connection: Connection) -> list[Aside]:
    """All of it, oldest first."""
    cursor = connection.cursor(row_factory=dict_row)
    found = await cursor.execute(
        "SELECT topic, partition, at, reason, until, since, pass_to, lost FROM aside ORDER BY since"
    )
    return [Aside(**row) for row in await found.fetchall()]


async def put(connection: Connection, topic: str, partition: int, at: int, reason: str, until: int | None) -> None:
    """A partition waits; one that waited already at an earlier record waits at this one now."""
    await connection.execute(
        "INSERT INTO aside AS a (topic, partition, at, reason, until) VALUES (%s, %s, %s, %s, %s)"
        " ON CONFLICT (topic, partition) WHERE NOT lost DO UPDATE SET"
        " since = CASE WHEN a.at = excluded.at THEN a.since ELSE now() END,"
        " pass_to = CASE WHEN a.pass_to > excluded.at THEN a.pass_to END,"
        " at = excluded.at, reason = excluded.reason, until = excluded.until",
        (topic, partition, at, reason, until),
    )


async def lose(connection: Connection, topic: str, partition: int, at: int, reason: str, until: int | None) -> None:
    """Names a gap; naming it again changes nothing."""
    await connection.execute(
        "INSERT INTO aside (topic, partition, at, reason, until, lost) VALUES (%s, %s, %s, %s, %s, true)"
        " ON CONFLICT (topic, partition, at, reason) WHERE lost DO NOTHING",
        (topic, partition, at, reason, until),
    )


async def flows(connection: Connection, topic: str, partition: int) -> None:
    """A partition is read again."""
    await connection.execute("DELETE FROM aside WHERE topic = %s AND partition = %s AND NOT lost", (topic, partition))


async def let_pass(connection: Connection, topic: str, partition: int, to: int) -> None:
    """Operations lets a partition go on at an offset."""
    await connection.execute(
        "UPDATE aside SET pass_to = %s WHERE topic = %s AND partition = %s AND NOT lost",
        (to, topic, partition),
    )


async def settle(connection: Connection, topic: str, partition: int) -> int:
    """Operations has seen to a partition's gaps; returns how many there were."""
    done = await connection.execute(
        "DELETE FROM aside WHERE topic = %s AND partition = %s AND lost", (topic, partition)
    )
    return done.rowcount


# --- topics ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as it was last seen: the broker gives one that was made anew another id."""

    id: UUID
    partitions: int


async def topics(connection: Connection) -> dict[str, Topic]:
    """Name → topic."""
    found = await connection.execute("SELECT name, id, partitions FROM topic")
    return {name: Topic(id_, partitions) for name, id_, partitions in await found.fetchall()}


async def saw(connection: Connection, found: Mapping[str, Topic]) -> None:
    """Keeps how topics look now."""
    await connection.execute(
        "INSERT INTO topic (name, id, partitions) SELECT * FROM unnest(%s::text[], %s::uuid[], %s::int[])"
        " ON CONFLICT (name) DO UPDATE SET id = excluded.id, partitions = excluded.partitions",
        (list(found), [topic.id for topic in found.values()], [topic.partitions for topic in found.values()]),
    )
