"""The vendor's own broker as the way between the kit and its system: it reads ``hub.out.<system>`` and writes ``hub.in.<system>``.
Imports aiokafka, the hub's exit and its way in.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from hub.delivery.exits import kafka as kafka_exit
from hub.delivery.outgoing import AttemptOutcome, BeforeSending, Exit, Outgoing
from hub.errors import Misconfigured, Unavailable
from hub.intake.arrival import Arrival
from hub.kit.recording import Wire
from hub.routers.kafka import PREFIX, arrival, make_topics
from schemas.directory import System
from schemas.messages import Receipt

_BETWEEN_S = 0.1
"""Seconds until a record is tried again that came between two scenarios."""


class RecordingKafka:
    """The hub's own exit to Kafka; what it sends is recorded."""

    together = 1

    def __init__(self, exit_: Exit, wire: Wire) -> None:
        self._exit, self._wire = exit_, wire

    def breaker(self, system: System) -> tuple[int, float]:
        """The exit's."""
        return self._exit.breaker(system)

    async def send(self, system: System, batch: Sequence[Outgoing], before_sending: BeforeSending) -> AttemptOutcome:
        """Sends and records."""
        moment = self._wire.ms
        came = await self._exit.send(system, batch, before_sending)
        for one in batch:
            headers = [(f"ce_{name}".encode(), value.encode()) for name, value in one.encoded.attributes.items()]
            topic = kafka_exit.topic_out(system.id)
            self._wire.add(moment, "to_vendor", "kafka", topic, headers, one.encoded.body, None, came.answer)
        return came

    async def close(self) -> None:
        """Closes the exit."""
        await self._exit.close()


class KafkaSide:
    """Both topics of one system, from now on."""

    def __init__(self, client: Mapping[str, Any], system: str, wire: Wire) -> None:
        """``client``: as of ``settings.kafka_client``."""
        self.exit: Exit
        self.topic_in, self.topic_out = PREFIX + system, kafka_exit.topic_out(system)
        self._client, self._wire = client, wire
        self._consumer = AIOKafkaConsumer(**self._client, fetch_max_wait_ms=200, enable_auto_commit=False)
        self._reading: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Makes the topics that are missing, and begins at their end. Raises ``Misconfigured``."""
        topic = self.topic_in
        try:
            await make_topics(self._client, [topic, self.topic_out], 1, 1)
            await self._consumer.start()
            parts = [
                TopicPartition(topic, number) for number in sorted(self._consumer.partitions_for_topic(topic) or {0})
            ]
            self._consumer.assign(parts)
            await self._consumer.seek_to_end(*parts)
            for part in parts:
                await self._consumer.position(part)
            self.exit = RecordingKafka(await kafka_exit.connect(self._client, lambda _: None), self._wire)
        except (KafkaError, OSError, Unavailable, Misconfigured):
            await self._consumer.stop()
            raise Misconfigured(
                f"--kafka {','.join(self._client['bootstrap_servers'])}: no broker answers there, or not to us: see that it runs, and check"
                " HUB_KAFKA_TLS, HUB_KAFKA_CA_FILE, HUB_KAFKA_SASL, HUB_KAFKA_USERNAME and HUB_KAFKA_PASSWORD"
            ) from None
        return self

    async def __aexit__(self, *_: object) -> None:
        """Reads no more."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait({self._reading})
        await self._consumer.stop()
        await self.exit.close()

    def read(self, take: Callable[[Arrival], Receipt], system: Callable[[], System]) -> None:
        """Begins to hand over what the vendor's system writes; the receipts go by its way out."""
        self._reading = asyncio.create_task(self._read(take, system))

    async def _read(self, take: Callable[[Arrival], Receipt], system: Callable[[], System]) -> None:
        async for record in self._consumer:
            headers = [(name.encode(), value) for name, value in record.headers]
            self._wire.add(self._wire.ms, "from_vendor", "kafka", record.topic, headers, record.value or b"")
            while True:
                try:
                    take(arrival(record, system()))
                    break
                except Unavailable:
                    await asyncio.sleep(_BETWEEN_S)
