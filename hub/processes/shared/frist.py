"""The rule of ``frist``, the hub's message that a deadline has passed (D-9, C-23). Pure; imports the engine and the shared rules
only.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hub.processes.engine.awaited import Awaited
from hub.processes.engine.case import Case
from hub.processes.engine.process import process_of_case
from hub.processes.engine.rule import HUB_PARTY, Context, Rule, guard
from hub.processes.shared.audience import everyone_else
from hub.processes.shared.disclosure import visible
from schemas.envelope import Message
from schemas.hub_messages import Frist

OF_AN_ACT = frozenset({"kvittens_forsenad", "svar_forsenat", "initiativ_obesvarat"})
"""The deadlines of an act that is awaited: the rest of their key is that act's key. The rest of any other's key is the id of a
meeting, the address of an element or the kind of a consent."""


def key_of(name: str, *rest: str | None) -> str:
    """A deadline's key in the case: its name, and what it is about."""
    return "/".join([name, *(part for part in rest if part is not None)])


def _own_key(said: Frist) -> str:
    return key_of(said.name, said.step, said.of)


def _awaited(case: Case, said: Frist) -> Awaited | None:
    """The act that the deadline waited for; None for a deadline of something else, and where the act is awaited no more."""
    return None if said.step is None else case.awaited.get(_own_key(said).partition("/")[2])


def frist_of(case: Case, key: str) -> Frist | None:
    """The message with which a deadline of a case is told; None where it no longer holds."""
    due = case.due.get(key)
    if due is None:
        return None
    name, _, rest = key.partition("/")
    owing = tuple(process_of_case(case).owing(case, key))
    facts: dict[str, Any] = {"name": name, "due": due, "of": rest or None, "units": owing}
    awaited = case.awaited.get(rest) if name in OF_AN_ACT else None
    if awaited is not None:
        facts |= {"step": awaited.step, "of": awaited.about(rest)}
        facts |= {"message": awaited.message, "units": tuple(awaited.by)}
    return Frist.model_validate(facts)


@guard(
    "D-9",
    sv="Fristen gäller inte längre.",
    en="The deadline no longer holds.",
    element="/data/due",
)
def it_is_still_due(s: Context) -> bool:
    due = s.case.due.get(_own_key(s.data))
    return due is not None and datetime.fromisoformat(due) == s.data.due


def pass_deadline(s: Context) -> None:
    """C-23: with the consent's last day the consent of that kind ends."""
    key = _own_key(s.data)
    s.emit("fired", key=key, due=s.case.due[key])
    if s.data.name == "samtycke_upphor":
        s.emit("withdrawn", at=s.at, **({"kind": s.data.of} if s.data.of else {}))
    s.process.passed(s, key)


def those_concerned(s: Context) -> list[str]:
    """C-1: nobody, where those who owed it can no longer answer."""
    told, step = everyone_else(s), s.data.step
    if step is not None:
        awaited = _awaited(s.case, s.data)
        if awaited is None or not awaited.by:
            return []
        told += awaited.by  # it was told of what it owes, whatever else it is not told of (P-2)
    return [
        unit
        for unit in s.process.concerned(s.case, _own_key(s.data))
        if unit in told and (step is None or step in visible(s.case, unit).steps)
    ]


def who_still_owes(message: Message, case: Case) -> dict[str, Any]:
    """An overdue act names the units that can still owe it (C-1): the directory may have changed since the timer."""
    data: Any = message.data
    if data.step is None:
        return {}
    awaited = _awaited(case, data)
    owing = () if awaited is None else tuple(unit for unit in data.units if unit in awaited.by)
    return {} if owing == data.units else {"units": owing}


def frist(*rules: str) -> Rule:
    """The rule of ``frist``; ``rules`` are the process's own that set deadlines."""
    return Rule(
        "frist",
        frozenset({HUB_PARTY}),
        ("D-9", *rules, "C-23"),
        (pass_deadline,),
        those_concerned,
        checks=(it_is_still_due,),
        completes=who_still_owes,
    )
