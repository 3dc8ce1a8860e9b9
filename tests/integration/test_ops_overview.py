"""What the overview of operations says of a hub, and where each of its numbers leads. On a real database."""

from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

import httpx
import psycopg
import pytest
from starlette.routing import Match

from hub import clock
from hub.addressing import registers
from hub.errors import Unavailable
from hub.operations.figures import FiguresKeeper
from hub.operations.registers import CONTRACTS
from hub.store import figures, held, paused_systems, running_hubs
from hub.store.operator_log import record
from hub.tally import TALLY, Tally
from hub.web.console import console
from tests.integration.test_console_hostile import browser
from tests.integration.test_views import TOLVAN, directory, served
from tests.operators import Person, signed_in
from tests.stack import KOMMUN

ROUTES = ("/overview", "/hubs", "/rates", "/deadlines", "/systems", "/systems/ehr", "/systems/ehr/queue", "/registers")
REPORT = {
    "port": 8400, "directory": 1, "roles": ["intake", "delivery", "addressing", "deadlines", "http"], "checks": {"store": "ok"},
    "owner": "one-x", "lanes": {}, "asks_registers": True, "has_registers": True, "registers": {},
}  # fmt: skip


@pytest.fixture
async def place(database):
    TALLY.take()
    async with served(database, directory()) as found:
        yield found


@pytest.fixture
async def person(place):
    return await signed_in(place.hub, "lasare")


@asynccontextmanager
async def writing(hub):
    async with hub.store.transaction() as connection:
        yield connection


async def report(hub, id_="one", **more):
    async with writing(hub) as connection:
        await running_hubs.report(connection, id_, REPORT | more)
        await connection.execute("UPDATE shard SET owner = %s WHERE owner IS NULL", (REPORT["owner"],))


def kinds(found):
    return [(one["kind"], one["severity"]) for one in found["first"]]


def rows_in(found):
    """The addresses of all rows that an answer names."""
    if isinstance(found, dict):
        if found.keys() == {"api", "console"}:
            yield found["api"], found["console"]
        for one in found.values():
            yield from rows_in(one)
    elif isinstance(found, list):
        for one in found:
            yield from rows_in(one)


async def every_row_is_there(hub, *answers):
    """Each address of rows is answered by the API, and there is a page of the console for it."""
    everybody = await signed_in(hub)
    pages = console(httpx.AsyncClient()).routes
    found = {address for answer in answers for address in rows_in(answer)}
    assert len(found) > 15
    for api, page in sorted(found):
        path, _, query = api.partition("?")
        await everybody.ask(f"/{path}", **dict(parse_qsl(query)))
        scope = {"type": "http", "method": "GET", "path": f"/{page.partition('?')[0]}", "root_path": ""}
        assert any(route.matches(scope)[0] is Match.FULL for route in pages), page


@pytest.mark.parametrize("route", ROUTES)
async def test_who_may_not_see_is_refused(place, route):
    await Person(place.hub, None).ask(route, 401)
    nobody = await signed_in(place.hub, "none-of-the-roles")
    assert (await nobody.ask(route, 403))["rule"] == "no-right"


async def test_while_no_process_runs_that_is_what_to_see_to_first(person):
    found = await person.ask("/overview")
    assert (found["well"], kinds(found)[0]) == (False, ("no-hub", "urgent"))


async def test_all_is_well_while_all_is_well(place, person):
    await report(place.hub)
    found = await person.ask("/overview")
    assert (found["well"], found["first"], found["missing_roles"]) == (True, [], [])
    assert found["waiting"] == {
        "count": 0,
        "oldest": None,
        "rows": {"api": "systems?trouble=waiting", "console": "systems?trouble=waiting"},
    }
    assert found["on_time"]["day"] == {"share": None, "on_time": 0, "sent": 0, "late": 0, "overdue": 0}
    assert [(one["hub"], one["state"]) for one in (await person.ask("/hubs"))["hubs"]] == [("one", "ready")]
    seen, _ = await browser(place.hub)
    assert "Allt är väl" in (await seen.get("/")).text
    tally = Tally()
    tally.delivered("centre", [0.02] * 5 + [45.0] * 5)
    await FiguresKeeper(place.hub.store, tally).write()
    page = (await seen.get("/")).text  # nothing to see to, and half of the day was late
    assert ("Allt är väl" in page, "Inget brådskar, men allt är inte väl" in page) == (False, True)


