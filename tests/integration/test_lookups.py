"""Look-ups as work of the outbox, on a real database and simulated registers: who waits goes first, and every one of them ends
(4b, law-and-lookups.md §3 and §4, C-3, C-60).
"""

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from hub import metrics
from hub.addressing import lookup_queues
from hub.addressing.memory import RegisterMemory
from hub.addressing.rate_limit import RateLimit
from hub.addressing.recheck import Recheck
from hub.addressing.registers import Registers
from hub.addressing.soap_client import Caller, CallerSettings, Parked
from hub.addressing.worker import Worker, failed
from hub.errors import Unavailable
from hub.intake import commit
from hub.intake.reader_check import Readers
from hub.operations.timeline import whole
from hub.sandbox.registers import Control, Trouble
from hub.settings import ListingSettings
from hub.store import cases, outbox
from hub.store.registers import Answers
from hub.store.transaction import Conflict
from hub.translators.soap.folkbokforing import request
from hub.translators.soap.listing import Actor
from schemas.directory import Directory
from schemas.hub_messages import Adressering
from schemas.identities import parse_person_id
from schemas.messages import HUB_SOURCE, Question, as_json
from tests.answering import answering, dripping, head, in_turn
from tests.bench.load import fictitious
from tests.stack import CENTRE, KOMMUN, WARD, registers, until

NURSE = "SE2321000255-SJUKSKOTERSKA1"
MENPROVNING = (
    b'{"patient":{"personnummer":"191212121212"},"admitted_at":"2026-03-02T08:00:00+01:00","estimated_discharge":"2026-03-09",'
    b'"reason":"Fall","information":{"given":true},"samtycke":{"outcome":"menprovning","decided_by":"SE2321000255-P01"}}'
)


@asynccontextmanager
async def worker(desk, simulated, *, rate=1000.0):
    """The desk's look-ups, asked of simulated registers until the block ends."""

    def settings(register):
        return CallerSettings(url=simulated.url(register), logical_address="SE165565594230-1000", rate=rate)

    asked = Registers(
        folkbokforing=settings("folkbokforing"),
        listing=settings("listing"),
        hsa=settings("hsa"),
        actor=Actor(WARD),
        cache=Answers(desk.store),
        on_failure=failed,
    )
    made = Worker(desk.store, lambda: desk.directory, asked, desk.known, production=False)
    made.intake = desk.intake
    running = asyncio.create_task(made.run())
    try:
        yield made
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await asked.aclose()


@pytest.fixture
async def simulated(desk):
    async with registers(desk.directory) as found:
        yield found


async def sql(desk, statement, *values):
    async with desk.store.transaction() as connection:
        found = await connection.execute(statement, values)
        return await found.fetchall() if found.description else []


async def the_case(desk, id_):
    async with desk.store.transaction() as connection:
        return await cases.read(connection, id_)


async def addressed(desk, id_):
    async def look():
        return (await the_case(desk, id_)).addressed

    return await until(look)


async def written(desk, rows):
    """Questions that wait in the table, as after a commit."""
    async with desk.store.transaction() as connection:
        start = await outbox.reserve_ids(connection)
        for number, row in enumerate(rows):
            row.id = start + number
        await outbox.add(connection, rows)


async def test_a_register_that_takes_its_time_is_asked_as_often_as_its_rate_allows(desk, simulated):
    """Ten a second, each answered after four: forty are under way. None is turned away where a producer takes one a second."""
    numbers = fictitious()
    await written(
        desk,
        [
            outbox.OutboxRow(
                0, "lookup", outbox.REGISTERS, None, None, HUB_SOURCE, f"a-{n}",
                as_json(Question(question="adressering", person=next(numbers), county="12")),
                None, datetime.now(UTC), datetime.now(UTC),
            )
            for n in range(60)
        ],
    )  # fmt: skip
    simulated.simulation.control(Control(contract="GetPersonsForProfile", trouble=Trouble(slow=60)))
    async with worker(desk, simulated):
        await until(lambda: simulated.simulation.calls["GetPersonsForProfile"] >= 40)
    longest_wait = RateLimit(ListingSettings.model_fields["rate"].default)._max_wait
    assert lookup_queues._WORKERS[outbox.REGISTERS] < longest_wait, "as many wait for one producer at the most"


