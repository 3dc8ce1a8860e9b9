"""One connected system of the demo: sends messages, gets notices, acknowledges and adjusts when asked. Imports the wire, the ways and
the case files.

``ward`` and ``receivers`` decide what the system does besides.
"""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
import random
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Protocol

from hub.sandbox import clock, staff, ways, wire
from hub.sandbox.casefile import CALLS, TIME, CaseFile, kind_of
from hub.sandbox.ledger import Ledger
from hub.sandbox.wire import ReceivedNotice, SenderAnswer
from schemas.directory import System, Unit
from schemas.envelope import Message
from schemas.parts import Part
from schemas.shared import Kvittens
from schemas.sip import Plan
from schemas.svu import Justering

ADJUST = "svu.justering"
STEP = "stallningstagande"
_CROSSED_S = 30.0
"""Seconds within which the notice comes that explains why an answer was refused: the two had crossed."""


class Workplace(Protocol):
    """What a party does without being asked."""

    def noticed(self, file: CaseFile, notice: ReceivedNotice) -> None:
        """React to a notice, which the file has taken in."""
        ...

    async def prepare(self, file: CaseFile, unit: Unit) -> bool:
        """Do what must come before the unit adjusts; False when it must not adjust now."""
        ...


class SipWorkplace(Protocol):
    """What a party does in SIPs."""

    def noticed(self, file: CaseFile, notice: ReceivedNotice) -> None:
        """React to a notice, which the file has taken in."""
        ...

    def forget(self, case: str) -> None:
        """Forget a SIP that is settled."""
        ...


