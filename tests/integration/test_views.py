"""What a connected system is shown of its cases, over HTTP against a real PostgreSQL: each rule seen to hold and to refuse."""

import asyncio
import base64
import io
import json
import re
import struct
import zlib
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import httpx
import pypdf
import pytest

from hub.app import Hub
from hub.http_api import api_of
from hub.intake.arrival import Arrival
from hub.intake.hub_messages import own_message
from hub.routers.cases.question import within
from hub.settings import Settings
from hub.store import directory as directories
from schemas.hub_messages import Adressering, Folkbokforing
from schemas.swedish_time import STOCKHOLM, moment_in_words
from tests import desk
from tests.documented import Documented
from tests.stack import CENTRE, KOMMUN, SIP_DUTIES, WARD, checked, content, hashed

WARD2, PRIVATE, MALMO = "SE2321000255-AVD14", "SE5560360793-BIL1", "SE2120001124-K01"
TOLVAN, ANNA, EMIL = "191212121212", "192002299861", "193304179884"
ACTOR = {WARD: "P03", WARD2: "P06", CENTRE: "P02", KOMMUN: "P01", PRIVATE: "P01", MALMO: "P01"}
ROLE = {WARD: "sjukskoterska", WARD2: "sjukskoterska", CENTRE: "distriktsskoterska", KOMMUN: "bistandshandlaggare"}
ROLE |= {PRIVATE: "lakare", MALMO: "handlaggare"}
SYSTEM = {WARD: "ehr", WARD2: "ehr", CENTRE: "centre", KOMMUN: "kommun", PRIVATE: "bilar", MALMO: "malmo"}
FOUND = desk.FOUND.model_copy(update={"address": "Storgatan 1, 222 22 LUND"})


def directory(profile="mina_planer"):
    found = content()
    found["regions"][0]["profile"] = profile
    found["organisations"] += [
        {"orgnr": "5560360793", "name": "Läkarbilar AB", "region": "skane"},
        {"orgnr": "2120001124", "name": "Malmö stad", "region": "skane"},
    ]
    duties = {"inskrivning": ["kvittera"], "tid": ["kvittera"], "stallningstagande": ["justera"], **SIP_DUTIES}
    ward = {"sjukskoterska": duties, "lakare": {"stallningstagande": ["justera"]}, "sekreterare": {}}
    roles = {WARD: ward, CENTRE: {"distriktsskoterska": duties, "rehabkoordinator": {}}}
    roles[KOMMUN] = {"bistandshandlaggare": duties}
    for unit in found["units"]:
        unit["roles"] = roles[unit["hsa"]]
    found["units"] += [
        {
            "hsa": WARD2,
            "name": "Avdelning 14",
            "party": "slutenvard",
            "organisation": "2321000255",
            "roles": {"sjukskoterska": {}},
        },
        {
            "hsa": PRIVATE,
            "name": "Läkarbil 1",
            "party": "oppenvard",
            "organisation": "5560360793",
            "roles": {"lakare": {}},
        },
        {"hsa": MALMO, "name": "Malmö", "party": "kommun", "organisation": "2120001124", "roles": {"handlaggare": {}}},
    ]
    for system in found["systems"]:
        system["token_sha256"] = [hashed(f"token-{system['id']}")]
        system["ways_in"] = ["kafka", "http"]
    found["systems"][0]["units"].append(WARD2)
    for id_, organisation, unit in (("bilar", "5560360793", PRIVATE), ("malmo", "2120001124", MALMO)):
        found["systems"].append(
            {"id": id_, "name": id_, "organisation": organisation, "units": [unit], "out": {"way": "kafka"}}
            | {"token_sha256": [hashed(f"token-{id_}")]}
        )
    return checked(found)


class Place:
    """The hub's own HTTP side over a real store and intake; nothing is delivered."""

    def __init__(self, hub):
        self.hub, self.count = hub, 0
        transport = httpx.ASGITransport(app=api_of(hub), raise_app_exceptions=False)
        self.written = Documented(transport.app.openapi())  # what is answered is what is written
        hooks = {"response": [self.written.check]}
        self.client = httpx.AsyncClient(transport=transport, base_url="http://hub", event_hooks=hooks)

    async def say(self, case, name, data, unit=WARD, *, id_=None, role=None, ok=True):
        self.count += 1
        attributes = {
            "specversion": "1.0",
            "id": id_ or f"m-{self.count}",
            "source": f"urn:hsa:{unit}",
            "type": f"se.samverkan.{name}.v1",
            "subject": case,
            "time": datetime.now(UTC).isoformat(),
            "actor": f"{unit.partition('-')[0]}-{ACTOR[unit]}",
            "actorrole": role or ROLE[unit],
        }
        system = self.hub.directory().system_by_id[SYSTEM[unit]]
        raw = json.dumps(data).encode()
        arrival = Arrival(
            system, raw, "application/json", attributes, datetime.now(UTC), f"t/{self.count}", by_outbox=False
        )
        (receipt,) = await self.hub.intake.submit([arrival])
        assert not ok or receipt.code == "ok", receipt
        return receipt

    async def own(self, case, name, part):
        self.count += 1
        (receipt,) = await self.hub.intake.submit(
            [own_message(case, f"own-{self.count}", name, part, datetime.now(UTC))]
        )
        assert receipt.code == "ok", receipt

    async def admit(self, person=TOLVAN, *, draft=False, found=FOUND, unit=WARD, name=None, **more):
        now = datetime.now(UTC)
        data = {
            "patient": {"personnummer": person} | ({"name": name} if name else {}),
            "admitted_at": (now - timedelta(hours=2)).isoformat(),
            "estimated_discharge": (now + timedelta(days=6)).date().isoformat(),
            "reason": "Fall i hemmet",
            "information": {"given": True},
            "samtycke": {"outcome": "given", "given_by": "patienten"},
            "draft": draft,
        } | more
        receipt = await self.say(f"ref:vk-{self.count}", "svu.inskrivning", data, unit)
        if found is not None:
            await self.own(receipt.case, "adressering", found)
        return receipt.case

    async def ask(self, path, unit=WARD, *, body=None, status=200, role=None, system=None, **headers):
        given = {
            "authorization": f"Bearer token-{system or SYSTEM[unit]}",
            "x-unit": unit,
            "x-actor": f"{unit.partition('-')[0]}-{ACTOR[unit]}",
            "x-role": role or ROLE[unit],
        } | {name.replace("_", "-"): value for name, value in headers.items()}
        given = {name: value for name, value in given.items() if value is not None}
        if body is None:
            found = await self.client.get(path, headers=given)
        else:
            found = await self.client.post(path, headers=given, json=body)
        assert found.status_code == status, (found.status_code, found.text)
        return found.json() if "json" in found.headers["content-type"] else found

    async def sql(self, statement, *values):
        async with self.hub.store.transaction() as connection:
            found = await connection.execute(statement, values)
            return await found.fetchall() if found.description else []

    async def readings(self, case):
        return await self.sql(
            "SELECT unit, actor, role, what, ground FROM reading WHERE case_id = %s ORDER BY id", case
        )

    async def listed(self, unit=WARD, query="", **more):
        return [row["case"] for row in (await self.ask(f"/units/{unit}/cases{query}", unit, **more))["cases"]]


async def opened(database, found):
    hub = Hub(Settings(database_url=database, kafka_bootstrap="127.0.0.1:1"))
    hub.in_force._now = hub.in_force._applied = found
    await directories.apply(hub.store, found)
    return hub


@asynccontextmanager
async def served(database, found, kind=Place):
    """The place of a hub with this directory, as long as its intake runs."""
    hub = await opened(database, found)
    running = asyncio.create_task(hub.intake.run())
    made = kind(hub)
    yield made
    await made.client.aclose()
    hub.intake.stop()
    await running
    await hub.store.close()


@pytest.fixture
async def place(database, request):
    async with served(database, directory(getattr(request, "param", "mina_planer"))) as made:
        yield made


# --- the lists (C-30, C-31, C-54) -------------------------------------------------------------------------------------


