"""Removes the content of closed cases and of refused messages, and keeps their metadata. Imports psycopg, the rules' case and the store.

What stays of a message: its key, digests, type, system, times, case, number and receipt, so that duplicates are recognised for ever
(D-2); of a notice: to whom it was told, when, with which answer; of a case: its id, process, status, reference and times. The trails
stay as they are. Nothing here waits for a lock that another transaction has: what is taken is left for the next time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import class_row

from hub.processes.engine.case import Case
from hub.store import edits, inbox
from hub.store.inbox import InboxRow, Key
from hub.store.outbox import UNSENT
from hub.store.transaction import array, keys
from schemas.swedish_time import local_day

Connection = AsyncConnection[tuple[Any, ...]]
SETTLED = timedelta(days=1)
"""What was sent more recently may still be in the memory of the process that sent it: its case waits."""


@dataclass(frozen=True, slots=True)
class Closed:
    """A closed case that has all its content."""

    id: str
    opened_by: str
    """The unit that opened it."""
    changed_at: datetime


async def kinds(connection: Connection) -> list[tuple[str, str]]:
    """(system, process) of the closed cases that have their content: one look into the index for each."""
    found = await connection.execute(
        "WITH RECURSIVE each AS ((SELECT system, process FROM cases WHERE status <> 'open' AND gallrad_at IS NULL"
        " ORDER BY system, process LIMIT 1)"
        " UNION ALL SELECT n.system, n.process FROM each CROSS JOIN LATERAL (SELECT c.system, c.process FROM cases c"
        " WHERE c.status <> 'open' AND c.gallrad_at IS NULL AND (c.system, c.process) > (each.system, each.process)"
        " ORDER BY c.system, c.process LIMIT 1) n)"
        " SELECT system, process FROM each"
    )
    return list(await found.fetchall())


async def closed(
    connection: Connection,
    kind: tuple[str, str],
    before: datetime,
    after: tuple[datetime, str] | None,
    limit: int,
) -> list[Closed]:
    """Closed cases of a system and process that changed last before a moment, the oldest first; ``after``: the last one of the page
    before.
    """
    found = await connection.cursor(row_factory=class_row(Closed)).execute(
        "SELECT id::text, state->>'opened_by' AS opened_by, changed_at FROM cases WHERE system = %(system)s"
        " AND process = %(process)s AND status <> 'open' AND gallrad_at IS NULL AND changed_at < %(before)s"
        " AND (%(at)s::timestamptz IS NULL OR (changed_at, id) > (%(at)s, %(id)s::uuid))"
        " ORDER BY changed_at, id LIMIT %(limit)s",
        {
            "system": kind[0],
            "process": kind[1],
            "before": before,
            "at": None if after is None else after[0],
            "id": None if after is None else after[1],
            "limit": limit,
        },
        prepare=False,
    )
    return await found.fetchall()


_AWAITED = (
    "EXISTS (SELECT FROM outbox_row WHERE outbox_row.message = m.id AND outbox_row.source = m.source"
    f" AND kind <> 'notice' AND (state = 'dead' OR {UNSENT}))"
)
"""Whether of a message ``m`` a receipt, a look-up or the hub's own message to another case is not settled."""
_BUSY = (
    "EXISTS (SELECT FROM deadline d WHERE d.case_id = k.id)"  # noqa: S608 - constants
    " OR EXISTS (SELECT FROM held h WHERE h.case_key = k.id::text)"
    " OR EXISTS (SELECT FROM outbox o WHERE o.case_id = k.id AND o.kind = 'notice'"
    "  AND (o.state IN ('waiting', 'dead') OR o.sent_at > %(settled)s))"
    f" OR EXISTS (SELECT FROM message m WHERE m.case_id = k.id AND m.sequence IS NOT NULL AND {_AWAITED})"
    " OR EXISTS (SELECT FROM outbox_row o WHERE o.kind IN ('lookup', 'case') AND o.state = 'waiting' AND o.case_id = k.id)"
)
"""Whether something of a case is not settled: a deadline, a held message, a row that waits, is in its reader's hands or dead, work of
the hub's own.
"""


async def busy(connection: Connection, ids: Sequence[str], now: datetime) -> set[str]:
    """Those of the cases in which something is not settled."""
    found = await connection.execute(
        f"SELECT k.id::text FROM unnest(%(ids)s::uuid[]) AS k (id) WHERE {_BUSY}",  # noqa: S608 - constants
        {"ids": array(ids), "settled": now - SETTLED},
    )
    return {id_ for (id_,) in await found.fetchall()}


@dataclass(frozen=True, slots=True)
class SettledCases:
    """Closed cases under lock in which everything is settled."""

    cases: Sequence[Case]
    """What is kept of each."""
    notices: Sequence[int]
    """Their rows of the outbox."""
    messages: Sequence[InboxRow]


