"""Finds, locks and writes cases. Imports psycopg and the rules' case only.

A case's row is locked while its messages are decided, so that ``sequence`` has no gaps; several cases are locked in order of id.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Sequence
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection

from hub.processes.engine.awaited import Awaited
from hub.processes.engine.case import Case
from hub.processes.engine.element import Element
from hub.processes.engine.process import load_case, process_of_case
from hub.processes.engine.rule import LinkableCase
from hub.store.inbox import uuid_bytes
from hub.store.rows_to_write import RowsToWrite, RowType, int4, text, texts, timestamptz
from hub.store.sort_name import sort_name
from hub.store.transaction import array, keys
from schemas.plain_json import plain_json

Connection = AsyncConnection[tuple[Any, ...]]
Ref = tuple[str, str]
"""(system, the sender's own reference): two systems may use the same reference for different cases."""


async def by_ref(connection: Connection, refs: Iterable[Ref]) -> dict[Ref, str]:
    """Sender's reference → case id, for the references that have a case."""
    wanted = list(refs)
    if not wanted:
        return {}
    found = await connection.execute(
        "SELECT c.system, c.ref, c.id FROM unnest(%s::text[], %s::text[]) AS k (system, ref) JOIN cases c USING (system, ref)"
        " WHERE c.ref IS NOT NULL",
        (keys(r[0] for r in wanted), keys(r[1] for r in wanted)),
    )
    return {(system, ref): str(id_) for system, ref, id_ in await found.fetchall()}


async def lock(connection: Connection, ids: Iterable[str]) -> dict[str, Case]:
    """Id → case, locked until the transaction ends; unknown ids are absent."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    found = await connection.execute(
        "SELECT id, state::text FROM cases WHERE id = ANY(%s::uuid[]) ORDER BY id FOR UPDATE", (array(wanted),)
    )
    return {str(id_): load_case(state) for id_, state in await found.fetchall()}


async def read(connection: Connection, id_: str) -> Case | None:
    """One case, not locked; none where its content has been removed."""
    row = await (
        await connection.execute("SELECT state::text FROM cases WHERE id = %s AND gallrad_at IS NULL", (id_,))
    ).fetchone()
    return None if row is None else load_case(row[0])


async def protected(connection: Connection, ids: Collection[str]) -> list[str]:
    """Of some cases those whose person has a protected identity (C-62)."""
    found = await connection.execute(
        "SELECT id::text FROM cases WHERE id = ANY(%s::uuid[]) AND (state->>'blocked')::boolean", (list(ids),)
    )
    return [id_ for (id_,) in await found.fetchall()]


async def persons(connection: Connection, ids: Iterable[str]) -> dict[str, tuple[str, list[str]]]:
    """Case id → its process, and the personnummer that its person has and had; not locked."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    found = await connection.execute(
        "SELECT id::text, process, person, former FROM cases WHERE id = ANY(%s::uuid[])", (wanted,)
    )
    return {id_: (process, [person, *(former or ())]) for id_, process, person, former in await found.fetchall()}


async def lock_persons(connection: Connection, wanted: Iterable[tuple[str, str]]) -> None:
    """Lock persons in processes, given as (process, personnummer), until the transaction ends; all hubs lock in one order."""
    for process, person in sorted(wanted):
        await connection.execute("SELECT pg_advisory_xact_lock(hashtext(%s), hashtext(%s))", (process, person))


async def open_of(connection: Connection, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], set[str]]:
    """(process, personnummer) → ids of the person's open cases, under a number that the person has or had."""
    pairs = sorted(wanted)
    found = await connection.execute(
        "SELECT k.process, k.person, c.id::text FROM unnest(%s::text[], %s::text[]) AS k (process, person)"
        " JOIN cases c ON c.process = k.process AND c.status = 'open' AND (c.person = k.person OR c.sole = k.person"
        " OR (c.former IS NOT NULL AND c.former @> ARRAY[k.person]))",
        ([process for process, _ in pairs], [person for _, person in pairs]),
    )
    open_cases: dict[tuple[str, str], set[str]] = {}
    for process, person, case in await found.fetchall():
        open_cases.setdefault((process, person), set()).add(case)
    return open_cases


async def linkable(connection: Connection, ids: Iterable[str], persons: Iterable[str]) -> list[LinkableCase]:
    """Cases by id, and the open cases of persons under a number that they have or had; not locked."""
    found = await connection.execute(
        "SELECT id::text, process, status, ARRAY(SELECT json_object_keys(coalesce(state -> 'participants', '{}'))),"
        " person, former FROM cases WHERE id = ANY(%s::uuid[])"
        " OR (status = 'open' AND person = ANY(%s::text[]))",
        (sorted(set(ids)), sorted(set(persons))),
    )
    return [
        LinkableCase(id_, process, status, frozenset(units), (person, *(former or ())))
        for id_, process, status, units, person, former in await found.fetchall()
    ]


