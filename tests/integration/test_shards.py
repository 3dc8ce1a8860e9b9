"""Which process owns which shard, and what it may write of it (D-3): one process at a time, an equal part each, and nothing of a
former owner after another has taken the shard.

May import ``hub.shards``, ``hub.store`` and the marks; PostgreSQL is real.
"""

import asyncio
import random
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from hub.delivery.sent_marker import SentMarker, ranges_of
from hub.errors import Misconfigured, Unavailable
from hub.shards import Shards
from hub.store import backlog, dead_letters, inbox, outbox, rows_to_write, running_hubs, send_queue, sent_marks, shards
from hub.store.inbox import InboxRow
from hub.store.outbox import BLOCK, OutboxRow
from hub.store.rows_to_write import write
from hub.store.sent_marks import Settled
from hub.store.shards import SHARDS, still_owned
from hub.store.transaction import Conflict
from schemas.messages import NoticeExtensions
from tests.shards import unsent_ids

CASE = "0199aaaa-0000-7000-8000-{:012x}"


def notice(id_, number, sequence=1, *, fresh=True, previous=0):
    case = CASE.format(number)
    told = NoticeExtensions(case=case, sequence=sequence, to=("SE1-A",)).model_dump_json().encode()
    now = datetime.now(UTC)
    row = OutboxRow(id_, "notice", "k", case, sequence, "urn:hsa:SE1-A", f"m-{id_}", told, None, now, now)
    row.shard, row.fresh, row.previous = shards.shard_of(case, SHARDS), fresh, previous
    return row


def mark(marker, rows, known, told):
    """Let the rows be marked; ``told``: their ids, and whether they are."""
    marker.mark(
        "k", rows, datetime.now(UTC), "ok", known, lambda rows, marked: told.append(([row.id for row in rows], marked))
    )


@asynccontextmanager
async def processes(store, *names):
    """Processes that share the shards; each looks after its part when it is asked to."""
    made = [Shards(store, name) for name in names]
    try:
        yield made
    finally:
        for one in made:
            await one.close()


async def share(*them):
    for _ in range(3):
        for one in them:
            with suppress(Unavailable):  # it hears that the shards are others than it knew, and looks again
                await one.look()


async def test_every_process_has_an_equal_part_and_no_shard_two_owners_whoever_comes_and_goes(store):
    async with processes(store, "one", "two", "three") as (one, two, three):
        await share(one)
        assert set(one.owned) == set(range(SHARDS))
        await share(one, two)
        assert {len(one.owned), len(two.owned)} == {SHARDS // 2}
        await share(one, two, three)
        parts = [set(each.owned) for each in (one, two, three)]
        assert set().union(*parts) == set(range(SHARDS))
        assert sum(map(len, parts)) == SHARDS
        assert max(map(len, parts)) == 22
        await two.close()
        await share(one, three)
        assert set(one.owned) | set(three.owned) == set(range(SHARDS))
        assert set(one.owned).isdisjoint(three.owned)


async def test_a_process_that_was_stopped_writes_nothing_of_a_shard_that_another_has_taken(store, server):
    async with processes(store, "one", "two") as (one, two):
        await share(one)
        known = one.states(one.owned)
        rows = [notice(1, 1), notice(2, 2, previous=1)]
        async with store.transaction() as connection:
            assert await still_owned(connection, known) == known
            await outbox.add(connection, rows)
        server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND pid IN"
            " (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database"
            " WHERE datname = current_database()))"
        )
        await share(two)
        assert set(two.owned) == set(range(SHARDS))
        async with store.transaction() as connection:
            assert await still_owned(connection, known) == {}
        marker = SentMarker(store, one)
        told = []
        running = asyncio.create_task(marker.run())
        mark(marker, rows, known, told)
        async with asyncio.timeout(30):
            while not told:
                await asyncio.sleep(0.01)
        running.cancel()
        assert told == [([1, 2], False)]
        assert server.execute("SELECT DISTINCT state FROM outbox").fetchall() == [("waiting",)]
        lost = []
        one.lost = lost.append
        one._confirmed_at = 0.0
        with pytest.raises(Unavailable):
            await one.confirm()
        assert lost == [set(range(SHARDS))]
        assert not one.owned


