"""Replays (D-7) as they stand in the database: which rows they take, in which steps they go, what is put back when they stop or are undone.

May import ``hub.store``, the operations and the marks; PostgreSQL is real, and the test says what the receiver answers.
"""

import asyncio
from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest

from hub import clock
from hub.delivery import acks
from hub.delivery.acks import Ack
from hub.delivery.sent_marker import SentMarker
from hub.directory import Applied
from hub.directory_change import put_in_force
from hub.errors import Refused
from hub.operations import delivery, replays
from hub.operations.replays import Limits, Replayer
from hub.operations.timeline import whole
from hub.store import (
    backlog,
    dead_letters,
    in_hand,
    operator_log,
    outbox,
    paused_systems,
    replayable,
    send_queue,
    sent_marks,
    shards,
)
from hub.store import directory as directories
from hub.store import replays as stored
from hub.store.replayable import RowFilter
from hub.store.sent_marks import SentRange
from hub.store.transaction import Store
from schemas.messages import NoticeExtensions
from tests.integration.test_send_queue import asked
from tests.integration.test_shards import CASE, processes, share
from tests.shards import unsent_ids
from tests.stack import checked, content, directory, until

WHO = ("anna", "mottagaren är lagad")


@pytest.fixture
async def there(store, server):
    """The directory of the stack, and rows of its ``centre``."""
    await directories.apply(store, directory())
    return Rows(store, server)


class Rows:
    def __init__(self, store, server):
        self.store, self.server, self.replayer = store, server, Replayer(store)

    def write(self, case, sequences, system="centre", state="waiting", said="http:422"):
        """A case's notices, with ids ``case * 100 + sequence``; the first is in ``state``."""
        for place, sequence in enumerate(sequences):
            id_ = CASE.format(case)
            told = NoticeExtensions(case=id_, sequence=sequence, to=("SE1-A",)).model_dump_json()
            self.server.execute(
                "INSERT INTO outbox_row (id, kind, system, case_id, sequence, source, message, told, accepted_at, due_at, follows, shard)"
                " VALUES (%s, 'notice', %s, %s, %s, 'urn:hsa:a', %s, %s, now(), now(), %s, %s)",
                (
                    case * 100 + sequence, system, id_, sequence, f"m-{case}-{sequence}", told, sequences[place - 1] if place else 0,
                    shards.shard_of(id_, shards.SHARDS),
                ),
            )  # fmt: skip
        return [case * 100 + sequence for sequence in sequences]

    def opened(self, *cases):
        """The cases themselves, by which a timeline is asked for."""
        for case in cases:
            self.server.execute(
                "INSERT INTO cases (id, system, person, process, status, sequence, state, opened_at, changed_at)"
                " VALUES (%s, 'ehr', '', 'svu', 'open', 1, '{}', now(), now())",
                (CASE.format(case),),
            )

    async def dead(self, case, sequences=(1, 2, 3), system="centre", said="http:422"):
        """A case whose first notice is dead, and the others behind it."""
        ids = self.write(case, sequences, system)
        await asked(self.store, dead_letters.add, ids[0], said)
        return ids

    def sent(self, case, sequences=(1, 2, 3)):
        """A case's notices that were sent."""
        ids = self.write(case, sequences)
        self.server.execute(
            "UPDATE outbox_row SET state = 'sent', sent_at = accepted_at, answer = 'http:204', attempts = 2 WHERE id = ANY(%s)",
            (ids,),
        )
        return ids

    async def replay(self, wanted, count, stop_after=5, rate=1000.0, **more):
        limits = Limits(rate, stop_after)
        return (await replays.replay(self.store, wanted, *WHO, expected=count, limits=limits, **more)).id

    async def counted(self, wanted, **more):
        """What the dry run says."""
        return (await replays.count(self.store, wanted, **more)).count

    async def one(self, id_):
        (found,) = [one for one in await asked(self.store, stored.listed) if one.id == id_]
        return found

    async def waits(self, system="centre"):
        return await asked(self.store, unsent_ids, system)

    async def answered(self, id_, answer="http:204"):
        """The receiver answers a row that waits to be sent."""
        async with self.store.transaction() as connection:
            (row,) = await send_queue.rows(connection, [id_])
            if answer.startswith("http:2"):
                assert await outbox.mark_sent(connection, [(id_, row.revision)], [row.accepted_at], [answer]) == {id_}
            else:
                await dead_letters.add(connection, id_, answer)

    def whole(self):
        """All that is kept of each row but when it is due, what failed and how often it was made ready."""
        columns = "id, state, behind, sent_at, answer, attempts, told::text, first_tried_at, refused_since"
        return self.server.execute(f"SELECT {columns} FROM outbox ORDER BY id").fetchall()

    def counts(self):
        """(waiting, dead) as counted by the triggers."""
        found = "SELECT sum(waiting)::int, sum(dead)::int FROM (SELECT * FROM outbox_count UNION ALL SELECT * FROM outbox_change) n"
        return self.server.execute(found).fetchone()

    async def trail(self):
        return [
            (act.who, act.what, act.target, act.reason)
            for act in await asked(self.store, operator_log.latest, target=None, limit=50)
        ]


