"""What the notices have asked of the vendor's units: it is answered rightly whether the scenario has a step for it or not. Imports the
rules.

A scenario names only what its own rule is about. A system knows nothing of scenarios: it answers what ``awaits`` asks of its unit.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, NamedTuple

from hub.processes.engine.case import Case
from hub.processes.engine.unit_view import ANSWER
from hub.processes.registry import ANSWERS
from hub.store.outbox import OutboxRow
from schemas.messages import NoticeExtensions

_KVITTENS: Final = "kvittens"


class AskedAct(NamedTuple):
    """One act that a notice has asked of a unit."""

    case: str
    unit: str
    act: str
    """As ``awaits`` names it."""
    message: str | None
    """The message that a kvittens is for; None of the other acts, which name none."""


class AskedActs:
    """What has been asked of some units in one scenario, and what of it they have answered."""

    def __init__(self, units: Collection[str]) -> None:
        self._units = units
        self._asks: set[AskedAct] = set()
        self._answered: set[AskedAct] = set()

    def note(self, rows: Sequence[OutboxRow]) -> None:
        """What the vendor's system is told."""
        for row in rows:
            if isinstance(row.content, NoticeExtensions):
                awaited = {unit: act for unit, act in row.content.awaits.items() if unit in self._units}
                self._asks |= {_ask(row.content.case, unit, act, row.message_id) for unit, act in awaited.items()}

    def answers(self, case: str | None, unit: str, name: str, data: Mapping[str, Any]) -> bool:
        """Whether a message that the rules have accepted is what a notice asked for; it is answered from now on."""
        ask = _ask(case or "", unit, ANSWERS.get(name, ""), data.get("message"))
        if ask in self._asks:
            self._answered.add(ask)
        return ask in self._asks

    def crossed(self, case: Case, able: Collection[str], unit: str, name: str, data: Mapping[str, Any]) -> bool:
        """Whether a message that the rules have refused was asked for by a notice, and another act took the question back while the
        answer was under way. Once of each ask: who answers a second time has forgotten the first. ``able``: what the unit may send
        now.
        """
        ask = _ask(case.id, unit, ANSWERS.get(name, ""), data.get("message"))
        if ask not in self._asks or ask in self._answered or (name in able and _is_open(case, ask)):
            return False
        self._answered.add(ask)
        return True


def _ask(case: str, unit: str, act: str, message: str | None) -> AskedAct:
    return AskedAct(case, unit, act, message if act == _KVITTENS else None)


def _is_open(case: Case, ask: AskedAct) -> bool:
    """Whether the case still awaits it."""
    steps = [one for one in case.awaited.values() if ask.unit in one.by]
    threads = [
        one.awaited for one in case.elements.values() if one.awaited is not None and ask.unit in case.open_awaits(one)
    ]
    came_in_by = case.participants[ask.unit]["by"]
    return any(
        ANSWER[one.act] == ask.act and ask.message in (None, one.message, came_in_by) for one in [*steps, *threads]
    )
