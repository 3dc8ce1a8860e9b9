"""Makes what waits due at once, on the word of operations; and what operations asked so lately. Imports psycopg and the store only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from hub.store.outbox import LOOKUPS, WAITING

Connection = AsyncConnection[tuple[Any, ...]]
_BACK = 100
"""Acts before the last one that are looked at again: one that was written earlier may be committed later."""


async def row(connection: Connection, id_: int) -> dict[str, Any] | None:
    """Where a row of the outbox stands."""
    cursor = connection.cursor(row_factory=dict_row)
    found = await cursor.execute(
        "SELECT id, kind, system, case_id::text, sequence, state FROM outbox WHERE id = %s", (id_,)
    )
    return await found.fetchone()


async def rows(connection: Connection, ids: Sequence[int]) -> None:
    """Make waiting rows due."""
    await connection.execute(
        "UPDATE outbox_row SET due_at = now() WHERE id = ANY(%s) AND state = 'waiting'", (list(ids),)
    )


async def lookups(connection: Connection, case: str) -> int:
    """Make a case's look-ups due; return how many wait."""
    done = await connection.execute(
        "UPDATE outbox_row SET due_at = now() WHERE system = ANY(%s) AND kind = 'lookup' AND state = 'waiting'"
        " AND case_id::text = %s",
        (list(LOOKUPS), case),
    )
    return done.rowcount


async def system(connection: Connection, id_: str) -> int:
    """Make a system's rows due; return how many wait."""
    await connection.execute(
        "UPDATE outbox_row SET due_at = now() WHERE system = %s AND state = 'waiting' AND NOT behind AND due_at > now()",
        (id_,),
    )
    found = await connection.execute(
        f"SELECT (SELECT count(*) FROM outbox_row WHERE system = %(it)s AND {WAITING})"  # noqa: S608 - constant
        " + (SELECT count(*) FROM fresh_unsent(%(it)s))",
        {"it": id_},
    )
    ((count,),) = await found.fetchall()
    return int(count)


@dataclass(frozen=True, slots=True)
class RetryAsked:
    """What operations asked to be tried now."""

    id: int
    system: str | None
    """The system to which is sent; None for look-ups."""
    row: int | None
    """The row of the outbox; None for all of the system."""


async def newest(connection: Connection) -> int:
    """The number of the newest act in the trail."""
    found = await (await connection.execute("SELECT coalesce(max(id), 0) FROM operation")).fetchone()
    return 0 if found is None else int(found[0])


async def asked(connection: Connection, after: int) -> list[RetryAsked]:
    """What was asked after an act, and shortly before it: the trail is what the hubs go by."""
    found = await connection.execute(
        "SELECT id, target FROM operation WHERE id > %s AND what = 'retry'", (after - _BACK,)
    )
    acts = await found.fetchall()
    numbers = [int(target) for _, target in acts if target.isdigit()]
    cursor = await connection.execute("SELECT id, system FROM outbox_row WHERE id = ANY(%s)", (numbers,))
    systems: dict[int | None, str] = dict(await cursor.fetchall())
    told = []
    for id_, target in acts:
        number = int(target) if target.isdigit() else None
        is_case = number is None and target.count("-") == 4 and len(target) == 36
        told.append(RetryAsked(id_, None if is_case else systems.get(number, target), number))
    return told