# --- the steps ------------------------------------------------------------------------------------------------------------


async def test_the_first_cases_go_alone_and_the_rest_at_its_rate_when_one_of_them_has_been_taken(there):
    for case in range(1, 41):
        await there.dead(case, (1, 2))
    id_ = await there.replay(RowFilter(system="centre"), 40, stop_after=3)
    there.server.execute("UPDATE replay SET rate = 0.1")
    first = [id_ for case in (1, 2, 3) for id_ in (case * 100 + 1, case * 100 + 2)]
    assert await there.waits() == first, "with what stood behind them"
    there.server.execute("UPDATE replay SET next_at = now() - interval '1 hour'")
    await there.replayer.look()
    assert await there.waits() == first, "nothing more goes before one of them is taken, however long that takes"
    await there.answered(101)
    await there.replayer.look()
    assert (await there.one(id_)).sent == 1
    assert await there.waits() == first[1:], (
        "of a receiver that is paused or slow no more waits than two seconds' worth"
    )
    for row in first[1:]:
        await there.answered(row)
    await there.replayer.look()
    assert await there.waits() == [401, 402]
    for row in (401, 402):
        await there.answered(row)
    await there.replayer.look()
    assert await there.waits() == [], "the next must wait for its time"
    there.server.execute("UPDATE replay SET next_at = now() - interval '1 hour'")
    await there.replayer.look()
    for row in (501, 502):
        await there.answered(row)
    await there.replayer.look()
    assert await there.waits() == [], "what was not used of its time is not made up for"
    told = dict(there.server.execute("SELECT id, told->>'replay' FROM outbox_row").fetchall())
    assert {id_ for id_, marked in told.items() if marked == "true"} == {case * 100 + 1 for case in range(1, 6)}


async def test_the_first_cases_go_at_its_rate_too_and_what_stands_behind_a_failed_one_takes_no_place(there):
    for case in range(1, 6):
        await there.dead(case)
    id_ = await there.replay(RowFilter(system="centre"), 5, stop_after=4, rate=1.0)
    due = "UPDATE replay SET next_at = now() - interval '1 hour'"
    assert await there.waits() == [101, 102, 103], "one row, with what stood behind it"
    await there.replayer.look()
    assert await there.waits() == [101, 102, 103]
    there.server.execute(due)
    await there.replayer.look()
    assert await there.waits() == [101, 102, 103, 201, 202, 203]
    for case in (1, 2, 3):
        await there.answered(case * 100 + 1, "http:422")
        there.server.execute(due)
        await there.replayer.look()
    assert await there.waits() == [401, 402, 403], "three have failed, and the fourth may"
    assert (await there.one(id_)).failed == 3


async def test_what_is_told_again_is_no_older_than_its_replay(there):
    await there.dead(1)
    there.server.execute("UPDATE outbox_row SET accepted_at = now() - interval '3 days'")
    await there.replay(RowFilter(rows=(101,)), 1)
    there.server.execute("UPDATE outbox_row SET accepted_at = now() - interval '1 minute' WHERE id > 101")
    (one,) = await asked(there.store, backlog.backlog)
    ((age,),) = there.server.execute("SELECT now() - %s", (one.oldest,)).fetchall()
    assert (one.waiting, age.total_seconds() < 120) == (3, True), age


