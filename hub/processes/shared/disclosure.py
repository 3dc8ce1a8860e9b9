"""What may be shown of a case now, and to whom: the one place from which notices, views and prints take it (V-2, V-3,
C-13, C-24, C-62). Pure; imports the case, the profiles and the language only.

A unit keeps what was shared with it while it took part (C-24). One that came in after the consent was refused, withdrawn
or had run out is shown what may be shared now, never what could be shared then (C-13).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Literal

from hub.processes.engine.case import Case
from hub.processes.profiles.profile import PROFILES
from schemas.envelope import Message
from schemas.parts import Information, Patient, Samtycke

Scope = Literal["all", "narrow", "nothing"]
"""``narrow``: the admission notice without its reason, what was informed, the consent, the discharge (V-3)."""

NARROW = frozenset(
    {"svu.inskrivning", "information", "samtycke", "adressering", "svu.utskrivning", "svu.utskrivning_angrad"}
)
"""The messages in which all that the narrow scope shows is written."""

MESSAGE = "meddelande/kvittera"
"""How a list names a free message that awaits an acknowledgement (C-40)."""

_ESTIMATE = "svu.beraknad_utskrivning"
_OWN_GROUNDS = frozenset({"atkomst:samtycke", "atkomst:menprovning"})
"""Grounds of reading that are a consent of their own, whatever became of the case's (C-5)."""


def scope(case: Case, unit: str) -> Scope:
    """How much of the case a unit may be shown. One that takes no part is as one that came in just now."""
    participant = case.participants.get(unit)
    if not case.published:
        return "all" if participant is not None and participant["party"] == "slutenvard" else "nothing"
    if case.shared_until is None:
        return "all"
    since = case.sequence + 1 if participant is None else participant["since"]
    if since <= case.shared_until:
        return "all"
    return "narrow" if case.registered_until is None or since <= case.registered_until else "nothing"


def knows(case: Case, unit: str) -> bool:
    """Whether a participating unit is told anything of the case at all (V-2, C-24)."""
    return scope(case, unit) != "nothing"


def visible(case: Case, unit: str) -> Case:
    """The case as a participating unit may see it: the case itself where nothing of it is hidden."""
    found = scope(case, unit)
    return case if found == "all" else _narrowed(case) if found == "narrow" else _bare(case)


def readable(case: Case, unit: str, ground: str) -> Case:
    """The case as a unit reads it that takes part, or takes no part and reads on a ground (C-5, C-43)."""
    if unit in case.participants:
        return visible(case, unit)
    return case if case.shared_until is None or ground in _OWN_GROUNDS else _narrowed(case)


def listed(case: Case) -> dict[str, list[str]]:
    """Unit → what awaits it, as «step/act/role» for each of its roles in the case, for the units whose lists show the
    case: those that know of it; a revoked case disappears (V-5). Which of the roles answer for it says the directory.
    """
    if case.status in {"revoked", "refused"}:
        return {}
    found: dict[str, list[str]] = {unit: [] for unit in case.participants if knows(case, unit)}
    for step, standing in case.steps.items():
        for unit in standing["awaits"]:
            if unit in found:
                found[unit] += [f"{step}/{standing['act']}/{role}" for role in case.participants[unit]["roles"]]
    for unit in case.unanswered:
        if unit in found:
            found[unit] += [f"{MESSAGE}/{role}" for role in case.participants[unit]["roles"]]
    return found


def may_read(case: Case, name: str) -> bool:
    """Whether messages of a name may be read in the case as it is shown."""
    return not case.narrow or name in NARROW


def may_be_named(case: Case, name: str, events: Iterable[Sequence[Any]]) -> bool:
    """Whether the trace of the case as it is shown names an act at all (C-7): narrowly what is told narrowly, who takes part
    and who reads; a kvittens, a deadline or a revoking where it is of something that is shown.
    """
    if not case.narrow or name in NARROW or name in _NAMED_NARROWLY:
        return True
    if name == _ESTIMATE:
        return "tid" in case.steps and name in PROFILES[case.profile].refused_consent_allows
    of_steps = {facts["step"] for event, facts in events if event == "acted"}
    of_steps |= {facts["key"].partition("/")[2] for event, facts in events if event == "fired"} - {""}
    if name == "frist":
        return of_steps <= case.steps.keys()
    return not of_steps.isdisjoint(case.steps) or any(event == "revoked" for event, _ in events)


_NAMED_NARROWLY = frozenset(
    {"aterkallelse", "deltagare", "roll", "atkomst", "utskrift", "uppslag", "verifiering", "folkbokforing", "avliden"}
)


