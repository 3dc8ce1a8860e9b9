"""Builds a running hub from its settings; the only module that wires the parts together. Imports everything but the sandbox."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import cast

from hub import clock, garbage, metrics
from hub.addressing.memory import RegisterMemory
from hub.addressing.recheck import Recheck
from hub.addressing.register_settings import registers_of, secret_of, ttl_of
from hub.addressing.register_watch import RegisterWatch
from hub.addressing.soap_client import Parked
from hub.addressing.worker import Worker, failed
from hub.delivery.exits import kafka as kafka_exit
from hub.delivery.exits.addresses import Allowed
from hub.delivery.exits.registry import ExitResources, open_exits
from hub.delivery.exits.subscription import SubscriptionExit
from hub.delivery.pull_inbox import PullInbox
from hub.delivery.relay import Relay
from hub.delivery.subscription_keeper import SubscriptionKeeper
from hub.directory_in_force import DirectoryInForce
from hub.errors import Misconfigured, Unavailable
from hub.gallring import Gallring
from hub.gauges import Gauges
from hub.in_operation import InOperation
from hub.intake.case_messages import CaseMessages
from hub.intake.deadline_timer import DeadlineTimer
from hub.intake.queue import Intake
from hub.intake.reader_check import Readers
from hub.intake.served_again import ServedAgain
from hub.log import log
from hub.operations.figures import FiguresKeeper
from hub.operations.known import no_directory
from hub.operations.live import Live
from hub.operations.replays import Replayer
from hub.operations.silence import SilenceWatch
from hub.outages import BROKER, outages
from hub.readiness import Readiness
from hub.roles import ROLES, Role
from hub.routers import kafka as kafka_in
from hub.routers.asides import Asides
from hub.routers.group import ConsumerGroup
from hub.routers.topics import Topics
from hub.settings import WITHOUT_REGISTERS, Settings, kafka_client
from hub.shards import Shards
from hub.sign_in.sign_in import SignIn
from hub.store import database_time, person_changes
from hub.store.notifications import Notifications
from hub.store.outbox import OutboxRow
from hub.store.registers import Answers
from hub.store.shards import ROWS_CHANNEL
from hub.store.transaction import Store
from hub.supervisor import Supervisor, Work, every, turned
from hub.tally import TALLY
from schemas.directory import Directory

_DIRECTORY_S = 0.5
_GROUP_S = 0.4
_TOPICS_S = 2.0
_HELD_S = 0.5
_TRIED_S = 0.3
_SUBSCRIPTIONS_S = 0.5
_REPLAYS_S = 0.3
_REPORT_S = 1.0
_CLOCK_S = 1.0
_CASE_MESSAGES_S = 0.5
_SERVED_AGAIN_S = 1.0
_MEMORY_S = 1.0
_NEWS_S = 5.0
_READERS_S = 1.0
_GAUGES_S = 2.0
_FIGURES_S = 5.0
_QUARTERS_S = 60.0
_SILENCES_S = 60.0
_HEARD_S = 5.0
_SWEEP_S = 600.0
_TIME_S = 5.0
_GARBAGE_S = 10.0
_GALLRING_S = 60.0
_CHANGES_KEPT = timedelta(days=30)
"""How long changes of persons are kept: longer than any answer about a person is valid."""
_SILENCE_S = 120.0
"""Seconds without a sign of life after which a loop that always has work counts as stuck."""


class Hub:
    """One process of the hub; several may share a database and a broker."""

    def __init__(self, settings: Settings, roles: frozenset[Role] = ROLES) -> None:
        self.settings = settings
        self.roles = roles
        self._kafka = kafka_client(settings)
        self.store = Store(settings.database_url, pool=settings.database_pool, wait_s=settings.database_wait_s)
        self.allowed = Allowed(settings.plain, settings.networks)
        self.in_force = DirectoryInForce(self.store, self._new_directory)
        self.directory = self.in_force.now
        self.memory = RegisterMemory(
            Answers(self.store), *ttl_of(settings), secret_of(settings), lambda: self.in_force.version
        )
        self._register_watch = RegisterWatch(metrics.looked_up, failed)
        self._registers = registers_of(settings, self.store, self._register_watch)
        self.worker = Worker(self.store, self.directory, self._registers, self.memory, production=settings.production)
        self.shards = Shards(
            self.store, f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}", takes_part="delivery" in roles
        )
        self.intake = Intake(
            self.store, self.directory, self.memory, self._offer, self.shards,
            batch=settings.intake_batch, lanes_full=self._lanes_full,
        )  # fmt: skip
        self.worker.intake = self.intake
        self.readers = None if self._registers is None else Readers(self.store, self.memory, self._offer)
        self.clock = DeadlineTimer(self.store, self.intake)
        self.case_messages = CaseMessages(self.store, self.intake)
        self.served_again = ServedAgain(self.store, lambda: (self.in_force.version, self.directory()))
        if self._registers is not None and settings.registers is not None:
            again = timedelta(seconds=settings.registers.ask_again_s)
            self.worker.recheck = Recheck(
                self.store, self.intake, self._registers, self.memory, again, production=settings.production
            )
        self.asides = Asides(self.store)
        self.group = ConsumerGroup(self.store, self._kafka, settings.kafka_group, self.shards.owner)
        self.kafka_in = kafka_in.KafkaIn(
            self._kafka, settings.kafka_group, self.intake, self.directory, self.asides,
            client_id=lambda: self.group.client_id, session_s=settings.kafka_session_s,
        )  # fmt: skip
        self.shards.comes_here = self.kafka_in.own_partitions.of_keys
        self.topics = Topics(
            self._kafka, self.store, self.asides, self.kafka_in.begin_again if "intake" in roles else _read_by_others
        )
        self.relay: Relay | None = None
        self.replayer = Replayer(self.store)
        self.sign_in = SignIn(self.store, settings.openid, production=settings.production)
        self.pull_inbox = PullInbox(self.store, self.directory)
        self._in_operation: InOperation | None = None
        self._subscriptions: SubscriptionKeeper | None = None
        self.supervisor = Supervisor()
        self.readiness = Readiness(
            self.store,
            self.kafka_in if "intake" in roles else None,
            self.intake,
            lambda: self.relay,
            self.supervisor,
            self.asides,
        )
        self.gauges = Gauges(self.store, self.intake, self.directory)
        TALLY.on_time_s = settings.on_time_s
        self.live = Live(self.store, self.in_force, self.settings.http_connections // 2)
        self.figures = FiguresKeeper(self.store, listens=self._listens)
        self.silence = SilenceWatch(self.store, self.directory)
        self.gallring = Gallring(self.store, self.directory, lambda: self.intake.full or self._lanes_full())

    def _listens(self) -> Iterator[str]:
        """The ways in on which this process would hear a system now."""
        if "intake" in self.roles and self.kafka_in.moving and not outages.is_away(BROKER):
            yield "kafka"
        if "http" in self.roles:
            yield "http"

    def _lanes_full(self) -> bool:
        return self.relay is not None and self.relay.lanes.is_full

    def _offer(self, items: list[OutboxRow]) -> None:
        try:
            if self.relay is not None:
                self.relay.lanes.offer(items)
            self.worker.offer(items)
            self.pull_inbox.offer(items)
        except BaseException:
            if self.relay is not None:
                self.relay.lanes.offer_failed()
            raise

    async def _listen(self) -> None:
        """Hear of rows that other processes have written for this one's shards."""
        assert self.relay is not None
        told = Notifications(self.store, ROWS_CHANNEL)
        try:
            while True:
                heard = await told.within(_HEARD_S)
                self.relay.rows_written({int(one) for text in heard for one in text.split(",")})
                turned()
        finally:
            await told.aclose()

    # --- start and stop -----------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Check the requirements and start every part. Raises ``Misconfigured`` when the hub must not start."""
        if (fault := await self.store.check()) is not None:
            raise Misconfigured(str(fault))
        await database_time.look(self.store)
        await self.in_force.take_up()
        if not self.in_force.is_there:
            raise Misconfigured(no_directory().en)
        if self._registers is None:
            log.warning("no_registers_set", said=f"HUB_REGISTERS__… is not set: {WITHOUT_REGISTERS}")
        await self.memory.load()
        resources = ExitResources(self._kafka, self.topics.partitions_of, self.allowed, self.store)
        exits = await open_exits(resources)
        self.relay = Relay(self.store, self.directory, exits, self.shards)
        await self.shards.check(self.settings.shards)
        self._subscriptions = SubscriptionKeeper(self.store, self.directory, SubscriptionExit(self.allowed, self.store))
        self._in_operation = InOperation(
            self.store,
            self.relay,
            self.worker,
            self._register_watch,
            self.readiness.checks,
            lambda: {
                "port": self.settings.http_port,
                "directory": self.in_force.version,
                "roles": sorted(self.roles),
                "owner": self.shards.owner,
            },
        )
        if "intake" in self.roles:
            await self.group.look()  # who is in the group has shown that it lives, and bears its client id
            # Also while it joins, which waits for the members of dead processes.
            looks = partial(every, _GROUP_S, self.group.look)
            self.supervisor.keep("group", looks, silence_s=_SILENCE_S + 2 * _GROUP_S)
            await self.kafka_in.start()
        # Before anything is read or sent, because a topic may have been deleted and created again.
        await self._look_at_topics()
        for role, name, silence_s, work in self._loops():
            if role is None or role in self.roles:
                self.supervisor.keep(name, work, silence_s=silence_s)

    def _loops(self) -> Iterator[tuple[Role | None, str, float | None, Work]]:
        """(role, name, seconds of silence after which it counts as stuck, loop): everything that this process may keep running."""
        assert self.relay is not None
        assert self._in_operation is not None
        assert self._subscriptions is not None
        yield None, "intake", None, self.intake.run
        yield "delivery", "marks", None, self.relay.lanes.marker.run
        yield "delivery", "relay", _SILENCE_S, self.relay.run
        yield "delivery", "rows of others", _SILENCE_S, self._listen
        yield "addressing", "lookups", _SILENCE_S, self.worker.run
        yield "intake", "kafka", None, self.kafka_in.run
        yield None, "inbox", None, self.pull_inbox.run
        yield "http", "inbox readers", _SILENCE_S, self.pull_inbox.listen
        for role, name, seconds, work in (
            (None, "directory", _DIRECTORY_S, self.in_force.take_up),
            (None, "topics", _TOPICS_S, self._look_at_topics),
            ("deadlines", "held", _HELD_S, self.intake.retry_held),
            (None, "tried now", _TRIED_S, self._in_operation.try_what_is_asked),
            ("delivery", "subscriptions", _SUBSCRIPTIONS_S, self._subscriptions.begin_due),
            ("delivery", "replays", _REPLAYS_S, self.replayer.look),
            (None, "report", _REPORT_S, self._in_operation.report),
            ("deadlines", "clock", _CLOCK_S, self.clock.tell_passed),
            ("deadlines", "case messages", _CASE_MESSAGES_S, self.case_messages.deliver),
            ("deadlines", "served again", _SERVED_AGAIN_S, self.served_again.move),
            (None, "memory", _MEMORY_S, self.memory.load),
            ("addressing", "news", _NEWS_S, self._ask_again),
            ("http", "readers", _READERS_S, self._write_readers),
            (None, "gauges", _GAUGES_S, self.gauges.show_gauges),
            (None, "figures", _FIGURES_S, self.figures.write),
            (None, "quarters", _QUARTERS_S, self.figures.roll),
            ("deadlines", "silence", _SILENCES_S, self.silence.look),
            ("deadlines", "sweep", _SWEEP_S, self._sweep),
            ("deadlines", "gallring", _GALLRING_S, self.gallring.go_round),
            (None, "time", _TIME_S, partial(database_time.look, self.store)),
            (None, "garbage", _GARBAGE_S, garbage.collect),
        ):
            yield cast("Role | None", role), name, _SILENCE_S + 2 * seconds, partial(every, seconds, work)

    async def stop(self) -> None:
        """Stop in order: first the ways in, then the intake, then the marks of sent rows."""
        self.pull_inbox.stop()
        self.live.stop()
        self.supervisor.wind_down()
        await self.kafka_in.stop(self.settings.stop_s / 4)
        self.intake.stop()
        while self.intake.length:
            await asyncio.sleep(0.02)
        if self.relay is not None:
            await self.relay.drain(self.settings.stop_s / 2)
        await self.supervisor.stop()
        await self.group.close()
        if self._subscriptions is not None:
            await self._subscriptions.finish(self.settings.stop_s / 10)
            await self._subscriptions.close()
        if self._in_operation is not None:
            await self._in_operation.leave()
        if self.relay is not None:
            await self.relay.close()
        await self.topics.close()
        if self._registers is not None:
            await self._registers.aclose()
        await self.sign_in.close()
        with suppress(Unavailable):
            await self.figures.write()
        await self.store.close()

    # --- periodic work ------------------------------------------------------------------------------------------------

    async def _new_directory(self, directory: Directory) -> None:
        self.memory.forget()
        await self._make_topics(directory)

    async def _make_topics(self, directory: Directory, there: Iterable[str] = ()) -> None:
        topics = {kafka_in.PREFIX + s.id for s in directory.systems if "kafka" in s.ways_in}
        topics |= {kafka_exit.topic_out(s.id) for s in directory.systems if s.out.way == "kafka"}
        if self.settings.kafka_create_topics and (missing := topics.difference(there)):
            of_each = self.settings.kafka_partitions, self.settings.kafka_replication
            await kafka_in.make_topics(self._kafka, list(missing), *of_each)

    async def _look_at_topics(self) -> None:
        """Create deleted topics again, and record their lost messages as gaps."""
        self.kafka_in.there = await self.topics.look()
        await self._make_topics(self.directory(), self.kafka_in.there)

    async def _ask_again(self) -> None:
        if self.worker.recheck is not None and self.worker.asks:
            try:
                await self.worker.recheck.ask_again()
            except Parked as parked:
                log.error("news_parked", reason=parked.reason)

    async def _write_readers(self) -> None:
        if self.readers is not None:
            await self.readers.write()

    async def _sweep(self) -> None:
        await Answers(self.store).sweep()
        async with self.store.transaction() as connection:
            await person_changes.delete_before(connection, clock.now() - _CHANGES_KEPT)


async def _read_by_others(_: str) -> None:
    """A topic was made anew; this process reads none."""
