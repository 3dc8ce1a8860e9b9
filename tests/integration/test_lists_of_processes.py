"""The lists and the search over two processes at once (C-31), over HTTP against a real PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from hub.processes.engine.process import PROCESSES
from hub.store.case_reads import of_month
from tests.integration.test_views import ANNA, CENTRE, KOMMUN, TOLVAN, WARD, Place, directory, discharge, served
from tests.toy.fixtures import register, with_duties

NURSE, OTHER = "SE2321000255-P03", "SE2321000255-P02"


@pytest.fixture
async def place(database: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Place]:
    register(monkeypatch)
    async with served(database, with_duties(directory())) as made:
        yield made


async def toy(place: Place, person: str = TOLVAN, **more: object) -> str:
    data = {"patient": {"personnummer": person}, **more}
    case = (await place.say(f"ref:{place.count}", "toy.start", data)).case
    await place.say(case, "deltagare", {"unit": CENTRE, "change": "tillagd"})
    return case


async def test_a_list_holds_the_cases_of_every_process_or_of_the_one_that_is_asked_for(place):
    svu = await place.admit()
    plan = await toy(place)
    await place.say(plan, "toy.call", {"meeting": "m1", "receivers": [CENTRE]})
    for unit in (WARD, CENTRE):
        assert await place.listed(unit) == [plan, svu]
        assert await place.listed(unit, "?process=svu") == [svu]
        assert await place.listed(unit, "?process=toy") == [plan]
        assert await place.listed(unit, "?process=toy&status=open&archived=all") == [plan]
    assert await place.listed(CENTRE, "?att_gora=true") == [plan, svu]
    assert await place.listed(CENTRE, "?att_gora=true&process=toy") == [plan]
    row, other = (await place.ask(f"/units/{CENTRE}/cases", CENTRE))["cases"]
    assert (row["process"], [*row["steps"]], "acts" in row) == ("toy", ["kallelse", "plan", "utskrivning"], True)
    assert (other["process"], "time" in other) == ("svu", True)
    assert [(act["act"], act["step"]) for act in row["att_gora"]] == [("kvittens", "kallelse")]


async def test_a_status_is_one_that_a_process_has(place):
    plan = await toy(place)
    await place.say(plan, "toy.end", {})
    assert await place.listed(query="?status=ended") == [plan]
    refused = await place.ask(f"/units/{WARD}/cases?status=over", status=400)
    assert (refused["element"], refused["rule"]) == ("/status", "bad-query")
    assert refused["text"]["sv"] == "Rätta status: ange open, discharged eller ended."
    refused = await place.ask(f"/units/{WARD}/cases?process=vpl", status=400)
    assert refused["text"]["en"] == "Correct process: give svu, sip or toy."


async def test_a_person_finds_the_cases_in_which_somebody_is_named_whatever_the_process_calls_it(place):
    svu, plan = await place.admit(), await toy(place, coordinator=OTHER)
    await toy(place, ANNA, coordinator=NURSE)
    contact = {"person": OTHER, "unit": CENTRE, "kallelseansvarig": True}
    await place.say(svu, "svu.fast_vardkontakt", contact, CENTRE)

    async def found(query: str = "", person: str | None = OTHER) -> list[str]:
        who = "" if person is None else f"/{person}"
        answer = await place.ask(f"/units/{CENTRE}/contacts{who}/cases{query}", CENTRE)
        return [row["case"] for row in answer["cases"]]

    assert await found() == [svu, plan]
    assert await found(person=None) == [svu, plan], "the actor"
    assert await found("?named_as=fast_vardkontakt") == [svu]
    assert await found("?named_as=samordningsansvarig") == [plan]
    assert await found("?process=toy") == [plan]
    refused = await place.ask(f"/units/{CENTRE}/contacts/cases?named_as=vem", CENTRE, status=400)
    assert refused["text"]["en"] == "Correct named_as: give fast_vardkontakt or samordningsansvarig."
    await place.say(svu, "svu.fast_vardkontakt", contact | {"change": "borttagen"}, CENTRE)
    assert await found() == [plan]


async def test_a_search_says_of_each_process_whether_the_unit_may_open_a_case(place):
    async def may_open(unit: str, person: str = TOLVAN) -> dict[str, str]:
        answer = await place.ask("/search", unit, body={"personnummer": person})
        said = answer["may_open"]
        assert said.keys() == PROCESSES.keys()
        return {name: said[name].get("rule", "allowed") for name in ("svu", "toy")}

    assert await may_open(WARD) == {"svu": "allowed", "toy": "allowed"}
    assert await may_open(CENTRE) == {"svu": "V-1", "toy": "T-1"}
    plan = await toy(place, saved=True)
    assert await may_open(WARD) == {"svu": "allowed", "toy": "T-1"}
    assert await may_open(WARD, ANNA) == {"svu": "allowed", "toy": "allowed"}
    answer = await place.ask("/search", KOMMUN, body={"personnummer": TOLVAN})
    assert answer["cases"] == [], "that there is one says the rule alone, not whose"
    await place.say(plan, "toy.end", {})
    assert await may_open(WARD) == {"svu": "allowed", "toy": "allowed"}


async def test_the_figures_of_a_month_are_of_the_process_and_of_the_discharges_that_stand(place):
    async def counted(process: str, month: str) -> int:
        async with place.hub.store.transaction() as connection:
            return len(await of_month(connection, process, [WARD], month))

    case = await place.admit()
    await place.say(case, "svu.utskrivning", discharge())
    month = discharge()["date"][:7]
    assert (await counted("svu", month), await counted("toy", month), await counted("svu", "2020-01")) == (1, 0, 0)
    await place.say(case, "svu.utskrivning_angrad", {"reason": "Kom tillbaka"})
    assert await counted("svu", month) == 0


async def test_a_sip_is_found_by_its_coordinator_and_a_second_is_not_to_be_opened(place):
    data = {"patient": {"personnummer": TOLVAN}, "samordningsansvarig": {"person": OTHER, "unit": CENTRE}}
    sip = (await place.say("ref:sip", "sip.initiativ", data, CENTRE)).case
    answer = await place.ask(f"/units/{CENTRE}/contacts/cases?named_as=samordningsansvarig&process=sip", CENTRE)
    assert [row["case"] for row in answer["cases"]] == [sip]
    for unit in (CENTRE, KOMMUN):
        said = (await place.ask("/search", unit, body={"personnummer": TOLVAN}))["may_open"]["sip"]
        assert (said["allowed"], said["rule"]) == (False, "S-1")
    assert (await place.ask("/search", KOMMUN, body={"personnummer": ANNA}))["may_open"]["sip"] == {"allowed": True}
