"""What is held, on a real database: two hubs at it at once, one that is slow, operations in between, tables that are full."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from hub.errors import Refused, Unavailable
from hub.intake import commit, handle, holds
from hub.intake.deadline_timer import DeadlineTimer
from hub.intake.hub_messages import own_message
from hub.intake.stored import stored_arrival
from hub.operations import refusing, waiting
from hub.operations.timeline import whole
from hub.store import cases, deadline, held, inbox
from hub.store import directory as directories
from hub.store.transaction import MIGRATIONS, Conflict, Store
from schemas.hub_messages import Folkbokforing
from tests.desk import BODY, FOUND, Desk
from tests.stack import CENTRE, KOMMUN, WARD, directory

PATIENT = b'"patient":{"personnummer":"191212121212"}'
INFORMATION = b'{"given":true,' + PATIENT + b"}"
CONSENT = b'{"outcome":"given"}'
ADMISSION = (
    b"{" + PATIENT + b',"admitted_at":"2026-03-02T08:00:00+01:00","estimated_discharge":"2026-03-09","reason":"Fall"}'
)
DRAFT = BODY.replace(b'"information"', b'"draft":true,"information"')
TABLES = (MIGRATIONS / "versions" / "0006_holds.py").read_text()
WORDS = b'{"fields":{"aktuellt_tillstand":{"text":"Bra","version":0}}}'
STAY = {
    "information": ("information", INFORMATION),
    "consent": ("samtycke", CONSENT),
    "admission": ("svu.inskrivning", ADMISSION),
    "words": ("svu.kartlaggning", WORDS),
}


@asynccontextmanager
async def opened(database, number):
    """Hubs on one database, each with its own pool and its own memory."""
    desks = [Desk(Store(database, pool=5)) for _ in range(number)]
    if await directories.current(desks[0].store) is None:
        await directories.apply(desks[0].store, directory())
    running = [asyncio.create_task(desk.intake.run()) for desk in desks]
    try:
        yield desks
    finally:
        for desk in desks:
            desk.intake.stop()
        await asyncio.gather(*running)
        for desk in desks:
            await desk.store.close()


@pytest.fixture
async def hubs(database):
    async with opened(database, 2) as desks:
        yield desks


async def all_of(desk, statement, *values):
    async with desk.store.transaction() as connection:
        return await (await connection.execute(statement, values)).fetchall()


async def retry_all(desks):
    """Until nothing is due any more, at all hubs at once; what has a time later than now has it now."""
    for _ in range(8):
        await all_of(desks[0], "UPDATE held SET due_at = now() - interval '1 s' RETURNING 1")
        await asyncio.gather(*[desk.intake.retry_held() for desk in desks])


def final(rows, id_):
    (receipt,) = [receipt for found, receipt in rows if found == id_]
    return receipt


async def test_a_stay_in_any_order_over_two_hubs_ends_with_each_message_handled_once(hubs):
    chance = random.Random(8)
    for number in range(12):
        ref, order = f"ref:stay-{number}", chance.sample(sorted(STAY), len(STAY))
        pending = []
        for id_ in order:
            name, body = STAY[id_]
            desk = chance.choice(hubs)
            pending.append(asyncio.create_task(desk.send(f"{number}-{id_}", name=name, body=body, subject=ref)))
            if chance.random() < 0.5:
                await asyncio.gather(*pending)
            if chance.random() < 0.3:
                await chance.choice(hubs).intake.retry_held()
        await asyncio.gather(*pending)
    await retry_all(hubs)
    assert await all_of(hubs[0], "SELECT message, reason FROM held") == []
    rows = await all_of(hubs[0], "SELECT id, receipt FROM message WHERE source LIKE 'urn:hsa:%%'")
    assert len(rows) == 12 * len(STAY)
    codes = {id_: (receipt["code"], receipt.get("rule")) for id_, receipt in rows}
    refused = {id_: said for id_, said in codes.items() if said[0] != "ok"}
    assert set(refused.values()) <= {("fatal-error", "V-2")}
    assert all(id_.endswith("-words") for id_ in refused)
    for (numbers,) in await all_of(
        hubs[0], "SELECT array_agg(sequence ORDER BY sequence) FROM message WHERE sequence IS NOT NULL GROUP BY case_id"
    ):
        assert numbers == list(range(1, len(numbers) + 1))


async def test_three_records_of_one_batch_in_the_wrong_order_are_all_handled(hubs):
    desk, other = hubs
    later = {"name": "deltagare", "body": b'{"unit":"' + KOMMUN.encode() + b'","change":"tillagd"}'}
    arrivals = [
        desk.arrival("consent", name="samtycke", body=CONSENT),
        desk.arrival("opening", name="information", body=INFORMATION),
        desk.arrival("later", **later),
    ]
    receipts = await desk.intake.submit(arrivals)
    assert [(r.code, r.rule) for r in receipts] == [
        ("transient-error", "held"),
        ("ok", None),
        ("transient-error", "held"),
    ]
    assert await all_of(desk, "SELECT DISTINCT case_key FROM held") == [(receipts[1].case,)], (
        "one queue, under the case"
    )
    assert await other.intake.retry_held() == 2, "another hub may try them"
    rows = await all_of(desk, "SELECT id FROM message WHERE sequence IS NOT NULL ORDER BY sequence")
    assert [row[0] for row in rows] == ["opening", "consent", "later"]
    assert (
        await desk.send("next", name="roll", body=b'{"unit":"' + WARD.encode() + b'","role":"x","change":"tillagd"}')
    ).rule != "held"


async def test_the_manuals_own_order_in_one_batch_is_accepted_at_once(hubs):
    draft = b"{" + PATIENT + b',"draft":true}'
    steps = [
        ("information", INFORMATION),
        ("samtycke", CONSENT),
        ("svu.inskrivning", draft),
        ("svu.inskrivning", ADMISSION),
    ]
    arrivals = [hubs[0].arrival(f"m-{number}", name=name, body=body) for number, (name, body) in enumerate(steps)]
    assert [receipt.code for receipt in await hubs[0].intake.submit(arrivals)] == ["ok"] * 4


async def test_one_that_was_held_while_another_hub_opened_its_case_finds_the_queue_of_the_case(hubs):
    slow, quick = hubs
    entered, go_on = asyncio.Event(), asyncio.Event()
    save = commit.save

    async def waiting(connection, handled, *more):
        if any(one.reason == holds.AWAITS_OPENING for one in handled.held):
            entered.set()
            await go_on.wait()
        await save(connection, handled, *more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(commit, "save", waiting)
        early = asyncio.create_task(slow.send("early", name="samtycke", body=CONSENT))
        await entered.wait()
        opened_now = await quick.send("opening", name="information", body=INFORMATION)
        go_on.set()
        assert (await early).rule == "held"
    assert [row[0] for row in await all_of(quick, "SELECT case_key FROM held")] == ["ehr/vk-1"]
    behind = await quick.send("behind", name="svu.inskrivning", body=ADMISSION, subject="ref:vk-1")
    assert behind.rule == "held", "what came first is handled first, under whichever name it waits"
    await retry_all(hubs)
    rows = await all_of(
        quick,
        "SELECT id FROM message WHERE case_id = %s AND source LIKE 'urn:hsa%%' ORDER BY sequence",
        opened_now.case,
    )
    assert [row[0] for row in rows] == ["opening", "early", "behind"]
    assert await all_of(quick, "SELECT 1 FROM held") == []


@pytest.mark.parametrize(("said_at", "stands"), [("10:00", "refused"), ("08:00", "given")])
async def test_a_yes_that_waited_is_judged_by_the_time_of_the_no_that_is_read_from_the_store(hubs, said_at, stands):
    desk, other = hubs
    case = (await desk.send("draft", body=b"{" + PATIENT + b',"draft":true}')).case
    yes = desk.arrival("yes", name="samtycke", body=CONSENT, subject=case)
    yes.attributes["time"] = "2026-03-02T09:00:00+01:00"
    assert (await desk.intake.submit([yes]))[0].rule == "held", "information comes first"
    refused = (
        b'{"admitted_at":"2026-03-02T08:00:00+01:00","estimated_discharge":"2026-03-09","information":{"given":true},'
    )
    no = other.arrival("no", body=refused + b'"samtycke":{"outcome":"refused"}}', subject=case)
    no.attributes["time"] = f"2026-03-02T{said_at}:00+01:00"
    assert (await other.intake.submit([no]))[0].code == "ok", "it brings what the other one waits for"
    await retry_all(hubs)
    rows = await all_of(desk, "SELECT id, receipt FROM message WHERE id IN ('yes', 'no')")
    assert final(rows, "yes").get("rule") == ("D-4" if stands == "refused" else None)
    async with desk.store.transaction() as connection:
        found = await cases.read(connection, case)
    assert found.samtycke == stands


@contextmanager
def one_that_writes_slowly():
    """The first batch that is written waits: (it has begun, let it go on)."""
    save, entered, go_on = commit.save, asyncio.Event(), asyncio.Event()

    async def slow_once(connection, handled, *more):
        if not entered.is_set():
            entered.set()
            await go_on.wait()
        await save(connection, handled, *more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(commit, "save", slow_once)
        yield entered, go_on


async def _an_early_one_whose_case_is_open(hubs):
    early = hubs[0].arrival("early", name="samtycke", body=CONSENT)
    early.by_outbox = True
    await hubs[0].intake.submit([early])
    opened_now = await hubs[0].send("opening", name="information", body=INFORMATION)
    return opened_now.case


async def test_two_hubs_that_try_the_same_one_while_one_is_slow_to_write_handle_it_once_and_tell_its_sender_once(hubs):
    case = await _an_early_one_whose_case_is_open(hubs)
    async with hubs[0].store.transaction() as connection:
        (one,) = await held.oldest(connection)
        row = (await inbox.load(connection, [one.key]))[one.key]
    with one_that_writes_slowly() as (entered, go_on):
        first = asyncio.create_task(hubs[0].intake.submit([stored_arrival(row, one, directory())]))
        await entered.wait()
        second = asyncio.create_task(hubs[1].intake.submit([stored_arrival(row, one, directory())]))
        await asyncio.sleep(0.2)
        assert not second.done(), "it waits for the case"
        go_on.set()
        (a,), (b,) = await first, await second
    assert (a.code, a.sequence) == (b.code, b.sequence) == ("ok", 2)
    assert await all_of(hubs[0], "SELECT 1 FROM held") == []
    told = await all_of(
        hubs[0], "SELECT told ->> 'code' FROM outbox WHERE kind = 'receipt' AND message = 'early' ORDER BY id"
    )
    assert [row[0] for row in told] == ["transient-error", "ok"]
    assert await all_of(hubs[0], "SELECT count(*) FROM message WHERE case_id = %s AND sequence = 2", case) == [(1,)]


async def test_two_hubs_that_refuse_the_same_one_without_a_case_do_it_once(hubs):
    early = hubs[0].arrival("early", name="samtycke", body=CONSENT)
    early.by_outbox = True
    await hubs[0].intake.submit([early])
    await all_of(hubs[0], "UPDATE held SET since = now() - interval '73 h' RETURNING 1")
    async with hubs[0].store.transaction() as connection:
        (one,) = await held.oldest(connection)
        row = (await inbox.load(connection, [one.key]))[one.key]
    both = await asyncio.gather(*[desk.intake.submit([stored_arrival(row, one, directory())]) for desk in hubs])
    assert [receipts[0].rule for receipts in both] == ["unknown-case", "unknown-case"]
    told = await all_of(hubs[0], "SELECT told ->> 'rule' FROM outbox WHERE kind = 'receipt' ORDER BY id")
    assert [row[0] for row in told] == ["held", "unknown-case"]
    assert await all_of(hubs[0], "SELECT 1 FROM held") == []


async def test_many_that_are_due_at_once_on_two_hubs_are_each_handled_once(hubs):
    for batch in range(3):
        await hubs[0].intake.submit(
            [
                hubs[0].arrival(
                    f"early-{batch}-{number}", name="samtycke", body=CONSENT, subject=f"ref:many-{batch}-{number}"
                )
                for number in range(50)
            ]
        )
        await hubs[1].intake.submit(
            [
                hubs[1].arrival(
                    f"open-{batch}-{number}", name="information", body=INFORMATION, subject=f"ref:many-{batch}-{number}"
                )
                for number in range(50)
            ]
        )
    await all_of(hubs[0], "UPDATE held SET due_at = now() - interval '1 s' RETURNING 1")
    tried = await asyncio.gather(*[desk.intake.retry_held() for desk in hubs])
    assert sum(tried) == 150, "each was tried by one of them"
    assert await all_of(hubs[0], "SELECT 1 FROM held") == []
    rows = await all_of(hubs[0], "SELECT receipt ->> 'code', sequence FROM message WHERE name = 'samtycke'")
    assert Counter(rows) == {("ok", 2): 150}


async def test_a_queue_behind_one_is_emptied_a_hundred_at_a_time_in_order(hubs):
    opened_now = await hubs[0].send("opening", name="information", body=INFORMATION)
    asked = b'{"outcome":"menprovning","decided_by":"SE2321000255-P01"}'
    assert (await hubs[0].send("asked", name="samtycke", body=asked)).rule == "held"
    arrivals = [
        hubs[0].arrival(
            f"b-{n:03}",
            name="deltagare",
            body=b'{"unit":"'
            + CENTRE.encode()
            + b'","change":"'
            + (b"tillagd" if n % 2 == 0 else b"borttagen")
            + b'"}',
        )
        for n in range(230)
    ]
    assert {r.rule for r in await hubs[0].intake.submit(arrivals)} == {"held"}
    assert await hubs[0].intake.retry_held() == 0, "those behind have no time of their own"
    for person in ("SE2321000255-P01", "SE2321000255-P03"):
        await hubs[0].known.put_actor(person, "legitimerad", "verified")
    await all_of(hubs[0], "UPDATE held SET due_at = now() WHERE reason = 'awaits-hsa' RETURNING 1")
    rounds = 0
    while await hubs[0].intake.retry_held():
        rounds += 1
    assert rounds <= 5
    assert await all_of(hubs[0], "SELECT 1 FROM held") == []
    rows = await all_of(
        hubs[0],
        "SELECT id FROM message WHERE case_id = %s AND source LIKE 'urn:hsa%%' ORDER BY sequence",
        opened_now.case,
    )
    assert [row[0] for row in rows] == ["opening", "asked", *[f"b-{n:03}" for n in range(230)]]


async def test_one_that_comes_again_while_it_is_tried_gets_one_answer_and_is_handled_once(hubs):
    await _an_early_one_whose_case_is_open(hubs)
    await all_of(hubs[0], "UPDATE held SET due_at = now() - interval '1 s' RETURNING 1")
    again = [desk.send("early", name="samtycke", body=CONSENT) for desk in hubs for _ in range(3)]
    _, *repeats = await asyncio.gather(hubs[0].intake.retry_held(), *again)
    assert {(r.code, r.repeat) for r in repeats} <= {("ok", True), ("transient-error", True)}
    await retry_all(hubs)
    assert await all_of(hubs[0], "SELECT receipt ->> 'code', sequence FROM message WHERE id = 'early'") == [("ok", 2)]


async def test_operations_that_refuses_what_a_hub_handles_meanwhile_is_told_so(hubs):
    await _an_early_one_whose_case_is_open(hubs)
    with one_that_writes_slowly() as (entered, go_on):
        trying = asyncio.create_task(hubs[0].intake.retry_held())
        await entered.wait()
        refused = asyncio.create_task(refusing.refuse(hubs[1].store, "early", "anna", "fel"))
        await asyncio.sleep(0.2)
        go_on.set()
        await trying
        with pytest.raises(Refused, match="has been handled meanwhile"):
            await refused
    rows = await all_of(hubs[0], "SELECT id, receipt FROM message WHERE id = 'early'")
    assert final(rows, "early")["code"] == "ok"
    assert await all_of(hubs[0], "SELECT 1 FROM operation") == []


async def test_what_waits_behind_one_that_operations_refuses_goes_on(hubs):
    await hubs[0].send("opening", name="information", body=INFORMATION)
    assert (await hubs[0].send("bare", name="svu.inskrivning", body=ADMISSION)).rule == "held"
    body = b'{"unit":"' + CENTRE.encode() + b'","change":"tillagd"}'
    assert (await hubs[0].send("behind", name="deltagare", body=body)).rule == "held"
    await refusing.refuse(hubs[1].store, "bare", "anna", "ofullständig")
    await hubs[0].intake.retry_held()
    rows = await all_of(hubs[0], "SELECT id, receipt FROM message")
    assert (final(rows, "bare")["rule"], final(rows, "behind")["code"]) == ("operations", "ok")


async def test_releasing_one_that_waits_tries_what_is_ahead_of_it_too(hubs):
    await hubs[0].send("opening", name="information", body=INFORMATION)
    asked = b'{"outcome":"menprovning","decided_by":"SE2321000255-P01"}'
    await hubs[0].send("asked", name="samtycke", body=asked)
    body = b'{"unit":"' + CENTRE.encode() + b'","change":"tillagd"}'
    await hubs[0].send("behind", name="deltagare", body=body)
    for person in ("SE2321000255-P01", "SE2321000255-P03"):
        await hubs[0].known.put_actor(person, "legitimerad", "verified")
    await waiting.release(hubs[1].store, "behind", "anna", "HSA svarar igen")
    assert await hubs[0].intake.retry_held() == 2
    assert await all_of(hubs[0], "SELECT 1 FROM held") == []


async def test_two_systems_at_one_case_wait_for_each_other_and_lose_nothing(hubs):
    hubs[0].known.put_person("191212121212", "12", FOUND)
    case = (await hubs[0].send("m-1")).case
    letters = [
        desk.tell(f"{unit[-3:]}-{subject[:3]}-{number}", "meddelande", {"text": "Hej"}, subject, unit=unit)
        for number in range(15)
        for desk in hubs
        for unit, subject in ((WARD, "ref:vk-1"), (WARD, case), (CENTRE, case))
    ]
    receipts = await asyncio.gather(*letters)
    fresh = [r for r in receipts if not r.repeat]
    assert {r.code for r in receipts} == {"ok"}
    numbers = [r.sequence for r in fresh]
    assert len(numbers) == len(set(numbers))
    rows = await all_of(hubs[0], "SELECT sequence FROM message WHERE case_id = %s ORDER BY sequence", case)
    assert [row[0] for row in rows] == list(range(1, len(rows) + 1))
    state = await all_of(hubs[0], "SELECT sequence, state -> 'counts' ->> 'messages' FROM cases")
    assert state == [(len(rows), str(len(numbers)))]


async def test_the_same_messages_in_opposite_orders_at_two_hubs_are_no_outage(hubs):
    def arrivals(desk, order):
        return [desk.arrival(f"m-{n}", subject=f"ref:both-{n}") for n in order]

    for _ in range(3):
        one, two = await asyncio.gather(
            hubs[0].intake.submit(arrivals(hubs[0], range(40))),
            hubs[1].intake.submit(arrivals(hubs[1], range(39, -1, -1))),
        )
    assert {r.code for r in (*one, *two)} == {"ok"}
    assert await all_of(hubs[0], "SELECT count(*) FROM cases") == [(40,)]
    assert await all_of(hubs[0], "SELECT 1 FROM held") == []


# --- the hub's own ----------------------------------------------------------------------------------------------------


async def test_protection_is_learnt_and_a_deadline_told_while_a_menprovning_waits_for_hsa(hubs):
    desk = hubs[0]
    opened_now = await desk.send("draft", body=DRAFT.replace(b',"samtycke":{"outcome":"given"}', b""))
    asked = b'{"outcome":"menprovning","decided_by":"SE2321000255-P01"}'
    assert (await desk.send("asked", name="samtycke", body=asked)).rule == "held"
    desk.now = datetime(2026, 3, 3, 8, 0, tzinfo=UTC) + timedelta(days=400)
    assert await DeadlineTimer(desk.store, desk.intake, desk.clock).tell_passed() == 1
    news = own_message(opened_now.case, "n-1", "folkbokforing", Folkbokforing(news="protected"), desk.clock())
    (receipt,) = await desk.intake.submit([news], wait=True)
    assert receipt.code == "ok"
    names = await all_of(desk, "SELECT name FROM message WHERE sequence IS NOT NULL ORDER BY sequence")
    assert [name for (name,) in names] == ["svu.inskrivning", "frist", "folkbokforing"]
    assert await all_of(desk, "SELECT due_at FROM deadline WHERE key = 'inskrivning_sen'") == []


async def test_a_defect_in_one_of_the_hubs_own_is_held_alone_and_told_when_it_is_mended(hubs, monkeypatch):
    desk = hubs[0]
    case = (await desk.send("m-1")).case

    def broken(*_):
        raise KeyError("anything")

    with monkeypatch.context() as patch:
        patch.setattr(handle, "decide", broken)
        (first,) = await desk.intake.submit([own_message(case, "a-1", "adressering", FOUND, desk.clock())])
    assert first.rule == "held"
    assert (
        await desk.send("free", name="deltagare", body=b'{"unit":"' + CENTRE.encode() + b'","change":"tillagd"}')
    ).code == "ok"
    await retry_all(hubs)
    assert await all_of(desk, "SELECT receipt ->> 'code' FROM message WHERE id = 'a-1'") == [("ok",)]


# --- the clock --------------------------------------------------------------------------------------------------------


async def test_deadlines_that_cannot_be_told_are_put_off_for_all_hubs_and_the_others_go_on(hubs):
    desk = hubs[0]
    await desk.send("draft", body=DRAFT)
    (told_later,) = (await all_of(desk, "SELECT due_at FROM deadline WHERE key = 'inskrivning_sen'"))[0]
    await all_of(
        desk,
        "INSERT INTO deadline (case_id, key, due_at) SELECT gen_random_uuid(), 'inskrivning_sen', %s::timestamptz - interval '1 day'"
        " FROM generate_series(1, 700) RETURNING 1",
        told_later,
    )
    desk.now = told_later + timedelta(seconds=1)
    clocks = [DeadlineTimer(one.store, one.intake, desk.clock) for one in hubs]
    assert [await clocks[0].tell_passed(), await clocks[1].tell_passed()] == [0, 1]
    put_off = await all_of(desk, "SELECT min(put_off), max(put_off) FROM deadline")
    assert put_off[0][0] > desk.now
    async with desk.store.transaction() as connection:
        assert await deadline.due(connection, desk.now, 500) == []
        assert [(one.name, one.count) for one in await deadline.overdue(connection, desk.now)] == [
            ("inskrivning_sen", 700)
        ], "they are as late as they are"
        assert len(await deadline.due(connection, desk.now + timedelta(hours=1), 1000)) == 700


async def test_a_deadline_that_was_refused_is_told_when_the_case_has_moved_on(hubs):
    desk = hubs[0]
    opened_now = await desk.send("draft", body=DRAFT)
    (due,) = (await all_of(desk, "SELECT due_at FROM deadline WHERE key = 'inskrivning_sen'"))[0]
    desk.now = due + timedelta(seconds=1)
    old = f"f-{opened_now.case}-inskrivning_sen-{int(due.timestamp())}"
    await all_of(  # as an earlier version left it: refused for good, its id used up
        desk,
        "INSERT INTO message (source, id, digest, raw, media_type, system, received_at, receipt) VALUES ('urn:samverkan:hub',"
        " %s, decode(repeat('00', 32), 'hex'), '', '', 'hub', now(), '{\"code\": \"fatal-error\"}') RETURNING 1",
        old,
    )
    assert await DeadlineTimer(desk.store, desk.intake, desk.clock).tell_passed() == 1


# --- nothing on a timer grows with what is held -----------------------------------------------------------------------

PLAN_LIMIT = 60
"""Buffers that a question on a timer may touch, with 100 000 rows held."""


async def _buffers(connection, statement, values):
    found = await (await connection.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", values)).fetchone()
    plan = found[0][0]["Plan"]
    return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]


async def test_nothing_that_runs_on_a_timer_grows_with_what_is_held(hubs):
    desk = hubs[0]
    await all_of(
        desk,
        "INSERT INTO held (source, message, case_key, reason, since, due_at, attempts)"
        " SELECT 'urn:hsa:a', n::text, (n / 50)::text, 'behind-held', now(), now() + interval '1 h', 0"
        " FROM generate_series(1, 100000) AS n RETURNING 1",
    )
    await all_of(
        desk,
        "INSERT INTO deadline (case_id, key, due_at, put_off) SELECT gen_random_uuid(), 'kallelse_sip',"
        " now() - interval '1 day', now() + interval '1 h' FROM generate_series(1, 100000) RETURNING 1",
    )
    now = datetime.now(UTC)
    async with desk.store.transaction() as connection:
        await connection.execute("ANALYZE held, deadline")
        due = await _buffers(connection, held._DUE, (now, now, 100))
        ahead = await _buffers(connection, held._QUEUES, ("{7,8,9,1999999}", "urn:samverkan:hub", held.SEEN_AHEAD))
        clock = await _buffers(connection, deadline._DUE, (now, 500))
        assert due <= PLAN_LIMIT and clock <= PLAN_LIMIT, (due, clock)
        assert ahead <= 4 * PLAN_LIMIT, ahead
        begun = await _buffers(connection, held._GAUGE, (held._COUNTED,))
        assert begun <= 10 * PLAN_LIMIT, begun
        count, _ = await held.gauge(connection)
        assert count == 10_000, "that many or more"
        (found,) = await deadline.overdue(connection, now)
        assert (found.name, found.count) == ("kallelse_sip", 10_000)


# --- a store that fails, in each place --------------------------------------------------------------------------------


class Failing(Store):
    """Fails as told: ``enter`` before the transaction, ``commit`` before it is committed, ``lost`` after."""

    def __init__(self, url):
        super().__init__(url, pool=3)
        self.plan = []

    @asynccontextmanager
    async def transaction(self):
        fails, error = self.plan.pop(0) if self.plan else (None, None)
        if fails == "enter":
            raise error
        async with super().transaction() as connection:
            yield connection
            if fails == "commit":
                raise error
        if fails == "lost":
            raise error


ERRORS = [Unavailable("database"), Conflict("message_key"), RuntimeError("a defect")]


@pytest.mark.parametrize("place", ["enter", "commit", "lost"])
@pytest.mark.parametrize("wait", [False, True])
async def test_whatever_the_store_fails_with_every_message_is_answered_and_kept_once(database, place, wait):
    store = Failing(database)
    await directories.apply(store, directory())
    desk = Desk(store)
    running = asyncio.create_task(desk.intake.run())
    for number, error in enumerate(ERRORS):
        store.plan = [(place, error)] * 2
        arrivals = [desk.arrival(f"m-{number}-{n}", subject=f"ref:f-{number}-{n}") for n in range(3)]
        try:
            async with asyncio.timeout(20):
                receipts = await desk.intake.submit(arrivals, wait=wait)
        except Unavailable:
            assert not wait and isinstance(error, Unavailable)
            store.plan = []
            receipts = await desk.intake.submit(arrivals)
        assert {receipt.code for receipt in receipts} <= {"ok", "transient-error"}
        await asyncio.sleep(0.01)  # until the loop has seen its end
        assert (desk.intake.length, desk.intake._under_way) == (0, {})
    store.plan = []
    await retry_all([desk])
    assert await all_of(desk, "SELECT count(*), count(DISTINCT case_id), count(receipt) FROM message") == [(9, 9, 9)]
    assert await all_of(desk, "SELECT 1 FROM held") == []
    desk.intake.stop()
    await running
    await store.close()


async def test_a_client_that_goes_away_leaves_its_message_handled_and_the_queue_empty(hubs):
    desk = hubs[0]
    going = asyncio.create_task(desk.send("m-1"))
    await asyncio.sleep(0)
    going.cancel()
    with pytest.raises(asyncio.CancelledError):
        await going
    again = await desk.send("m-1")
    assert (again.code, again.repeat) == ("ok", True)
    assert desk.intake.length == 0


async def test_what_is_offered_after_the_commit_may_fail_without_the_message_being_done_again(database):
    store = Store(database, pool=2)
    await directories.apply(store, directory())
    desk = Desk(store)

    def broken(_):
        raise RuntimeError

    desk.intake._transactions._offer = broken
    running = asyncio.create_task(desk.intake.run())
    receipt = await desk.send("m-1")
    assert (receipt.code, receipt.repeat) == ("ok", False)
    desk.intake.stop()
    await running
    await store.close()


# --- what earlier versions left ---------------------------------------------------------------------------------------


async def test_a_case_that_an_earlier_version_locked_goes_on_after_the_migration(database):
    async with opened(database, 1) as (desk,):
        case = (await desk.send("opening", name="information", body=INFORMATION)).case
        await desk.send("early", name="samtycke", body=CONSENT, subject="ref:other")
        await desk.send("later", name="deltagare", body=b'{"unit":"' + CENTRE.encode() + b'","change":"tillagd"}')
        # Two queues for one case, and a hold of a message that has been answered.
        await all_of(desk, "UPDATE held SET case_key = 'ehr/vk-1', due_at = now() + interval '1 day' RETURNING 1")
        await all_of(
            desk,
            "INSERT INTO held (source, message, case_key, reason, due_at) VALUES (%s, 'later', %s, 'behind-held', now()) RETURNING 1",
            f"urn:hsa:{WARD}",
            case,
        )
        statements = TABLES.split("-- What earlier versions left behind")[1].split("ALTER TABLE")[0]
        async with desk.store.transaction() as connection:
            await connection.execute(f"DO $$ BEGIN --{statements} END $$")
        assert await all_of(desk, "SELECT message, case_key, due_at <= now() FROM held") == [("early", case, True)]


async def test_the_trail_of_a_hold_is_seen_by_case_and_by_message(hubs):
    case = (await hubs[0].send("opening", name="information", body=INFORMATION)).case
    assert (await hubs[0].send("bare", name="svu.inskrivning", body=ADMISSION)).rule == "held"
    async with hubs[0].store.transaction() as connection:
        for wanted in (case, "bare"):
            said = [one.en for one in (await whole.of(connection, wanted)).entries if one.kind == "held"]
            assert any(detail.startswith("awaits-consent") for detail in said), wanted
