"""Notices that their system fetches itself: what may be given, what is in a reader's hands, what is acknowledged (delivery.md §3).
Imports psycopg, the outbox and the dead letters only.

A case is in one reader's hands at a time: until all that the reader was given of it is acknowledged, or its time is over. No cursor
hides anything: what may be given is asked of the table each time, so a row that commits later with a lower id is given like any other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import class_row, dict_row

from hub.store import dead_letters, send_queue
from hub.store.outbox import ROW_COLUMNS, UNSENT, WAITING, OutboxRow, row_from

Connection = AsyncConnection[tuple[Any, ...]]
CHANNEL = "hub_inbox"
"""On this channel a process tells of systems to which something may be given."""
ACKNOWLEDGED, READ = "acknowledged", "read"
"""What the receiver has said of a row (``outbox.answer``); ``READ`` stands behind the way's own answer, with its time."""

_KEY = "CASE WHEN o.kind = 'notice' THEN o.case_id::text ELSE '#' || o.id END"
_FREE = (
    f"{WAITING} AND NOT EXISTS"  # noqa: S608 - constants
    f" (SELECT 1 FROM in_hand h WHERE h.system = o.system AND h.key = {_KEY} AND h.until > now())"
)


_FREE_FOR = (
    f"{WAITING} AND NOT EXISTS (SELECT 1 FROM in_hand h WHERE h.system = o.system AND h.key = {_KEY} AND h.until > now()"  # noqa: S608
    " AND (h.id = o.id OR h.reader <> %(reader)s::uuid OR o.revision = 0))"
)


async def lock(connection: Connection, system: str) -> None:
    """One reader of the system at a time is given notices, until the transaction ends."""
    await connection.execute("SELECT pg_advisory_xact_lock(hashtext('in_hand'), hashtext(%s))", (system,))


async def renew(connection: Connection, system: str, reader: str, lease_s: float) -> None:
    """Let the reader keep what it has, for its full time again; of that what waits to be acknowledged still: what was put back or
    given up meanwhile is held by nobody when its time is over.
    """
    await connection.execute(
        "UPDATE in_hand SET until = now() + make_interval(secs => %s) WHERE system = %s AND reader = %s AND until > now()"  # noqa: S608
        f" AND EXISTS (SELECT FROM outbox_row o WHERE o.id = in_hand.id AND {UNSENT})",
        (lease_s, system, reader),
    )


async def count(connection: Connection, system: str) -> int:
    """How many rows are in the hands of the system's readers."""
    found = await connection.execute("SELECT count(*) FROM in_hand WHERE system = %s AND until > now()", (system,))
    ((number,),) = await found.fetchall()
    return int(number)


async def free(connection: Connection, system: str, reader: str, limit: int) -> list[OutboxRow]:
    """Rows that may be given to a reader now: whole cases from their first row that waits, each in order, the oldest cases first. Of a case
    of which it has something in its hands it is given what is replayed and goes before that: it would keep that from itself.
    """
    found = await connection.execute(
        f"SELECT o.id, o.kind, o.case_id::text FROM outbox_row o WHERE o.system = %(system)s AND {_FREE_FOR} ORDER BY o.id LIMIT %(limit)s",  # noqa: S608
        {"system": system, "reader": reader, "limit": limit},
    )
    first = await found.fetchall()
    cases = list(dict.fromkeys(case for _, kind, case in first if kind == "notice"))
    others = await send_queue.rows(connection, [id_ for id_, kind, _ in first if kind != "notice"])
    return [*others, *await _of_cases(connection, system, cases)][:limit]


