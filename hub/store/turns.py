"""Whose turn it is to be sent, read without reading all that waits (D-3, D-6). Imports psycopg, the outbox and the transaction
only.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from hub.store.outbox import ITEM, TURN, OutboxRow, item
from hub.store.transaction import array

Connection = AsyncConnection[tuple[Any, ...]]


async def waiting(connection: Connection, system: str, *, after: int, limit: int) -> list[int]:
    """The ids of a system's rows that wait for their turn, in the order in which they were written, past ``after``."""
    found = await connection.execute(
        f"SELECT id FROM outbox WHERE system = %s AND id > %s AND {TURN} ORDER BY id LIMIT %s",  # noqa: S608 - constant
        (system, after, limit),
    )
    return [id_ for (id_,) in await found.fetchall()]


async def rows(connection: Connection, ids: Sequence[int]) -> list[OutboxRow]:
    """Those of the rows that still wait for their turn, in the order in which they were written."""
    if not ids:
        return []
    cursor = connection.cursor(row_factory=dict_row)
    found = await cursor.execute(
        f"SELECT {ITEM} FROM outbox WHERE id = ANY(%s::bigint[]) AND {TURN} ORDER BY id",  # noqa: S608 - constant
        (array(map(str, ids)),),
    )
    return [item(row) for row in await found.fetchall()]


async def systems(connection: Connection) -> list[str]:
    """The systems for which something waits for its turn: one look into the index for each, however much it is."""
    found = await connection.execute(
        f"WITH RECURSIVE each (system) AS ((SELECT system FROM outbox WHERE {TURN} ORDER BY system LIMIT 1)"  # noqa: S608
        f" UNION ALL SELECT (SELECT o.system FROM outbox o WHERE {TURN} AND o.system > each.system ORDER BY o.system LIMIT 1)"
        " FROM each WHERE each.system IS NOT NULL)"
        " SELECT system FROM each WHERE system IS NOT NULL"
    )
    return [system for (system,) in await found.fetchall()]


async def chain(connection: Connection, system: str, last: Sequence[tuple[str, int]]) -> list[tuple[str, int, bool]]:
    """What a system must be told before it may be told the given numbers of cases, and those themselves (D-3).

    Back from each number to what it follows, as long as that waits: (case, row id, whether it is in the way: dead, or
    behind a dead one). A number that waits no more is left out.
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
    return [(case, id_, stops) for case, id_, stops in await found.fetchall()]


async def changed(connection: Connection, known: Sequence[tuple[int, int]]) -> set[int]:
    """Of rows by (id, revision) as they are in memory: those that must not be sent so, for they were told, given up or
    rewritten meanwhile.
    """
    found = await connection.execute(
        "SELECT k.id FROM unnest(%s::bigint[], %s::int[]) AS k (id, revision) LEFT JOIN outbox o ON o.id = k.id"
        " WHERE o.state IS DISTINCT FROM 'waiting' OR o.behind OR o.revision <> k.revision",
        (array(str(id_) for id_, _ in known), array(str(revision) for _, revision in known)),
    )
    return {id_ for (id_,) in await found.fetchall()}


async def sizes(connection: Connection, ids: Sequence[int]) -> dict[int, int]:
    """Bytes of the messages behind rows: row id → size."""
    found = await connection.execute(
        "SELECT o.id, octet_length(m.raw) FROM outbox o JOIN message m ON m.source = o.source AND m.id = o.message"
        " WHERE o.id = ANY(%s::bigint[])",
        (array(map(str, ids)),),
    )
    return dict(await found.fetchall())