async def test_the_start_list_shows_colours_acts_participants_counts_and_the_time_newest_change_first(place):
    first = await place.admit()
    second = await place.admit(ANNA)
    await place.say(second, "svu.kartlaggning", {"fields": {"aktuellt_tillstand": {"text": "Uppe och går"}}})
    await place.say(second, "svu.kartlaggning", {"fields": {"bakgrund": {"text": "Bor ensam"}}}, CENTRE)
    await place.say(second, "meddelande", {"text": "Hej", "attachment": {"name": "a.txt", "content": "SGVq"}})
    answer = await place.ask(f"/units/{CENTRE}/cases", CENTRE)
    assert (answer["total"], answer["total_is_more"]) == (2, False)
    assert [row["case"] for row in answer["cases"]] == [second, first]
    row = answer["cases"][0]
    assert row["steps"]["inskrivning"] == {"distriktsskoterska": "red", "rehabkoordinator": "yellow"}
    assert row["steps"]["kartlaggning"] == dict.fromkeys(("distriktsskoterska", "rehabkoordinator"), "blue")
    assert [(act["act"], act.get("step") or act.get("of")) for act in row["att_gora"]] == [
        ("kvittens", "inskrivning"),
        ("kvittens", "meddelande"),
    ]
    assert row["counts"] == {"messages": 1, "files": 1}
    assert datetime.fromisoformat(row["kartlaggning"]["changed_at"]) <= datetime.now(UTC)
    last = row["kartlaggning"]["changed_by"]
    assert (last["unit"], last["actor"], last["role"]) == (CENTRE, "SE2321000255-P02", "distriktsskoterska")
    assert (await place.ask(f"/cases/{row['case']}"))["kartlaggning_written"] == row["kartlaggning"]
    assert row["time"]["state"] == "beraknad"
    assert row["person"]["personnummer"] == ANNA
    assert row["archived"] is False
    assert {p["unit"]: p["awaits"] for p in row["participants"]}[KOMMUN] == ["kvittens", "kvittens"]
    assert {p["unit"] for p in row["participants"]} == {WARD, CENTRE, KOMMUN}
    assert answer["cases"][1]["kartlaggning"]["changed_at"] is None
    assert ("lista", "deltar") in {(what, ground) for *_, what, ground in await place.readings(first)}


async def test_lists_sort_by_family_name_in_swedish_and_number_and_page_without_a_name_in_the_cursor(place):
    names = {TOLVAN: "Anna Ödman", ANNA: "Åsa Ek", EMIL: "Ärling,  Zlatan", "197001239917": "Carl Erik  åberg"}
    cases = {name: await place.admit(person, name=name, found=None) for person, name in names.items()}
    by_name = [cases[name] for name in ("Åsa Ek", "Carl Erik  åberg", "Ärling,  Zlatan", "Anna Ödman")]
    by_number = [cases[names[number]] for number in sorted(names)]
    for sort, wanted in (("name", by_name), ("personnummer", by_number), ("changed", list(reversed(cases.values())))):
        pages, cursor = [], ""
        while True:
            answer = await place.ask(f"/units/{WARD}/cases?sort={sort}&limit=1{cursor}")
            assert answer["total"] == 4
            pages += [row["case"] for row in answer["cases"]]
            if "next" not in answer:
                break
            assert not any(number in answer["next"] for number in names)
            cursor = f"&cursor={answer['next']}"
        assert pages == wanted


async def test_lists_filter_by_todo_status_name_and_number_the_personal_ones_in_the_body_alone(place):
    tolvan = await place.admit(name="Tolvan Tolvansson")
    anna = await place.admit(ANNA, name="Anna 100% Ek")
    await place.say(tolvan, "kvittens", {"message": (await message_of(place, tolvan))}, CENTRE)
    assert await place.listed(CENTRE, "?att_gora=true") == [anna]
    await place.say(anna, "svu.utskrivning", discharge(), WARD)
    assert await place.listed(WARD, "?status=discharged") == [anna]
    path = f"/units/{WARD}/cases"
    for body, wanted in (
        ({"name": "tolvans"}, [tolvan]),
        ({"name": "Tolvan Tolvansson"}, [tolvan]),
        ({"name": "Tolvansson, tolvan"}, [tolvan]),
        ({"name": "Tolvan Ek"}, []),
        ({"name": "100%"}, [anna]),
        ({"name": "%"}, [anna]),
        ({"name": "_"}, []),
        ({"personnummer": "1912"}, [tolvan]),
        ({"personnummer": ANNA, "status": "open"}, []),
    ):
        assert [row["case"] for row in (await place.ask(path, body=body))["cases"]] == wanted
    assert (await place.ask(path, body={"name": "anna", "archived": "all"}, status=400))["element"] == "/name"
    refused = await place.ask(f"{path}?name=tolvan", status=400)
    assert (refused["rule"], "tolvan" in json.dumps(refused)) == ("D-10", False)
    assert (await place.ask(f"{path}?personnummer={TOLVAN}", status=400))["rule"] == "D-10"


async def message_of(place, case, name="svu.inskrivning"):
    return (
        await place.sql("SELECT id FROM message WHERE case_id = %s AND name = %s ORDER BY sequence DESC", case, name)
    )[0][0]


def discharge(**more):
    today = datetime.now(STOCKHOLM).date().isoformat()
    return {"date": today, "kind": "utskrivning", "discharged_to": "ordinart_boende", "confirmed": True} | more


async def test_a_discharged_case_leaves_the_start_list_after_72_hours_and_is_found_among_the_archived(place):
    case = await place.admit()
    await place.say(case, "svu.utskrivning", discharge())
    assert await place.listed() == [case]
    assert await place.listed(query="?archived=true") == []
    ((left, changed),) = await place.sql("SELECT archived_at, changed_at FROM cases WHERE id = %s", case)
    assert left - changed == timedelta(hours=72)
    await place.sql("UPDATE cases SET archived_at = now() WHERE id = %s", case)
    assert await place.listed() == []
    # One that came in after the discharge has no time of its own in the list: the case's counts.
    await place.sql("UPDATE participation SET archived_at = NULL WHERE case_id = %s", case)
    assert await place.listed() == []
    (row,) = (await place.ask(f"/units/{WARD}/cases?archived=true"))["cases"]
    assert (row["case"], row["archived"], row["time"]["state"]) == (case, True, "utskriven")
    assert await place.listed(query="?archived=all") == [case]
    (found,) = (await place.ask("/search", body={"personnummer": TOLVAN}))["cases"]
    assert (found["case"], found["archived"]) == (case, True)


async def test_an_undone_discharge_brings_the_case_back_for_good(place):
    case = await place.admit()
    await place.say(case, "svu.utskrivning", discharge())
    times = "SELECT DISTINCT archived_at IS NULL FROM participation WHERE case_id = %s"
    assert await place.sql(times, case) == [(False,)]
    await place.say(case, "svu.utskrivning_angrad", {"reason": "Kom tillbaka"})
    assert await place.sql(times, case) == [(True,)]
    assert await place.listed() == [case]


async def test_changed_since_gives_count_and_ids_and_nothing_else_and_is_no_reading(place):
    first = await place.admit()
    start = (await place.sql("SELECT max(changed_at) FROM cases"))[0][0]
    second = await place.admit(ANNA)
    answer = await place.ask(f"/units/{KOMMUN}/cases?changed_since={start.isoformat()}", KOMMUN)
    assert (answer["count"], answer["cases"]) == (1, [second])
    assert set(answer) == {"count", "cases", "as_of"}
    answer = await place.ask(f"/units/{KOMMUN}/cases?changed_since=2020-01-01T00:00:00%2B01:00", KOMMUN)
    assert answer["cases"] == [first, second]
    assert await place.readings(first) == []


async def test_a_list_names_what_is_wrong_with_the_question_without_repeating_it(place):
    for query in (
        "sort=age",
        "limit=0",
        "limit=201",
        "cursor=x",
        "att_gora=maybe",
        "changed_since=igar",
        "sida=2",
        "archived=kanske",
    ):
        refused = await place.ask(f"/units/{WARD}/cases?{query}", status=400)
        assert len(query.partition("=")[2]) < 4 or query.partition("=")[2] not in json.dumps(refused)
        assert refused["text"]["sv"] != refused["text"]["en"]
    assert (await place.ask(f"/units/{WARD}/cases", body={"namn": TOLVAN}, status=400))["rule"] == "bad-query"


