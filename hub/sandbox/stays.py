"""One stay of the demo: its plan, what was seen on the wire, its outcome. Imports the wire, the stay plans and the store's live view."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field

from hub.sandbox.stay_plan import StayPlan
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
    hands: int = 0
    """The number of unfinished tasks of the parties."""


@dataclass(slots=True)
class Stay:
    """One admission and its stay."""

    number: int
    plan: StayPlan
    ward: str
    system: str
    message: str
    at: float
    """``time.monotonic()`` when it was sent."""
    answer: SenderAnswer | None = None
    view: CaseView | None = None
    manual: bool = False
    """The case was in the manual queue."""
    over: float | None = None
    """When the ward had finished the stay."""
    fate: str | None = None
    """The outcome; None while the stay goes on."""
    rule: str | None = None
    seconds: float = 0.0

    @property
    def reference(self) -> str:
        return f"vk-{self.number}"

    @property
    def case(self) -> str | None:
        return None if self.answer is None else self.answer.case


_TOLD_OF = {
    "svu.beraknad_utskrivning": "new date",
    "svu.utskrivningsklar_avbruten": "interrupted",
    "svu.utskrivning_angrad": "discharge undone",
    "deltagare": "unit added",
}


def happenings(stay: Stay, trail: Trail) -> list[str]:
    """The events of a stay, in a word or two each."""
    found = [text for name, text in _TOLD_OF.items() if trail.acts[name]]
    if stay.plan.consent == "menprovning" and trail.acts:
        found.append("menprövning")
    if trail.acts["svu.sip_stallning"] > 1:
        found.append("no to SIP, then yes")
    if trail.acts["svu.klarmarkering"] > 1:
        found.append("edited and adjusted anew")
    if stay.manual:
        found.append("somebody found by hand" if trail.acts["deltagare"] else "in the manual queue to the end")
    return found + [f"frist {name}" for name in sorted(trail.frister)]


_STRIKES_S = 1.5
"""Seconds to wait after the end of a stay, because the deadline timer may still send a message; it looks every second."""


def fate_of(stay: Stay, trail: Trail) -> str | None:
    """The outcome of a stay; None while a party has unfinished tasks, or a notice has not reached its receiver."""
    answer, view = stay.answer, stay.view
    if answer is None or answer.code == "transient-error" or stay.over is None:
        return None
    if answer.code == "fatal-error":
        stay.rule = answer.rule
        return "closed by register" if answer.rule in {"C-62", "C-63"} else "refused"
    if view is None or view.addressing is None or time.monotonic() - stay.over < _STRIKES_S:
        return None
    if trail.hands or "kvittens" in trail.pending.values():
        return None
    if any(state != "sent" or (system, number) not in trail.notices for system, number, state in view.notices):
        return None
    if view.status == "refused":
        stay.rule = "C-63" if view.addressing["outcome"] == "deceased" else "C-62"
        return "closed by register"
    if view.status != "discharged":
        return None
    if trail.news == "protected":
        stay.rule = "C-62"
        return "protected"
    return "consent refused" if stay.plan.consent == "refused" else "discharged"
