"""Way in: the topics ``hub.in.<system>`` (delivery.md §2). Imports FastStream, aiokafka and the intake only.

The topic names the sender and the broker proves it. Offsets are committed once per batch, after the commit that holds
it (D-1).
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.codec import has_gzip, has_lz4, has_snappy, has_zstd
from aiokafka.errors import InvalidSessionTimeoutError, KafkaError, NoError, TopicAlreadyExistsError, for_code
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.security import BaseSecurity, SASLPlaintext, SASLScram256, SASLScram512

from hub import clock, metrics
from hub.errors import Misconfigured, Refused, Unavailable
from hub.intake.arrival import Arrival
from hub.intake.queue import Intake
from hub.log import log
from hub.routers import attributes, content_types
from hub.routers.asides import NOT_ON_KAFKA, UNKNOWN_SYSTEM, Asides
from hub.routers.consumer import Reader
from hub.routers.own_partitions import OwnPartitions
from hub.translators import formats, native
from schemas.directory import Directory, System

PREFIX = "hub.in."
_FIND_TOPICS_MS = 2_000
_LONGEST_HOLD_UP_MS = 30 * 60 * 1000
"""How long a batch may wait for the database before the group takes its partitions away."""
_HEARTBEAT_MS = 500
"""So often a process hears whether the group shares its partitions anew: those of a dead process, and a hub that comes, are without any
until all others have heard.
"""
_REBALANCE_MS = 10_000
"""How long the others wait for a member that has not heard, or finishes what it has in hand (``consumer``: up to five seconds)."""
_STALLED_S = 30.0
_WATCH_S = 2.0
_FETCH_BYTES = 1024 * 1024
"""Of one partition; a record that is larger comes by itself. With 4 MB of each, 10 000 FHIR messages at full speed took 17 MB more."""
_MADE_AT_A_TIME = 500
_NO_FAULT = (NoError, TopicAlreadyExistsError)
"""What is made, by us or by another hub that was quicker."""
_LARGEST_RECORD = 32 * 1024 * 1024
_LIMITS = "group.min.session.timeout.ms (6 000 unless it was set) and group.max.session.timeout.ms"
_CODECS = {"gzip": has_gzip, "lz4": has_lz4, "snappy": has_snappy, "zstd": has_zstd}


class KafkaIn:
    """One consumer for all systems' topics. FastStream brings it up, subscribed and secured; the loop that must not lose
    is ours (``consumer.Reader``).
    """

    def __init__(
        self,
        client: Mapping[str, Any],
        group: str,
        intake: Intake,
        directory: Callable[[], Directory],
        asides: Asides,
        *,
        client_id: Callable[[], str],
        session_s: float,
    ) -> None:
        """``client``: as of ``settings.kafka_client``; ``client_id``: as of ``group.ConsumerGroup``; ``session_s``: seconds of silence
        after which the broker takes a member out of the group.
        """
        self._client = client
        self._group = group
        self._client_id = client_id
        self._session_s = session_s
        self._intake = intake
        self._directory = directory
        self._asides = asides
        self._broker: KafkaBroker | None = None
        self.reader: Reader | None = None
        self._reading: asyncio.Task[None] | None = None
        self._moved = time.monotonic()
        self._positions: dict[object, int] = {}
        self._lags: dict[str, int] = {}
        """As they are shown, by system."""
        self._stopping = False
        self.lag = 0
        self.own_partitions = OwnPartitions()
        self.there: set[str] = set()
        """The broker's topics, as they were last seen by others than the consumer."""
        self._unknown_since: dict[str, float] = {}
        """Of these topics the consumer does not know."""

    async def start(self) -> None:
        """Joins the group. Raises ``Unavailable`` when the broker does not answer, ``Misconfigured`` when it takes no member with such a
        session.
        """
        if missing := [name for name, there in _CODECS.items() if not there()]:
            log.error("codecs_missing", codecs=missing, install="cramjam, of requirements.lock")
        broker = KafkaBroker(
            self._client["bootstrap_servers"],
            security=_security(self._client),
            client_id=self._client_id(),
            metadata_max_age_ms=_FIND_TOPICS_MS,
            allow_auto_create_topics=False,
            logger=None,
            apply_types=False,
        )
        reader = Reader(self._intake, self._system_of, arrival, self._asides, self.own_partitions)
        subscriber: Any = broker.subscriber(
            pattern=r"hub\.in\..*",
            group_id=self._group,
            ack_policy=AckPolicy.MANUAL,
            listener=reader,
            # Where to begin is the reader's to say: a reset by itself would pass over what is lost without a word.
            auto_offset_reset="none",
            isolation_level="read_committed",
            max_poll_interval_ms=_LONGEST_HOLD_UP_MS,
            fetch_max_bytes=_LARGEST_RECORD,
            max_partition_fetch_bytes=_FETCH_BYTES,
            fetch_max_wait_ms=100,
            heartbeat_interval_ms=_HEARTBEAT_MS,
            session_timeout_ms=round(1_000 * self._session_s),
            rebalance_timeout_ms=_REBALANCE_MS,
        )
        try:
            await broker.connect()
            config: Any = broker.config.broker_config
            make = config.builder

            def built(**how: Any) -> Any:
                reader.consumer = make(**how)  # the group may call the reader before the subscriber has started
                _know_all_topics(reader.consumer)
                return reader.consumer

            config.builder = built
            await broker.start()
        except (KafkaError, OSError) as error:
            await broker.stop()
            if isinstance(error, InvalidSessionTimeoutError):
                raise Misconfigured(
                    f"HUB_KAFKA_SESSION_S={self._session_s:g} is not between {_LIMITS} of the broker"
                ) from None
            raise Unavailable("kafka") from error
        assert subscriber.consumer is reader.consumer
        self._broker, self.reader = broker, reader
        self._moved, self._unknown_since = time.monotonic(), {}

    async def run(self) -> None:
        """Until cancelled: reads, and watches that it moves. Whatever ends either is raised, and all begins anew."""
        if self.reader is None:
            await self.start()
        assert self.reader is not None
        self._reading = asyncio.create_task(self.reader.run())
        watching = asyncio.create_task(self._watch(self.reader))
        try:
            done, _ = await asyncio.wait({self._reading, watching}, return_when=asyncio.FIRST_COMPLETED)
            while self._stopping:
                await asyncio.sleep(3600)  # the stop is in order: it is ended when its turn comes
            for task in done:
                task.result()
        finally:
            self._reading.cancel()
            watching.cancel()
            await asyncio.wait({self._reading, watching})
            await self._leave()

    async def stop(self, timeout_s: float) -> None:
        """Takes nothing more in, has what is in hand handled and committed within ``timeout_s`` seconds, leaves the group."""
        self._stopping = True
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait({self._reading})
        if self.reader is not None:
            await self.reader.finish(timeout_s)
        await self._leave()

    async def begin_again(self, topic: str) -> None:
        """A topic is not the one it was. Raises ``Unavailable`` when its partitions cannot be sent back now."""
        if self.reader is None:
            raise Unavailable("kafka")
        try:
            await self.reader.begin_again(topic)
        except (KafkaError, TimeoutError) as error:
            raise Unavailable("kafka") from error

    async def _leave(self) -> None:
        broker, self._broker, self.reader = self._broker, None, None
        if broker is not None:
            await broker.stop()

    def _system_of(self, topic: str) -> System | str:
        """The system that writes to a topic, or in a word why its records wait there."""
        system = self._directory().system_by_id.get(topic[len(PREFIX) :])
        if system is None:
            return UNKNOWN_SYSTEM
        return system if "kafka" in system.ways_in else NOT_ON_KAFKA

    # --- progress
    # ------------------------------------------------------------------------------------------------------

    async def _watch(self, reader: Reader) -> None:
        """Measures lag and progress; ends when a consumer that has work, is not busy and does not move."""
        while True:
            await asyncio.sleep(_WATCH_S)
            await self._asides.refresh()
            consumer = reader.consumer
            try:
                async with asyncio.timeout(5):
                    await reader.outlived()
                assigned = consumer.assignment()
                async with asyncio.timeout(5):
                    ends = await consumer.end_offsets(list(assigned)) if assigned else {}
                behind = await reader.behind({part: end for part, end in ends.items() if part in consumer.assignment()})
            except (KafkaError, TimeoutError, OSError):
                continue
            self._check_topics(consumer.subscription())
            reader.note_partitions()
            by_system = dict.fromkeys(self._directory().system_by_id, 0)
            for part, records in behind.items():
                system = part.topic[len(PREFIX) :]
                by_system[system] = by_system.get(system, 0) + records
            for system, records in by_system.items():
                if self._lags.get(system) != records:
                    metrics.consumer_lag.labels(system).set(records)
            self._lags = by_system
            # What was set aside waits by its own name, and nobody is stalled for it.
            self.lag = sum(records for part, records in behind.items() if not reader.waits(part))
            positions: dict[object, int] = {part: ends[part] - records for part, records in behind.items()}
            if positions != self._positions or reader.busy or self.lag == 0:
                self._positions, self._moved = positions, time.monotonic()
            elif time.monotonic() - self._moved > _STALLED_S:
                log.error("consumer_stalled", lag=self.lag)
                raise Unavailable("no-progress")

    def _check_topics(self, known: Collection[str]) -> None:
        """Raises ``Unavailable`` when the consumer has not known of a topic for long: nobody might read it. While topics are made there
        are always some that it does not know yet, each for a moment.
        """
        now = time.monotonic()
        unknown = {topic for topic in self.there if topic.startswith(PREFIX) and topic not in known}
        self._unknown_since = {topic: self._unknown_since.get(topic, now) for topic in unknown}
        if missing := sorted(topic for topic, since in self._unknown_since.items() if now - since > _STALLED_S):
            log.error("topics_not_read", topics=len(missing), first=missing[0])
            raise Unavailable("topics-not-read")

    @property
    def moving(self) -> bool:
        """Health: there is nothing to do, or something is being done."""
        return self._broker is not None and time.monotonic() - self._moved < _STALLED_S


