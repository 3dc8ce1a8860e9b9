"""The meetings and days of a SIP in a unit's calendar (RFC 5545): nothing of the person, but the place and the form (D-10). Pure; imports
the case, the deadlines and the language only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from hub.processes.engine.calendar import CalendarEntry
from hub.processes.engine.case import Case
from hub.processes.profiles.sip import SIP_PROFILES
from hub.processes.sip.call import starts
from hub.processes.sip.due import evaluation_day, follow_up_day
from hub.processes.sip.state import coordinating_unit, sip
from schemas.words import word

_KINDS: Mapping[str, tuple[str, str]] = {
    "ny": ("SIP-möte", "SIP"),
    "uppfoljning": ("Uppföljningsmöte SIP", "Uppföljning"),
    "utvardering": ("Utvärderingsmöte SIP", "Utvärdering"),
    "aktorsmote": ("Aktörsmöte SIP", "Aktörsmöte"),
}
"""Kind of call → title, category."""


def calendar(case: Case, unit: str) -> Iterator[CalendarEntry]:
    """The calls that were sent, and the days of follow-up and evaluation that no call has taken the place of."""
    for id_, one in sip(case).meetings.items():
        start = starts(one)
        if "sent" in one and start is not None:
            yield _meeting(case, unit, id_, one, start)
    for field, title, day in (
        ("follow_up_date", "Uppföljning av SIP", follow_up_day(case)),
        ("evaluation_date", "Utvärdering av SIP", evaluation_day(case)),
    ):
        written = sip(case).dated.get(field)
        if day is not None and written is not None and case.status == "open":
            version, time = written
            by = coordinating_unit(case) or case.opened_by
            at = datetime.fromisoformat(time)
            yield CalendarEntry(
                case.id, field, title, date.fromisoformat(day), at, version, by, category=title.split()[0]
            )


def _meeting(case: Case, unit: str, id_: str, one: Mapping[str, Any], start: datetime) -> CalendarEntry:
    title, category = _KINDS[one["kind"]]
    called_off = one.get("recalled") or one.get("cancelled") or (case.status != "open" and not one.get("held"))
    # C-62: a place may be the home of a person with protected identity.
    where = {} if case.blocked else {"place": one.get("place"), "link": one.get("link")}
    return CalendarEntry(
        case.id,
        id_,
        f"{title}, {word(one['form'])}" if "form" in one else title,
        start,
        datetime.fromisoformat(one.get("changed", one["sent"])),
        one["version"],
        one["caller"],
        ends=datetime.fromisoformat(one["end"]) if "end" in one else None,
        category=category,
        taken_out=bool(called_off) or not _is_of(case, unit, one),
        **where,
    )


def _is_of(case: Case, unit: str, one: Mapping[str, Any]) -> bool:
    """Whether the meeting is the unit's: it called, is called, or coordinates; where a call goes to all, it is everybody's."""
    to_all = SIP_PROFILES[case.profile].call_awaits == "all"
    return to_all or unit in {one["caller"], coordinating_unit(case), *one.get("receivers", {})}
