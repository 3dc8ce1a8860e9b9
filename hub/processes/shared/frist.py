"""The rule of ``frist``, the hub's message that a deadline has passed (D-9, C-23). Pure; imports the engine and the shared rules
only.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hub.processes.engine.case import Case
from hub.processes.engine.rule import HUB_PARTY, Context, Rule, guard
from hub.processes.shared.audience import everyone_else
from hub.processes.shared.disclosure import visible
from schemas.envelope import Message
from schemas.hub_messages import Frist


def key_of(name: str, step: str | None) -> str:
    """A deadline's key in the case: its name, and of which step."""
    return name if step is None else f"{name}/{step}"


def frist_of(case: Case, key: str) -> Frist | None:
    """The message with which a deadline of a case is told; None where it no longer holds."""
    due = case.due.get(key)
    if due is None:
        return None
    name, _, step = key.partition("/")
    awaited = case.awaited.get(step)
    return Frist.model_validate(
        {
            "name": name,
            "due": due,
            "step": step or None,
            "message": None if awaited is None else awaited.message,
            "units": () if awaited is None else tuple(awaited.by),
        }
    )


@guard(
    "D-9",
    sv="Fristen gäller inte längre.",
    en="The deadline no longer holds.",
    element="/data/due",
)
def it_is_still_due(s: Context) -> bool:
    due = s.case.due.get(key_of(s.data.name, s.data.step))
    return due is not None and datetime.fromisoformat(due) == s.data.due


def pass_deadline(s: Context) -> None:
    """C-23: with the consent's last day the consent ends."""
    key = key_of(s.data.name, s.data.step)
    s.emit("fired", key=key, due=s.case.due[key])
    if s.data.name == "samtycke_upphor":
        s.emit("withdrawn", at=s.at)


def those_concerned(s: Context) -> list[str]:
    """C-1: nobody, where those who owed it can no longer acknowledge."""
    told, step = everyone_else(s), s.data.step
    if step is not None and not s.case.awaited[step].by:
        return []
    return [
        unit
        for unit in s.process.concerned(s.case, key_of(s.data.name, step))
        if unit in told and (step is None or step in visible(s.case, unit).steps)
    ]


def who_still_owes(message: Message, case: Case) -> dict[str, Any]:
    """An overdue kvittens names the units that can still owe it (C-1): the directory may have changed since the timer."""
    data: Any = message.data
    if data.step is None:
        return {}
    awaited = case.awaited.get(data.step)
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
