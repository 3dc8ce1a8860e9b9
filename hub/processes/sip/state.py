"""What only a SIP knows of a case. Imports the case only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from hub.processes.engine.case import Case

ASKED, INFORMED, ACCEPTED, DECLINED = "asked", "informed", "accepted", "declined"
SEND = "sanda"
"""The act that a draft awaits of its own unit."""


@dataclass(slots=True)
class SipState:
    """Plain data that the events of a SIP have brought about (events.py)."""

    state: str = ""
    """The region's own state of the SIP (sip-messages.md §5)."""
    kind: str = "ny"
    sent: bool = False
    """The initiativ was sent, where it can be a draft (PR-1, SA-2)."""
    initiativ: dict[str, Any] = field(default_factory=dict)
    """What the initiativ said beside patient and consent, and its ``sequence``, ``source`` and ``message``."""
    asked: dict[str, str] = field(default_factory=dict)
    """unit that got the initiativ → asked · informed (it reads, and is not asked) · accepted · declined (it is out of the case, P-2)."""
    coordinator: dict[str, Any] = field(default_factory=dict)
    """person, unit, phone, email, sequence (P-21); without person where the unit alone is known."""
    meetings: dict[str, dict[str, Any]] = field(default_factory=dict)
    """id → the call as it stands: its fields, ``caller``, ``receivers`` {unit: {kvittera, professions}}, ``sequence``, ``version``,
    ``written`` {field: [version, sequence]} (E-3), ``sent`` (time, absent of a draft), ``changed`` (time of its last change),
    ``recalled``, ``cancelled`` (by Ny plan), ``answers`` {unit: [sequence …]}, ``held`` (true or false with ``held_at``), ``held_in``
    (the sequence that first said that it was held), and what was said of the meeting as held."""
    documents: dict[str, dict[str, Any]] = field(default_factory=dict)
    """document written beside the plan, or locked → {status: written · signed · locked, unit (holder of the lock), fields {name:
    [version, sequence, unit]}, version, archived [[version, last sequence]]}."""
    version: int = 1
    """The number of the plan's current version (E-7)."""
    begun_at: int = 0
    """The sequence with which the current version began."""
    versions: list[dict[str, Any]] = field(default_factory=list)
    """The archived versions: {version, until (sequence), state, at}."""
    living: dict[str, int] = field(default_factory=dict)
    """kind of element → how many live in the current version."""
    size: int = 0
    """Bytes of text in the living elements (E-5)."""
    unsigned: int = 0
    """CL: how many living notes are not signed."""
    shared: int = 0
    """LC: how many ongoing insatser are shared."""
    plan: dict[str, str] = field(default_factory=dict)
    """The plan's own fields that rules and deadlines ask for: huvudmal (any text: yes), follow_up_date, evaluation_date, delivery."""
    dated: dict[str, list[Any]] = field(default_factory=dict)
    """follow_up_date, evaluation_date → [sequence, time] of the edit that wrote it last."""
    incomplete: list[str] = field(default_factory=list)
    """SA: the elements that lack a required field (C-56)."""
    unsent: bool = False
    """SA: something of the plan is saved that nobody was told (SA-2)."""
    outsiders: dict[str, bool] = field(default_factory=dict)
    """name of an outsider → whether the person objects to their taking part (C-15)."""
    writers: dict[str, int] = field(default_factory=dict)
    """unit → the sequence of its last edit of the plan."""
    approval: dict[str, Any] = field(default_factory=dict)
    """The approval of the current version that stands: sequence, at, by (unit → …), and what it said of 1177 (P-10, P-17)."""
    last_valid: dict[str, Any] = field(default_factory=dict)
    """When a version of the plan became valid last: version, at, sequence (S-11), and the approval of its content (SA)."""
    locked_once: bool = False
    """PR: the plan of this version has been locked (P-12)."""
    activated: bool = False
    """PR: the follow-up is activated (P-12)."""
    ended: dict[str, Any] = field(default_factory=dict)
    """at, sequence, why (the rule's id where it ended by itself)."""


_NOTHING_YET = SipState()


def sip(case: Case) -> SipState:
    """The state of a SIP's case; before the case is opened, that of an empty one (never changed)."""
    state = case.state
    if state is None:
        return _NOTHING_YET
    assert isinstance(state, SipState)
    return state


def standing_meetings(case: Case) -> Iterator[tuple[str, dict[str, Any]]]:
    """The calls that are sent and neither recalled nor cancelled."""
    for id_, meeting in sip(case).meetings.items():
        if "sent" in meeting and not (meeting.get("recalled") or meeting.get("cancelled")):
            yield id_, meeting


def takes_full_part(case: Case, unit: str) -> bool:
    """Whether a unit writes in the case: it has accepted the initiativ, or never received it (P-2)."""
    return sip(case).asked.get(unit) not in {ASKED, INFORMED}


def awaits_its_answer(case: Case, unit: str) -> bool:
    """Whether a unit was asked to accept the initiativ and has not answered (PR-2)."""
    return sip(case).asked.get(unit) == ASKED


def coordinating_unit(case: Case) -> str | None:
    """The unit of the registered coordinator, or that coordinates as a unit (P-21)."""
    return sip(case).coordinator.get("unit")


def coordinators(case: Case) -> list[str]:
    """The person who coordinates, by whom the case is found (C-31); none where a unit alone is known."""
    person = sip(case).coordinator.get("person")
    return [] if person is None else [person]


def is_locked(case: Case, name: str) -> bool:
    """Whether a document is locked for all (C-53)."""
    return document(case, name).get("status") == "locked"


def document(case: Case, name: str) -> dict[str, Any]:
    """How a document stands; empty before it was begun."""
    return sip(case).documents.get(name, {})
