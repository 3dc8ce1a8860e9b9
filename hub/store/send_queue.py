"""Reads the outbox in the order of sending, without reading all that waits (D-3, D-6). Imports psycopg, the outbox and the
transaction only.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from hub.store.outbox import ROW_COLUMNS, SENDABLE, OutboxRow, row_from
from hub.store.transaction import array

Connection = AsyncConnection[tuple[Any, ...]]


async def sendable_ids(connection: Connection, system: str, *, after: int, limit: int) -> list[int]:
    """The ids of a system's rows that may be sent, greater than ``after``, in the order of writing."""
    found = await connection.execute(
        f"SELECT id FROM outbox WHERE system = %s AND id > %s AND {SENDABLE} ORDER BY id LIMIT %s",  # noqa: S608 - constant
        (system, after, limit),
    )
    return [id_ for (id_,) in await found.fetchall()]


async def sendable_rows(connection: Connection, ids: Sequence[int]) -> list[OutboxRow]:
    """The rows with these ids that may still be sent, in the order of writing."""
    if not ids:
        return []
    cursor = connection.cursor(row_factory=dict_row)
    found = await cursor.execute(
        f"SELECT {ROW_COLUMNS} FROM outbox WHERE id = ANY(%s::bigint[]) AND {SENDABLE} ORDER BY id",  # noqa: S608 - constant
        (array(map(str, ids)),),
    )
    return [row_from(columns) for columns in await found.fetchall()]


async def systems_with_rows(connection: Connection) -> list[str]:
    """The systems that have rows to be sent: one look into the index per system, however many rows it has."""
    found = await connection.execute(
        f"WITH RECURSIVE each (system) AS ((SELECT system FROM outbox WHERE {SENDABLE} ORDER BY system LIMIT 1)"  # noqa: S608
        f" UNION ALL SELECT (SELECT o.system FROM outbox o WHERE {SENDABLE} AND o.system > each.system"
        " ORDER BY o.system LIMIT 1) FROM each WHERE each.system IS NOT NULL)"
        " SELECT system FROM each WHERE system IS NOT NULL"
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
    columns = "p.case_id, p.id, p.state, p.behind, p.follows"
    found = await connection.execute(
        f"WITH RECURSIVE back AS (SELECT {columns} FROM unnest(%s::uuid[], %s::int[]) AS l (case_id, sequence)"  # noqa: S608
        " JOIN outbox p ON p.case_id = l.case_id AND p.sequence = l.sequence AND p.system = %s AND p.kind = 'notice'"
        f" UNION ALL SELECT {columns} FROM back b JOIN outbox p ON p.case_id = b.case_id AND p.sequence = b.follows"
        " AND p.system = %s AND p.kind = 'notice' WHERE b.state = 'waiting' AND NOT b.behind)"
        " SELECT case_id::text, id, state = 'dead' OR behind FROM back WHERE state IN ('waiting', 'dead')",
        (array(case for case, _ in last), array(str(number) for _, number in last), system, system),
    )
    return [(case, id_, blocked) for case, id_, blocked in await found.fetchall()]


async def changed_rows(connection: Connection, known: Sequence[tuple[int, int]]) -> set[int]:
    """Of rows in memory, given as (id, revision), the ids of those that were sent, given up or rewritten since they were read."""
    found = await connection.execute(
        "SELECT k.id FROM unnest(%s::bigint[], %s::int[]) AS k (id, revision) LEFT JOIN outbox o ON o.id = k.id"
        " WHERE o.state IS DISTINCT FROM 'waiting' OR o.behind OR o.revision <> k.revision",
        (array(str(id_) for id_, _ in known), array(str(revision) for _, revision in known)),
    )
    return {id_ for (id_,) in await found.fetchall()}


async def message_sizes(connection: Connection, ids: Sequence[int]) -> dict[int, int]:
    """Row id → bytes of the message that the row is about."""
    found = await connection.execute(
        "SELECT o.id, octet_length(m.raw) FROM outbox o JOIN message m ON m.source = o.source AND m.id = o.message"
        " WHERE o.id = ANY(%s::bigint[])",
        (array(map(str, ids)),),
    )
    return dict(await found.fetchall())