@pytest.mark.parametrize(
    ("query", "rule", "element", "said"),
    [
        ("limit=201", "bad-query", "/limit", "högst 200"),
        ("limit=ett", "bad-query", "/limit", "ett tal med siffror"),
        ("sort=age", "bad-query", "/sort", "changed, name eller personnummer"),
        ("att_gora=maybe", "bad-query", "/att_gora", "true eller false"),
        ("changed_since=igar", "bad-query", "/changed_since", "en tid med zon"),
        ("changed_since=2026-03-02T08:00:00", "bad-query", "/changed_since", "en tid med zon"),
        ("sida=2", "bad-query", "/query", "okänd parameter"),
        ("namn=Tolvan", "D-10", "/query", "med POST"),
        ("unit=anna", "hsa-id-format", "/unit", "HSA-id"),
    ],
)
async def test_what_is_wrong_in_a_query_is_named_with_what_to_write_instead(place, query, rule, element, said):
    refused = await place.ask(f"/units/{WARD}/cases?{query}", status=400)
    assert (refused["rule"], refused["element"]) == (rule, element)
    assert said in refused["text"]["sv"] and refused["text"]["sv"] != refused["text"]["en"]


async def test_without_a_token_nothing_else_is_said_and_with_one_the_first_fault_is(place):
    path = f"/units/{WARD}/cases"
    answer = await place.client.post(f"{path}?limit=0", content=b"x" * 20_000)
    assert (answer.status_code, answer.json()["rule"]) == (401, "unauthenticated")
    assert answer.headers["content-type"] == "application/problem+json"
    for more, rule, element in (
        ({"x-actor": None}, "C-7", "/X-Actor"),
        ({"x-actor": "anna"}, "hsa-id-format", "/X-Actor"),
        ({"x-unit": CENTRE}, "C-4", "/X-Unit"),
    ):
        refused = await place.ask(f"{path}?limit=0", status=400, **more)
        assert (refused["rule"], refused["element"]) == (rule, element)
    large = {"name": "x" * 17_000}
    assert (await place.ask(path, body=large, status=413))["rule"] == "too-large"
    assert (await place.ask(path, body={"name": 1}, status=400))["element"] == "/name"


async def test_the_cases_in_which_a_person_is_fast_vardkontakt_are_a_list_of_their_own(place):
    mine, other = await place.admit(), await place.admit(ANNA)
    named = {"person": "SE2321000255-P02", "unit": CENTRE, "kallelseansvarig": True}
    await place.say(mine, "svu.fast_vardkontakt", named, CENTRE)
    await place.say(other, "svu.fast_vardkontakt", named | {"person": "SE2321000255-P09"}, CENTRE)
    answer = await place.ask(f"/units/{CENTRE}/contacts/cases", CENTRE)
    assert [(row["case"], row["vardkontakter"][0]["kallelseansvarig"]) for row in answer["cases"]] == [(mine, True)]
    answer = await place.ask(f"/units/{WARD}/contacts/se2321000255-p09/cases")
    assert ([row["case"] for row in answer["cases"]], answer["total"]) == ([other], 1)
    await place.say(
        other, "svu.fast_vardkontakt", named | {"person": "SE2321000255-P09", "change": "borttagen"}, CENTRE
    )
    assert (await place.ask(f"/units/{WARD}/contacts/SE2321000255-P09/cases"))["cases"] == []
    assert (await place.ask(f"/units/{WARD}/contacts/anna/cases", status=400))["rule"] == "hsa-id-format"


# --- who asks (C-3, C-4) ----------------------------------------------------------------------------------------------


async def test_only_a_unit_of_the_tokens_system_asks_and_says_who_in_which_role(place):
    case = await place.admit()
    path = f"/cases/{case}"
    assert (await place.ask(path, authorization=None, status=401))["rule"] == "unauthenticated"
    assert (await place.ask(path, KOMMUN, system="ehr", status=403))["rule"] == "foreign-unit"
    assert (await place.ask(path, x_unit="SE2321000255-NONE", status=403))["rule"] == "foreign-unit"
    assert (await place.ask(f"{path}?unit={CENTRE}", status=400))["rule"] == "C-4"
    assert (await place.ask(path, x_unit=None, status=400))["rule"] == "C-4"
    assert (await place.ask(path, x_actor=None, status=400))["rule"] == "C-7"
    assert (await place.ask(path, role="snickare", status=403))["rule"] == "C-3"
    assert (await place.ask(f"/units/{KOMMUN}/cases", status=400))["rule"] == "C-4"
    assert await place.readings(case) == []
    await place.ask(f"{path}?unit={WARD}", x_unit=None)
    await place.hub.memory.put_actor("SE2321000255-P03", "sjukskoterska", "unknown")
    assert (await place.ask(path, status=403))["rule"] == "C-3"


async def test_a_person_of_another_organisation_reads_nothing_for_the_unit(place):
    case = await place.admit()
    for person in ("SE2120001132-P01", "SE5560360793-P01"):
        assert (await place.ask(f"/cases/{case}", x_actor=person, status=403))["rule"] == "C-4"
    assert await place.readings(case) == []


async def test_an_access_by_consent_is_the_persons_who_registered_it_in_that_role(place):
    case = await place.admit()
    await place.say(case, "atkomst", {"ground": "samtycke"}, PRIVATE)
    assert (await place.ask(f"/cases/{case}", PRIVATE))["access"]["ground"] == "atkomst:samtycke"
    assert (await place.ask(f"/cases/{case}", PRIVATE, x_actor="SE5560360793-P02", status=403))["rule"] == "C-5"
    readers = (await place.ask(f"/cases/{case}"))["readers"]
    assert [(one["unit"], one["actor"], one["role"]) for one in readers] == [(PRIVATE, "SE5560360793-P01", "lakare")]
    await place.say(case, "atkomst", {"ground": "samtycke", "ends": True}, PRIVATE)
    assert (await place.ask(f"/cases/{case}", PRIVATE, status=403))["rule"] == "C-5"


async def test_every_answer_names_its_staff_where_hsa_has_said_the_name(place):
    case = await place.admit()
    assert "names" not in await place.ask(f"/cases/{case}")
    await place.hub.memory.put_actor("SE2321000255-P03", "sjukskoterska", "verified", "Syster Sköterska")
    for path in (f"/cases/{case}", f"/cases/{case}/trace", f"/cases/{case}/versions/inskrivning"):
        assert (await place.ask(path))["names"] == {"SE2321000255-P03": "Syster Sköterska"}, path


async def test_a_role_that_was_taken_away_loses_its_access_at_once(place):
    case = await place.admit()
    await place.ask(f"/cases/{case}", role="sekreterare")
    await place.say(case, "roll", {"unit": WARD, "role": "sekreterare", "change": "borttagen"})
    assert (await place.ask(f"/cases/{case}", role="sekreterare", status=403))["rule"] == "C-4"
    (row,) = (await place.ask(f"/units/{WARD}/cases", role="sekreterare"))["cases"]
    assert set(row) == {"case", "process", "status", "laslage", "access"}


# --- secrecy (C-4 to C-6, V-2, V-5, C-62) -----------------------------------------------------------------------------


async def test_before_an_inskrivning_is_published_slutenvard_alone_sees_that_there_is_a_case(place):
    case = await place.admit(draft=True)
    assert await place.listed() == [case]
    whole = await place.ask(f"/cases/{case}")
    assert (whole["published"], whole["inskrivning"]["draft"]) == (False, True)
    for unit in (CENTRE, KOMMUN, WARD2, PRIVATE):
        assert await place.listed(unit) == []
        assert (await place.ask("/search", unit, body={"personnummer": TOLVAN}))["cases"] == []
        for part in ("", "/versions/inskrivning", "/messages", "/trace", "/print/inskrivning"):
            refused = await place.ask(
                f"/cases/{case}{part}", unit, status=200 if (unit, part) == (WARD2, "/trace") else 404
            )
            assert unit == WARD2 or refused["rule"] == "unknown-case"


