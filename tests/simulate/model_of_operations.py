"""The model of what operations decides: dead letters, pauses, the trail. Imports the hub's store and the model."""

from __future__ import annotations

from collections.abc import Sequence

from hub.store import dead_letters, operator_log, paused_systems, shards
from tests.simulate.clock import wall
from tests.simulate.database import Row, Table, Transaction, Waiting
from tests.simulate.model_of_rows import Ranges, update_rows
from tests.simulate.statements import INSTEAD, instead_of
from tests.simulate.store import Connection


def tables() -> dict[str, Table]:
    return {"paused": Table(), "operation": Table()}


# --- dead letters -----------------------------------------------------------------------------------------------------


async def _declare_dead(connection: Connection, id_: int, answer: str, said: str = "") -> None:
    def declare(transaction: Transaction) -> Waiting:
        ranges = Ranges(transaction)
        return (
            yield from update_rows(
                transaction,
                lambda row: row["id"] == id_ and ranges.unsent(row),
                lambda row: {"state": "dead", "attempts": row["attempts"] + 1, "answer": answer},
            )
        )

    for row, _ in await connection.run(declare):
        if row["kind"] == "notice":
            await _block_followers(connection, row["system"], [row["case_id"]])


async def _block_followers(connection: Connection, system: str, cases: Sequence[str]) -> None:
    def is_dead(row: Row) -> bool:
        of_these = row["case_id"] in cases and row["system"] == system and row["kind"] == "notice"
        return of_these and row["state"] == "dead"

    def lock_the_dead(transaction: Transaction) -> Waiting:
        dead = []
        for id_ in sorted(id_ for id_, row in transaction.rows("outbox") if is_dead(row)):
            yield from transaction.lock("outbox", id_, share=True)
            row = transaction.get("outbox", id_)
            if row is not None and is_dead(row):
                dead.append((row["case_id"], row["sequence"], id_))
        return dead

    def block(transaction: Transaction) -> Waiting:
        ranges = Ranges(transaction)

        def follows(row: Row) -> bool:
            return any(
                row["case_id"] == case and (row["sequence"] > sequence or row["id"] > id_)
                for case, sequence, id_ in dead
            )

        yield from update_rows(
            transaction,
            lambda row: (
                row["system"] == system
                and row["kind"] == "notice"
                and not row["behind"]
                and follows(row)
                and ranges.unsent(row)
            ),
            lambda _: {"behind": True, "state": "waiting"},
        )

    dead = await connection.run(lock_the_dead)
    await connection.run(block)


async def _replay(connection: Connection, ids: Sequence[int], written: Sequence[int] = ()) -> dict[int, int]:
    assert not written, "no replay here is to another system than each row was to"

    def may_be(ranges: Ranges, row: Row) -> bool:
        return row["id"] in ids and (
            row["state"] in {"dead", "sent"} or (row["state"] == "fresh" and ranges.cover(row))
        )

    def lock(transaction: Transaction) -> Waiting:
        ranges = Ranges(transaction)
        free = []
        for id_ in sorted(id_ for id_, row in transaction.rows("outbox") if may_be(ranges, row)):
            yield from transaction.lock("outbox", id_)
            row = transaction.get("outbox", id_)
            if row is not None and may_be(ranges, row):
                free.append(id_)
        return free

    def again(row: Row) -> Row:
        told = row["told"].replace(b'"replay":false', b'"replay":true')  # a receipt has no such mark
        return {
            "state": "waiting", "attempts": 0, "due_at": wall(), "first_tried_at": None, "refused_since": None,
            "revision": row["revision"] + 1, "told": told,
        }  # fmt: skip

    free = await connection.run(lock)
    changed = await connection.run(lambda transaction: update_rows(transaction, lambda row: row["id"] in free, again))
    await _released(connection, changed)
    return {row["id"]: row["revision"] for _, row in changed}


async def _skip(connection: Connection, id_: int) -> bool:
    return await _released(
        connection,
        await connection.run(
            lambda transaction: update_rows(
                transaction,
                lambda row: row["id"] == id_ and row["state"] == "dead",
                lambda _: {"state": "skipped"},
            )
        ),
    )


async def _released(connection: Connection, changed: Sequence[tuple[Row, Row]]) -> bool:
    for system, case in sorted({(row["system"], row["case_id"]) for row, _ in changed if row["kind"] == "notice"}):
        await _release_followers(connection, system, case)
    await shards.tell(connection, {row["shard"] for row, _ in changed})  # type: ignore[arg-type]
    return bool(changed)


async def _release_followers(connection: Connection, system: str, case: str) -> None:
    def release(transaction: Transaction) -> Waiting:
        def is_of_it(row: Row) -> bool:
            return bool(row["kind"] == "notice" and (row["system"], row["case_id"]) == (system, case))

        dead = [row for _, row in transaction.rows("outbox") if is_of_it(row) and row["state"] == "dead"]

        def is_free(row: Row) -> bool:
            return not any(one["sequence"] < row["sequence"] or one["id"] < row["id"] for one in dead)

        yield from update_rows(
            transaction, lambda row: is_of_it(row) and row["behind"] and is_free(row), lambda _: {"behind": False}
        )

    await connection.run(release)


INSTEAD[dead_letters, "add"] = _declare_dead
INSTEAD[dead_letters, "block_followers"] = _block_followers
INSTEAD[dead_letters, "replay"] = _replay
INSTEAD[dead_letters, "skip"] = _skip


# --- pauses -----------------------------------------------------------------------------------------------------------


@instead_of(paused_systems)
def pause(transaction: Transaction, system: str) -> Waiting:
    if transaction.get("paused", system) is not None:
        return False
    yield from transaction.insert("paused", system, {"system": system})
    return True


@instead_of(paused_systems)
def resume(transaction: Transaction, system: str) -> Waiting:
    done = yield from transaction.update("paused", lambda row: row["system"] == system, lambda _: None)
    yield from update_rows(
        transaction,
        lambda row: row["system"] == system and row["state"] == "waiting" and row["first_tried_at"] is not None,
        lambda _: {"first_tried_at": None, "refused_since": None},
    )
    return bool(done)


@instead_of(paused_systems)
def paused(transaction: Transaction) -> set[str]:
    return {system for system, _ in transaction.rows("paused")}


@instead_of(operator_log)
def record(transaction: Transaction, who: str, what: str, target: str, reason: str) -> Waiting:
    number = transaction.next_of("operation")
    yield from transaction.insert("operation", number, {"what": what, "target": target})
