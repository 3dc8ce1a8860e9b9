"""The answer to a search of a person, and a unit's cases as rows (C-5, C-31). Pure; imports the rules, the views and the
store's plain rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from hub.processes.engine.decide import may_open
from hub.processes.engine.process import Process
from hub.processes.registry import PROCESSES
from hub.processes.shared.registers import protected_or_deceased
from hub.store.lists import Found
from hub.views.access import Asker, may_be_known
from hub.views.rows import row, stub
from hub.views.written import shown_messages
from schemas.directory import Directory
from schemas.hub_messages import Adressering


def search_answer(
    found: Sequence[Found], asker: Asker, directory: Directory, now: datetime, said: Adressering | None
) -> dict[str, Any]:
    """Of all cases of a person, those that the unit may know of, and whether it may open one of each process; ``said``: what the
    registers are known to say of the person.
    """
    has_one = {one.case.process for one in found if one.case.status == "open"}
    return {
        "cases": rows(found, asker, directory, now),
        "may_open": {
            name: _may_open(process, asker, said, has_one=name in has_one) for name, process in PROCESSES.items()
        },
    }


def rows(found: Sequence[Found], asker: Asker, directory: Directory, now: datetime) -> list[dict[str, Any]]:
    """The unit's own cases whole, others' as process, status and läsläge (C-5)."""
    return [
        row(
            one.case,
            asker.unit,
            asker.role,
            directory,
            now=now,
            changed_at=one.changed_at,
            archived=one.archived,
            messages=shown_messages(one.messages.values(), one.case, asker.unit.hsa),
        )
        if is_own(one, asker)
        else stub(one.case, asker.unit, directory)
        for one in found
        if may_be_known(one.case, asker.unit)
    ]


def is_own(found: Found, asker: Asker) -> bool:
    """C-4: the unit takes part, and the role asked in is one of its roles there."""
    participant = found.case.participants.get(asker.unit.hsa)
    return participant is not None and asker.role in participant["roles"]


def _may_open(process: Process, asker: Asker, said: Adressering | None, *, has_one: bool) -> dict[str, Any]:
    """C-31: by the process's table, by what the registers have said of the person, and by the open case that the person has."""
    refused = may_open(process, asker.unit.party, has_one=has_one)
    if refused is None and said is not None:
        refused = protected_or_deceased(said.outcome)
    if refused is None:
        return {"allowed": True}
    return {"allowed": False, "rule": refused.rule, "text": {"sv": refused.sv, "en": refused.en}}