async def test_thousands_of_verifications_hold_up_neither_an_addressing_nor_a_menprovning(desk, simulated):
    rows = [
        outbox.OutboxRow(
            0, "lookup", outbox.VERIFICATIONS, None, None, HUB_SOURCE, f"v-{n}",
            as_json(Question(question="verifiering", actor=f"SE2321000255-N{n}", role="lakare", unit=WARD)),
            None, datetime.now(UTC), datetime.now(UTC),
        )
        for n in range(2_000)
    ]  # fmt: skip
    await written(desk, rows)
    async with worker(desk, simulated, rate=10.0):
        await until(lambda: simulated.simulation.calls["GetEmployeeIncludingProtectedPerson"] > 2)
        opened = await desk.send("m-1", actor=NURSE)
        held = await desk.send("m-2", subject="ref:vk-2", body=MENPROVNING, actor=NURSE)
        assert held.rule == "held"
        assert await addressed(desk, opened.case) is not None

        async def licensed():
            return desk.known.actor("SE2321000255-P01", "legitimerad") == "verified"

        await until(licensed)
        ((waiting,),) = await sql(
            desk, "SELECT count(*) FROM outbox WHERE system = %s AND state = 'waiting'", outbox.VERIFICATIONS
        )
    assert waiting > 1_500


async def test_of_two_hubs_one_asks_the_registers(desk, simulated):
    async with worker(desk, simulated) as one:
        await until(lambda: one.asks)
        async with worker(desk, simulated) as other:
            opened = await desk.send("m-1", actor=NURSE)
            other.offer(desk.offered)
            one.offer(desk.offered)
            assert await addressed(desk, opened.case) == "listed"
            assert (one.asks, other.asks) == (True, False)
    assert simulated.simulation.calls["GetPersonsForProfile"] == 1
    assert simulated.simulation.calls["GetEmployeeIncludingProtectedPerson"] <= 1


async def test_one_person_whose_question_is_refused_spoils_nobody_elses_news():
    persons = [parse_person_id(number) for number in ("191212121212", "194501019808", "193802149819")]

    class Refusing:
        async def persons(self, some):
            if persons[1] in some:
                raise Parked("client-fault")
            return dict.fromkeys(some)

    news = Recheck(None, None, Refusing(), None, timedelta(hours=1), production=False)
    assert list(await news._records(persons)) == [persons[0], persons[2]]


LONG_AGO = "accepted_at = now() - interval '101 hours', first_tried_at = now() - interval '101 hours'"


async def test_a_look_up_that_raises_whatever_is_an_outcome_for_the_manual_queue_and_ends(desk, simulated, monkeypatch):
    async def broken(*_args, **_more):
        raise OverflowError

    opened = await desk.send("m-1", actor=NURSE)
    async with worker(desk, simulated) as asked:
        monkeypatch.setattr(asked._registers, "resolve", broken)
        assert await addressed(desk, opened.case) == "lookup_unavailable"
        assert (await the_case(desk, opened.case)).in_manual_queue
        assert [item.system for item in desk.offered if item.kind == "notice"] == ["ehr"], "the ward is told"
        await sql(
            desk, f"UPDATE outbox_row SET {LONG_AGO}, due_at = now() - interval '100 hours' WHERE kind = 'lookup'"
        )

        async def asked_again():
            found = await sql(desk, "SELECT attempts, state FROM outbox WHERE system = %s", outbox.REGISTERS)
            return found == [(2, "waiting")]  # nobody could ask meanwhile: the hub was down

        await until(asked_again)
        await sql(desk, f"UPDATE outbox_row SET {LONG_AGO}, due_at = now() WHERE kind = 'lookup'")

        async def ended():
            found = await sql(desk, "SELECT answer FROM outbox WHERE system = %s AND state = 'sent'", outbox.REGISTERS)
            return found and found[0][0]

        assert await until(ended) == "defect-OverflowError; asked no more"


