"""The model of the outbox: rows, ranges of sent rows, counts, and the order of sending. Imports the hub's store and the model.

A fresh row is sent when a range covers it; what a statement asks of the ranges it asks as of its beginning, as in PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import psycopg

from hub.store import outbox, replays, send_queue, sent_marks
from hub.store.outbox import BLOCK, OutboxRow
from hub.store.send_queue import FreshId
from hub.store.sent_marks import SentRange, Settled
from tests.simulate.clock import wall
from tests.simulate.database import Row, Table, Transaction, Waiting
from tests.simulate.statements import instead_of


def tables() -> dict[str, Table]:
    return {
        "outbox": Table(
            notice=lambda row: (row["kind"] == "notice" and (row["case_id"], row["sequence"], row["system"])) or None
        ),
        "sent_range": Table(),
        "settled": Table(),
        "count": Table(),
    }


_COLUMNS = (
    "id", "kind", "system", "case_id", "sequence", "source", "message_id", "told", "body", "accepted_at", "due_at", "follows",
    "shard",
)  # fmt: skip
_LATER: Row = {
    "attempts": 0, "first_tried_at": None, "refused_since": None, "revision": 0, "known_as": None, "behind": False, "answer": None,
}  # fmt: skip
_READ = (*_COLUMNS, "attempts", "first_tried_at", "refused_since", "revision", "known_as")


def waits(row: Row) -> bool:
    return row["state"] == "waiting" and not row["behind"]


class Ranges:
    """The ranges as of one moment."""

    def __init__(self, transaction: Transaction) -> None:
        self._of: dict[str, list[tuple[int, int]]] = {}
        for (system, first), row in transaction.rows("sent_range"):
            self._of.setdefault(system, []).append((first, row["last"]))

    def cover(self, row: Row) -> bool:
        found = [one for one in self._of.get(row["system"], ()) if one[0] <= row["id"]]
        return bool(found) and max(found)[1] >= row["id"]

    def unsent(self, row: Row) -> bool:
        """Not sent, nor dead or skipped."""
        return row["state"] == "waiting" or (row["state"] == "fresh" and not self.cover(row))

    def state(self, row: Row) -> str:
        """As the view shows it."""
        return row["state"] if row["state"] != "fresh" else "sent" if self.cover(row) else "waiting"


# --- counts -----------------------------------------------------------------------------------------------------------


def count(transaction: Transaction, system: str, waiting: int) -> Waiting:
    """What a transaction adds to the count of a system's unsent rows; nobody waits for a counter."""
    if waiting:
        yield from transaction.insert("count", transaction.next_of("count"), {"system": system, "waiting": waiting})


def update_rows(transaction: Transaction, where: Callable[[Row], Any], change: Callable[[Row], Row]) -> Waiting:
    """Change rows, and the counts with them."""
    ranges = Ranges(transaction)
    done = yield from transaction.update("outbox", where, change)
    for before, after in done:
        yield from count(
            transaction, before["system"], (after["state"] in {"fresh", "waiting"}) - ranges.unsent(before)
        )
    return done


# --- rows -------------------------------------------------------------------------------------------------------------


@instead_of(outbox)
def reserve_ids(transaction: Transaction) -> int:
    return transaction.next_of("outbox_block", BLOCK)


@instead_of(outbox, "add")
def add_rows(transaction: Transaction, items: Sequence[OutboxRow], owned: Container[int] | None = None) -> Waiting:
    for item in items:
        state = "fresh" if item.fresh and (owned is None or item.shard in owned) else "waiting"
        row = {name: getattr(item, name) for name in _COLUMNS} | _LATER | {"state": state}
        yield from transaction.insert("outbox", item.id, row)
        yield from count(transaction, item.system, 1)


def _row(found: Row, **more: Any) -> OutboxRow:
    return OutboxRow(**{name: found[name] for name in _READ}, **more)


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
    ranges = Ranges(transaction)
    return [
        (id_, row["source"], row["message_id"])
        for id_, row in transaction.rows("outbox")
        if row["case_id"] == case_id and row["kind"] == "notice" and ranges.state(row) in {"waiting", "dead"}
    ]


@instead_of(outbox)
def rewrite(transaction: Transaction, id_: int, body: bytes | None) -> Waiting:
    yield from update_rows(transaction, lambda row: row["id"] == id_, lambda row: {"body": body})


@instead_of(outbox)
def mark_sent(
    transaction: Transaction, rows: Sequence[tuple[int, int]], at: Sequence[datetime], answers: Sequence[str]
) -> Waiting:
    marks = dict(zip(rows, answers, strict=True))
    done = yield from update_rows(
        transaction,
        lambda row: (row["id"], row["revision"]) in marks and row["state"] in {"fresh", "waiting"},
        lambda row: {
            "state": "sent",
            "behind": False,
            "answer": marks[row["id"], row["revision"]],
            "attempts": row["attempts"] + 1,
        },
    )
    return {before["id"] for before, _ in done}


@instead_of(replays)
def sent_after_all(transaction: Transaction, *_: Any) -> set[int]:
    """Nobody undoes a replay here."""
    return set()


