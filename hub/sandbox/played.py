"""What the demo plays, a stay or a SIP: what was seen of its case on the wire, and its outcome. Imports the wire and the store's live
view.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Container
from dataclasses import dataclass, field

from hub.sandbox.wire import SenderAnswer
from hub.store.live_view import CaseView

AT_FAULT = (
    "doubled", "out-of-order", "gaps", "unreadable", "bad-signature", "failed", "refused-unexpectedly",
)  # fmt: skip
"""Counts that must be 0."""

EXPECTED = {
    ("svu.inskrivning", "V-3"): "told why, though consent is refused",
    ("svu.inskrivning", "C-22"): "menprovning by one without licence",
    ("svu.inskrivning", "C-62"): "protected identity",
    ("svu.inskrivning", "C-63"): "deceased",
    ("svu.utskrivning", "V-16"): "nobody is kallelseansvarig: asked to confirm",
    ("kvittens", "C-2"): "crossed a newer one",
    ("svu.fast_vardkontakt", "V-7"): "crossed another centre's kallelseansvarig",
    ("svu.justering", "V-15"): "crossed another change",
    ("svu.justering", "V-13"): "crossed a no",
    ("svu.justering", "V-12"): "crossed the ward's edit",
    ("svu.stallningstagande", "V-12"): "crossed the ward's edit",
    ("svu.stallningstagande", "V-15"): "crossed the last justering",
    ("svu.sip_stallning", "V-12"): "crossed the ward's edit",
    ("svu.sip_stallning", "V-13"): "crossed another change",
    ("sip.plan", "E-3"): "two wrote the same field at once: the later read what stands, and sent again",
    ("sip.kallelse", "S-5"): "the machine was slow: the meeting had begun when the call arrived",
    ("sip.kallelse_andrad", "S-5"): "the machine was slow: the meeting had begun when the change arrived",
    ("sip.kallelse", "S-4"): "a call while consent is refused",
    ("sip.kallelse", "P-15"): "a call while the transfer of information is refused",
    ("sip.plan", "S-4"): "a plan while consent is refused",
    ("sip.initiativ", "P-1"): "sent while consent is refused",
    ("sip.initiativ", "S-1"): "the person has an open SIP",
    ("*", "V-16"): "crossed the discharge",
    ("*", "C-62"): "crossed the register's news",
    ("*", "C-63"): "crossed the register's news",
}
"""(message, rule) → why the demo expects such a refusal; «crossed»: two messages were sent at the same time."""


@dataclass(slots=True)
class Trail:
    """What all systems saw of one case on the wire."""

    notices: set[tuple[str, int]] = field(default_factory=set)
    numbers: dict[str, set[int]] = field(default_factory=dict)
    """system → the sequences that it knows: of its notices, of skipped ones, of its own acts."""
    last: dict[str, int] = field(default_factory=dict)
    latest: int = 0
    colours: dict[str, dict[str, str]] = field(default_factory=dict)
    """unit → step → colour, from the latest notice."""
    pending: dict[tuple[str, str], str] = field(default_factory=dict)
    """(unit, message) → the act that is awaited of the unit."""
    acts: Counter[str] = field(default_factory=Counter)
    frister: set[str] = field(default_factory=set)
    news: str | None = None
    told: set[str] = field(default_factory=set)
    """The names of the notices."""
    shown: set[str] = field(default_factory=set)
    """What befell a SIP, in the words of the table of acts."""
    latest_act: str | None = None
    """The name of the latest accepted message."""
    waits: dict[str, str] = field(default_factory=dict)
    """unit → the message that it sends next in a SIP, and what it waits for."""
    hands: int = 0
    """The number of unfinished tasks of the parties."""


_STRIKES_S = 1.5
"""Seconds to wait after the end, because the deadline timer may still send a message; it looks every second."""


@dataclass(slots=True)
class Played(ABC):
    """One case of the demo, from the message that opens it."""

    number: int
    unit: str
    """The unit that opens the case."""
    system: str
    message: str
    at: float
    """``time.monotonic()`` when it was sent."""
    answer: SenderAnswer | None = None
    view: CaseView | None = None
    over: float | None = None
    """When the unit that opened the case had finished."""
    fate: str | None = None
    """The outcome; None while the case goes on."""
    rule: str | None = None
    seconds: float = 0.0

    @property
    @abstractmethod
    def reference(self) -> str:
        """The name of the case in the demo, its sender's reference."""

    @property
    def case(self) -> str | None:
        return None if self.answer is None else self.answer.case

    @property
    @abstractmethod
    def is_begun(self) -> bool:
        """Whether it is known who takes part."""

    @abstractmethod
    def happened(self, trail: Trail) -> list[str]:
        """The events, in a word or two each."""

    def found_fate(self, trail: Trail, mine: Container[str]) -> str | None:
        """The outcome; None while a party has unfinished tasks, or a notice has not reached its receiver. What reached the systems of
        ``mine`` is not seen here: it was sent.
        """
        answer = self.answer
        if answer is None or answer.code == "transient-error" or self.over is None:
            return None
        if answer.code == "fatal-error":
            self.rule = answer.rule
            return self.fate_of_refused()
        if not self.is_begun or time.monotonic() - self.over < _STRIKES_S or trail.hands:
            return None
        assert self.view is not None
        for system, number, state in self.view.notices:
            if state != "sent" or ((system, number) not in trail.notices and system not in mine):
                return None
        return self.fate_of_ended(self.view, trail)

    def closed_by_register(self, view: CaseView) -> str:
        """The outcome of a case that the hub closed by what the population register says."""
        assert view.addressing is not None
        self.rule = "C-63" if view.addressing["outcome"] == "deceased" else "C-62"
        return "closed by register"

    @abstractmethod
    def fate_of_refused(self) -> str:
        """The outcome when the message that opens the case was refused by ``rule``."""

    @abstractmethod
    def fate_of_ended(self, view: CaseView, trail: Trail) -> str | None:
        """The outcome when all that was told has arrived; None while the case goes on."""
