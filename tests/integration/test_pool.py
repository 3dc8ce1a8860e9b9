"""The connections to PostgreSQL: kept, lost, waited for, and found by whatever address an operator writes."""

import asyncio

import psycopg
import pytest

from hub.errors import Misconfigured, Unavailable
from hub.store.transaction import Store, address_of


async def session(store):
    async with store.statement() as connection:
        (found,) = await (await connection.execute("SELECT pg_backend_pid()")).fetchone()
        return found


async def test_a_connection_is_kept_and_one_whose_server_failed_is_not_given_again(database):
    store = Store(database, pool=3)
    first = await session(store)
    assert await session(store) == first
    with pytest.raises(Unavailable):
        async with store.transaction() as connection:
            await connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    assert await session(store) != first
    with pytest.raises(psycopg.errors.DivisionByZero):
        async with store.transaction() as connection:
            await connection.execute("SELECT 1 / 0")
    assert store.pool.in_use == 0
    await store.close()


async def test_there_are_no_more_connections_than_said_and_who_waits_too_long_is_told_so(database):
    store = Store(database, pool=2, wait_s=0.05)
    async with store.transaction(), store.transaction():
        with pytest.raises(Unavailable):
            await session(store)
    assert await session(store)
    await store.close()


async def test_who_is_cancelled_leaves_no_transaction_open_and_no_place_taken(database):
    store = Store(database, pool=1)

    async def sleeps():
        async with store.transaction() as connection:
            await connection.execute("SELECT pg_sleep(60)")

    sleeping = asyncio.create_task(sleeps())
    while not store.pool.in_use:
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)
    sleeping.cancel()
    await asyncio.wait({sleeping})
    assert sleeping.cancelled()
    async with store.transaction() as connection:
        assert await (await connection.execute("SELECT 1")).fetchone() == (1,)
    await store.close()


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("postgres://hub@h/x", "postgresql://hub@h/x"),
        ("postgresql+psycopg://hub:a%2Fb@1.2.3.4:5/x", "postgresql://hub:a%2Fb@1.2.3.4:5/x"),
        ("postgresql://hub:a/b#c?d@h/x?sslmode=require", "postgresql://hub:a%2Fb%23c%3Fd@h/x?sslmode=require"),
        ("postgresql:///x?host=/run/postgresql", "postgresql:///x?host=/run/postgresql"),
        ("postgresql://hub@one:5432,other:5433/x", "postgresql://hub@one:5432,other:5433/x"),
    ],
)
def test_the_address_may_be_written_as_operators_write_it(said, read):
    assert address_of(said) == read


@pytest.mark.parametrize(
    "said", ["", "mysql://h/x", "postgresql+asyncpg://h/x", "postgresql://h/x?no=such", "h:5432/x"]
)
def test_what_is_no_address_is_refused_with_a_sentence(said):
    with pytest.raises(Misconfigured, match="postgresql://user:password@host:5432/name"):
        address_of(said)