async def test_what_ended_long_ago_is_swept_and_what_runs_stays(there):
    for case in range(1, 4):
        await there.dead(case)
    old = await there.replay(RowFilter(rows=(101,)), 1)
    await replays.undo(there.store, old, *WHO)
    new = await there.replay(RowFilter(rows=(201,)), 1)
    runs = await there.replay(RowFilter(rows=(301,)), 1)
    await replays.undo(there.store, new, *WHO)
    there.server.execute("UPDATE replay SET ended_at = now() - interval '401 days' WHERE id = %s", (old,))
    there.server.execute("UPDATE replay SET at = now() - interval '401 days' WHERE id = %s", (runs,))
    await there.replayer.look()
    assert [one.id for one in await asked(there.store, stored.listed)] == [runs, new]
    assert there.server.execute("SELECT DISTINCT replay FROM replay_row ORDER BY 1").fetchall() == [(new,), (runs,)]


async def test_it_stops_by_itself_when_the_first_fail_and_all_is_as_before_and_in_order(there):
    for case in range(1, 9):
        await there.dead(case)
    before, counted = there.whole(), there.counts()
    id_ = await there.replay(RowFilter(system="centre"), 8, stop_after=3)
    for case in (1, 2):
        await there.answered(case * 100 + 1, "http:422")
        await there.replayer.look()
        assert (await there.one(id_)).state == "running"
    assert await there.waits() == [301, 302, 303]
    await there.answered(301, "http:422")
    await there.replayer.look()
    one = await there.one(id_)
    assert (one.state, one.ended, one.failed, one.put_back, one.sent, one.open) == (
        "stopped", "the first 3 failed", 3, 5, 0, 0,
    )  # fmt: skip
    assert await there.waits() == []

    def plain(rows):
        return [row[:3] for row in rows]

    assert plain(there.whole()) == plain(before) and there.counts() == counted
    assert [row for row in there.whole() if row[0] > 304] == [row for row in before if row[0] > 304]
    assert await there.trail() == [
        ("anna", "replay", "centre", f"mottagaren är lagad (replay {id_}: 8, at most 1000 a second)"),
        ("hub", "stop replay", "centre", f"the first 3 failed (replay {id_}: 0 of 8 sent, 3 failed, 5 put back)"),
    ]
    (group,) = await replays.groups(there.store, "centre")
    assert (group.count, group.replayed, group.behind) == (8, 3, 16)
    again = await there.replay(RowFilter(system="centre"), 8)
    assert (await there.one(again)).total == 8, "what was put back is free for the next"


async def test_undone_in_the_middle_what_is_not_sent_is_dead_again_before_what_follows_it(there):
    for case in range(1, 7):
        await there.dead(case)
    before = there.whole()
    id_ = await there.replay(RowFilter(system="centre"), 6, stop_after=2)
    assert await there.waits() == [101, 102, 103, 201, 202, 203]
    await there.answered(101)
    await there.answered(102)
    asked_before = there.server.execute("SELECT sum(changes)::int FROM shard").fetchone()
    ended = await replays.undo(there.store, id_, "bo", "fel mottagare")
    assert (ended.state, replays.counts(ended)) == ("undone", "1 of 6 sent, 0 failed, 5 put back")
    assert there.server.execute("SELECT sum(changes)::int FROM shard").fetchone() > asked_before, "its owner reads anew"
    assert await there.waits() == [103], "what follows what was sent goes on"
    assert [row for row in there.whole() if row[0] > 200] == [row for row in before if row[0] > 200]
    assert (await there.trail())[-1] == (
        "bo", "undo replay", "centre", f"fel mottagare (replay {id_}: 1 of 6 sent, 0 failed, 5 put back)",
    )  # fmt: skip
    with pytest.raises(Refused, match=f"Replay {id_} is undone: nothing of it waits"):
        await replays.undo(there.store, id_, *WHO)


async def test_telling_and_putting_back_cost_as_many_statements_however_many_cases_are_on_their_way(there, monkeypatch):
    """By each case on its own the undoing of a fast replay took longer than anybody waits for an answer."""
    execute, statements = psycopg.AsyncConnection.execute, []

    async def counted(connection, query, *more, **how):
        statements.append(query)
        return await execute(connection, query, *more, **how)

    monkeypatch.setattr(psycopg.AsyncConnection, "execute", counted)
    costs = []
    for cases in (range(1, 4), range(11, 31)):
        for case in cases:
            await there.dead(case)
        before = there.whole()
        statements.clear()
        id_ = await there.replay(RowFilter(system="centre"), len(cases), stop_after=100)
        begun = len(statements)
        assert len(await there.waits()) == 3 * len(cases)
        statements.clear()
        await replays.undo(there.store, id_, *WHO)
        costs.append((begun, len(statements)))
        assert there.whole() == before
        there.server.execute("DELETE FROM outbox_row")
    assert costs[0] == costs[1]