async def test_nobody_takes_a_shard_over_while_its_owner_writes(store):
    async with processes(store, "one", "two") as (one, two):
        await share(one)
        known = one.states(one.owned)
        async with store.transaction() as connection:
            assert await still_owned(connection, known) == known
            await one.close()
            taking = asyncio.create_task(two.look())
            await asyncio.sleep(0.3)  # it waits for the lock
            assert not taking.done()
            await outbox.add(connection, [notice(1, 1)])
        await taking
        assert set(two.owned) == set(range(SHARDS))
        async with store.transaction() as connection:
            assert await unsent_ids(connection, "k") == [1]


@pytest.mark.parametrize("most", [1, 1_500, 4_000_000])
async def test_what_a_transaction_adds_is_fresh_only_in_shards_that_are_still_its_own_however_many_statements_it_takes(
    store, server, monkeypatch, most
):
    """The rows of a shard that another took meanwhile wait in the table; all rows are there, and whole."""
    monkeypatch.setattr(rows_to_write, "_MOST_BYTES", most)
    now = datetime.now(UTC)
    async with processes(store, "one") as (one,):
        await share(one)
        rows = [notice(number, number) for number in range(1, 9)]
        taken = {row.shard for row in rows[::3]}
        known = one.states(one.owned)
        server.execute("UPDATE shard SET epoch = epoch + 1 WHERE id = ANY(%s)", [sorted(taken)])
        messages = [
            InboxRow(
                "urn:hsa:SE1-A",
                f"m-{n}",
                bytes([n]) * 32,
                bytes([n]) * 100 * n,
                "text/plain",
                None,
                "k",
                now,
                "åäö",
                CASE.format(n),
                1,
                b"[]",
                b"{}",
            )
            for n in range(1, 9)
        ]
        async with store.transaction() as connection:
            owned = await write(connection, inbox.new(messages), outbox.new(rows), known=known)
        assert owned.keys() == known.keys() - taken
    stored = server.execute("SELECT id, state, shard, told::text, message FROM outbox_row ORDER BY id").fetchall()
    assert stored == [
        (row.id, "waiting" if row.shard in taken else "fresh", row.shard, row.told.decode(), f"m-{row.id}")
        for row in rows
    ]
    async with store.transaction() as connection:
        assert await inbox.load(connection, [("urn:hsa:SE1-A", f"m-{n}") for n in range(1, 9)]) == {
            (row.source, row.id): row for row in messages
        }
    ((waiting,),) = server.execute("SELECT sum(waiting) FROM outbox_change WHERE system = 'k'").fetchall()
    assert waiting == 8


async def test_a_transaction_whose_ids_are_not_heard_of_yet_lets_nothing_behind_them_count_as_written(store):
    """Its answer is late; another, which reserved later, ends before it is there."""
    shards_ = Shards(store, "one")
    with shards_.writing() as begins:
        begins(1)
    assert shards_.written_upto == BLOCK
    with shards_.writing() as late:
        with shards_.writing() as begins:
            begins(2 * BLOCK + 1)
        assert shards_.written_upto == BLOCK
        late(BLOCK + 1)
        assert shards_.written_upto == BLOCK
    assert shards_.written_upto == 3 * BLOCK
    with shards_.writing():
        pass  # it wrote nothing, or failed before it reserved any
    assert shards_.written_upto == 3 * BLOCK


async def test_nothing_of_what_a_transaction_adds_is_there_when_a_message_was_there_before(store, server):
    now = datetime.now(UTC)
    row = InboxRow("urn:hsa:SE1-A", "m-1", b"1" * 32, b"x", "text/plain", None, "k", now, None, None, None, None, None)
    async with store.transaction() as connection:
        await write(connection, inbox.new([row]))
    with pytest.raises(Conflict):
        async with store.transaction() as connection:
            await write(connection, inbox.new([row]), outbox.new([notice(1, 1)]))
    assert server.execute("SELECT count(*) FROM outbox_row").fetchall() == [(0,)]


