"""What a fault on purpose can do between the kit and the vendor's system, and how it is judged. Imports the delivery and the
record.

The kit asks it at five places: ``rows`` before it delivers, ``due`` when it begins to wait for the vendor's system, ``send`` at each
call, ``answer`` at each call of the vendor's system, ``taken`` when a message has been taken. The base passes everything on; each
fault changes what it is about. One object is made for one scenario.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from hub.delivery.outgoing import AttemptOutcome, BeforeSending, Exit, Outgoing
from hub.intake.arrival import Arrival
from hub.kit.faults.table import FAULTS, FaultRow
from hub.kit.record import Finding, Outcome
from hub.store.outbox import OutboxRow
from schemas.directory import System
from schemas.messages import NAME_OF, Receipt

NOTHING_AFTER = "it sent nothing after a notice of this kind, and on a topic it shows by nothing else"


class KitClock:
    """The clock by which the kit signs; a fault sets it wrong for a call."""

    def __init__(self) -> None:
        self.off_s = 0

    def now(self) -> datetime:
        """The time, as wrong as it is set."""
        return datetime.now(UTC) + timedelta(seconds=self.off_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What faults are made with."""

    false_secret: str
    """With which the vendor's system knows nothing to be signed."""
    next_secret: str
    """The secret that follows the present one; the vendor's system has been told it."""
    clock: KitClock = field(default_factory=KitClock)
    monotonic: Callable[[], float] = time.monotonic
    """Seconds."""
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


@dataclass(frozen=True, slots=True)
class Ask:
    """A call of the vendor's system, before the hub has seen it."""

    key: str
    """The message's id where it can be read, else a digest of the bytes."""
    at: float
    """Seconds, by ``Means.monotonic``."""


@dataclass(frozen=True, slots=True)
class Instead:
    """What the vendor's system gets instead of an answer of the hub's: a status, or with None a connection that breaks."""

    status: int | None
    retry_after_s: int | None = None


class KitFault:
    """One fault in one scenario."""

    name: str

    def __init__(self, means: Means) -> None:
        self.means = means
        self._told: list[Finding] = []

    @property
    def row(self) -> FaultRow:
        """What it is, in words."""
        return FAULTS[self.name]

    # --- what passes ---------------------------------------------------------------------------------------------------------

    def rows(self, rows: Sequence[OutboxRow]) -> list[OutboxRow]:
        """What is to be delivered of what the hub has for the vendor's system; never another order within a case."""
        return list(rows)

    def due(self) -> list[OutboxRow]:
        """What was kept back and must be delivered now, since the vendor's system is awaited."""
        return []

    async def send(self, send: Send, system: System, outgoing: Outgoing) -> AttemptOutcome:
        """Delivers one notice; the outcome is that of the call that counts."""
        return await send(system, outgoing)

    def answer(self, ask: Ask) -> Instead | None:  # noqa: ARG002 - for those that need it
        """What the vendor's system gets instead of the hub's answer, before the hub has seen its call."""
        return None

    def after(self, ask: Ask, status: int) -> Instead | None:  # noqa: ARG002 - for those that need it
        """What it gets instead of the hub's answer, after the hub has done as it asked."""
        return None

    def taken(self, arrival: Arrival, receipt: Receipt) -> Receipt:  # noqa: ARG002 - for those that need it
        """The receipt of a message of the vendor's system, as it is to be given."""
        return receipt

    # --- what is found -------------------------------------------------------------------------------------------------------

    def findings(self) -> Iterator[Finding]:
        """What was found, when the scenario is over."""
        yield from self._told

    def found(self, expected: str, outcome: Outcome, reason: str = "") -> Finding:
        """A finding of this fault, of the scenario as a whole."""
        return Finding(0, expected, outcome, reason, rules=self.row.rules, fault=self.name)

    def wrong(self, expected: str, reason: str) -> None:
        """Something is wrong; said once."""
        finding = self.found(expected, "wrong", reason)
        if finding not in self._told:
            self._told.append(finding)


Send = Callable[[System, Outgoing], Awaitable[AttemptOutcome]]
"""One call of the vendor's system."""


class FaultyExit:
    """An exit with a fault before it; receipts and announcements pass as they are."""

    together = 1

    def __init__(self, exit_: Exit, fault: KitFault) -> None:
        self._exit, self._fault = exit_, fault

    def breaker(self, system: System) -> tuple[int, float]:
        """As the exit's."""
        return self._exit.breaker(system)

    async def send(self, system: System, batch: Sequence[Outgoing], before_sending: BeforeSending) -> AttemptOutcome:
        """Sends with the fault."""

        async def one(to: System, outgoing: Outgoing) -> AttemptOutcome:
            return await self._exit.send(to, [outgoing], before_sending)

        (outgoing,) = batch
        if outgoing.encoded.attributes.get("type") not in NAME_OF:
            return await one(system, outgoing)
        return await self._fault.send(one, system, outgoing)

    async def close(self) -> None:
        """As the exit's."""
        await self._exit.close()