async def test_a_draft_is_read_by_the_party_that_writes_it_alone_also_afterwards(place):
    case = await place.admit(draft=True, reason="Oklart, utreds")
    body = json.loads(
        (await place.sql("SELECT convert_from(raw, 'UTF8') FROM message WHERE case_id = %s AND sequence = 1", case))[0][
            0
        ]
    )
    await place.say(case, "svu.inskrivning", body | {"draft": False, "reason": "Fall"})
    of_ward = await place.ask(f"/cases/{case}/versions/inskrivning")
    of_centre = await place.ask(f"/cases/{case}/versions/inskrivning", CENTRE)
    assert [(v["version"], v["draft"]) for v in of_ward["versions"]] == [(2, False), (1, True)]
    assert [v["version"] for v in of_centre["versions"]] == [2]
    assert (of_centre["total"], of_centre["current"]) == (1, 2)
    draft = await place.ask(f"/cases/{case}/versions/inskrivning/1")
    assert (draft["content"]["reason"], draft["earlier"], draft["current"]) == ("Oklart, utreds", True, 2)
    assert (await place.ask(f"/cases/{case}/versions/inskrivning/1", CENTRE, status=404))["rule"] == "C-50"
    assert (await place.ask(f"/cases/{case}", CENTRE))["inskrivning"]["reason"] == "Fall"


async def test_one_who_takes_no_part_gets_process_status_and_laslage_and_the_content_only_after_atkomst(place):
    case = await place.admit()
    for unit, ways in ((WARD2, ["aktivt_val"]), (PRIVATE, ["samtycke", "menprovning"])):
        answer = await place.ask("/search", unit, body={"personnummer": TOLVAN})
        stub = {"case": case, "process": "svu", "status": "open", "laslage": True, "access": ways}
        assert answer["cases"] == [stub]
        assert (await place.ask(f"/cases/{case}", unit, status=403))["rule"] == "C-5"
        for part in ("versions/inskrivning", "versions/inskrivning/1", "messages", "files/m-1", "print/inskrivning"):
            await place.ask(f"/cases/{case}/{part}", unit, status=403)
    chosen = await place.ask(f"/cases/{case}", WARD2, x_ground="aktivt_val")
    assert chosen["access"] == {"ground": "aktivt_val", "read_only": True, "logged": True}
    assert chosen["may"] == []
    assert (await place.ask(f"/cases/{case}", PRIVATE, x_ground="aktivt_val", status=403))["rule"] == "C-5"
    await place.say(case, "atkomst", {"ground": "aktivt_val"}, PRIVATE, ok=False)
    await place.ask(f"/cases/{case}", PRIVATE, status=403)
    await place.say(case, "atkomst", {"ground": "samtycke"}, PRIVATE)
    whole = await place.ask(f"/cases/{case}", PRIVATE)
    assert (whole["access"]["ground"], whole["access"]["read_only"]) == ("atkomst:samtycke", True)
    assert whole["samtycke"]["outcome"] == "given"
    grounds = [(unit, what, ground) for unit, _, _, what, ground in await place.readings(case)]
    assert grounds == [
        (WARD2, "sok", "sok"),
        (PRIVATE, "sok", "sok"),
        (WARD2, "arende", "aktivt_val"),
        (PRIVATE, "arende", "atkomst:samtycke"),
    ]
    assert await place.listed(PRIVATE) == []


async def test_a_unit_that_was_removed_sees_no_more(place):
    case = await place.admit()
    await place.ask(f"/cases/{case}", KOMMUN)
    await place.say(case, "deltagare", {"unit": KOMMUN, "change": "borttagen"})
    assert (await place.ask(f"/cases/{case}", KOMMUN, status=403))["rule"] == "C-5"
    assert await place.listed(KOMMUN) == []
    assert (await place.ask(f"/cases/{case}/trace", KOMMUN, status=404))["rule"] == "unknown-case"


async def test_one_that_comes_in_after_a_refusal_sees_the_admission_alone_in_lists_views_and_prints(place):
    case = await place.admit()
    await place.say(case, "svu.kartlaggning", {"fields": {"aktuellt_tillstand": {"text": "Går med stöd"}}})
    await place.say(case, "svu.stallningstagande", {"slutenvard": {"patient_opinion": "Vill hem"}})
    file = {"name": "a.txt", "content": base64.b64encode(b"Hej").decode()}
    await place.say(case, "meddelande", {"text": "Ring", "attachment": file}, id_="ring")
    named = {"person": "SE2321000255-P02", "unit": CENTRE, "kallelseansvarig": True}
    await place.say(case, "svu.fast_vardkontakt", named, CENTRE)
    day = (datetime.now(UTC) + timedelta(days=9)).date().isoformat()
    await place.say(case, "svu.beraknad_utskrivning", {"date": day, "reason": "Feber"})
    await place.say(case, "samtycke", {"outcome": "refused"})
    await place.say(case, "deltagare", {"unit": MALMO, "change": "tillagd"})
    shown = await place.ask(f"/cases/{case}", MALMO)
    assert (shown["person"]["personnummer"], shown["person"]["name"]) == (TOLVAN, "Tolvan Tolvansson")
    assert (shown["samtycke"]["outcome"], shown["information"]["given"], shown["time"]["estimated"]) == (
        "refused",
        True,
        day,
    )
    assert "reason" not in shown["inskrivning"]
    assert shown["kartlaggning"] == {}
    assert [shown["stallningstagande"][party] for party in ("slutenvard", "oppenvard", "kommun")] == [{}, {}, {}]
    assert (shown["vardkontakter"], shown["counts"], shown["liability"]) == ([], {"messages": 0, "files": 0}, None)
    assert "Går med stöd" not in (text := json.dumps(shown, ensure_ascii=False))
    assert not any(word in text for word in ("Vill hem", "Feber", "Fall i hemmet", "SE2321000255-P02"))
    (row,) = (await place.ask(f"/units/{MALMO}/cases", MALMO))["cases"]
    assert (row["vardkontakter"], row["counts"]["messages"], row["kartlaggning"]["changed_at"]) == ([], 0, None)
    assert row["steps"]["kartlaggning"] == {"handlaggare": "grey"}
    assert (await place.ask(f"/cases/{case}/messages", MALMO))["messages"] == []
    await place.ask(f"/cases/{case}/files/ring", MALMO, status=404)
    await place.ask(f"/cases/{case}/fields/kartlaggning/aktuellt_tillstand", MALMO, status=404)
    for step in ("kartlaggning", "stallningstagande"):
        assert (await place.ask(f"/cases/{case}/versions/{step}", MALMO))["versions"] == []
        await place.ask(f"/cases/{case}/print/{step}", MALMO, status=404)
    version = await place.ask(f"/cases/{case}/versions/inskrivning/1", MALMO)
    assert version["content"]["patient"]["name"] == "Tolvan Tolvansson"
    assert "reason" not in version["content"]
    await place.ask(f"/cases/{case}/versions/tid/2", MALMO, status=404)
    assert (await place.ask(f"/cases/{case}/print/inskrivning", MALMO)).content[:5] == b"%PDF-"
    # One that reads by a choice of its own is as one that came in now; those who were there keep what they had.
    chosen = await place.ask(f"/cases/{case}", WARD2, x_ground="aktivt_val")
    assert (chosen["kartlaggning"], chosen["inskrivning"].get("reason")) == ({}, None)
    kept = await place.ask(f"/cases/{case}", CENTRE)
    assert kept["kartlaggning"]["aktuellt_tillstand"]["value"]["text"] == "Går med stöd"
    assert kept["inskrivning"]["reason"] == "Fall i hemmet"
    await place.ask(f"/cases/{case}/print/kartlaggning", CENTRE)
    # The trace names no more than what is told (C-7): of acts, and of what others read of them.
    await place.say(case, "kvittens", {"message": "ring"}, CENTRE)
    hidden = {"svu.kartlaggning", "svu.stallningstagande", "meddelande", "svu.fast_vardkontakt", "kvittens"}
    hidden |= {"svu.beraknad_utskrivning", "utskrift/kartlaggning"}
    trace = (await place.ask(f"/cases/{case}/trace", MALMO))["trace"]
    assert {line["what"] for line in trace if line["kind"] == "change"} == {
        *("svu.inskrivning", "adressering", "samtycke", "deltagare"),
    }
    assert not hidden & {line["what"] for line in trace}
    assert (CENTRE, "utskrift") in {(line.get("unit"), line["what"]) for line in trace}
    assert not any("/" in line["what"] for line in trace), "what was read of it"
    assert hidden <= {line["what"] for line in (await place.ask(f"/cases/{case}/trace", CENTRE))["trace"]}
    # With a consent again, all is shown.
    await place.say(case, "samtycke", {"outcome": "given"})
    assert (await place.ask(f"/cases/{case}", MALMO))["kartlaggning"]["aktuellt_tillstand"]["value"][
        "text"
    ] == "Går med stöd"
    assert [m["message"] for m in (await place.ask(f"/cases/{case}/messages", MALMO))["messages"]] == ["ring"]


