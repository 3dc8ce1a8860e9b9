"""Meetings and days of a case as iCalendar objects (RFC 5545, 5546). Pure; imports the process's calendar entries and the
iCalendar library only.

Nothing of the person is in them (D-10): the kind and form of the meeting, the time, the place, the link, and the units. Why the
units have an address of mail that nobody has is in DECISIONS.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from uuid import UUID, uuid5

from icalendar import Calendar, Event, Timezone, TimezoneDaylight, TimezoneStandard, vCalAddress, vText, vUri

from hub.processes.engine.calendar import CalendarEntry
from schemas.swedish_time import STOCKHOLM

MEDIA_TYPE = "text/calendar"
_PRODUCT = "-//samverkan-hub//SVU och SIP//SV"
_UIDS = UUID("6f0d3c1e-58a7-5f0e-9d5b-1c7f2b9a40d3")
"""The name space of the ids of entries; another one would double every meeting in every calendar."""
_ADDRESS = re.compile(r"https?://[!-~]+")
_POLLED_EVERY = timedelta(minutes=15)


def method(entry: CalendarEntry) -> str:
    """What a calendar is to do with the object of one meeting: note or change it, or take it out (RFC 5546 §3.2)."""
    return "CANCEL" if entry.taken_out else "REQUEST"


def invitation(entry: CalendarEntry, to: str, names: Mapping[str, str]) -> bytes:
    """One meeting as the unit ``to`` (HSA-id) puts it in its calendar, or takes it out.

    ``names``: HSA-id → the unit's name. The same version of the meeting is the same bytes whenever it is fetched.
    """
    calendar = _calendar(method(entry))
    event = _event(entry, names)
    event.add(
        "attendee", _unit(to, names, CUTYPE="GROUP", ROLE="REQ-PARTICIPANT", PARTSTAT="NEEDS-ACTION", RSVP="FALSE")
    )
    calendar.add_component(_stockholm())
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def feed(entries: Iterable[CalendarEntry], title: str, names: Mapping[str, str]) -> bytes:
    """A calendar that is subscribed to: what is not in it any more disappears from the reader's calendar.

    ``title``: the calendar's name. ``names``: HSA-id → the unit's name.
    """
    calendar = _calendar("PUBLISH")
    for name in ("name", "x-wr-calname"):  # RFC 7986, and what was read before it
        calendar.add(name, vText(_line(title)))
    calendar.add("refresh-interval", _POLLED_EVERY, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT15M")
    calendar.add_component(_stockholm())
    for entry in entries:
        calendar.add_component(_event(entry, names))
    return bytes(calendar.to_ical())


def _calendar(its_method: str) -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", its_method)
    return calendar


def _event(entry: CalendarEntry, names: Mapping[str, str]) -> Event:
    event = Event()
    event.add("uid", str(uuid5(_UIDS, f"{entry.case}/{entry.key}")))
    event.add("dtstamp", entry.changed.astimezone(UTC))
    event.add("sequence", entry.version - 1)
    event.add("summary", _line(entry.title))
    _add_time(event, entry)
    event.add("status", "CANCELLED" if entry.taken_out else "CONFIRMED")
    event.add("organizer", _unit(entry.by, names))
    if entry.category is not None:
        event.add("categories", [entry.category])
    if entry.place is not None:
        event.add("location", _line(entry.place))
    if entry.link is not None:
        link = _line(entry.link)
        event.add("description", f"Länk: {link}")  # every calendar shows it
        if _ADDRESS.fullmatch(link):
            event.add("conference", vUri(link), parameters={"VALUE": "URI", "FEATURE": "VIDEO"})  # RFC 7986
    return event


def _add_time(event: Event, entry: CalendarEntry) -> None:
    """A meeting without an end has a beginning only: the hub does not know for how long to block a calendar."""
    begins, ends = entry.begins, entry.ends
    if not isinstance(begins, datetime):
        event.add("dtstart", begins)
        event.add("dtend", begins + timedelta(days=1))  # a day whole: Outlook has no other way to read it
        event.add("transp", "TRANSPARENT")
        return
    event.add("dtstart", _swedish(begins))
    if ends is not None and _seconds(ends) > _seconds(begins):
        event.add("dtend", _swedish(ends))
    event.add("transp", "OPAQUE")


def _seconds(moment: datetime) -> datetime:
    """An iCalendar object has whole seconds."""
    return moment.replace(microsecond=0)


def _swedish(moment: datetime) -> datetime:
    """A moment by the clock in Sweden. In the hour that comes twice the clock names the first; the second is given in UTC."""
    local = _seconds(moment).astimezone(STOCKHOLM)
    return local.astimezone(UTC) if local.fold else local


def _unit(hsa: str, names: Mapping[str, str], **parameters: str) -> vCalAddress:
    """A unit as a calendar user. Its address reaches nobody (RFC 2606), and no server is to send it anything (RFC 6638)."""
    address = vCalAddress(f"mailto:{hsa.lower()}@hsa.invalid")
    # A parameter knows no escape, but some readers take a backslash for one, and miss where the name ends.
    name = _line(names.get(hsa, hsa)).replace("\\", "/")
    address.params.update({"CN": name, "SCHEDULE-AGENT": "NONE", **parameters})
    return address


def _line(text: str) -> str:
    """A text on one line: readers that cut at every kind of line break see no line of ours that we did not write."""
    return " ".join(text.split())


@lru_cache(maxsize=1)
def _stockholm() -> Timezone:
    """Swedish time by its rule since 1996, in the form that Outlook reads: one yearly rule each way."""
    zone = Timezone()
    zone.add("tzid", STOCKHOLM.key)
    for part, name, month, clock, before, after in (
        (TimezoneDaylight(), "CEST", 3, 2, 1, 2),
        (TimezoneStandard(), "CET", 10, 3, 2, 1),
    ):
        part.add("tzname", name)
        part.add("dtstart", datetime(1996, month, _LAST_SUNDAYS_OF_1996[month], clock))  # noqa: DTZ001 - by the clock before it changes
        part.add("rrule", {"FREQ": "YEARLY", "BYMONTH": month, "BYDAY": "-1SU"})
        part.add("tzoffsetfrom", timedelta(hours=before))
        part.add("tzoffsetto", timedelta(hours=after))
        zone.add_component(part)
    return zone


_LAST_SUNDAYS_OF_1996 = {3: 31, 10: 27}
