"""Builds a running hub from its settings; the only module that wires the parts together. Imports everything but the sandbox."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import socket
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import partial

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline

from hub import garbage
from hub.addressing.memory import RegisterMemory
from hub.addressing.recheck import Recheck
from hub.addressing.register_watch import RegisterWatch
from hub.addressing.registers import Registers
from hub.addressing.soap_client import CallerSettings, Parked
from hub.addressing.worker import Worker, counted, failed
from hub.delivery.exits import kafka as kafka_exit
from hub.delivery.exits.addresses import Allowed
from hub.delivery.exits.registry import ExitResources, open_exits
from hub.delivery.exits.subscription import SubscriptionExit
from hub.delivery.pull_inbox import PullInbox
from hub.delivery.relay import Relay
from hub.delivery.subscription_keeper import SubscriptionKeeper
from hub.directory.credentials import in_force
from hub.errors import Misconfigured
from hub.gauges import Gauges
from hub.in_operation import InOperation
from hub.intake.case_messages import CaseMessages
from hub.intake.deadline_timer import DeadlineTimer
from hub.intake.queue import Intake
from hub.intake.reader_check import Readers
from hub.intake.served_again import ServedAgain
from hub.log import log
from hub.readiness import Readiness
from hub.routers import cases as case_views
from hub.routers import citizens, connections, dependencies, errors, messages, openapi, ops, pull_inbox, subscriptions
from hub.routers import fhir as fhir_in
from hub.routers import kafka as kafka_in
from hub.routers.asides import Asides
from hub.routers.topics import Topics
from hub.settings import WITHOUT_REGISTERS, Settings, kafka_client
from hub.shards import Shards
from hub.store import credentials, person_changes
from hub.store import directory as directories
from hub.store.notifications import Notifications
from hub.store.outbox import OutboxRow
from hub.store.registers import Answers
from hub.store.shards import ROWS_CHANNEL
from hub.store.transaction import Store
from hub.supervisor import Supervisor, every, turned
from hub.translators import formats
from hub.translators.soap.envelope import are_there
from hub.translators.soap.listing import Actor
from schemas.directory import Directory

_DIRECTORY_S = 0.5
_TOPICS_S = 2.0
_HELD_S = 0.5
_TRIED_S = 0.3
_SUBSCRIPTIONS_S = 0.5
_REPORT_S = 1.0
_CLOCK_S = 1.0
_CASE_MESSAGES_S = 0.5
_SERVED_AGAIN_S = 1.0
_MEMORY_S = 1.0
_NEWS_S = 5.0
_READERS_S = 1.0
_GAUGES_S = 2.0
_HEARD_S = 5.0
_SWEEP_S = 600.0
_GARBAGE_S = 2.0
_CHANGES_KEPT = timedelta(days=30)
"""How long changes of persons are kept: longer than any answer about a person is valid."""
_SILENCE_S = 120.0
"""Seconds without a sign of life after which a loop that always has work counts as stuck."""


class Hub:
    """One process of the hub; several may share a database and a broker."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._kafka = kafka_client(settings)
        self.store = Store(settings.database_url, pool=settings.database_pool, wait_s=settings.database_wait_s)
        self._allowed = Allowed(settings.plain, settings.networks)
        self._version = 0
        self._applied: Directory | None = None
        self._directory: Directory | None = None
        """As it was applied, and with the credentials that are in force."""
        self._credentials = (0, 0, 0)
        self._memory = RegisterMemory(Answers(self.store), *_ttl(settings))
        self._register_watch = RegisterWatch(counted, failed)
        self._registers = _registers(settings, self.store, self._register_watch)
        self.worker = Worker(self.store, self.directory, self._registers, self._memory, production=settings.production)
        self.shards = Shards(self.store, f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}")
        self.intake = Intake(
            self.store, self.directory, self._memory, self._offer, self.shards,
            batch=settings.intake_batch, lanes_full=lambda: self.relay is not None and self.relay.is_full,
        )  # fmt: skip
        self.worker.intake = self.intake
        self.readers = None if self._registers is None else Readers(self.store, self._memory, self._offer)
        self.clock = DeadlineTimer(self.store, self.intake)
        self.case_messages = CaseMessages(self.store, self.intake)
        self.served_again = ServedAgain(self.store, lambda: (self._version, self.directory()))
        if self._registers is not None and settings.registers is not None:
            again = timedelta(seconds=settings.registers.ask_again_s)
            self.worker.recheck = Recheck(
                self.store, self.intake, self._registers, self._memory, again, production=settings.production
            )
        self.asides = Asides(self.store)
        self.kafka_in = kafka_in.KafkaIn(self._kafka, settings.kafka_group, self.intake, self.directory, self.asides)
        self.topics = Topics(self._kafka, self.store, self.asides, self.kafka_in.begin_again)
        self.relay: Relay | None = None
        self.pull_inbox = PullInbox(self.store, self.directory)
        self._in_operation: InOperation | None = None
        self.supervisor = Supervisor()
        self._readiness = Readiness(
            self.store, self.kafka_in, self.intake, lambda: self.relay, self.supervisor, self.asides
        )
        self.gauges = Gauges(self.store, self.intake, self.directory)

    def directory(self) -> Directory:
        """The directory in force; the handling of a message uses one version throughout."""
        assert self._directory is not None
        return self._directory

    def _offer(self, items: list[OutboxRow]) -> None:
        try:
            if self.relay is not None:
                self.relay.offer(items)
            self.worker.offer(items)
            self.pull_inbox.offer(items)
        except BaseException:
            if self.relay is not None:
                self.relay.offer_failed()
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

    async def run(self) -> None:
        """Run until SIGTERM or SIGINT; then accept nothing more, finish what was accepted, and end."""
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, stop.set)
        sockets = connections.bound(self.settings.http_host, self.settings.http_port)
        await self.start()
        server = connections.HttpServer(
            connections.Config(
                self.api(),
                request_s=self.settings.http_request_s,
                connections=self.settings.http_connections,
                log_config=None,
                access_log=False,
            )
        )
        serving = asyncio.create_task(server.serve(sockets))
        stopping = asyncio.create_task(stop.wait())
        given_up = asyncio.create_task(self.supervisor.gave_up())
        log.info("hub_started", port=self.settings.http_port, directory=self._version)
        done, _ = await asyncio.wait([serving, stopping, given_up], return_when=asyncio.FIRST_COMPLETED)
        log.info("hub_stops", asked=stopping in done)
        server.should_exit = True
        try:
            async with asyncio.timeout(self.settings.stop_s):
                await self.stop()
                await serving
        except TimeoutError:
            log.warning("stop_took_too_long")
        else:
            log.info("hub_stopped")
        if stopping not in done:
            raise Misconfigured("a part of the hub ended by itself; see the log above")

    async def start(self) -> None:
        """Check the requirements and start every part. Raises ``Misconfigured`` when the hub must not start."""
        if (fault := await self.store.check()) is not None:
            raise Misconfigured(str(fault))
        await self._take_up_directory()
        if self._directory is None:
            raise Misconfigured("there is no directory. Apply one with `hub directory apply FILE`.")
        if self._registers is None:
            log.warning("no_registers_set", said=f"HUB_REGISTERS__… is not set: {WITHOUT_REGISTERS}")
        await self._memory.load()
        resources = ExitResources(self._kafka, self.topics.partitions_of, self._allowed, self.store)
        exits = await open_exits(resources)
        self.relay = Relay(self.store, self.directory, exits, self.shards)
        await self.relay.check()
        keeper = SubscriptionKeeper(self.store, self.directory, SubscriptionExit(self._allowed, self.store))
        self._in_operation = InOperation(
            self.store,
            self.relay,
            self.worker,
            self._register_watch,
            self._readiness.checks,
            lambda: {"port": self.settings.http_port, "directory": self._version},
        )
        await self.kafka_in.start()
        await (
            self._look_at_topics()
        )  # before anything is read or sent, because a topic may have been deleted and created again
        keep = self.supervisor.keep
        keep("intake", self.intake.run)
        keep("marks", self.relay.marker.run)
        keep("relay", self.relay.run, silence_s=_SILENCE_S)
        keep("rows of others", self._listen, silence_s=_SILENCE_S)
        keep("lookups", self.worker.run, silence_s=_SILENCE_S)
        keep("kafka", self.kafka_in.run)
        keep("inbox", self.pull_inbox.run)
        keep("inbox readers", self.pull_inbox.listen, silence_s=_SILENCE_S)
        for name, seconds, work in (
            ("directory", _DIRECTORY_S, self._take_up_directory),
            ("topics", _TOPICS_S, self._look_at_topics),
            ("held", _HELD_S, self.intake.retry_held),
            ("tried now", _TRIED_S, self._in_operation.try_what_is_asked),
            ("subscriptions", _SUBSCRIPTIONS_S, keeper.send_due),
            ("report", _REPORT_S, self._in_operation.report),
            ("clock", _CLOCK_S, self.clock.tell_passed),
            ("case messages", _CASE_MESSAGES_S, self.case_messages.deliver),
            ("served again", _SERVED_AGAIN_S, self.served_again.move),
            ("memory", _MEMORY_S, self._memory.load),
            ("news", _NEWS_S, self._ask_again),
            ("readers", _READERS_S, self._write_readers),
            ("gauges", _GAUGES_S, self.gauges.show_gauges),
            ("sweep", _SWEEP_S, self._sweep),
            ("garbage", _GARBAGE_S, garbage.collect),
        ):
            keep(name, partial(every, seconds, work), silence_s=_SILENCE_S + 2 * seconds)

    async def stop(self) -> None:
        """Stop in order: first the ways in, then the intake, then the marks of sent rows."""
        self.pull_inbox.stop()
        self.supervisor.wind_down()
        await self.kafka_in.stop(self.settings.stop_s / 4)
        self.intake.stop()
        while self.intake.length:
            await asyncio.sleep(0.02)
        if self.relay is not None:
            await self.relay.drain(self.settings.stop_s / 2)
        await self.supervisor.stop()
        if self._in_operation is not None:
            await self._in_operation.leave()
        if self.relay is not None:
            await self.relay.close()
        await self.topics.close()
        if self._registers is not None:
            await self._registers.aclose()
        await self.store.close()

    # --- periodic work ------------------------------------------------------------------------------------------------

    async def _take_up_directory(self) -> None:
        newer = await directories.current(self.store, self._version)
        async with self.store.transaction() as connection:
            moment = await credentials.moment(connection)
            if newer is None and moment == self._credentials:
                return
            rotated = await credentials.rotated(connection)
        if newer is not None:
            await asyncio.to_thread(formats.prepare, {system.format for system in newer[1].systems})
            self._version, self._applied = newer
            self._memory.forget()
        if self._applied is None:
            return
        self._credentials, self._directory = moment, in_force(self._applied, rotated, datetime.now(UTC))
        log.info("directory_in_force", version=self._version)
        if newer is not None:
            await self._make_topics(self._directory)

    async def _make_topics(self, directory: Directory, there: Iterable[str] = ()) -> None:
        topics = {kafka_in.PREFIX + s.id for s in directory.systems if "kafka" in s.ways_in}
        topics |= {kafka_exit.topic_out(s.id) for s in directory.systems if s.out.way == "kafka"}
        if self.settings.kafka_create_topics and (missing := topics.difference(there)):
            of_each = self.settings.kafka_partitions, self.settings.kafka_replication
            await kafka_in.make_topics(self._kafka, list(missing), *of_each)

    async def _look_at_topics(self) -> None:
        """Create deleted topics again, and record their lost messages as gaps."""
        await self._make_topics(self.directory(), await self.topics.look())

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
            await person_changes.delete_before(connection, datetime.now(UTC) - _CHANGES_KEPT)

    # --- HTTP ---------------------------------------------------------------------------------------------------------

    def api(self) -> FastAPI:
        """The HTTP application, with its documentation under ``/docs``."""
        # The documentation page has its own scripts, because the hub may have no access to a CDN.
        api: FastAPI = FastAPIOffline(
            title="Samverkan hub",
            description="The message hub for Swedish discharge coordination. Authenticate with the system's bearer token.",
            version="1",
        )
        dependencies.wire(api, self.intake, self.directory)
        pull_inbox.wire(api, self.pull_inbox)
        subscriptions.wire(api, self.store, self._allowed)
        case_views.wire(api, self.store, self.directory, self._memory, self.readers)
        for routes in (
            messages.ROUTES,
            fhir_in.ROUTES,
            subscriptions.ROUTES,
            case_views.ROUTES,
            citizens.ROUTES,
            pull_inbox.ROUTES,
            ops.router(self._readiness.checks),
        ):
            api.include_router(routes)
        errors.install(api, self.intake.process_pool, self.settings.http_answer_s)
        openapi.install(api)
        return api


def _ttl(settings: Settings) -> tuple[float, float]:
    if settings.registers is None:
        return 0.0, 0.0
    return settings.registers.listing.ttl_positive, settings.registers.listing.ttl_negative


def _registers(settings: Settings, store: Store, watch: RegisterWatch) -> Registers | None:
    if settings.registers is None:
        return None
    are_there()
    found = settings.registers
    one, two, three = (
        CallerSettings(**register.model_dump()) for register in (found.folkbokforing, found.listing, found.hsa)
    )
    return Registers(
        folkbokforing=one,
        listing=two,
        hsa=three,
        actor=Actor(found.actor),
        cache=Answers(store),
        key_secret=found.key_secret.encode(),
        on_lookup=watch.looked_up,
        on_failure=watch.failed,
    )
