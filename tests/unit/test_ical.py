"""Meetings as iCalendar objects (RFC 5545, RFC 5546): what a calendar reads of them, whatever was written in them."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar, Event
from pydantic import TypeAdapter, ValidationError

from hub.processes.engine.calendar import CalendarEntry
from hub.translators import ical
from schemas.moments import LAST_YEAR
from schemas.parts import Line
from schemas.swedish_time import STOCKHOLM

CALLER, CALLED = "SE2321000255-VC01", "SE2120001132-K01"
NAMES = {CALLER: "Vårdcentralen Centrum", CALLED: "Hemsjukvården"}
MEETING = CalendarEntry(
    case="0199a000-0000-7000-8000-000000000001",
    key="m-1",
    title="SIP-möte, fysiskt",
    begins=datetime.fromisoformat("2026-03-12T10:00:00+01:00"),
    changed=datetime.fromisoformat("2026-03-02T09:00:00+01:00"),
    version=1,
    by=CALLER,
    ends=datetime.fromisoformat("2026-03-12T11:30:00+01:00"),
    place="Vårdcentralen, rum 3",
    link="https://video.example/rum;3,a?b=c",
    category="Uppföljning",
)
FOLLOW_UP = CalendarEntry(
    MEETING.case, "uppfoljning", "Uppföljning av SIP", date(2026, 9, 15), MEETING.changed, 3, CALLER
)
LINES = re.compile(rb"[^\r\n]{1,75}")


def read(content: bytes) -> Calendar:
    """As the library reads it, after a look at the bytes: lines of at most 75 octets that end with CRLF (§3.1)."""
    assert content.endswith(b"\r\n")
    for line in content[:-2].split(b"\r\n"):
        assert LINES.fullmatch(line)
        assert len(line.decode().splitlines()) == 1
    return Calendar.from_ical(content)


def event(content: bytes) -> Event:
    (found,) = read(content).walk("VEVENT")
    assert not found.errors
    return found


def invited(entry: CalendarEntry) -> Event:
    return event(ical.invitation(entry, CALLED, NAMES))


def test_a_meeting_is_asked_into_a_calendar_with_its_kind_form_time_place_and_link():
    content = ical.invitation(MEETING, CALLED, NAMES)
    assert read(content)["method"] == "REQUEST"
    found = event(content)
    assert found["summary"] == "SIP-möte, fysiskt"
    assert found["location"] == "Vårdcentralen, rum 3"
    assert found["categories"].cats == ["Uppföljning"]
    assert found["description"] == "Länk: https://video.example/rum;3,a?b=c"
    assert found["conference"] == "https://video.example/rum;3,a?b=c"
    assert (found.start, found.end) == (MEETING.begins, MEETING.ends)
    assert found["dtstart"].params["TZID"] == found["dtend"].params["TZID"] == "Europe/Stockholm"
    assert found["status"] == "CONFIRMED"
    assert found["sequence"] == 0
    assert found["dtstamp"].dt == MEETING.changed


def test_a_changed_meeting_is_the_same_entry_with_a_higher_sequence():
    first, second = invited(MEETING), invited(replace(MEETING, version=2, place="Rum 4"))
    assert first["uid"] == second["uid"]
    assert (first["sequence"], second["sequence"]) == (0, 1)


def test_a_recalled_meeting_is_taken_out():
    content = ical.invitation(replace(MEETING, version=3, taken_out=True), CALLED, NAMES)
    assert read(content)["method"] == "CANCEL"
    assert event(content)["status"] == "CANCELLED"
    assert event(content)["sequence"] == 2
    assert event(content)["uid"] == invited(MEETING)["uid"]


def test_the_id_is_the_same_for_ever_and_says_nothing():
    """Another id doubles every meeting in every calendar, so it stands here as it was first given out."""
    assert invited(MEETING)["uid"] == "bcf1282c-d09a-54e3-9d6a-67e85c44aa4a"
    others = [replace(MEETING, key="m-2"), replace(MEETING, case=MEETING.case[:-1] + "2")]
    assert len({invited(each)["uid"] for each in [MEETING, *others]}) == 3


def test_a_request_has_an_organizer_and_an_attendee_that_are_units_and_that_nothing_can_be_sent_to():
    found = invited(MEETING)
    assert found["organizer"] == f"mailto:{CALLER.lower()}@hsa.invalid"
    assert found["organizer"].params["CN"] == "Vårdcentralen Centrum"
    attendee = found["attendee"]
    assert attendee == f"mailto:{CALLED.lower()}@hsa.invalid"
    said = {"CN": "Hemsjukvården", "CUTYPE": "GROUP", "RSVP": "FALSE", "SCHEDULE-AGENT": "NONE"}
    assert said.items() <= attendee.params.items()
    assert found["organizer"].params["SCHEDULE-AGENT"] == "NONE"


def test_a_meeting_without_an_end_has_only_a_beginning():
    assert "dtend" not in invited(replace(MEETING, ends=None))
    assert "dtend" not in invited(replace(MEETING, ends=MEETING.begins + timedelta(microseconds=9)))


def test_a_meeting_without_place_and_link_says_nothing_of_them():
    bare = invited(replace(MEETING, place=None, link=None, category=None))
    assert not {"location", "description", "conference", "categories"} & set(bare)


@pytest.mark.parametrize(
    "link", ["rum 3 i appen", "https://video.example/å", "javascript:alert(1)", "mailto:nn@region.example"]
)
def test_a_link_that_is_no_address_of_the_web_is_text_alone(link):
    found = invited(replace(MEETING, link=link))
    assert found["description"] == f"Länk: {link}"
    assert "conference" not in found


def test_the_second_of_the_two_hours_of_an_october_night_is_told_without_doubt():
    first = invited(replace(MEETING, begins=datetime.fromisoformat("2026-10-25T00:30:00+00:00"), ends=None))
    second = invited(replace(MEETING, begins=datetime.fromisoformat("2026-10-25T01:30:00+00:00"), ends=None))
    assert first["dtstart"].to_ical() == b"20261025T023000"
    assert second["dtstart"].to_ical() == b"20261025T013000Z"


def test_the_time_zone_is_swedish_time_of_every_year_in_the_one_form_that_outlook_reads():
    (zone,) = read(ical.invitation(MEETING, CALLED, NAMES)).walk("VTIMEZONE")
    assert not any("rdate" in part for part in zone.subcomponents)
    read_zone = zone.to_tz(lookup_tzid=False)
    for year in range(1997, LAST_YEAR + 1):
        for month, day in [(1, 1), (7, 1), *((month, day) for month in (3, 10) for day in range(24, 32))]:
            for clock in (0, 1, 4, 12):
                local = datetime(year, month, day, clock, tzinfo=STOCKHOLM)
                assert read_zone.utcoffset(local.replace(tzinfo=read_zone)) == local.utcoffset(), local


def test_a_units_calendar_has_meetings_by_the_clock_and_follow_ups_as_whole_days():
    content = ical.feed([MEETING, FOLLOW_UP], "SIP, Vårdcentralen", NAMES)
    calendar = read(content)
    assert calendar["method"] == "PUBLISH"
    assert {b"NAME:SIP\\, V\xc3\xa5rdcentralen", b"X-WR-CALNAME:SIP\\, V\xc3\xa5rdcentralen"} <= set(
        content.split(b"\r\n")
    )
    meeting, follow_up = calendar.walk("VEVENT")
    assert meeting["uid"] == invited(MEETING)["uid"]
    assert meeting.start == MEETING.begins
    assert (follow_up.start, follow_up.end) == (date(2026, 9, 15), date(2026, 9, 16))
    assert follow_up["transp"] == "TRANSPARENT"
    assert follow_up["sequence"] == 2
    assert not any("attendee" in each for each in (meeting, follow_up))  # RFC 5546 §3.2.1 forbids it here
    assert len(calendar.walk("VTIMEZONE")) == 1


def test_a_unit_without_anything_to_come_has_an_empty_calendar():
    assert not read(ical.feed([], "SIP", {})).walk("VEVENT")


LINE = TypeAdapter(Line)


def is_line(text: str) -> bool:
    """Whether a message may say it."""
    try:
        LINE.validate_python(text)
    except ValidationError:
        return False
    return True


HOSTILE = (
    "rum 3\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nSUMMARY:annat",
    'rum\n3;4,5\\n:"citat"^\'',
    "\u2028BEGIN:VALARM\u2029\tEND:VALARM",
    "å" * 300,
    "👩🏽\u200d⚕️🏥" * 50,
    "a" * 74 + "😀",
)
PIECES = st.sampled_from(
    [
        "\r\n",
        "\n",
        "\r",
        "\t",
        " ",
        ";",
        ",",
        ":",
        "\\",
        '"',
        "^",
        "BEGIN:VEVENT",
        "END:VEVENT",
        "\u2028",
        "å",
        "😀",
        "=",
        "x",
    ]
)
LINES_OF_TEXT = (st.text(max_size=300) | st.lists(PIECES, max_size=60).map("".join)).filter(is_line)
MOMENTS = st.datetimes(datetime(1997, 1, 1), datetime(2099, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001


def assert_read_whole(place: str, link: str, name: str, begins: datetime, ends: datetime) -> None:
    entry = replace(MEETING, place=place, link=link, begins=begins, ends=ends)
    for content in (ical.invitation(entry, CALLED, {CALLER: name}), ical.feed([entry], name, {CALLER: name})):
        found = event(content)
        assert found["location"] == " ".join(place.split())
        assert found["description"] == "Länk: " + " ".join(link.split())
        assert found["organizer"].params["CN"] == " ".join(name.split()).replace("\\", "/")
        assert found["organizer"] == f"mailto:{CALLER.lower()}@hsa.invalid"
        assert (found.start, found.end) == (begins.replace(microsecond=0), ends.replace(microsecond=0))
        assert not found.subcomponents


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_is_one_meeting_with_just_that_text_on_one_line(text):
    assert_read_whole(text, text, text, MEETING.begins, MEETING.ends)


@given(place=LINES_OF_TEXT, link=LINES_OF_TEXT, name=LINES_OF_TEXT, begins=MOMENTS, minutes=st.integers(1, 600))
def test_whatever_a_message_may_say_is_one_meeting_with_just_that_text_on_one_line(place, link, name, begins, minutes):
    assert_read_whole(place, link, name, begins, begins + timedelta(minutes=minutes))
