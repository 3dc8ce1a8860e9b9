"""The ids and partition counts of the hub's Kafka topics, as last seen. Imports the inbox's connection type only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from hub.store.inbox import Connection


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as last seen; a topic that is deleted and created again gets another id from the broker."""

    id: UUID
    partitions: int


async def known(connection: Connection) -> dict[str, Topic]:
    """Name → topic."""
    found = await connection.execute("SELECT name, id, partitions FROM topic")
    return {name: Topic(id_, partitions) for name, id_, partitions in await found.fetchall()}


async def remember(connection: Connection, found: Mapping[str, Topic]) -> None:
    """Write the topics as they are now."""
    await connection.execute(
        "INSERT INTO topic (name, id, partitions) SELECT * FROM unnest(%s::text[], %s::uuid[], %s::int[])"
        " ON CONFLICT (name) DO UPDATE SET id = excluded.id, partitions = excluded.partitions",
        (list(found), [topic.id for topic in found.values()], [topic.partitions for topic in found.values()]),
    )
