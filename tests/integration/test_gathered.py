"""Pieces of work that come at the same time share a transaction, and no piece's error or end is another's. On a real database."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from hub.errors import Unavailable
from hub.store.gathered import GatheredWork
from hub.store.registers import Answers
from hub.store.transaction import Conflict, Store

SOON = datetime.now(UTC) + timedelta(hours=1)


def counting(store, transactions):
    """Divides 100 by each piece, in the database; notes how many pieces each transaction had."""

    async def work(connection, pieces):
        transactions.append(len(pieces))
        found = await connection.execute(
            "SELECT 100 / p FROM unnest(%s::int[]) WITH ORDINALITY AS t (p, n) ORDER BY n", ([*pieces],)
        )
        return [one for (one,) in await found.fetchall()]

    return GatheredWork(store.transaction, work)


async def test_what_comes_together_shares_a_transaction_and_each_gets_its_own_result(store):
    transactions = []
    gathered = counting(store, transactions)
    assert await asyncio.gather(*(gathered.do(n) for n in range(1, 101))) == [100 // n for n in range(1, 101)]
    assert len(transactions) <= 2
    assert await gathered.do(7) == 14, "what comes alone, later, is done as well"


async def test_an_error_is_of_the_piece_that_meets_it_alone(store):
    gathered = counting(store, [])
    found = await asyncio.gather(*(gathered.do(n) for n in (1, 0, 2, 0)), return_exceptions=True)
    assert [one if isinstance(one, int) else type(one).__name__ for one in found] == [
        100,
        "DivisionByZero",
        50,
        "DivisionByZero",
    ]


async def test_who_is_cancelled_takes_nobody_along(store):
    gathered = counting(store, [])
    first, second = asyncio.create_task(gathered.do(1)), asyncio.create_task(gathered.do(2))
    await asyncio.sleep(0)
    first.cancel()
    assert await second == 50
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_while_the_database_is_away_all_are_told(store):
    gathered = counting(store, [])

    async def away(connection, pieces):
        raise Unavailable("database")

    gathered._work = away
    found = await asyncio.gather(gathered.do(1), gathered.do(2), return_exceptions=True)
    assert [type(one) for one in found] == [Unavailable, Unavailable]


async def test_answers_of_registers_are_written_and_read_together_and_of_two_to_one_question_the_last_stands(store):
    answers = Answers(store)
    odd = {"text": 'it\'s "quoted", {braced}, \\ and å', "n": None, "list": [1, [2]]}
    kept = {f"key-{n}": {"n": n} for n in range(50)} | {'odd "key", \\': odd}
    await asyncio.gather(*(answers.put("r", key, answer, SOON) for key, answer in kept.items()))
    await asyncio.gather(
        answers.put("r", "key-1", {"n": "first"}, SOON), answers.put("r", "key-1", {"n": "last"}, SOON)
    )
    await answers.put("r", "past", {}, datetime.now(UTC) - timedelta(seconds=1))
    asked = [*kept, "past", "never"]
    found = dict(zip(asked, await asyncio.gather(*(answers.get("r", key) for key in asked)), strict=True))
    assert found == kept | {"key-1": {"n": "last"}, "past": None, "never": None}
    assert await answers.get("another", "key-2") is None


async def insert(within, *numbers):
    async with within() as connection:
        for number in numbers:
            await connection.execute("INSERT INTO t VALUES (%s)", (number,))


async def test_a_statement_of_its_own_is_committed_at_once_and_the_next_transaction_is_one_again(database):
    store = Store(database, pool=1)  # the same connection each time
    try:
        async with store.statement() as connection:
            await connection.execute("CREATE TABLE t (n int PRIMARY KEY)")
            await connection.execute("INSERT INTO t VALUES (1)")
        with pytest.raises(Conflict):
            await insert(store.statement, 2, 1)
        with pytest.raises(Conflict):
            await insert(store.transaction, 3, 1)
        async with store.transaction() as connection:
            found = await connection.execute("SELECT n FROM t ORDER BY n")
            assert await found.fetchall() == [(1,), (2,)]
    finally:
        await store.close()


async def test_who_waits_for_a_transaction_that_is_broken_off_is_told(store):
    gathered, begun = counting(store, []), asyncio.Event()

    async def hangs(connection, pieces):
        begun.set()
        await asyncio.Event().wait()

    gathered._work = hangs
    waiting = asyncio.create_task(gathered.do(1))
    await begun.wait()
    gathered._under_way.cancel()
    with pytest.raises(Unavailable):
        await waiting
