"""Operations' commands show one clock: Swedish time, with its zone."""

import re
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub.cli import table
from hub.operations.timeline import of_rows

HUB = Path(__file__).parents[2] / "hub"


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Europe/Stockholm"])
def test_a_moment_is_shown_in_swedish_time_with_its_zone_whatever_the_machines_is(zone, monkeypatch):
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert table.moment(datetime(2026, 11, 25, 21, 26, 3, 999, UTC)) == "2026-11-25 22:26:03 CET"
        assert table.moment(datetime(2026, 7, 1, 22, 0, tzinfo=UTC)) == "2026-07-02 00:00:00 CEST"
        autumn = [datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1)]
        assert [table.moment(at) for at in autumn] == ["2026-10-25 02:30:00 CEST", "2026-10-25 02:30:00 CET"]
        assert table.moment(None) == ""
    finally:
        monkeypatch.undo()
        time.tzset()


def test_no_command_and_no_reader_of_the_store_writes_a_clock_in_a_way_of_its_own():
    own = re.compile(r"%H|%X|%T|\.ctime\(")
    files = [*HUB.glob("cli/*.py"), *HUB.glob("store/*.py"), *HUB.glob("operations/**/*.py")]
    assert [str(file) for file in files if own.search(file.read_text(encoding="utf-8"))] == []


def test_a_number_stands_with_the_word_for_one_or_for_several():
    said = [table.number_of(count, "look-up waits", "look-ups wait") for count in (0, 1, 2)]
    assert said == ["0 look-ups wait", "1 look-up waits", "2 look-ups wait"]
    assert [table.number_of(count, "case") for count in (0, 1, 2)] == ["0 cases", "1 case", "2 cases"]


def test_two_look_ups_of_one_message_say_what_each_asks_and_name_nobody():
    """Whom they ask about is in the words of the question, never an id of a person."""
    at = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
    staff = {"question": "verifiering", "actor": "SE2321000255-P01", "unit": "SE2321000255-AVD12", "role": "lakare"}
    questions = [
        {"question": "adressering", "person": "191212121212", "county": "12"},
        staff | {"concerns": "actor", "role": "sjukskoterska"},
        staff | {"concerns": "responsible_physician"},
        staff | {"concerns": "fast_vardkontakt", "role": None},
    ]
    row = {
        "id": 1, "kind": "lookup", "system": "hub-verifications", "case_id": None, "sequence": None, "message": "m-1",
        "accepted_at": at, "due_at": at, "attempts": 1, "state": "sent", "sent_at": at, "answer": "ok", "failures": None,
    }  # fmt: skip
    said = [of_rows._called(row | {"told": told}).en for told in questions]
    assert said == [
        "lookup (adressering) of m-1 to the registers",
        "lookup (verifiering of who acted as sjukskoterska, unit SE2321000255-AVD12) of m-1 to the registers",
        "lookup (verifiering of the responsible physician as lakare, unit SE2321000255-AVD12) of m-1 to the registers",
        "lookup (verifiering of the care contact, unit SE2321000255-AVD12) of m-1 to the registers",
    ]
