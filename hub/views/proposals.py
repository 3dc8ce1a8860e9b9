"""What is proposed for a message before it is written (P-4). Pure; imports the processes only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from hub.errors import Refused
from hub.processes.engine.case import Case
from hub.processes.engine.process import listed, process_of_case
from hub.processes.engine.record import CaseRecord, name_of
from hub.processes.engine.unit_view import as_configured
from hub.processes.shared.disclosure import knows, readable
from hub.views.access import Asker
from schemas.directory import Directory

_NO_PROPOSALS = Refused(
    "P-4",
    "Ärendets process ger inga förslag.",
    "The process of the case makes no proposals.",
    "/case",
    404,
)


def proposes_for(case: Case, message: str) -> None:
    """Raises ``Refused`` 400 or 404 where the process makes no proposals for such a message."""
    known = process_of_case(case).proposals.messages
    if not known:
        raise replace(_NO_PROPOSALS)
    if message not in known:
        sv, en = (f"Förslag finns för {listed(known, 'och')}.", f"There are proposals for {listed(known, 'and')}.")
        raise Refused("P-4", sv, en, "/message", 400)


def proposed(record: CaseRecord, asker: Asker, message: str, kind: str, linked: Iterable[Case]) -> dict[str, Any]:
    """Receivers, participants and coordinators; of a linked case in which the unit takes no part nothing is proposed (§9)."""
    process = process_of_case(record.case)
    return {
        "message": message,
        "kind": kind,
        **process.proposals.of(record, asker.unit.hsa, message, kind),
        "samordningsansvarig": _coordinators(linked, asker, record.directory),
    }


def _coordinators(linked: Iterable[Case], asker: Asker, directory: Directory) -> Sequence[dict[str, Any]]:
    unit, found = asker.unit.hsa, []
    for case in linked:
        if case.status not in process_of_case(case).lasting or unit not in case.participants or not knows(case, unit):
            continue
        seen = readable(as_configured(case, directory), unit, "deltar")
        found += [
            {**one, "unit_name": name_of(one["unit"], directory), "case": case.id}
            for one in process_of_case(seen).proposals.coordinators(seen)
        ]
    return found