async def test_what_is_in_a_call_when_it_is_undone_counts_as_sent_when_the_call_succeeds(there):
    await there.dead(1)
    await there.dead(2)
    async with processes(there.store, "one") as (one,):
        await share(one)
        known = one.states(one.owned)
        id_ = await there.replay(RowFilter(system="centre"), 2)
        async with there.store.transaction() as connection:
            in_call = await send_queue.rows(connection, [101, 102, 201])
        await replays.undo(there.store, id_, *WHO)
        assert await there.waits() == []
        marker, told = SentMarker(there.store, one), []
        running = asyncio.create_task(marker.run())
        rows = [row for row in in_call if row.id != 201]
        marker.mark(
            "centre", rows, rows[0].accepted_at, "http:204", known, lambda rows, done: told.append((len(rows), done))
        )
        async with asyncio.timeout(30):
            while not told:
                await asyncio.sleep(0.01)
        running.cancel()
    assert told == [(2, True)]
    found = [(row[0], row[1], row[2]) for row in there.whole()]
    assert found == [
        (101, "sent", False), (102, "sent", False), (103, "waiting", False),
        (201, "dead", False), (202, "waiting", True), (203, "waiting", True),
    ]  # fmt: skip
    one = await there.one(id_)
    assert (one.state, one.sent, one.put_back) == ("undone", 1, 1)


async def test_what_was_put_back_and_is_acknowledged_twice_is_counted_once(there):
    await there.dead(1)
    id_ = await there.replay(RowFilter(system="centre"), 1)
    async with there.store.transaction() as connection:
        (row,) = await send_queue.rows(connection, [101])
    await replays.undo(there.store, id_, *WHO)
    async with there.store.transaction() as connection:
        twice = [(101, row.revision)] * 2
        assert await stored.sent_after_all(connection, twice, [row.accepted_at] * 2, ["http:204"] * 2) == {101}
    one = await there.one(id_)
    assert (one.sent, one.put_back, one.open) == (1, 0, 0)


async def test_what_a_reader_has_in_its_hands_when_it_is_undone_is_put_back_and_counts_when_it_is_acknowledged(there):
    await there.dead(1)
    await there.dead(2)
    id_ = await there.replay(RowFilter(system="centre"), 2)
    async with there.store.transaction() as connection:
        rows = await send_queue.rows(connection, [101])
        await in_hand.give(connection, rows, "00000000-0000-4000-8000-000000000001", 60)
    ended = await replays.undo(there.store, id_, *WHO)
    assert (ended.put_back, ended.open) == (2, 0)
    assert await there.waits() == []
    system = directory().system_by_id["centre"]
    judged = await asked(there.store, acks.take, system, [Ack("out-101"), Ack("out-101", "refused", "no")])
    assert [None if one is None else one.rule for one in judged.faults] == [None, "said-otherwise"]
    assert await there.waits() == [102, 103], "what follows it goes on"
    one = await there.one(id_)
    assert (one.state, one.sent, one.put_back, one.open) == ("undone", 1, 1, 0)


async def test_what_a_reader_refuses_after_the_undo_counts_as_sent_as_before_and_its_case_flows(there):
    there.sent(1)
    there.write(1, (9,))
    id_ = await there.replay(RowFilter(system="centre", case=CASE.format(1)), 3, of_sent=True)
    async with there.store.transaction() as connection:
        rows = await send_queue.rows(connection, [101, 102, 103])
        await in_hand.give(connection, rows, "00000000-0000-4000-8000-000000000001", 60)
    await replays.undo(there.store, id_, *WHO)
    system = directory().system_by_id["centre"]
    judged = await asked(there.store, acks.take, system, [Ack("out-101", "refused", "no")])
    assert judged.faults == [None]
    assert [row[:3] for row in there.whole() if row[0] in {101, 109}] == [(101, "sent", False), (109, "waiting", False)]
    one = await there.one(id_)
    assert (one.state, one.failed, one.put_back, one.open) == ("undone", 0, 3, 0)


