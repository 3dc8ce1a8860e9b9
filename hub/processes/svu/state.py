"""What only an SVU knows of a case. Imports the case only."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hub.processes.engine.case import Case


@dataclass(slots=True)
class SvuState:
    """Plain data that the events of an SVU have brought about (events.py)."""

    dates: dict[str, Any] = field(default_factory=dict)
    """admitted (time), estimated and stated (the day that stands, and the day that the inskrivning said), klar {date,
    physician, at, source, message}, discharged {date, kind, to, at}."""
    placement: dict[str, str] = field(default_factory=dict)
    """Law 5:2: municipality, stated_by."""
    vardkontakter: list[dict[str, Any]] = field(default_factory=list)
    """V-7: {person, unit, kallelseansvarig, responsibility, sequence}."""
    fields: dict[str, dict[str, list[Any]]] = field(default_factory=dict)
    """document (kartlaggning, stallningstagande.slutenvard …) → field → [version, sequence, unit, complete, and of the
    stallningstagande a fingerprint of the words]; the words themselves stand in the message with that sequence (C-50,
    C-51)."""
    sip_position: str | None = None
    """V-12: the ward's position on SIP."""
    klarmarkerad: bool = False
    """V-12: the ward has marked its part as ready."""
    sip_approved: bool | None = None
    """V-13: what outpatient care answered last; None before."""


def svu(case: Case) -> SvuState:
    """The state of an SVU's case."""
    state = case.state
    assert isinstance(state, SvuState)
    return state


def caller(case: Case) -> str | None:
    """The fast vardkontakt who calls to the SIP (V-7); a unit that left has none."""
    return next((contact["person"] for contact in svu(case).vardkontakter if contact["kallelseansvarig"]), None)


def vardkontakter(case: Case) -> list[str]:
    """The persons who are fast vardkontakt (V-7)."""
    return [contact["person"] for contact in svu(case).vardkontakter]


def discharged_in(case: Case) -> str | None:
    """The month in which the person left (law 4:4); None while the discharge has not come, or is undone."""
    left = svu(case).dates.get("discharged")
    return left["date"][:7] if left is not None and case.status == "discharged" else None


def standing(case: Case) -> set[int]:
    """The sequences of the messages that stand in an SVU's documents and vardkontakter (C-10)."""
    state = svu(case)
    found = {written[1] for document in state.fields.values() for written in document.values()}
    found.update(contact["sequence"] for contact in state.vardkontakter)
    return found


def writers(case: Case, step: str) -> set[str]:
    """The units that have written in a document (V-11)."""
    return {unit for _, _, unit, *_ in svu(case).fields.get(step, {}).values()}


def last_written(case: Case) -> int | None:
    """The number of the message last written in the kartlaggning (C-31)."""
    return max((sequence for _, sequence, *_ in svu(case).fields.get("kartlaggning", {}).values()), default=None)


def outline(case: Case) -> tuple[object, ...]:
    """Everything of an SVU's state that its guards and its colours look at, but for what is one unit's."""
    state = svu(case)
    awaited = case.awaited.get("stallningstagande")
    return (
        state.klarmarkerad,
        state.sip_approved,
        "klar" in state.dates,
        *[(name, *[field for field in written if written[field][3]]) for name, written in state.fields.items()],
        *(awaited.done if awaited is not None else ()),
    )