async def test_a_process_that_died_is_something_to_see_to_where_only_it_had_something(place, person):
    hub = place.hub
    seen, _ = await browser(hub)
    every, half = REPORT["roles"], ["addressing", "deadlines", "delivery", "http"]
    for roles, of_other, silence, shards, said in (
        (every, every, 3, 0, None),
        (
            every,
            every,
            7,
            30,
            None,
        ),  # its shards are not another's yet: there is nothing to do, and nobody says that it is ready
        (every, every, 20, 0, ("hub-replaced", "note", "har tagit över det den gjorde")),
        (every, every, 601, 0, None),
        (every, every, 601, 20, ("hub-silent", "soon", "den har kvar 20 ärendegrupper. Avsluta den om den ännu finns")),
        (every, half, 601, 0, ("hub-silent", "soon", "ingen annan tar emot ur Kafka. Avsluta")),
        (["intake"], half, 20, 0, ("hub-silent", "soon", "starta en ny: hub run --role intake.")),
    ):
        await place.sql("UPDATE shard SET owner = CASE WHEN id < %s THEN 'two-x' END", shards)
        await report(hub, roles=of_other)
        await report(hub, "two", roles=roles, owner="two-x", port=8401)
        await place.sql("UPDATE running_hub SET at = now() - %s * interval '1 second' WHERE id = 'two'", silence)
        found = await person.ask("/overview")
        about = [one for one in found["first"] if one["kind"] in {"hub-silent", "hub-replaced"}]
        assert [(one["kind"], one["severity"]) for one in about] == ([said[:2]] if said else [])
        assert not said or said[2] in about[0]["text"]["sv"]
        assert found["well"] == (said is None or said[1] == "note")
        shown = {one["hub"]: (one["shards"], one["asks_registers"]) for one in found["hubs"]}
        assert shown.pop("one") == (64 - shards, True), "one of the two asks"
        assert shown == ({} if silence > 600 and said is None else {"two": (shards, False)})
        states = {one["hub"]: one["state"] for one in found["hubs"]}
        wanted = "ready" if silence == 3 else "not heard" if silence == 7 else "silent"
        assert states == {"one": "ready"} | ({"two": wanted} if shown else {})
        page = (await seen.get("/hubs")).text
        assert ("Hörs inte" in page and "hördes för" in page) == (wanted == "not heard")
        assert page.count("Frågar registren nu") == 1 and "8400" in page and ("8401" in page) == bool(shown)
        assert ("inget väntar på den" in page) == (said is not None and said[0] == "hub-replaced")
        missing = "Ingen process tar emot ur Kafka"
        assert (missing in page, missing in (await seen.get("/")).text) == (of_other is half, of_other is half)
        assert ("hub run --role intake" in page) == (of_other is half)


