"""What one connected system knows of one case, from its notices and the receipts of its own messages. Imports the wire only.

Only the system that keeps the file reads it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from hub.sandbox.wire import ReceivedNotice

TIME = frozenset({"svu.beraknad_utskrivning", "svu.utskrivningsklar", "svu.utskrivningsklar_avbruten"})
"""The messages about the time of discharge: a newer one replaces the one before, and what that one awaited."""

CALLS = frozenset({"sip.kallelse", "sip.kallelse_andrad"})
"""The calls to a meeting: a changed one replaces the one before, and what that one awaited."""


class CaseFile:
    """One case at one system. ``until`` waits for a later notice or receipt."""

    def __init__(self, case: str) -> None:
        self.case = case
        self.number = 0
        """The number of the case among the system's own."""
        self.profile: str | None = None
        """The profile of a SIP; None in a stay."""
        self.opener: str | None = None
        """The unit that opened a SIP."""
        self.patient: str | None = None
        """The person's number, where a notice has said it."""
        self.state: dict[str, dict[str, str]] = {}
        """unit → step → colour, from the latest notice."""
        self.may: dict[str, frozenset[str]] = {}
        """unit → names of the messages that it may send, from the latest notice; its own acts change this without a notice."""
        self.notices_seen: Counter[tuple[str, str | None]] = Counter()
        """(name, unit) of every notice."""
        self.own: dict[tuple[str, str], int] = {}
        """(unit, name) → sequence of its last accepted act."""
        self.asked: dict[tuple[str, str], ReceivedNotice] = {}
        """(unit, kind of answer) → the latest notice that asked for it."""
        self.acts: Counter[str] = Counter()
        """Name of a message → how many the system was told of or has sent."""
        self.told_at: dict[str, int] = {}
        """unit → the sequence of the latest notice that says what it may send."""
        self.latest = 0
        """The highest sequence that the system knows of, from notices and receipts."""
        self.elements: set[str] = set()
        """Addresses of the plan's elements."""
        self.meetings: list[str] = []
        """The meetings to which the system's units were called."""
        self.begun: set[str] = set()
        """What the system has begun without being asked."""
        self.addressing: dict[str, Any] | None = None
        self.news: str | None = None
        """The latest change in the population register: protected, deceased, moved …"""
        self.closed = False
        """The patient has left, or the hub has closed the case."""
        self._bell = asyncio.Event()

    def note(self, notice: ReceivedNotice) -> None:
        """Take in a notice."""
        self.notices_seen[notice.name, notice.unit] += 1
        self.acts[notice.name] += 1
        self.latest = max(self.latest, notice.sequence)
        self.told_at |= dict.fromkeys(notice.may, notice.sequence)
        self._learn(notice.facts)
        self.state |= notice.state
        self.may |= {unit: frozenset(names) for unit, names in notice.may.items()}
        for unit, act in notice.awaits.items():
            self.asked[unit, kind_of(notice.name, act)] = notice
        for unit, steps in notice.state.items():
            if steps.get("stallningstagande") != "red":
                self.asked.pop((unit, "justering"), None)  # taken back, or done
        if notice.name == "adressering":
            self.addressing = notice.facts
            self.closed = self.closed or self.turned_away
        elif notice.name == "folkbokforing":
            self.news = notice.facts.get("news", self.news)
        elif notice.name in {"svu.utskrivning", "svu.utskrivning_angrad"}:
            self.closed = notice.name == "svu.utskrivning"
        self.ring()

    def _learn(self, facts: Mapping[str, Any]) -> None:
        self.elements.update(facts.get("elements", ()))
        self.meetings += [one for one in facts.get("meetings", ()) if one not in self.meetings]
        for name in ("profile", "opener", "patient"):
            if name in facts:
                setattr(self, name, facts[name])

    def did(self, unit: str, name: str, sequence: int | None, elements: Iterable[str] = ()) -> None:
        """Note that the hub accepted a message of this system, which wrote the elements of the plan."""
        self.own[unit, name] = sequence or 0
        self.latest = max(self.latest, sequence or 0)
        self.acts[name] += 1
        self.elements.update(elements)
        if name in {"svu.utskrivning", "svu.utskrivning_angrad"}:
            self.closed = name == "svu.utskrivning"
        self.ring()

    def allows(self, unit: str, name: str) -> bool:
        """Whether the latest notice allows the unit to send a message."""
        return not self.closed and name in self.may.get(unit, frozenset())

    @property
    def turned_away(self) -> bool:
        """Whether the hub has closed the case by what the population register says (C-62, C-63)."""
        return (self.addressing or {}).get("outcome") in {"protected", "deceased"}

    @property
    def over(self) -> bool:
        """Whether nothing more may be sent: the case is closed, or the person is protected (C-62)."""
        return self.closed or self.news == "protected"

    def found_besides(self, unit: str) -> str | None:
        """The first unit that the registers named for the person, other than ``unit``."""
        found = [(self.addressing or {}).get(name) for name in ("health_centre", "municipality_unit")]
        return next((hsa for hsa in found if hsa and hsa != unit), None)

    def green(self, unit: str, step: str) -> bool:
        """Whether a step is green in the unit's latest notice."""
        return self.state.get(unit, {}).get(step) == "green"

    def ring(self) -> None:
        """Wake the tasks that wait in ``until``."""
        self._bell.set()
        self._bell = asyncio.Event()

    async def until(self, holds: Callable[[], bool], patience_s: float) -> bool:
        """Wait until ``holds`` is true; False when the time is over."""
        deadline = asyncio.get_running_loop().time() + patience_s
        while not holds():
            left = deadline - asyncio.get_running_loop().time()
            if left <= 0:
                return False
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._bell.wait()
        return True


def kind_of(name: str, act: str) -> str:
    """The kind of an awaited answer; a newer notice of the same kind replaces the older one."""
    if act != "kvittens":
        return act
    if name in CALLS:
        return "kvittens:kallelse"
    return "kvittens:tid" if name in TIME else f"kvittens:{name}" if name == "svu.inskrivning" else ""
