"""The model of what the intake reads and writes: messages, cases, holds, deadlines. Imports the hub's store and the model."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

from pydantic_core import from_json, to_json

from hub.processes.engine.element import Element
from hub.processes.engine.process import load_case, process_of_case
from hub.processes.engine.rule import LinkableCase
from hub.processes.shared.disclosure import listed
from hub.store import cases, deadline, edits, first_look, held, inbox, person_changes, projections, rows_to_write
from hub.store.first_look import FirstLook
from hub.store.held import Held
from hub.store.inbox import InboxRow
from hub.store.rows_to_write import RowsToWrite
from hub.store.shards import ShardState
from hub.store.transaction import Conflict
from schemas.messages import HUB_SOURCE
from tests.simulate.database import Row, Table, Transaction, Waiting
from tests.simulate.model_of_rows import add_rows, reserve_ids
from tests.simulate.model_of_shards import still_owned
from tests.simulate.statements import instead_of


def tables() -> dict[str, Table]:
    return {
        "message": Table(
            history=lambda row: row["sequence"] and (row["case_id"], row["sequence"]),
            envelope=lambda row: row["row"].envelope and (row["row"].source, row["row"].envelope),
        ),
        "cases": Table(
            ref=lambda row: row["ref"] and (row["system"], row["ref"]),
            sole=lambda row: (row["sole"] and row["status"] == "open" and (row["process"], row["sole"])) or None,
        ),
        "element": Table(),
        "held": Table(),
        "deadline": Table(),
        "person_news": Table(),
    }


# --- messages ---------------------------------------------------------------------------------------------------------


def add_messages(transaction: Transaction, rows: Sequence[InboxRow]) -> Waiting:
    for row in rows:
        yield from transaction.insert("message", (row.source, row.id), {"row": row} | _place(row))


@instead_of(rows_to_write)
def write(transaction: Transaction, *new: RowsToWrite, known: Mapping[int, ShardState] | None = None) -> Waiting:
    owned = (yield from still_owned(transaction, known)) if known else {}
    for one in new:
        match one.type.name:
            case "new_message":
                yield from add_messages(transaction, one.items)
            case "new_case":
                yield from add_cases(transaction, one.items)
            case "changed_case":
                yield from change(transaction, [case for case, *_ in one.items])
            case _:
                yield from add_rows(transaction, one.items, owned if known else None)
    return owned


def _place(row: InboxRow) -> Row:
    return {"case_id": row.case_id, "sequence": row.sequence}


@instead_of(first_look)
def look(
    transaction: Transaction,
    messages: Collection[inbox.Key],
    envelopes: Collection[inbox.Envelope] = (),
    persons: Collection[str] = (),
    queues: Collection[str] = (),
) -> FirstLook:
    seen, came_in = _seen(transaction, messages, envelopes)
    return FirstLook(
        first_id=reserve_ids(transaction),
        seen=seen,
        envelopes=came_in,
        news=latest(transaction, persons),
        queues=bool(held_in(transaction, queues)),
    )


def _seen(transaction: Transaction, keys: Iterable[inbox.Key], envelopes: Iterable[inbox.Envelope]) -> Any:
    found = {key: row["row"] for key in keys if (row := transaction.get("message", key)) is not None}
    messages = {
        key: (row.digest, None if row.receipt is None else from_json(row.receipt)) for key, row in found.items()
    }
    wanted = set(envelopes)
    stored = [row["row"] for _, row in transaction.rows("message")] if wanted else []
    came_in = {(one.source, one.envelope): one.id for one in stored if (one.source, one.envelope) in wanted}
    return messages, came_in


@instead_of(inbox)
def answer(transaction: Transaction, row: InboxRow) -> Waiting:
    key = (row.source, row.id)
    changed = yield from transaction.update(
        "message",
        lambda found: (found["row"].source, found["row"].id) == key and found["row"].receipt is None,
        lambda found: (
            {
                "row": replace(
                    found["row"],
                    name=row.name,
                    case_id=row.case_id,
                    sequence=row.sequence,
                    events=row.events,
                    receipt=row.receipt,
                )
            }
            | _place(row)
        ),
    )
    if not changed:
        raise Conflict("message_answered_once")


@instead_of(inbox, "load")
def load_messages(transaction: Transaction, keys: Sequence[inbox.Key]) -> dict[inbox.Key, InboxRow]:
    found = {key: transaction.get("message", key) for key in keys}
    return {key: replace(row["row"]) for key, row in found.items() if row is not None}


@instead_of(inbox)
def at(transaction: Transaction, numbers: Sequence[tuple[str, int]]) -> dict[tuple[str, int], InboxRow]:
    found = {(row["case_id"], row["sequence"]): row["row"] for _, row in transaction.rows("message")}
    return {place: replace(found[place]) for place in numbers if place in found}


@instead_of(edits)
def edited(transaction: Transaction, keys: Sequence[inbox.Key]) -> set[inbox.Key]:
    """Nobody edits a held message here."""
    _ = transaction, keys
    return set()


@instead_of(edits)
def as_they_came(transaction: Transaction, rows: dict[inbox.Key, InboxRow]) -> dict[inbox.Key, InboxRow]:
    """Each is as it came."""
    _ = transaction
    return dict(rows)


# --- cases ------------------------------------------------------------------------------------------------------------


@instead_of(cases)
def by_ref(transaction: Transaction, refs: Iterable[cases.Ref]) -> dict[cases.Ref, str]:
    wanted = set(refs)
    found = {(row["system"], row["ref"]): id_ for id_, row in transaction.rows("cases")}
    return {ref: found[ref] for ref in sorted(wanted) if ref in found}


@instead_of(cases)
def lock(transaction: Transaction, ids: Iterable[str]) -> Waiting:
    found = [id_ for id_ in sorted(set(ids)) if transaction.get("cases", id_) is not None]
    for id_ in found:
        yield from transaction.lock("cases", id_)
    return {id_: load_case(row["state"]) for id_ in found if (row := transaction.get("cases", id_)) is not None}


@instead_of(cases)
def read(transaction: Transaction, id_: str) -> Any:
    row = transaction.get("cases", id_)
    return None if row is None else load_case(row["state"])


@instead_of(cases)
def persons(transaction: Transaction, ids: Iterable[str]) -> dict[str, tuple[str, list[str]]]:
    found = {id_: transaction.get("cases", id_) for id_ in sorted(set(ids))}
    return {id_: (row["process"], list(_numbers(row))) for id_, row in found.items() if row is not None}


def _numbers(row: Row) -> tuple[str, ...]:
    return tuple(load_case(row["state"]).numbers)


@instead_of(cases)
def lock_persons(transaction: Transaction, wanted: Iterable[tuple[str, str]]) -> Waiting:
    for one in sorted(wanted):
        yield from transaction.advisory_lock(("person", one))


@instead_of(cases)
def open_of(transaction: Transaction, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], set[str]]:
    found: dict[tuple[str, str], set[str]] = {}
    for process, person in sorted(wanted):
        for id_, row in transaction.rows("cases"):
            if row["process"] == process and row["status"] == "open" and person in (*_numbers(row), row["sole"]):
                found.setdefault((process, person), set()).add(id_)
    return found


@instead_of(cases)
def linkable(transaction: Transaction, ids: Iterable[str], persons: Iterable[str]) -> list[LinkableCase]:
    wanted, named = set(persons), set(ids)
    found = []
    for id_, row in transaction.rows("cases"):
        if id_ in named or (row["status"] == "open" and row["person"] in wanted):
            case = load_case(row["state"])
            found.append(
                LinkableCase(id_, row["process"], row["status"], frozenset(case.participants), tuple(case.numbers))
            )
    return found


def add_cases(transaction: Transaction, opened: Sequence[tuple[Any, str, str | None, datetime]]) -> Waiting:
    for case, system, ref, now in opened:
        sole = case.person.get("personnummer") if process_of_case(case).one_open_per_person else None
        row = {"system": system, "ref": ref, "process": case.process, "sole": sole, "opened_at": now} | _state(case)
        yield from transaction.insert("cases", case.id, row)


def _state(case: Any) -> Row:
    return {
        "state": case.dump().decode(),
        "status": case.status,
        "person": case.person.get("personnummer", ""),
        "sequence": case.sequence,
    }


def change(transaction: Transaction, changed: Sequence[Any]) -> Waiting:
    for case in changed:
        yield from transaction.lock("cases", case.id)
        row = transaction.get("cases", case.id)
        assert row is not None
        transaction.changes["cases", case.id] = row | _state(case)


@instead_of(cases)
def elements(transaction: Transaction, wanted: Sequence[tuple[str, str]]) -> list[tuple[str, Element]]:
    found = []
    for (case, address), row in sorted(transaction.rows("element"), key=lambda one: one[0]):
        for of_case, named in wanted:
            if of_case == case and (address.startswith(named) if named.endswith(cases.GOES_ON) else address == named):
                found.append((case, cases.element_of(address, row["version"], from_json(row["state"]))))
    return found


@instead_of(cases)
def put_elements(transaction: Transaction, changed: Sequence[tuple[str, Element]]) -> Waiting:
    for case, one in changed:
        before = transaction.get("element", (case, one.address))
        if before is not None and before["version"] >= one.version:
            raise RuntimeError("an element was changed that was not loaded")
        row = {
            "version": one.version,
            "state": to_json({"state": one.state, "awaited": one.awaited, "removed": one.removed}),
        }
        if before is None:
            yield from transaction.insert("element", (case, one.address), row)
        else:
            yield from transaction.lock("element", (case, one.address))
            transaction.changes["element", (case, one.address)] = row


@instead_of(projections)
def update(transaction: Transaction, changed: Sequence[Any], rewound: Any, known: Any) -> Waiting:
    """The deadlines, all of them at once; who sees a case in which list concerns no delivery."""
    for case in changed:
        case.listed = listed(case)
        if case.id not in rewound:
            continue
        if case.id in known:
            yield from transaction.update("deadline", lambda row, id_=case.id: row["case_id"] == id_, lambda _: None)
        for key, due_at in case.due.items():
            row = {"case_id": case.id, "key": key, "due_at": datetime.fromisoformat(due_at), "put_off": None}
            yield from transaction.insert("deadline", (case.id, key), row)
    return []


@instead_of(deadline)
def due(transaction: Transaction, now: datetime, limit: int) -> list[tuple[str, str, datetime]]:
    passed = [
        (row["put_off"] or row["due_at"], key, row)
        for key, row in transaction.rows("deadline")
        if (row["put_off"] or row["due_at"]) <= now
    ]
    return [
        (row["case_id"], row["key"], row["due_at"]) for _, _, row in sorted(passed, key=lambda one: one[:2])[:limit]
    ]


@instead_of(deadline)
def put_off(transaction: Transaction, rows: Sequence[tuple[str, str, datetime]]) -> Waiting:
    until = {(case, key): at for case, key, at in rows}
    yield from transaction.update(
        "deadline",
        lambda row: (row["case_id"], row["key"]) in until,
        lambda row: {"put_off": until[row["case_id"], row["key"]]},
    )


@instead_of(person_changes)
def latest(transaction: Transaction, persons: Iterable[str]) -> dict[str, datetime]:
    found = {person: transaction.get("person_news", person) for person in persons}
    return {person: row["at"] for person, row in found.items() if row is not None}


# --- holds ------------------------------------------------------------------------------------------------------------


@instead_of(held, "add")
def add_hold(
    transaction: Transaction, key: inbox.Key, case_key: str, reason: str, now: datetime, waits_s: float
) -> Waiting:
    row = {
        "source": key[0], "message": key[1], "case_key": case_key, "reason": reason, "since": now, "reason_since": now,
        "due_at": now + timedelta(seconds=waits_s), "attempts": 0, "id": transaction.next_of("held"),
    }  # fmt: skip
    yield from transaction.insert("held", key, row)


@instead_of(held)
def reschedule(
    transaction: Transaction, key: inbox.Key, case_key: str, reason: str, now: datetime, waits_s: Sequence[float]
) -> Waiting:
    def changed(row: Row) -> Row:
        same = row["reason"] == reason
        number = min(row["attempts"] + 2 if same else 1, len(waits_s))
        return {
            "case_key": case_key,
            "reason": reason,
            "reason_since": row["reason_since"] if same else now,
            "attempts": row["attempts"] + 1 if same else 0,
            "due_at": now + timedelta(seconds=waits_s[number - 1]),
        }

    done = yield from transaction.update("held", lambda row: (row["source"], row["message"]) == key, changed)
    if not done:
        raise Conflict("held_no_more")


@instead_of(held, "end")
def end_holds(transaction: Transaction, keys: Sequence[inbox.Key]) -> Waiting:
    ended = set(keys)
    gone = yield from transaction.update("held", lambda row: (row["source"], row["message"]) in ended, lambda _: None)
    return {row["case_key"] for row, _ in gone}


@instead_of(held)
def rekey(transaction: Transaction, opened: Sequence[tuple[str, str]]) -> Waiting:
    new = dict(opened)
    yield from transaction.update(
        "held", lambda row: row["case_key"] in new, lambda row: {"case_key": new[row["case_key"]]}
    )


@instead_of(held)
def wake(transaction: Transaction, case_keys: Iterable[str], now: datetime) -> Waiting:
    wanted = set(case_keys)
    queues: dict[str, list[int]] = {}
    for _, row in transaction.rows("held"):
        if row["case_key"] in wanted:
            queues.setdefault(row["case_key"], []).append(row["id"])
    first = {id_ for ids in queues.values() for id_ in sorted(ids)[: held.WOKEN]}
    yield from transaction.update(
        "held", lambda row: row["id"] in first, lambda row: {"due_at": min(row["due_at"], now)}
    )


@instead_of(held, "queues")
def held_in(transaction: Transaction, case_keys: Iterable[str]) -> list[Held]:
    wanted = set(case_keys)
    found = [row for _, row in transaction.rows("held") if row["case_key"] in wanted and row["source"] != HUB_SOURCE]
    return [Held(**row) for row in sorted(found, key=lambda row: row["id"])]


@instead_of(held)
def claim(transaction: Transaction, now: datetime, limit: int) -> Waiting:
    """Rows that another transaction has locked are passed over."""
    locks = transaction.server.locks
    free = [
        (row["due_at"], row["id"], key)
        for key, row in transaction.rows("held")
        if row["due_at"] <= now and locks.get(("held", key), {}).keys() <= {transaction}
    ]
    claimed = {id_ for _, id_, _ in sorted(free)[:limit]}
    done = yield from transaction.update(
        "held", lambda row: row["id"] in claimed, lambda _: {"due_at": now + held._CLAIM}
    )
    return sorted((Held(**row) for _, row in done if row is not None), key=lambda one: one.id)


def stored(row: InboxRow) -> Row:
    """A message as plain values, to compare."""
    return asdict(row)