async def _of_cases(connection: Connection, system: str, cases: Sequence[str]) -> list[OutboxRow]:
    """The rows of each case up to the first that is dead; what was written behind it since is marked as waiting for it (D-6). Nor is
    given what follows a row that a reader has, or that a lane may still be sending: it was written while the system had another way.
    """
    if not cases:
        return []
    cursor = connection.cursor(row_factory=dict_row)
    selected = await cursor.execute(
        f"SELECT {ROW_COLUMNS}, state = 'dead' OR behind AS blocked, state = 'fresh' OR EXISTS"  # noqa: S608
        " (SELECT FROM in_hand h WHERE h.id = outbox_row.id AND h.until > now()) AS with_another FROM outbox_row"
        " WHERE case_id = ANY(%s::uuid[]) AND system = %s AND kind = 'notice'"
        " AND (state IN ('waiting', 'dead') OR (state = 'fresh' AND NOT is_sent(system, id)))"
        " ORDER BY array_position(%s::uuid[], case_id), sequence",
        (list(cases), system, list(cases)),
    )
    found: list[OutboxRow] = []
    blocked: list[str] = []
    for case, rows in groupby(await selected.fetchall(), key=lambda columns: str(columns["case_id"])):
        for columns in rows:
            is_blocked, with_another = columns.pop("blocked"), columns.pop("with_another")
            if is_blocked:
                blocked.append(case)
            if is_blocked or with_another:
                break
            found.append(row_from(columns))
    if blocked:
        await dead_letters.block_followers(connection, system, blocked)
    return found


async def give(connection: Connection, rows: Sequence[OutboxRow], reader: str, lease_s: float) -> dict[int, int]:
    """Put rows into a reader's hands; row id → how often it has been given."""
    found = await connection.execute(
        f"INSERT INTO in_hand AS h (id, system, key, reader, until) SELECT o.id, o.system, {_KEY}, %s,"  # noqa: S608 - constant
        " now() + make_interval(secs => %s) FROM outbox_row o WHERE o.id = ANY(%s)"
        " ON CONFLICT (id) DO UPDATE SET reader = excluded.reader, until = excluded.until, times = h.times + 1"
        " RETURNING h.id, h.times",
        (reader, lease_s, [row.id for row in rows]),
    )
    return dict(await found.fetchall())


async def let_go(connection: Connection, ids: Sequence[int]) -> None:
    """Take rows out of the readers' hands."""
    await connection.execute("DELETE FROM in_hand WHERE id = ANY(%s)", (list(ids),))


async def with_something_free(connection: Connection, systems: Sequence[str]) -> list[str]:
    """Those of the systems to which something may be given now."""
    found = await connection.execute(
        f"SELECT s FROM unnest(%s::text[]) AS s WHERE EXISTS (SELECT 1 FROM outbox_row o WHERE o.system = s AND {_FREE})"  # noqa: S608
        " AND NOT EXISTS (SELECT 1 FROM paused p WHERE p.system = s)",
        (list(systems),),
    )
    return [system for (system,) in await found.fetchall()]


async def tell(connection: Connection, systems: Sequence[str]) -> None:
    """Tell every hub process that something may be given to these systems."""
    await connection.execute("SELECT pg_notify(%s, s) FROM unnest(%s::text[]) AS s", (CHANNEL, list(systems)))


@dataclass(frozen=True, slots=True)
class FetchedRow:
    """A row that was fetched and is not acknowledged."""

    id: int
    first_at: datetime
    until: datetime
    times: int


async def of_rows(connection: Connection, ids: Sequence[int]) -> dict[int, FetchedRow]:
    """Those of the rows that were fetched and are not acknowledged, by id."""
    found = await connection.cursor(row_factory=class_row(FetchedRow)).execute(
        "SELECT id, first_at, until, times FROM in_hand WHERE id = ANY(%s)", (list(ids),)
    )
    return {one.id: one for one in await found.fetchall()}


# --- acknowledgements -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Given:
    """A row of the system as an acknowledgement finds it; locked until the transaction ends."""

    id: int
    name: int
    """The number in its ``webhook-id``."""
    state: str
    answer: str | None
    accepted_at: datetime
    was_given: bool
    revision: int = 0
    put_back: bool = False
    """A replay that sent it again was stopped or undone while it was out: it is what it was before, and may be acknowledged still."""


