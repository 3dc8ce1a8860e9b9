"""What of a SIP stands in a unit's calendar: the meetings that are the unit's, and the days that no meeting has taken the place of."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from hub.processes.engine.calendar import CalendarEntry
from hub.processes.engine.case import Case
from hub.processes.profiles.sip import SIP_PROFILES
from hub.processes.registry import PROCESSES
from hub.processes.shared.disclosure import bare
from hub.processes.sip.calendar import calendar
from schemas.words import word
from tests.cases import sip_case

COORDINATOR, TOWN, WARD, CENTRE = "COORDINATOR", "TOWN", "WARD", "CENTRE"
CALL = {
    "kind": "ny",
    "form": "fysiskt",
    "start": "2026-03-20T10:00:00+01:00",
    "place": "Vårdcentralen, rum 3",
    "link": "https://video.example/1",
    "caller": CENTRE,
    "receivers": {TOWN: {}},
    "sent": "2026-03-12T09:00:00+00:00",
    "version": 1,
    "answers": {},
}
DAYS = {
    "plan": {"follow_up_date": "2026-09-15", "evaluation_date": "2026-10-01"},
    "dated": {"follow_up_date": [5, "2026-03-20T12:00:00+01:00"], "evaluation_date": [7, "2026-03-21T12:00:00+01:00"]},
}


def a_case(profile: str = "samsa", meetings: dict[str, Any] | None = None, **facts: Any) -> Case:
    participants = {
        unit: {"party": "kommun", "roles": [], "since": 1, "by": "m"} for unit in (COORDINATOR, TOWN, WARD, CENTRE)
    }
    plain = {"participants": participants, "opened_by": TOWN, "coordinator": {"unit": COORDINATOR, "sequence": 1}}
    return sip_case(profile, meetings={"m-1": CALL} if meetings is None else meetings, **{**plain, **facts})


def meeting(case: Case, unit: str = TOWN) -> CalendarEntry:
    (found,) = [entry for entry in calendar(case, unit) if entry.is_meeting]
    return found


def test_a_meeting_says_kind_form_time_place_link_and_who_called_and_nothing_else():
    found = meeting(a_case())
    assert found.title == "SIP-möte, fysiskt"
    assert (found.begins, found.ends) == (datetime.fromisoformat(CALL["start"]), None)
    assert (found.place, found.link) == (CALL["place"], CALL["link"])
    assert (found.by, found.version, found.taken_out) == (CENTRE, 1, False)
    assert found.changed == datetime.fromisoformat(CALL["sent"])
    personal = {
        "reason": "Fall",
        "participants": [{"name": "NN"}],
        "comment": "Ring NN",
        "phone": "046-000000",
        "conference_id": "1",
    }
    assert meeting(a_case(meetings={"m-1": {**CALL, **personal}})) == found


def test_every_kind_of_call_and_every_form_has_its_words():
    for profile in SIP_PROFILES.values():
        for kind in profile.codes["call"]:
            for form in profile.codes["form"]:
                title = meeting(a_case(profile.name, {"m-1": {**CALL, "kind": kind, "form": form}})).title
                assert title.endswith(f", {word(form)}")
                assert title != f"{kind}, {word(form)}"


def test_a_meeting_stands_in_the_calendars_of_who_called_who_is_called_and_who_coordinates():
    stands = {unit: not meeting(a_case(), unit).taken_out for unit in (CENTRE, TOWN, COORDINATOR, WARD)}
    assert stands == {CENTRE: True, TOWN: True, COORDINATOR: True, WARD: False}


def test_where_a_call_goes_to_all_the_meeting_is_everybodys():
    assert not meeting(a_case("mina_planer"), WARD).taken_out


@pytest.mark.parametrize(
    ("facts", "status", "taken_out"),
    [
        ({}, "open", False),
        ({"recalled": True}, "open", True),
        ({"cancelled": True}, "open", True),
        ({}, "ended", True),
        ({"held": True, "held_in": 5}, "ended", False),
    ],
)
def test_a_meeting_that_is_called_off_is_taken_out(facts, status, taken_out):
    assert meeting(a_case(meetings={"m-1": {**CALL, **facts}}, status=status)).taken_out == taken_out


def test_a_changed_meeting_has_its_version_and_the_time_of_its_change():
    changed = {**CALL, "version": 3, "changed": "2026-03-15T09:00:00+00:00", "end": "2026-03-20T11:00:00+01:00"}
    found = meeting(a_case(meetings={"m-1": changed}))
    assert (found.version, found.changed.day, found.ends) == (3, 15, datetime.fromisoformat(changed["end"]))


def test_a_draft_stands_in_no_calendar():
    draft = {name: value for name, value in CALL.items() if name != "sent"}
    assert list(calendar(a_case(meetings={"m-1": draft}), CENTRE)) == []


def test_the_place_of_a_person_with_protected_identity_is_in_no_calendar():
    found = meeting(a_case(blocked=True))
    assert (found.place, found.link) == (None, None)


def test_the_days_of_follow_up_and_evaluation_stand_until_a_meeting_takes_their_place():
    days = {
        entry.key: (entry.title, entry.begins, entry.version, entry.by)
        for entry in calendar(a_case(meetings={}, **DAYS), TOWN)
    }
    assert days == {
        "follow_up_date": ("Uppföljning av SIP", date(2026, 9, 15), 5, COORDINATOR),
        "evaluation_date": ("Utvärdering av SIP", date(2026, 10, 1), 7, COORDINATOR),
    }
    booked = {"f": {**CALL, "kind": "uppfoljning"}, "u": {**CALL, "kind": "utvardering"}}
    assert {entry.key for entry in calendar(a_case(meetings=booked, **DAYS), TOWN)} == {"f", "u"}
    assert list(calendar(a_case(meetings={}, status="ended", **DAYS), TOWN)) == []


def test_of_a_case_that_is_not_shown_nothing_stands_in_the_calendar():
    assert list(calendar(bare(a_case(**DAYS)), TOWN)) == []


def test_the_process_answers_for_its_calendar():
    assert PROCESSES["sip"].calendar is calendar
