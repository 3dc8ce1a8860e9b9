"""Kafka partitions that the hub cannot read on, and gaps in them (D-4). Imports psycopg and the inbox's connection type only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import dict_row

from hub.store.inbox import Connection


@dataclass(frozen=True, slots=True)
class PartitionIncident:
    """A partition that is blocked at a record while all others are read, or (``lost``) a gap in a partition."""

    topic: str
    partition: int
    at: int
    """Offset of the first record concerned."""
    reason: str
    """A short code, never the text of an error (D-10)."""
    until: int | None
    """Offset after the last record concerned; None when it is unknown."""
    since: datetime
    pass_to: int | None
    """The offset at which operations lets the reading go on; the hub that reads the partition then goes there."""
    lost: bool
    """The broker no longer has these records."""

    @property
    def place(self) -> str:
        """Topic/partition/offset, written like the place of a message."""
        return f"{self.topic}/{self.partition}/{self.at}"


async def incidents(connection: Connection) -> list[PartitionIncident]:
    """All blocked partitions and all gaps, oldest first."""
    cursor = connection.cursor(row_factory=dict_row)
    found = await cursor.execute(
        "SELECT topic, partition, at, reason, until, since, pass_to, lost FROM aside ORDER BY since"
    )
    return [PartitionIncident(**row) for row in await found.fetchall()]


async def block(connection: Connection, topic: str, partition: int, at: int, reason: str, until: int | None) -> None:
    """Write that a partition is blocked at a record; a row that names an earlier record is moved to this one."""
    await connection.execute(
        "INSERT INTO aside AS a (topic, partition, at, reason, until) VALUES (%s, %s, %s, %s, %s)"
        " ON CONFLICT (topic, partition) WHERE NOT lost DO UPDATE SET"
        " since = CASE WHEN a.at = excluded.at THEN a.since ELSE now() END,"
        " pass_to = CASE WHEN a.pass_to > excluded.at THEN a.pass_to END,"
        " at = excluded.at, reason = excluded.reason, until = excluded.until",
        (topic, partition, at, reason, until),
    )


async def record_gap(
    connection: Connection, topic: str, partition: int, at: int, reason: str, until: int | None
) -> None:
    """Write that records were lost; a gap that is recorded already stays as it is."""
    await connection.execute(
        "INSERT INTO aside (topic, partition, at, reason, until, lost) VALUES (%s, %s, %s, %s, %s, true)"
        " ON CONFLICT (topic, partition, at, reason) WHERE lost DO NOTHING",
        (topic, partition, at, reason, until),
    )


async def unblock(connection: Connection, topic: str, partition: int) -> None:
    """Delete the row of a partition that is read again."""
    await connection.execute("DELETE FROM aside WHERE topic = %s AND partition = %s AND NOT lost", (topic, partition))


async def skip_to(connection: Connection, topic: str, partition: int, to: int) -> None:
    """Let the reading of a blocked partition go on at an offset."""
    await connection.execute(
        "UPDATE aside SET pass_to = %s WHERE topic = %s AND partition = %s AND NOT lost",
        (to, topic, partition),
    )


async def settle_gaps(connection: Connection, topic: str, partition: int) -> int:
    """Delete a partition's gaps, which operations has dealt with; return how many there were."""
    done = await connection.execute(
        "DELETE FROM aside WHERE topic = %s AND partition = %s AND lost", (topic, partition)
    )
    return done.rowcount