async def test_everything_that_goes_wrong_is_named_with_its_rows_the_worst_first(place, person):
    hub = place.hub
    now = datetime.now(UTC)
    lane = {
        "breaker": "open",
        "since": (now - timedelta(hours=1)).isoformat(),
        "answer": "http:503",
        "answered": now.isoformat(),
    }
    failing = {"listing": failed(now, "VP009", timedelta(minutes=5))}
    await report(hub, roles=["intake", "delivery", "http"], lanes={"centre": lane}, registers=failing)
    await place.admit()
    async with writing(hub) as connection:
        await paused_systems.pause(connection, "kommun")
        await record(connection, "Disa Drift", "pause", "kommun", "de byter server")
        await held.add(connection, ("urn:hsa:X", "m-1"), "case-1", "awaits-opening", now - timedelta(hours=2), 60)
        await connection.execute(
            "UPDATE outbox_row SET state = 'dead', answer = 'http:422', said = 'Unknown field skipped',"
            " failures = jsonb_build_array(jsonb_build_array(now() - interval '29 seconds', 'http:422')) WHERE system = 'centre'"
        )
        await connection.execute(  # and one that died later
            "INSERT INTO outbox_row (id, kind, system, source, message, told, accepted_at, due_at, state, answer, failures, shard)"
            " SELECT id + 1000000, 'receipt', system, source, message || '-r', '{}', now(), now(), 'dead', answer,"
            " jsonb_build_array(jsonb_build_array(now(), 'http:422')), shard FROM outbox_row WHERE system = 'centre'"
        )
        await connection.execute(
            "INSERT INTO deadline (case_id, key, due_at, set_at) SELECT id, key, now() - due * interval '1 second',"
            " now() - set * interval '1 second' FROM cases, (VALUES ('kallelse_sip/x', 3600, 3600), ('plan_forsenad/passed-now', 10, 3600),"
            " ('inskrivning_sen/past-when-it-came', 3600, 10)) AS n (key, due, set)"
        )
        await connection.execute(
            "INSERT INTO aside (topic, partition, at, reason) VALUES ('hub.in.ehr', 0, 7, 'corrupt')"
        )
    found = await person.ask("/overview")
    assert found["well"] is False
    said = kinds(found)
    assert {
        ("dead", "urgent"),
        ("role-missing", "urgent"),
        ("deadline-untold", "urgent"),
        ("topic-waits", "urgent"),
    } <= set(said)
    assert {("breaker", "soon"), ("register", "soon"), ("paused", "note")} <= set(said)
    order = [severity for _, severity in said]
    assert order == sorted(order, key=("urgent", "soon", "note").index)
    by_kind = {one["kind"]: one for one in found["first"]}
    assert by_kind["dead"]["rows"] == {"api": "dead?system=centre", "console": "dead?system=centre"}
    dead_for = clock.now() - datetime.fromisoformat(by_kind["dead"]["since"])
    assert timedelta(seconds=29) <= dead_for < timedelta(minutes=5), "since the first died"
    assert by_kind["paused"]["text"]["sv"].startswith("Kommunens är pausat av Disa Drift: de byter server.")
    assert all(one["text"]["sv"] and one["text"]["en"] for one in found["first"])
    assert [one["name"] for one in found["deadlines"]["untold"]] == ["kallelse_sip"], "the others are being told"
    assert found["deadlines"]["untold"][0]["rows"]["api"] == "deadlines?name=kallelse_sip"
    assert [one["name"] for one in (await person.ask("/deadlines"))["rows"]] == ["kallelse_sip"]
    untold = by_kind["deadline-untold"]["text"]
    assert untold == {
        "sv": "1 passerad frist har inte berättats för någon: kallelse till SIP ska sändas.",
        "en": "1 deadline has passed, and nobody was told: the call to the SIP is to be sent.",
    }
    assert TOLVAN not in str(found)
    await every_row_is_there(place.hub, found, await person.ask("/systems/centre"), await person.ask("/registers"))
    wrong = (await person.ask("/systems/centre"))["wrong"]
    assert [(one["concern"]["kind"], one["who"]) for one in wrong] == [
        ("dead", ["receiver"]),
        ("breaker", ["receiver"]),
    ]
    assert all(one["what_to_do"]["sv"] and one["what_to_do"]["en"] for one in wrong)
    assert wrong[0]["said"] == "Unknown field skipped"
    assert wrong[0]["concern"]["since"] == by_kind["dead"]["since"]
    seen, _ = await browser(place.hub)
    page = (await seen.get("/systems/centre")).text
    assert "Mottagaren svarade: ”Unknown field skipped”" in page
    assert page.index('id="wrong"') < page.index('id="acts"') < page.index('class="tiles six"') and "(hub " not in page
    assert "Rättas av:" in page and "Driften sänder sedan om:" in page and "på sidan Döda underrättelser" in page
    assert "Unknown field skipped" in (await seen.get("/waiting")).text
    seen, _ = await browser(hub)
    page = (await seen.get("/systems/centre")).text
    assert page.index("Vad som är fel") < page.index('class="tiles six"')
    assert "Kvitto" in (await seen.get("/dead")).text
    again = wrong[0]["replay"]["console"]
    assert again == "replays/new?system=centre&answer=http%3A422" and again.replace("&", "&amp;") in page
    assert "2 underrättelser" in (await seen.get(f"/{again}")).text
    (waits,) = (await person.ask("/systems/kommun"))["wrong"]
    assert (waits["concern"]["kind"], waits["who"], waits["replay"]) == ("paused", ["operations"], None)
    counted = {name: found[name]["count"] for name in ("held", "paused", "breakers", "partitions", "gaps")}
    assert counted == {"held": 1, "paused": 1, "breakers": 1, "partitions": 1, "gaps": 0}
    ((passed),) = (await person.ask("/deadlines", name="kallelse_sip"))["rows"]
    assert passed["name"] == "kallelse_sip"
    assert (await person.ask("/partitions"))["rows"][0]["at"] == 7


