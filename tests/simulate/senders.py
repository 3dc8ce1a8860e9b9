"""The sending systems: each sends its lines in order, by HTTP or to its topic, and sends again what was not acknowledged."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from random import Random

from schemas.directory import System
from tests.chaos.history import History, Receipt, Sent
from tests.simulate.hubs import HubProcess
from tests.simulate.topics import Topic
from tests.simulate.world import Line

_ANSWER_S = 4.0
"""Seconds that a sender waits for an answer before it sends again."""


class Sender:
    def __init__(
        self,
        system: System,
        lines: list[Line],
        topic: Topic | None,
        draw: Random,
        history: History,
        hubs: Callable[[], list[HubProcess]],
        repeats: float,
    ) -> None:
        """``topic``: where it sends to; None: by HTTP. ``hubs``: the processes that there are now. ``repeats``: the share of messages
        that are sent twice.
        """
        self._system = system
        self._lines = lines
        self._topic = topic
        self._draw = draw
        self._history = history
        self._hubs = hubs
        self._repeats = repeats

    async def run(self) -> None:
        """Returns when everything is acknowledged."""
        at_once = [] if self._topic is not None else [line for line in self._lines if self._draw.random() < 0.2]
        one_by_one = [line for line in self._lines if line not in at_once]
        sending = [asyncio.create_task(self._send(line)) for line in at_once]
        for line in one_by_one:
            await self._send(line)
            if self._draw.random() < 0.5:
                await asyncio.sleep(self._draw.random())
        for task in sending:
            await task

    async def _send(self, line: Line) -> None:
        subject = (
            line.ref if line.name == "svu.inskrivning" or line.system == "skane-sjukhus" else await self._case(line.ref)
        )
        sent = Sent(
            line.system, line.source, line.id, "http" if self._topic is None else "kafka", subject, tells=line.tells
        )
        self._history.sent.append(sent)
        raw = line.raw(subject)
        if self._topic is not None:
            self._topic.records += [raw] * (
                2 if self._draw.random() < self._repeats else 1
            )  # a producer may send twice
            sent.acknowledged = True
            return
        twice = [asyncio.create_task(self._post(sent, raw))] if self._draw.random() < self._repeats else []
        while not sent.acknowledged:
            await self._post(sent, raw)
        for task in twice:
            await task
        if self._draw.random() < self._repeats:
            await self._post(sent, raw)  # its own note of the answer was lost

    async def _case(self, ref: str) -> str:
        """The case of a stay, when its system has been told of it."""
        message = f"adm-{ref[-1]}"
        while True:
            for notice in self._history.notices:
                if notice.system == self._system.id and notice.message == message:
                    return notice.case
            await asyncio.sleep(0.2)

    async def _post(self, sent: Sent, raw: bytes) -> None:
        hub = self._draw.choice(self._hubs())
        answer = hub.post(self._system, raw, f"request-{sent.id}")
        done, _ = await asyncio.wait({answer}, timeout=_ANSWER_S)
        receipt = answer.result() if done else None
        if receipt is None:
            await asyncio.sleep(0.3 * self._draw.random())
            return
        sent.acknowledged = True
        self._history.receipts.append(
            Receipt(
                self._system.id,
                receipt.message,
                receipt.code,
                receipt.case,
                receipt.sequence,
                receipt.rule,
                receipt.repeat,
            )
        )
