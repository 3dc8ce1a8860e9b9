"""Reads the outbox in the order of sending, without reading all that waits (D-3, D-6). Imports psycopg, the outbox and the
transaction only.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import class_row, dict_row

from hub.store.outbox import BLOCK, ROW_COLUMNS, WAITING, OutboxRow, row_from
from hub.store.transaction import array

Connection = AsyncConnection[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class FreshId:
    """A fresh row, as far as the reading needs it."""

    id: int
    shard: int
    previous: int
    """The fresh row of the system before it of the same transaction; 0 when there is none, or it was not read."""
    sent: bool


async def fresh_ids(connection: Connection, system: str, *, after: int, limit: int) -> list[FreshId]:
    """A system's fresh rows of all shards, greater than ``after``, in the order of writing."""
    found = await connection.execute(
        "SELECT id, shard, lag(id) OVER (ORDER BY id), is_sent(%(system)s, id) FROM outbox_row"
        " WHERE system = %(system)s AND state = 'fresh' AND id > %(after)s ORDER BY id LIMIT %(limit)s",
        {"after": after, "system": system, "limit": limit},
    )
    return [
        FreshId(id_, shard, previous if previous is not None and _block(previous) == _block(id_) else 0, sent)
        for id_, shard, previous, sent in await found.fetchall()
    ]


def _block(id_: int) -> int:
    return (id_ - 1) // BLOCK


async def waiting_ids(
    connection: Connection, system: str, shards: Collection[int], *, after: int, limit: int
) -> list[int]:
    """The ids of a system's rows of some shards that wait by themselves, greater than ``after``, in the order of writing."""
    found = await connection.execute(
        f"SELECT id FROM outbox_row WHERE system = %s AND id > %s AND shard = ANY(%s) AND {WAITING} ORDER BY id LIMIT %s",  # noqa: S608
        (system, after, list(shards), limit),
    )
    return [id_ for (id_,) in await found.fetchall()]


async def rows(connection: Connection, ids: Sequence[int]) -> list[OutboxRow]:
    """The rows with these ids that are fresh or wait, in the order of writing."""
    if not ids:
        return []
    cursor = connection.cursor(row_factory=dict_row)
    found = await cursor.execute(
        f"SELECT {ROW_COLUMNS}, state = 'fresh' AS fresh FROM outbox_row WHERE id = ANY(%s::bigint[])"  # noqa: S608 - constant
        f" AND (state = 'fresh' OR ({WAITING})) ORDER BY id",
        (array(map(str, ids)),),
    )
    return [row_from(columns) for columns in await found.fetchall()]


async def systems_waiting(connection: Connection, shards: Collection[int] | None = None) -> list[str]:
    """The systems that have rows which wait by themselves, of these shards or of all: one look into the index per system."""
    found = await connection.execute(
        f"WITH RECURSIVE each (system) AS ((SELECT system FROM outbox_row WHERE {WAITING} ORDER BY system LIMIT 1)"  # noqa: S608
        f" UNION ALL SELECT (SELECT o.system FROM outbox_row o WHERE {WAITING} AND o.system > each.system"
        " ORDER BY o.system LIMIT 1) FROM each WHERE each.system IS NOT NULL)"
        " SELECT system FROM each WHERE system IS NOT NULL AND (%(shards)s::int[] IS NULL OR EXISTS (SELECT 1 FROM outbox_row o"
        f" WHERE o.system = each.system AND o.shard = ANY(%(shards)s) AND {WAITING}))",
        {"shards": None if shards is None else list(shards)},
    )
    return [system for (system,) in await found.fetchall()]


async def systems_unsent(connection: Connection) -> list[str]:
    """The systems that have rows which are not sent, from the kept counts: for a process that takes shards over."""
    found = await connection.execute(
        "SELECT system FROM (SELECT system, waiting FROM outbox_count UNION ALL SELECT system, waiting FROM outbox_change) both_"
        " GROUP BY system HAVING sum(waiting) <> 0 ORDER BY system"
    )
    return [system for (system,) in await found.fetchall()]


async def with_rows_to_send(connection: Connection, systems: Sequence[str]) -> list[str]:
    """Those of the systems that have rows which wait for nothing but to be sent: not dead, nor behind a dead row."""
    found = await connection.execute(
        f"SELECT s FROM unnest(%s::text[]) AS s WHERE EXISTS (SELECT 1 FROM outbox_row o WHERE o.system = s AND {WAITING})"  # noqa: S608
        " OR EXISTS (SELECT 1 FROM fresh_unsent(s))",
        (list(systems),),
    )
    return [system for (system,) in await found.fetchall()]


