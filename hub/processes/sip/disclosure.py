"""What may be shown of a SIP, and to whom (sip-messages.md §1, PR-2, SA-2, LC-6). Imports the engine and the shared disclosure only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from hub.processes.engine.case import Case
from hub.processes.engine.element import Element
from hub.processes.profiles.sip import SIP_PROFILES
from hub.processes.shared import disclosure as shared
from hub.processes.shared.disclosure import bare
from hub.processes.sip.call import AS_HELD, CALL, EVALUATION_CALL, key_of, step_of
from hub.processes.sip.element_events import kind_of, value_of
from hub.processes.sip.gate import CONSENTS
from hub.processes.sip.state import SEND, SipState, awaits_its_answer, coordinating_unit, sip, standing_meetings

_BEFORE_THE_ANSWER = frozenset(
    {"sip.initiativ", "information", "samtycke", "sip.kallelse", "sip.kallelse_andrad", "sip.svar", "kvittens"}
)
"""The acts that a unit may know of before it has answered the initiativ (PR-2)."""


def sees_unpublished(case: Case, unit: str) -> bool:
    """Before all who take part know of the case, the opener's unit sees it. Where the call makes it known, the coordinator's unit
    prepares the call, and sees it once the consent lets it be shared, or at once where it obtains the consent (E-9); and those called
    to an aktorsmote see it, which makes it known to nobody else.
    """
    if unit not in case.participants:
        return False
    profile = SIP_PROFILES[case.profile]
    if unit == case.opened_by or profile.known_from != "call":
        return unit == case.opened_by
    shared_with = profile.coordinator_before_consent or case.consent(profile.sharing_kind).outcome in CONSENTS
    called = any(unit in one.get("receivers", {}) for _, one in standing_meetings(case))
    return called or (shared_with and unit == coordinating_unit(case))


def reads_unpublished(case: Case, unit: str) -> bool:
    """SA-2: with consent, those of the send list read a saved SIP, of which they are told nothing."""
    profile = SIP_PROFILES[case.profile]
    consented = case.samtycke in CONSENTS
    return sees_unpublished(case, unit) or (profile.known_from == "sent" and consented and unit in case.participants)


def hears(case: Case, unit: str) -> bool:
    """P-2: a unit that was asked hears nothing but what it is named in until it has answered."""
    return not awaits_its_answer(case, unit)


def visible(case: Case, unit: str) -> Case:
    """The case as a participating unit may see it."""
    seen = shared.visible(case, unit)
    if seen.narrow:
        return seen
    return _before_the_answer(seen, unit) if awaits_its_answer(case, unit) else without_drafts(seen, unit)


def without_drafts(case: Case, unit: str) -> Case:
    """PR-1: a saved call is its own unit's alone, where the region does not let all read it (SA-2); a step in which nothing else was
    done is not begun for the others.
    """
    own = sip(case)
    drafts = {id_ for id_, one in own.meetings.items() if "sent" not in one and one.get("caller") != unit}
    if not drafts or SIP_PROFILES[case.profile].all_read_drafts:
        return case
    meetings = {id_: one for id_, one in own.meetings.items() if id_ not in drafts}
    begun = {
        step_of(one["kind"]) for one in meetings.values() if not one.get("cancelled")
    }  # by Ny plan the step begins anew
    hidden = {CALL, EVALUATION_CALL} - begun
    return replace(
        case,
        state=replace(own, meetings=meetings),
        steps={name: step for name, step in case.steps.items() if name not in hidden},
        awaited={key: one for key, one in case.awaited.items() if one.act != SEND or one.about(key) not in drafts},
    )


def _before_the_answer(case: Case, unit: str) -> Case:
    """PR-2: the initiativ, and the calls that name the unit."""
    own = sip(case)
    named = {id_: _as_called(one) for id_, one in standing_meetings(case) if unit in one.get("receivers", {})}
    keys = {key_of(id_, one["kind"]) for id_, one in named.items()} | {"initiativ"}
    steps = {"initiativ"} | {step_of(one["kind"]) for one in named.values()}
    return replace(
        bare(case),
        person=case.person,
        state=SipState(
            state=own.state,
            kind=own.kind,
            sent=own.sent,
            initiativ=own.initiativ,
            asked={unit: own.asked[unit]},
            coordinator=own.coordinator,
            meetings=named,
        ),
        consents=case.consents,
        steps={name: step for name, step in case.steps.items() if name in steps},
        awaited={key: awaited for key, awaited in case.awaited.items() if key in keys},
        published_at=case.published_at,
    )


def _as_called(meeting: dict[str, Any]) -> dict[str, Any]:
    """The call without what was said of the meeting once it was held."""
    return {name: value for name, value in meeting.items() if name not in AS_HELD}


def shows_act(case: Case, name: str, events: Iterable[Sequence[Any]]) -> bool:
    """PR-2: a unit that has not answered is shown the initiativ and what is about the calls that name it, nothing else."""
    own = sip(case)
    if not own.asked:
        return True
    about = {facts["id"] for event, facts in events if event == "meeting"}
    about |= {facts["step"].partition("/")[2] for event, facts in events if event == "acted" and "/" in facts["step"]}
    return name in _BEFORE_THE_ANSWER and about <= own.meetings.keys()


def narrowed(case: Case) -> Case:
    """A refused consent lets nothing of a SIP be seen (S-4)."""
    return bare(case)


def shows_element(case: Case, unit: str, element: Element) -> bool:
    """LC-6: an insats that is not shared is its author's alone."""
    if not SIP_PROFILES[case.profile].shares_efforts or kind_of(element.address) != "insats":
        return True
    return bool(value_of(element, "shared")) or element.state["unit"] == unit
