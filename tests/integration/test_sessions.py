"""Who holds the locks: one hub at a time, on a session of its own, and no longer than it lives (D-3).

May import ``hub.store``, the shards and the relay; PostgreSQL and Kafka are real, the wires to them are ours.
"""

import asyncio

import psycopg
import pytest

from hub.delivery import relay as relays
from hub.delivery.relay import Relay
from hub.errors import Misconfigured, Unavailable
from hub.shards import Shards
from hub.store import advisory_locks as sessions
from hub.store.advisory_locks import Ownership, check_sessions, end_silent
from hub.store.shards import SHARDS
from hub.store.transaction import CONNECT, Store
from tests import stack as parts
from tests.wires import Pooler, Wire

LOCKS = {f"{number}" for number in range(64)}
A_NOTICE = (
    "INSERT INTO outbox_row (id, kind, system, case_id, sequence, source, message, told, accepted_at, due_at, follows)"
    " VALUES (%s, 'notice', 'ehr', '0199aaaa-0000-7000-8000-000000000001', %s, 'urn:hsa:a', 'm-1', '{}', now(), now(), %s)"
)


@pytest.mark.parametrize("behind", [1, 2])
async def test_a_pooler_in_transaction_mode_is_refused_at_the_start_with_a_sentence(database, behind):
    async with Pooler(database, behind) as pooler:
        with pytest.raises(Misconfigured, match=r"pool_mode=transaction.*PostgreSQL itself"):
            await check_sessions(Store(pooler.url))


async def test_a_database_without_a_pooler_is_accepted(store):
    await check_sessions(store)


async def test_all_locks_are_taken_by_one_question_and_by_one_hub_only(store):
    one, other = Ownership(store, "relay"), Ownership(store, "relay")
    asked = []
    original = one._try

    async def counted(*values):
        asked.append(values)
        return await original(*values)

    one._try = counted
    assert await one.hold(LOCKS) == LOCKS
    assert len(asked) == 1
    assert await other.hold(LOCKS) == frozenset()
    await one.close()
    assert await other.hold(LOCKS) == LOCKS
    await other.close()


async def test_a_hub_that_stops_gives_its_locks_back_before_the_server_has_ended_its_session(store, monkeypatch):
    one, other = Ownership(store, "relay"), Ownership(store, "relay")
    await one.hold(LOCKS)
    session = one._connection

    async def not_yet():
        pass

    with monkeypatch.context() as slow:
        slow.setattr(session, "close", not_yet)
        await one.close()
    assert await other.hold(LOCKS) == LOCKS
    await session.close()
    await other.close()


async def test_a_hub_that_says_nothing_loses_its_locks_and_learns_it(store, monkeypatch):
    monkeypatch.setattr(sessions, "_SILENCE_S", 1)  # as one that is stopped, or whose machine has lost its power
    one, other = Ownership(store, "relay"), Ownership(store, "relay")
    await one.hold(LOCKS)
    async with asyncio.timeout(20):
        while await other.hold(LOCKS) != LOCKS:
            await asyncio.sleep(0.1)
    with pytest.raises(Unavailable):
        await one.hold(LOCKS)
    await other.close()


async def test_a_wire_that_goes_silent_gives_the_locks_free_and_the_cut_off_hub_learns_it_by_itself(
    database, store, monkeypatch
):
    monkeypatch.setattr(sessions, "_SILENCE_S", 1)
    monkeypatch.setattr(sessions, "_TIMEOUT_S", 0.5)
    async with Wire(database) as wire:
        far = Store(wire.url, pool=2)
        one, other = Ownership(far, "relay"), Ownership(store, "relay")
        assert await one.hold(LOCKS) == LOCKS
        wire.cut()
        async with asyncio.timeout(30):
            while await other.hold(LOCKS) != LOCKS:
                await asyncio.sleep(0.1)
        with pytest.raises(Unavailable):
            await one.hold(LOCKS)
        assert not one.held
        wire.mend()
        await one.close()
        await other.close()
        await far.close()


async def test_what_a_hub_that_is_stopped_holds_in_mid_work_is_given_free(database, server):
    stopped = Store(database, pool=1)
    async with stopped.transaction() as connection:
        row = await (await connection.execute("SHOW idle_in_transaction_session_timeout")).fetchone()
        assert row == ("15s",)
        await connection.execute("SET idle_in_transaction_session_timeout = '300ms'")

    async def work():
        async with stopped.transaction() as connection:
            await connection.execute("SELECT pg_advisory_xact_lock(1)")
            server.execute("SELECT pg_advisory_lock(1)")  # waits until the server has ended the other
            await connection.execute("SELECT 1")

    with pytest.raises(Unavailable):
        await work()
    await stopped.close()


