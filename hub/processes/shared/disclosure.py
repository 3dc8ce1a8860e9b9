"""What may be shown of a case now, and to whom: the one place from which notices, views and prints take it (V-2, V-3,
C-13, C-24, C-62). Pure; imports the case, the profiles and the language only.

A unit keeps what was shared with it while it took part (C-24). One that came in after the consent was refused, withdrawn
or had run out is shown what may be shared now, never what could be shared then (C-13).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Literal

from hub.processes.engine.awaited import step_of
from hub.processes.engine.case import Case, StandingConsent
from hub.processes.engine.element import Element
from hub.processes.engine.process import process_of_case, sharing_consent, sharing_kind
from hub.processes.engine.unit_view import MESSAGE
from schemas.envelope import Message

Scope = Literal["all", "narrow", "nothing"]
"""``narrow``: the admission notice without its reason, what was informed, the consent, the discharge (V-3)."""

_OWN_GROUNDS = frozenset({"atkomst:samtycke", "atkomst:menprovning"})
"""Grounds of reading that are a consent of their own, whatever became of the case's (C-5)."""


def scope(case: Case, unit: str) -> Scope:
    """How much of the case a unit may be shown. One that takes no part is as one that came in just now."""
    if not case.published:
        return "all" if process_of_case(case).sees_unpublished(case, unit) else "nothing"
    consent = sharing_consent(case)
    if consent.shared_until is None:
        return "all"
    participant = case.participants.get(unit)
    since = case.sequence + 1 if participant is None else participant["since"]
    if since <= consent.shared_until:
        return "all"
    return "narrow" if consent.registered_until is None or since <= consent.registered_until else "nothing"


def knows(case: Case, unit: str) -> bool:
    """Whether a participating unit is told anything of the case at all (V-2, C-24)."""
    return scope(case, unit) != "nothing"


def hears(case: Case, unit: str) -> bool:
    """Whether a participating unit is told what the others are told: one that is asked whether it takes part is not (P-2)."""
    return knows(case, unit) and process_of_case(case).hears(case, unit)


def reads(case: Case, unit: str) -> bool:
    """Whether a participating unit finds the case in its lists and may read it: before it is published maybe without being told
    of it (SA-2).
    """
    return knows(case, unit) or (not case.published and process_of_case(case).may_read_unpublished(case, unit))


def visible(case: Case, unit: str) -> Case:
    """The case as notices tell it to a participating unit: the case itself where nothing of it is hidden."""
    found = scope(case, unit)
    return case if found == "all" else process_of_case(case).narrowed(case) if found == "narrow" else bare(case)


def readable(case: Case, unit: str, ground: str) -> Case:
    """The case as a unit reads it that takes part, or takes no part and reads on a ground (C-5, C-43)."""
    if unit in case.participants:
        of_the_unit = process_of_case(case).visible
        return case if reads(case, unit) and not knows(case, unit) else of_the_unit(case, unit)
    process = process_of_case(case)
    whole = sharing_consent(case).shared_until is None or ground in _OWN_GROUNDS
    return process.without_kept(case, unit) if whole else process.narrowed(case)


def listed(case: Case) -> dict[str, list[str]]:
    """Unit → what awaits it, as «step/act/role» for each of its roles in the case, for the units whose lists show the
    case: those that may read it; a revoked case disappears (V-5). Which of the roles answer for it says the directory.
    """
    if case.status not in process_of_case(case).lasting:
        return {}
    found: dict[str, list[str]] = {unit: [] for unit in case.participants if reads(case, unit)}
    for awaited in case.awaited.values():
        for unit in awaited.by:
            if unit in found:
                found[unit] += [f"{awaited.step}/{awaited.act}/{role}" for role in case.participants[unit]["roles"]]
    for unit in case.unanswered:
        if unit in found:
            found[unit] += [f"{MESSAGE}/{role}" for role in case.participants[unit]["roles"]]
    return found