async def test_one_that_the_registers_find_while_no_consent_stands_has_the_case_in_no_list_or_view(place):
    case = await place.admit(found=FOUND.model_copy(update={"outcome": "unlisted", "health_centre": None}))
    await place.say(case, "aterkallelse", {})
    await place.own(case, "adressering", FOUND)
    assert await place.listed(CENTRE) == []
    await place.ask(f"/cases/{case}", CENTRE, status=404)
    await place.ask(f"/cases/{case}/trace", CENTRE, status=404)
    assert (await place.ask("/search", CENTRE, body={"personnummer": TOLVAN}))["cases"] == []
    assert await place.listed(KOMMUN) == [case]
    await place.say(case, "samtycke", {"outcome": "given"})
    assert await place.listed(CENTRE, "?att_gora=true") == [case]
    assert (await place.ask(f"/cases/{case}", CENTRE))["inskrivning"]["reason"] == "Fall i hemmet"


async def test_what_is_to_do_is_what_the_role_may_do_also_when_the_directory_has_changed(place):
    case = await place.admit()
    await place.say(case, "meddelande", {"text": "Ring"}, id_="ring")
    assert await place.listed(CENTRE, "?att_gora=true") == [case]
    assert await place.listed(CENTRE, "?att_gora=true", role="rehabkoordinator") == []
    assert [a["act"] for a in (await place.ask(f"/cases/{case}", CENTRE))["att_gora"]] == ["kvittens", "kvittens"]
    assert (await place.ask(f"/cases/{case}", CENTRE, role="rehabkoordinator"))["att_gora"] == []
    (row,) = (await place.ask(f"/units/{CENTRE}/cases", CENTRE, role="rehabkoordinator"))["cases"]
    assert row["att_gora"] == []
    # The duty is given to the other role: what awaited the unit awaits that one.
    moved = directory().model_dump()
    for unit in moved["units"]:
        if unit["hsa"] == CENTRE:
            given = unit["roles"]["distriktsskoterska"]
            unit["roles"] = {"distriktsskoterska": {}, "rehabkoordinator": given}
    place.hub.in_force._now = type(directory()).model_validate(moved)
    assert await place.listed(CENTRE, "?att_gora=true") == []
    assert await place.listed(CENTRE, "?att_gora=true", role="rehabkoordinator") == [case]
    # And then to nobody: the unit is waited for no more.
    for unit in moved["units"]:
        if unit["hsa"] == CENTRE:
            unit["roles"] = {"distriktsskoterska": {}, "rehabkoordinator": {}}
    place.hub.in_force._now = type(directory()).model_validate(moved)
    assert await place.listed(CENTRE, "?att_gora=true", role="rehabkoordinator") == []
    waits = {p["unit"]: p["awaits"] for p in (await place.ask(f"/cases/{case}"))["participants"]}
    assert (waits[CENTRE], waits[KOMMUN]) == ([], ["kvittens", "kvittens"])


async def test_a_former_number_finds_the_person(place):
    case = await place.admit()
    await place.own(case, "folkbokforing", Folkbokforing(news="new_number", personnummer=ANNA))
    for number in (TOLVAN, ANNA):
        (row,) = (await place.ask("/search", body={"personnummer": number}))["cases"]
        assert (row["case"], row["person"]["personnummer"]) == (case, ANNA)
    for asked in (TOLVAN, ANNA, TOLVAN[:4], ANNA[:8]):
        answer = await place.ask(f"/units/{WARD}/cases", body={"personnummer": asked})
        assert ([row["case"] for row in answer["cases"]], answer["total"]) == ([case], 1), asked
    assert (await place.ask(f"/units/{WARD}/cases", body={"personnummer": "1953"}))["cases"] == []


async def test_a_revoked_case_is_in_no_list_search_or_view_and_its_trace_is_kept(place):
    case = await place.admit()
    await place.say(case, "meddelande", {"text": "Hej"}, id_="hej-1")
    await place.say(case, "makulering", {"case": True})
    assert await place.listed() == await place.listed(query="?archived=all") == []
    assert (await place.ask("/search", body={"personnummer": TOLVAN}))["cases"] == []
    unknown = await place.ask("/cases/0199aaaa-0000-7000-8000-000000000001", status=404)
    for part in (
        "",
        "/versions/inskrivning",
        "/versions/inskrivning/1",
        "/messages",
        "/files/hej-1",
        "/print/inskrivning",
    ):
        assert await place.ask(f"/cases/{case}{part}", status=404) == unknown
    assert await place.ask("/cases/ref:vk-0", status=404) == unknown
    trace = (await place.ask(f"/cases/{case}/trace"))["trace"]
    assert "makulering" in [line["what"] for line in trace]


async def test_protected_identity_takes_address_and_contacts_out_of_every_view(place):
    case = await place.admit(patient={"personnummer": TOLVAN, "address": "Storgatan 1", "phone": "046-101010"})
    await place.say(case, "narstaende", {"people": [{"name": "Maja", "relation": "dotter", "phone": "070-1"}]})
    await place.say(case, "kontakt", {"person": "SE2321000255-P02", "phone": "046-202020"}, CENTRE)
    before = await place.ask(f"/cases/{case}")
    assert (before["person"]["address"], before["outsiders"][0]["name"]) == ("Storgatan 1", "Maja")
    assert before["contacts"][0]["phone"] == "046-202020"
    await place.own(case, "folkbokforing", Folkbokforing(news="protected"))
    whole = await place.ask(f"/cases/{case}")
    assert (whole["outsiders"], whole["contacts"], whole["person"]["protected"]) == ([], [], True)
    for part in ("", "/versions/inskrivning", "/versions/inskrivning/1", "/trace"):
        text = json.dumps(await place.ask(f"/cases/{case}{part}"))
        assert "Storgatan" not in text
        assert "046-101010" not in text and "046-202020" not in text
        assert "Maja" not in text
    assert "Storgatan" not in json.dumps(await place.ask(f"/units/{WARD}/cases"))


async def test_a_case_that_the_register_turned_away_is_shown_to_nobody(place):
    case = await place.admit(found=Adressering(outcome="protected"))
    assert await place.listed() == []
    await place.ask(f"/cases/{case}", status=404)


# --- search (C-31) ----------------------------------------------------------------------------------------------------


async def test_a_search_says_whether_the_unit_may_open_an_svu_else_the_rule_that_forbids_it(place):
    case = await place.admit()
    answer = await place.ask("/search", body={"personnummer": TOLVAN})
    assert answer["may_open"]["svu"] == {"allowed": True}
    assert (answer["cases"][0]["case"], answer["cases"][0]["person"]["name"]) == (case, "Tolvan Tolvansson")
    answer = await place.ask("/search", CENTRE, body={"personnummer": TOLVAN})
    assert (answer["may_open"]["svu"]["allowed"], answer["may_open"]["svu"]["rule"]) == (False, "V-1")
    place.hub.memory._negative_ttl = 600
    place.hub.memory.put_person(EMIL, "12", Adressering(outcome="protected"))
    answer = await place.ask("/search", body={"personnummer": EMIL})
    assert (answer["cases"], answer["may_open"]["svu"]["rule"]) == ([], "C-62")
    refused = await place.ask("/search", body={"personnummer": "191212121213"}, status=400)
    assert "191212121213" not in json.dumps(refused)
    for body in ({}, {"personnummer": TOLVAN, "namn": "x"}, {"personnummer": 7}, []):
        await place.ask("/search", body=body, status=400)