def _know_all_topics(consumer: AIOKafkaConsumer) -> None:
    """Keep the consumer asking the broker for all topics. When it looks for the offsets of a partition whose leader it does not know, as
    of a topic that was just deleted, aiokafka (0.14) asks for that topic alone from then on, and the pattern no longer finds the others:
    nobody would read them until the hub is started again.
    """
    client = consumer._client  # noqa: SLF001 - no other way is offered
    client.add_topic = lambda _: client.force_metadata_update()


def arrival(record: ConsumerRecord, system: System) -> Arrival:
    """A record as it came: CloudEvents in binary mode (``ce_`` headers), structured, or a bare FHIR Bundle; already refused
    where it is in no format that is read.
    """
    body = record.value or b""
    declared = next((value for name, value in record.headers if name.lower() == "content-type" and value), None)
    found, media, refused, claimed = {}, "application/octet-stream", None, None
    try:
        found = attributes.of_kafka(record.headers)
        told = found.get("datacontenttype") if declared is None else declared.decode("utf-8", "replace")
        media = content_types.of_message(told or None, body, has_attributes=bool(found), batches=False)
    except Refused as error:
        refused = error
        ids = [value for name, value in record.headers if name.lower() in {"ce_id", "ce-id"} and value]
        if len(ids) == 1:
            claimed = formats.claimed_id(native.JSON, {"id": ids[0].decode("utf-8", "replace")}, b"")
    return Arrival(
        system=system,
        raw=body,
        media_type=media,
        attributes=found if media == native.JSON else None,
        received_at=clock.now(),
        place=f"{record.topic}/{record.partition}/{record.offset}",
        by_outbox=True,
        refused=refused,
        claimed_id=claimed,
    )


