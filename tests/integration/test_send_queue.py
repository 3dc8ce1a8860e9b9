"""Whose turn it is, what stands behind a dead row, how much waits: the right answers, and none that costs the whole backlog.

May import ``hub.store``; PostgreSQL is real.
"""

import asyncio

import pytest

from hub.store import backlog, dead_letters, outbox, paused_systems, send_queue, timeline
from tests.shards import unsent_ids

MANY = 20_000
CASE = "0199aaaa-0000-7000-8000-{:012}"
NOTICE = (
    "INSERT INTO outbox_row (id, kind, system, case_id, sequence, source, message, told, accepted_at, due_at, follows)"
    " VALUES (%s, 'notice', 'ehr', %s, %s, 'urn:hsa:a', %s, '{\"case\": \"c\", \"sequence\": 1, \"to\": []}', now(), now(), %s)"
)


def write(server, id_, case, sequence, follows):
    server.execute(NOTICE, (id_, CASE.format(case), sequence, f"m-{id_}", follows))


async def asked(store, question, *values, **named):
    async with store.transaction() as connection:
        return await question(connection, *values, **named)


async def waiting(store):
    return await asked(store, unsent_ids, "ehr")


async def test_what_a_system_must_be_told_first_is_found_back_to_what_it_was_told(store, server):
    for id_, sequence, follows in ((1, 1, 0), (2, 3, 1), (3, 4, 3), (4, 7, 4)):
        write(server, id_, 1, sequence, follows)
    server.execute("UPDATE outbox_row SET state = 'sent', sent_at = now() WHERE id = 1")
    case = CASE.format(1)
    found = await asked(store, send_queue.unsent_up_to, "ehr", [(case, 7)])
    assert sorted(found) == [(case, 2, False), (case, 3, False), (case, 4, False)]
    assert await asked(store, send_queue.unsent_up_to, "another", [(case, 7)]) == []


@pytest.mark.parametrize("ending", [dead_letters.replay, dead_letters.skip])
async def test_what_follows_a_dead_row_stands_behind_it_until_it_is_replayed_or_skipped(store, server, ending):
    which = [1] if ending is dead_letters.replay else 1
    for id_, case, sequence in ((1, 1, 1), (2, 1, 2), (3, 2, 1)):
        write(server, id_, case, sequence, sequence - 1)
    await asked(store, dead_letters.add, 1, "http:400")
    assert await waiting(store) == [3]
    write(server, 4, 1, 3, 2)  # accepted afterwards: nobody knew then that it would have to wait
    assert await waiting(store) == [3, 4]
    found = await asked(store, send_queue.unsent_up_to, "ehr", [(CASE.format(1), 3)])
    assert (CASE.format(1), 2, True) in found
    await asked(store, dead_letters.block_followers, "ehr", [CASE.format(1)])
    assert await waiting(store) == [3]
    assert await asked(store, ending, which)
    assert await waiting(store) == ([1, 2, 3, 4] if ending is dead_letters.replay else [2, 3, 4])
    assert not await asked(store, ending, which)


async def test_a_row_replayed_while_others_are_put_behind_it_holds_nothing_up_for_ever(store, server):
    write(server, 1, 1, 1, 0)
    await asked(store, dead_letters.add, 1, "http:400")
    write(server, 2, 1, 2, 1)
    async with store.transaction() as connection:
        await dead_letters.replay(connection, [1])
        behind = asyncio.create_task(asked(store, dead_letters.block_followers, "ehr", [CASE.format(1)]))
        await asyncio.sleep(0.2)  # it waits for the row's lock
        assert not behind.done()
    await behind
    assert await waiting(store) == [1, 2]


async def test_a_replayed_row_that_died_long_ago_begins_its_schedule_anew(store, server):
    write(server, 1, 1, 1, 0)
    server.execute(
        "UPDATE outbox_row SET state = 'dead', attempts = 90, accepted_at = now() - interval '200 hours',"
        " first_tried_at = now() - interval '199 hours', refused_since = now() - interval '1 hour'"
    )
    await asked(store, dead_letters.replay, [1])
    (row,) = await asked(store, send_queue.rows, [1])
    assert (row.attempts, row.first_tried_at, row.refused_since) == (0, None, None)


async def test_after_a_pause_what_was_tried_before_it_is_tried_from_the_beginning(store, server):
    write(server, 1, 1, 1, 0)
    server.execute("UPDATE outbox_row SET first_tried_at = now() - interval '199 hours'")
    await asked(store, paused_systems.pause, "ehr")
    assert await asked(store, paused_systems.paused) == {"ehr"}
    await asked(store, paused_systems.resume, "ehr")
    (row,) = await asked(store, send_queue.rows, [1])
    assert row.first_tried_at is None


