"""One process of the hub in the simulation: its real parts on the model. Imports the hub and the model."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from hub.delivery.relay import Relay
from hub.errors import Unavailable
from hub.intake.arrival import Arrival
from hub.intake.case_messages import CaseMessages
from hub.intake.deadline_timer import DeadlineTimer
from hub.intake.queue import Intake
from hub.shards import Shards
from hub.store.notifications import Notifications
from hub.store.shards import ROWS_CHANNEL
from hub.supervisor import Supervisor, every
from hub.translators.native import STRUCTURED
from schemas.directory import Directory, System
from schemas.messages import Receipt
from tests.simulate.clock import wall
from tests.simulate.loop import Loop
from tests.simulate.store import Store
from tests.simulate.topics import Topic
from tests.simulate.world import EverybodyKnown

_HEARD_S = 5.0
_IN_HAND = 2
"""Batches of a topic that are under way at once; their offsets are committed in order."""


class HubProcess:
    """Runs from ``start`` until it is killed."""

    def __init__(
        self, name: str, loop: Loop, store: Store, directory: Directory, exits: Any, topics: list[Topic]
    ) -> None:
        self.process = loop.process(name)
        self.intake: Intake | None = None
        self._loop = loop
        self._store = store
        self._directory = directory
        self._exits = exits
        self._topics = topics
        loop.start(self.process, self._run())

    async def _run(self) -> None:
        store: Any = self._store
        shards = Shards(store, self.process.name)
        intake = Intake(
            store,
            lambda: self._directory,
            EverybodyKnown(),
            self._offer,
            shards,
            batch=4,
            lanes_full=lambda: self._relay.lanes.is_full,
            clock=wall,
        )
        self._relay = Relay(store, lambda: self._directory, self._exits, shards)
        self._supervisor = Supervisor()
        await self._until_there(shards.check)
        keep = self._supervisor.keep
        keep("intake", intake.run)
        keep("marks", self._relay.lanes.marker.run)
        keep("relay", self._relay.run)
        keep("rows of others", self._listen)
        keep("held", partial(every, 1.0, intake.retry_held))
        keep("clock", partial(every, 2.0, DeadlineTimer(store, intake, wall).tell_passed))
        keep("case messages", partial(every, 4.0, CaseMessages(store, intake).deliver))
        for topic in self._topics:
            keep(topic.system.id, partial(self._read, topic))
        self.intake = intake

    def _offer(self, rows: list[Any]) -> None:
        self._relay.lanes.offer(rows)

    async def _listen(self) -> None:
        """As the hub hears of rows that other processes have written for its shards."""
        store: Any = self._store
        told = Notifications(store, ROWS_CHANNEL)
        try:
            while True:
                heard = await told.within(_HEARD_S)
                self._relay.rows_written({int(one) for text in heard for one in text.split(",")})
        finally:
            await told.aclose()

    async def _until_there(self, work: Callable[[], Awaitable[None]]) -> None:
        """A process that cannot begin ends, and is started again."""
        while True:
            try:
                await work()
            except Unavailable:
                await asyncio.sleep(1.0)
            else:
                return

    # --- HTTP -----------------------------------------------------------------------------------------------------------

    def post(self, system: System, raw: bytes, place: str) -> asyncio.Future[Receipt | None]:
        """The receipt, or None where the hub says that it cannot now; no answer at all where the process dies."""
        answer: asyncio.Future[Receipt | None] = asyncio.get_running_loop().create_future()
        if self.process.dead or self.intake is None:
            answer.set_result(None)
        else:
            self._loop.start(self.process, self._post(system, raw, place, answer))
        return answer

    async def _post(self, system: System, raw: bytes, place: str, answer: asyncio.Future[Receipt | None]) -> None:
        assert self.intake is not None
        try:
            arrival = Arrival(system, raw, STRUCTURED, None, wall(), place, by_outbox=False)
            (receipt,) = await self.intake.submit([arrival])
        except Unavailable:
            receipt = None
        if not answer.done():
            answer.set_result(receipt)

    # --- Kafka ----------------------------------------------------------------------------------------------------------

    async def _read(self, topic: Topic) -> None:
        """Fetch, submit, commit, as the hub's reader does; after a failure back to the first record that was not handled."""
        while True:
            generation = topic.generation
            if topic.owner is not self.process:
                await asyncio.sleep(0.3)
                continue
            at = topic.committed
            in_hand: list[tuple[asyncio.Task[Any], int]] = []
            try:
                while topic.generation == generation:
                    if len(in_hand) < _IN_HAND and at < len(topic.records):
                        records = topic.records[at : at + 3]
                        arrivals = [
                            Arrival(
                                topic.system,
                                raw,
                                STRUCTURED,
                                None,
                                wall(),
                                f"{topic.system.id}/{at + n}",
                                by_outbox=True,
                            )
                            for n, raw in enumerate(records)
                        ]
                        at += len(records)
                        assert self.intake is not None
                        in_hand.append((asyncio.create_task(self.intake.submit(arrivals, wait=True)), at))
                        await asyncio.sleep(0)
                    elif in_hand:
                        submitted, end = in_hand.pop(0)
                        await submitted
                        topic.commit(generation, end)
                    else:
                        await asyncio.sleep(0.2)
            except Unavailable:
                await asyncio.sleep(0.5)