async def test_what_was_sent_before_is_sent_as_before_when_its_replay_fails_and_its_case_flows(there):
    for case in range(1, 5):
        there.sent(case)
    there.write(1, (9,))  # a new notice of the first case
    there.server.execute("UPDATE outbox_row SET follows = 3 WHERE id = 109")
    before = there.whole()
    wanted = RowFilter(
        system="centre", case=None, since=there.server.execute("SELECT now() - interval '1 hour'").fetchone()[0]
    )
    assert await there.counted(wanted, of_sent=True) == 12
    id_ = await there.replay(wanted, 12, stop_after=2, of_sent=True)
    assert await there.waits() == [101, 102, 103, 109, 201, 202, 203], "whole cases, in order"
    await there.answered(101, "http:422")
    await there.answered(201, "http:422")
    assert await there.waits() == []
    await there.replayer.look()
    one = await there.one(id_)
    assert (one.state, one.failed, one.put_back) == ("stopped", 2, 10)
    assert there.whole() == before
    assert there.counts() == (1, 0)


async def test_of_a_replay_that_goes_on_what_was_sent_before_and_is_refused_now_holds_up_nothing(there):
    for case in (1, 2):
        there.sent(case)
    id_ = await there.replay(RowFilter(system="centre", case=CASE.format(1)), 3, of_sent=True)
    for number in (101, 102):
        await there.answered(number)
    await there.answered(103, "http:422")
    await there.replayer.look()
    one = await there.one(id_)
    assert (one.state, one.sent, one.failed) == ("done", 2, 1)
    assert [row[1] for row in there.whole()] == ["sent"] * 6
    assert there.counts() == (0, 0)


async def test_what_stands_behind_a_row_that_failed_again_is_put_back_when_nothing_else_is_left(there):
    there.write(1, (1, 2, 3))
    await asked(there.store, dead_letters.add, 103, "http:422")
    await asked(there.store, dead_letters.add, 101, "http:422")
    await there.dead(2)
    before = there.whole()
    id_ = await there.replay(RowFilter(system="centre"), 3)
    await there.answered(101, "http:422")
    await there.answered(201)
    await there.replayer.look()
    one = await there.one(id_)
    assert (one.state, one.sent, one.failed, one.put_back) == ("done", 1, 1, 1)
    assert [row[:3] for row in there.whole() if row[0] < 200] == [row[:3] for row in before if row[0] < 200]


async def test_rows_that_a_range_covers_are_replayed_and_put_back_as_sent(there):
    ids = there.write(1, (1, 2))
    there.server.execute("UPDATE outbox_row SET state = 'fresh'")
    (at,) = there.server.execute("SELECT now()").fetchone()
    async with there.store.transaction() as connection:
        await sent_marks.add(connection, [SentRange("centre", ids[0], ids[1], at, "broker-ack", 2)])
    before = there.whole()
    id_ = await there.replay(RowFilter(system="centre", case=CASE.format(1)), 2, of_sent=True)
    assert await there.waits() == ids
    await replays.undo(there.store, id_, *WHO)
    assert there.whole() == before


# --- which rows -----------------------------------------------------------------------------------------------------------


async def test_what_dies_or_is_sent_after_the_dry_run_though_accepted_before_it_changes_no_number(there):
    """What was on its way to the receiver while somebody counted: it was accepted before, and its answer came later."""
    for case, of_sent in ((1, False), (2, True)):
        wanted = RowFilter(system="centre", case=CASE.format(case)) if of_sent else RowFilter(system="centre")
        if of_sent:
            there.sent(case, (1, 2))
            on_its_way = there.write(case, (3,))
        else:
            await there.dead(case, (1,))
            on_its_way = there.write(case + 50, (1,))
        counted = await replays.count(there.store, wanted, of_sent=of_sent)
        assert counted.as_of is not None
        if of_sent:
            await there.answered(on_its_way[0])
        else:
            await asked(there.store, dead_letters.add, on_its_way[0], "http:422")
        with pytest.raises(Refused, match=f"{counted.count + 1} rows fit now, not {counted.count}"):
            await there.replay(wanted, counted.count, of_sent=of_sent)
        as_counted = replace(wanted, as_of=counted.as_of)
        begun = await there.one(await there.replay(as_counted, counted.count, of_sent=of_sent))
        assert (begun.total, begun.wanted["as_of"]) == (counted.count, counted.as_of.isoformat())
    with pytest.raises(Refused, match="say what is to be sent again"):
        await replays.count(there.store, RowFilter(as_of=counted.as_of))


