"""What is due in a case and when, from the case as it stands, and whom it concerns (D-9, lag 2017:612). Pure; imports the
case, the parties' names and the agreement only.

It runs after every message: it reads plain fields, copies nothing, and a date so far off that no clock reaches it is no
deadline rather than an error.
"""

from __future__ import annotations

from datetime import datetime

from hub.processes.engine.case import Case
from hub.processes.shared.audience import ALL_PARTIES, OPPENVARD, SLUTENVARD
from hub.processes.shared.due import clock_time, end_of_days, hours_after, untold
from hub.processes.svu.state import svu
from schemas.agreement import Agreement
from schemas.swedish_time import local_day


def deadlines(case: Case, agreement: Agreement) -> dict[str, datetime]:
    """Deadline → when it passes, in UTC, so that the same moment is always the same text.

    Those that were told with the same time (``case.fired``) are left out; one whose time has changed comes again. A
    time may have passed already, then it is to be told at once. A revoked or refused case has none.
    """
    if case.status not in _WITH_DEADLINES:
        return {}
    found: dict[str, datetime | None] = {}
    if "admitted" in svu(case).dates:
        _admission_notice(case, agreement, found)
    for key, awaited in case.awaited.items():
        if awaited.act == "kvittera" and awaited.by:
            found[f"kvittens_forsenad/{key}"] = hours_after(awaited.since, agreement.kvittens_hours)
    # What nobody may be asked to do (C-62, C-63) or may do at all (V-3) is not due.
    if case.published and not (case.blocked or case.deceased or case.samtycke == "refused"):
        if case.status == "open":
            _call(case, agreement, found)
        if not svu(case).vardkontakter:
            _without_contact(case, agreement, found)
    until = case.consent().until
    if until is not None:
        found["samtycke_upphor"] = end_of_days(until)
    return untold(case, found)


_WITH_DEADLINES = frozenset({"open", "discharged"})


def _admission_notice(case: Case, agreement: Agreement, found: dict[str, datetime | None]) -> None:
    """2:3: told while the notice is missing, and once when it came late. The first publication counts: a notice that
    is corrected later was not late for that.
    """
    due = hours_after(svu(case).dates["admitted"], agreement.admission_notice_hours)
    standing = case.steps.get("inskrivning")
    if case.published:
        first: str | None = case.published_at or (None if standing is None else standing["at"])
        if first is None or due is None or datetime.fromisoformat(first) <= due:
            return
    found["inskrivning_sen"] = due


def _call(case: Case, agreement: Agreement, found: dict[str, datetime | None]) -> None:
    """4:3: within three days after the notice was given, the third one whole; only with consent (4:2)."""
    klar = svu(case).dates.get("klar")
    if (
        klar is not None
        and case.samtycke is not None
        and svu(case).sip_position in agreement.sip_positions
        and "sip_called" not in svu(case).dates
    ):
        given = local_day(datetime.fromisoformat(klar["at"])).isoformat()
        found["kallelse_sip"] = end_of_days(given, agreement.call_days)


def _without_contact(case: Case, agreement: Agreement, found: dict[str, datetime | None]) -> None:
    """2:5, V-18: no fast vardkontakt the day before the person leaves, or when the person left."""
    dates = svu(case).dates
    if case.status == "discharged":
        left = dates["discharged"]
        if left["kind"] == "utskrivning":
            found["utskriven_utan_fast_vardkontakt"] = hours_after(left["at"], 0)
        return
    if "klar" in dates:
        day, notice = dates["klar"]["date"], dates["klar"]["at"]
    elif "estimated" in dates:
        standing = case.steps.get("tid")
        day, notice = dates["estimated"], None if standing is None else standing["at"]
    else:
        return
    due = clock_time(day, -1, agreement.vardkontakt_warn)
    if notice is not None:
        # A notice that comes when the warning's time has passed brings its own.
        told = hours_after(notice, 0)
        due = told if due is None or (told is not None and told > due) else due
    found["utan_fast_vardkontakt"] = due


# --- whom it concerns -------------------------------------------------------------------------------------------------

_CARE = SLUTENVARD | OPPENVARD
_TOLD = {
    "inskrivning_sen": SLUTENVARD,
    "kvittens_forsenad": SLUTENVARD,
    "kallelse_sip": _CARE,
    "utan_fast_vardkontakt": _CARE,
    "utskriven_utan_fast_vardkontakt": _CARE,
    "samtycke_upphor": ALL_PARTIES,
}


def concerned(case: Case, key: str) -> list[str]:
    """The participating units that are told when a deadline passes, in the order in which they came.

    Of an overdue kvittens (``kvittens_forsenad/<step>``) also those that still owe it. Of an SVU that is not yet
    published nobody outside slutenvard is told anything (V-2). An unknown key concerns nobody.
    """
    name, _, step = key.partition("/")
    parties = _TOLD.get(name, frozenset())
    owing: list[str] = []
    if name == "kvittens_forsenad" and step in case.awaited:
        owing = case.awaited[step].by
    if not case.published:
        parties, owing = parties & SLUTENVARD, []
    return [unit for unit, participant in case.participants.items() if participant["party"] in parties or unit in owing]
