"""Faults of the signature: a secret that changes, a false signature, a clock that is wrong. Imports the fault."""

from __future__ import annotations

from collections.abc import Awaitable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from hub.delivery.outgoing import AttemptOutcome, Outgoing
from hub.intake.arrival import Arrival
from hub.kit.faults.fault import NOTHING_AFTER, KitFault, Means, Send
from hub.kit.faults.mark import marked
from hub.kit.faults.time_of_act import acted_at
from hub.kit.record import Finding
from hub.store.outbox import OutboxRow
from schemas.directory import System
from schemas.messages import Receipt
from schemas.ways_out import WebhookOut

_NO_WEBHOOK = "only a webhook is signed"
_REFUSALS = ("http:401", "http:403")
_WHY_401 = (
    "answer 401, which says that the signature does not hold: 400, 409 and 422 say that the notice itself is wrong,"
    " and the hub would give it up"
)
_TWICE = 2
"""Notices that both secrets sign."""
_NO_ACT = "does nothing on a call that it must refuse"
_PAUSE_S = 1.0
"""Between the false calls and the genuine one."""
_TOLERANCE_S = 300
"""Of Standard Webhooks."""


def _with_secrets(system: System, *secrets: str) -> System:
    assert isinstance(system.out, WebhookOut)
    return system.model_copy(update={"out": system.out.model_copy(update={"secrets": secrets})})


def _judged(outcome: AttemptOutcome) -> str | None:
    """What is wrong with the answer to a call that must be refused; None where nothing is."""
    if outcome.answer.startswith(_REFUSALS):
        return None
    if outcome.result == "ok":
        return "it acknowledged the call: verify webhook-signature and webhook-timestamp before the body is read, and answer 401"
    return f"it answered {outcome.answer.removeprefix('http:')}: {_WHY_401}"


class Rotated(KitFault):
    """Two signatures for the first notices, then that of the new secret alone."""

    name = "rotated"

    def __init__(self, means: Means) -> None:
        super().__init__(means)
        self._both: set[str] = set()
        self._new: set[str] = set()

    async def send(self, send: Send, system: System, outgoing: Outgoing) -> AttemptOutcome:
        """A notice that is tried again is signed as it was."""
        assert isinstance(system.out, WebhookOut)
        new = self.means.next_secret
        both = outgoing.id in self._both or (len(self._both) < _TWICE and outgoing.id not in self._new)
        secrets = (new, *system.out.secrets) if both else (new,)
        (self._both if both else self._new).add(outgoing.id)
        with marked(self.name):
            outcome = await send(_with_secrets(system, *secrets), outgoing)
        if outcome.result != "ok":
            expected = _TWO if both else _ONE
            answer = outcome.answer.removeprefix("http:")
            self.wrong(expected, f"it answered {answer}: try every signature with every secret that you have")
        return outcome

    def findings(self) -> Iterator[Finding]:
        """One of each half."""
        yield from super().findings()
        wrong = {finding.expected for finding in self._told}
        for expected, ids in ((_TWO, self._both), (_ONE, self._new)):
            if expected not in wrong:
                yield self.found(expected, "ok" if ids else "not_tried", "" if ids else "it was given no notice")


_TWO = "acknowledges notices with two signatures, of the new secret and of the old"
_ONE = "acknowledges notices that only the new secret signs"