async def take(connection: Connection, due: Sequence[Closed], now: datetime) -> SettledCases:
    """Lock those of the cases that have not changed since they were found, are free and settled, and read their messages."""
    found = await connection.execute(
        "SELECT id::text, process, state->>'profile', status, sequence, state->>'opened_by' FROM cases"
        " JOIN unnest(%s::uuid[], %s::timestamptz[]) AS k (id, changed_at) USING (id, changed_at)"
        " WHERE status <> 'open' AND gallrad_at IS NULL ORDER BY id FOR UPDATE OF cases SKIP LOCKED",
        (array(one.id for one in due), array(one.changed_at.isoformat() for one in due)),
    )
    kept = {
        id_: Case(id_, process, profile, None, status, sequence, opened_by=unit, gallrad=str(local_day(now)))
        for id_, process, profile, status, sequence, unit in await found.fetchall()
    }
    locked = await connection.execute(
        "SELECT id, case_id::text FROM outbox_row WHERE case_id = ANY(%s::uuid[]) AND kind = 'notice'"
        " FOR UPDATE SKIP LOCKED",
        (array(kept),),
    )
    rows = [(id_, case) for id_, case in await locked.fetchall()]
    every = await connection.execute(
        "SELECT id, case_id::text FROM outbox_row WHERE case_id = ANY(%s::uuid[]) AND kind = 'notice'", (array(kept),)
    )
    got = {id_ for id_, _ in rows}
    left = {case for id_, case in await every.fetchall() if id_ not in got} | await busy(connection, list(kept), now)
    cases = [case for id_, case in kept.items() if id_ not in left]
    return SettledCases(
        cases,
        [id_ for id_, case in rows if case not in left],
        await inbox.of_cases(connection, [case.id for case in cases]),
    )


_TOLD = (
    "CASE o.kind WHEN 'notice' THEN json_build_object('gallrad', true, 'to', o.told->'to')"
    " WHEN 'lookup' THEN json_strip_nulls(json_build_object('gallrad', true, 'question', o.told->'question',"
    "  'concerns', o.told->'concerns', 'role', o.told->'role', 'unit', o.told->'unit'))"
    " WHEN 'case' THEN json_build_object('gallrad', true, 'name', o.told->'name') ELSE o.told END"
)
"""What is kept of what a row tells: to whom it went, or what was asked; a receipt and an announcement hold nothing of a body."""
_AS_SENT = (
    f"UPDATE outbox_row o SET told = {_TOLD}, body = NULL, said = NULL, state = v.state, sent_at = v.sent_at,"  # noqa: S608 - constants
    " answer = v.answer, attempts = v.attempts FROM outbox v WHERE v.id = o.id AND v.state IN ('sent', 'skipped')"
)
"""A fresh row says by itself from now on what a range says of it, so that the range can go."""
_BESIDE = (
    "SELECT x.id FROM unnest(%(sources)s::text[], %(ids)s::text[]) AS k (source, message)"
    " JOIN outbox_row x ON x.message = k.message AND x.source = k.source AND x.kind <> 'notice'"
)
_RANGES = (
    "DELETE FROM sent_range r USING (SELECT DISTINCT o.system, s.first FROM outbox_row o CROSS JOIN LATERAL"
    " (SELECT first, last FROM sent_range WHERE system = o.system AND first <= o.id ORDER BY first DESC LIMIT 1) s"
    " WHERE o.id = ANY(%s::bigint[]) AND s.last >= o.id) hit WHERE r.system = hit.system AND r.first = hit.first"
    " AND NOT EXISTS (SELECT FROM outbox_row f WHERE f.system = r.system AND f.state = 'fresh' AND f.id BETWEEN r.first AND r.last)"
)


async def remove_cases(connection: Connection, taken: SettledCases, digests: Sequence[bytes], now: datetime) -> None:
    """Remove the content of cases that were taken. ``digests``: of their messages, as this hub takes them (D-2)."""
    ids = array(case.id for case in taken.cases)
    # First the cases: a trigger lets a message lose its content only when its case has.
    await connection.execute(
        "UPDATE cases c SET gallrad_at = %(now)s, state = n.state::json, person = '', name = '', sort_name = NULL, former = NULL,"
        " sole = NULL, named = NULL, manual = NULL, manual_since = NULL FROM unnest(%(ids)s::uuid[], %(states)s::text[]) AS n (id, state)"
        " WHERE c.id = n.id",
        {"now": now, "ids": ids, "states": [case.dump().decode() for case in taken.cases]},
    )
    for table in ("element", "participation", "calendar"):
        await connection.execute(f"DELETE FROM {table} WHERE case_id = ANY(%s::uuid[])", (ids,))  # noqa: S608 - constants
    await _remove_bodies(connection, [(row.source, row.id) for row in taken.messages], digests, taken.notices)


