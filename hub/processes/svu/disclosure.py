"""What of an SVU may be shown, and how its messages are shown (V-2 to V-4, V-8, V-13). Imports the engine, the shared disclosure
and the profiles only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from hub.processes.engine.case import Case
from hub.processes.profiles.svu import SVU_PROFILES
from hub.processes.shared.disclosure import bare
from hub.processes.svu.state import SvuState, caller, svu
from schemas.envelope import Message
from schemas.parts import Information, Patient, Samtycke

_ESTIMATE = "svu.beraknad_utskrivning"


def sees_unpublished(case: Case, unit: str) -> bool:
    """V-2: before an inskrivning is published, only participating units of slutenvard see the case."""
    participant = case.participants.get(unit)
    return participant is not None and participant["party"] == "slutenvard"


def narrowed(case: Case) -> Case:
    """V-3: the admission notice and its kvittens, the estimated date as it stands, the information, the consent, and the
    discharge.
    """
    admission = case.steps.get("inskrivning", {}).get("sequence")
    estimate_too = _ESTIMATE in SVU_PROFILES[case.profile].refused_consent_allows
    shown = {
        name: standing
        for name, standing in case.steps.items()
        if name in {"inskrivning", "utskrivning"}
        or (name == "tid" and (estimate_too or standing["sequence"] == admission))
    }
    dates = {"admitted", "estimated", "discharged"} | ({"klar"} if estimate_too else set())
    state = svu(case)
    return replace(
        bare(case),
        person=case.person,
        state=SvuState(
            dates={name: value for name, value in state.dates.items() if name in dates}, placement=state.placement
        ),
        information=case.information,
        information_reason=case.information_reason,
        consents=case.consents,
        deceased=case.deceased,
        steps=shown,
        awaited={key: awaited for key, awaited in case.awaited.items() if awaited.step in shown},
        published_at=case.published_at,
        archived=case.archived,
        registered=case.registered,
    )


def also_named(case: Case, name: str) -> bool:
    """Whether the trace names a new estimated date, where the region still shares it with refused consent (V-3)."""
    return name == _ESTIMATE and "tid" in case.steps and name in SVU_PROFILES[case.profile].refused_consent_allows


def shows_without_reason(_: Message, case: Case) -> Mapping[str, Any]:
    """V-3: where the consent allows the admission alone, an admission notice has no reason."""
    return {"reason": None} if case.narrow else {}


def shows_who_calls(message: Message, case: Case) -> Mapping[str, Any]:
    """V-13: a no to the position on SIP names the person who talks to the ward about it."""
    data: Any = message.data
    person = caller(case)
    return {} if data.approves or person is None else {"kallelseansvarig": person}


def completes_admission(message: Message, case: Case) -> Mapping[str, Any]:
    """V-4, V-8: an admission notice has the patient, what was informed, the consent and the estimated date as they stand,
    whichever messages said so; with refused consent it has no reason (V-3).
    """
    data: Any = message.data
    changed: dict[str, Any] = {}
    if data.patient is None and case.person:
        changed["patient"] = Patient.model_validate(case.person)
    for name, model, record in (("information", Information, _informed(case)), ("samtycke", Samtycke, _consent(case))):
        said = getattr(data, name)
        if record is None:
            stands = None
        elif said is not None and said.model_fields_set == record.keys() and _is(said, record):
            continue  # the common notice brings its own, in few words
        else:
            stands = model.model_validate(record)
        if said != stands:
            changed[name] = stands
    if case.samtycke == "refused" and data.reason is not None:
        changed["reason"] = None
    estimated = svu(case).dates.get("estimated")
    if estimated is not None and (
        data.estimated_discharge is None or data.estimated_discharge.isoformat() != estimated
    ):
        changed["estimated_discharge"] = date.fromisoformat(estimated)
    return changed


def _informed(case: Case) -> dict[str, Any] | None:
    """What was informed, in the words of its message."""
    if case.information is None:
        return None
    return {"given": case.information} | ({"reason": case.information_reason} if case.information_reason else {})


def _consent(case: Case) -> dict[str, Any] | None:
    """The consent that stands, in the words of its message."""
    return case.consent().record or None


def _is(said: Information | Samtycke, record: dict[str, Any]) -> bool:
    return all(getattr(said, name) == value for name, value in record.items())
