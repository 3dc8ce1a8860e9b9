"""Way out: the topic ``hub.out.<system>``, key = case (delivery.md §3). Imports aiokafka and the outgoing only.

Whole record batches are handed to the producer, not a future per record: order within a partition is the batch's order.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError
from aiokafka.partitioner import DefaultPartitioner

from hub.delivery.outgoing import AttemptOutcome, BeforeSending, Outgoing
from hub.errors import Misconfigured
from schemas.directory import System

_default = DefaultPartitioner()


@lru_cache(maxsize=20_000)
def _partition_of(key: str, partitions: tuple[int, ...]) -> int:
    """By the partitioner of every Kafka client, so that a key lies where others expect it; its hash is slow in
    Python.
    """
    return partitions[0] if len(partitions) == 1 else int(_default(key.encode(), list(partitions), list(partitions)))


def topic_out(system: str) -> str:
    """The topic from which a system reads."""
    return f"hub.out.{system}"


NO_BROKER = "the broker does not answer, or not to us. Check HUB_KAFKA_BOOTSTRAP, HUB_KAFKA_TLS and HUB_KAFKA_SASL."


class KafkaExit:
    """One idempotent producer for all systems."""

    together = 1_000

    def __init__(self, producer: AIOKafkaProducer, partitions_of: Callable[[str], int | None]) -> None:
        """``partitions_of``: topic → how many of its partitions, from the first, are written to; None: all."""
        self._producer = producer
        self._partitions_of = partitions_of

    def breaker(self, _: System) -> tuple[int, float]:
        """The broker is ours and one failure says that it is away; it is asked again every second."""
        return 1, 1.0

    async def send(self, system: System, parcels: Sequence[Outgoing], before_sending: BeforeSending) -> AttemptOutcome:
        """Acknowledged by every in-sync replica, or to be tried again as a whole."""
        topic = topic_out(system.id)
        try:
            there = sorted(await self._producer.partitions_for(topic))
            partitions = tuple(there[: self._partitions_of(topic)])
            by_partition: dict[int, list[Outgoing]] = {}
            for outgoing in parcels:
                by_partition.setdefault(_partition_of(outgoing.key, partitions), []).append(outgoing)
            await asyncio.gather(
                *(self._hand_over(topic, one, those, before_sending) for one, those in by_partition.items())
            )
        except MessageSizeTooLargeError:
            return AttemptOutcome("dead", "too-large-for-the-broker")
        except KafkaError as error:
            return AttemptOutcome("retry", f"kafka:{type(error).__name__}")
        return AttemptOutcome("ok", "broker-ack")

    async def _hand_over(
        self, topic: str, partition: int, parcels: Sequence[Outgoing], before_sending: BeforeSending
    ) -> None:
        """Batch after batch, each acknowledged before the next: what failed is never overtaken by what came after it."""
        batch = self._producer.create_batch()
        for outgoing in parcels:
            record = {
                "key": outgoing.key.encode(),
                "value": outgoing.written.body,
                "timestamp": None,
                "headers": [
                    *_headers(outgoing.written.attributes),
                    ("content-type", outgoing.written.media_type.encode()),
                ],
            }
            if batch.append(**record) is None:
                await before_sending()
                await (await self._producer.send_batch(batch, topic, partition=partition))
                batch = self._producer.create_batch()
                if batch.append(**record) is None:
                    raise MessageSizeTooLargeError
        if batch.record_count():
            await before_sending()
            await (await self._producer.send_batch(batch, topic, partition=partition))

    async def close(self) -> None:
        """Sends what is buffered and leaves."""
        await self._producer.stop()


async def connect(client: Mapping[str, Any], partitions_of: Callable[[str], int | None]) -> KafkaExit:
    """An exit whose producer neither loses nor doubles nor reorders in its life: all replicas, idempotent.

    ``client``: as of ``settings.kafka_client``; ``partitions_of``: as of ``KafkaExit``.
    Raises ``Misconfigured`` when the broker does not answer.
    """
    producer = AIOKafkaProducer(
        **client,
        acks="all",
        enable_idempotence=True,
        linger_ms=0,
        max_batch_size=1024 * 1024,
        max_request_size=4 * 1024 * 1024,
        request_timeout_ms=15_000,
    )
    try:
        await producer.start()
    except (KafkaError, OSError) as error:
        await producer.stop()
        raise Misconfigured(NO_BROKER) from error
    return KafkaExit(producer, partitions_of)


def _headers(attributes: Mapping[str, str]) -> list[tuple[str, bytes]]:
    """CloudEvents' attributes in binary mode; ``datacontenttype`` is the header ``content-type`` (Kafka binding 3.2.1)."""
    return [(f"ce_{name}", value.encode()) for name, value in attributes.items() if name != "datacontenttype"]