async def test_what_a_register_says_beyond_our_bounds_is_told_as_far_as_it_goes(desk, simulated):
    person = {"id": "191212121212", "given": "Å" * 400, "street": "Gata " * 90, "municipality": "00"}
    simulated.simulation.control(Control(person=person))
    opened = await desk.send("m-1", actor=NURSE)
    async with worker(desk, simulated):
        assert await addressed(desk, opened.case) == "receiver_not_connected", "00 is no municipality"
        case = await the_case(desk, opened.case)
    assert case.person["name"].startswith("Å" * 200)
    assert len(case.person["address"]) == 300
    assert case.person["address"].endswith("…")


@pytest.mark.parametrize(("fault", "reason"), [("VP009", "VP009"), ("VP007", "VP007")])
async def test_which_register_and_which_fault_it_was_stands_in_timeline_log_and_metric(desk, simulated, fault, reason):
    counted = metrics.lookup_failures.labels("listing", reason)
    before = counted._value.get()
    simulated.simulation.control(Control(contract="GetListing", trouble=Trouble(fault=fault)))
    opened = await desk.send("m-1", actor=NURSE)
    with capture_logs() as logged:
        async with worker(desk, simulated):
            assert await addressed(desk, opened.case) == "lookup_unavailable"

            async def said():
                async with desk.store.transaction() as connection:
                    lines = [entry.sv for entry in (await whole.of(connection, opened.case)).entries]
                return any(
                    f"Listning: vilken vårdcentral, län 12: plattformen svarar {reason}" in line for line in lines
                )

            await until(said)
    assert counted._value.get() == before + 1
    said_of = [(line["register"], line["reason"]) for line in logged if line["event"] == "register_failed"]
    assert said_of == [("listing", reason)]


async def test_a_question_to_hsa_survives_a_conflict(desk, monkeypatch):
    save, tries = commit.save, []

    async def once(connection, handled, *more):
        tries.append(handled)
        if len(tries) == 1:
            raise Conflict("cases_ref")
        await save(connection, handled, *more)

    monkeypatch.setattr(commit, "save", once)
    await desk.send("m-1", actor=NURSE)
    assert len(tries) == 2
    asked = [item.content.actor for item in desk.offered if item.system == outbox.VERIFICATIONS]
    assert asked == [NURSE]
    assert desk.known.actor(NURSE, "sjukskoterska") == "asked"


async def test_who_reads_is_asked_of_hsa_once_and_what_hsa_says_is_known_to_every_hub(desk, simulated):
    readers = Readers(desk.store, desk.known, desk.offered.extend)
    other = RegisterMemory(Answers(desk.store), 60, 60)
    for _ in range(2):
        readers.read("SE2321000255-NOBODY1", "sjukskoterska", WARD)
        await readers.write()
    assert len([item for item in desk.offered if item.kind == "lookup"]) == 1
    assert other.actor("SE2321000255-NOBODY1", "sjukskoterska") is None

    async def known_to_the_other():
        await other.load()
        return other.actor("SE2321000255-NOBODY1", "sjukskoterska") == "unknown"

    async with worker(desk, simulated):
        await until(lambda: desk.known.actor("SE2321000255-NOBODY1", "sjukskoterska") == "unknown")
        await until(known_to_the_other)  # what is answered is kept by the same hub, but not at the same moment


async def test_how_a_person_is_addressed_is_known_to_every_hub_by_this_directory_until_there_is_news(
    desk, simulated, server
):
    version = [1]
    desk.known, other = (RegisterMemory(Answers(desk.store), 60, 60, b"secret", lambda: version[0]) for _ in range(2))
    opened = await desk.send("m-1", actor=NURSE)

    async def known_to_the_other():
        await other.load()
        return other.person("191212121212", "12")

    async with worker(desk, simulated):
        assert await addressed(desk, opened.case) is not None
        found = await until(known_to_the_other)
        assert (found.outcome, found.health_centre, found.municipality_unit) == ("listed", CENTRE, KOMMUN)
    kept = server.execute("SELECT register, key FROM register_answer WHERE register LIKE '%addressing'").fetchall()
    assert [register for register, _ in kept] == ["addressing"]
    assert "191212121212" not in str(kept), "the key names nobody"
    assert other.person("191212121212", "14") is None, "in another region it may be another"
    assert other.person("191212121212", "12", news=datetime.now(UTC)) is None
    version[0] = 2
    for memory in (other, RegisterMemory(Answers(desk.store), 60, 60, b"secret", lambda: version[0])):
        memory.forget()
        await memory.load()
        assert memory.person("191212121212", "12") is None, "by another directory others may be addressed"


