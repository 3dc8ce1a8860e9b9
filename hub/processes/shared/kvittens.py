"""The kvittens, of a step or of a free message (C-2, C-40). Imports the engine and the shared guards only."""

from __future__ import annotations

from hub.processes.engine.awaited import Awaited, step_of
from hub.processes.engine.rule import Context, Rule, guard
from hub.processes.engine.unit_view import able, speakers
from hub.processes.shared.audience import ALL_PARTIES, everyone_else
from hub.processes.shared.disclosure import scope, visible
from hub.processes.shared.gate import Gate


def _acted_steps(s: Context) -> list[tuple[str, Awaited]]:
    """What the kvittens is for, by key: by the message's id, of the oldest where two senders used the same.

    One who came in later on a system that had the message already was asked by the message that brought it in.
    """
    waiting = [(key, one) for key, one in s.case.awaited.items() if one.act == "kvittera" and s.unit in one.by]
    named = [(key, one) for key, one in waiting if one.message == s.data.message]
    participant = s.case.participants[s.unit]
    if not named and participant["by"] == s.data.message:
        asked = participant.get("asked", participant["since"])
        return [(key, one) for key, one in waiting if one.sequence < asked]
    oldest = min((one.sequence for _, one in named), default=0)
    return [(key, one) for key, one in named if one.sequence == oldest]


def _acted_thread(s: Context) -> str | None:
    """The free message that the kvittens is for (C-40): the oldest where two senders used the same id."""
    found = [
        (element.awaited.sequence, f"{element.awaited.message} {element.awaited.source}")
        for element in s.case.elements.values()
        if element.awaited is not None
        and element.awaited.message == s.data.message
        and s.unit in s.case.open_awaits(element)
    ]
    return min(found)[1] if found else None


@guard(
    "C-2",
    sv="Enheten har inget att kvittera i ärendet.",
    en="The unit has nothing to acknowledge in the case.",
    element="/subject",
)
def something_awaits_the_unit(s: Context) -> bool:
    of_steps = any(s.unit in one.by for one in s.case.awaited.values() if one.act == "kvittera")
    return of_steps or (s.unit in s.case.unanswered and bool(speakers(s.case, s.unit, s.directory)))


@guard(
    "C-2",
    sv="Meddelandet väntar inte på kvittens av enheten: fel id, ersatt av ett nyare, eller redan kvitterat.",
    en="The message awaits no acknowledgement of the unit: wrong id, replaced by a newer one, or already acknowledged.",
    element="/data/message",
)
def the_message_awaits_the_unit(s: Context) -> bool:
    return bool(_acted_steps(s)) or _acted_thread(s) is not None


@guard(
    "C-1",
    sv="Rollen har inte ansvaret att kvittera. Låt en roll med ansvaret göra det.",
    en="The role has no responsibility to acknowledge this. Let a role that has it do so.",
    element="/actorrole",
)
def the_role_answers_for_it(s: Context) -> bool:
    return bool(_of_the_role(s)) if _acted_steps(s) else s.role in speakers(s.case, s.unit, s.directory)


def _of_the_role(s: Context) -> list[str]:
    """What the role answers for, by key: of a message that is two steps' it may be one alone."""
    return [key for key, one in _acted_steps(s) if s.role in able(s.case, s.unit, one.step, "kvittera", s.directory)]


def acknowledge(s: Context) -> None:
    who = {"unit": s.unit, "actor": s.message.actor, "role": s.role, "time": s.message.time.isoformat()}
    if steps := _of_the_role(s):
        for key in steps:
            s.emit("acted", step=key, **who)
    elif (thread := _acted_thread(s)) is not None:
        s.emit("thread_acted", thread=thread, **who)


def those_who_see_it(s: Context) -> list[str]:
    """All the others; of one who is shown the admission alone only where it is that which is acknowledged (V-3)."""
    acted = {step_of(facts["step"]) for name, facts in s.events if name == "acted"}
    return [
        unit
        for unit in everyone_else(s)
        if scope(s.case, unit) == "all" or acted.intersection(visible(s.case, unit).steps)
    ]


def kvittens(gate: Gate, *rules: str) -> Rule:
    """The rule of ``kvittens``; ``rules`` are the process's own that ask for one."""
    return Rule(
        "kvittens",
        ALL_PARTIES,
        ("C-2", *rules, "C-40"),
        (acknowledge,),
        those_who_see_it,
        guards=(something_awaits_the_unit,),
        checks=(the_message_awaits_the_unit, the_role_answers_for_it),
        in_status=gate.to_the_end,
        names_a_message=True,
        is_talk=True,
    )