# --- the case (C-30) --------------------------------------------------------------------------------------------------


async def test_a_case_shows_per_step_what_each_party_has_done_who_may_act_and_who_has(place):
    case = await place.admit()
    whole = await place.ask(f"/cases/{case}", CENTRE)
    step = whole["steps"][0]
    assert (step["step"], step["state"]) == ("inskrivning", "yellow")
    assert step["parties"] == {"slutenvard": "done", "oppenvard": "none", "kommun": "none"}
    assert "kvittens" in whole["may"]
    await place.say(case, "kvittens", {"message": await message_of(place, case)}, CENTRE)
    await place.say(case, "deltagare", {"unit": MALMO, "change": "tillagd"})
    whole = await place.ask(f"/cases/{case}", CENTRE)
    step = whole["steps"][0]
    assert step["parties"] == {"slutenvard": "done", "oppenvard": "done", "kommun": "none"}
    units = {unit["unit"]: unit for unit in step["units"]}
    assert units[CENTRE]["may_act"] == ["distriktsskoterska"]
    assert (units[CENTRE]["acted"]["person"], units[CENTRE]["acted"]["role"]) == (
        "SE2321000255-P02",
        "distriktsskoterska",
    )
    assert (units[KOMMUN]["awaited"], units[KOMMUN]["acted"], units[MALMO]["may_act"]) == (True, None, [])
    assert "kvittens" not in whole["may"]
    assert whole["steps"][2]["state"] == "grey"
    await place.say(case, "deltagare", {"unit": WARD2, "change": "tillagd"})
    await place.say(case, "kvittens", {"message": await message_of(place, case)}, KOMMUN)
    whole = await place.ask(f"/cases/{case}", CENTRE)
    assert whole["steps"][0]["state"] == "green"
    assert set(whole["steps"][0]["colours"].values()) == {"green"}


async def test_a_case_shows_its_content_in_words_with_deadlines_addressing_and_liability(place):
    case = await place.admit()
    await place.say(case, "svu.kartlaggning", {"fields": {"bakgrund": {"text": "Hemtjänst", "choices": ["a"]}}}, KOMMUN)
    await place.say(case, "svu.utskrivningsklar", {"date": "2026-11-21", "responsible_physician": "SE2321000255-P01"})
    await place.say(
        case, "svu.stallningstagande", {"slutenvard": {"egenvard": {"needed": True}, "patient_opinion": "Vill hem"}}
    )
    await place.say(
        case, "svu.fast_vardkontakt", {"person": "SE2321000255-P02", "unit": CENTRE, "kallelseansvarig": True}, CENTRE
    )
    whole = await place.ask(f"/cases/{case}", KOMMUN)
    written = whole["kartlaggning"]["bakgrund"]
    assert (written["value"], written["version"]) == ({"text": "Hemtjänst", "choices": ["a"]}, 1)
    assert (written["by"]["unit"], written["by"]["role"]) == (KOMMUN, "bistandshandlaggare")
    assert whole["stallningstagande"]["slutenvard"]["egenvard"]["value"] == {"needed": True}
    assert whole["time"]["utskrivningsklar"]["physician"] == "SE2321000255-P01"
    assert whole["inskrivning"]["reason"] == "Fall i hemmet"
    assert whole["information"]["given"] is True
    assert whole["samtycke"]["given_by"] == "patienten"
    assert whole["vardkontakter"][0]["unit_name"] == "Vårdcentralen"
    assert whole["addressing"]["outcome"] == "listed"
    assert {d["name"] for d in whole["deadlines"]} == {"kvittens_forsenad/inskrivning", "kvittens_forsenad/tid"}
    assert (whole["liability"]["municipality"], whole["liability"]["unmet"]) == ("1281", [])
    assert whole["participants"][1]["responsibilities"]["distriktsskoterska"]["tid"] == ["kvittera"]
    assert whole["person"]["address"] == "Storgatan 1, 222 22 LUND"


async def test_what_stands_is_shown_also_when_a_later_message_left_it_out(place):
    case = await place.admit()
    ((raw,),) = await place.sql(
        "SELECT convert_from(raw, 'UTF8') FROM message WHERE case_id = %s AND sequence = 1", case
    )
    corrected = {key: value for key, value in json.loads(raw).items() if key not in {"information", "samtycke"}}
    await place.say(case, "svu.inskrivning", corrected | {"reason": "Höftfraktur"})
    whole = await place.ask(f"/cases/{case}", CENTRE)
    assert (whole["inskrivning"]["reason"], whole["inskrivning"]["by"]["unit"]) == ("Höftfraktur", WARD)
    assert (whole["information"]["given"], whole["samtycke"]["outcome"]) == (True, "given")
    await place.say(case, "aterkallelse", {"reason": "Ångrade sig"})
    whole = await place.ask(f"/cases/{case}", CENTRE)
    assert (whole["samtycke"], whole["inskrivning"]["reason"]) == (None, "Höftfraktur")


def test_an_answer_holds_fewer_of_large_messages_but_always_one():
    assert within([10, 10, 10], 2) == 2
    assert within([10], 2) == 1
    assert within([], 2) == 0
    assert within([9_000_000, 10], 5) == 1
    assert within([4_000_000, 4_000_000, 1], 5) == 2


# --- versions and fields (C-50, C-51) ---------------------------------------------------------------------------------


async def test_every_version_of_a_step_is_read_marked_when_earlier_and_names_the_one_that_stands(place):
    case = await place.admit()
    texts = ["Ligger", "Sitter", "Går"]
    for text in texts:
        await place.say(case, "svu.kartlaggning", {"fields": {"aktuellt_tillstand": {"text": text}}})
    await place.say(case, "svu.kartlaggning", {"fields": {"bakgrund": {"text": "Bor ensam"}}}, KOMMUN)
    second = await place.ask(f"/cases/{case}/versions/kartlaggning/2", KOMMUN)
    assert (second["earlier"], second["current"]) == (True, 4)
    assert {name: field["value"]["text"] for name, field in second["content"].items()} == {
        "aktuellt_tillstand": "Sitter"
    }
    last = await place.ask(f"/cases/{case}/versions/kartlaggning/4", KOMMUN)
    assert last["earlier"] is False
    assert {n: f["value"]["text"] for n, f in last["content"].items()} == {
        "aktuellt_tillstand": "Går",
        "bakgrund": "Bor ensam",
    }
    page = await place.ask(f"/cases/{case}/versions/kartlaggning?limit=3")
    assert ([v["version"] for v in page["versions"]], page["next_before"], page["total"]) == ([4, 3, 2], 2, 4)
    rest = await place.ask(f"/cases/{case}/versions/kartlaggning?limit=3&before=2")
    assert ([v["version"] for v in rest["versions"]], "next_before" in rest) == ([1], False)
    history = await place.ask(f"/cases/{case}/fields/kartlaggning/aktuellt_tillstand", CENTRE)
    assert [(h["version"], h["value"]["text"], h["earlier"]) for h in history["history"]] == [
        (3, "Går", False),
        (2, "Sitter", True),
        (1, "Ligger", True),
    ]
    assert history["history"][0]["by"]["actor"] == "SE2321000255-P03"
    for path in (
        "versions/plan",
        "versions/kartlaggning/5",
        "versions/kartlaggning/x",
        "fields/kartlaggning/x",
        "fields/x/y",
        "fields/kartlaggning/x%00",
        "versions/kartlaggning/2%00",
    ):
        assert (await place.ask(f"/cases/{case}/{path}", status=404))["rule"] in {"C-50", "C-51"}
    assert {what for *_, what, _ in await place.readings(case)} == {
        "version/kartlaggning/2",
        "version/kartlaggning/4",
        "versioner/kartlaggning",
        "falthistorik/kartlaggning/aktuellt_tillstand",
    }


