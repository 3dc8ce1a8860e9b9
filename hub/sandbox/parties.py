"""The demo parties: record systems that admit, other systems that read their notices and acknowledge after a while.

Imports the language, the ways and the wire beside it; each party knows only what a vendor's system knows.
"""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Coroutine, Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Self

import httpx

from hub.sandbox import staff, ways, wire
from hub.sandbox.ledger import Ledger
from hub.sandbox.patients import Admissions
from hub.sandbox.wire import Answer, Notice
from schemas.both import Kvittens
from schemas.directory import Directory, System, Unit, WebhookOut
from schemas.envelope import Message


def token(system: str) -> str:
    """The demo token of a system, as ``directory.yaml`` says: for demonstration only."""
    return f"demo-token-{system}"


class Party:
    """One connected system: sends by its way in, and is told by its way out."""

    def __init__(self, system: System, units: list[Unit], way_in: ways.WayIn, ledger: Ledger, run: str) -> None:
        self.system, self.units, self.ledger = system, units, ledger
        self._way_in, self._run = way_in, run
        self._numbers = itertools.count(1)
        self._kvittens: dict[str, tuple[str, str]] = {}
        """Sent and not yet answered: id → (case, unit)."""
        self._tasks: set[asyncio.Task[None]] = set()
        self.pace_s = (0.3, 2.5)
        """How long somebody takes to read a notice, seconds from and to."""

    def new_id(self) -> str:
        """An id of this system's own that says nothing about anybody."""
        return f"{self.system.id}-{self._run}-{next(self._numbers)}"

    async def admit(self, admissions: Admissions, ward: Unit, number: int) -> None:
        """Sends one admission and takes its receipt, if that comes at once."""
        message = admissions.take(ward, f"ref:vk-{number}", self.new_id())
        self.ledger.admitted(number, ward.hsa, self.system.id, message.id)
        answer = await self._way_in.send(wire.write(message, self.system.format))
        if answer is not None:
            self.ledger.answered(Answer(message.id, answer.code, answer.case, answer.rule, answer.sequence))

    async def received(self, attributes: Mapping[str, str], body: bytes) -> None:
        """What came out of the hub for this system."""
        try:
            found = wire.read(attributes, body)
        except (ValueError, KeyError, TypeError):
            self.ledger.faulty("unreadable")
            return
        if isinstance(found, Answer):
            self._answered(found)
        elif self.ledger.noticed(self.system.id, found):
            for unit, act in found.awaits.items():
                if act == "kvittens":
                    self._later(self._acknowledge(found, unit))

    def _answered(self, answer: Answer) -> None:
        if answer.message in self._kvittens:
            case, unit = self._kvittens[answer.message]
            if answer.code != "transient-error":  # held: the final one follows
                del self._kvittens[answer.message]
            self.ledger.acknowledged(case, unit, answer)
        else:
            self.ledger.answered(answer)

    def _later(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _acknowledge(self, notice: Notice, unit: str) -> None:
        await asyncio.sleep(random.uniform(*self.pace_s))  # noqa: S311 - a demo
        who = next(one for one in self.units if one.hsa == unit)
        role = next(role for role, steps in who.roles.items() if "kvittera" in steps.get("inskrivning", ()))
        actor = staff.actor(who, role)
        act = Message(
            self.new_id(),
            unit,
            "kvittens",
            notice.case,
            datetime.now(UTC),
            actor,
            role,
            Kvittens(message=notice.message),
        )
        self._kvittens[act.id] = (notice.case, unit)
        answer = await self._way_in.send(wire.write(act, self.system.format))
        if answer is not None:
            self._answered(Answer(act.id, answer.code, answer.case, answer.rule, answer.sequence))

    async def stop(self) -> None:
        """Drops what it still meant to do."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


class Parties:
    """All of them, from the directory: ``async with Parties(…) as parties``."""

    def __init__(self, directory: Directory, bootstrap: str, url: str, port: int, ledger: Ledger) -> None:
        self._directory, self._bootstrap, self._port = directory, bootstrap, port
        self._ledger = ledger
        self._stack = AsyncExitStack()
        self._producer = ways.producer(bootstrap)
        self._client = httpx.AsyncClient(timeout=30, trust_env=False)
        run = _letters(int(datetime.now(UTC).timestamp()))
        self.by_id: dict[str, Party] = {}
        for system in directory.systems:
            way: ways.WayIn
            if "http" in system.ways_in:
                way = ways.HttpIn(self._client, url, token(system.id))
            else:
                way = ways.KafkaTopicIn(self._producer, system.id)
            units = [directory.unit_by_hsa[hsa] for hsa in system.units]
            self.by_id[system.id] = Party(system, units, way, ledger, run)
        self.wards = [
            (party, unit) for party in self.by_id.values() for unit in party.units if unit.party == "slutenvard"
        ]

    async def __aenter__(self) -> Self:
        self._stack.push_async_callback(self._client.aclose)
        await self._producer.start()
        self._stack.push_async_callback(self._producer.stop)
        server = ways.WebhookServer(self._directory, self._port, self._received, self._ledger.faulty)
        await server.start()
        self._stack.push_async_callback(server.stop)
        readers = [
            ways.TopicReader(self._bootstrap, system.id, self._received)
            for system in self._directory.systems
            if not isinstance(system.out, WebhookOut)
        ]
        for reader in readers:
            self._stack.push_async_callback(reader.stop)
        await asyncio.gather(*(reader.start() for reader in readers))
        return self

    async def __aexit__(self, *_: object) -> None:
        for party in self.by_id.values():
            await party.stop()
        await self._stack.aclose()

    async def _received(self, system: str, attributes: Mapping[str, str], body: bytes) -> None:
        await self.by_id[system].received(attributes, body)


def _letters(number: int) -> str:
    """A number in letters, so that no id can look like a person's (D-10)."""
    text = ""
    while number:
        number, rest = divmod(number, 20)
        text = "bcdfghjklmnpqrstvwxz"[rest] + text
    return text