# --- a hub that is stopped in the midst of a COPY: no time-out of the server's reaches that ------------------------------

ADDS_AN_ELEMENT = "COPY element (case_id, address, version, state) FROM STDIN"


class Stopped:
    """The session of a hub that was stopped when it had begun to write: it holds what it locked, and says no more."""

    def __init__(self, url, *locks, application=CONNECT["application_name"]):
        self.connection = psycopg.connect(url.replace("+psycopg", ""), application_name=application)
        for statement, value in locks:
            self.connection.execute(statement, value)
        self.connection.pgconn.exec_(ADDS_AN_ELEMENT.encode())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.pgconn.finish()


@pytest.fixture
def hurried(monkeypatch):
    monkeypatch.setattr(sessions, "_SILENT_WORK_S", 0.5)


async def test_what_a_hub_stopped_in_the_midst_of_a_copy_has_locked_is_given_free_by_another(
    database, server, store, hurried
):
    server.execute(A_NOTICE, (1, 1, 0))
    other = Ownership(store, "relay")
    with Stopped(database, ("UPDATE outbox_row SET attempts = 7 WHERE id = 1", ())):
        assert await other.ask(end_silent) == 0, "it has only just begun"

        async def ended():
            return await other.ask(end_silent)

        async with store.transaction() as connection:
            waits = asyncio.create_task(
                connection.execute("UPDATE outbox_row SET attempts = attempts + 1 WHERE id = 1")
            )
            await parts.until(ended)
            await waits
    assert server.execute("SELECT attempts FROM outbox").fetchone() == (1,)
    await other.close()


async def test_nobody_is_ended_who_works_who_waits_for_a_lock_or_who_is_no_hub(database, server, store, hurried):
    server.execute(A_NOTICE, (1, 1, 0))
    other = Ownership(store, "relay")
    with Stopped(database, ("SELECT 1 FROM outbox_row WHERE id = 1 FOR UPDATE", ()), application="pg_restore"):
        async with store.transaction() as waiting:
            waits = asyncio.create_task(waiting.execute("SELECT 1 FROM outbox_row WHERE id = 1 FOR UPDATE"))
            async with store.transaction() as working:
                await working.execute("SELECT pg_sleep(1)")
                assert await other.ask(end_silent) == 0
                await working.execute("SELECT 1")
            assert not waits.done()
            server.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'pg_restore'"
                " AND datname = current_database()"
            )
            await waits
    await other.close()


async def test_shards_in_which_a_hub_was_stopped_in_the_midst_of_a_copy_are_taken_over(
    database, store, hurried, monkeypatch
):
    monkeypatch.setattr(relays, "_SCAN_S", 0.5)
    stopped, found = Shards(store, "stopped"), parts.directory()
    await stopped.look()
    with Stopped(database, ("SELECT FROM still_owned(%s, %s)", ([5], [stopped.states([5])[5].epoch]))):
        await stopped.close()  # the session of its ownership was ended: it was silent for long
        other = Shards(store, "other")
        relay = Relay(store, lambda: found, {}, other)
        running = asyncio.create_task(relay.run())
        await parts.until(lambda: len(other.owned) == SHARDS)
        running.cancel()
        await asyncio.wait({running})


@pytest.mark.timeout(120)
async def test_a_case_that_a_stopped_hub_holds_in_mid_copy_goes_on_by_itself_at_the_other_hub(
    database, kafka, tmp_path
):
    async with parts.running(database, kafka.bootstrap, tmp_path) as (hub, _):
        case = (await hub.send(*parts.admission())).json()["case"]
        assert await hub.addressed(case) == "listed"
        with Stopped(database, ("SELECT 1 FROM cases WHERE id = %s FOR UPDATE", (case,))):
            answer = await hub.send(parts.event("samtycke", case), {"outcome": "given"})
            assert answer.json()["code"] == "ok", answer.text

            async def told():
                return [
                    each for each in await hub.notices("centre", case) if each["type"] == "se.samverkan.samtycke.v1"
                ]

            await parts.until(told)
