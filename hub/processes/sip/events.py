"""What happens in a SIP beside what happens in every case. Imports the engine's and the shared events only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hub.processes.engine.awaited import Awaited
from hub.processes.engine.case import Case
from hub.processes.engine.events import ENGINE, left, revoked
from hub.processes.shared.koppling import LINKS
from hub.processes.shared.person_events import PERSON
from hub.processes.sip.element_events import PLAN, edited
from hub.processes.sip.state import ACCEPTED, ASKED, DECLINED, INFORMED, SEND, sip


def _sip_opened(case: Case, *, state: str, kind: str, version: int, initiativ: dict[str, Any]) -> None:
    own = sip(case)
    own.state, own.kind, own.version = state, kind, version
    own.initiativ = {**initiativ, "sequence": case.sequence}


def _sip_sent(case: Case) -> None:
    sip(case).sent = True


def _moved(case: Case, *, state: str) -> None:
    """The SIP stands in another state of its region."""
    sip(case).state = state


def _invited(case: Case, *, units: list[str], informed: list[str]) -> None:
    """P-2: units are asked whether they take part, or informed; one that declined may be asked anew."""
    sip(case).asked.update({unit: INFORMED if unit in informed else ASKED for unit in units})


def _accepted(case: Case, *, unit: str) -> None:
    sip(case).asked[unit] = ACCEPTED


def _declined(case: Case, *, unit: str) -> None:
    """P-2, PR-12: the unit is out of the case, and the sender sees that it said no."""
    sip(case).asked[unit] = DECLINED


def _left(case: Case, *, unit: str) -> None:
    left(case, unit=unit)
    own = sip(case)
    own.asked.pop(unit, None)
    for meeting in own.meetings.values():
        meeting.get("receivers", {}).pop(unit, None)
    if own.coordinator.get("unit") == unit:
        own.coordinator = {}
    for document in own.documents.values():
        if document.get("status") == "written" and document.get("unit") == unit:
            # PR-5: nobody could free the lock but the coordinator; what was saved stays.
            document["status"], document["unit"] = "signed", None


def _coordinator(case: Case, *, change: str, unit: str, **facts: Any) -> None:
    own = sip(case)
    own.coordinator = {} if change == "borttagen" else {"unit": unit, **facts, "sequence": case.sequence}


def _meeting(case: Case, *, id: str, set: dict[str, Any]) -> None:  # noqa: A002 - the meeting's own words
    """A call is saved, sent or changed; a field set to null is gone. Its versions count from when it was sent."""
    meeting = sip(case).meetings.setdefault(id, {"version": 0, "answers": {}, "written": {}})
    meeting["sequence"] = case.sequence
    if "sent" in meeting or "sent" in set:
        meeting["version"] += 1
    for name, value in set.items():
        meeting["written"][name] = [meeting["version"], case.sequence]
        if value is None:
            meeting.pop(name, None)
        else:
            meeting[name] = value
    if set.get("held"):
        meeting.setdefault("held_in", case.sequence)


def _saved_call(case: Case, *, key: str, step: str, source: str, message: str, at: str, unit: str) -> None:
    """A call is saved: its unit is to send it, and the step is begun for that unit alone (``disclosure.without_drafts``)."""
    case.steps.setdefault(step, {"sequence": case.sequence, "source": source, "message": message, "at": at})
    awaits = [unit] if unit in case.participants else []  # nothing awaits a ward that acts from outside (C-6)
    case.awaited[key] = Awaited(step, SEND, awaits, message, source, case.sequence, at)


def _meeting_answered(case: Case, *, id: str, unit: str) -> None:  # noqa: A002
    sip(case).meetings[id]["answers"].setdefault(unit, []).append(case.sequence)


def _wrote(case: Case, *, document: str, fields: list[str], removed: list[str], unit: str) -> None:
    written = sip(case).documents.setdefault(document, {}).setdefault("fields", {})
    for name in fields:
        version = written[name][0] + 1 if name in written else 1
        written[name] = [version, case.sequence, unit]
    for name in removed:
        written.pop(name, None)


def _document(case: Case, *, document: str, status: str, unit: str | None = None) -> None:
    """A document is written by a unit that holds its lock, signed, or locked for all (C-53)."""
    stands = sip(case).documents.setdefault(document, {})
    stands["status"] = status
    stands["unit"] = unit
    if document == "plan" and status == "locked":
        sip(case).locked_once = True


def _document_anew(case: Case, *, document: str) -> None:
    """The document begins anew; the old one is archived as it was."""
    stands = sip(case).documents.get(document, {})
    version = stands.get("version", 1)
    archived = [*stands.get("archived", []), [version, case.sequence - 1]]
    sip(case).documents[document] = {"version": version + 1, "archived": archived}


def _activated(case: Case) -> None:
    sip(case).activated = True


def _approving(case: Case) -> None:
    sip(case).approval = {}


def _approved(case: Case, *, unit: str, at: str, **said: Any) -> None:
    own = sip(case)
    own.approval = {**own.approval, **said, "unit": unit, "at": at, "sequence": case.sequence}


def _approval_lost(case: Case) -> None:
    sip(case).approval = {}


def _valid(case: Case, *, version: int, at: str, approval: dict[str, Any] | None = None) -> None:
    """A version of the plan is valid from now on."""
    own = sip(case)
    own.last_valid = {"version": version, "at": at, "sequence": case.sequence}
    if approval is not None:
        own.last_valid["approval"] = approval


def _version_closed(case: Case, *, carries_over: bool, at: str, until: int | None = None) -> None:
    """E-7: the version is archived as it is, or as it was at ``until``, and the next begins, with all living elements or empty."""
    own = sip(case)
    closed = case.sequence - 1 if until is None else until
    own.versions.append({"version": own.version, "until": closed, "state": own.state, "at": at})
    own.version += 1
    own.begun_at = case.sequence
    own.approval = {}
    own.locked_once = own.activated = False
    if not carries_over:
        # Nothing but the plan's own fields goes on: the day of the follow-up was said at the last meeting.
        own.living = {PLAN: own.living[PLAN]} if PLAN in own.living else {}
        own.size, own.unsigned = sum(len(value) for value in own.plan.values()), 0


def _saved(case: Case, *, incomplete: list[str], unsent: bool) -> None:
    sip(case).incomplete, sip(case).unsent = list(incomplete), unsent


def _steps_begun_anew(case: Case, *, steps: list[str]) -> None:
    saved = {one.step: one for one in case.awaited.values() if one.act == SEND}
    for step in steps:
        case.steps.pop(step, None)
        if step in saved:  # a saved call still waits to be sent
            one = saved[step]
            case.steps[step] = {"sequence": one.sequence, "source": one.source, "message": one.message, "at": one.since}


def _outsiders_named(case: Case, *, people: dict[str, bool]) -> None:
    sip(case).outsiders = dict(people)


def _blocked(case: Case, *, at: str) -> None:
    """C-62: what points to the person or its relatives goes at once."""
    PERSON["blocked"](case, at=at)
    own = sip(case)
    own.outsiders = {}
    own.initiativ.pop("stallforetradare", None)
    for meeting in own.meetings.values():
        meeting.pop("participants", None)
        meeting.pop("attended", None)


def _back_on_list(case: Case) -> None:
    case.archived = None


def _off_list(case: Case, *, at: str) -> None:
    """C-54: the case leaves the start list then."""
    case.archived = at


def _sip_ended(case: Case, *, at: str, archived: str, why: str | None = None) -> None:
    case.status = "ended"
    case.archived = archived
    case.unanswered.clear()
    for awaited in case.awaited.values():
        awaited.by = []
    sip(case).state = "avslutad"
    sip(case).ended = {"at": at, "sequence": case.sequence, **({"why": why} if why else {})}


def _revoked(case: Case) -> None:
    revoked(case)
    sip(case).state = "borttagen"


EVENTS: Mapping[str, Callable[..., None]] = {
    **ENGINE,
    **PERSON,
    **LINKS,
    "sip_opened": _sip_opened,
    "sip_sent": _sip_sent,
    "moved": _moved,
    "invited": _invited,
    "accepted": _accepted,
    "declined": _declined,
    "left": _left,
    "coordinator": _coordinator,
    "meeting": _meeting,
    "saved_call": _saved_call,
    "meeting_answered": _meeting_answered,
    "wrote": _wrote,
    "document": _document,
    "document_anew": _document_anew,
    "activated": _activated,
    "approving": _approving,
    "approved": _approved,
    "approval_lost": _approval_lost,
    "valid": _valid,
    "version_closed": _version_closed,
    "edited": edited,
    "saved": _saved,
    "steps_begun_anew": _steps_begun_anew,
    "outsiders_named": _outsiders_named,
    "blocked": _blocked,
    "back_on_list": _back_on_list,
    "off_list": _off_list,
    "sip_ended": _sip_ended,
    "revoked": _revoked,
}
"""Event → what it does to a SIP; never fails."""
