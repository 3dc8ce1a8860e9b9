"""The model of what delivery reads and writes: the outbox, dead letters, pauses, locks. Imports the hub's store and the model."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from hub.store import advisory_locks, dead_letters, operator_log, outbox, paused_systems, send_queue
from hub.store.advisory_locks import Ownership
from hub.store.outbox import OutboxRow
from tests.simulate.clock import wall
from tests.simulate.database import Row, Table, Transaction, Waiting
from tests.simulate.statements import INSTEAD, instead_of
from tests.simulate.store import Connection


def tables() -> dict[str, Table]:
    return {
        "outbox": Table(
            notice=lambda row: (row["kind"] == "notice" and (row["case_id"], row["sequence"], row["system"])) or None
        ),
        "paused": Table(),
        "operation": Table(),
    }


_COLUMNS = (
    "id", "kind", "system", "case_id", "sequence", "source", "message_id", "told", "body", "accepted_at", "due_at", "follows",
)  # fmt: skip
_LATER: Row = {
    "attempts": 0, "first_tried_at": None, "refused_since": None, "revision": 0, "known_as": None, "behind": False, "answer": None,
}  # fmt: skip
_READ = (*_COLUMNS, "attempts", "first_tried_at", "refused_since", "revision", "known_as")


def sendable(row: Row) -> bool:
    return row["state"] == "waiting" and not row["behind"]


def _row(found: Row) -> OutboxRow:
    return OutboxRow(**{name: found[name] for name in _READ})


# --- the outbox -------------------------------------------------------------------------------------------------------


@instead_of(outbox)
def reserve_ids(transaction: Transaction) -> int:
    return transaction.next_of("outbox_block", 100_000)


@instead_of(outbox, "add")
def add_rows(transaction: Transaction, items: Sequence[OutboxRow]) -> Waiting:
    for item in items:
        row = {name: getattr(item, name) for name in _COLUMNS} | _LATER | {"state": "waiting"}
        yield from transaction.insert("outbox", item.id, row)


@instead_of(outbox)
def due(transaction: Transaction, system: str, *, limit: int) -> list[OutboxRow]:
    found = [
        row
        for _, row in transaction.rows("outbox")
        if row["system"] == system
        and row["kind"] in {"lookup", "case"}
        and row["state"] == "waiting"
        and row["due_at"] <= wall()
    ]
    return [_row(row) for row in sorted(found, key=lambda row: (row["due_at"], row["id"]))[:limit]]


@instead_of(outbox)
def bodies(transaction: Transaction, ids: Sequence[int]) -> dict[int, tuple[bytes | None, int]]:
    found = {id_: transaction.get("outbox", id_) for id_ in ids}
    return {id_: (row["body"], row["revision"]) for id_, row in found.items() if row is not None}


@instead_of(outbox)
def unsent(transaction: Transaction, case_id: str) -> list[tuple[int, str, str]]:
    return [
        (id_, row["source"], row["message_id"])
        for id_, row in transaction.rows("outbox")
        if row["case_id"] == case_id and row["kind"] == "notice" and row["state"] in {"waiting", "dead"}
    ]


@instead_of(outbox)
def rewrite(transaction: Transaction, id_: int, body: bytes | None) -> Waiting:
    yield from transaction.update(
        "outbox", lambda row: row["id"] == id_, lambda row: {"body": body, "revision": row["revision"] + 1}
    )


@instead_of(outbox)
def mark_sent(transaction: Transaction, ids: Sequence[int], at: Sequence[datetime], answers: Sequence[str]) -> Waiting:
    transaction.lazy = True
    marks = {id_: (time, answer) for id_, time, answer in zip(ids, at, answers, strict=True)}
    yield from transaction.update(
        "outbox",
        lambda row: row["id"] in marks and row["state"] == "waiting",
        lambda row: {"state": "sent", "answer": marks[row["id"]][1], "attempts": row["attempts"] + 1},
    )


@instead_of(outbox)
def retry(
    transaction: Transaction, items: Sequence[OutboxRow], due_at: datetime, answer: str, said: str = ""
) -> Waiting:
    tried = {item.id: item for item in items}
    yield from transaction.update(
        "outbox",
        lambda row: row["id"] in tried and row["state"] == "waiting",
        lambda row: {
            "due_at": due_at,
            "attempts": row["attempts"] + 1,
            "answer": answer,
            "first_tried_at": tried[row["id"]].first_tried_at,
            "refused_since": tried[row["id"]].refused_since,
        },
    )


@instead_of(outbox)
def done(transaction: Transaction, id_: int, answer: str) -> Waiting:
    yield from transaction.update(
        "outbox",
        lambda row: row["id"] == id_,
        lambda row: {"state": "sent", "attempts": row["attempts"] + 1, "answer": answer},
    )


# --- the order of sending ---------------------------------------------------------------------------------------------


@instead_of(send_queue)
def sendable_ids(transaction: Transaction, system: str, *, after: int, limit: int) -> list[int]:
    found = [
        id_ for id_, row in transaction.rows("outbox") if row["system"] == system and id_ > after and sendable(row)
    ]
    return sorted(found)[:limit]


@instead_of(send_queue)
def sendable_rows(transaction: Transaction, ids: Sequence[int]) -> list[OutboxRow]:
    found = [transaction.get("outbox", id_) for id_ in sorted(set(ids))]
    return [_row(row) for row in found if row is not None and sendable(row)]


@instead_of(send_queue)
def systems_with_rows(transaction: Transaction) -> list[str]:
    return sorted({row["system"] for _, row in transaction.rows("outbox") if sendable(row)})


@instead_of(send_queue)
def unsent_up_to(transaction: Transaction, system: str, last: Sequence[tuple[str, int]]) -> list[tuple[str, int, bool]]:
    by_place = {
        (row["case_id"], row["sequence"]): row
        for _, row in transaction.rows("outbox")
        if row["system"] == system and row["kind"] == "notice"
    }
    found = []
    for case, number in last:
        row = by_place.get((case, number))
        while row is not None:
            blocked = row["state"] == "dead" or row["behind"]
            if row["state"] in {"waiting", "dead"}:
                found.append((case, row["id"], blocked))
            row = None if blocked or row["state"] != "waiting" else by_place.get((case, row["follows"]))
    return found


@instead_of(send_queue)
def changed_rows(transaction: Transaction, known: Sequence[tuple[int, int]]) -> set[int]:
    found = ((id_, revision, transaction.get("outbox", id_)) for id_, revision in known)
    return {id_ for id_, revision, row in found if row is None or not sendable(row) or row["revision"] != revision}


@instead_of(send_queue)
def message_sizes(transaction: Transaction, ids: Sequence[int]) -> dict[int, int]:
    rows = {id_: transaction.get("outbox", id_) for id_ in ids}
    messages = {
        id_: transaction.get("message", (row["source"], row["message_id"]))
        for id_, row in rows.items()
        if row is not None
    }
    return {id_: len(found["row"].raw) for id_, found in messages.items() if found is not None}


# --- dead letters -----------------------------------------------------------------------------------------------------


@instead_of(dead_letters, "add")
def declare_dead(transaction: Transaction, id_: int, answer: str, said: str = "") -> Waiting:
    changed = yield from transaction.update(
        "outbox",
        lambda row: row["id"] == id_ and row["state"] == "waiting",
        lambda row: {"state": "dead", "attempts": row["attempts"] + 1, "answer": answer},
    )
    for row, _ in changed:
        if row["kind"] == "notice":
            yield from block_followers(transaction, row["system"], [row["case_id"]])


@instead_of(dead_letters)
def block_followers(transaction: Transaction, system: str, cases: Sequence[str]) -> Waiting:
    def is_dead(row: Row) -> bool:
        of_these = row["case_id"] in cases and row["system"] == system and row["kind"] == "notice"
        return of_these and row["state"] == "dead"

    first: dict[str, int] = {}
    for id_ in sorted(id_ for id_, row in transaction.rows("outbox") if is_dead(row)):
        yield from transaction.lock("outbox", id_, share=True)
        row = transaction.get("outbox", id_)
        if row is not None and is_dead(row):
            first[row["case_id"]] = min(row["sequence"], first.get(row["case_id"], row["sequence"]))
    yield from transaction.update(
        "outbox",
        lambda row: (
            row["system"] == system
            and row["kind"] == "notice"
            and sendable(row)
            and row["case_id"] in first
            and row["sequence"] > first[row["case_id"]]
        ),
        lambda _: {"behind": True},
    )


@instead_of(dead_letters)
def replay(transaction: Transaction, id_: int) -> Waiting:
    def again(row: Row) -> Row:
        told = row["told"].replace(b'"replay":false', b'"replay":true')  # a receipt has no such mark
        return {
            "state": "waiting", "attempts": 0, "due_at": wall(), "first_tried_at": None, "refused_since": None,
            "revision": row["revision"] + 1, "told": told,
        }  # fmt: skip

    changed = yield from transaction.update("outbox", lambda row: row["id"] == id_ and row["state"] == "dead", again)
    yield from _release(transaction, changed)
    return bool(changed)


@instead_of(dead_letters)
def skip(transaction: Transaction, id_: int) -> Waiting:
    changed = yield from transaction.update(
        "outbox", lambda row: row["id"] == id_ and row["state"] == "dead", lambda _: {"state": "skipped"}
    )
    yield from _release(transaction, changed)
    return bool(changed)


def _release(transaction: Transaction, changed: Sequence[tuple[Row, Row | None]]) -> Waiting:
    for freed, _ in changed:
        if freed["kind"] == "notice":
            yield from _release_followers(transaction, freed["system"], freed["case_id"])


def _release_followers(transaction: Transaction, system: str, case: str) -> Waiting:
    def is_of_it(row: Row) -> bool:
        return bool(row["kind"] == "notice" and (row["system"], row["case_id"]) == (system, case))

    dead = [row["sequence"] for _, row in transaction.rows("outbox") if is_of_it(row) and row["state"] == "dead"]
    first = min(dead, default=None)
    yield from transaction.update(
        "outbox",
        lambda row: is_of_it(row) and row["behind"] and (first is None or row["sequence"] < first),
        lambda _: {"behind": False},
    )


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
    yield from transaction.update(
        "outbox",
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


# --- locks of a session -----------------------------------------------------------------------------------------------


async def _try(self: Ownership, connection: Connection, names: set[str]) -> frozenset[str]:
    def take(transaction: Transaction) -> frozenset[str]:
        return frozenset(name for name in sorted(names) if transaction.try_session_lock((self._purpose, name)))

    return await connection.run(take)


async def _session_of(connection: Connection) -> int:
    return connection.session.number


async def _nothing(*_: Any) -> int:
    return 0


OWNERSHIP = {"_try": _try}
INSTEAD[advisory_locks, "_session_of"] = _session_of
INSTEAD[advisory_locks, "end_silent"] = _nothing
INSTEAD[advisory_locks, "check_sessions"] = _nothing
