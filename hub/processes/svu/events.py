"""What happens in an SVU beside what happens in every case. Imports the engine's and the shared events only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hub.processes.engine.case import Case
from hub.processes.engine.events import ENGINE, left
from hub.processes.shared.koppling import LINKS
from hub.processes.shared.person_events import PERSON
from hub.processes.svu.state import svu


def _left(case: Case, *, unit: str) -> None:
    left(case, unit=unit)
    for contact in svu(case).vardkontakter:
        if contact["unit"] == unit:
            contact["kallelseansvarig"] = False  # V-7: nobody calls for a unit that is gone
    if all(participant["party"] != "oppenvard" for participant in case.participants.values()):
        svu(case).sip_approved = None  # C-11: an answer of those who are gone no longer counts


def _admitted(case: Case, *, at: str) -> None:
    svu(case).dates["admitted"] = at


def _estimated(case: Case, *, date: str) -> None:
    svu(case).dates["estimated"] = date
    svu(case).dates.setdefault("stated", date)  # the first is the inskrivning's


def _stated(case: Case, *, date: str) -> None:
    svu(case).dates["stated"] = date


def _klar(case: Case, **facts: str) -> None:
    svu(case).dates["klar"] = facts


def _klar_ended(case: Case, *, at: str) -> None:  # noqa: ARG001 - the clock's
    svu(case).dates.pop("klar", None)


def _placed(case: Case, *, municipality: str, stated_by: str) -> None:
    svu(case).placement = {"municipality": municipality, "stated_by": stated_by}


def _sip_called(case: Case, *, at: str) -> None:
    svu(case).dates["sip_called"] = at


def _sip_call_recalled(case: Case, *, at: str) -> None:  # noqa: ARG001 - the clock's
    svu(case).dates.pop("sip_called", None)


def _vardkontakt(case: Case, *, change: str, person: str, unit: str, at: str, **facts: Any) -> None:  # noqa: ARG001
    others = [v for v in svu(case).vardkontakter if (v["person"], v["unit"]) != (person, unit)]
    if change != "borttagen":
        others.append({"person": person, "unit": unit, **facts, "sequence": case.sequence})
    svu(case).vardkontakter = others


def _wrote(case: Case, *, document: str, field: str, unit: str, complete: bool, words: str | None = None) -> None:
    written = svu(case).fields.setdefault(document, {})
    version = written[field][0] + 1 if field in written else 1
    written[field] = [version, case.sequence, unit, complete, *([words] if words else [])]


def _positioned(case: Case, *, code: str, at: str) -> None:  # noqa: ARG001 - the clock's
    svu(case).sip_position = code


def _marked(case: Case, *, ready: bool) -> None:
    svu(case).klarmarkerad = ready


def _sip_answered(case: Case, *, approves: bool) -> None:
    svu(case).sip_approved = approves


def _discharged(case: Case, *, archived: str, **facts: str) -> None:
    case.status = "discharged"
    svu(case).dates["discharged"] = facts
    case.archived = archived


def _discharge_undone(case: Case, *, at: str) -> None:  # noqa: ARG001 - the clock's
    case.status = "open"
    svu(case).dates.pop("discharged")
    case.archived = None
    case.steps.pop("utskrivning", None)


EVENTS: Mapping[str, Callable[..., None]] = {
    **ENGINE,
    **PERSON,
    **LINKS,
    "left": _left,
    "admitted": _admitted,
    "estimated": _estimated,
    "stated": _stated,
    "klar": _klar,
    "klar_ended": _klar_ended,
    "placed": _placed,
    "sip_called": _sip_called,
    "sip_call_recalled": _sip_call_recalled,
    "vardkontakt": _vardkontakt,
    "wrote": _wrote,
    "positioned": _positioned,
    "marked": _marked,
    "sip_answered": _sip_answered,
    "discharged": _discharged,
    "discharge_undone": _discharge_undone,
}
"""Event → what it does to an SVU; never fails."""
