"""Dead letters: outbox rows that the hub no longer tries to send, and the rows that wait for them (D-6, D-7). Imports psycopg
and the transaction only.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from psycopg import AsyncConnection

from hub.store import shards
from hub.store.outbox import FAILED, UNSENT
from hub.store.transaction import array

Connection = AsyncConnection[tuple[Any, ...]]
NOT_REPLAYED, REPLAYED = '"replay":false', '"replay":true'
"""How ``OutboxRow.told`` says whether the receiver is told that this is a replay."""


async def has_unsent(connection: Connection, system: str) -> bool:
    """Whether rows of the system wait or are dead."""
    found = await connection.execute(
        "SELECT 1 FROM (SELECT waiting + dead AS unsent FROM outbox_count WHERE system = %(it)s"
        " UNION ALL SELECT waiting + dead FROM outbox_change WHERE system = %(it)s) both_ HAVING sum(unsent) > 0",
        {"it": system},
    )
    return await found.fetchone() is not None


async def replay(connection: Connection, ids: Sequence[int], written: Sequence[int] = ()) -> dict[int, int]:
    """Make rows that are dead or sent ready to be sent again, marked as a replay, with a full time of trying (D-7); return the revision
    of each that is. What is neither, and what gallring has emptied, is left alone. ``written``: those that were written to be told so.
    """
    found = await connection.execute(
        "SELECT id FROM outbox_row WHERE id = ANY(%(ids)s) AND told->'gallrad' IS NULL"
        " AND (state IN ('dead', 'sent') OR (state = 'skipped' AND id = ANY(%(written)s::bigint[]))"
        "  OR (state = 'fresh' AND is_sent(system, id))) ORDER BY id FOR UPDATE",
        {"ids": list(ids), "written": list(written)},
    )
    free = [id_ for (id_,) in await found.fetchall()]
    found = await connection.execute(
        "UPDATE outbox_row SET state = 'waiting', sent_at = NULL, attempts = 0, due_at = now(), first_tried_at = NULL,"
        " refused_since = NULL, answer = CASE WHEN state = 'dead' THEN answer END, revision = revision + 1,"
        " told = replace(told::text, %(before)s, %(after)s)::json WHERE id = ANY(%(free)s)"
        " RETURNING system, case_id::text, kind, shard, id, revision",
        {"free": free, "before": NOT_REPLAYED, "after": REPLAYED},  # a receipt has no such mark
    )
    changed = await found.fetchall()
    await _release(connection, [row[:4] for row in changed])
    return {id_: revision for *_, id_, revision in changed}


async def skip(connection: Connection, id_: int) -> bool:
    """Give up a dead row, so that the case's later notices to that system are sent; False when the row is not dead."""
    found = await connection.execute(
        "UPDATE outbox_row SET state = 'skipped' WHERE id = %s AND state = 'dead' RETURNING system, case_id::text, kind, shard",
        (id_,),
    )
    return await _release(connection, await found.fetchall())


async def _release(connection: Connection, found: Sequence[tuple[Any, ...]]) -> bool:
    cases: dict[str, set[str]] = defaultdict(set)
    for system, case_id, kind, _ in found:
        if kind == "notice":
            cases[system].add(case_id)
    for system, its in sorted(cases.items()):
        await release_followers(connection, system, sorted(its))
    await shards.tell(connection, {shard for *_, shard in found})
    return bool(found)


async def add(connection: Connection, id_: int, answer: str, said: str = "") -> None:
    """Declare a row dead, with the last answer and what was said; the later notices of its case to that system wait for
    operations (D-6).
    """
    found = await connection.execute(
        "UPDATE outbox_row o SET state = 'dead', attempts = attempts + 1, answer = %(answer)s,"  # noqa: S608 - constant
        f" first_tried_at = coalesce(first_tried_at, now()), {FAILED}"
        f" WHERE id = %(id)s AND {UNSENT} RETURNING system, case_id::text, kind",
        {"answer": answer, "said": said, "id": id_},
    )
    for system, case_id, kind in await found.fetchall():
        if kind == "notice":
            await block_followers(connection, system, [case_id])


async def block_followers(connection: Connection, system: str, cases: Sequence[str]) -> None:
    """Mark the rows that follow a dead row of these cases, so that no query for rows to send finds them: those of later messages,
    and those of earlier messages that were written later, for a unit that came in.

    The dead rows are locked first: a row that is replayed or skipped at the same moment blocks nothing.
    """
    found = await connection.execute(
        "SELECT case_id::text, sequence, id FROM outbox_row WHERE case_id = ANY(%s::uuid[]) AND system = %s AND kind = 'notice'"
        " AND state = 'dead' ORDER BY id FOR SHARE",
        (array(cases), system),
    )
    dead = await found.fetchall()
    await connection.execute(
        "UPDATE outbox_row SET behind = true, state = 'waiting' FROM unnest(%s::uuid[], %s::int[], %s::bigint[])"  # noqa: S608
        " AS d (of_case, dead, dead_id) WHERE case_id = of_case AND (sequence > dead OR id > dead_id) AND system = %s"
        f" AND kind = 'notice' AND {UNSENT} AND NOT behind",
        (
            array(case for case, _, _ in dead),
            array(str(number) for _, number, _ in dead),
            array(str(id_) for _, _, id_ in dead),
            system,
        ),
    )


async def release_followers(connection: Connection, system: str, cases: Sequence[str]) -> None:
    """Unmark the rows of these cases that no dead row precedes any more."""
    of_cases = (array(cases), system)
    if len(cases) > 1:  # in the order in which everybody locks them
        await connection.execute(
            "SELECT FROM outbox_row WHERE case_id = ANY(%s::uuid[]) AND system = %s AND kind = 'notice' AND behind ORDER BY id FOR UPDATE",
            of_cases,
        )
    await connection.execute(
        "UPDATE outbox_row o SET behind = false WHERE o.case_id = ANY(%s::uuid[]) AND o.system = %s AND o.kind = 'notice' AND o.behind"
        " AND NOT EXISTS (SELECT 1 FROM outbox_row d WHERE d.case_id = o.case_id AND d.system = o.system AND d.kind = 'notice'"
        " AND d.state = 'dead' AND (d.sequence < o.sequence OR d.id < o.id))",
        of_cases,
    )


async def reset_attempts(connection: Connection, system: str) -> None:
    """Give the rows of a system that is resumed a full time of trying again (D-6)."""
    await connection.execute(
        "UPDATE outbox_row SET first_tried_at = NULL, refused_since = NULL"
        " WHERE system = %s AND state = 'waiting' AND first_tried_at IS NOT NULL",
        (system,),
    )