def _bare(case: Case) -> Case:
    """Who takes part, and nothing of the person."""
    return Case(
        case.id,
        case.process,
        case.profile,
        case.status,
        case.sequence,
        opened_by=case.opened_by,
        published=case.published,
        addressed=case.addressed,
        participants=case.participants,
        blocked=case.blocked,
        shared_until=case.shared_until,
        registered_until=case.registered_until,
        narrow=True,
    )


def _narrowed(case: Case) -> Case:
    """V-3: the admission notice and its kvittens, the estimated date as it stands, the information, the consent, and the
    discharge.
    """
    admission = case.steps.get("inskrivning", {}).get("sequence")
    estimate_too = _ESTIMATE in PROFILES[case.profile].refused_consent_allows
    shown = {
        name: standing
        for name, standing in case.steps.items()
        if name in {"inskrivning", "utskrivning"}
        or (name == "tid" and (estimate_too or standing["sequence"] == admission))
    }
    dates = {"admitted", "published", "estimated", "discharged", "archived"} | ({"klar"} if estimate_too else set())
    return replace(
        _bare(case),
        person=case.person,
        information=case.information,
        samtycke=case.samtycke,
        consent_until=case.consent_until,
        consent_at=case.consent_at,
        records=case.records,
        deceased=case.deceased,
        steps=shown,
        dates={name: value for name, value in case.dates.items() if name in dates},
        placement=case.placement,
        registered=case.registered,
    )


# --- a message as it is shown -----------------------------------------------------------------------------------------


def shown(message: Message, case: Case) -> Message:
    """The message as it is read: with the person's name and address from the register where the sender left them out
    (law 2017:612 2:2, C-60), and without what points to one whose identity is protected (C-62).

    A no to the position on SIP names who talks to the ward about it (V-13). In a case that is shown narrowly an
    admission notice has no reason (V-3).
    """
    if message.name == "svu.sip_stallning" and not message.data.approves:  # type: ignore[attr-defined]
        caller = case.caller
        return message if caller is None else _with(message, kallelseansvarig=caller)
    patient = message.data.patient if "patient" in type(message.data).model_fields else None  # type: ignore[attr-defined]
    changed: dict[str, Any] = {}
    if case.narrow and message.name == "svu.inskrivning":
        changed["reason"] = None
    if case.blocked:
        return _with(message, **changed, **_hidden(message, patient))
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
    """The message as a notice tells it now: ``shown``, and an admission notice with the patient, what was informed, the
    consent and the estimated date as they stand, whichever messages said so (V-4, V-8); with refused consent without
    its reason (V-3). An overdue kvittens names those who can still owe it (C-1): the directory may have changed since
    the clock struck.
    """
    message = shown(message, case)
    data: Any = message.data
    if message.name == "frist" and data.step is not None:
        awaits = case.steps.get(data.step, {"awaits": ()})["awaits"]
        owing = tuple(unit for unit in data.units if unit in awaits)
        return message if owing == data.units else _with(message, units=owing)
    if message.name != "svu.inskrivning":
        return message
    changed: dict[str, Any] = {}
    if data.patient is None and case.person:
        changed["patient"] = Patient.model_validate(case.person)
    for name, model in _RECORDS:
        record, said = case.records.get(name), getattr(data, name)
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
    estimated = case.dates.get("estimated")
    if estimated is not None and (
        data.estimated_discharge is None or data.estimated_discharge.isoformat() != estimated
    ):
        changed["estimated_discharge"] = date.fromisoformat(estimated)
    return _with(message, **changed)


_RECORDS: tuple[tuple[str, type[Information | Samtycke]], ...] = (
    ("information", Information),
    ("samtycke", Samtycke),
)


def _is(said: Information | Samtycke, record: dict[str, Any]) -> bool:
    return all(getattr(said, name) == value for name, value in record.items())


def _with(message: Message, **changed: Any) -> Message:
    if not changed:
        return message
    return replace(message, data=message.data.model_copy(update=changed))


def _hidden(message: Message, patient: Patient | None) -> dict[str, Any]:
    """C-62: address and personal contacts are in nothing that the hub shows."""
    if message.name == "narstaende":
        return {"people": ()}
    if message.name in {"adressering", "folkbokforing"}:
        return {"address": None}
    if message.name == "kontakt":
        return {"phone": None, "email": None}
    return {} if patient is None else {"patient": patient.model_copy(update={"address": None, "phone": None})}
