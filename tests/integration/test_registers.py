"""The hub asks simulated registers over real HTTP, and all of it is valid by the XSDs (law-and-lookups.md §3, §4)."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from lxml import etree

from hub.addressing.lookups import LookupContext, LookupOutcome
from hub.addressing.rate_limit import RateLimit
from hub.addressing.registers import Registers
from hub.addressing.soap_client import Caller, CallerSettings, Parked
from hub.errors import Misconfigured, Unavailable
from hub.sandbox.register_contents import Contents
from hub.sandbox.registers import Control, SimulatedRegisters, Trouble
from hub.translators.soap import producer
from hub.translators.soap.envelope import ALL, MAX_BYTES, open_envelope, schema
from hub.translators.soap.folkbokforing import request
from hub.translators.soap.hsa import unit_request
from hub.translators.soap.listing import Actor
from schemas.identities import parse_person_id
from tests.answering import answering, head, in_turn
from tests.stray_server import StrayServer

CONTENTS = Contents.load()
BY_ID = {person.id: person for person in CONTENTS.persons}
TOLVAN = parse_person_id("191212121212")
NAMESPACES = {contract.namespace: contract for contract in ALL}
WARD = "SE2321000255-AVD12"


class MemoryCache:
    """A cache that forgets nothing, not even what has expired: the harder case for who reads it."""

    def __init__(self):
        self.rows = {}

    async def get(self, register, key):
        return self.rows.get((register, key))

    async def put(self, register, key, answer_json, expires):
        assert expires.tzinfo is not None
        self.rows[register, key] = answer_json


class Clock:
    """A clock that only we move."""

    def __init__(self):
        self.now = datetime(2026, 3, 2, 9, tzinfo=UTC)

    def __call__(self):
        return self.now


@pytest.fixture(scope="module")
def wire():
    """Every question and answer that went over the wire in this module."""
    return []


@pytest.fixture
async def simulated(wire, monkeypatch):
    async with SimulatedRegisters(CONTENTS) as simulated:
        respond = simulated.simulation.respond

        async def recorded(register, body):
            answer = await respond(register, body)
            wire.append((body, answer))
            return answer

        monkeypatch.setattr(simulated.simulation, "respond", recorded)
        yield simulated


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def lookups():
    return []


@pytest.fixture
async def registers(simulated, clock, lookups):
    async with build(simulated, clock, lookups) as registers:
        yield registers


def build(simulated, clock, lookups=None, cache=None, **changed):
    def settings(register):
        standard = {"url": simulated.url(register), "logical_address": "SE165565594230-1000", "rate": 10_000.0}
        return CallerSettings(**(standard | changed))

    return Registers(
        folkbokforing=settings("folkbokforing"),
        listing=settings("listing"),
        hsa=settings("hsa"),
        actor=Actor(WARD),
        cache=cache or MemoryCache(),
        key_secret=b"test",
        now=clock,
        on_lookup=lambda *lookup: [] if lookups is None else lookups.append(lookup),
    )


def trouble(simulated, contract="*", **how):
    simulated.simulation.control(Control(contract=contract, trouble=Trouble(**how) if how else None))


def rules(person=None, **changed):
    home = BY_ID[person].county if person else None
    return LookupContext(
        **({"now": datetime(2026, 3, 2, 9, tzinfo=UTC), "home_county": home or "12", "production": False} | changed)
    )


def test_the_sandbox_has_at_least_forty_persons_and_every_outcome_among_them():
    assert len(CONTENTS.persons) >= 40
    assert {person.expect for person in CONTENTS.persons} == set(LookupOutcome)


def test_every_person_of_the_sandbox_is_fictitious_and_passes_our_own_check():
    for person in CONTENTS.persons:
        parse_person_id(person.id)
        made = person.id in {"191212121212", "98240301AA06", "22950606FH20"}
        assert made or person.id[8:11] in {"238", "239"} or 980 <= int(person.id[8:11]) <= 999


@pytest.mark.parametrize("person", CONTENTS.persons, ids=lambda person: f"{person.expect}-{person.id[-4:]}")
async def test_each_person_of_the_sandbox_has_the_outcome_that_the_world_says(person, registers):
    found = await registers.resolve(parse_person_id(person.id), rules(person.id))
    assert (found.outcome.value, found.health_centre, found.municipality_code) == (
        person.expect, person.centre, person.kommun,
    )  # fmt: skip


async def test_in_production_none_of_these_persons_is_found(registers):
    found = await registers.resolve(TOLVAN, rules(production=True))
    assert (found.outcome, found.asked) == (LookupOutcome.NOT_FOUND, ("folkbokforing",))


async def test_names_and_postal_codes_arrive_as_they_were_written(registers):
    person = next(one for one in CONTENTS.persons if one.given and "Żółć" in one.given)
    found = await registers.resolve(parse_person_id(person.id), rules(person.id))
    assert found.name == f"{person.given} {person.middle} {person.surname}"
    zero = next(one for one in CONTENTS.persons if one.postal_code == 2222)
    address = (await registers.resolve(parse_person_id(zero.id), rules(zero.id))).address
    assert address is not None
    assert address.postal_code == "02222"


async def test_units_and_staff_are_found_or_not_found(registers):
    unit = await registers.unit("se2321000255-vc01")
    assert unit is not None
    assert (unit.hsa_id, unit.municipality) == ("SE2321000255-VC01", "1281")
    closed = await registers.unit("SE2321000255-VC09")
    assert closed is not None
    assert not closed.open_at(datetime(2026, 3, 2, tzinfo=UTC))
    assert await registers.unit("SE2321000255-NONE") is None
    care_unit = await registers.health_care_unit("SE2321000255-VC01")
    assert care_unit is not None
    assert care_unit.provider_orgnr == "2321000255"
    assert await registers.health_care_unit("SE2120001132-K01") is None
    (physician,) = await registers.employee("SE2321000255-P01")
    assert physician.licensed_physician
    assert await registers.employee("SE2321000255-NONE") == ()


async def test_many_persons_are_asked_in_one_call_and_each_is_remembered(registers, simulated):
    persons = [parse_person_id(person.id) for person in CONTENTS.persons]
    found = await registers.persons(persons)
    assert len(found) == len(persons)
    assert found[TOLVAN] == await registers.person(TOLVAN)
    assert simulated.simulation.calls["GetPersonsForProfile"] == 1


@pytest.mark.parametrize("number", [f"VP{n:03}" for n in range(1, 16)])
async def test_every_fault_of_the_platform_is_retried_or_parked_by_the_table(number, registers, simulated):
    trouble(simulated, "GetUnit", fault=number)
    with pytest.raises(Unavailable if number in {"VP008", "VP009"} else Parked, match=number) as caught:
        await registers.unit("SE2321000255-VC01")
    assert getattr(caught.value, "vp_number", number) == number
    assert simulated.simulation.calls["GetUnit"] == 1


@pytest.mark.parametrize(("code", "error"), [("Client", Parked), ("Server", Unavailable)])
async def test_a_producers_own_fault_is_retried_only_when_it_is_the_servers(code, error, registers, simulated):
    trouble(simulated, "GetUnit", producer_fault=code)
    with pytest.raises(error, match=f"{code.lower()}-fault"):
        await registers.unit("SE2321000255-VC01")


@pytest.mark.parametrize("contract", ["GetPersonsForProfile", "GetListingCounty", "GetListing"])
@pytest.mark.parametrize(
    "how", [{"fault": "VP009"}, {"fault": "VP007"}, {"down": "503"}, {"down": "close"}, {"body": "<x"}]
)
async def test_a_register_in_trouble_is_an_outcome_and_whoever_is_known_stands(contract, how, registers, simulated):
    trouble(simulated, contract, **how)
    found = await registers.resolve(TOLVAN, rules())
    assert found.outcome is LookupOutcome.UNAVAILABLE
    assert found.municipality_code == (None if contract == "GetPersonsForProfile" else "1281")
    assert found.retry is (how != {"fault": "VP007"})


async def test_only_where_there_was_no_answer_at_all_the_question_is_asked_again_at_once(registers, simulated):
    trouble(simulated, "GetUnit", down="close", times=1)
    assert await registers.unit("SE2321000255-VC01") is not None
    assert simulated.simulation.calls["GetUnit"] == 2
    trouble(simulated, "GetUnit", down="503", times=1)
    with pytest.raises(Unavailable, match="http-503"):
        await registers.unit("SE2321000255-VC02")
    assert simulated.simulation.calls["GetUnit"] == 3


async def test_a_register_that_refuses_connections_is_unavailable(registers, simulated):
    await simulated.stop()
    with pytest.raises(Unavailable, match="no-answer"):
        await registers.unit("SE2321000255-VC01")


async def test_a_register_that_is_too_slow_is_given_up_and_not_asked_twice(simulated, clock):
    trouble(simulated, "GetUnit", slow=60)
    async with build(simulated, clock, read_timeout=0.2) as registers:
        with pytest.raises(Unavailable, match="time-out"):
            await registers.unit("SE2321000255-VC01")
    assert simulated.simulation.calls["GetUnit"] == 1


async def test_after_a_fault_the_same_question_is_asked_no_sooner_than_five_minutes_later(registers, simulated, clock):
    trouble(simulated, "GetUnit", fault="VP009", times=1)
    with pytest.raises(Unavailable, match="VP009"):
        await registers.unit("SE2321000255-VC01")
    clock.now += timedelta(minutes=4, seconds=59)
    with pytest.raises(Unavailable, match="VP009") as held:
        await registers.unit("SE2321000255-VC01")
    assert held.value.retry_after == 1
    assert simulated.simulation.calls["GetUnit"] == 1
    assert await registers.unit("SE2321000255-VC02") is not None, "another question may be asked"
    clock.now += timedelta(seconds=1)
    assert await registers.unit("SE2321000255-VC01") is not None


async def test_the_pause_after_a_fault_holds_for_a_fresh_look_up_and_in_every_process(simulated, clock):
    cache = MemoryCache()
    trouble(simulated, "GetPersonsForProfile", fault="VP007")
    async with build(simulated, clock, cache=cache) as one, build(simulated, clock, cache=cache) as other:
        for registers in (one, other):
            with pytest.raises(Parked) as caught:
                await registers.person(TOLVAN, fresh=True)
            assert caught.value.vp_number == "VP007"
    assert simulated.simulation.calls["GetPersonsForProfile"] == 1


async def test_an_answer_is_kept_for_its_time_and_none_for_a_shorter_one(simulated, clock, lookups):
    async with build(simulated, clock, lookups, ttl_positive=3600, ttl_negative=60) as registers:
        for _ in range(2):
            assert await registers.unit("SE2321000255-VC01") is not None
            assert await registers.unit("SE2321000255-NONE") is None
        assert simulated.simulation.calls["GetUnit"] == 2
        clock.now += timedelta(seconds=61)
        await registers.unit("SE2321000255-VC01")
        await registers.unit("SE2321000255-NONE")
        assert simulated.simulation.calls["GetUnit"] == 3
    assert [outcome for _, outcome, _ in lookups] == ["ok", "none", "cached", "cached", "cached", "none"]


async def test_a_whole_resolution_is_the_same_from_the_cache(registers, simulated):
    first = await registers.resolve(TOLVAN, rules())
    assert await registers.resolve(TOLVAN, rules()) == first
    assert simulated.simulation.calls.total() == 3
    await registers.resolve(TOLVAN, rules(), fresh=True)
    assert simulated.simulation.calls.total() == 6


async def test_what_another_version_of_the_hub_kept_is_asked_for_again(simulated, clock):
    cache = MemoryCache()
    async with build(simulated, clock, cache=cache) as registers:
        await registers.unit("SE2321000255-VC01")
        for row in cache.rows.values():
            row["answer"] = {"other": 1}
        assert await registers.unit("SE2321000255-VC01") is not None


async def test_keys_of_the_cache_metrics_and_logs_name_nobody(simulated, clock, lookups, caplog):
    cache = MemoryCache()
    caplog.set_level("DEBUG")
    async with build(simulated, clock, lookups, cache=cache) as registers:
        await registers.resolve(TOLVAN, rules())
        trouble(simulated, body="<broken>191212121212")
        await registers.resolve(TOLVAN, rules(), fresh=True)
    assert "191212121212" not in f"{list(cache.rows)}{lookups}{caplog.text}"
    assert "Tolvan" not in caplog.text


async def test_a_call_waits_for_its_turn_and_so_does_its_second_attempt(simulated):
    taken = []

    class Counting(RateLimit):
        async def turn(self, producer, *, routine=False):
            taken.append(producer)

    trouble(simulated, "GetPersonsForProfile", down="close", times=1)
    settings = CallerSettings(url=simulated.url("folkbokforing"))
    async with Caller(settings, Counting(1.0)) as caller:
        await caller.ask("SE1", request("SE1", [TOLVAN]))
    assert taken == ["SE1", "SE1"]


_BILLION = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", "not-xml"),
        ("<html><body>Login</body></html>", "not-soap"),
        ("<!DOCTYPE a><a/>", "dtd-forbidden"),
        ('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "dtd-forbidden"),
        (f'<!DOCTYPE a [<!ENTITY a0 "ha">{_BILLION}]><a>&a9;</a>', "(dtd-forbidden|not-xml)"),
        ("<a>" * 50_000 + "</a>" * 50_000, "not-xml"),
        ("<a>" + " " * MAX_BYTES + "</a>", "too-large"),
    ],
    ids=["empty", "html", "dtd", "xxe", "billion-laughs", "deep", "huge"],
)
async def test_hostile_bytes_from_a_register_are_one_clear_error_and_not_asked_for_again_at_once(
    body, reason, registers, simulated, lookups
):
    trouble(simulated, "GetUnit", body=body)
    for _ in range(2):
        with pytest.raises(Unavailable, match=f"unreadable-{reason}"):
            await registers.unit("SE2321000255-VC01")
    assert simulated.simulation.calls["GetUnit"] == 1
    assert [outcome for _, outcome, _ in lookups] == ["unreadable", "held"]


def ok(body=b"<Envelope/>", *more):
    return head(200, b"content-type: text/xml", *more, body=body)


QUESTION = unit_request("SE165565594230-1000", "SE2321000255-VC01")


async def test_the_hub_speaks_as_the_profile_prescribes():
    async with answering(ok()) as server:
        settings = CallerSettings(url=f"{server.url}/hsa", consumer_hsa_id="SE2321000255-HUB")
        async with Caller(settings) as caller:
            await caller.ask("SE165565594230-1000", QUESTION)
    request_line, *lines = server.heads[0]
    assert request_line == "POST /hsa HTTP/1.1"
    sent = {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}
    assert sent["soapaction"] == '"urn:riv:infrastructure:directory:organization:GetUnitResponder:5:GetUnit"'
    assert sent["content-type"] == "text/xml; charset=utf-8"
    assert sent["x-rivta-original-serviceconsumer-hsaid"] == "SE2321000255-HUB"
    assert sent["accept-encoding"] == "identity"
    assert sent["content-length"] == str(len(QUESTION.body))
    assert "cookie" not in sent


@pytest.mark.parametrize("after", [ok(b"<Envelope>another's</Envelope>"), b"HTTP/1.1 200 OK\r\ncontent-le", b"what?"])
async def test_what_comes_unasked_after_an_answer_is_nobodys_answer(after):
    async with (
        answering(in_turn(ok(b"<Envelope>1</Envelope>"), ok(b"<Envelope>2</Envelope>"), unasked=after)) as server,
        Caller(CallerSettings(url=server.url, rate=1000)) as caller,
    ):
        assert await caller.ask("one", QUESTION) == b"<Envelope>1</Envelope>"
        await asyncio.sleep(0.2)
        assert await caller.ask("one", QUESTION) == b"<Envelope>2</Envelope>"


async def test_what_comes_in_one_piece_with_an_answer_is_nobodys_answer():
    both = ok(b"<Envelope>1</Envelope>") + ok(b"<Envelope>another's</Envelope>")
    async with (
        answering(in_turn(both, ok(b"<Envelope>2</Envelope>"))) as server,
        Caller(CallerSettings(url=server.url, rate=1000)) as caller,
    ):
        assert await caller.ask("one", QUESTION) == b"<Envelope>1</Envelope>"
        assert await caller.ask("one", QUESTION) == b"<Envelope>2</Envelope>"


async def test_what_lies_unread_when_the_next_question_is_asked_is_nobodys_answer():
    answers = [ok(b"<Envelope>1</Envelope>"), ok(b"<Envelope>2</Envelope>")]
    with StrayServer(answers, ok(b"<Envelope>another's</Envelope>")) as server:
        async with Caller(CallerSettings(url=server.url, rate=1000)) as caller:
            assert await caller.ask("one", QUESTION) == b"<Envelope>1</Envelope>"
            time.sleep(0.1)  # noqa: ASYNC251 - the loop is busy, and has read nothing of it
            assert await caller.ask("one", QUESTION) == b"<Envelope>2</Envelope>"
    assert server.calls == 2


async def test_listings_name_no_person_so_each_is_asked_for_on_a_connection_of_its_own(registers):
    async with answering(ok()) as server:
        registers._listing._session = None
        object.__setattr__(registers._listing, "settings", replace(registers._listing.settings, url=server.url))
        for _ in range(2):
            await registers._listing.ask("12", QUESTION)
    assert server.connections == 2


@pytest.mark.parametrize(("rate", "waiting"), [(10.0, 48), (1.0, 48), (0.5, 48), (0.1, 48)])
def test_no_question_is_turned_away_while_as_many_wait_as_the_hub_asks_at_a_time(rate, waiting):
    limit = Caller(CallerSettings(url="http://127.0.0.1", rate=rate))._rate_limit
    assert waiting / rate <= limit._max_wait


@pytest.mark.parametrize(
    ("answer", "asked", "reason"),
    [
        (b"", 2, "no-answer"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", 1, "no-answer"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n<Envelope>", 1, "no-answer"),
        (b"HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n", 1, "http-302"),
        (b"HTTP/1.1 503 No\r\nretry-after: 7\r\ncontent-length: 0\r\n\r\n", 1, "http-503"),
    ],
    ids=["nothing", "no-http", "cut-off", "redirect", "busy"],
)
async def test_what_is_no_answer_is_asked_once_more_and_no_redirect_is_followed(answer, asked, reason):
    async with (
        answering(in_turn(answer, answer, answer, ends=True)) as server,
        Caller(CallerSettings(url=server.url, rate=1000)) as caller,
    ):
        with pytest.raises((Unavailable, Parked)) as failed:
            await caller.ask("one", QUESTION)
    assert failed.value.reason == reason
    assert len(server.heads) == asked


async def test_an_answer_keeps_its_connection_and_its_charset_and_sets_no_cookie():
    latin = "<?xml version='1.0' encoding='ISO-8859-1'?><Envelope>Åsa</Envelope>".encode("latin-1")
    kept = ok(latin, b"set-cookie: a=b").replace(b"text/xml", b"text/xml; charset=ISO-8859-1")
    async with answering(kept) as server, Caller(CallerSettings(url=server.url, rate=1000)) as caller:
        for _ in range(2):
            assert "Åsa" in (await caller.ask("one", QUESTION)).decode()
    assert server.connections == 1
    assert not [line for line in server.heads[1] if "cookie" in line.lower()]


def test_certificates_that_cannot_be_read_stop_the_hub_from_starting(tmp_path):
    with pytest.raises(Misconfigured, match="certificates"):
        Caller(CallerSettings(url="https://127.0.0.1", cert_file=str(tmp_path / "none.pem")))


async def test_a_simulator_answers_a_wrong_question_with_a_client_fault(simulated):
    async with httpx.AsyncClient() as client:
        for body in (
            b"<a/>",
            request("SE1", [TOLVAN]).body.replace(b">P2<", b">P99<"),
            request("SE1", [TOLVAN]).body.replace(b"ignoreReferredIdentity", b"ignored"),
        ):
            answer = await client.post(simulated.url("folkbokforing"), content=body)
            assert answer.status_code == 500
            assert b"s:Client" in answer.content
        answer = await client.post(simulated.url("hsa"), content=request("SE1", [TOLVAN]).body)
        assert b"VP004" in answer.content
        answer = await client.post(simulated.url("folkbokforing"), content=request("", [TOLVAN]).body)
        assert b"VP003" in answer.content


async def test_a_simulator_is_told_what_to_do_and_tells_what_it_did_over_http(simulated):
    async with httpx.AsyncClient() as client:
        url = simulated.url("control")
        told = {"contract": "GetUnit", "trouble": {"fault": "VP008", "slow": 0.01}}
        assert (await client.post(url, json=told)).json()["troubles"] == {"GetUnit": {"fault": "VP008", "slow": 0.01}}
        assert (await client.post(url, json={"contract": "GetUnit"})).json()["troubles"] == {}
        assert (await client.post(url, json={"contract": "GetNothing"})).status_code == 400
        assert (await client.post(url, json={"trouble": {"fault": "VP099"}})).status_code == 400
        await client.post(simulated.url("folkbokforing"), content=request("SE1", [TOLVAN]).body)
        assert (await client.get(url)).json()["calls"]["GetPersonsForProfile"] == 1
        assert (await client.delete(url)).json()["calls"]["GetPersonsForProfile"] == 0


async def test_many_questions_at_a_time_are_each_answered(registers):
    persons = [person for person in CONTENTS.persons if person.expect == "listed"]
    found = await asyncio.gather(*(registers.resolve(parse_person_id(one.id), rules(one.id)) for one in persons))
    assert [one.health_centre for one in found] == [one.centre for one in persons]


async def test_everything_that_went_over_the_wire_was_valid_but_what_was_meant_to_be_wrong(wire, registers):
    """Runs last, so that it also checks what the tests above have sent and got."""
    await registers.resolve(TOLVAN, rules())
    for ask in (registers.unit, registers.health_care_unit, registers.employee):
        await ask("SE2321000255-P01")
    questions, answers = set(), set()
    for body, answer in wire:
        try:
            contract, _, _ = producer.read_question(body)
        except Exception:  # noqa: BLE001 - sent wrong on purpose, past our own code
            continue
        questions.add(contract.name)
        if answer is None or answer[0] != 200 or b"Response" not in answer[1]:
            continue
        element = open_envelope(answer[1])
        found = NAMESPACES[etree.QName(element).namespace]
        assert schema(found).validate(etree.ElementTree(element)), schema(found).error_log
        answers.add(found.name)
    assert questions == answers == {contract.name for contract in ALL}