async def test_the_time_and_the_statement_and_the_discharge_have_versions_too(place):
    case = await place.admit()
    await place.say(case, "svu.beraknad_utskrivning", {"date": "2026-12-01", "reason": "Feber"})
    await place.say(case, "svu.utskrivningsklar", {"date": "2026-12-02", "responsible_physician": "SE2321000255-P01"})
    await place.say(case, "svu.utskrivningsklar_avbruten", {"reason": "Sämre"})
    found = [(await place.ask(f"/cases/{case}/versions/tid/{n}"))["content"] for n in (2, 3, 4)]
    assert found[0] == {"estimated": "2026-12-01", "reason": "Feber"}
    assert found[1]["utskrivningsklar"] == {"date": "2026-12-02", "physician": "SE2321000255-P01"}
    assert (found[2]["utskrivningsklar"], found[2]["reason"]) == (None, "Sämre")
    await place.say(case, "svu.stallningstagande", {"slutenvard": {"patient_opinion": "Hem"}})
    await place.say(case, "svu.stallningstagande", {"slutenvard": {"patient_opinion": "Kvar"}})
    one = await place.ask(f"/cases/{case}/versions/stallningstagande/1", CENTRE)
    assert (one["content"]["slutenvard"]["patient_opinion"]["value"], one["earlier"]) == ("Hem", True)
    history = await place.ask(f"/cases/{case}/fields/stallningstagande.slutenvard/patient_opinion")
    assert [h["value"] for h in history["history"]] == ["Kvar", "Hem"]
    await place.say(case, "svu.utskrivning", discharge())
    await place.say(case, "svu.utskrivning_angrad", {"reason": "Kom tillbaka"})
    page = await place.ask(f"/cases/{case}/versions/utskrivning")
    assert [v["message"] for v in page["versions"]] == ["svu.utskrivning_angrad", "svu.utskrivning"]
    assert (await place.ask(f"/cases/{case}/versions/utskrivning/1"))["earlier"] is True
    assert (await place.ask(f"/cases/{case}"))["utskrivning"] is None


# --- messages and files (C-40 to C-42) --------------------------------------------------------------------------------


def png():
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


PNG = png()


@pytest.mark.parametrize("place", ["prator"], indirect=True)
async def test_messages_show_receivers_kvittenser_and_the_revoked_mark_and_come_in_pages(place):
    case = await place.admit()
    await place.say(case, "meddelande", {"text": "Till alla"}, id_="alla")
    await place.say(case, "meddelande", {"text": "Till kommunen", "receivers": [KOMMUN]}, CENTRE, id_="en")
    await place.say(case, "kvittens", {"message": "alla"}, KOMMUN)
    await place.say(case, "makulering", {"message": "alla"})
    answer = await place.ask(f"/cases/{case}/messages", KOMMUN)
    assert [m["message"] for m in answer["messages"]] == ["en", "alla"]
    everybodys = answer["messages"][1]
    assert (everybodys["text"], everybodys["revoked"], everybodys["awaits"], everybodys["receivers"]) == (
        "Till alla",
        True,
        [],
        None,
    )
    assert [(k["unit"], k["role"]) for k in everybodys["kvittenser"]] == [(KOMMUN, "bistandshandlaggare")]
    assert (answer["messages"][0]["awaits"], answer["messages"][0]["receivers"][0]["unit"]) == ([KOMMUN], KOMMUN)
    assert [m["message"] for m in (await place.ask(f"/cases/{case}/messages"))["messages"]] == ["alla"]
    assert [m["message"] for m in (await place.ask(f"/cases/{case}/messages", CENTRE))["messages"]] == ["en", "alla"]
    page = await place.ask(f"/cases/{case}/messages?limit=1", KOMMUN)
    rest = await place.ask(f"/cases/{case}/messages?limit=1&before={page['next_before']}", KOMMUN)
    assert ([m["message"] for m in rest["messages"]], "next_before" in rest, page["total"]) == (["alla"], False, 2)


@pytest.mark.parametrize("place", ["prator"], indirect=True)
async def test_a_file_comes_as_an_attachment_whose_type_its_content_tells(place):
    case = await place.admit()
    file = {"name": "bild å.png", "content": base64.b64encode(PNG).decode()}
    await place.say(case, "meddelande", {"text": "Bild", "attachment": file}, id_="bild")
    (message,) = (await place.ask(f"/cases/{case}/messages", KOMMUN))["messages"]
    assert message["file"] == {"name": "bild å.png", "type": "image/png", "size": len(PNG), "sender": WARD}
    found = await place.ask(f"/cases/{case}/files/bild", KOMMUN)
    assert (found.content, found.headers["content-type"]) == (PNG, "image/png")
    assert found.headers["content-disposition"] == "attachment; filename*=UTF-8''bild%20%C3%A5.png"
    assert found.headers["x-content-type-options"] == "nosniff"
    assert found.headers["cache-control"] == "no-store"
    await place.say(
        case, "meddelande", {"text": "Samma id", "receivers": [WARD], "attachment": file}, CENTRE, id_="bild"
    )
    assert (await place.ask(f"/cases/{case}/files/bild", status=400))["element"] == "/sender"
    await place.ask(f"/cases/{case}/files/bild?sender={CENTRE}")
    assert (await place.ask(f"/cases/{case}/files/bild?sender={CENTRE}", KOMMUN, status=404))["rule"] == "C-42"
    for message in ("saknas", "bild%00", "x" * 200):
        assert (await place.ask(f"/cases/{case}/files/{message}", status=404))["rule"] == "C-42"


# --- whom to bring in (C-10) ------------------------------------------------------------------------------------------


async def test_the_organisations_are_shown_as_a_tree_with_those_that_are_in_marked(place):
    case = await place.admit()
    found = await place.ask(f"/cases/{case}/organisations", KOMMUN)
    (region,) = found["regions"]
    assert region["region"] == "skane"
    organisations = {one["name"]: one["units"] for one in region["organisations"]}
    assert list(organisations) == sorted(organisations)
    (malmo,) = organisations["Malmö stad"]
    assert malmo == {"unit": MALMO, "name": "Malmö", "party": "kommun", "roles": ["handlaggare"], "ingar": False}
    marked = {unit["unit"] for units in organisations.values() for unit in units if unit["ingar"]}
    assert marked == {WARD, CENTRE, KOMMUN}
    await place.say(case, "deltagare", {"unit": MALMO, "change": "tillagd"}, KOMMUN)
    again = await place.ask(f"/cases/{case}/organisations", KOMMUN)
    assert [
        unit["unit"] for one in again["regions"][0]["organisations"] for unit in one["units"] if unit["ingar"]
    ].count(MALMO) == 1
    refused = await place.say(case, "deltagare", {"unit": MALMO, "change": "tillagd"}, ok=False)
    assert (refused.rule, refused.element) == ("C-10", "/data/unit")
    unknown = await place.say(case, "deltagare", {"unit": "SE2120001124-OKAND", "change": "tillagd"}, ok=False)
    assert (unknown.rule, unknown.element) == ("C-10", "/data/unit")


async def test_one_that_takes_no_part_is_not_shown_whom_to_bring_in(place):
    case = await place.admit()
    headers = {"x-ground": "aktivt_val"}
    assert (await place.ask(f"/cases/{case}/organisations", WARD2, status=403, **headers))["rule"] == "C-10"
    assert (await place.ask(f"/cases/{case}/organisations", PRIVATE, status=403))["rule"] == "C-5"


