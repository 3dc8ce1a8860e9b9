"""What a register says, beyond our own bounds too, becomes a message and an outcome (law-and-lookups.md §4, V-2)."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.addressing.adressering import adressering_of
from hub.addressing.lookups import LookupOutcome, Resolution
from hub.addressing.memory import RegisterMemory, TimedMemory
from hub.addressing.register_text import one_line
from hub.addressing.soap_client import Parked
from hub.errors import Unavailable
from hub.processes.shared.registers import outcome_of, receivers
from hub.scenarios.world import load
from hub.translators.soap.folkbokforing import Address
from hub.translators.soap.hsa import Unit
from schemas.directory import Directory
from schemas.hub_messages import Adressering

CENTRE, WARD, KOMMUN, CLOSED = "SE2321000255-VC01", "SE2321000255-AVD12", "SE2120001132-K01", "SE2321000255-VC09"


@cache
def directory():
    return load(Path(__file__).parents[2] / "contracts" / "worlds" / "standard.yaml").directory


class Catalogue:
    """HSA, as far as a municipality's unit goes."""

    def __init__(self, said=None):
        self.said, self.asked = said, 0

    async def unit(self, hsa_id):
        self.asked += 1
        if isinstance(self.said, Exception):
            raise self.said
        return self.said and Unit(hsa_id, "x", "x", municipality=self.said)


@pytest.mark.parametrize(
    ("centre", "kommun", "outcome", "told"),
    [
        (CENTRE, KOMMUN, "listed", [CENTRE, KOMMUN]),
        (WARD, KOMMUN, "receiver_not_connected", [KOMMUN]),
        (KOMMUN, KOMMUN, "receiver_not_connected", [KOMMUN]),
        (CLOSED, KOMMUN, "receiver_not_connected", [KOMMUN]),
        (None, KOMMUN, "receiver_not_connected", [KOMMUN]),
        (CENTRE, None, "receiver_not_connected", [CENTRE]),
        (CENTRE, CENTRE, "receiver_not_connected", [CENTRE]),
    ],
)
def test_only_a_connected_health_centre_and_a_connected_municipality_are_told(centre, kommun, outcome, told):
    said = Adressering(outcome="listed", health_centre=centre, municipality_unit=kommun)
    assert receivers(said, directory()) == told
    assert outcome_of(said, directory()) == outcome


async def test_a_listing_whose_unit_is_no_hsa_id_is_for_the_manual_queue_and_says_why():
    found = Resolution(
        LookupOutcome.LISTED, health_centre="Vårdcentralen på torget", municipality_code="1281", county="12"
    )
    answer, again = await adressering_of(found, directory(), Catalogue())
    assert (answer.outcome, answer.health_centre, answer.municipality_unit) == ("receiver_not_connected", None, KOMMUN)
    assert "listed -> an id that is no HSA-id (not connected)" in answer.why
    assert not again


@given(name=st.text(max_size=700), street=st.text(max_size=700), city=st.text(max_size=300), county=st.just("12"))
async def test_a_name_and_an_address_of_any_length_and_signs_are_told(name, street, city, county):
    found = Resolution(
        LookupOutcome.LISTED,
        CENTRE,
        municipality_code="1281",
        county=county,
        name=name,
        address=Address(None, street, city=city),
    )
    answer, _ = await adressering_of(found, directory(), Catalogue())
    assert answer.outcome == "listed"
    assert (answer.name or "").isprintable()
    assert len(answer.address or "") <= 300


def test_what_is_cut_shows_that_it_was():
    assert one_line("Å" * 301) == "Å" * 299 + "…"
    assert one_line("Å" * 300) == "Å" * 300
    assert one_line("\x07 \n") is None


@pytest.mark.parametrize("trouble", [Unavailable("VP009"), Parked("VP007", "VP007")])
async def test_a_municipality_that_hsa_does_not_say_now_is_asked_for_again_and_the_centre_is_told(trouble):
    content = directory().model_dump()
    for unit in content["units"]:
        if unit["hsa"] == KOMMUN:
            unit |= {"municipality": None, "receives": True}
    without_code = Directory.model_validate(content)
    found = Resolution(LookupOutcome.LISTED, CENTRE, municipality_code="1281", county="12")
    hsa = Catalogue(trouble)
    answer, again = await adressering_of(found, without_code, hsa)
    assert (answer.outcome, answer.health_centre, again) == ("lookup_unavailable", CENTRE, True)
    assert f"hsa_unit={trouble.reason}" in answer.why
    answer, again = await adressering_of(found, without_code, Catalogue("1281"))
    assert (answer.outcome, answer.municipality_unit, again) == ("listed", KOMMUN, False)


def remembered(county="12", ttl=60, negative=60):
    memory = RegisterMemory(None, ttl, negative)
    memory.put_person("191212121212", county, Adressering(outcome="listed"))
    return memory


def test_memory_is_bounded_and_the_least_recently_used_leaves_first():
    memory = TimedMemory(2)
    for key in ("a", "b"):
        memory.put(key, key, 60)
    assert memory.get("a") == "a"
    memory.put("c", "c", 60)
    assert [memory.get(key) for key in "abc"] == ["a", None, "c"]


def test_an_answer_is_remembered_for_its_own_time_a_negative_one_for_a_shorter(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    memory = remembered(ttl=60, negative=5)
    memory.put_person("192002299861", "12", Adressering(outcome="unlisted"))
    found = []
    for now[0] in (4, 6, 61):
        found.append([memory.person(number, "12") is not None for number in ("191212121212", "192002299861")])
    assert found == [[True, True], [True, False], [False, False]]


def test_a_person_of_whom_there_is_news_is_forgotten_in_every_region_and_nobody_else():
    memory = remembered("12")
    memory.put_person("191212121212", "14", Adressering(outcome="listed"))
    memory.put_person("192002299861", "12", Adressering(outcome="listed"))
    memory.drop_person("191212121212")
    assert memory.person("191212121212", "12") is memory.person("191212121212", "14") is None
    assert memory.person("192002299861", "12") is not None