def failed(now, reason, since, until=timedelta(0)):
    """What a process says of a register that has failed."""
    return {"reason": reason, "failing_since": (now - since).isoformat(), "failed": (now - until).isoformat()}


async def test_late_is_the_same_in_the_tile_the_list_and_what_to_see_to_first(place, person):
    hub = place.hub
    await report(hub)
    await place.admit()
    assert (await person.ask("/overview"))["late"]["count"] == 0
    await place.sql(
        "UPDATE outbox_row SET accepted_at = now() - interval '2 minutes' WHERE system IN ('kommun', 'centre')"
    )
    async with writing(hub) as connection:
        await paused_systems.pause(connection, "centre")
    now = datetime.now(UTC)
    lane = {"breaker": "open", "since": now.isoformat(), "answer": "connection refused", "answered": now.isoformat()}
    for lanes, kind in (({}, "late"), ({"kommun": lane}, "breaker")):
        await report(hub, lanes=lanes)
        found = await person.ask("/overview")
        assert (found["late"]["count"], found["late"]["rows"]["console"]) == (1, "systems?trouble=late")
        late = (await person.ask("/systems", trouble="late"))["rows"]
        assert [one["standing"]["system"] for one in late] == ["kommun"]
        assert (kind, "note") in [(one["kind"], one["severity"]) for one in found["first"] if one["system"] == "kommun"]
    await place.sql("UPDATE outbox_row SET accepted_at = now() - interval '20 minutes' WHERE system = 'kommun'")
    await report(hub)
    assert ("late", "soon") in kinds(await person.ask("/overview"))


async def test_a_system_is_spared_since_the_first_process_spared_it_whoever_had_its_answer_last(place, person):
    now = datetime.now(UTC)
    first, later = (now - timedelta(minutes=minutes) for minutes in (14, 4))
    answered = {"breaker": "open", "answer": "connection refused"}
    await place.sql("UPDATE shard SET owner = CASE WHEN id < 32 THEN 'one-x' ELSE 'two-x' END")
    for earlier, other in (("one", "two"), ("two", "one")):
        for id_, since, at in ((earlier, first, later), (other, later, now)):
            lane = answered | {"since": since.isoformat(), "answered": at.isoformat()}
            await report(place.hub, id_, owner=f"{id_}-x", lanes={"kommun": lane})
        (row,) = [one for one in (await person.ask("/systems"))["rows"] if one["standing"]["system"] == "kommun"]
        assert datetime.fromisoformat(row["standing"]["breaker_since"]) == first
        assert row["standing"]["hub"] == other
        (said,) = [one for one in (await person.ask("/overview"))["first"] if one["kind"] == "breaker"]
        assert (said["severity"], datetime.fromisoformat(said["since"])) == ("soon", first)