async def names(connection: Connection, ids: Iterable[str]) -> dict[str, tuple[str, int | None]]:
    """Case id → the patient's name, and the sequence of the ``narstaende`` that stands; not locked."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    found = await connection.execute(
        "SELECT id::text, name, (state->>'outsiders')::int FROM cases WHERE id = ANY(%s::uuid[])", (wanted,)
    )
    return {id_: (name or "", outsiders) for id_, name, outsiders in await found.fetchall()}


_NEW = RowType(
    "new_case",
    "id uuid, system text, ref text, person text, process text, status text, manual text, sequence integer, state json,"
    " opened_at timestamptz, changed_at timestamptz, name text, archived_at timestamptz, sole text, named text[], month text,"
    " sort_name text, former text[], manual_since timestamptz",
)
_ADD = _NEW.insert("cases")


def new(opened: Sequence[tuple[Case, str, str | None]], now: datetime) -> RowsToWrite:
    """New cases to write, as (case, system, reference that opened it); it raises ``Conflict`` when a reference has a case already."""
    return RowsToWrite(_NEW, [(*one, now) for one in opened], _row_of, _ADD)


def _row_of(opened: tuple[Case, str, str | None, datetime]) -> bytes:
    case, system, ref, opened_at = opened
    now = timestamptz(opened_at)
    process, left = process_of_case(case), _archived_at(case)
    named = process.named_in(case)
    return _NEW.row(
        uuid_bytes(case.id),
        system.encode(),
        text(ref),
        case.person.get("personnummer", "").encode(),
        case.process.encode(),
        case.status.encode(),
        text(_manual(case)),
        int4(case.sequence),
        case.dump(),
        now,
        now,
        _name(case).encode(),
        None if left is None else timestamptz(left),
        text(case.person.get("personnummer")) if process.one_open_per_person else None,
        texts(named) if named else None,
        text(process.counted_in(case)),
        sort_name(_name(case)).encode(),
        texts(case.former_numbers) if case.former_numbers else None,
        None if _manual(case) is None else now,
    )


_CHANGED = RowType(
    "changed_case",
    "id uuid, person text, name text, status text, manual text, sequence integer, archived_at timestamptz, state json,"
    " changed_at timestamptz, named text[], month text, sort_name text, former text[], at timestamptz",
)
_CHANGE = (
    "UPDATE cases c SET person = n.person, name = n.name, status = n.status, manual = n.manual, sequence = n.sequence,"
    " archived_at = n.archived_at, state = n.state, named = n.named, month = n.month, sort_name = n.sort_name, former = n.former,"
    " changed_at = coalesce(n.changed_at, c.changed_at),"
    " manual_since = CASE WHEN n.manual IS NOT NULL THEN CASE WHEN c.manual IS NULL THEN n.at ELSE c.manual_since END END"
    " FROM unnest(%s::changed_case[]) AS n WHERE c.id = n.id"
)


def changed(them: Sequence[Case], seen: Container[str], now: datetime) -> RowsToWrite:
    """Locked cases to write as they are after their messages. ``seen``: ids of the cases that have changed for all; a case with
    nothing but kept acts keeps its time of change, by which the lists are ordered and asked. A case that waits in the manual queue keeps
    the time since when it waits there.
    """
    at = timestamptz(now)
    return RowsToWrite(
        _CHANGED, [(case, at if case.id in seen else None, at) for case in them], _changed_row_of, _CHANGE
    )


def _changed_row_of(changed: tuple[Case, bytes | None, bytes]) -> bytes:
    case, changed_at, now = changed
    process, left, name = process_of_case(case), _archived_at(case), _name(case)
    named = process.named_in(case)
    return _CHANGED.row(
        uuid_bytes(case.id),
        case.person.get("personnummer", "").encode(),
        name.encode(),
        case.status.encode(),
        text(_manual(case)),
        int4(case.sequence),
        None if left is None else timestamptz(left),
        case.dump(),
        changed_at,
        texts(named) if named else None,
        text(process.counted_in(case)),
        sort_name(name).encode(),
        texts(case.former_numbers) if case.former_numbers else None,
        now,
    )


def _name(case: Case) -> str:
    return case.person.get("name", "")


def _archived_at(case: Case) -> datetime | None:
    """When the case leaves the start list (C-54)."""
    left = case.archived
    return None if left is None else datetime.fromisoformat(left)


def _manual(case: Case) -> str | None:
    return case.addressed if case.in_manual_queue else None


async def manual(connection: Connection) -> tuple[int, datetime | None]:
    """The number of cases in the manual queue, and since when the first of them has waited."""
    found = await connection.execute(
        "SELECT count(*), min(coalesce(manual_since, opened_at)) FROM cases WHERE manual IS NOT NULL"
    )
    row = await found.fetchone()
    assert row is not None
    return int(row[0]), row[1]


async def histories(connection: Connection, ids: Sequence[str]) -> dict[str, list[Any]]:
    """Case id → the events of its accepted messages, in order; the case's state is the fold of them."""
    found = await connection.execute(
        "SELECT case_id::text, events FROM message WHERE case_id = ANY(%s::uuid[]) AND sequence IS NOT NULL"
        " ORDER BY case_id, sequence",
        (list(ids),),
    )
    lists: dict[str, list[Any]] = {}
    for case_id, events in await found.fetchall():
        lists.setdefault(case_id, []).append(events)
    return lists


