"""One thing that happened, and on whose lane. Imports the error catalogue only."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from hub.catalogue import ids

HUB: Final = "hub"
OPERATIONS: Final = "operations"
LAW: Final = "law"
REGISTERS: Final = "registers"


def of_system(id_: str) -> str:
    """The lane of a system, or of a unit that none serves."""
    return HUB if id_ == "hub" else id_ if id_.startswith("unit:") else f"system:{id_}"


KINDS: Final[dict[str, str]] = {
    "by-hand": "operations did something, who and why",
    "acted": "when the sender says that it acted",
    "received": "the hub had it, and had committed it before it answered",
    "decided": "what the rules said: accepted by which row, or refused by which rule",
    "held": "it cannot be handled now, and why",
    "asked": "a register is asked",
    "answered": "a register has answered: with what outcome",
    "addressed": "whom the case is addressed to: the outcome of the registers' answers",
    "verified": "what HSA said of staff",
    "register-news": "what folkbokföring says now of the person",
    "queued": "a notice is to be told to a receiver",
    "written": "a receipt, an announcement or the hub's own work is to be done",
    "tried": "an attempt that failed, with its answer",
    "sent": "the receiver's side has it: the transport's acknowledgement",
    "fetched": "the receiver has fetched it",
    "acknowledged": "the receiving system has taken it in: the application's acknowledgement",
    "read": "somebody has read it",
    "kvittens": "a unit has acknowledged it by its own act",
    "waits": "it is not sent yet, and why",
    "dead": "it is tried no more",
    "skipped": "it was given up by hand",
    "due": "a deadline that is open, at its time",
    "missed": "a deadline passed, and that was told",
    "met": "what was due was done in time",
    "lapsed": "a deadline holds no more: it was moved, or the case has ended",
    "gallrad": "its content was removed by the region's rule",
}
"""Every kind of entry, and what it says; of the same moment they stand in this order: the act before what it led to."""

GOOD: Final = frozenset(
    {"sent", "fetched", "acknowledged", "read", "kvittens", "met", "answered", "addressed", "verified"}
)
BAD: Final = frozenset({"dead", "missed", "skipped"})
_SLOW: Final = frozenset({"held", "tried", "waits", "due"})
_NUMBERS: Final = {kind: number for number, kind in enumerate(KINDS)}
_FIRST: Final = datetime.min.replace(tzinfo=UTC)
Place = tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEntry:
    """One thing that happened, without content of messages and without anything of the person."""

    at: datetime
    lane: str
    kind: str
    sv: str
    en: str
    message: str | None = None
    source: str | None = None
    type: str | None = None
    case: str | None = None
    sequence: int | None = None
    system: str | None = None
    units: tuple[str, ...] = ()
    row: int | None = None
    """Of the outbox."""
    outcome: str | None = None
    """accepted · refused · held; of a register what it answered; of staff what HSA said; late: sent long
    after it was written; of the hub's own message to a case: ok, or the rule that refused or holds it."""
    rule: str | None = None
    """By which it was refused."""
    rules: tuple[str, ...] = ()
    """Which the row that accepted it obeys."""
    element: str | None = None
    answer: str | None = None
    """The code of the receiver's answer."""
    who: str | None = None
    reason: str | None = None
    deadline: str | None = None
    due: datetime | None = None

    @property
    def went(self) -> Literal["good", "bad", "slow", "plain"]:
        """How it went; slow: it waits, or is tried again."""
        if self.kind == "decided":
            return "bad" if self.outcome == "refused" else "slow" if self.outcome == "held" else "good"
        return "good" if self.kind in GOOD else "bad" if self.kind in BAD else "slow" if self.kind in _SLOW else "plain"

    def place(self, now: datetime) -> Place:
        """Where it stands in its timeline: first what has happened, then what waits, then what is to come; of the same moment by its kind,
        its number in the case, its row, and whatever else it says. What happens later moves it nowhere.
        """
        said = "\n".join(
            str(part) for part in (self.case, self.source, self.message, self.deadline, self.answer, self.sv)
        )
        era = 1 if self.kind == "waits" else 2 if self.at > now else 0
        moment = 0 if era == 1 else (self.at - _FIRST) // timedelta(microseconds=1)
        return era, moment, _NUMBERS[self.kind], self.sequence or 0, self.row or 0, zlib.crc32(said.encode())

    @property
    def error(self) -> str | None:
        """Its id in the error catalogue, where it is something that went wrong or waits."""
        if self.rule is not None:
            return ids.of_rule(self.rule)
        if self.kind == "held" and self.outcome is not None:
            return ids.of_held(self.outcome)
        if self.kind in {"tried", "dead"} and self.answer is not None:
            return ids.of_register(self.answer) if "=" in self.answer else ids.of_delivery(self.answer)
        return None