async def test_a_register_is_something_to_see_to_when_it_has_failed_for_a_while_and_again(place, person):
    now, minutes = datetime.now(UTC), timedelta(minutes=2)
    seen, _ = await browser(place.hub)
    for one, is_said in (
        (failed(now, "time-out", timedelta(0)), False),
        (failed(now, "time-out", timedelta(seconds=40)), False),
        (failed(now, "time-out", minutes, minutes), False),
        (failed(now, "time-out", minutes), True),
        (failed(now, "VP008", timedelta(0)), False),
        (failed(now, "VP007", timedelta(0)), False),
        (failed(now, "VP007", minutes), True),
        (failed(now, "client-fault", timedelta(seconds=30)), False),
        (failed(now, "client-fault", minutes), True),
    ):
        await report(place.hub, registers={"listing": one})
        found = await person.ask("/overview")
        said = [each["text"]["sv"] for each in found["first"] if each["kind"] == "register"]
        assert (bool(said), found["registers"]["failing"]) == (is_said, ["listing"] if is_said else []), one
        refuses = one["reason"] in {"VP007", "client-fault"}
        assert not said or ("nekar oss" in said[0]) == refuses
        listing = next(each for each in (await person.ask("/registers"))["rows"] if each["register"] == "listing")
        is_down = "refuses" if refuses else "fails"
        assert listing["state"] == (is_down if is_said else "no-answer"), "both pages mean the same by down"
        for page in ("/", "/registers"):
            shown = (await seen.get(page)).text
            assert ("Listning: vilken vårdcentral" in shown) == (is_said or page == "/registers")
            assert "listing<" not in shown and "client-fault<" not in shown
            assert (
                {"VP007": "nekar oss", "client-fault": "nekar oss"}.get(one["reason"], "svarar inte") in shown.lower()
            ) or not is_said


async def test_what_was_counted_is_shown_and_what_two_hubs_counted_is_added_up(place, person):
    hub = place.hub
    await report(hub)
    await place.admit()
    await place.say("ref:vk-x", "svu.utskrivningsklar", {}, ok=False)
    await hub.figures.write()
    beside = Tally()
    beside.delivered("kommun", [0.02] * 98 + [45.0] * 2)
    beside.add("kommun", "attempt/retry", 2)
    await FiguresKeeper(hub.store, beside).write()
    found = await person.ask("/overview")
    on_time = found["on_time"]
    assert (on_time["day"]["on_time"], on_time["day"]["sent"]) == (98, 100)
    assert on_time["late"][0]["system"] == "kommun"
    assert on_time["times"]["p50"] < 0.025 <= on_time["times"]["p99"] <= 120
    rates = await person.ask("/rates")
    assert (len(rates["received"]), sum(rates["received"]), sum(rates["sent"]), sum(rates["failed"])) == (
        1440,
        2,
        100,
        2,
    )
    assert rates["up"][-1] and not any(rates["up"][:-3])
    assert (await person.ask("/rates", system="kommun"))["up"][-1], "the hub was in operation, whatever the system did"
    assert sum((await person.ask("/rates", system="kommun", span="14d"))["sent"]) == 100
    assert len((await person.ask("/rates", span="14d"))["sent"]) == 1344
    assert (await person.ask("/rates", 404, system="nobody"))["rule"] == "unknown-system"
    assert (await person.ask("/rates", 400, span="7d"))["text"]["sv"]
    # The flow is an average over the minutes in which the hub ran, and says of how many it is.
    seen, _ = await browser(hub)
    for ago, said in (
        ([2, 30, 45], "I snitt 25,3 in och 51,7 ut i minuten, under de 3 minuter av den senaste timmen"),
        (range(60), "Senaste timmen i snitt 25,3 in och 51,7 ut i minuten."),
    ):
        await place.sql("DELETE FROM figures WHERE system = ''")
        for nth, minutes in enumerate(ago):
            await place.sql(
                "INSERT INTO figures (system, step, at, counts) VALUES ('', 1, date_trunc('minute', now()) - %s * interval '1 minute',"
                " jsonb_build_object('up', 9, 'received', %s::int, 'sent', %s::int))",
                minutes,
                (26, 25, 25)[nth % 3],
                (51, 52, 52)[nth % 3],
            )
        assert said in (await seen.get("/")).text


async def test_quarters_are_made_of_minutes_once_and_both_are_deleted_when_they_are_old(place, database):
    hub = place.hub
    with psycopg.connect(database.replace("+psycopg", ""), autocommit=True) as server:
        for minutes in (1, 20, 21, 40, 24 * 60 - 30, 26 * 60):
            server.execute(
                "INSERT INTO figures (system, step, at, counts) VALUES ('', 1, date_trunc('minute', now()) - %s * interval '1 minute',"
                """ '{"sent": 10, "on_time": 9}')""",
                (minutes,),
            )
        for _ in range(2):
            await hub.figures.roll()
        ((quarters,),) = server.execute("SELECT sum((counts->>'sent')::int) FROM figures WHERE step = 15").fetchall()
        ((oldest,),) = server.execute("SELECT now() - min(at) FROM figures WHERE step = 1").fetchall()
        assert oldest < timedelta(hours=25)
        assert quarters in {50, 60}, "the minute that is going on may be of the last quarter"
        async with writing(hub) as connection:
            found = await figures.sums(connection, datetime.now(UTC) - timedelta(days=2), [""])
        assert (found[""]["sent"], found[""]["on_time"]) == (60, 54)