async def test_an_answer_by_a_directory_that_is_in_force_no_more_is_remembered_by_nobody(desk, simulated, server):
    newer = desk.directory
    plain = newer.model_dump(mode="json")
    for unit in plain["units"]:
        if unit["municipality"]:
            unit.update(receives=True, municipality=None)
    desk.directory = Directory.model_validate(plain)
    simulated.simulation.control(Control(contract="GetUnit", trouble=Trouble(slow=1)))
    opened = await desk.send("m-1", actor=NURSE)
    async with worker(desk, simulated):
        await until(lambda: simulated.simulation.calls["GetUnit"])
        desk.directory = newer  # while HSA is asked
        desk.known.forget()
        assert await addressed(desk, opened.case) is not None
    assert desk.known.person("191212121212", "12") is None
    assert server.execute("SELECT count(*) FROM register_answer WHERE register LIKE '%addressing'").fetchone() == (0,)


async def test_a_person_who_is_not_found_is_known_to_every_hub_for_the_shorter_time(desk):
    one, other = (RegisterMemory(Answers(desk.store), 3600, 1, b"secret") for _ in range(2))
    await one.share_person("192002299861", "12", Adressering(outcome="listed"))
    await other.load()
    await one.share_person("191212121212", "12", Adressering(outcome="unlisted"))
    await other.load()
    assert other.person("191212121212", "12") == Adressering(outcome="unlisted"), (
        "though it expires before what was read"
    )
    await asyncio.sleep(1.1)
    await other.load()
    assert other.person("191212121212", "12") is None
    assert other.person("192002299861", "12") is not None


async def test_a_notice_names_its_staff_where_hsa_has_said_the_name(desk, simulated):
    opened = await desk.send("m-1", actor=NURSE)
    async with worker(desk, simulated):
        await addressed(desk, opened.case)
        await until(lambda: desk.known.name(NURSE))
    desk.offered.clear()
    receipt = await desk.tell("m-3", "meddelande", {"text": "Hej"}, opened.case, actor=NURSE)
    assert receipt.code == "ok", receipt
    told = [item.content for item in desk.offered if item.kind == "notice"]
    assert {unit for one in told for unit in one.to} == {CENTRE, KOMMUN}
    assert all(one.names == {NURSE: "Demo Sjukskoterska"} for one in told)


async def asked_of(url, **how):
    async with Caller(CallerSettings(url=url, attempts=1, **how)) as caller:
        await caller.ask("SE1", request("SE1", [parse_person_id("191212121212")]))


async def test_an_answer_that_comes_a_byte_at_a_time_is_given_up():
    async with answering(dripping) as server:
        with pytest.raises(Unavailable, match="time-out"):
            await asked_of(server.url, read_timeout=0.3, connect_timeout=0.1)


async def told_to_wait(after, status=503):
    busy = head(status, f"Retry-After: {after}".encode())
    async with answering(in_turn(busy, ends=True)) as server:
        with pytest.raises((Unavailable, Parked), match=f"http-{status}") as caught:
            await asked_of(server.url)
    return caught.value.retry_after


A_DAY = 24 * 3600.0


@pytest.mark.parametrize(
    ("after", "seconds"),
    [
        *((odd, None) for odd in ("²", "-1", "1e9", "tomorrow", "")),
        ("7", 7.0),
        ("9" * 400, A_DAY),
        ("Fri, 31 Dec 9999 23:59:59 GMT", A_DAY),
        ("Mon, 01 Jan 2024 00:00:00 GMT", 0.0),
    ],
)
async def test_an_odd_retry_after_is_no_error_of_ours(after, seconds):
    assert await told_to_wait(after) == seconds


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("form", ["%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y"])
async def test_a_register_says_when_to_come_back_in_each_of_https_three_dates(form, status):
    then = datetime.now(UTC) + timedelta(hours=2)
    assert 3600 < await told_to_wait(then.strftime(form), status) <= 7200