async def unsent_up_to(
    connection: Connection, system: str, last: Sequence[tuple[str, int]]
) -> list[tuple[str, int, bool]]:
    """A system's unsent notices of each case up to and including a sequence number (D-3).

    ``last`` holds (case, sequence). From each of these the query follows ``follows`` back as long as the notices wait. Returns
    (case, row id, blocked): ``blocked`` is True for a dead row and for a row that waits for a dead one. Sent notices are
    left out.
    """
    columns = "p.case_id, p.id, p.state, p.behind, p.follows, p.state = 'fresh' AND is_sent(p.system, p.id) AS sent"
    found = await connection.execute(
        f"WITH RECURSIVE back AS (SELECT {columns} FROM unnest(%s::uuid[], %s::int[]) AS l (case_id, sequence)"  # noqa: S608
        " JOIN outbox_row p ON p.case_id = l.case_id AND p.sequence = l.sequence AND p.system = %s AND p.kind = 'notice'"
        f" UNION ALL SELECT {columns} FROM back b JOIN outbox_row p ON p.case_id = b.case_id AND p.sequence = b.follows"
        " AND p.system = %s AND p.kind = 'notice' WHERE b.state IN ('fresh', 'waiting') AND NOT b.sent AND NOT b.behind)"
        " SELECT case_id::text, id, state = 'dead' OR behind FROM back WHERE state IN ('fresh', 'waiting', 'dead') AND NOT sent",
        (array(case for case, _ in last), array(str(number) for _, number in last), system, system),
    )
    return [(case, id_, blocked) for case, id_, blocked in await found.fetchall()]


async def message_sizes(connection: Connection, ids: Sequence[int]) -> dict[int, int]:
    """Row id → bytes of the message that the row is about."""
    found = await connection.execute(
        "SELECT o.id, octet_length(m.raw) FROM outbox_row o JOIN message m ON m.source = o.source AND m.id = o.message"
        " WHERE o.id = ANY(%s::bigint[])",
        (array(map(str, ids)),),
    )
    return dict(await found.fetchall())


@dataclass(frozen=True, slots=True)
class QueuedRow:
    """One row that is not sent yet."""

    id: int
    kind: str
    name: str
    """The message's name; of what is no notice its kind."""
    case_id: str | None
    sequence: int | None
    source: str
    message: str
    accepted_at: datetime
    due_at: datetime
    attempts: int
    answer: str | None
    behind: bool
    """It waits for a dead one of its case."""


async def queued(connection: Connection, system: str, after: int, limit: int) -> list[QueuedRow]:
    """A system's rows that are not sent, with ids above ``after``, in the order of writing."""
    arms = " UNION ALL ".join(
        f"(SELECT * FROM {one} AND id > %(after)s ORDER BY id LIMIT %(limit)s)"  # noqa: S608 - constants
        for one in (
            f"outbox_row WHERE system = %(system)s AND {WAITING}",
            "outbox_row WHERE system = %(system)s AND behind AND state = 'waiting'",
            "fresh_unsent(%(system)s) WHERE true",
        )
    )
    found = await connection.cursor(row_factory=class_row(QueuedRow)).execute(
        "SELECT d.id, d.kind, coalesce(m.name, d.kind) AS name, d.case_id::text, d.sequence, d.source, d.message, d.accepted_at, d.due_at,"  # noqa: S608 - constants
        f" d.attempts, d.answer, d.behind FROM (SELECT * FROM ({arms}) unsent ORDER BY id LIMIT %(limit)s) d"
        " LEFT JOIN message m ON m.source = d.source AND m.id = d.message AND d.kind = 'notice' ORDER BY d.id",
        {"system": system, "after": after, "limit": limit},
    )
    return await found.fetchall()


async def unsent_of_cases(connection: Connection, system: str, cases: Collection[str]) -> list[dict[str, Any]]:
    """A system's notices of these cases that wait or are dead: what may be in the way of one of them (``why_waiting.of_row``)."""
    if not cases:
        return []
    found = await connection.cursor(row_factory=dict_row).execute(
        "SELECT id, kind, system, case_id::text, sequence, source, message, state, answer FROM outbox"
        " WHERE case_id = ANY(%s::uuid[]) AND system = %s AND kind = 'notice' AND state IN ('waiting', 'dead')",
        (array(cases), system),
    )
    return await found.fetchall()
