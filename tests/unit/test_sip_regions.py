"""Lifecare SP and Cosmic Link: what no scenario can say, of messages without a person and of marks that nobody is shown any more."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from hub.errors import Refused
from hub.processes.engine.rule import Context
from hub.processes.sip.minors import is_minor
from tests.sip.walk import DIRECTORY, SIP, Act, Walk
from tests.sip.ways import START, UNITS, WAYS, begun, call


def _until(profile: str, name: str) -> Walk:
    """The region's whole SIP, as it stands before the first message of a name."""
    return begun(profile, next(number for number, act in enumerate(WAYS[profile]) if act.name == name))


def test_the_first_call_of_lifecare_sp_names_the_person_who_calls():
    walk, (town, centre, *_) = _until("lifecare", "sip.kallelse"), UNITS["lifecare"]
    message = walk.message(Act(town, "sip.kallelse", call("m-9", START, centre, agenda="Hemma")))
    answer = walk.decide(replace(message, actor=None))
    assert isinstance(answer, Refused)
    assert (answer.rule, answer.element) == ("LC-4", "/actor")


def test_a_withdrawn_and_revoked_sip_of_cosmic_link_has_every_note_marked():
    walk = begun("cosmic_link", len(WAYS["cosmic_link"]) - 2)
    assert walk.case is not None
    unit = walk.case.state.coordinator["unit"]
    walk.do(Act(unit, "aterkallelse", {}))
    assert walk.case.status == "ended"
    walk.do(Act(unit, "makulering", {"case": True}))
    notes = [one for one in walk.case.elements.values() if one.address.startswith("anteckning/") and not one.removed]
    assert len(notes) > 1
    assert [one.state["revoked"][1] for one in notes] == [unit] * len(notes)
    assert walk.case.status == "revoked"


@pytest.mark.parametrize(
    ("number", "day", "minor"),
    [
        ("201410099913", date(2032, 10, 8), True),
        ("201410099913", date(2032, 10, 9), False),
        ("201410699913", date(2032, 10, 8), True),  # a samordningsnummer: the day and 60
        ("191212121212", date(2026, 3, 12), False),
        ("991981000011", date(2026, 3, 12), False),  # a number that says no date of birth
        ("200802299911", date(2026, 2, 28), True),
        ("200802299911", date(2026, 3, 1), False),
    ],
)
def test_a_person_is_a_minor_until_the_eighteenth_birthday(number: str, day: date, minor: bool):
    walk = _until("cosmic_link", "sip.kallelse")
    assert walk.case is not None
    walk.case.person["personnummer"] = number
    message = walk.message(Act(UNITS["cosmic_link"][0], "meddelande", {"text": "Hej"}))
    context = Context(
        SIP,
        walk.case,
        message,
        message.data,
        message.name,
        "oppenvard",
        DIRECTORY,
        SIP.profiles["cosmic_link"],
        walk.now,
    )
    assert is_minor(context, day) is minor
