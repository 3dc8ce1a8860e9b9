"""Way in: the topics ``hub.in.<system>`` (delivery.md §2). Imports FastStream, aiokafka and the intake only.

The topic names the sender and the broker proves it. Offsets are committed once per batch, after the commit that holds
it (D-1).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.kafka.message import KafkaAckableMessage
from faststream.security import BaseSecurity, SASLPlaintext, SASLScram256, SASLScram512

from hub import metrics
from hub.errors import Unavailable
from hub.intake.arrival import Arrival
from hub.intake.intake import Intake
from hub.log import log
from hub.routers.consumer import CarefulConsumer
from schemas.directory import Directory, System
from schemas.messages import Receipt

PREFIX = "hub.in."
_FIND_TOPICS_MS = 2_000
_LONGEST_HOLD_UP_MS = 30 * 60 * 1000
"""How long a batch may wait for the database before the group takes its partitions away."""
_IN_HAND = 3
"""Batches that may be fetched and not yet committed."""
_STALLED_S = 30.0
_FETCH_BYTES = 4 * 1024 * 1024
_LARGEST_RECORD = 32 * 1024 * 1024


class KafkaIn:
    """One consumer for all systems' topics; handles batch after batch, each to its commit."""

    def __init__(
        self, client: Mapping[str, Any], group: str, intake: Intake, directory: Callable[[], Directory]
    ) -> None:
        """``client``: as of ``settings.kafka_client``."""
        self._client = client
        self._group = group
        self._intake = intake
        self._directory = directory
        self._broker: KafkaBroker | None = None
        self._subscriber: Any = None
        self._room = asyncio.Semaphore(_IN_HAND)
        self._last: asyncio.Task[None] | None = None
        self._moved = time.monotonic()
        self._positions: dict[object, int] = {}
        self.lag = 0

    async def start(self) -> None:
        """Joins the group. Raises ``Unavailable`` when the broker does not answer."""
        broker = KafkaBroker(
            self._client["bootstrap_servers"],
            security=_security(self._client),
            metadata_max_age_ms=_FIND_TOPICS_MS,
            allow_auto_create_topics=False,
            logger=None,
            apply_types=False,
        )
        subscriber = broker.subscriber(
            pattern=r"hub\.in\..*",
            group_id=self._group,
            ack_policy=AckPolicy.MANUAL,
            auto_offset_reset="earliest",
            max_poll_interval_ms=_LONGEST_HOLD_UP_MS,
            fetch_max_bytes=_LARGEST_RECORD,
            max_partition_fetch_bytes=_FETCH_BYTES,
            fetch_max_wait_ms=100,
            parser=self._parse,
            decoder=_undecoded,
        )
        subscriber(self._take)
        self._subscriber = subscriber
        try:
            await broker.connect()
            config: Any = broker.config.broker_config
            config.builder = partial(CarefulConsumer, **config.builder.keywords)
            await broker.start()
        except (KafkaError, OSError) as error:
            await broker.stop()
            raise Unavailable("kafka") from error
        self._broker = broker
        self._moved = time.monotonic()

    async def stop(self) -> None:
        """Leaves the group; what was not committed is fetched again by whoever comes after."""
        if self._broker is not None:
            await self._broker.stop()
            self._broker = None
            self._subscriber = None

    @property
    def _consumer(self) -> AIOKafkaConsumer | None:
        return None if self._subscriber is None else self._subscriber.consumer

    async def _parse(self, record: Any) -> KafkaAckableMessage:
        """Nothing is read here: a header that is no UTF-8 must not stop the topic."""
        return KafkaAckableMessage(body=b"", raw_message=record, consumer=self._consumer)

    async def _take(self, first: ConsumerRecord) -> None:
        """The record that came and whatever else is there already: one batch, with no timer. Never raises.

        The next batch is fetched and read while this one is in its transaction; offsets are committed in order.
        """
        consumer = self._consumer
        assert consumer is not None
        await self._room.acquire()
        most = self._intake.batch - 1
        more = await consumer.getmany(timeout_ms=0, max_records=most) if most else {}
        records = list(_all(first, more))
        arrivals = [arrival for record in records if (arrival := self._arrival(record)) is not None]
        handled = asyncio.create_task(self._intake.submit(arrivals, patient=True))
        await asyncio.sleep(0)  # the intake's queue is first come, first served
        self._last = asyncio.create_task(self._commit(consumer, handled, _next_offsets(records), self._last))

    async def _commit(
        self,
        consumer: AIOKafkaConsumer,
        handled: asyncio.Task[list[Receipt]],
        offsets: dict[TopicPartition, int],
        before: asyncio.Task[None] | None,
    ) -> None:
        """D-1: the offsets of a batch are committed after its own commit, and after those of the batch before it."""
        try:
            await handled
            if before is not None:
                await before
            self._moved = time.monotonic()
            await consumer.commit(offsets)
        except (KafkaError, Unavailable) as error:
            # The partitions went to another hub, the broker is away, or the hub stops: the records come again as
            # repeats.
            log.warning("offsets_not_committed", error=type(error).__name__)
        finally:
            self._room.release()

    def _arrival(self, record: ConsumerRecord) -> Arrival | None:
        system = self._directory().system_by_id.get(record.topic[len(PREFIX) :])
        if system is None or "kafka" not in system.ways_in:
            log.error("unknown_topic", topic=record.topic, offset=record.offset)
            metrics.outcomes.labels("unknown", "unreadable", "refused").inc()
            return None
        return arrival(record, system)

    # --- progress
    # ------------------------------------------------------------------------------------------------------

    async def watch(self) -> None:
        """Measures lag and progress; a consumer that has work, is not busy and does not move is started again."""
        while True:
            await asyncio.sleep(2)
            consumer = self._consumer
            if consumer is None:
                continue
            try:
                assigned = consumer.assignment()
                ends = await asyncio.wait_for(consumer.end_offsets(list(assigned)), 5) if assigned else {}
                positions = {part: await asyncio.wait_for(consumer.position(part), 5) for part in ends}
            except (KafkaError, TimeoutError, OSError):
                continue
            self.lag = sum(max(0, ends[part] - positions[part]) for part in ends)
            behind = dict.fromkeys(self._directory().system_by_id, 0)
            for part in ends:
                system = part.topic[len(PREFIX) :]
                behind[system] = behind.get(system, 0) + max(0, ends[part] - positions[part])
            for system, records in behind.items():
                metrics.consumer_lag.labels(system).set(records)
            if positions != self._positions or self._room.locked() or self.lag == 0:
                self._positions, self._moved = dict(positions), time.monotonic()
            elif time.monotonic() - self._moved > _STALLED_S:
                log.error("consumer_stalled", lag=self.lag)
                await self.stop()
                await self.start()

    @property
    def moving(self) -> bool:
        """Health: there is nothing to do, or something is being done."""
        return self._consumer is not None and time.monotonic() - self._moved < _STALLED_S


