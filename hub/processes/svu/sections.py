"""What an SVU shows beside the core: its time, its documents, its named contacts, the law's clock (C-30, C-31, V-4 to V-18).
Pure; imports the engine's record and the law only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from pydantic_core import to_jsonable_python

from hub.processes.engine.case import Case
from hub.processes.engine.record import Act, CaseRecord, name_of
from hub.processes.engine.sections import Sections
from hub.processes.svu.contents import CONTENTS, STALLNINGSTAGANDE
from hub.processes.svu.law import liability
from hub.processes.svu.state import last_written, svu
from schemas.agreement import Agreement
from schemas.directory import Directory
from schemas.swedish_time import local_day

_ADMISSION = ("admitted_at", "reason", "placement", "draft")


class SvuSections(Sections):
    """SVU's sections."""

    def needed(self, case: Case, acts: Sequence[Act]) -> set[int]:
        """The documents that stand, and the discharges that were undone with what undid them."""
        single = (_admission(case, acts), _discharge(case, acts), _sip_answer(case, acts))
        return {number for number in single if number is not None} | {n for pair in _undone(acts) for n in pair}

    def of_case(self, record: CaseRecord) -> dict[str, Any]:
        """Everything that only an SVU has; the law's clock is not shown where its dates may not be (V-3)."""
        case, acts = record.case, record.acts
        return {
            **self.of_row(record),
            "inskrivning": record.document(_admission(case, acts), _ADMISSION),
            "kartlaggning": _fields(record, "kartlaggning"),
            "kartlaggning_written": kartlaggning(record),
            STALLNINGSTAGANDE: _statement(record),
            "utskrivning": record.document(_discharge(case, acts)),
            "undone_discharges": [
                {**discharge, "undone": undone}
                for pair in _undone(acts)
                for discharge, undone in [[record.document(number) for number in pair]]
                if discharge is not None and undone is not None
            ],
            "liability": None if case.narrow else _liability(record),
        }

    def of_addressing(self, case: Case) -> dict[str, Any]:
        """The placement that the ward has stated (V-4)."""
        return {"placement": svu(case).placement or None}

    def needed_in_a_list(self, case: Case) -> set[int]:
        """The message that wrote in the kartlaggning last."""
        number = last_written(case)
        return set() if number is None else {number}

    def of_row(self, record: CaseRecord) -> dict[str, Any]:
        """The time, the kartlaggning's last writer and the named contacts (C-31)."""
        return {
            "kartlaggning": kartlaggning(record),
            "time": time_of(record.case),
            "vardkontakter": contacts(record.case, record.directory),
        }


def kartlaggning(record: CaseRecord) -> dict[str, Any]:
    """When the kartlaggning was begun, when it was last written in, and by whom (C-31)."""
    case = record.case
    last = record.messages.get(last_written(case) or 0)
    by = None if last is None else last.by(record.directory)
    return {
        "begun_at": case.steps.get("kartlaggning", {}).get("at"),
        "changed_at": None if by is None else by["received_at"],
        "changed_by": by,
    }


def time_of(case: Case) -> dict[str, Any]:
    """The time of discharge, estimated, utskrivningsklar or past, with the dates."""
    dates = svu(case).dates
    klar = dates.get("klar")
    state = "utskriven" if "discharged" in dates else "utskrivningsklar" if klar else "beraknad"
    return {
        "state": state if klar or "estimated" in dates or "discharged" in dates else None,
        "admitted": dates.get("admitted"),
        "estimated": dates.get("estimated"),
        "utskrivningsklar": None if klar is None else {"date": klar["date"], "physician": klar["physician"]},
        "discharged": dates.get("discharged"),
        "leaves_list_at": case.archived,
    }


def contacts(case: Case, directory: Directory) -> list[dict[str, Any]]:
    """The named care contacts (V-7)."""
    return [
        {
            "person": contact["person"],
            "unit": contact["unit"],
            "unit_name": name_of(contact["unit"], directory),
            "kallelseansvarig": contact["kallelseansvarig"],
            "responsibility": contact["responsibility"],
        }
        for contact in svu(case).vardkontakter
    ]


# --- which messages stand ---------------------------------------------------------------------------------------------


def _admission(case: Case, acts: Sequence[Act]) -> int | None:
    """A published inskrivning is not replaced by one that comes after the discharge."""
    return case.steps["inskrivning"]["sequence"] if "inskrivning" in case.steps else _last(acts, "svu.inskrivning")


def _discharge(case: Case, acts: Sequence[Act]) -> int | None:
    return _last(acts, "svu.utskrivning") if case.status == "discharged" else None


def _sip_answer(case: Case, acts: Sequence[Act]) -> int | None:
    readable = svu(case).sip_approved is not None and not case.narrow
    return _last(acts, "svu.sip_stallning") if readable else None


def _last(acts: Sequence[Act], name: str) -> int | None:
    return next((act.sequence for act in reversed(acts) if act.name == name), None)


def _undone(acts: Sequence[Act]) -> list[tuple[int, int]]:
    """The numbers of each discharge that was undone, and of what undid it (V-17)."""
    found, last = [], None
    for act in acts:
        if act.name == "svu.utskrivning":
            last = act.sequence
        elif act.name == "svu.utskrivning_angrad" and last is not None:
            found.append((last, act.sequence))
            last = None
    return found


# --- the sections -----------------------------------------------------------------------------------------------------


def _fields(record: CaseRecord, document: str) -> dict[str, Any]:
    fields = svu(record.case).fields.get(document, {})
    return CONTENTS.written(
        {name: (v, sequence) for name, (v, sequence, *_) in fields.items()},
        document,
        record.messages,
        record.directory,
    )


def _statement(record: CaseRecord) -> dict[str, Any]:
    state = svu(record.case)
    return {
        **{party: _fields(record, f"{STALLNINGSTAGANDE}.{party}") for party in ("slutenvard", "oppenvard", "kommun")},
        "klarmarkerad": state.klarmarkerad,
        "sip_position": state.sip_position,
        "sip_approved": state.sip_approved,
        "sip_answer": record.document(_sip_answer(record.case, record.acts)),
    }


def _liability(record: CaseRecord) -> Mapping[str, Any]:
    return law_clock(record.acts, record.directory.agreement_of(record.case.opened_by), local_day(record.now))


def law_clock(acts: Sequence[Act], agreement: Agreement, today: date) -> Mapping[str, Any]:
    """Law 2017:612, chapters 4 and 5: from which day, or for want of what."""
    times = [act.received_at for act in acts]
    shown: dict[str, Any] = to_jsonable_python(liability([act.events for act in acts], agreement, today, times=times))
    return shown
