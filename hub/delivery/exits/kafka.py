"""Way out: the topic ``hub.out.<system>``, key = case (delivery.md §3). Imports aiokafka and what an exit is given only.

The producer gets whole record batches, not one future per record: the order within a partition is the order in the batch.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache, partial
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import BrokerResponseError, KafkaError, MessageSizeTooLargeError
from aiokafka.partitioner import DefaultPartitioner
from aiokafka.producer.message_accumulator import BatchBuilder

from hub.delivery.outgoing import AttemptOutcome, BeforeSending, Outgoing
from hub.errors import AWAY, Misconfigured
from hub.log import log
from schemas.directory import System

_default = DefaultPartitioner()


@lru_cache(maxsize=20_000)
def _partition_of(key: str, partitions: tuple[int, ...]) -> int:
    """The partition that every Kafka client would choose for the key; cached, since the hash is slow in Python."""
    return partitions[0] if len(partitions) == 1 else int(_default(key.encode(), list(partitions), list(partitions)))


def topic_out(system: str) -> str:
    """The topic that a system reads."""
    return f"hub.out.{system}"


class KafkaExit:
    """One idempotent producer for all systems."""

    together = 1_000

    def __init__(self, make: Callable[[], AIOKafkaProducer], partitions_of: Callable[[str], int | None]) -> None:
        """``make``: a producer that is not started; ``partitions_of``: topic → how many of its partitions are written to, from the first;
        None: all.
        """
        self._make = make
        self._producer: AIOKafkaProducer
        self._partitions_of = partitions_of
        self._starting = asyncio.Lock()

    async def start(self) -> None:
        """Connect. Raises ``KafkaError`` or ``OSError`` when the broker does not answer."""
        producer = self._make()
        try:
            await producer.start()
        except (KafkaError, OSError):
            await producer.stop()
            raise
        self._producer = producer

    async def _working(self) -> AIOKafkaProducer:
        """The producer; another one when its task has ended, after which aiokafka sends nothing and answers nobody."""
        async with self._starting:
            former = self._producer
            if _sending(former).done():
                log.error("producer_ended", error=type(_sending(former).exception()).__name__)
                await self.start()
                with suppress(Exception):  # nothing is in it that would still be sent
                    await former.stop()
            return self._producer

    def breaker(self, _: System) -> tuple[int, float]:
        """One failure means that the broker, which is ours, is away; probe every second."""
        return 1, 1.0

    async def send(self, system: System, batch: Sequence[Outgoing], before_sending: BeforeSending) -> AttemptOutcome:
        """Send all; ``ok`` when every in-sync replica has acknowledged, else all are tried again."""
        topic = topic_out(system.id)
        try:
            producer = await self._working()
            existing = sorted(await producer.partitions_for(topic))
            partitions = tuple(existing[: self._partitions_of(topic)])
            by_partition: dict[int, list[Outgoing]] = {}
            for outgoing in batch:
                by_partition.setdefault(_partition_of(outgoing.key, partitions), []).append(outgoing)
            await asyncio.gather(
                *(
                    _send_in_order(producer, topic, number, part, before_sending)
                    for number, part in by_partition.items()
                )
            )
        except MessageSizeTooLargeError:
            return AttemptOutcome("dead", "too-large-for-the-broker")
        except (KafkaError, OSError) as error:
            return AttemptOutcome("retry", _in_words(error))
        return AttemptOutcome("ok", "broker-ack")

    async def close(self) -> None:
        """Send what is buffered and close the connection."""
        await self._producer.stop()


async def _send_in_order(
    producer: AIOKafkaProducer, topic: str, partition: int, batch: Sequence[Outgoing], before_sending: BeforeSending
) -> None:
    """Send batch after batch, each acknowledged before the next, so that no message overtakes one that failed."""
    records = producer.create_batch()
    for outgoing in batch:
        record = {
            "key": outgoing.key.encode(),
            "value": outgoing.encoded.body,
            "timestamp": None,
            "headers": [
                *_headers(outgoing.encoded.attributes),
                ("content-type", outgoing.encoded.media_type.encode()),
            ],
        }
        if records.append(**record) is None:
            await before_sending()
            await _acknowledged(producer, records, topic, partition)
            records = producer.create_batch()
            if records.append(**record) is None:
                raise MessageSizeTooLargeError
    if records.record_count():
        await before_sending()
        await _acknowledged(producer, records, topic, partition)


async def _acknowledged(producer: AIOKafkaProducer, records: BatchBuilder, topic: str, partition: int) -> None:
    """Return when the broker has acknowledged the records. Raises ``KafkaError``, also when the producer's task ends meanwhile: what waits
    for it then may never be answered.
    """

    async def sent() -> None:
        await (await producer.send_batch(records, topic, partition=partition))

    sending = asyncio.create_task(sent())
    try:
        await asyncio.wait({sending, _sending(producer)}, return_when=asyncio.FIRST_COMPLETED)
        if not sending.done():
            raise KafkaError
        await sending
    finally:
        sending.cancel()


def _sending(producer: AIOKafkaProducer) -> asyncio.Task[None]:
    """The task in which a producer sends."""
    task: asyncio.Task[None] = producer._sender.sender_task  # noqa: SLF001 - no other way is offered
    return task


def _in_words(error: KafkaError | OSError) -> str:
    """What became of records that the broker did not acknowledge."""
    if isinstance(error, BrokerResponseError) and error.message:
        return f"the broker refused: {error.message.lower().replace('_', ' ')}"
    return "the broker gave no answer"


async def connect(client: Mapping[str, Any], partitions_of: Callable[[str], int | None]) -> KafkaExit:
    """Connect an exit. Its producer is idempotent and waits for all replicas: it neither loses, doubles nor reorders.

    ``client``: as ``settings.kafka_client`` gives it; ``partitions_of``: as in ``KafkaExit``.
    Raises ``Misconfigured`` when the broker does not answer.
    """
    make = partial(
        AIOKafkaProducer,
        **client,
        acks="all",
        enable_idempotence=True,
        linger_ms=0,
        max_batch_size=1024 * 1024,
        max_request_size=4 * 1024 * 1024,
        request_timeout_ms=15_000,
    )
    made = KafkaExit(make, partitions_of)
    try:
        await made.start()
    except (KafkaError, OSError) as error:
        raise Misconfigured(AWAY["kafka"]) from error
    return made


def _headers(attributes: Mapping[str, str]) -> list[tuple[str, bytes]]:
    """CloudEvents attributes in binary mode; ``datacontenttype`` becomes the header ``content-type`` (Kafka binding 3.2.1)."""
    return [("ce_" + name, value.encode()) for name, value in attributes.items() if name != "datacontenttype"]
