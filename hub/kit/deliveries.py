"""Delivers to the vendor's system what the hub has for it, by the hub's own encoders and exit. Imports the delivery and the
notebook.

One after the other in the order of the hub, each tried again while the answer says that it may help, as the hub does (D-6)
with shorter waits.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Self

from hub.delivery.outgoing import AttemptOutcome, Exit, encode
from hub.kit.faults.fault import KitFault
from hub.kit.notebook import Notebook
from hub.store.outbox import OutboxRow
from schemas.directory import System
from schemas.messages import HUB_SOURCE, Announcement, BilingualText, as_json
from schemas.ways_out import WebhookOut

_WAITS = ("http:408", "http:425", "http:429", "http:503")
"""Answers with which a system says that it wants the notice later: nothing is wrong with them."""
_FORGED = "refuses a call that is not signed with its secret"
_HOW_TO_VERIFY = (
    "it acknowledged a call with a false signature: verify webhook-signature (Standard Webhooks) over the bytes of the body"
    " before it is read, and answer 401"
)


class Deliveries:
    """The deliveries of one scenario."""

    def __init__(
        self, exit_: Exit, system: System, notebook: Notebook, first_id: int, fault: KitFault | None = None
    ) -> None:
        """``first_id``: of the rows that it sends, so that no two scenarios or runs give one id to two calls; ``fault``: made on
        purpose, None for none.
        """
        self._exit, self._system, self._notebook, self._fault = exit_, system, notebook, fault
        self._steps: dict[int, int] = {}
        """Row → the step that led to it."""
        self._ids = itertools.count(first_id)
        self._waiting: asyncio.Queue[tuple[int, OutboxRow]] = asyncio.Queue()
        self._running: asyncio.Task[None] | None = None
        self.given_up: str | None = None
        """What the vendor's system has not acknowledged; everything after it waits behind it."""

    def offer(self, step: int, rows: Sequence[OutboxRow]) -> None:
        """What a step led to; rows of other systems are passed over."""
        own = [replace(row, id=next(self._ids)) for row in rows if row.system == self._system.id]
        self._steps |= {row.id: step for row in own}
        self._put(own if self._fault is None else self._fault.rows(own))

    def release(self) -> None:
        """What a fault has kept back is delivered now, since the vendor's system is awaited."""
        if self._fault is not None:
            self._put(self._fault.due())

    def _put(self, rows: Sequence[OutboxRow]) -> None:
        for row in rows:
            self._waiting.put_nowait((self._steps[row.id], row))

    async def __aenter__(self) -> Self:
        """Begins to deliver."""
        self._running = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *_: object) -> None:
        """Delivers no more."""
        assert self._running is not None
        self._running.cancel()
        await asyncio.wait({self._running})

    async def settled(self) -> None:
        """Until everything offered has been acknowledged or given up."""
        assert self._running is not None
        joined = asyncio.create_task(self._waiting.join())
        await asyncio.wait({joined, self._running}, return_when=asyncio.FIRST_COMPLETED)
        if self._running.done():
            joined.cancel()
            self._running.result()  # an error of ours

    async def _run(self) -> None:
        while True:
            step, row = await self._waiting.get()
            try:
                await self._deliver(step, row)
            finally:
                self._waiting.task_done()

    async def _deliver(self, step: int, row: OutboxRow) -> None:
        limit_s = self._system.delivery.timeout_s
        what = "the receipt" if row.kind == "receipt" else row.message.name if row.message else row.kind
        called = isinstance(self._system.out, WebhookOut)
        expected = f"acknowledges {what} within {limit_s:g} s" if called else f"its broker takes {what}"
        if self.given_up is not None:
            self._notebook.not_tried(step, expected, f"it waits behind {self.given_up}, which was not acknowledged")
            return
        outgoing = encode(row, row.message, self._system)
        faults: list[str] = []
        for wait_s in (*self._system.delivery.schedule_s, None):
            began = time.monotonic()
            came = await self._exit.send(self._system, [outgoing], _at_once)
            measured = f"{(time.monotonic() - began) * 1000:.0f} ms"
            if came.result == "ok":
                if faults:
                    self._notebook.wrong(step, expected, f"{' and '.join(faults)} before it acknowledged")
                elif called:  # of what it reads from a topic nobody hears when it has done so
                    self._notebook.ok(step, expected, measured)
                return
            if not came.answer.startswith(_WAITS) and (fault := _said(came, limit_s)) not in faults:
                faults.append(fault)
            if came.result != "retry" or wait_s is None:
                break
            await asyncio.sleep(max(wait_s, came.retry_after_s or 0))
        self.given_up = what
        self._notebook.wrong(
            step, expected, f"{' and '.join(faults) or 'it asked for it later'}, and never acknowledged"
        )


async def forge(exit_: Exit, system: System, secret: str, notebook: Notebook) -> None:
    """Sends an announcement that somebody else might have signed, with ``secret``: a good system refuses it (delivery.md §3)."""
    assert isinstance(system.out, WebhookOut)
    others = system.model_copy(update={"out": system.out.model_copy(update={"secrets": (secret,)})})
    text = BilingualText(sv="Detta meddelande är inte hubbens.", en="This message is not the hub's.")
    now = datetime.now(UTC)
    row = OutboxRow(
        0, "announcement", system.id, None, None, HUB_SOURCE, "forged", as_json(Announcement(text=text)), None, now, now
    )
    came = await exit_.send(others, [encode(row, None, others)], _at_once)
    if came.result == "ok":
        notebook.wrong(0, _FORGED, _HOW_TO_VERIFY)
    elif came.result == "retry":
        told = _said(came, system.delivery.timeout_s)
        notebook.wrong(0, _FORGED, f"{told}, where 401 says that the signature is false")
    else:
        notebook.ok(0, _FORGED)


async def _at_once() -> None:
    """The kit has no fence to ask before it sends."""


def _said(came: AttemptOutcome, limit_s: float) -> str:
    """What a system did that did not acknowledge."""
    way, _, what = came.answer.partition(":")
    if came.answer == "timeout":
        return f"it did not answer within {limit_s:g} s"
    if way == "http" and what[:3].isdecimal():
        return f"it answered {what}"
    return f"it could not be called ({what or way})"
