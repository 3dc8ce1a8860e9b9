"""Rows of the outbox that are tried no more, what waits behind them, and what operations does about them (D-6, D-7). Imports
psycopg and the transaction only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from hub.store.transaction import array

Connection = AsyncConnection[tuple[Any, ...]]


@dataclass(slots=True)
class Dead:
    """A dead row as operations sees it."""

    id: int
    kind: str
    system: str
    case_id: str | None
    sequence: int | None
    message: str
    answer: str | None
    attempts: int
    accepted_at: datetime


async def listed(connection: Connection, *, system: str | None = None, limit: int = 500) -> list[Dead]:
    """Dead rows, oldest first, of one system or all."""
    cursor = connection.cursor(row_factory=dict_row)
    found = await cursor.execute(
        "SELECT id, kind, system, case_id::text, sequence, message, answer, attempts, accepted_at FROM outbox"
        " WHERE state = 'dead' AND (%s::text IS NULL OR system = %s) ORDER BY id LIMIT %s",
        (system, system, limit),
    )
    return [Dead(**row) for row in await found.fetchall()]


async def replay(connection: Connection, id_: int) -> bool:
    """A dead row is tried again from the beginning, marked as a replay to its receiver (D-7); False when it is not
    dead.
    """
    found = await connection.execute(
        "UPDATE outbox SET state = 'waiting', attempts = 0, due_at = now(), first_tried_at = NULL, refused_since = NULL,"
        " revision = revision + 1, told = replace(told::text, %s, %s)::json"
        " WHERE id = %s AND state = 'dead' RETURNING system, case_id::text, kind",
        ('"replay":false', '"replay":true', id_),  # a receipt has no such mark; all else stays as it was told
    )
    return await _dead_no_more(connection, await found.fetchall())


async def skip(connection: Connection, id_: int) -> bool:
    """A dead row is given up; the case's later notices to that system flow again. False when it is not dead."""
    found = await connection.execute(
        "UPDATE outbox SET state = 'skipped' WHERE id = %s AND state = 'dead' RETURNING system, case_id::text, kind",
        (id_,),
    )
    return await _dead_no_more(connection, await found.fetchall())


async def _dead_no_more(connection: Connection, found: Sequence[tuple[Any, ...]]) -> bool:
    for system, case_id, kind in found:
        if kind == "notice":
            await _step_forward(connection, system, case_id)
    return bool(found)


async def die(connection: Connection, id_: int, answer: str) -> None:
    """No further attempt is made; operations sees it, with its reason, and what follows in its case waits behind it (D-6)."""
    found = await connection.execute(
        "UPDATE outbox SET state = 'dead', attempts = attempts + 1, answer = %s WHERE id = %s AND state = 'waiting'"
        " RETURNING system, case_id::text, kind",
        (answer, id_),
    )
    for system, case_id, kind in await found.fetchall():
        if kind == "notice":
            await stand_behind(connection, system, [case_id])


async def stand_behind(connection: Connection, system: str, cases: Sequence[str]) -> None:
    """What follows a dead one of these cases waits behind it, out of the way of what can be sent.

    The dead rows are locked first: one that is replayed or skipped at the same time holds nothing up any more.
    """
    found = await connection.execute(
        "SELECT case_id::text, sequence FROM outbox WHERE case_id = ANY(%s::uuid[]) AND system = %s AND kind = 'notice'"
        " AND state = 'dead' FOR SHARE",
        (array(cases), system),
    )
    dead = await found.fetchall()
    await connection.execute(
        "UPDATE outbox o SET behind = true FROM unnest(%s::uuid[], %s::int[]) AS d (case_id, sequence)"
        " WHERE o.case_id = d.case_id AND o.sequence > d.sequence AND o.system = %s AND o.kind = 'notice'"
        " AND o.state = 'waiting' AND NOT o.behind",
        (array(case for case, _ in dead), array(str(number) for _, number in dead), system),
    )


async def _step_forward(connection: Connection, system: str, case_id: str) -> None:
    """What waited behind a dead one that is dead no more has its turn again."""
    await connection.execute(
        "UPDATE outbox o SET behind = false WHERE o.case_id = %s AND o.system = %s AND o.kind = 'notice' AND o.behind"
        " AND NOT EXISTS (SELECT 1 FROM outbox d WHERE d.case_id = o.case_id AND d.system = o.system AND d.kind = 'notice'"
        " AND d.state = 'dead' AND d.sequence < o.sequence)",
        (case_id, system),
    )


async def begin_anew(connection: Connection, system: str) -> None:
    """A system is sent to again after a pause: what was tried before it is tried from the beginning (D-6)."""
    await connection.execute(
        "UPDATE outbox SET first_tried_at = NULL, refused_since = NULL"
        " WHERE system = %s AND state = 'waiting' AND first_tried_at IS NOT NULL",
        (system,),
    )