async def test_what_was_accepted_before_a_moment_and_sent_after_it_is_of_what_was_sent_since(there):
    """A receiver that takes up its backup of noon lacks also what waited at noon and was sent later."""
    ids = there.sent(1, range(1, 6))
    accepted_and_sent_h = ((-1, -1), (-3, -1), (-73, -1), (-3, -3), (-200, -199))
    for id_, (accepted, sent) in zip(ids, accepted_and_sent_h, strict=True):
        there.server.execute(
            "UPDATE outbox_row SET accepted_at = now() + %s * interval '1 hour', sent_at = now() + %s * interval '1 hour' WHERE id = %s",
            (accepted, sent, id_),
        )
    noon = clock.now() - timedelta(hours=2)
    wanted = RowFilter(system="centre", since=noon)
    assert await there.counted(wanted, of_sent=True) == 3
    async with there.store.transaction() as connection:
        rows, _ = await replayable.sent(connection, wanted, 10)
    assert [row.id for row in rows] == ids[:3]


async def test_what_a_dry_run_counts_by_group_and_by_filter_is_what_is_sent_again(there):
    untrusted = "gave-up:its certificate is not trusted"
    answers = [
        "http:422",
        "gave-up:http:500",
        f"{untrusted}: expired",
        f"{untrusted}: self",
    ]
    for case in range(1, 13):
        await there.dead(case, (1,), said=answers[case % 4])
    there.server.execute(
        "INSERT INTO message (source, id, digest, raw, media_type, system, received_at, receipt, name)"
        " SELECT source, message, decode(repeat('00', 32), 'hex'), 'x', 'application/json', 'ehr', now(), '{}',"
        " CASE WHEN id < 400 THEN 'svu.inskrivning' ELSE 'samtycke' END FROM outbox_row"
    )
    there.server.execute("UPDATE outbox_row SET accepted_at = now() - interval '1 hour' * id")
    (noon,) = there.server.execute("SELECT max(accepted_at) FROM outbox_row WHERE id > 600").fetchone()
    found = await replays.groups(there.store, None)
    assert {(one.answer, one.count) for one in found} == {
        ("http:422", 3), ("gave-up:http:500", 3), (untrusted, 6),
    }  # fmt: skip
    for group in found:
        assert await there.counted(RowFilter(system="centre", answer=group.answer)) == group.count
    for wanted, count in (
        (RowFilter(kind="svu.inskrivning"), 3),
        (RowFilter(kind="samtycke", answer="http:422"), 3),
        (RowFilter(case=CASE.format(7)), 1),
        (RowFilter(since=noon), 6),
        (RowFilter(until=noon), 6),
        (RowFilter(rows=(101, 201)), 2),
        (RowFilter(system="kommun"), 0),
    ):
        assert await there.counted(wanted) == count, wanted
    marked = "SELECT count(*) FROM outbox_row WHERE revision > 0"
    assert there.server.execute(marked).fetchone() == (0,), "a dry run changes nothing"
    with pytest.raises(Refused, match="3 rows fit now, not 2"):
        await there.replay(RowFilter(answer="http:422"), 2)
    id_ = await there.replay(RowFilter(answer="http:422"), 3)
    assert (await there.one(id_)).total == 3
    other = await there.replay(RowFilter(system="centre", case=CASE.format(5)), 1)
    there.opened(4, 5)
    for case, it, count in ((4, id_, 3), (5, other, 1)):  # a timeline has the replays in which it is, and no other
        every = (await asked(there.store, whole.of, CASE.format(case))).entries
        (by_hand,) = [one for one in every if one.kind == "by-hand"]
        assert by_hand.en.startswith("replay ") and by_hand.sv.startswith("omsändning")
        assert by_hand.en.endswith(f"by anna: mottagaren är lagad (replay {it}: {count}, at most 1000 a second)")
        assert by_hand.sv.endswith(
            f"gjort av anna: mottagaren är lagad (omsändning {it}: {count}, högst 1000 i sekunden)"
        )
    assert await there.waits() == [401, 501, 801, 1201]