class Party:
    """One connected system. It knows its notices, its receipts and the directory, like a vendor's system."""

    def __init__(self, system: System, units: list[Unit], way_in: ways.WayIn, ledger: Ledger, run: str) -> None:
        self.system, self.units, self.ledger = system, units, ledger
        self.desk: Workplace | None = None
        self.sips: SipWorkplace | None = None
        self.pace_s = (0.1, 0.5)
        """(least, most) seconds that a person takes to read or write."""
        self.speaks = asyncio.Event()
        """Set while it sends; one that is silent on purpose sends later."""
        self.speaks.set()
        self._way_in, self._run = way_in, run
        self._random = random.Random(system.id)  # noqa: S311 - a demo
        self._numbers = itertools.count(1)
        self._files: dict[str, CaseFile] = {}
        self._awaited: dict[str, asyncio.Future[SenderAnswer]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def new_id(self) -> str:
        """A new message id, without personal data."""
        return f"{self.system.id}-{self._run}-{next(self._numbers)}"

    def file(self, case: str) -> CaseFile:
        """The system's file of a case."""
        return self._files.setdefault(case, CaseFile(case))

    def forget(self, case: str) -> None:
        """Forget a case whose stay is settled."""
        self._files.pop(case, None)
        if self.sips is not None:
            self.sips.forget(case)

    def stays(self) -> list[CaseFile]:
        """The files of stays of which the system knows the patient."""
        return [file for file in self._files.values() if not file.profile and file.patient and not file.over]

    async def until(self, file: CaseFile, holds: Callable[[], bool], patience_s: float) -> bool:
        """Wait for others until ``holds`` is true; False when they take too long. A person who plays may take any time."""
        patience = max(patience_s, 20 * self.pace_s[1])
        while not await file.until(holds, patience):
            if not self.ledger.with_me(file.case):
                return False
        return True

    # --- sending -------------------------------------------------------------------------------------------------

    async def pause(self, times: float = 1.0) -> None:
        """Wait as long as a person would, ``times`` as long."""
        await asyncio.sleep(self._random.uniform(*self.pace_s) * times)

    def message(self, unit: Unit, name: str, subject: str, data: Part, role: str | None = None) -> Message:
        """A message of a unit, by the person who acts for it in the role."""
        role = role or next(iter(unit.roles))
        return Message(self.new_id(), unit.hsa, name, subject, clock.now(), staff.actor(unit, role), role, data)

    async def act(self, file: CaseFile, unit: Unit, name: str, data: Part, role: str | None = None) -> SenderAnswer:
        """Send a message in a known case; return the final receipt."""
        return await self.push(self.message(unit, name, file.case, data, role))

    async def push(self, message: Message) -> SenderAnswer:
        """Send a message and wait for the final receipt, which may come by the way out, and later when the hub holds the message."""
        await self.speaks.wait()
        final: asyncio.Future[SenderAnswer] = asyncio.get_running_loop().create_future()
        self._awaited[message.id] = final
        answer = await self._way_in.send(wire.write(message, self.system.format))
        if answer is not None:
            self._answered(dataclasses.replace(answer, message=message.id))
        found = await final
        if found.code == "ok" and found.case is not None:
            elements = (edit.element for edit in message.data.edits) if isinstance(message.data, Plan) else ()
            self.file(found.case).did(message.unit, message.name, found.sequence, elements)
        self.ledger.acted(self.system.id, message, found)
        return found

    def _answered(self, answer: SenderAnswer) -> None:
        waiting = self._awaited.get(answer.message)
        if waiting is None or waiting.done():
            return
        if answer.code == "transient-error":  # held: the final receipt follows
            self.ledger.held(answer.message)
        else:
            del self._awaited[answer.message]
            waiting.set_result(answer)

    # --- receiving ----------------------------------------------------------------------------------------------

    async def received(self, attributes: Mapping[str, str], body: bytes) -> None:
        """Take in what the hub sent to this system."""
        if wire.announced(attributes):
            return
        try:
            found = wire.read(attributes, body)
        except (ValueError, KeyError, TypeError, IndexError) as error:
            self.ledger.faulty("unreadable", f"{self.system.id} could not read what it got: {type(error).__name__}")
            return
        if isinstance(found, SenderAnswer):
            self._answered(found)
        elif self.ledger.noticed(self.system.id, found):
            self._react(found)

    def _react(self, notice: ReceivedNotice) -> None:
        file = self.file(notice.case)
        file.note(notice)
        for unit in self.units:
            asked = notice.awaits.get(unit.hsa)
            if asked == "kvittens":
                self.later(file, self._acknowledge(file, notice, unit))
            elif asked == "justering":
                self.later(file, self._adjust(file, notice, unit))
            elif notice.name == "svu.utskrivning_angrad":
                self._take_up_again(file, unit)
        assert self.desk is not None
        assert self.sips is not None
        if file.profile or notice.name == "sip.initiativ":
            self.sips.noticed(file, notice)
        elif notice.name != "koppling":  # what happens in a linked SIP changes nothing of the stay
            self.desk.noticed(file, notice)

    def _take_up_again(self, file: CaseFile, unit: Unit) -> None:
        """After an undone discharge, do what was left when the patient was discharged."""
        asked = file.asked.get((unit.hsa, "justering"))
        if asked is not None and file.state.get(unit.hsa, {}).get(STEP) == "red":
            self.later(file, self._adjust(file, asked, unit))

    def later(self, file: CaseFile, work: Coroutine[Any, Any, None]) -> None:
        """Start a task in a case; the stay is not settled before the task is done."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        self.ledger.in_hand(file.case, 1)

        def done(task: asyncio.Task[None]) -> None:
            self._tasks.discard(task)
            self.ledger.in_hand(file.case, -1)
            if not task.cancelled() and (error := task.exception()) is not None:
                self.ledger.failed(f"{self.system.id}: {error!r}")

        task.add_done_callback(done)

    async def _acknowledge(self, file: CaseFile, notice: ReceivedNotice, unit: Unit) -> None:
        await self.pause()
        kind = kind_of(notice.name, "kvittens")
        if kind and file.asked[unit.hsa, kind] is not notice:
            self.ledger.replaced(file.case, unit.hsa, notice.message)
            return
        step = "kallelse" if notice.name in CALLS else "tid" if notice.name in TIME else "inskrivning"
        role = staff.role_for(unit, step, "kvittera")
        answer = await self.act(file, unit, "kvittens", Kvittens(message=notice.message), role)

        def crossed() -> bool:
            """Whether another message asks instead, or the SIP has ended, in which nothing is asked any more."""
            return bool(kind and file.asked[unit.hsa, kind] is not notice) or bool(file.acts["sip.avslut"])

        # A unit that has changed its own call is not asked by it any more, and is told nothing of its own act.
        changed_it = any((unit.hsa, name) in file.own for name in CALLS)
        if answer.rule == "C-2" and not changed_it and not await file.until(crossed, _CROSSED_S):
            self.ledger.crossed_by_nothing(self.system.id, unit.hsa, file.case)

    async def _adjust(self, file: CaseFile, notice: ReceivedNotice, unit: Unit) -> None:
        await self.pause(1.5)
        assert self.desk is not None
        if self._is_past(file, notice, unit) or not await self.desk.prepare(file, unit):
            return
        if not self._is_past(file, notice, unit):
            await self.act(file, unit, ADJUST, Justering(), staff.role_for(unit, STEP, "justera"))

    def _is_past(self, file: CaseFile, notice: ReceivedNotice, unit: Unit) -> bool:
        """Whether a notice's request is obsolete: a newer one has come, the unit has adjusted, or the case is closed."""
        done = file.own.get((unit.hsa, ADJUST), 0)
        stands = file.asked.get((unit.hsa, "justering")) is notice
        return file.over or not stands or done > notice.sequence

    async def stop(self) -> None:
        """Cancel all tasks."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