async def named(connection: Connection, system: str, names: Sequence[int], *, fetches: bool) -> dict[int, Given]:
    """The system's rows by the number in their ``webhook-id``; of other systems' rows nothing is said. ``fetches``: it fetches them
    itself.
    """
    found = await connection.cursor(row_factory=class_row(Given)).execute(
        "SELECT o.id, coalesce(o.known_as, o.id) AS name, CASE WHEN o.state <> 'fresh' THEN o.state"
        " WHEN is_sent(o.system, o.id) THEN 'sent' ELSE 'waiting' END AS state, o.answer, o.accepted_at,"
        " o.attempts > 0 OR EXISTS (SELECT 1 FROM in_hand h WHERE h.id = o.id) AS was_given, o.revision, EXISTS"
        " (SELECT 1 FROM replay_row r WHERE r.outbox_id = o.id AND r.revision = o.revision AND r.outcome = 'put-back')"
        " AND (NOT %(fetches)s OR EXISTS (SELECT 1 FROM in_hand h WHERE h.id = o.id)) AS put_back"
        " FROM outbox_row o"
        " WHERE o.system = %(system)s AND o.kind IN ('notice', 'receipt', 'announcement')"
        " AND ((o.id = ANY(%(names)s) AND o.known_as IS NULL) OR o.known_as = ANY(%(names)s)) ORDER BY o.id FOR UPDATE",
        {"system": system, "names": list(names), "fetches": fetches},
    )
    return {one.name: one for one in await found.fetchall()}


async def shards_of(connection: Connection, system: str, names: Sequence[int]) -> list[int]:
    """The shards of those of the rows that are not sent yet: a lane may have them in memory, or in a call."""
    found = await connection.execute(
        f"SELECT DISTINCT shard FROM outbox_row WHERE system = %(system)s AND {UNSENT}"  # noqa: S608 - constant
        " AND (id = ANY(%(names)s) OR known_as = ANY(%(names)s))",
        {"system": system, "names": list(names)},
    )
    return [shard for (shard,) in await found.fetchall()]


async def acknowledge(connection: Connection, ids: Sequence[int], answer: str) -> None:
    """Mark rows that are not sent yet as acknowledged by their receiver, and take them out of its readers' hands."""
    await connection.execute(
        "UPDATE outbox_row SET state = 'sent', behind = false, sent_at = now(), answer = %s,"  # noqa: S608 - constant
        " attempts = greatest(1, attempts + coalesce((SELECT times FROM in_hand h WHERE h.id = outbox_row.id), 0)),"
        " first_tried_at = coalesce(first_tried_at, (SELECT first_at FROM in_hand h WHERE h.id = outbox_row.id))"
        f" WHERE id = ANY(%s) AND {UNSENT}",
        (answer, list(ids)),
    )
    await let_go(connection, ids)


async def note_read(connection: Connection, ids: Sequence[int]) -> None:
    """Note that sent rows have been read; the first time stays."""
    await connection.execute(
        "UPDATE outbox_row r SET state = 'sent', sent_at = o.sent_at, attempts = o.attempts,"  # noqa: S608 - constant
        f" answer = coalesce(o.answer || '; ', '') || '{READ} ' || to_char(now() AT TIME ZONE 'UTC',"
        ' \'YYYY-MM-DD"T"HH24:MI:SS.US"Z"\') FROM outbox o'
        f" WHERE r.id = ANY(%s) AND o.id = r.id AND o.state = 'sent' AND coalesce(o.answer, '') NOT LIKE '%%{READ} %%'",
        (list(ids),),
    )


async def refuse(connection: Connection, id_: int, said: str) -> None:
    """Declare a row dead that its receiver cannot handle (D-6)."""
    await dead_letters.add(connection, id_, "refused-by-receiver", said)
    await let_go(connection, [id_])
