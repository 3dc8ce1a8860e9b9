"""What a SIP proposes for a call or an initiativ: receivers and participants, as the region chooses them (P-4). Pure; imports the
engine's record and the state only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from hub.processes.engine.case import Case
from hub.processes.engine.proposals import Proposals
from hub.processes.engine.record import CaseRecord
from hub.processes.profiles.sip import SIP_PROFILES, ProposedReceivers
from hub.processes.sip.call import ACTORS
from hub.processes.sip.state import standing_meetings

CALL, INITIATIV = "sip.kallelse", "sip.initiativ"
ADDRESSING = "adressering"
_Found = dict[str, dict[str, Any]]
"""Unit → why it is proposed, and the professions that were wanted of it."""


class SipProposals(Proposals):
    """SIP's proposals."""

    messages = (CALL, INITIATIV)

    def of(self, record: CaseRecord, unit: str, message: str, kind: str) -> dict[str, Sequence[Mapping[str, Any]]]:
        """For a call by the region's own choice; for an initiativ what the registers suggest, beside those who are in already."""
        case = record.case
        chosen = _CHOICES["participants" if message == INITIATIV else SIP_PROFILES[case.profile].proposes](record)
        if message == INITIATIV:
            chosen |= _suggested(record)
        if SIP_PROFILES[case.profile].addressing == "suggests" and unit != case.opened_by:
            chosen = {each: why for each, why in chosen.items() if why["why"] != ADDRESSING}
        known = record.directory.unit_by_hsa
        receivers = [
            {
                "unit": each,
                "name": known[each].name,
                "party": known[each].party,
                "ingar": each in case.participants,
                **why,
            }
            for each, why in chosen.items()
            if each != unit and each in known
        ]
        rows = [] if message == INITIATIV else _rows(case)
        if kind == ACTORS:
            rows = [row for row in rows if "unit" in row]
        return {"receivers": receivers, "participants": rows}

    def linked(self, case: Case) -> Sequence[str]:
        """Every linked case of another process."""
        return [id_ for id_, link in case.links.items() if link["process"] != case.process]


def _participants(record: CaseRecord) -> _Found:
    """All who take part; in a region where receivers decline, those who declined take part no more."""
    return {unit: {"why": "deltar"} for unit in record.case.participants}


def _last_meeting(record: CaseRecord) -> _Found:
    """Those who were called to the last meeting, and who called; before the first, all who take part."""
    last = _last(record.case)
    if last is None:
        return _participants(record)
    units: Iterable[str] = [*last.get("receivers", {}), last.get("caller", "")]
    return {unit: {"why": "senaste_mote", **_wanted(last, unit)} for unit in units}


def _called_before(record: CaseRecord) -> _Found:
    """Before the first call those who were added by hand and whom the registers suggest; then all who take part."""
    if _last(record.case) is None:
        return _participants(record) | _suggested(record)
    last = _last(record.case) or {}
    return {unit: {**why, **_wanted(last, unit)} for unit, why in _participants(record).items()}


_CHOICES: Mapping[ProposedReceivers, Callable[[CaseRecord], _Found]] = {
    "participants": _participants,
    "last_meeting": _last_meeting,
    "called_before": _called_before,
}


def _suggested(record: CaseRecord) -> _Found:
    """The health centre and the municipality that the registers named last, where the unit may read their answer."""
    answers = [one for one in record.messages.values() if one.message.name == ADDRESSING]
    if not answers:
        return {}
    said: Any = max(answers, key=lambda one: one.sequence).message.data
    units = [said.health_centre, said.municipality_unit]
    return {unit: {"why": ADDRESSING} for unit in units if unit is not None and unit not in record.case.participants}


def _last(case: Case) -> Mapping[str, Any] | None:
    """The last meeting of the case, by the number of its last change; not an actors' meeting."""
    found = [one for _, one in standing_meetings(case) if one["kind"] != ACTORS]
    return max(found, key=lambda one: one["sequence"], default=None)


def _wanted(call: Mapping[str, Any], unit: str) -> dict[str, Any]:
    professions = call.get("receivers", {}).get(unit, {}).get("professions")
    return {"professions": list(professions)} if professions else {}


def _rows(case: Case) -> list[dict[str, Any]]:
    """The persons of the last meeting: those who came, before it those who were expected; nobody who stayed away."""
    last = _last(case)
    if last is None:
        return []
    rows = last.get("attended", last.get("participants", ()))
    return [
        {name: value for name, value in row.items() if name != "present"} for row in rows if row.get("present", True)
    ]