async def test_a_process_that_cannot_write_keeps_its_counts(place, monkeypatch):
    tally = Tally()
    tally.delivered("kommun", [0.1])
    tally.refused("ehr", "V-1", "m-1")
    keeper = FiguresKeeper(place.hub.store, tally)
    with monkeypatch.context() as patch:
        patch.setattr(figures, "add", _away)
        with pytest.raises(Unavailable):
            await keeper.write()
    tally.delivered("kommun", [0.1])
    await keeper.write()
    async with writing(place.hub) as connection:
        found = await figures.sums(connection, datetime.now(UTC) - timedelta(hours=1), ["kommun", "ehr"])
    assert (found["kommun"]["sent"], found["ehr"]) == (2, {"refused/V-1": 1})


async def _away(*_):
    raise ConnectionError


async def test_the_overview_costs_the_same_however_much_waits(place, person, database):
    """No statement reads a table of messages, cases or rows from end to end."""
    hub = place.hub
    await report(hub)
    await place.admit()
    with psycopg.connect(database.replace("+psycopg", ""), autocommit=True) as server:
        server.execute(
            "INSERT INTO outbox_row (id, kind, system, source, message, told, accepted_at, due_at)"
            " SELECT 1000000 + n, 'receipt', 'kommun', 's', 'm-' || n, '{}', now(), now() FROM generate_series(1, 30000) n"
        )
        server.execute("ANALYZE")
        counted = (
            "SELECT coalesce(sum(seq_tup_read), 0) FROM pg_stat_user_tables"
            " WHERE relname IN ('outbox_row', 'message', 'cases', 'deadline')"
        )
        await person.ask("/overview")  # plans are made, statistics are written
        server.execute("SELECT pg_stat_force_next_flush()")
        before = server.execute(counted).fetchone()[0]
        found = await person.ask("/overview")
        assert found["waiting"]["count"] >= 30_000
        async with writing(hub) as connection:
            await connection.execute("SELECT pg_stat_force_next_flush()")
        server.execute("SELECT pg_stat_clear_snapshot()")
        assert server.execute(counted).fetchone()[0] - before < 3_000


# --- systems --------------------------------------------------------------------------------------------------------------------


async def test_the_systems_are_listed_by_page_and_by_their_trouble(place, person):
    hub = place.hub
    await report(hub)
    await place.admit()
    async with writing(hub) as connection:
        await paused_systems.pause(connection, "kommun")
    # A few that are refused or late are no trouble; as many as the overview names are, and the list has the same systems as that.
    beside = Tally()
    for system, received, refused, late in (
        ("ehr", 225, 6, 0),
        ("centre", 100, 21, 0),
        ("bilar", 0, 0, 5),
        ("malmo", 0, 0, 6),
    ):
        beside.add(system, "received", received)
        beside.add(system, "refused", refused)
        beside.delivered(system, [0.02] * (100 - late) + [45.0] * late)
    await FiguresKeeper(hub.store, beside).write()
    every = await person.ask("/systems")
    ids = [one["standing"]["system"] for one in every["rows"]]
    assert (ids, every["count"], every["of"], every["next"]) == (sorted(hub.directory().system_by_id), 5, 5, None)
    first = await person.ask("/systems", limit=2)
    assert [
        one["standing"]["system"] for one in (await person.ask("/systems", limit=2, after=first["next"]))["rows"]
    ] == ids[2:4]
    (paused,) = (await person.ask("/systems", trouble="paused"))["rows"]
    assert paused["standing"]["system"] == "kommun" and "paused" in paused["trouble"]
    troubled = {
        one["standing"]["system"]: one["trouble"] for one in (await person.ask("/systems", trouble="any"))["rows"]
    }
    assert (troubled["centre"], troubled["malmo"]) == (["waiting", "refused"], ["slow"])
    assert (
        set(troubled)
        == {one["system"] for one in (await person.ask("/overview"))["first"]}
        == {"centre", "kommun", "malmo"}
    )
    assert [one["name"] for one in (await person.ask("/systems", text="KOMM"))["rows"]] == ["Kommunens"]
    assert (await person.ask("/systems", organisation="2120001124"))["count"] == 1
    assert (await person.ask("/systems", region="nowhere"))["count"] == 0
    assert (await person.ask("/systems", way="kafka"))["count"] == 5
    ehr = next(one for one in every["rows"] if one["standing"]["system"] == "ehr")
    assert ehr["last_received"] is not None
    await person.ask("/systems", 400, trouble="nothing")
    await person.ask("/systems", 400, misspelt="x")


