"""Which topic is which: one that was deleted and made anew bears its old name, and only the broker's id tells. Imports
aiokafka and the store only.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from io import BytesIO
from typing import Any
from uuid import UUID

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import Boolean, CompactArray, CompactString, Int16, Int32, Schema, TaggedFields

from hub.errors import Misconfigured, Unavailable
from hub.log import log
from hub.outages import BROKER, outages
from hub.routers.asides import Asides
from hub.store import topics as topics_table
from hub.store.topics import Topic
from hub.store.transaction import Store

IN, OUT = "hub.in.", "hub.out."
_ANSWER_S = 4.0
"""Seconds after which a broker that does not answer is away: readiness tells it within seconds (delivery.md §4)."""


class Topics:
    """Compares the broker's topics now and then with the database's, so that a hub that was away finds out too."""

    def __init__(
        self,
        client: Mapping[str, Any],
        store: Store,
        asides: Asides,
        made_anew: Callable[[str], Awaitable[None]],
    ) -> None:
        """``client``: as of ``settings.kafka_client``; ``made_anew``: awaited with each ``hub.in`` topic that is not the
        one it was, before that is kept.
        """
        self._read_anew = made_anew
        self._how = client
        self._store = store
        self._asides = asides
        self._client: AIOKafkaClient | None = None
        self._known: dict[str, Topic] | None = None

    def partitions_of(self, topic: str) -> int | None:
        """How many partitions a ``hub.out`` topic had when it was first seen: only these are written to, for a case whose
        key went to another partition would be read out of order (D-3). None while nothing is known of it.
        """
        found = (self._known or {}).get(topic)
        return None if found is None else found.partitions

    async def look(self) -> set[str]:
        """Compares the topics with those seen before and names the records that were lost; returns the names of the topics.

        Raises ``Unavailable`` when it cannot be known now, ``Misconfigured`` when this broker never says.
        """
        found = await self._ask()
        if self._known is None:
            async with self._store.transaction() as connection:
                self._known = await topics_table.known(connection)
        seen: dict[str, Topic] = {}
        for name, topic in found.items():
            before = self._known.get(name)
            if before is not None and before.id == topic.id:
                continue
            if before is not None:
                await self._made_anew(name)
            seen[name] = topic
        for waits in self._asides.known:
            part = (waits.topic, waits.partition)
            if not waits.lost and waits.topic not in found:
                await self._asides.lose(part, waits.at, "topic-deleted", None)
                await self._asides.flows(part)
        if seen:
            async with self._store.transaction() as connection:
                await topics_table.remember(connection, seen)
            self._known |= seen
        return set(found)

    async def _made_anew(self, name: str) -> None:
        log.error("topic_made_anew", topic=name)
        await self._asides.lose((name, 0), 0, "topic-made-anew", None)
        if name.startswith(IN):
            await self._read_anew(name)

    async def _ask(self) -> dict[str, Topic]:
        asked_at = time.monotonic()
        try:
            if self._client is None:
                client = AIOKafkaClient(**self._how)
                await client.bootstrap()
                self._client = client
            node = self._client.get_random_node()
            async with asyncio.timeout(_ANSWER_S):
                answer = await self._client.send(node, _Metadata())
        except NotImplementedError:
            raise Misconfigured("the broker is older than Kafka 2.8: it does not say which topic is which") from None
        except (KafkaError, OSError, TimeoutError) as error:
            outages.unanswered(BROKER, asked_at)
            await self.close()
            raise Unavailable(BROKER) from error
        outages.answered(BROKER)
        return await asyncio.to_thread(read, answer.bytes)  # of ten thousand topics it takes a while

    async def close(self) -> None:
        """Gives up the connection."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()


def read(answer: bytes) -> dict[str, Topic]:
    """The hub's topics of a Metadata answer, version 12."""
    _, _, _, _, topics, _ = _ANSWER.decode(BytesIO(answer))
    return {
        name: Topic(id_, len(partitions))
        for error, name, id_, _, partitions, _, _ in topics
        if not error and name and name.startswith((IN, OUT))
    }


# --- The question, which aiokafka asks in an older version without ids -----------------------------------------------


class _Uuid:
    @staticmethod
    def encode(value: UUID) -> bytes:
        return value.bytes

    @staticmethod
    def decode(data: BytesIO) -> UUID:
        return UUID(bytes=data.read(16))


class _Rest:
    @staticmethod
    def encode(value: bytes) -> bytes:
        return value

    @staticmethod
    def decode(data: BytesIO) -> bytes:
        return data.read()


_Name = CompactString("utf-8")
_Numbers = CompactArray(Int32)
_ANSWER = Schema(
    ("throttle", Int32),
    ("brokers", CompactArray(("id", Int32), ("host", _Name), ("port", Int32), ("rack", _Name), ("tags", TaggedFields))),
    ("cluster", _Name),
    ("controller", Int32),
    (
        "topics",
        CompactArray(
            ("error", Int16),
            ("name", _Name),
            ("id", _Uuid),
            ("internal", Boolean),
            (
                "partitions",
                CompactArray(
                    ("error", Int16),
                    ("partition", Int32),
                    ("leader", Int32),
                    ("epoch", Int32),
                    ("replicas", _Numbers),
                    ("in_sync", _Numbers),
                    ("offline", _Numbers),
                    ("tags", TaggedFields),
                ),
            ),
            ("operations", Int32),
            ("tags", TaggedFields),
        ),
    ),
    ("tags", TaggedFields),
)


class _MetadataAnswer(Response):  # type: ignore[misc] # aiokafka has no types
    API_KEY = 3
    API_VERSION = 12
    SCHEMA = Schema(("bytes", _Rest))


class _MetadataQuestion(RequestStruct):  # type: ignore[misc] # as above
    API_KEY = 3
    API_VERSION = 12
    FLEXIBLE_VERSION = True
    RESPONSE_TYPE = _MetadataAnswer
    SCHEMA = Schema(
        ("topics", CompactArray(("id", _Uuid), ("name", _Name), ("tags", TaggedFields))),
        ("make", Boolean),
        ("operations", Boolean),
        ("tags", TaggedFields),
    )


class _Metadata(Request[_MetadataQuestion]):  # type: ignore[misc] # as above
    API_KEY = 3

    def build(self, request_struct_class: type[_MetadataQuestion]) -> _MetadataQuestion:
        """Of all topics."""
        return request_struct_class(None, False, False, {})