async def asked_before(connection: Connection, then: datetime, limit: int) -> list[tuple[str, str]]:
    """Open cases whose person folkbokforing was last asked about before a time, oldest first: (case id, personnummer)."""
    found = await connection.execute(
        "SELECT id::text, person FROM cases WHERE status = 'open' AND asked_at < %s ORDER BY asked_at LIMIT %s",
        (then, limit),
    )
    return [(id_, person) for id_, person in await found.fetchall()]


async def asked(connection: Connection, ids: Sequence[str], now: datetime) -> None:
    """Write that folkbokforing has been asked about the persons of these cases."""
    await connection.execute("UPDATE cases SET asked_at = %s WHERE id = ANY(%s::uuid[])", (now, list(ids)))


# --- elements: the parts of a case, one row each, so that the case does not grow with them ----------------------------


async def elements(connection: Connection, wanted: Sequence[tuple[str, str]]) -> list[tuple[str, Element]]:
    """The elements of cases at addresses, given as (case, address); an address that ends with ``/`` or a blank stands for all
    that go on from it.
    """
    one = [(case, address) for case, address in wanted if not address.endswith(GOES_ON)]
    all_ = [(case, address) for case, address in wanted if address.endswith(GOES_ON)]
    found = await connection.execute(
        "SELECT e.case_id::text, e.address, e.version, e.state FROM unnest(%s::uuid[], %s::text[]) AS k (case_id, address)"
        " JOIN element e USING (case_id, address)"
        " UNION ALL SELECT e.case_id::text, e.address, e.version, e.state FROM unnest(%s::uuid[], %s::text[], %s::text[])"
        " AS k (case_id, beginning, after) JOIN element e ON e.case_id = k.case_id AND e.address >= k.beginning AND e.address < k.after",
        (
            [case for case, _ in one],
            [address for _, address in one],
            [case for case, _ in all_],
            [address for _, address in all_],
            [address[:-1] + chr(ord(address[-1]) + 1) for _, address in all_],
        ),
    )
    return [(case, element_of(address, version, kept)) for case, address, version, kept in await found.fetchall()]


GOES_ON = ("/", " ")
"""What ends a beginning of addresses."""


def element_of(address: str, version: int, kept: dict[str, Any]) -> Element:
    """An element from its row."""
    awaited = kept["awaited"]
    return Element(
        address, version, kept["state"], None if awaited is None else Awaited(**awaited), removed=kept["removed"]
    )


async def put_elements(connection: Connection, changed: Sequence[tuple[str, Element]]) -> None:
    """Write changed elements of cases. Raises ``RuntimeError`` where an element was changed that had not been loaded
    (``Rule.touches``): its row would be overwritten as if it were new.
    """
    done = await connection.execute(
        "INSERT INTO element (case_id, address, version, state)"
        " SELECT * FROM unnest(%s::uuid[], %s::text[], %s::int[], %s::json[])"
        " ON CONFLICT (case_id, address) DO UPDATE SET version = excluded.version, state = excluded.state"
        " WHERE element.version < excluded.version",
        (
            array(case for case, _ in changed),
            keys(element.address for _, element in changed),
            array(str(element.version) for _, element in changed),
            keys(
                plain_json({"state": one.state, "awaited": one.awaited, "removed": one.removed}).decode()
                for _, one in changed
            ),
        ),
    )
    if done.rowcount != len(changed):
        raise RuntimeError("an element was changed that was not loaded")
