"""A case with everything that stands in it now, for one unit (C-30, C-31, C-60). Pure; imports the rules, the clocks and the
language only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from hub.processes.engine.case import Case
from hub.processes.engine.process import process_of_case, sharing_consent, sharing_kind, standing
from hub.processes.engine.record import Act, CaseRecord, ShownMessage, words
from hub.processes.engine.unit_view import may
from hub.processes.shared.disclosure import may_read
from hub.views.access import Asker, Reach
from hub.views.calendar import calendar_section
from hub.views.rows import counts, head, participants, person, to_do
from hub.views.steps import steps
from schemas.directory import Directory


def needed(case: Case, acts: Sequence[Act]) -> set[int]:
    """The numbers of the messages in which what stands now is written, and of those that the process's sections show."""
    readable = _readable(case, acts)
    core = (_informed(readable), sharing_consent(case).at, _addressed(readable))
    return {
        *standing(case),
        *(number for number in core if number is not None),
        *process_of_case(case).sections.needed(case, acts),
    }


def _readable(case: Case, acts: Sequence[Act]) -> list[Act]:
    return [act for act in acts if may_read(case, act.name, act.events)]


def _informed(acts: Sequence[Act]) -> int | None:
    """The last registration of what the person was told (C-20), alone or inside another message."""
    return next((act.sequence for act in reversed(acts) if any(name == "informed" for name, _ in act.events)), None)


def _addressed(acts: Sequence[Act]) -> int | None:
    return next((act.sequence for act in reversed(acts) if act.name == "adressering"), None)


def whole(
    case: Case,
    asker: Asker,
    reach: Reach,
    acts: Sequence[Act],
    messages: Mapping[int, ShownMessage],
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
    readable = _readable(case, acts)
    record = CaseRecord(case, acts, messages, directory, now)
    return {
        **head(case, unit, changed_at=changed_at, archived=archived),
        "access": {"ground": reach.ground, "read_only": not reach.takes_part, "logged": True},
        "person": person(case),
        "steps": steps(case, unit, directory),
        "att_gora": to_do(case, unit, asker.role, directory) if reach.takes_part else [],
        "may": list(may(case, unit, directory, now)) if reach.takes_part else [],
        "participants": [p | _duties(p, directory) for p in participants(case, directory)],
        "readers": _readers(case),
        "information": _consent(record, _informed(readable), "information"),
        "samtycke": _consent(record, sharing_consent(case).at, "samtycke"),
        "outsiders": _outsiders(case, messages),
        "contacts": _contacts(case, messages),
        "counts": counts(case),
        "links": [{"case": id_, **link} for id_, link in case.links.items()],
        "addressing": _addressing(record, _addressed(readable), unit),
        "deadlines": [{"name": key, "due": due} for key, due in sorted(case.due.items(), key=lambda item: item[1])],
        "calendar": calendar_section(case, unit),
        "deadlines_passed": [{"name": key, "due": due} for key, due in sorted(case.fired.items())],
        **process_of_case(case).sections.of_case(record),
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


def _consent(record: CaseRecord, sequence: int | None, name: str) -> dict[str, Any] | None:
    """What a message of its own says, or the part of that name of another."""
    one = None if sequence is None else record.messages.get(sequence)
    if one is None:
        return None
    said = getattr(one.message.data, name, None) or one.message.data
    if isinstance(said, tuple):  # one of each kind came in one message
        kind = process_of_case(record.case).consent_kind
        said = next(each for each in said if kind(each) == sharing_kind(record.case))
    shown = {key: value for key, value in words(said).items() if key != "patient"}
    filled_in = sharing_consent(record.case).record if name == "samtycke" else {}  # SA-3: what the hub says of it
    return {**shown, **filled_in, "sequence": one.sequence, "by": one.by(record.directory)}


def _outsiders(case: Case, messages: Mapping[int, ShownMessage]) -> list[Any]:
    """C-15; C-62: none of a person with protected identity."""
    one = None if case.outsiders is None or case.blocked else messages.get(case.outsiders)
    return [] if one is None else words(one.message.data)["people"]


def _contacts(case: Case, messages: Mapping[int, ShownMessage]) -> list[Any]:
    """SA-5; C-62: none of a person with protected identity."""
    found = [] if case.blocked else [messages.get(sequence) for sequence in case.contacts.values()]
    return [{k: v for k, v in words(one.message.data).items() if k != "change"} for one in found if one is not None]


_ADDRESSED = ("outcome", "health_centre", "municipality", "municipality_unit", "county", "why")


def _addressing(record: CaseRecord, sequence: int | None, unit: str) -> dict[str, Any]:
    """What the registers said; where it only suggests whom to ask, it is the opener's alone (P-4)."""
    case, process = record.case, process_of_case(record.case)
    suggests = process.addressing(process.profiles[case.profile]) == "suggests"
    said = {} if suggests and unit != case.opened_by else record.document(sequence) or {}
    return {
        "outcome": case.addressed,
        "manual": case.in_manual_queue,
        "registered": case.registered,
        **process.sections.of_addressing(case),
        "answer": {name: said[name] for name in _ADDRESSED if name in said} or None,
    }


def _readers(case: Case) -> list[dict[str, str]]:
    """Who takes no part and may read (C-5): a unit, or one person in a role until a time."""
    units = [{"unit": unit, "ground": ground, "at": at} for unit, (ground, at) in case.access.items()]
    persons = []
    for key, (ground, at, until) in case.granted.items():
        unit, actor, role = key.split(" ")
        persons.append({"unit": unit, "actor": actor, "role": role, "ground": ground, "at": at, "until": until})
    return units + persons
