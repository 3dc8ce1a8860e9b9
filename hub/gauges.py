"""Sets the gauges of the store and the intake, every few seconds. Imports the intake, the store and the metrics only."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from hub import clock, metrics
from hub.intake.queue import Intake
from hub.roles import ROLES
from hub.store import cases, deadline, held, outbox, running_hubs
from hub.store.backlog import Backlog
from hub.store.backlog import backlog as backlog_of
from hub.store.transaction import Store
from schemas.directory import Directory


class Gauges:
    """The gauges of one hub. Those of the store are the same for all hubs."""

    def __init__(self, store: Store, intake: Intake, directory: Callable[[], Directory]) -> None:
        self._store = store
        self._intake = intake
        self._directory = directory
        self._unsent: set[str] = set()
        self._shown: set[str] = set()
        """Systems whose gauges show unsent rows, and systems that have gauges."""

    async def show_gauges(self) -> None:
        """Sets all gauges. Raises ``Unavailable`` while the database is away; the gauges then keep their values."""
        metrics.intake_queue.set(self._intake.length)
        metrics.clock_ahead.set(clock.machine_ahead_s())
        metrics.progress.set(self._intake.progress)
        async with self._store.transaction() as connection:
            backlog = await backlog_of(connection)
            waiting, since = await held.gauge(connection)
            manual, _ = await cases.manual(connection)
            late = await deadline.overdue(connection, clock.now())
            processes = await running_hubs.role_counts(connection)
        now = clock.now()
        metrics.deadlines_due.clear()
        for one in late:
            metrics.deadlines_due.labels(one.name).set(one.count)
        for role in ROLES:
            metrics.role_processes.labels(role).set(processes.get(role, 0))
        self._show_backlog(backlog, now)
        metrics.held.set(waiting)
        metrics.held_oldest.set(0 if since is None else (now - since).total_seconds())
        metrics.manual.set(manual)

    def _show_backlog(self, backlog: list[Backlog], now: datetime) -> None:
        """The unsent rows of each system; a zero is written once."""
        systems = {*self._directory().system_by_id, *outbox.LOOKUPS}
        there = {one.system for one in backlog}
        for system in (self._unsent - there) | (systems - self._shown):
            for gauge in (metrics.outbox_waiting, metrics.outbox_oldest, metrics.outbox_dead):
                gauge.labels(system).set(0)
        for one in backlog:
            age = 0.0 if one.oldest is None else (now - one.oldest).total_seconds()
            metrics.outbox_waiting.labels(one.system).set(one.waiting)
            metrics.outbox_oldest.labels(one.system).set(age)
            metrics.outbox_dead.labels(one.system).set(one.dead)
        self._unsent, self._shown = there, self._shown | systems