async def test_the_counters_are_what_counting_would_say_whatever_was_done(store, server):
    for id_ in range(1, 9):
        write(server, id_, id_, 1, 0)
    server.execute("UPDATE outbox_row SET system = 'other' WHERE id = 8")
    await asked(store, dead_letters.add, 1, "x")
    await asked(store, dead_letters.add, 2, "x")
    await asked(store, dead_letters.skip, 2)
    first = {one.system: (one.waiting, one.dead) for one in await asked(store, backlog.backlog)}
    assert first == {"ehr": (5, 1), "other": (1, 0)}
    await asked(store, dead_letters.replay, [1])
    server.execute("UPDATE outbox_row SET state = 'sent', sent_at = now() WHERE id IN (3, 4)")
    server.execute("DELETE FROM outbox_row WHERE id = 5")
    both = await asyncio.gather(*(asked(store, backlog.backlog) for _ in range(3)))
    for found in both:
        assert {one.system: (one.waiting, one.dead) for one in found} == {"ehr": (3, 0), "other": (1, 0)}
    server.execute("TRUNCATE outbox_row")
    assert await asked(store, backlog.backlog) == []


async def test_the_oldest_age_is_of_each_system_what_waits_behind_a_dead_row_included(store, server):
    for id_, sequence in ((1, 1), (2, 2)):
        write(server, id_, 1, sequence, sequence - 1)
    server.execute("UPDATE outbox_row SET accepted_at = now() - interval '5 hours'")
    write(server, 3, 2, 1, 0)
    await asked(store, dead_letters.add, 1, "x")
    (found,) = await asked(store, backlog.backlog)
    assert (found.waiting, found.dead) == (2, 1)
    age = server.execute("SELECT now() - %s", (found.oldest,)).fetchone()[0]
    assert 4.9 < age.total_seconds() / 3600 < 5.1


async def test_no_question_on_a_timer_costs_the_backlog(store, server):
    server.execute(
        "INSERT INTO message (source, id, digest, raw, media_type, system, received_at, receipt)"
        " SELECT 'urn:hsa:' || n %% 20, 'm-' || n, decode(repeat('00', 32), 'hex'), 'x', 'application/json', 'ehr', now(),"
        ' \'{"code": "x", "rule": "x", "text": {"en": "x"}}\' FROM generate_series(1, %s) n',
        (MANY,),
    )
    server.execute(
        "INSERT INTO outbox_row (id, kind, system, case_id, sequence, source, message, told, accepted_at, due_at, state, behind)"
        " SELECT n, CASE WHEN n %% 2 = 0 THEN 'notice' ELSE 'receipt' END, 'ehr',"
        " (lpad((n / 8)::text, 32, '0'))::uuid, CASE WHEN n %% 2 = 0 THEN n END, 'urn:hsa:' || n %% 20, 'm-' || n,"
        " '{\"to\": []}', now(), now(), CASE WHEN n %% 1000 = 0 THEN 'dead' ELSE 'waiting' END, n %% 4 = 2 AND n %% 8 = 6"
        " FROM generate_series(1, %s) n",
        (MANY,),
    )
    server.execute("ANALYZE")
    await asked(store, backlog.backlog)
    questions = {
        "systems that wait": (send_queue.systems_waiting, (), {}),
        "systems unsent": (send_queue.systems_unsent, (), {}),
        "waiting": (send_queue.waiting_ids, ("ehr", range(64)), {"after": 0, "limit": 20}),
        "fresh": (send_queue.fresh_ids, ("ehr",), {"after": 0, "limit": 20}),
        "due": (outbox.due, ("another",), {"limit": 20}),
        "backlog": (backlog.backlog, (), {}),
        "chain": (send_queue.unsent_up_to, ("ehr", [(CASE.format(1), 1)]), {}),
        "paused": (paused_systems.paused, (), {}),
        "timeline of a message": (timeline.read, ("m-777",), {}),
        "timeline of a case": (timeline.read, (CASE.format(1),), {}),
    }
    cost = {}
    for name, (question, values, named) in questions.items():
        async with store.transaction() as connection:
            await question(connection, *values, **named)
            row = await (
                await connection.execute("SELECT sum(seq_tup_read + idx_tup_fetch) FROM pg_stat_xact_user_tables")
            ).fetchone()
            cost[name] = int(row[0] or 0)
    assert max(cost.values()) < 200, cost
    found = await asked(store, timeline.read, "m-777")
    assert (len(found.messages), len(found.rows)) == (1, 1)
