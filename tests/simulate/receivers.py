"""The receiving systems: what they get is the history, and how they answer is drawn. In place of the hub's exits."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Sequence
from random import Random
from typing import Any

from pydantic_core import from_json

from hub.delivery.outgoing import AttemptOutcome, BeforeSending, Outgoing
from schemas.directory import System
from schemas.messages import RECEIPT_TYPE, type_of
from tests.chaos.history import History, Notice, Receipt
from tests.simulate.loop import Loop


class Receivers:
    """All receivers. Until ``heal`` each call may fail in every way; afterwards every one is acknowledged."""

    def __init__(self, loop: Loop, draw: Random, history: History) -> None:
        self.loop = loop
        self.draw = draw
        self.history = history
        self.well = False
        self.trouble = draw.choice((0.0, 0.1, 0.3, 0.6))
        self.refuses = draw.choice((0.0, 0.0, 0.1))
        """The share of notices that the receiver refuses for good, as long as there is trouble."""
        self.counted: dict[str, int] = {}

    def arrive(self, system: str, way: str, batch: Sequence[Outgoing]) -> AttemptOutcome:
        """Bytes arrive: what is taken is in the history; what is answered may say otherwise."""
        if self.well:
            self._take(system, way, batch)
            return AttemptOutcome("ok", "200")
        if self.refuses and any(self._is_refused(one) for one in batch):
            self._count("refused")
            return AttemptOutcome("dead", "422")
        if self.draw.random() >= self.trouble:
            self._take(system, way, batch)
            return AttemptOutcome("ok", "200")
        kind = self.draw.choice(("no answer", "answer lost", "late", "busy", "receiver", "gone", "part"))
        self._count(kind)
        if kind == "answer lost":
            self._take(system, way, batch)
        elif kind == "part":
            self._take(system, way, batch[: len(batch) // 2])
        elif kind == "late":
            self.loop.call_later(
                self.draw.random() * 3, self._take, system, way, batch, context=self.loop.outside.context
            )
        elif kind == "receiver":
            return AttemptOutcome("receiver", "404")
        elif kind == "gone" and self.draw.random() < 0.2:
            return AttemptOutcome("gone", "410")
        elif kind == "busy":
            return AttemptOutcome("retry", "429", retry_after_s=0.7)
        return AttemptOutcome("retry", kind)

    def _is_refused(self, one: Outgoing) -> bool:
        return hashlib.sha256(one.id.encode() + one.key.encode()).digest()[0] / 256 < self.refuses

    def _count(self, kind: str) -> None:
        self.counted[f"receiver: {kind}"] = self.counted.get(f"receiver: {kind}", 0) + 1

    def _take(self, system: str, way: str, batch: Sequence[Outgoing]) -> None:
        for one in batch:
            attributes, body = one.encoded.attributes, from_json(one.encoded.body)
            if attributes["type"] == RECEIPT_TYPE:
                self.history.receipts.append(
                    Receipt(
                        system,
                        body["message"],
                        body["code"],
                        body.get("case"),
                        body.get("sequence"),
                        body.get("rule"),
                        body.get("repeat", False),
                    )
                )
                continue
            said = {name: value for name, value in attributes.items() if name != "replay"}
            frist = attributes["type"] == type_of("frist")
            self.history.notices.append(
                Notice(
                    system=system,
                    way=way,
                    id=one.id,
                    source=attributes["source"],
                    message=attributes["id"],
                    case=attributes["case"],
                    sequence=int(attributes["sequence"]),
                    content=hashlib.sha256(json.dumps(said, sort_keys=True).encode() + one.encoded.body).hexdigest()[
                        :16
                    ],
                    skipped=tuple(json.loads(attributes["skipped"])),
                    replay="replay" in attributes,
                    deadline=f"{body['name']} {body.get('step')} {body.get('of')} {body['due']}" if frist else None,
                )
            )


class SimulatedExit:
    """A way out; ``together`` as its real one has it."""

    def __init__(self, way: str, together: int, receivers: Receivers) -> None:
        self.way = way
        self.together = together
        self._receivers = receivers

    def breaker(self, system: System) -> tuple[int, float]:
        return system.delivery.breaker_failures, system.delivery.breaker_open_s

    async def send(self, system: System, batch: Sequence[Outgoing], before_sending: BeforeSending) -> AttemptOutcome:
        await self._takes_time()
        await before_sending()
        outcome = self._receivers.arrive(system.id, self.way, batch)
        await self._takes_time()
        return outcome

    async def _takes_time(self) -> None:
        drawn = self._receivers.draw.random()
        await asyncio.sleep(0 if drawn < 0.4 else 0.01 * drawn if drawn < 0.95 else 1.5 * self._receivers.draw.random())

    async def close(self) -> None:
        return


def exits(receivers: Receivers) -> dict[str, Any]:
    return {"kafka": SimulatedExit("kafka", 200, receivers), "webhook": SimulatedExit("webhook", 1, receivers)}