async def test_of_two_replays_of_the_same_rows_at_once_the_second_has_nothing(there):
    for case in range(1, 21):
        await there.dead(case, (1,))
    done = await asyncio.gather(
        *(there.replay(RowFilter(system="centre"), 20) for _ in range(4)), return_exceptions=True
    )
    assert sorted(isinstance(one, int) for one in done) == [False, False, False, True], done
    for one in done:
        if not isinstance(one, int):
            assert isinstance(one, Refused)
    with pytest.raises(Refused, match="Nothing fits that no other replay has"):
        await there.replay(RowFilter(system="centre"), 20)
    with pytest.raises(Refused, match="Row 601 is not dead, or another replay has it"):
        await there.replay(RowFilter(rows=(601,)), 1)
    assert there.server.execute("SELECT max(revision), count(*) FROM replay_row").fetchone() == (1, 20)
    (one,) = await asked(there.store, stored.listed)
    assert one.total == 20


async def test_of_two_who_give_up_and_retry_a_row_at_once_the_second_is_told_so(there):
    (row, *_) = await there.dead(1)
    async with there.store.transaction() as connection:
        await dead_letters.skip(connection, row)
        second = asyncio.create_task(there.replay(RowFilter(rows=(row,)), 1))
        waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        await until(lambda: there.server.execute(waits).fetchone() == (1,))
    with pytest.raises(Refused, match=f"Row {row} is not dead"):
        await second
    assert await asked(there.store, stored.listed) == [] and await there.trail() == []


async def test_a_row_that_failed_again_is_free_at_once_for_the_next_replay_and_each_counts_its_own(there):
    await there.dead(1)
    first = await there.replay(RowFilter(rows=(101,)), 1)
    await there.answered(101, "http:422")
    second = await there.replay(RowFilter(rows=(101,)), 1)
    await there.answered(101)
    await there.replayer.look()
    assert [(one.state, one.sent, one.failed) for one in (await there.one(first), await there.one(second))] == [
        ("done", 0, 1), ("done", 1, 0),
    ]  # fmt: skip
    assert [act[2] for act in await there.trail()] == ["101", "101"]


async def test_what_is_skipped_or_emptied_before_its_turn_is_passed_over(there):
    for case in range(1, 4):
        await there.dead(case)
    id_ = await there.replay(RowFilter(system="centre"), 3, stop_after=1)
    await delivery.skip(there.store, 201, *WHO)
    there.server.execute('UPDATE outbox_row SET told = \'{"gallrad": true, "to": []}\' WHERE id = 301')
    await there.answered(101)
    await there.replayer.look()
    await there.replayer.look()
    one = await there.one(id_)
    assert (one.state, one.sent, one.passed_over, one.open) == ("done", 1, 2, 0)


async def test_while_its_system_is_paused_nothing_more_is_made_ready_and_it_can_be_undone(there):
    for case in range(1, 9):
        await there.dead(case)
    before = there.whole()
    await asked(there.store, paused_systems.pause, "centre")
    id_ = await there.replay(RowFilter(system="centre"), 8, stop_after=2)
    for _ in range(3):
        there.server.execute("UPDATE replay SET next_at = now() - interval '1 hour'")
        await there.replayer.look()
    assert (await there.one(id_)).told == 2
    await replays.undo(there.store, id_, *WHO)
    assert there.whole() == before


async def test_of_several_processes_one_lets_a_replay_go_on(there, database):
    for case in range(1, 31):
        await there.dead(case, (1,))
    id_ = await there.replay(RowFilter(system="centre"), 30, stop_after=1, rate=0.1)
    await there.answered(101)
    there.server.execute("UPDATE replay SET next_at = now() - interval '1 hour'")
    others = [Store(database, pool=2) for _ in range(3)]
    try:
        await asyncio.gather(*(Replayer(store).look() for store in [*others, there.store]))
    finally:
        for store in others:
            await store.close()
    one = await there.one(id_)
    assert (one.sent, one.told) == (1, 2)
    assert there.server.execute("SELECT max(revision) FROM outbox_row").fetchone() == (1,)