# --- printing (C-55) --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("document", ["inskrivning", "kartlaggning", "stallningstagande", "utskrivning"])
async def test_a_document_prints_once_it_is_begun_and_leaves_a_trace(place, document):
    case = await place.admit()
    path = f"/cases/{case}/print/{document}"
    if document != "inskrivning":
        assert (await place.ask(path, status=404))["rule"] == "C-55"
        assert await place.readings(case) == []
    await place.say(case, "svu.kartlaggning", {"fields": {"aktuellt_tillstand": {"text": "Går"}}})
    await place.say(case, "svu.stallningstagande", {"slutenvard": {"egenvard": {"needed": False}}})
    await place.say(case, "svu.utskrivning", discharge())
    found = await place.ask(f"{path}?for_whom=patienten&why=begaran")
    assert (found.headers["content-type"], found.content[:5]) == ("application/pdf", b"%PDF-")
    (line,) = [entry for entry in (await place.ask(f"/cases/{case}/trace"))["trace"] if entry["kind"] == "read"]
    assert (line["what"], line["for_whom"], line["why"]) == (f"utskrift/{document}", "patienten", "begaran")
    await place.ask(path, body={"for_whom": "Dottern Maja", "why": "Ville läsa"})
    assert (await place.ask(f"{path}?for_whom=Dottern Maja", status=400))["rule"] == "bad-query"
    assert (await place.ask(f"/cases/{case}/print/plan", status=404))["rule"] == "C-55"


async def test_a_printed_page_has_words_names_and_swedish_times_where_the_case_has_codes(place):
    case = await place.admit()
    await place.hub.memory.put_actor(f"{KOMMUN.partition('-')[0]}-P01", "bistandshandlaggare", "verified", "Ulla Äng")
    await place.hub.memory.put_actor("SE2321000255-P03", "sjukskoterska", "verified", "Bo Berg")
    (step,) = [s for s in (await place.ask(f"/cases/{case}"))["steps"] if s["step"] == "inskrivning"]
    await place.say(case, "kvittens", {"message": step["message"]}, KOMMUN)
    await place.say(case, "svu.utskrivning", discharge(discharged_to="ordinart_boende"))
    for document, words in (("inskrivning", "biståndshandläggare"), ("utskrivning", "ordinärt boende")):
        pages = pypdf.PdfReader(io.BytesIO((await place.ask(f"/cases/{case}/print/{document}")).content)).pages
        said = " ".join(" ".join(page.extract_text() for page in pages).split())
        assert words in said
        assert "av Bo Berg (SE2321000255-P03), Avdelning 12" in said
        assert document == "utskrivning" or "Ulla Äng" in said
        assert "Avdelning Avdelning 12" in said and "Skriven av Bo Berg (SE2321000255-P03), sjuksköterska" in said
        assert "Samtycke givet" in said and "Lämnat av patienten" in said
        assert ("Patienten är informerad Ja" in said) is (document == "inskrivning")
        assert moment_in_words(datetime.now(UTC))[:-6] in said
        assert not re.search(r"\d{4}-\d\d-\d\d|bistandsh|ordinart", said)


async def test_an_undone_discharge_is_seen_in_the_case_its_versions_and_on_paper(place):
    case = await place.admit()
    await place.say(case, "svu.utskrivning", discharge(discharged_to="hospice"))
    await place.say(case, "svu.utskrivning_angrad", {"reason": "Fel dag"})
    shown = await place.ask(f"/cases/{case}")
    assert shown["utskrivning"] is None
    (undone,) = shown["undone_discharges"]
    assert (undone["discharged_to"], undone["undone"]["reason"]) == ("hospice", "Fel dag")
    assert undone["undone"]["by"]["unit"] == WARD
    versions = (await place.ask(f"/cases/{case}/versions/utskrivning", KOMMUN))["versions"]
    assert {version["message"] for version in versions} == {"svu.utskrivning", "svu.utskrivning_angrad"}
    page = pypdf.PdfReader(io.BytesIO((await place.ask(f"/cases/{case}/print/utskrivning")).content)).pages[0]
    assert "Ångrad utskrivning" in page.extract_text()
    assert "Fel dag" in page.extract_text()
    await place.say(case, "svu.utskrivning", discharge(discharged_to="annat"))
    again = await place.ask(f"/cases/{case}")
    assert (again["utskrivning"]["discharged_to"], len(again["undone_discharges"])) == ("annat", 1)


@pytest.mark.parametrize("place", ["samsa"], indirect=True)
async def test_where_the_profile_says_so_a_printing_states_for_whom_and_why(place):
    case = await place.admit()
    assert (await place.ask(f"/cases/{case}/print/inskrivning?for_whom=patienten", status=409))["rule"] == "C-55"
    assert await place.readings(case) == []
    await place.ask(f"/cases/{case}/print/inskrivning?for_whom=patienten&why=begaran")


# --- the trace (C-7) --------------------------------------------------------------------------------------------------


async def test_the_trace_tells_every_reading_and_every_change_to_those_whose_organisation_takes_part(place):
    case = await place.admit()
    await place.ask(f"/cases/{case}", KOMMUN)
    await place.say(case, "atkomst", {"ground": "menprovning"}, PRIVATE)
    await place.ask(f"/cases/{case}/messages", PRIVATE)
    answer = await place.ask(f"/cases/{case}/trace")
    assert [(line["kind"], line["what"], line["unit"], line["ground"]) for line in answer["trace"]] == [
        ("read", "meddelanden", PRIVATE, "atkomst:menprovning"),
        ("change", "atkomst", PRIVATE, "menprovning"),
        ("read", "arende", KOMMUN, "deltar"),
        ("change", "adressering", None, "hubben"),
        ("change", "svu.inskrivning", WARD, "deltar"),
    ]
    assert (answer["trace"][2]["actor"], answer["trace"][2]["role"]) == ("SE2120001132-P01", "bistandshandlaggare")
    pages, cursor = [], ""
    while cursor is not None:
        page = await place.ask(f"/cases/{case}/trace?limit=2{cursor}", KOMMUN)
        pages += page["trace"]
        cursor = f"&cursor={page['next']}" if "next" in page else None
    assert [line["what"] for line in pages if line["what"] != "logg"] == [line["what"] for line in answer["trace"]]
    await place.ask(f"/cases/{case}/trace", WARD2)
    assert (await place.ask(f"/cases/{case}/trace", PRIVATE, status=404))["rule"] == "unknown-case"


async def test_changed_since_is_a_time_as_it_is_written_never_a_number_of_seconds(place):
    for text in ("0", "1772438400", "1772438400.5"):
        refused = await place.ask(f"/units/{WARD}/cases?changed_since={text}", status=400)
        assert refused["element"] == "/changed_since"
    since = {"changed_since": None}
    assert (await place.ask(f"/units/{WARD}/cases", body=since))["total"] == 0


async def test_what_cannot_be_written_down_is_not_given_out(place):
    case = await place.admit()
    await place.say(
        case, "meddelande", {"text": "Hemligt", "attachment": {"name": "a.txt", "content": "SGVq"}}, id_="a"
    )
    await place.sql("ALTER TABLE reading ADD CONSTRAINT never CHECK (false) NOT VALID")
    paths = [
        "",
        "/versions/inskrivning",
        "/versions/inskrivning/1",
        "/messages",
        "/files/a",
        "/print/inskrivning",
        "/trace",
    ]
    for path in [*(f"/cases/{case}{part}" for part in paths), f"/units/{WARD}/cases"]:
        found = await place.ask(path, status=500)
        assert found["rule"] == "internal" and "Hemligt" not in json.dumps(found)
    found = await place.ask("/search", body={"personnummer": TOLVAN}, status=500)
    assert found["rule"] == "internal" and TOLVAN not in json.dumps(found)


async def test_a_reading_is_committed_before_its_answer_is_there_and_never_changed(place):
    case = await place.admit()
    for _ in range(2):
        await place.ask(f"/cases/{case}", KOMMUN)
    assert await place.readings(case) == [(KOMMUN, "SE2120001132-P01", "bistandshandlaggare", "arende", "deltar")] * 2
    with pytest.raises(Exception, match="never changed"):
        await place.sql("DELETE FROM reading")


def test_the_documentation_names_the_headers_of_every_view(database):
    hub = Hub(Settings(database_url=database, kafka_bootstrap="127.0.0.1:1"))
    paths = api_of(hub).openapi()["paths"]
    views = [path for path in paths if path.startswith(("/units", "/cases", "/search"))]
    assert len(views) >= 13
    for path in views:
        for operation in paths[path].values():
            assert {"X-Unit", "X-Actor", "X-Role"} <= {parameter["name"] for parameter in operation["parameters"]}
