"""A case that units may read before they are told of it (SA-2), over HTTP against a real PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.integration.test_views import CENTRE, KOMMUN, TOLVAN, WARD, WARD2, Place, directory, served
from tests.toy.fixtures import register, with_duties


@pytest.fixture
async def place(database: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Place]:
    register(monkeypatch)
    async with served(database, with_duties(directory())) as made:
        yield made


async def saved(place: Place) -> str:
    data = {"patient": {"personnummer": TOLVAN}, "saved": True}
    case = (await place.say("ref:toy", "toy.start", data)).case
    await place.say(case, "deltagare", {"unit": CENTRE, "change": "tillagd"})
    await place.say(case, "toy.plan", {"edits": [{"element": "mal/a", "text": "Gå ut"}]})
    return case


async def told(place: Place, case: str) -> list[str]:
    found = await place.sql("SELECT system FROM outbox WHERE kind = 'notice' AND case_id = %s", case)
    return [system for (system,) in found]


async def test_a_unit_that_is_not_told_yet_finds_the_case_and_reads_it_whole(place):
    case = await saved(place)
    assert await told(place, case) == []
    assert await place.listed(CENTRE) == [case]
    ((row,), may_open) = (await place.ask("/search", CENTRE, body={"personnummer": TOLVAN})).values()
    assert (row["case"], row["person"]["personnummer"], "toy" in may_open) == (case, TOLVAN, True)
    assert row["steps"]["plan"] == dict.fromkeys(("distriktsskoterska", "rehabkoordinator"), "blue")
    shown = await place.ask(f"/cases/{case}", CENTRE)
    assert shown["last_written"]["edits"][0]["text"] == "Gå ut"
    assert shown["access"] == {"ground": "deltar", "read_only": True, "logged": True}
    assert (shown["may"], shown["att_gora"]) == ([], [])
    assert (await place.ask(f"/cases/{case}/fields/plan/a", CENTRE))["total"] == 1
    assert {line["what"] for line in (await place.ask(f"/cases/{case}/trace", CENTRE))["trace"]} >= {"toy.plan"}


async def test_it_does_not_act_in_what_it_is_not_told_of(place):
    case = await saved(place)
    edit = {"edits": [{"element": "mal/b", "text": "Äta"}]}
    assert (await place.say(case, "toy.plan", edit, CENTRE, ok=False)).rule == "C-4"


async def test_units_that_take_no_part_do_not_find_it(place):
    case = await saved(place)
    for unit in (WARD2, KOMMUN):
        assert await place.listed(unit) == []
        assert (await place.ask("/search", unit, body={"personnummer": TOLVAN}))["cases"] == []
        await place.ask(f"/cases/{case}", unit, status=404, x_ground="aktivt_val")
    assert await place.listed(WARD) == [case]