@instead_of(outbox)
def retry(
    transaction: Transaction, items: Sequence[OutboxRow], due_at: datetime, answer: str, said: str = ""
) -> Waiting:
    tried = {item.id: item for item in items}
    yield from update_rows(
        transaction,
        lambda row: row["id"] in tried and row["state"] in {"fresh", "waiting"},
        lambda row: {
            "state": "waiting",
            "due_at": due_at,
            "attempts": row["attempts"] + 1,
            "answer": answer,
            "first_tried_at": tried[row["id"]].first_tried_at,
            "refused_since": tried[row["id"]].refused_since,
        },
    )


@instead_of(outbox)
def done(transaction: Transaction, id_: int, answer: str) -> Waiting:
    yield from update_rows(
        transaction,
        lambda row: row["id"] == id_,
        lambda row: {"state": "sent", "attempts": row["attempts"] + 1, "answer": answer},
    )


# --- the order of sending ---------------------------------------------------------------------------------------------


@instead_of(send_queue)
def fresh_ids(transaction: Transaction, system: str, *, after: int, limit: int) -> list[FreshId]:
    ranges = Ranges(transaction)
    rows = [
        row
        for _, row in transaction.rows("outbox")
        if row["system"] == system and row["state"] == "fresh" and row["id"] > after
    ]
    found: list[FreshId] = []
    for row in sorted(rows, key=lambda row: row["id"])[:limit]:
        before = found[-1].id if found else 0
        of_one = before and (before - 1) // BLOCK == (row["id"] - 1) // BLOCK
        found.append(FreshId(row["id"], row["shard"], before if of_one else 0, ranges.cover(row)))
    return found


@instead_of(send_queue)
def waiting_ids(transaction: Transaction, system: str, shards: Collection[int], *, after: int, limit: int) -> list[int]:
    wanted = set(shards)
    found = [
        id_
        for id_, row in transaction.rows("outbox")
        if row["system"] == system and id_ > after and row["shard"] in wanted and waits(row)
    ]
    return sorted(found)[:limit]


@instead_of(send_queue, "rows")
def rows_to_send(transaction: Transaction, ids: Sequence[int]) -> list[OutboxRow]:
    found = [transaction.get("outbox", id_) for id_ in sorted(set(ids))]
    return [
        _row(row, fresh=row["state"] == "fresh")
        for row in found
        if row is not None and (row["state"] == "fresh" or waits(row))
    ]


@instead_of(send_queue)
def systems_waiting(transaction: Transaction, shards: Collection[int] | None = None) -> list[str]:
    return sorted(
        {
            row["system"]
            for _, row in transaction.rows("outbox")
            if waits(row) and (shards is None or row["shard"] in shards)
        }
    )


@instead_of(send_queue)
def systems_unsent(transaction: Transaction) -> list[str]:
    sums: dict[str, int] = {}
    for _, row in transaction.rows("count"):
        sums[row["system"]] = sums.get(row["system"], 0) + row["waiting"]
    return sorted(system for system, number in sums.items() if number)


@instead_of(send_queue)
def unsent_up_to(transaction: Transaction, system: str, last: Sequence[tuple[str, int]]) -> list[tuple[str, int, bool]]:
    ranges = Ranges(transaction)
    by_place = {
        (row["case_id"], row["sequence"]): row
        for _, row in transaction.rows("outbox")
        if row["system"] == system and row["kind"] == "notice"
    }
    found = []
    for case, number in last:
        row = by_place.get((case, number))
        while row is not None:
            unsent, blocked = ranges.unsent(row), row["state"] == "dead" or row["behind"]
            if unsent or row["state"] == "dead":
                found.append((case, row["id"], blocked))
            row = by_place.get((case, row["follows"])) if unsent and not row["behind"] else None
    return found


@instead_of(send_queue)
def message_sizes(transaction: Transaction, ids: Sequence[int]) -> dict[int, int]:
    rows = {id_: transaction.get("outbox", id_) for id_ in ids}
    messages = {
        id_: transaction.get("message", (row["source"], row["message_id"]))
        for id_, row in rows.items()
        if row is not None
    }
    return {id_: len(found["row"].raw) for id_, found in messages.items() if found is not None}


# --- marks ------------------------------------------------------------------------------------------------------------


@instead_of(sent_marks, "add")
def add_ranges(transaction: Transaction, ranges: Sequence[SentRange]) -> Waiting:
    for one in ranges:
        try:
            yield from transaction.insert("sent_range", (one.system, one.first), asdict(one))
        except psycopg.errors.UniqueViolation:
            continue  # it is there already
        yield from count(transaction, one.system, -one.rows)


@instead_of(sent_marks)
def settle(transaction: Transaction, owner: str, now: Settled, known: Collection[int]) -> Waiting:
    if any(row["owner"] == owner and row["id"] not in known for _, row in transaction.rows("shard")):
        return
    kept = {"": now.upto, **now.behind}
    yield from transaction.update(
        "settled", lambda row: row["owner"] == owner and row["system"] not in kept, lambda _: None
    )
    yield from put_settled(transaction, owner, kept)


@instead_of(sent_marks)
def settled(transaction: Transaction, owner: str) -> Settled:
    behind = {system: row["upto"] for (its, system), row in transaction.rows("settled") if its == owner}
    return Settled(behind.pop("", 0), behind)


def put_settled(transaction: Transaction, owner: str, kept: dict[str, int]) -> Waiting:
    for system, upto in kept.items():
        key, row = (owner, system), {"owner": owner, "system": system, "upto": upto}
        if transaction.get("settled", key) is None:
            yield from transaction.insert("settled", key, row)
        else:
            yield from transaction.lock("settled", key)
            transaction.changes["settled", key] = row