async def test_rows_that_somebody_changes_leave_the_owners_memory_and_no_range_covers_them(store, server):
    async with processes(store, "one") as (one,):
        await share(one)
        lost = []
        one.lost = lost.append
        known = one.states(one.owned)
        rows = [notice(1, 1), notice(2, 2, previous=1), notice(3, 3, previous=2)]
        async with store.transaction() as connection:
            await outbox.add(connection, rows)
        async with store.transaction() as connection:
            await shards.change(connection, [rows[1].case_id])
            await connection.execute("DELETE FROM outbox_row WHERE id = 2")
        one._confirmed_at = 0.0
        await one.confirm()
        assert lost == [{rows[1].shard}]
        marker, told = SentMarker(store, one), []
        running = asyncio.create_task(marker.run())
        mark(marker, rows, known, told)
        async with asyncio.timeout(30):
            while not told:
                await asyncio.sleep(0.01)
        running.cancel()
    assert sorted(told) == [([1, 3], True), ([2], False)], "the lane reads in the table what became of the second"
    assert server.execute("SELECT first, last FROM sent_range ORDER BY 1").fetchall() == [(1, 1), (3, 3)]
    assert server.execute("SELECT sum(waiting)::int FROM outbox_change").fetchone() == (0,)


async def test_a_mark_is_of_a_row_that_was_written_anew_since_it_was_sent_and_not_of_one_that_is_replayed(
    store, server
):
    async with processes(store, "one") as (one,):
        await share(one)
        known = one.states(one.owned)
        rows = [notice(1, 1), notice(2, 2, previous=1)]
        async with store.transaction() as connection:
            await outbox.add(connection, rows)
        async with store.transaction() as connection:
            await shards.change(connection, [row.case_id for row in rows])
            await outbox.rewrite(connection, 1, b"{}")
            await dead_letters.add(connection, 2, "refused-by-receiver")
            assert await dead_letters.replay(connection, [2])
        marker, told = SentMarker(store, one), []
        running = asyncio.create_task(marker.run())
        mark(marker, rows, known, told)
        async with asyncio.timeout(30):
            while len(told) < 2:
                await asyncio.sleep(0.01)
        running.cancel()
    assert told == [([1], True), ([2], False)]
    assert server.execute("SELECT id, state, body FROM outbox ORDER BY id").fetchall() == [
        (1, "sent", b"{}"), (2, "waiting", None),
    ]  # fmt: skip


async def test_a_sent_range_makes_its_rows_sent_and_no_other(store, server):
    now = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    rows = [notice(number, number, previous=number - 1) for number in range(1, 8)]
    ranges = ranges_of("k", [row for row in rows if row.id not in {3, 6}], now, "broker-ack")
    assert [(one.first, one.last, one.rows) for one in ranges] == [(1, 2, 2), (4, 5, 2), (7, 7, 1)]
    async with store.transaction() as connection:
        await outbox.add(connection, rows)
        await sent_marks.add(connection, ranges)
        assert await unsent_ids(connection, "k") == [3, 6]
    found = server.execute("SELECT id, state, sent_at, answer, attempts FROM outbox ORDER BY id").fetchall()
    sent, waits = ("sent", now, "broker-ack", 1), ("waiting", None, None, 0)
    assert found == [(id_, *(waits if id_ in {3, 6} else sent)) for id_ in range(1, 8)]
    assert server.execute("SELECT sum(waiting)::int FROM outbox_change").fetchone() == (2,)


@pytest.mark.parametrize("seed", range(8))
async def test_the_oldest_unsent_row_is_the_first_that_no_range_covers(store, server, seed):
    chance, now = random.Random(seed), datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    rows = [notice(number, number, previous=number - 1) for number in range(1, chance.randint(10, 40))]
    for row in rows:
        row.accepted_at = now + timedelta(seconds=row.id)
    waiting, order = {row.id: row for row in rows}, chance.sample(rows, len(rows))
    async with store.transaction() as connection:
        await outbox.add(connection, rows)
    while waiting:
        async with store.transaction() as connection:
            assert [(one.waiting, one.oldest) for one in await backlog.backlog(connection)] == [
                (len(waiting), waiting[min(waiting)].accepted_at)
            ]
        part = sorted((waiting.pop(order.pop().id) for _ in range(min(4, len(order)))), key=lambda row: row.id)
        async with store.transaction() as connection:
            await sent_marks.add(connection, ranges_of("k", part, now, "ok"))
    async with store.transaction() as connection:
        assert await backlog.backlog(connection) == []