def arrival(record: ConsumerRecord, system: System) -> Arrival:
    """A record as it came: CloudEvents in binary mode (``ce_`` headers), structured, or a bare FHIR Bundle."""
    headers: dict[str, str] = {}
    for name, value in record.headers:
        headers[name.lower()] = (value or b"").decode("utf-8", "replace")  # a header may be null
    attributes = {name[3:]: value for name, value in headers.items() if name.startswith("ce_")}
    body = record.value or b""
    media = headers.get("content-type") or attributes.get("datacontenttype") or _looks_like(body, bool(attributes))
    # It is kept with the message, so it must be text that the store can hold.
    media = "".join(sign for sign in media[:200] if sign.isprintable()).partition(";")[0].strip().lower()
    structured = media.startswith("application/cloudevents+json")
    return Arrival(
        system=system,
        raw=body,
        media_type=media,
        attributes=None if structured or media.startswith("application/fhir+") else attributes,
        received_at=datetime.now(UTC),
        place=f"{record.topic}/{record.partition}/{record.offset}",
        by_outbox=True,
    )


def _looks_like(body: bytes, has_attributes: bool) -> str:
    """The media type of a record that does not say it: many producers set no headers."""
    head = body[:400].lstrip()
    if head.startswith(b"<"):
        return "application/fhir+xml"
    if b'"resourceType"' in head:
        return "application/fhir+json"
    return "application/json" if has_attributes else "application/cloudevents+json"


def _next_offsets(records: Sequence[ConsumerRecord]) -> dict[TopicPartition, int]:
    """Per partition the offset after the last record: where whoever comes after shall go on."""
    return {TopicPartition(record.topic, record.partition): record.offset + 1 for record in records}


def _all(first: ConsumerRecord, more: dict[object, list[ConsumerRecord]]) -> Iterable[ConsumerRecord]:
    yield first
    for records in more.values():
        yield from records


def _security(client: Mapping[str, Any]) -> BaseSecurity:
    """The same in FastStream's words."""
    tls = client["ssl_context"]
    if (mechanism := client.get("sasl_mechanism")) is None:
        return BaseSecurity(ssl_context=tls, use_ssl=tls is not None)
    kind = {"PLAIN": SASLPlaintext, "SCRAM-SHA-256": SASLScram256, "SCRAM-SHA-512": SASLScram512}[mechanism]
    user, password = client["sasl_plain_username"], client["sasl_plain_password"]
    return kind(user, password, ssl_context=tls, use_ssl=tls is not None)


async def _undecoded(message: KafkaAckableMessage) -> Any:
    """The record as it is: the bytes are the translators' to read."""
    return message.raw_message


async def make_topics(client: Mapping[str, Any], topics: Sequence[str], partitions: int, replication: int) -> None:
    """Makes the topics that are not there yet. Raises ``Unavailable`` when the broker does not answer."""
    admin = AIOKafkaAdminClient(**client)
    try:
        await admin.start()
        missing = sorted(set(topics) - set(await admin.list_topics()))
        if missing:
            await admin.create_topics([NewTopic(name, partitions, replication) for name in missing])
    except TopicAlreadyExistsError:
        pass  # another hub was quicker
    except (KafkaError, OSError) as error:
        raise Unavailable("kafka") from error
    finally:
        await admin.close()
