"""What the vendor's system is to send in a scenario: waits for it, and judges when it came and what is in it. Imports the notebook
and what is awaited.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from hub.intake.arrival import Arrival
from hub.kit.expects import AwaitedMessage
from hub.kit.notebook import Notebook
from hub.kit.suites import is_asked
from hub.kit.today import TodaysScenario
from hub.kit.vendor import Cast
from hub.scenarios.steps import Send
from schemas.messages import Receipt

ONLY_AWAITED: Final = "sends nothing that nobody awaits"
_ANSWERED: Final = ("message", "meeting")
"""Where an answer names what it answers."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the kit waits, in seconds."""

    within_s: float = 30.0
    """For a message of the vendor's system, before it is late."""
    late_s: float = 30.0
    """For a late one, before the scenario ends without it."""
    after_s: float = 1.0
    """After the last step, for what nobody awaits."""


@dataclass(slots=True)
class Came:
    """A message of the vendor's system that the rules accepted."""

    arrival: Arrival
    receipt: Receipt
    at: float
    """By the monotonic clock."""
    data: Any
    """As native JSON."""
    asked: bool
    """Whether a notice had asked for it: then it is right, whether a step awaits it or not."""


class EndsHere(Exception):  # noqa: N818 - named for what happens to the scenario
    """The scenario cannot go on."""


class Awaits:
    """The vendor's part of one scenario."""

    def __init__(
        self,
        written: TodaysScenario,
        cast: Cast,
        notebook: Notebook,
        patience: Patience,
        told: Callable[[AwaitedMessage], None],
    ) -> None:
        """``told`` hears what is awaited now."""
        self._cast, self._notebook, self._patience, self._told = cast, notebook, patience, told
        self._came: list[Came] = []
        self._news = asyncio.Event()
        units = cast.world.names
        self.last_step = len(written.steps)
        self.pending = {
            number: (one.step.send, units[one.step.from_])
            for number, one in enumerate(written.steps, 1)
            if isinstance(one.step, Send) and is_asked(one.step) and one.step.from_ in cast
        }
        """The steps for which something is still to come from the vendor's system, and what: (message, unit)."""
        self._last: dict[str | None, float] = {}
        """Case → when the message came that was awaited last in it."""

    @property
    def next_step(self) -> int:
        """The next step that asks something of the vendor's system, else the last."""
        return next(iter(self.pending), self.last_step)

    def take(self, came: Came) -> None:
        """A message that the rules have accepted."""
        self._came.append(came)
        self._news.set()

    async def message(self, wanted: AwaitedMessage) -> Came:
        """What came for a step, with the finding on it. Raises ``EndsHere`` when nothing did."""
        within, late = self._patience.within_s, self._patience.late_s
        expected = f"{wanted.sentence}, within {within:g} s"
        self._told(wanted)
        began = time.monotonic()
        came = await self._wait(wanted, began + within) or await self._wait(wanted, began + within + late)
        if came is None:
            self._notebook.wrong(wanted.step, expected, "it came neither in time nor late")
            raise EndsHere(f"{wanted.sentence}, and did not")
        self._came.remove(came)
        del self.pending[wanted.step]
        faults = wanted.lacks(came.data)
        if came.at > began + within:
            faults.append(f"it came later than within {within:g} s")
        before = self._last.get(came.receipt.case)
        if before is not None and came.at < before and not came.asked:  # what a notice asks may be answered at once
            faults.append("it came before the message that was awaited before it")
        self._last[came.receipt.case] = came.at
        if faults:
            self._notebook.wrong(wanted.step, expected, "; ".join(faults))
        else:
            self._notebook.ok(wanted.step, expected, f"{max(came.at - began, 0) * 1000:.0f} ms")
        return came

    async def _wait(self, wanted: AwaitedMessage, until: float) -> Came | None:
        """The message that is meant; where none holds all that it should, the first of its kind when no other is awaited
        later, or when the time is up.
        """
        while True:
            self._news.clear()
            same = [one for one in self._came if _is_of(one, wanted)]
            fits = next((one for one in same if not wanted.lacks(one.data)), None)
            left = until - time.monotonic()
            if fits is not None or (same and (left <= 0 or not self._again(wanted))):
                return fits or same[0]
            if left <= 0:
                return None
            try:
                async with asyncio.timeout(left):
                    await self._news.wait()
            except TimeoutError:
                continue

    def _again(self, wanted: AwaitedMessage) -> bool:
        """Whether a later step awaits a message of the same kind from the same unit."""
        return any(number > wanted.step and of == (wanted.name, wanted.unit) for number, of in self.pending.items())

    def meant(self, arrival: Arrival) -> int:
        """The step that a message of the vendor's system is for: the first of its kind that nothing has come for, else the next that
        asks something of it, else the last. So it does not depend on what the kit was doing at that moment.
        """
        message = arrival.message
        if message is not None:
            same = [n for n, of in self.pending.items() if of == (message.name, message.unit)]
            come = sum(_kind(one) == (message.name, message.unit) and one.arrival is not arrival for one in self._came)
            if same[come:]:
                return same[come]
        return self.next_step

    def nothing_is_left(self) -> None:
        """What came, and neither a step nor a notice awaited it, is told."""
        for name, times in Counter(_kind(came)[0] for came in self._came if not came.asked).items():
            often = "" if times == 1 else f" {times} times"
            why = f"{name} came{often}, and neither a notice nor a step of the scenario awaited it"
            self._notebook.wrong(self.last_step, ONLY_AWAITED, why)

    def leave_out(self, present: int, why: str) -> None:
        """The vendor's steps after the present one."""
        for number, (name, unit) in self.pending.items():
            if number > present:
                self._notebook.not_tried(number, f"{self._cast.world.short(unit)} is to send {name}", why)


def _kind(came: Came) -> tuple[str, str]:
    """(message, unit)."""
    assert came.arrival.message is not None
    return came.arrival.message.name, came.arrival.message.unit


def _is_of(came: Came, wanted: AwaitedMessage) -> bool:
    about = wanted.case is None or came.receipt.case == wanted.case
    same = _kind(came) == (wanted.name, wanted.unit)
    subjects = [(_person(wanted.data), _person(came.data))]
    if came.asked:  # an answer to another question is not a wrong answer to this one
        subjects += [(wanted.data.get(name), came.data.get(name)) for name in _ANSWERED]
    return about and same and all(None in pair or pair[0] == pair[1] for pair in subjects)


def _person(data: Mapping[str, Any]) -> str | None:
    patient = data.get("patient")
    return patient.get("personnummer") if isinstance(patient, Mapping) else None
