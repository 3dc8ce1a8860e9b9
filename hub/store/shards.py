"""Shards: the parts into which the cases are divided among the hub's processes. Imports psycopg, the transaction, the
marks and the running hubs only.

A process that owns a shard writes its rows of the outbox, and the marks of what is sent, under the shard's writing lock, which is
shared; who takes a shard over takes that lock alone, so that nothing of the former owner is under way, and raises the epoch, so
that nothing of it comes later.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from psycopg import AsyncConnection

from hub.errors import Misconfigured
from hub.store import sent_marks
from hub.store.running_hubs import reported
from hub.store.sent_marks import Settled
from hub.store.transaction import array

Connection = AsyncConnection[tuple[Any, ...]]
SHARDS = 64
"""How many a new database has (``count``, ``set_count``)."""
ROWS_CHANNEL = "hub_rows"
"""On this channel a process tells of rows that it wrote for shards of others: their numbers, with commas between."""
_NOBODY = "nobody"
"""The owner of shards that have been divided anew: what was settled in the former ones is kept under this name."""
_WAIT_S = 2
"""Seconds to wait for what the former owner has under way, before the taking over is tried again."""


def shard_of(case_id: str, count: int) -> int:
    """The shard of a case: of the last 16 bits of its id, which are random."""
    return int(case_id[-4:], 16) % count


@dataclass(frozen=True, slots=True)
class ShardState:
    """How a shard stands in the table."""

    epoch: int
    """How often it has been taken over."""
    changes: int
    """How often rows in it have been changed by another than the lanes of its owner."""


async def count(connection: Connection) -> int:
    """How many shards this database has."""
    ((number,),) = await (await connection.execute("SELECT count(*) FROM shard")).fetchall()
    return int(number)


async def set_count(connection: Connection, wanted: int) -> None:
    """Divide the cases into so many shards. Raises ``Misconfigured`` when there are others and a hub runs by them.

    A hub that was stopped and continues finds later epochs, and another ``count``.
    """
    await connection.execute("SELECT pg_advisory_xact_lock(hashtext('shard'), -1)")  # of hubs that start, one does this
    if (number := await count(connection)) == wanted:
        return
    if running := [one.id for one in await reported(connection) if not one.silent]:
        raise Misconfigured(
            f"HUB_SHARDS={wanted}, but the database has {number} shards and these hubs run by them: {', '.join(running)};"
            " stop every hub first"
        )
    await _lock_alone(connection, list(range(number)))
    found = await connection.execute("SELECT DISTINCT owner FROM shard WHERE owner IS NOT NULL ORDER BY owner")
    former = [owner for (owner,) in await found.fetchall()]
    await connection.execute("INSERT INTO shard (id) SELECT generate_series(%s::int, %s::int)", (number, wanted - 1))
    await connection.execute("DELETE FROM shard WHERE id >= %s", (wanted,))
    await connection.execute("UPDATE shard SET epoch = epoch + 1, owner = %s", (_NOBODY,))
    await sent_marks.inherit(connection, _NOBODY, former)
    await connection.execute(
        "UPDATE outbox_row o SET shard = n.shard FROM (SELECT id,"
        " coalesce(('x' || right(case_id::text, 4))::bit(16)::int, 0) %% %s AS shard FROM outbox_row) n"
        " WHERE n.id = o.id AND n.shard <> o.shard",
        (wanted,),
    )


async def take(connection: Connection, ids: Iterable[int], owner: str) -> tuple[dict[int, ShardState], Settled]:
    """Take shards over, whose ownership locks the caller's process holds, at a new epoch; return them, and what is settled in all
    shards of the owner: also in those that the table gives it and that it may have lost. Raises ``Unavailable`` while something of
    the former owner is under way.
    """
    wanted = sorted(ids)
    await connection.execute(f"SET LOCAL lock_timeout = '{_WAIT_S}s'")
    await _lock_alone(connection, wanted)
    found = await connection.execute(
        "SELECT DISTINCT owner FROM shard WHERE owner IS NOT NULL AND (id = ANY(%s) OR owner = %s)", (wanted, owner)
    )
    former = sorted(one for (one,) in await found.fetchall())
    found = await connection.execute(
        "UPDATE shard SET epoch = epoch + 1, owner = %s WHERE id = ANY(%s) RETURNING id, epoch, changes",
        (owner, wanted),
    )
    taken = {id_: ShardState(epoch, changes) for id_, epoch, changes in await found.fetchall()}
    return taken, await sent_marks.inherit(connection, owner, former)


async def states(connection: Connection, ids: Iterable[int]) -> dict[int, ShardState]:
    """How these shards stand."""
    found = await connection.execute("SELECT id, epoch, changes FROM shard WHERE id = ANY(%s)", (list(ids),))
    return states_of(await found.fetchall())


async def still_owned(connection: Connection, known: Mapping[int, ShardState]) -> dict[int, ShardState]:
    """Those of the shards that the caller took at these epochs and that nobody has taken since, as they stand now. Nobody takes
    them, or changes rows in them (``change``), before the caller's transaction ends.
    """
    if not known:
        return {}
    return states_of(await (await connection.execute(STILL_OWNED, epochs_of(known))).fetchall())


STILL_OWNED = "SELECT id, epoch, changes FROM still_owned(%s::smallint[], %s::integer[])"


def epochs_of(known: Mapping[int, ShardState]) -> tuple[str, str]:
    """The values of ``STILL_OWNED``."""
    return array(map(str, known)), array(str(one.epoch) for one in known.values())


def states_of(rows: Iterable[tuple[int, int, int]]) -> dict[int, ShardState]:
    """Its answer."""
    return {id_: ShardState(epoch, changes) for id_, epoch, changes in rows}


async def change(connection: Connection, cases: Iterable[str]) -> None:
    """Tell the owners of these cases' shards to read their rows again: the caller's transaction changes rows that an owner may
    have in memory. Call it before the rows are read; until the transaction ends no owner marks any of them as sent.
    """
    number = await count(connection)
    await change_shards(connection, {shard_of(case, number) for case in cases})


async def change_shards(connection: Connection, ids: Iterable[int]) -> None:
    """The same of all rows of some shards, also those that are of no case."""
    if wanted := sorted(set(ids)):
        await _lock_alone(connection, wanted)
        await connection.execute("UPDATE shard SET changes = changes + 1 WHERE id = ANY(%s)", (wanted,))


async def tell(connection: Connection, ids: Iterable[int]) -> int:
    """Tell the owners of shards, when the transaction has ended, that there are rows for them in the table; return ``count``."""
    if wanted := ",".join(map(str, sorted(set(ids)))):
        found = await connection.execute("SELECT count(*), pg_notify(%s, %s) FROM shard", (ROWS_CHANNEL, wanted))
        ((number, _),) = await found.fetchall()
        return int(number)
    return await count(connection)


async def _lock_alone(connection: Connection, ids: list[int]) -> None:
    await connection.execute(
        "SELECT pg_advisory_xact_lock(hashtext('shard'), k.id) FROM (SELECT unnest(%s::int[]) AS id ORDER BY 1) k",
        (ids,),
    )