async def test_a_system_is_shown_with_its_refusals_its_credentials_and_what_it_may_do_and_without_a_secret(
    place, person
):
    hub = place.hub
    await report(hub)
    await place.admit()
    for number in range(3):
        await place.say("ref:vk-0", "svu.inskrivning", {"wrong": number}, ok=False, id_=f"bad-{number}")
    await hub.figures.write()
    found = await person.ask("/systems/ehr")
    assert (found["day"]["received"], found["day"]["refused"]) == (4, 3)
    seen, _ = await browser(hub)  # what came in, and what of it was accepted, have each a name of its own on every page
    pages = [(await seen.get(page)).text for page in ("/systems/ehr", "/systems", "/reconciliation/ehr")]
    assert 'Inkomna, 24 timmar</span> <span class="value">4</span> <span class="hint">Alla, också avvisade.' in pages[0]
    assert "Inkomna, 1 h" in pages[1] and "Godtaget 1" in pages[2] and "Avvisat 3" in pages[2]
    assert not [page for page in pages if "Mottagna" in page or "Mottaget" in page]
    ((refusal),) = found["refusals"]
    assert (refusal["count"], refusal["example"]) == (3, "bad-2")
    assert refusal["rows"]["api"].startswith("messages?from_system=ehr&outcome=refused&rule=")
    assert [(one["kind"], one["who"]) for one in found["credentials"]] == [("token", None)]
    assert found["rotating"] == [] and "token-ehr" not in str(found)
    units = {one["unit"]: one["roles"] for one in found["units"]}
    assert "sjukskoterska" in units["SE2321000255-AVD12"]
    assert found["ways_in"] == ["kafka", "http"]
    assert (await person.ask("/systems/nobody", 404))["rule"] == "unknown-system"
    assert KOMMUN in str(await person.ask("/systems/kommun"))


async def test_what_waits_for_a_system_is_listed_in_the_order_of_writing(place, person):
    case = await place.admit()
    for number in range(2):
        await place.say(case, "svu.kartlaggning", {"fields": {"aktuellt_tillstand": {"text": f"Uppe {number}"}}})
    every = (await person.ask("/systems/kommun/queue"))["rows"]
    assert len(every) >= 2 and [one["id"] for one in every] == sorted(one["id"] for one in every)
    assert {one["case_id"] for one in every if one["kind"] == "notice"} == {case}
    page = await person.ask("/systems/kommun/queue", limit=1)
    assert (await person.ask("/systems/kommun/queue", after=page["next"]))["rows"] == every[1:]
    counted = (await person.ask("/systems/kommun"))["system"]["standing"]["waiting"]
    assert counted == len(every)
    behind = next(one for one in every if one["name"] == "svu.kartlaggning")
    first, behind_whom = every[0], f"bakom #{every[0]['sequence']} i ärendet, som"
    assert behind["why"]["sv"] == f"{behind_whom} väntar" and behind["next_try_at"] is None
    assert (behind["before"]["message"], behind["before"]["dead"]) == (first["message"], False)
    await place.sql(f"UPDATE outbox_row SET behind = true WHERE id = {behind['id']}")
    async with writing(place.hub) as connection:
        await connection.execute("UPDATE outbox_row SET state = 'dead' WHERE id = %s", (first["id"],))
        await paused_systems.pause(connection, "kommun")
        await record(connection, "Disa Drift", "pause", "kommun", "de byter server")
    said = {one["id"]: one["why"]["sv"] for one in (await person.ask("/systems/kommun/queue"))["rows"]}
    assert list(said) == [one["id"] for one in every[1:]]
    assert "av Disa Drift: de byter server" in said[behind["id"]] and f"{behind_whom} är död" in said[behind["id"]]
    await person.ask("/systems/nobody/queue", 404)
    seen, _ = await browser(place.hub)
    page = await seen.get("/systems/kommun/queue")
    assert f"/cases/{case}" in page.text and f"/messages/{behind['message']}?source=" in page.text
    assert f"/messages/{first['message']}?source=" in page.text
    assert "de byter server" in page.text and f"/dead?system=kommun&amp;case={case}" in page.text
    assert "<strong>Köad:</strong> Underrättelse om" in (await seen.get(f"/cases/{case}")).text
    assert "Inget väntar på att sändas till systemet" in (await seen.get("/systems/bilar/queue")).text
    assert (await seen.get("/systems/nobody/queue")).status_code == 404