async def test_what_follows_a_dead_row_waits_and_what_was_sent_before_stays_sent(store, server):
    rows = [notice(number, 1, sequence=number, previous=number - 1) for number in range(1, 5)]
    async with store.transaction() as connection:
        await outbox.add(connection, rows)
        await sent_marks.add(connection, ranges_of("k", rows[:1], datetime.now(UTC), "ok"))
        await dead_letters.add(connection, 2, "http:400")
    found = server.execute("SELECT state, behind FROM outbox ORDER BY id").fetchall()
    assert found == [("sent", False), ("dead", False), ("waiting", True), ("waiting", True)]
    async with store.transaction() as connection:
        assert await unsent_ids(connection, "k") == []
        assert await dead_letters.skip(connection, 2)
        assert await unsent_ids(connection, "k") == [3, 4]


async def test_who_takes_shards_over_reads_from_where_the_furthest_behind_of_their_owners_stood(store):
    async with store.transaction() as connection:
        await shards.take(connection, range(32), "one")
        await shards.take(connection, range(32, SHARDS), "two")
        await sent_marks.settle(connection, "one", Settled(500, {"slow": 20}), range(32))
        await sent_marks.settle(connection, "two", Settled(900, {"paused": 7, "slow": 90}), range(32, SHARDS))
        assert await upto(connection, "slow", "paused", "other") == [20, 7, 500]
        _, settled = await shards.take(connection, range(SHARDS), "three")
        assert settled == Settled(500, {"slow": 20, "paused": 7})
        assert await upto(connection, "slow", "paused", "other") == [20, 7, 500]
        await sent_marks.settle(connection, "three", Settled(1000, {"paused": 7}), range(SHARDS))
        assert await upto(connection, "slow", "paused", "other") == [1000, 7, 1000]


async def test_who_takes_back_what_was_its_own_beside_what_was_anothers_reads_from_the_furthest_behind_of_both(store):
    async with store.transaction() as connection:
        await shards.take(connection, range(32), "one")
        await shards.take(connection, range(32, SHARDS), "two")
        await sent_marks.settle(connection, "one", Settled(500, {}), range(32))
        await sent_marks.settle(connection, "two", Settled(900, {}), range(32, SHARDS))
        _, settled = await shards.take(connection, range(SHARDS), "one")  # both had lost their sessions
        assert settled == Settled(500, {})


async def test_nothing_counts_as_settled_while_a_shard_is_given_back_and_not_taken(store):
    async with store.transaction() as connection:
        await shards.take(connection, range(SHARDS), "one")
        await sent_marks.settle(connection, "one", Settled(500, {"slow": 20}), range(SHARDS))
        await sent_marks.settle(
            connection, "one", Settled(900, {}), range(32)
        )  # of the others it has nothing in memory
        _, settled = await shards.take(connection, range(32, SHARDS), "two")
        assert settled == Settled(500, {"slow": 20})
        await sent_marks.settle(connection, "one", Settled(900, {}), range(32))
        assert await sent_marks.settled(connection, "one") == Settled(900, {})


async def test_who_takes_shards_over_has_settled_nothing_where_their_owner_had_not_yet_written_anything(store):
    async with store.transaction() as connection:
        await shards.take(connection, range(32), "one")
        await sent_marks.settle(connection, "one", Settled(500, {"slow": 20}), range(32))
        await shards.take(connection, range(32, SHARDS), "dead")
        _, settled = await shards.take(connection, range(32, SHARDS), "one")
        assert settled == Settled(0, {"slow": 0})


async def test_two_that_have_lost_their_shards_and_take_each_others_read_from_the_furthest_behind_of_both(store):
    async with store.transaction() as connection:
        await shards.take(connection, range(32), "one")
        await shards.take(connection, range(32, SHARDS), "two")
        await sent_marks.settle(connection, "one", Settled(500, {}), range(32))
        await sent_marks.settle(connection, "two", Settled(900, {}), range(32, SHARDS))
        _, of_one = await shards.take(connection, range(32, SHARDS), "one")
        _, of_two = await shards.take(connection, range(32), "two")
        assert (of_one, of_two) == (Settled(500, {}), Settled(500, {}))