def _security(client: Mapping[str, Any]) -> BaseSecurity:
    """The same in FastStream's words."""
    tls = client["ssl_context"]
    if (mechanism := client.get("sasl_mechanism")) is None:
        return BaseSecurity(ssl_context=tls, use_ssl=tls is not None)
    kind = {"PLAIN": SASLPlaintext, "SCRAM-SHA-256": SASLScram256, "SCRAM-SHA-512": SASLScram512}[mechanism]
    user, password = client["sasl_plain_username"], client["sasl_plain_password"]
    return kind(user, password, ssl_context=tls, use_ssl=tls is not None)


async def make_topics(client: Mapping[str, Any], topics: Sequence[str], partitions: int, replication: int) -> None:
    """Makes topics that are not there yet, some at a time: thousands keep the broker for minutes, for which nobody shall wait.
    One that cannot be made stands in nobody's way; it is logged and tried again with those that are left.

    Raises ``Unavailable`` when the broker does not answer.
    """
    admin = AIOKafkaAdminClient(**client)
    try:
        await admin.start()
        missing = sorted(set(topics) - set(await admin.list_topics()))
        some = random.sample(missing, min(len(missing), _MADE_AT_A_TIME))
        if some:
            answer = await admin.create_topics([NewTopic(name, partitions, replication) for name in some])
            found = [(name, for_code(code)) for name, code, *_ in answer.topic_errors]
            faults = [each for each in found if not issubclass(each[1], _NO_FAULT)]
            if faults or len(missing) > len(some):
                first = {"first": faults[0][0], "error": faults[0][1].__name__} if faults else {}
                log.warning("topics_wait", failed=len(faults), left=len(missing) - len(some), **first)
    except (KafkaError, OSError) as error:
        raise Unavailable("kafka") from error
    finally:
        await admin.close()
