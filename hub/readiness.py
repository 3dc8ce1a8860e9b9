"""Whether a running hub is ready, check by check, for its probe and for operations. Imports the ways in, the delivery, the intake and
the store.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from hub.delivery.relay import Relay
from hub.intake.queue import Intake
from hub.outages import BROKER, DATABASE, outages
from hub.routers.asides import Asides
from hub.routers.kafka import KafkaIn
from hub.store.transaction import DatabaseFault, Store
from hub.supervisor import Supervisor

_DATABASE_S = 5.0
"""Seconds after which a database that does not answer is away."""


class Readiness:
    """The checks of one hub."""

    def __init__(
        self,
        store: Store,
        kafka_in: KafkaIn | None,
        intake: Intake,
        relay: Callable[[], Relay | None],
        supervisor: Supervisor,
        asides: Asides,
    ) -> None:
        """``kafka_in``: None for a process that reads no topics; ``relay``: None until the hub has started."""
        self._store = store
        self._kafka_in = kafka_in
        self._intake = intake
        self._relay = relay
        self._supervisor = supervisor
        self._asides = asides

    async def checks(self) -> tuple[dict[str, str], dict[str, Any]]:
        """(the checks of readiness, further facts for operations); a blocked partition does not make the hub unready."""
        store, relay = await self._database(), self._relay()
        loops = self._supervisor.states
        found = {
            "store": store,
            "broker": "away"
            if outages.is_away(BROKER)
            else "ok"
            if self._kafka_in is None or self._kafka_in.moving
            else "no-progress",
            "intake": "full" if self._intake.full else "ok",
            "relay": "ok" if relay is not None and relay.lanes.well else "not-delivering",
            "loops": "ok" if not loops else ", ".join(f"{name} {state}" for name, state in loops.items()),
        }
        aside = [
            {"place": each.place, "reason": each.reason, "since": each.since.isoformat(), "lost": each.lost}
            for each in self._asides.known
        ]
        restarted = {
            loop.name: {"restarts": loop.restarts, "error": loop.error}
            for loop in self._supervisor.loops.values()
            if loop.restarts
        }
        return found, {"set_aside": aside, "restarted": restarted}

    async def _database(self) -> str:
        """``ok``, or the word of what is wrong with the database."""
        asked_at = time.monotonic()
        try:
            async with asyncio.timeout(_DATABASE_S):
                fault = await self._store.check()
        except TimeoutError:
            fault = DatabaseFault("no-answer")
        if fault is not None and fault.is_outage:
            outages.unanswered(DATABASE, asked_at, said=fault.word)
        else:
            outages.answered(DATABASE)
        return "ok" if fault is None else fault.word