async def test_marks_that_are_written_again_since_their_commit_was_not_heard_of_are_there_once(store, server):
    rows = [notice(number, 1, sequence=number, previous=number - 1) for number in range(1, 4)]
    async with store.transaction() as connection:
        await outbox.add(connection, rows)
    for _ in range(2):
        async with store.transaction() as connection:
            await sent_marks.add(connection, ranges_of("k", rows[:2], datetime.now(UTC), "ok"))
    async with store.transaction() as connection:
        assert await unsent_ids(connection, "k") == [3]
    assert server.execute("SELECT sum(waiting) FROM outbox_change WHERE system = 'k'").fetchall() == [(1,)]


async def upto(connection, *systems):
    found = [await (await connection.execute("SELECT settled_upto(%s)", (one,))).fetchone() for one in systems]
    return [number for (number,) in found]


async def test_rows_for_another_process_are_found_by_its_own_state_and_told(store, database):
    with psycopg.connect(database.replace("+psycopg", ""), autocommit=True) as hearing:
        hearing.execute(f"LISTEN {shards.ROWS_CHANNEL}")
        row = notice(1, 1, fresh=False)
        async with store.transaction() as connection:
            await outbox.add(connection, [row])
            await shards.tell(connection, [row.shard, row.shard])
        (told,) = hearing.notifies(timeout=20, stop_after=1)
    assert told.payload == str(row.shard)
    async with store.transaction() as connection:
        assert await send_queue.systems_waiting(connection, [row.shard]) == ["k"]
        assert await send_queue.systems_waiting(connection, [(row.shard + 1) % SHARDS]) == []
        assert await send_queue.waiting_ids(connection, "k", [row.shard], after=0, limit=5) == [1]


@pytest.mark.parametrize("number", [1, 5, 100])
async def test_another_number_of_shards_keeps_every_unsent_row_and_what_is_settled(store, number):
    async with store.transaction() as connection:
        await shards.take(connection, range(32), "one")
        await shards.take(connection, range(32, SHARDS), "two")
        rows = [notice(id_, id_, fresh=id_ % 3 > 0) for id_ in range(100, 130)]
        await outbox.add(connection, rows)
        await sent_marks.settle(connection, "one", Settled(110, {}), range(32))
        await sent_marks.settle(connection, "two", Settled(120, {"k": 104}), range(32, SHARDS))
        before = await unsent_ids(connection, "k", range(SHARDS))
    async with processes(store, "three", "stale") as (three, stale):
        await stale.check()
        await three.check(number)
        assert three.count == number
        assert stale.count == SHARDS
        await share(stale)
        assert set(stale.owned) == set(range(number)), "who knew the former number hears the new one"
        await share(three, stale)
        async with store.transaction() as connection:
            assert await shards.count(connection) == number
            assert await unsent_ids(connection, "k", range(number)) == before
            found = await connection.execute("SELECT id, shard, case_id::text FROM outbox_row")
            assert all(shard == shards.shard_of(case, number) for _, shard, case in await found.fetchall())
            assert await sent_marks.settled(connection, stale.owner) == Settled(110, {"k": 104})


async def test_the_number_of_shards_stays_while_a_hub_runs_by_it(store):
    async with store.transaction() as connection:
        await running_hubs.report(connection, "other-hub", {})
    async with processes(store, "one") as (one,):
        await one.check(SHARDS)
        with pytest.raises(Misconfigured, match=r"HUB_SHARDS=8, but the database has 64 shards.*other-hub"):
            await one.check(8)
        async with store.transaction() as connection:
            assert await shards.count(connection) == SHARDS


async def test_rows_placed_by_a_former_number_of_shards_are_not_committed(store):
    async with processes(store, "reads only") as (one,):
        await one.check()
        async with store.transaction() as connection:
            await shards.set_count(connection, 8)
        with pytest.raises(Unavailable):
            async with store.transaction() as connection:
                one.heard(await shards.tell(connection, [63]))
        async with store.transaction() as connection:
            one.heard(await shards.tell(connection, [7]))