class _BeforeTheGenuine(KitFault):
    """Makes false calls before the first genuine one of a case, and watches that nothing is done on them."""

    expectations: tuple[str, ...]

    def __init__(self, means: Means) -> None:
        super().__init__(means)
        self.tried: set[str] = set()
        """Expectations."""
        self._cases: set[str] = set()
        """Those of which a notice has been delivered."""
        self._acted: set[str] = set()
        """Cases in which the vendor's system has sent something."""
        self.why_not = dict.fromkeys(self.expectations, "it was given no notice")

    async def before(self, send: Send, system: System, outgoing: Outgoing) -> None:
        """The false calls."""
        raise NotImplementedError

    async def send(self, send: Send, system: System, outgoing: Outgoing) -> AttemptOutcome:
        """The false calls, then the genuine one."""
        if not isinstance(system.out, WebhookOut):
            self.why_not = dict.fromkeys(self.why_not, _NO_WEBHOOK)
        elif outgoing.key not in self._cases:
            self._cases.add(outgoing.key)
            its_own = outgoing.key in self._acted
            with marked(self.name):
                await self.before(send, system, outgoing)
            if its_own:
                self.why_not[_NO_ACT] = "it had opened the case itself, and may act in it at any time"
            else:
                await self.means.sleep(_PAUSE_S)
                self.tried.add(_NO_ACT)
                if outgoing.key in self._acted:
                    self.wrong(_NO_ACT, "it acted in the case before the genuine notice came")
        return await send(system, outgoing)

    async def refused(self, expected: str, call: Awaitable[AttemptOutcome]) -> None:
        """Makes a false call and judges the answer."""
        outcome = await call
        self.tried.add(expected)
        reason = _judged(outcome)
        if reason is not None:
            self.wrong(expected, reason)

    def taken(self, arrival: Arrival, receipt: Receipt) -> Receipt:
        """Notes in which case the vendor's system has acted."""
        if receipt.case is not None:
            self._acted.add(receipt.case)
        return super().taken(arrival, receipt)

    def findings(self) -> Iterator[Finding]:
        """One for each expectation."""
        yield from super().findings()
        wrong = {finding.expected for finding in self._told}
        for expected, why_not in self.why_not.items():
            if expected not in wrong:
                tried = expected in self.tried
                yield self.found(expected, "ok" if tried else "not_tried", "" if tried else why_not)


class Forged(_BeforeTheGenuine):
    """The notice with a signature that somebody else made."""

    name = "forged"
    expectations = ("refuses a call with a false signature", _NO_ACT)

    async def before(self, send: Send, system: System, outgoing: Outgoing) -> None:
        """One call."""
        await self.refused(self.expectations[0], send(_with_secrets(system, self.means.false_secret), outgoing))


class Clock(_BeforeTheGenuine):
    """The notice signed six minutes ago, and in six minutes; then notices of acts that are five minutes in the future."""

    name = "clock"
    expectations = (
        "refuses a call whose webhook-timestamp is six minutes old",
        "refuses a call whose webhook-timestamp is six minutes ahead",
        _NO_ACT,
        "takes a notice of an act that is five minutes in the future",
    )

    def __init__(self, means: Means) -> None:
        super().__init__(means)
        self._on_topic = False
        """Whether a notice has been written to a topic."""

    def rows(self, rows: Sequence[OutboxRow]) -> list[OutboxRow]:
        """The sender's clock is fast."""
        return [acted_at(row, datetime.now(UTC) + timedelta(seconds=_TOLERANCE_S)) for row in rows]

    async def send(self, send: Send, system: System, outgoing: Outgoing) -> AttemptOutcome:
        """Judges the genuine call too, for the time in it."""
        outcome = await super().send(send, system, outgoing)
        if not isinstance(system.out, WebhookOut):
            self.why_not[self.expectations[-1]] = NOTHING_AFTER
            self._on_topic = True
            return outcome
        self.tried.add(self.expectations[-1])
        if outcome.result != "ok":
            answer = outcome.answer.removeprefix("http:")
            self.wrong(self.expectations[-1], f"it answered {answer}: the sender's clock may be a little fast")
        return outcome

    def taken(self, arrival: Arrival, receipt: Receipt) -> Receipt:
        """What comes after a notice on a topic shows that it goes on."""
        if self._on_topic and receipt.code == "ok":
            self.tried.add(self.expectations[-1])
        return super().taken(arrival, receipt)

    async def before(self, send: Send, system: System, outgoing: Outgoing) -> None:
        """Two calls."""
        for expected, off_s in zip(self.expectations, (-_TOLERANCE_S - 60, _TOLERANCE_S + 60), strict=False):
            self.means.clock.off_s = off_s
            try:
                await self.refused(expected, send(system, outgoing))
            finally:
                self.means.clock.off_s = 0
