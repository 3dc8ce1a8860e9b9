"""One case as a row of a list (C-30, C-31), or as process, status and läsläge where the unit takes no part (C-5). Pure;
imports the rules and the language only.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from hub.processes.engine.awaited import Awaited
from hub.processes.engine.case import Case
from hub.processes.engine.process import process_of_case
from hub.processes.engine.record import CaseRecord, ShownMessage, name_of
from hub.processes.engine.unit_view import ANSWER, able, as_configured, speakers, view_of
from hub.processes.shared.audience import organisation_takes_part
from hub.processes.shared.disclosure import readable
from schemas.directory import Directory, Unit


def row(
    case: Case,
    unit: Unit,
    role: str,
    directory: Directory,
    *,
    now: datetime,
    changed_at: datetime,
    archived: bool,
    messages: Mapping[int, ShownMessage],
) -> dict[str, Any]:
    """A case of the unit's own, as far as the unit may see it; ``att_gora`` holds the acts that the role may do. ``messages``: those
    that the process's sections need in a list.
    """
    case = readable(as_configured(case, directory), unit.hsa, "deltar")
    record = CaseRecord(case, (), messages, directory, now)
    return {
        **head(case, unit.hsa, changed_at=changed_at, archived=archived),
        "person": person(case),
        "steps": view_of(case, unit.hsa, directory, now).colours,
        "att_gora": to_do(case, unit.hsa, role, directory),
        "participants": participants(case, directory),
        "counts": counts(case),
        **process_of_case(case).sections.of_row(record),
    }


def stub(case: Case, unit: Unit, directory: Directory) -> dict[str, Any]:
    """C-5: process, status and läsläge only, and what would open it; the case's id is what ``atkomst`` is sent on."""
    within = organisation_takes_part(case, unit, directory)
    return {
        "case": case.id,
        "process": case.process,
        "status": case.status,
        "laslage": True,
        "access": ["aktivt_val"] if within else ["samtycke", "menprovning"],
    }


def head(case: Case, unit: str, *, changed_at: datetime, archived: bool) -> dict[str, Any]:
    """What names a case and how it stands, as a unit may know it."""
    return {
        "case": case.id,
        "process": case.process,
        "status": case.status,
        "archived": archived,
        "changed_at": changed_at,
        "sequence": case.last_known_to(unit),
        "published": case.published,
    }


def person(case: Case) -> dict[str, Any]:
    """C-60; C-62: of one with protected identity neither address nor phone."""
    shown = ("personnummer", "name") if case.blocked else ("personnummer", "name", "address", "phone")
    return {name: case.person[name] for name in shown if name in case.person} | {
        "protected": case.blocked,
        "deceased": case.deceased,
    }


def awaited(case: Case, unit: str) -> list[dict[str, Any]]:
    """The acts that a case awaits of a unit, by name (C-31)."""
    acts = [_act(one) for one in case.awaited.values() if unit in one.by]
    return acts + _messages(case, unit)


def _act(one: Awaited) -> dict[str, Any]:
    return {"act": ANSWER[one.act], "step": one.step, "message": one.message, "since": one.since}


def _messages(case: Case, unit: str) -> list[dict[str, Any]]:
    """The free messages that await a unit's kvittens, as one act (C-40)."""
    count = case.unanswered.get(unit)
    return [] if count is None else [{"act": "kvittens", "of": "meddelande", "count": count}]


def to_do(case: Case, unit: str, role: str, directory: Directory) -> list[dict[str, Any]]:
    """The acts awaited of a unit that a role may do (C-1, C-31)."""
    acts = [
        _act(one)
        for one in case.awaited.values()
        if unit in one.by and role in able(case, unit, one.step, one.act, directory)
    ]
    return acts + (_messages(case, unit) if role in speakers(case, unit, directory) else [])


def participants(case: Case, directory: Directory) -> list[dict[str, Any]]:
    """Who takes part, in which roles, and what awaits each."""
    return [
        {
            "unit": unit,
            "name": name_of(unit, directory),
            "party": participant["party"],
            "roles": participant["roles"],
            "awaits": [act["act"] for act in awaited(case, unit) if "step" in act or speakers(case, unit, directory)],
        }
        for unit, participant in case.participants.items()
    ]


def counts(case: Case) -> dict[str, int]:
    """How many free messages and files there are (C-31)."""
    return {name: case.counts.get(name, 0) for name in ("messages", "files")}