def shown_elements(case: Case, unit: str, elements: Iterable[Element]) -> list[Element]:
    """Those of a case's parts that a unit may see: not those that belong to another unit alone (LC-6)."""
    shows = process_of_case(case).shows_element
    return [element for element in elements if shows(case, unit, element)]


def may_read(case: Case, name: str, events: Iterable[Sequence[Any]] = ()) -> bool:
    """Whether an act with a name and events may be read in the case as it is shown."""
    return not case.narrow or (
        _rule_flag(case, name, "shown_narrowly") and process_of_case(case).shows_act(case, name, events)
    )


def may_be_named(case: Case, name: str, events: Iterable[Sequence[Any]]) -> bool:
    """Whether the trace of the case as it is shown names an act at all (C-7): narrowly what is told narrowly, who takes part
    and who reads; a kvittens, a deadline or a revoking where it is of something that is shown.
    """
    if case.narrow and not process_of_case(case).shows_act(case, name, events):
        return False
    if not case.narrow or _rule_flag(case, name, "shown_narrowly") or _rule_flag(case, name, "named_narrowly"):
        return True
    if process_of_case(case).also_named(case, name):
        return True
    of_steps = {step_of(facts["step"]) for event, facts in events if event == "acted"}
    for event, facts in events:
        deadline, _, rest = facts["key"].partition("/") if event == "fired" else ("", "", "")
        if rest and deadline != "samtycke_upphor":
            of_steps.add(step_of(rest))
    if name == "frist":
        return of_steps <= case.steps.keys()
    return not of_steps.isdisjoint(case.steps) or any(event == "revoked" for event, _ in events)


def _rule_flag(case: Case, name: str, flag: str) -> bool:
    rule = process_of_case(case).rule(name)
    return rule is not None and getattr(rule, flag)


def bare(case: Case) -> Case:
    """Who takes part, and nothing of the person."""
    consent = sharing_consent(case)
    return Case(
        case.id,
        case.process,
        case.profile,
        process_of_case(case).state(),
        case.status,
        case.sequence,
        opened_by=case.opened_by,
        consents={
            sharing_kind(case): StandingConsent(
                shared_until=consent.shared_until, registered_until=consent.registered_until
            ),
        },
        published=case.published,
        addressed=case.addressed,
        participants=case.participants,
        blocked=case.blocked,
        kept=case.kept,
        narrow=True,
    )


# --- a message as it is shown -----------------------------------------------------------------------------------------


def shown(message: Message, case: Case) -> Message:
    """The message as it is read: with the person's name and address from the register where the sender left them out
    (law 2017:612 2:2, C-60), and without what points to a person with protected identity (C-62); else as its rule says
    (``Rule.shows``).
    """
    rule = process_of_case(case).rule(message.name)
    patient = message.data.patient if "patient" in type(message.data).model_fields else None  # type: ignore[attr-defined]
    changed: dict[str, Any] = {} if rule is None else dict(rule.shows(message, case))
    if case.blocked:
        if patient is not None:
            changed["patient"] = patient.model_copy(update={"address": None, "phone": None})
        return _with(message, **changed, **({} if rule is None else rule.hides))
    if patient is not None:
        missing = {k: v for k, v in case.person.items() if getattr(patient, k) is None}
        if patient.personnummer in case.former_numbers:
            missing["personnummer"] = case.person["personnummer"]
        if missing:
            changed["patient"] = patient.model_copy(update=missing)
    return _with(message, **changed)


def may_be_told(message: Message) -> bool:
    """C-52, V-2: nobody is ever told a draft, even where the consent that it brought stands: the published admission
    notice shows that.
    """
    return not getattr(message.data, "draft", False)


def told(message: Message, case: Case) -> Message:
    """The message as a notice tells it now: ``shown``, and completed with what stands in the case (``Rule.completes``)."""
    message = shown(message, case)
    rule = process_of_case(case).rule(message.name)
    return message if rule is None else _with(message, **rule.completes(message, case))


def _with(message: Message, **changed: Any) -> Message:
    if not changed:
        return message
    return replace(message, data=message.data.model_copy(update=changed))