def test_a_row_is_in_one_replay_at_a_time(server):
    server.execute(
        "INSERT INTO replay (who, why, target, wanted, rate, stop_after)"
        " SELECT 'a', 'b', 'c', '{}', 1, 1 FROM generate_series(1, 2)"
    )
    row = "INSERT INTO replay_row (replay, place, outbox_id, key) SELECT id, 1, 7, 'k' FROM replay ORDER BY id LIMIT 1 OFFSET %s"
    server.execute(row, (0,))
    with pytest.raises(psycopg.errors.UniqueViolation):
        server.execute(row, (1,))


async def test_the_first_telling_and_its_reading_stay_in_the_timeline_when_it_is_told_again(there):
    there.opened(1)
    there.sent(1, (1,))
    there.server.execute(
        "UPDATE outbox_row SET sent_at = '2026-03-02T09:00Z', answer = 'http:204; read 2026-03-02T10:00:00+00:00'"
    )
    id_ = await there.replay(RowFilter(system="centre", case=CASE.format(1)), 1, of_sent=True)
    told = [one for one in (await asked(there.store, whole.of, CASE.format(1))).entries if one.kind in {"sent", "read"}]
    assert [(one.at.isoformat(), one.kind) for one in told] == [
        ("2026-03-02T09:00:00+00:00", "sent"), ("2026-03-02T10:00:00+00:00", "read"),
    ]  # fmt: skip
    assert all(f"before replay {id_}" in one.en for one in told)
    await there.answered(101)
    told = [one for one in (await asked(there.store, whole.of, CASE.format(1))).entries if one.kind in {"sent", "read"}]
    assert [one.kind for one in told] == ["sent", "read", "sent"]


@pytest.mark.parametrize(("at", "outcome"), [("09:00:09", None), ("09:00:11", "late")])
async def test_what_was_sent_long_after_it_was_written_says_so_by_its_outcome(there, at, outcome):
    there.opened(1)
    there.sent(1, (1,))
    there.server.execute(
        "UPDATE outbox_row SET accepted_at = '2026-03-02T09:00Z', sent_at = %s::timestamptz", (f"2026-03-02T{at}Z",)
    )
    told = (await asked(there.store, whole.of, CASE.format(1))).entries
    assert [one.outcome for one in told if one.kind == "sent"] == [outcome]


async def test_the_hubs_own_message_to_a_case_says_by_its_outcome_whether_it_was_accepted(there):
    there.opened(1)
    there.sent(1, (1,))
    there.server.execute("UPDATE outbox_row SET kind = 'case', system = 'hub-cases', sequence = NULL, answer = 'V-4'")
    told = (await asked(there.store, whole.of, "m-1-1")).entries
    assert [one.outcome for one in told if one.kind == "sent"] == ["V-4"]


async def test_a_replay_is_to_one_system_and_a_system_with_one_under_way_is_not_taken_away(there):
    await there.dead(1)
    await there.dead(2, system="kommun")
    found = await replays.count(there.store, RowFilter(answer="http:422"))
    assert (found.count, found.systems) == (2, {"centre": 1, "kommun": 1})
    with pytest.raises(Refused, match=r"to 2 systems, .*Say system: centre \(1\), kommun \(1\)"):
        await there.replay(RowFilter(answer="http:422"), 2)
    id_ = await there.replay(RowFilter(system="centre"), 1)
    fewer = content()
    fewer["systems"] = [one for one in fewer["systems"] if one["id"] != "centre"]
    without = Applied(checked(fewer), {})
    with pytest.raises(Refused, match=f"replay {id_} to centre is under way"):
        await put_in_force(there.store, without, what="apply", who="anna", reason="prov", force=True, dry_run=False)
    await replays.undo(there.store, id_, *WHO)
    await put_in_force(there.store, without, what="apply", who="anna", reason="prov", force=True, dry_run=False)


@pytest.mark.parametrize(
    ("wanted", "limits", "words"),
    [
        (RowFilter(system="centre"), Limits(float("nan")), "a rate of up to 1000 a second"),
        (RowFilter(system="centre"), Limits(1.0, 10**11), "up to 100000 cases"),
        (RowFilter(rows=(10**20,)), Limits(), "a row is a number from the list of the dead"),
        (RowFilter(kind="inskrivning"), Limits(), "there is no such message; give one of"),
    ],
)
async def test_what_cannot_be_meant_is_refused_in_words(there, wanted, limits, words):
    with pytest.raises(Refused, match=words):
        await replays.replay(there.store, wanted, *WHO, expected=1, limits=limits)