async def _remove_bodies(
    connection: Connection, messages: Sequence[Key], digests: Sequence[bytes], notices: Sequence[int]
) -> None:
    """Remove what the messages said, and what rows of the outbox say of it."""
    named = {"sources": keys(source for source, _ in messages), "ids": keys(id_ for _, id_ in messages)}
    beside = await connection.execute(_BESIDE, named)
    rows = array(map(str, [*notices, *(id_ for (id_,) in await beside.fetchall())]))
    await connection.execute(f"{_AS_SENT} AND o.id = ANY(%s::bigint[])", (rows,))
    await connection.execute(_RANGES, (rows,))
    await connection.execute(
        "UPDATE message m SET raw = '', attributes = NULL, digest = n.digest,"
        " events = CASE WHEN m.events IS NOT NULL THEN '[]'::json END"
        " FROM unnest(%(sources)s::text[], %(ids)s::text[], %(digests)s::bytea[]) AS n (source, id, digest)"
        " WHERE m.source = n.source AND m.id = n.id",
        named | {"digests": array(f'"\\\\x{digest.hex()}"' for digest in digests)},
    )
    await edits.remove(connection, messages)


# --- refused messages, which stand in no case ----------------------------------------------------------------------------


async def senders(connection: Connection) -> list[str]:
    """The systems of refused and held messages that have their content: one look into the index for each."""
    found = await connection.execute(
        "WITH RECURSIVE each (system) AS ((SELECT system FROM message WHERE sequence IS NULL AND raw <> ''"
        " ORDER BY system LIMIT 1) UNION ALL SELECT (SELECT m.system FROM message m WHERE m.sequence IS NULL AND m.raw <> ''"
        " AND m.system > each.system ORDER BY m.system LIMIT 1) FROM each WHERE each.system IS NOT NULL)"
        " SELECT system FROM each WHERE system IS NOT NULL"
    )
    return [system for (system,) in await found.fetchall()]


@dataclass(frozen=True, slots=True)
class RefusedToRemove:
    """A refused message that has its content."""

    source: str
    id: str
    received_at: datetime


async def refused(
    connection: Connection, system: str, before: datetime, after: RefusedToRemove | None, limit: int
) -> list[RefusedToRemove]:
    """A system's refused messages that came before a moment, the oldest first; held ones are left out."""
    found = await connection.cursor(row_factory=class_row(RefusedToRemove)).execute(
        "SELECT source, id, received_at FROM message WHERE system = %(system)s AND sequence IS NULL AND raw <> ''"
        " AND receipt IS NOT NULL AND received_at < %(before)s"
        " AND (%(at)s::timestamptz IS NULL OR (received_at, source, id) > (%(at)s, %(source)s, %(id)s))"
        " ORDER BY received_at, source, id LIMIT %(limit)s",
        {
            "system": system,
            "before": before,
            "at": None if after is None else after.received_at,
            "source": None if after is None else after.source,
            "id": None if after is None else after.id,
            "limit": limit,
        },
        prepare=False,
    )
    return await found.fetchall()


async def take_refused(connection: Connection, messages: Sequence[Key]) -> list[InboxRow]:
    """Lock those of the messages that are free, and of which nothing waits to be sent or asked."""
    named = {"sources": keys(source for source, _ in messages), "ids": keys(id_ for _, id_ in messages)}
    found = await connection.execute(
        "SELECT m.source, m.id FROM unnest(%(sources)s::text[], %(ids)s::text[]) AS k (source, id)"  # noqa: S608 - constants
        f" JOIN message m USING (source, id) WHERE m.sequence IS NULL AND m.receipt IS NOT NULL AND NOT {_AWAITED}"
        " FOR UPDATE OF m SKIP LOCKED",
        named,
    )
    return list((await inbox.load(connection, list(await found.fetchall()))).values())


async def remove_refused(connection: Connection, messages: Sequence[InboxRow], digests: Sequence[bytes]) -> None:
    """Remove what refused messages said; ``digests`` as in ``remove_cases``."""
    await _remove_bodies(connection, [(row.source, row.id) for row in messages], digests, ())


# --- what is asked ---------------------------------------------------------------------------------------------------------


async def of_notice(connection: Connection, system: str, number: int) -> datetime | None:
    """When the content of what a system was told as ``out-<number>`` was removed, or None."""
    found = await connection.execute(
        "SELECT c.gallrad_at FROM outbox_row o JOIN cases c ON c.id = o.case_id WHERE o.system = %s"
        " AND ((o.id = %s AND o.known_as IS NULL) OR o.known_as = %s) AND c.gallrad_at IS NOT NULL",
        (system, number, number),
    )
    row = await found.fetchone()
    return None if row is None else row[0]


async def waiting(connection: Connection) -> int:
    """How many rows wait for connected systems, from the kept counts."""
    found = await connection.execute(
        "SELECT coalesce(sum(waiting), 0) FROM (SELECT system, waiting FROM outbox_count"
        " UNION ALL SELECT system, waiting FROM outbox_change) n WHERE system NOT LIKE 'unit:%'"
    )
    ((count,),) = await found.fetchall()
    return int(count)


async def word(connection: Connection) -> None:
    """A word with a session, which shows that it is there."""
    await connection.execute("SELECT")
