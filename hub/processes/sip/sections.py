"""What a SIP shows beside the core: its state and phase, who coordinates, its meetings, documents, versions and links (C-30, C-31, C-50,
PR-12, SA-5). Pure; imports the engine's record and the state only.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hub.processes.engine.case import Case
from hub.processes.engine.record import Act, CaseRecord, name_of
from hub.processes.engine.sections import Sections
from hub.processes.profiles.sip import SIP_PROFILES
from hub.processes.sip.contents import CONTENTS
from hub.processes.sip.kartlaggning import DOCUMENT
from hub.processes.sip.meetings_shown import latest_meeting, meeting_messages, meetings
from hub.processes.sip.state import ACCEPTED, DECLINED, sip


class SipSections(Sections):
    """SIP's sections."""

    def needed(self, case: Case, acts: Sequence[Act]) -> set[int]:
        """The messages in which the documents, the answers and the end are written."""
        own = sip(case)
        written_in = {written[1] for one in own.documents.values() for written in one.get("fields", {}).values()}
        said = {act.sequence for act in acts if act.name == "sip.svar" and not case.narrow}
        at = {own.initiativ.get("sequence"), own.ended.get("sequence"), last_written(case)} - {None}
        return {*written_in, *said, *meeting_messages(case), *(number for number in at if number is not None)}

    def of_case(self, record: CaseRecord) -> dict[str, Any]:
        """Everything that only a SIP has."""
        case, own = record.case, sip(record.case)
        return {
            **self.of_row(record),
            "kind": own.kind,
            "initiativ": _initiativ(record),
            "receivers": _receivers(record),
            "samtycken": {kind or "sip": dict(one.record) for kind, one in case.consents.items() if one.record},
            "meetings": meetings(record),
            "documents": _documents(record),
            "versions": _versions(case),
            "approval": dict(own.approval) or None,
            "valid": dict(own.last_valid) or None,
            "states": [] if case.narrow else _states(record.acts),
            "ended": _ended(record),
        }

    def needed_in_a_list(self, case: Case) -> set[int]:
        """The message that wrote in the kartlaggning last."""
        number = last_written(case)
        return set() if number is None else {number}

    def of_row(self, record: CaseRecord) -> dict[str, Any]:
        """The state and phase, the latest meeting's day and time, who coordinates, the kartlaggning's last change (C-31)."""
        case, own = record.case, sip(record.case)
        return {
            "profile": case.profile,
            "state": own.state,
            "phase": SIP_PROFILES[case.profile].phases.get(own.state),
            "samordningsansvarig": _coordinator(record),
            "meeting": latest_meeting(case),
            "plan_version": None if case.narrow else own.version,
            "kartlaggning": _kartlaggning(record),
        }


def last_written(case: Case) -> int | None:
    """The number of the message that wrote in the kartlaggning last; None before anyone has."""
    fields = sip(case).documents.get(DOCUMENT, {}).get("fields", {})
    return max((sequence for _, sequence, _ in fields.values()), default=None)


def _kartlaggning(record: CaseRecord) -> dict[str, Any]:
    last = record.messages.get(last_written(record.case) or 0)
    by = None if last is None else last.by(record.directory)
    return {
        "begun_at": record.case.steps.get(DOCUMENT, {}).get("at"),
        "changed_at": None if by is None else by["received_at"],
        "changed_by": by,
    }


def _coordinator(record: CaseRecord) -> dict[str, Any] | None:
    """P-21: person, unit and contact details; of a region where the unit coordinates maybe the unit alone."""
    found = sip(record.case).coordinator
    return {**found, "unit_name": name_of(found["unit"], record.directory)} if found else None


def _initiativ(record: CaseRecord) -> dict[str, Any] | None:
    """What the initiativ said beside the patient and the consent, and who sent it."""
    own = sip(record.case)
    if not own.initiativ:
        return None
    said = {name: value for name, value in own.initiativ.items() if name not in {"source", "message"}}
    message = record.messages.get(own.initiativ.get("sequence", 0))
    return {**said, "sent": own.sent, "by": None if message is None else message.by(record.directory)}


def _receivers(record: CaseRecord) -> list[dict[str, Any]]:
    """PR-12: each unit that was asked whether it takes part, or informed, and what it has answered last, those that declined too."""
    answers: dict[str, dict[str, Any]] = {}
    for act in record.acts:
        one = record.messages.get(act.sequence) if act.name == "sip.svar" else None
        if one is not None:
            data: Any = one.message.data
            answers[one.message.unit] = {
                "comment": data.comment,
                "suggested_unit": data.suggested_unit,
                "by": one.by(record.directory),
            }
    silent: dict[str, Any] = {"comment": None, "suggested_unit": None, "by": None}
    return [
        {
            "unit": unit,
            "name": name_of(unit, record.directory),
            "answer": answer,
            **(answers.get(unit, silent) if answer in {ACCEPTED, DECLINED} else silent),
        }
        for unit, answer in sip(record.case).asked.items()
    ]


def _documents(record: CaseRecord) -> dict[str, Any]:
    """The documents written beside the plan and the locks of all (PR-5): status, who holds the lock, version, fields with their words."""
    return {
        name: {
            "status": one.get("status"),
            "unit": one.get("unit"),
            "version": one.get("version", 1),
            "archived": [number for number, _ in one.get("archived", ())],
            "fields": CONTENTS.written(
                {field: (version, sequence) for field, (version, sequence, _) in one.get("fields", {}).items()},
                name,
                record.messages,
                record.directory,
            ),
        }
        for name, one in sip(record.case).documents.items()
    }


def _versions(case: Case) -> list[dict[str, Any]]:
    """The plan's versions, the newest first (E-7), with the address of each."""
    if case.narrow:
        return []
    own, address = sip(case), f"/cases/{case.id}/plan"
    current = {"version": own.version, "current": True, "state": own.state, "closed_at": None, "address": address}
    archived = [
        {
            "version": one["version"],
            "current": False,
            "state": one["state"],
            "closed_at": one["at"],
            "address": f"{address}?version={one['version']}",
        }
        for one in own.versions
    ]
    return [current, *reversed(archived)]


def _states(acts: Sequence[Act]) -> list[dict[str, Any]]:
    """The states that the SIP has been in, the newest first, each with the plan's version (SAMSA's SIPhistorik)."""
    found: list[dict[str, Any]] = []
    version = 0
    for act in acts:
        for name, facts in act.events:
            if name == "sip_opened":
                version = facts["version"]
            elif name == "version_closed":
                version += 1
            if name in {"sip_opened", "moved", "sip_ended"}:
                state = facts.get("state", "avslutad")
                found.append({"state": state, "version": version, "sequence": act.sequence, "at": act.received_at})
    return found[::-1]


def _ended(record: CaseRecord) -> dict[str, Any] | None:
    """When and by which act it ended, or by which rule it ended by itself."""
    ended = sip(record.case).ended
    if not ended:
        return None
    said = record.document(ended["sequence"], ("reason", "at_persons_wish"))
    return {"at": ended["at"], "rule": ended.get("why"), **(said or {"sequence": ended["sequence"], "by": None})}
