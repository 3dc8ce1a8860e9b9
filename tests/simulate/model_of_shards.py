"""The model of shards: who owns which at which epoch, and the locks of a session. Imports the hub's store and the model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import psycopg

from hub.store import advisory_locks, sent_marks, shards
from hub.store.advisory_locks import Ownership
from hub.store.sent_marks import Settled
from hub.store.shards import ShardState
from tests.simulate.database import Row, Table, Transaction, Waiting
from tests.simulate.model_of_rows import put_settled, settled
from tests.simulate.statements import INSTEAD, instead_of
from tests.simulate.store import Connection


def tables(number: int) -> dict[str, Table]:
    """``number``: how many shards there are."""
    made = Table()
    made.rows = {id_: {"id": id_, "epoch": 0, "owner": None, "changes": 0} for id_ in range(number)}
    return {"shard": made}


def _state(row: Row) -> ShardState:
    return ShardState(row["epoch"], row["changes"])


@instead_of(shards)
def count(transaction: Transaction) -> int:
    return len(transaction.rows("shard"))


@instead_of(shards)
def states(transaction: Transaction, ids: Iterable[int]) -> dict[int, ShardState]:
    wanted = set(ids)
    return {id_: _state(row) for id_, row in transaction.rows("shard") if id_ in wanted}


@instead_of(shards)
def still_owned(transaction: Transaction, known: Mapping[int, ShardState]) -> Waiting:
    for id_ in sorted(known):
        yield from transaction.advisory_lock(("shard", id_), share=True)
    rows = {id_: transaction.get("shard", id_) for id_ in known}
    return {id_: _state(row) for id_, row in rows.items() if row is not None and row["epoch"] == known[id_].epoch}


def _lock_alone(transaction: Transaction, ids: Iterable[int]) -> Waiting:
    for id_ in sorted(ids):
        yield from transaction.advisory_lock(("shard", id_))


async def _take(connection: Connection, ids: Iterable[int], owner: str) -> tuple[dict[int, ShardState], Settled]:
    wanted = sorted(ids)

    def lock(transaction: Transaction) -> Waiting:
        transaction.lock_timeout_s = shards._WAIT_S
        yield from _lock_alone(transaction, wanted)

    def owners(transaction: Transaction) -> set[str]:
        rows = transaction.rows("shard")
        return {row["owner"] for id_, row in rows if id_ in wanted or row["owner"] == owner} - {None}

    def raise_epoch(transaction: Transaction) -> Waiting:
        changed = yield from transaction.update(
            "shard", lambda row: row["id"] in wanted, lambda row: {"epoch": row["epoch"] + 1, "owner": owner}
        )
        return {row["id"]: _state(row) for _, row in changed}

    await connection.run(lock)
    former = await connection.run(owners)
    taken = await connection.run(raise_epoch)
    return taken, await sent_marks.inherit(connection, owner, sorted(former))  # type: ignore[arg-type]


INSTEAD[shards, "take"] = _take


async def _inherit(connection: Connection, owner: str, owners: list[str]) -> Settled:
    def least(transaction: Transaction) -> Waiting:
        rows = dict(transaction.rows("settled"))
        found: dict[str, int] = {}
        for system in {""} | {name for its, name in rows if its in owners}:
            of_each = [
                min((rows[one, name]["upto"] for name in ("", system) if (one, name) in rows), default=0)
                for one in owners
            ]
            found[system] = min(of_each, default=0)
        yield from transaction.update(
            "settled", lambda row: row["owner"] == owner and row["system"] not in found, lambda _: None
        )
        yield from put_settled(transaction, owner, dict(sorted(found.items())))

    def forget(transaction: Transaction) -> Waiting:
        own = {row["owner"] for _, row in transaction.rows("shard")} | {owner}
        yield from transaction.update("settled", lambda row: row["owner"] not in own, lambda _: None)

    await connection.run(least)
    await connection.run(forget)
    return await connection.run(lambda transaction: settled(transaction, owner))


INSTEAD[sent_marks, "inherit"] = _inherit


async def _change(connection: Connection, cases: Iterable[str]) -> None:
    number = await connection.run(count)
    wanted = {shards.shard_of(case, number) for case in cases}
    if wanted:
        await connection.run(lambda transaction: _lock_alone(transaction, wanted))
        await connection.run(
            lambda transaction: transaction.update(
                "shard", lambda row: row["id"] in wanted, lambda row: {"changes": row["changes"] + 1}
            )
        )


INSTEAD[shards, "change"] = _change


async def tell(connection: Connection, ids: Iterable[int]) -> int:
    if wanted := sorted(set(ids)):
        text = ",".join(map(str, wanted))
        await connection.run(lambda transaction: transaction.notes.append((shards.ROWS_CHANNEL, text)))
    number: int = await connection.run(count)
    return number


INSTEAD[shards, "tell"] = tell


# --- locks of a session -----------------------------------------------------------------------------------------------


async def _try(self: Ownership, connection: Connection, names: list[str], most: int) -> frozenset[str]:
    if connection.session.number != self._session:
        raise psycopg.OperationalError("the locks are another session's")

    def take(transaction: Transaction) -> frozenset[str]:
        taken: list[str] = []
        for name in names:
            if len(taken) < most and transaction.try_session_lock((self._purpose, name)):
                taken.append(name)
        return frozenset(taken)

    return await connection.run(take)


async def _release(self: Ownership, connection: Connection, names: list[str]) -> None:
    await connection.run(
        lambda transaction: transaction.release_session_locks({(self._purpose, name) for name in names})
    )


async def _share(self: Ownership, connection: Connection, number: int) -> frozenset[int]:
    kind = f"{self._purpose}/shares"

    def share(transaction: Transaction) -> frozenset[int]:
        shown = {
            int(name): set(its)
            for (purpose, name), its in transaction.server.advisory.items()
            if purpose == kind and its
        }
        if not any(connection.session in its for its in shown.values()):
            transaction.try_session_lock((kind, number))
        return frozenset({number, *shown})

    return await connection.run(share)


async def _session_of(connection: Connection) -> int:
    return connection.session.number


async def _nothing(*_: Any) -> int:
    return 0


OWNERSHIP = {"_try": _try, "_release": _release, "_share": _share}
INSTEAD[advisory_locks, "_session_of"] = _session_of
INSTEAD[advisory_locks, "end_silent"] = _nothing
INSTEAD[advisory_locks, "check_sessions"] = _nothing
