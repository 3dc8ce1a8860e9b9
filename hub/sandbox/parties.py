"""The demo's parties, made from the directory: record systems of wards, health centres and municipalities. Imports the ways, the wards
and the receivers.

Each party knows only what a vendor's system knows.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from typing import Self

import httpx

from hub.sandbox import clock, ways
from hub.sandbox.broken import How
from hub.sandbox.ledger import Ledger
from hub.sandbox.mine import Mine, token
from hub.sandbox.party import Party
from hub.sandbox.receivers import Centre, Municipality
from hub.sandbox.sip_desk import SipDesk
from hub.sandbox.ward import Ward
from schemas.directory import Directory
from schemas.ways_out import WebhookOut

_PACE_S = {"slutenvard": 0.45, "oppenvard": 0.5, "kommun": 0.65}
"""Party → median seconds until its people react, at pace 1."""


class Parties:
    """All parties but those that a person plays: ``async with Parties(…) as parties``. ``pace``: at 2 everything takes twice as long."""

    def __init__(
        self,
        directory: Directory,
        bootstrap: str,
        url: str,
        port: int,
        ledger: Ledger,
        pace: float,
        mine: Mine,
        mend: Callable[[str], Awaitable[str | None]],
    ) -> None:
        """``mend``: what is done, and said, when the staff of a broken system mend it; None where it is not broken."""
        self._bootstrap, self._port = bootstrap, port
        self._ledger = ledger
        self._stack = AsyncExitStack()
        self._producer = ways.producer(bootstrap)
        self._client = httpx.AsyncClient(
            timeout=30, trust_env=False, limits=httpx.Limits(max_connections=64, max_keepalive_connections=64)
        )
        run = _letters(int(clock.now().timestamp()))
        self.by_id: dict[str, Party] = {}
        self.wards: list[Ward] = []
        self.sips: dict[str, SipDesk] = {}
        """System → its desk for SIPs."""
        self._mend = mend
        self._by_themselves: dict[str, ways.WebhookServer] = {}
        """System → its receiver, of those that are broken on purpose."""
        self._played = [system for system in directory.systems if system.id not in mine]
        for system in self._played:
            way: ways.WayIn
            if system.ways_in[0] == "http":
                way = ways.HttpIn(self._client, url, token(system.id))
            else:
                way = ways.KafkaTopicIn(self._producer, system.id)
            units = [directory.unit_by_hsa[hsa] for hsa in system.units]
            party = self.by_id[system.id] = Party(system, units, way, ledger, run)
            party.sips = self.sips[system.id] = SipDesk(party, directory)
            kind = units[0].party
            # Each system has its own pace, the same in every run.
            middle = _PACE_S[kind] * random.Random(system.id).uniform(0.7, 1.3) * pace  # noqa: S311 - a demo
            party.pace_s = (middle * 0.4, middle * 1.6)
            if kind == "slutenvard":
                wards = [Ward(party, unit, directory, pace) for unit in units]
                self.wards += wards
                party.desk = wards[0]
            else:
                party.desk = (Centre if kind == "oppenvard" else Municipality)(party, directory)

    async def __aenter__(self) -> Self:
        self._stack.push_async_callback(self._client.aclose)
        await self._producer.start()
        self._stack.push_async_callback(self._producer.stop)
        broken = self._ledger.broken
        together = [system for system in self._played if system.id not in broken.ports]
        servers = [ways.WebhookServer(together, self._port, self._received, self._ledger.faulty, self._mend)]
        for system in self._played:
            if system.id in broken.ports:
                port = broken.ports[system.id]
                server = ways.WebhookServer([system], port, self._received, self._ledger.faulty)
                self._by_themselves[system.id] = server
                servers.append(server)
        for server in servers:
            await server.start()
            self._stack.push_async_callback(server.stop)
        readers = [
            ways.TopicReader(self._bootstrap, system.id, self._received)
            for system in self._played
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

    async def breaks(self, system: str, how: How) -> None:
        """Break the receiver of a system, or, of a silent one, stop what it sends."""
        if how == "silent":
            self.by_id[system].speaks.clear()
        else:
            await self._by_themselves[system].breaks(how)

    async def mended(self, system: str) -> None:
        """Mend it."""
        self.by_id[system].speaks.set()
        if system in self._by_themselves:
            await self._by_themselves[system].is_mended()

    def of(self, unit: str) -> Party | None:
        """The party that serves a unit; None when a person plays it."""
        return next((party for party in self.by_id.values() if any(one.hsa == unit for one in party.units)), None)

    def forget(self, case: str) -> None:
        """Forget a case whose stay is settled."""
        for party in self.by_id.values():
            party.forget(case)

    async def _received(self, system: str, attributes: Mapping[str, str], body: bytes) -> None:
        await self.by_id[system].received(attributes, body)


def _letters(number: int) -> str:
    """A number written in letters, so that no id looks like a person's number (D-10)."""
    text = ""
    while number:
        number, rest = divmod(number, 20)
        text = "bcdfghjklmnpqrstvwxz"[rest] + text
    return text
