"""What one connected system knows of one case: what its notices told it, and what the hub answered to its own acts.

Imports the wire only; nobody but the system that keeps it looks into it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable
from typing import Any

from hub.sandbox.wire import ReceivedNotice

TIME = frozenset({"svu.beraknad_utskrivning", "svu.utskrivningsklar", "svu.utskrivningsklar_avbruten"})
"""What is said of the time of discharge: a newer one replaces the one before, and with it what it awaited."""


class CaseFile:
    """One case at one system. ``until`` waits for what a later notice or answer may bring."""

    def __init__(self, case: str) -> None:
        self.case = case
        self.number = 0
        """The system's own count of its cases."""
        self.state: dict[str, dict[str, str]] = {}
        """unit → step → colour, as last told."""
        self.may: dict[str, frozenset[str]] = {}
        """unit → what it may do, as last told; a unit's own acts change it without a word."""
        self.told: Counter[tuple[str, str | None]] = Counter()
        """(name, unit) of every notice."""
        self.own: dict[tuple[str, str], int] = {}
        """(unit, name) → sequence of its last accepted act."""
        self.asked: dict[tuple[str, str], ReceivedNotice] = {}
        """(unit, kind of answer) → the notice that asked last."""
        self.begun: set[str] = set()
        """What has been begun of the system's own accord."""
        self.addressing: dict[str, Any] | None = None
        self.news: str | None = None
        """What the population register said since: protected, deceased, moved …"""
        self.closed = False
        """The patient has left, or the hub has closed the case."""
        self._bell = asyncio.Event()

    def note(self, notice: ReceivedNotice) -> None:
        """A notice came."""
        self.told[notice.name, notice.unit] += 1
        self.state |= notice.state
        self.may |= {unit: frozenset(names) for unit, names in notice.may.items()}
        for unit, act in notice.awaits.items():
            self.asked[unit, kind_of(notice.name, act)] = notice
        for unit, steps in notice.state.items():
            if steps.get("stallningstagande") != "red":
                self.asked.pop((unit, "justering"), None)  # taken back, or done
        if notice.name == "adressering":
            self.addressing = notice.facts
            self.closed = self.closed or notice.facts.get("outcome") in {"protected", "deceased"}
        elif notice.name == "folkbokforing":
            self.news = notice.facts.get("news", self.news)
        elif notice.name in {"svu.utskrivning", "svu.utskrivning_angrad"}:
            self.closed = notice.name == "svu.utskrivning"
        self.ring()

    def did(self, unit: str, name: str, sequence: int | None) -> None:
        """The hub accepted an act of the system's own."""
        self.own[unit, name] = sequence or 0
        if name in {"svu.utskrivning", "svu.utskrivning_angrad"}:
            self.closed = name == "svu.utskrivning"
        self.ring()

    def allows(self, unit: str, name: str) -> bool:
        """Whether the hub last told that the unit may do it."""
        return not self.closed and name in self.may.get(unit, frozenset())

    @property
    def over(self) -> bool:
        """Nothing more is to be said: the case is closed, or the person protected (C-62)."""
        return self.closed or self.news == "protected"

    def green(self, unit: str, step: str) -> bool:
        """Whether the unit was told that a step is done by all."""
        return self.state.get(unit, {}).get(step) == "green"

    def ring(self) -> None:
        """Wakes those who wait."""
        self._bell.set()
        self._bell = asyncio.Event()

    async def until(self, holds: Callable[[], bool], patience_s: float) -> bool:
        """Waits for something to be told; False when it was not within the time."""
        deadline = asyncio.get_running_loop().time() + patience_s
        while not holds():
            left = deadline - asyncio.get_running_loop().time()
            if left <= 0:
                return False
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._bell.wait(), left)
        return True


def kind_of(name: str, act: str) -> str:
    """What replaces what: a newer question of the same kind takes the place of the older one."""
    if act != "kvittens":
        return act
    return "kvittens:tid" if name in TIME else f"kvittens:{name}" if name == "svu.inskrivning" else ""
