"""A case with everything that stands in it now, for one unit (C-30, C-31, C-60). Pure; imports the rules, the clocks and the
language only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic_core import to_jsonable_python

from hub.processes.engine.case import Case
from hub.processes.engine.process import standing
from hub.processes.engine.unit_view import may
from hub.processes.shared.disclosure import may_read
from hub.processes.svu.law import liability
from hub.store.case_reads import StoredAct
from hub.views.access import Asker, Reach
from hub.views.rows import contacts, counts, head, kartlaggning, participants, person, time_of, to_do
from hub.views.steps import steps
from hub.views.written import STALLNINGSTAGANDE, Seen, fields, words
from schemas.directory import Directory
from schemas.swedish_time import local_day

_LATEST = ("svu.inskrivning", "svu.sip_stallning", "adressering", "svu.utskrivning")


def needed(case: Case, acts: Sequence[StoredAct]) -> set[int]:
    """The numbers of the messages in which what stands now is written, and the discharges that were undone."""
    return {*standing(case), *_latest(case, acts).values(), *(number for pair in _undone(acts) for number in pair)}


def _undone(acts: Sequence[StoredAct]) -> list[tuple[int, int]]:
    """V-17: the numbers of each discharge that was undone, and of what undid it."""
    found, last = [], None
    for act in acts:
        if act.name == "svu.utskrivning":
            last = act.sequence
        elif act.name == "svu.utskrivning_angrad" and last is not None:
            found.append((last, act.sequence))
            last = None
    return found


def _latest(case: Case, acts: Sequence[StoredAct]) -> dict[str, int]:
    """Name → the number of the message that stands. A published inskrivning is not replaced by one after the discharge."""
    acts = [act for act in acts if may_read(case, act.name)]
    found = {act.name: act.sequence for act in acts if act.name in _LATEST}
    informed = [act.sequence for act in acts if any(name == "informed" for name, _ in act.events)]
    if informed:
        found["information"] = informed[-1]
    if "inskrivning" in case.steps:
        found["svu.inskrivning"] = case.steps["inskrivning"]["sequence"]
    if (consent_at := case.consent().at) is not None:
        found["samtycke"] = consent_at
    if case.status != "discharged":
        found.pop("svu.utskrivning", None)
    if case.state.sip_approved is None:
        found.pop("svu.sip_stallning", None)
    return found


def whole(
    case: Case,
    asker: Asker,
    reach: Reach,
    acts: Sequence[StoredAct],
    messages: Mapping[int, Seen],
    directory: Directory,
    *,
    changed_at: datetime,
    archived: bool,
    now: datetime,
) -> dict[str, Any]:
    """The whole case as the asker sees it; ``case`` is that already (``disclosure``). Nothing of it is a draft of another
    party (C-52). The law's clock is not shown where its dates may not be.
    """
    unit = asker.unit.hsa
    latest = {name: messages[number] for name, number in _latest(case, acts).items() if number in messages}
    return {
        **head(case, changed_at=changed_at, archived=archived),
        "access": {"ground": reach.ground, "read_only": not reach.takes_part, "logged": True},
        "person": person(case),
        "time": time_of(case),
        "steps": steps(case, unit, directory),
        "att_gora": to_do(case, unit, asker.role, directory) if reach.takes_part else [],
        "may": list(may(case, unit, directory, now)) if reach.takes_part else [],
        "participants": [p | _duties(p, directory) for p in participants(case, directory)],
        "readers": _readers(case),
        "information": _consent(latest, "information", directory),
        "samtycke": _consent(latest, "samtycke", directory),
        "inskrivning": _document(
            latest.get("svu.inskrivning"), directory, ("admitted_at", "reason", "placement", "draft")
        ),
        "kartlaggning": _fields(case, "kartlaggning", messages, directory),
        "kartlaggning_written": kartlaggning(case, _last_writer(case, messages, directory)),
        STALLNINGSTAGANDE: _statement(case, latest, messages, directory),
        "utskrivning": _document(latest.get("svu.utskrivning"), directory, None),
        "undone_discharges": [
            {**discharge, "undone": undone}
            for pair in _undone(acts)
            for discharge, undone in [[_document(messages.get(number), directory, None) for number in pair]]
            if discharge is not None and undone is not None
        ],
        "vardkontakter": contacts(case, directory),
        "outsiders": _outsiders(case, messages),
        "contacts": _contacts(case, messages),
        "counts": counts(case),
        "addressing": _addressing(case, latest.get("adressering")),
        "deadlines": [{"name": key, "due": due} for key, due in sorted(case.due.items(), key=lambda item: item[1])],
        "deadlines_passed": [{"name": key, "due": due} for key, due in sorted(case.fired.items())],
        "liability": None if case.narrow else _liability(case, acts, directory, now),
    }


def _duties(participant: Mapping[str, Any], directory: Directory) -> dict[str, Any]:
    """C-1: what each of its roles in the case answers for."""
    entry = directory.unit_by_hsa.get(participant["unit"])
    roles = {} if entry is None else entry.roles
    return {
        "responsibilities": {
            role: {step: list(acts) for step, acts in roles.get(role, {}).items()} for role in participant["roles"]
        }
    }


def _document(one: Seen | None, directory: Directory, names: Sequence[str] | None) -> dict[str, Any] | None:
    if one is None:
        return None
    said = words(one.message.data)
    shown = said if names is None else {name: said[name] for name in names if name in said}
    return {**shown, "sequence": one.sequence, "by": one.by(directory)}


def _consent(latest: Mapping[str, Seen], name: str, directory: Directory) -> dict[str, Any] | None:
    """A message of its own, or a part of an inskrivning."""
    one = latest.get(name)
    if one is None:
        return None
    said = getattr(one.message.data, name, None) or one.message.data
    shown = {key: value for key, value in words(said).items() if key != "patient"}
    return {**shown, "sequence": one.sequence, "by": one.by(directory)}


def _fields(case: Case, document: str, messages: Mapping[int, Seen], directory: Directory) -> dict[str, Any]:
    written = case.state.fields.get(document, {})
    return fields({name: (v, sequence) for name, (v, sequence, *_) in written.items()}, document, messages, directory)


def _last_writer(case: Case, messages: Mapping[int, Seen], directory: Directory) -> dict[str, Any] | None:
    written = [
        sequence for _, sequence, *_ in case.state.fields.get("kartlaggning", {}).values() if sequence in messages
    ]
    return messages[max(written)].by(directory) if written else None


def _statement(
    case: Case, latest: Mapping[str, Seen], messages: Mapping[int, Seen], directory: Directory
) -> dict[str, Any]:
    answer = latest.get("svu.sip_stallning")
    return {
        **{
            party: _fields(case, f"{STALLNINGSTAGANDE}.{party}", messages, directory)
            for party in ("slutenvard", "oppenvard", "kommun")
        },
        "klarmarkerad": case.state.klarmarkerad,
        "sip_position": case.state.sip_position,
        "sip_approved": case.state.sip_approved,
        "sip_answer": None if answer is None else _document(answer, directory, None),
    }


def _outsiders(case: Case, messages: Mapping[int, Seen]) -> list[Any]:
    """C-15; C-62: none of a person with protected identity."""
    one = None if case.outsiders is None or case.blocked else messages.get(case.outsiders)
    return [] if one is None else words(one.message.data)["people"]


def _contacts(case: Case, messages: Mapping[int, Seen]) -> list[Any]:
    """SA-5; C-62: none of a person with protected identity."""
    found = [] if case.blocked else [messages.get(sequence) for sequence in case.contacts.values()]
    return [{k: v for k, v in words(one.message.data).items() if k != "change"} for one in found if one is not None]


_ADDRESSED = ("outcome", "health_centre", "municipality", "municipality_unit", "county", "why")


def _addressing(case: Case, one: Seen | None) -> dict[str, Any]:
    said = {} if one is None else words(one.message.data)
    return {
        "outcome": case.addressed,
        "manual": case.in_manual_queue,
        "registered": case.registered,
        "placement": case.state.placement or None,
        "answer": {name: said[name] for name in _ADDRESSED if name in said} or None,
    }


def _liability(case: Case, acts: Sequence[StoredAct], directory: Directory, now: datetime) -> dict[str, Any]:
    """Law 2017:612, chapters 4 and 5: from which day, or for want of what."""
    agreement = directory.agreement_of(case.opened_by)
    found = liability([act.events for act in acts], agreement, local_day(now), times=[act.received_at for act in acts])
    shown: dict[str, Any] = to_jsonable_python(found)
    return shown


def _readers(case: Case) -> list[dict[str, str]]:
    """Who takes no part and may read (C-5): a unit, or one person in a role until a time."""
    units = [{"unit": unit, "ground": ground, "at": at} for unit, (ground, at) in case.access.items()]
    persons = []
    for key, (ground, at, until) in case.granted.items():
        unit, actor, role = key.split(" ")
        persons.append({"unit": unit, "actor": actor, "role": role, "ground": ground, "at": at, "until": until})
    return units + persons