# --- registers ------------------------------------------------------------------------------------------------------------------


def test_every_contract_of_the_registers_is_shown():
    cached = (
        registers._POPULATION,
        registers._COUNTIES,
        registers._LISTING,
        registers._UNIT,
        registers._CARE_UNIT,
        registers._EMPLOYEE,
    )
    assert list(CONTRACTS) == [str(one.name) for one in cached]


async def test_the_registers_are_shown_with_how_they_answer_and_what_waits(place, person):
    hub, now = place.hub, datetime.now(UTC).isoformat()
    listing = {"answered": now, "failed": now, "reason": "VP009", "failing_since": now}
    await report(hub, registers={"folkbokforing": {"answered": now}, "listing": listing})
    await place.admit(found=None)
    beside = Tally()
    for outcome, count in (("ok", 3), ("cached", 6), ("none", 1)):
        beside.add("register:folkbokforing", f"asked/{outcome}", count)
    beside.add("register:folkbokforing", "s/0.1", 4)
    await FiguresKeeper(hub.store, beside).write()
    found = await person.ask("/registers")
    assert (found["set"], found["asked_by"]) == (True, "one")
    by_name = {one["register"]: one for one in found["rows"]}
    population = by_name["folkbokforing"]
    assert (population["state"], population["calls"], population["cached_share"]) == (
        "answers",
        {"cached": 6, "ok": 3, "none": 1},
        0.6,
    )
    assert 0.05 < population["times"]["p50"] <= 0.1
    assert population["waiting"]["count"] == 1
    assert (by_name["listing"]["state"], by_name["listing"]["reason"]) == ("no-answer", "VP009")
    assert by_name["hsa_unit"]["state"] == "not-asked"
    # another process takes over the asking: what the one before it was answered stands, as long as that is stored, then the figures
    await report(hub, asks_registers=False, registers={"folkbokforing": {"answered": now}, "listing": listing})
    await report(hub, "two", registers={"listing": {"failed": now, "reason": "VP009", "failing_since": now}})
    taken_over = await person.ask("/registers")
    assert taken_over["asked_by"] == "two"
    assert [(one["state"], one["answered"]) for one in taken_over["rows"]] == [
        (one["state"], one["answered"]) for one in found["rows"]
    ]
    async with writing(hub) as connection:
        await running_hubs.leave(connection, "one")
    await report(hub, "two")
    rows = {one["register"]: one for one in (await person.ask("/registers"))["rows"]}
    assert {name: one["state"] for name, one in rows.items() if name in ("folkbokforing", "hsa_unit")} == {
        "folkbokforing": "asked-before",
        "hsa_unit": "not-asked",
    }
    assert datetime.fromisoformat(rows["folkbokforing"]["answered"]) > datetime.fromisoformat(now) - timedelta(
        minutes=2
    )
    assert (await person.ask("/overview"))["registers"]["asked"] is False
    seen, _ = await browser(hub)
    pages = [(await seen.get(page)).text for page in ("/", "/registers")]
    assert ["av den här processen än" in page for page in pages] == [True, True]
    async with writing(hub) as connection:
        await running_hubs.leave(connection, "two")
    await report(hub, has_registers=False, asks_registers=False)
    assert {one["state"] for one in (await person.ask("/registers"))["rows"]} == {"not-set"}
