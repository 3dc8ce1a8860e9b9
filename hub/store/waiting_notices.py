"""Notices that wait for a unit which no system serves, or for a system that has left the directory. Imports psycopg, the outbox and
the dead letters only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import class_row, dict_row

from hub.store import dead_letters, outbox, shards
from hub.store.outbox import ROW_COLUMNS, STORED_UNSENT, WAITING, OutboxRow, row_from

Connection = AsyncConnection[tuple[Any, ...]]
_UNSENT = " UNION ALL ".join(  # each part as an index has it
    [f"SELECT case_id FROM outbox_row WHERE system = %(system)s AND {one} AND kind = 'notice'" for one in STORED_UNSENT]  # noqa: S608 - constants
    + ["SELECT case_id FROM fresh_unsent(%(system)s) WHERE kind = 'notice'"]
)


async def cases_with(connection: Connection, system: str, limit: int) -> list[str]:
    """The ids of some cases with notices of a system that are not sent."""
    found = await connection.execute(
        f"SELECT DISTINCT case_id::text FROM ({_UNSENT}) AS unsent LIMIT %(limit)s",  # noqa: S608 - constant
        {"system": system, "limit": limit},
    )
    return [case for (case,) in await found.fetchall()]


@dataclass(slots=True)
class CaseNotice:
    """A notice of a case, in whatever state."""

    row: OutboxRow
    state: str
    answer: str | None


async def of_cases(connection: Connection, cases: Sequence[str]) -> list[CaseNotice]:
    """All notices of these cases, by case and in the order of their numbers."""
    cursor = connection.cursor(row_factory=dict_row)
    found = await cursor.execute(
        f"SELECT {ROW_COLUMNS}, state, answer FROM outbox WHERE case_id = ANY(%s::uuid[]) AND kind = 'notice'"  # noqa: S608 - constant
        " ORDER BY case_id, sequence, id",
        (list(cases),),
    )
    return [
        CaseNotice(state=columns.pop("state"), answer=columns.pop("answer"), row=row_from(columns))
        for columns in await found.fetchall()
    ]


async def replace(connection: Connection, gone: Sequence[int], come: Sequence[CaseNotice]) -> None:
    """Take rows away and write others in their place, each in its state; the rows after a dead one wait for operations (D-6).

    The caller has said that the cases change (``shards.change``).
    """
    await connection.execute("DELETE FROM outbox_row WHERE id = ANY(%s)", (list(gone),))
    start = await outbox.reserve_ids(connection)
    for number, one in enumerate(come):
        one.row.id = start + number
    await outbox.add(connection, [one.row for one in come])
    for one in come:
        if one.row.known_as is not None:
            await connection.execute(
                "UPDATE outbox_row SET known_as = %s WHERE id = %s", (one.row.known_as, one.row.id)
            )
    dead = [one for one in come if one.state == "dead"]
    for one in dead:
        await connection.execute(
            "UPDATE outbox_row SET state = 'dead', attempts = %s, answer = %s WHERE id = %s",
            (one.row.attempts, one.answer, one.row.id),
        )
    for system in {one.row.system for one in come}:
        cases = {one.row.case_id for one in come if one.row.system == system and one.row.case_id is not None}
        await dead_letters.block_followers(connection, system, sorted(cases))
    await shards.tell(connection, {one.row.shard for one in come})


async def put_aside(connection: Connection, come: Sequence[CaseNotice]) -> None:
    """Write rows that are told when a replay makes them ready, and count as given up until then."""
    start = await outbox.reserve_ids(connection)
    for number, one in enumerate(come):
        one.row.id = start + number
    await outbox.add(connection, [one.row for one in come])
    await connection.execute(
        "UPDATE outbox_row SET state = 'skipped' WHERE id = ANY(%s)", ([one.row.id for one in come],)
    )


async def add_units(connection: Connection, one: CaseNotice) -> None:
    """Write what a row that was sent or given up tells now of another unit too, under a new id: a receiver that has had the former would
    take it for a repeat. It stays sent, or given up.
    """
    new = await outbox.reserve_ids(connection)
    await connection.execute(
        "UPDATE outbox_row r SET id = %(new)s, known_as = NULL, told = %(told)s::json, revision = r.revision + 1, state = o.state,"
        " sent_at = o.sent_at, answer = o.answer, attempts = o.attempts FROM outbox o WHERE o.id = r.id AND r.id = %(id)s",
        {"told": one.row.told.decode(), "id": one.row.id, "new": new},
    )
    one.row.id = new


async def tell_again(connection: Connection, one: CaseNotice) -> None:
    """Write what a row tells now of another unit too; one that was sent or skipped is sent again with it, and one that is not sent
    stays as it is. It gets a new id: a receiver that has had the former would take it for a repeat.
    """
    await connection.execute(
        "UPDATE outbox_row SET id = %(new)s, known_as = NULL, told = %(told)s::json, revision = revision + 1,"
        " state = CASE WHEN state = 'dead' THEN state ELSE 'waiting' END, sent_at = NULL,"
        " attempts = CASE WHEN state = 'dead' THEN attempts ELSE 0 END, first_tried_at = NULL, refused_since = NULL,"
        " due_at = now() WHERE id = %(id)s",
        {
            "told": one.row.told.decode(),
            "id": one.row.id,
            "new": await outbox.reserve_ids(connection),
        },
    )
    await shards.tell(connection, [one.row.shard])


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """A row that waits for a unit without a system, or for a system that is gone."""

    id: int
    kind: str
    system: str
    case_id: str | None
    sequence: int | None
    message: str
    since: datetime


async def listed(connection: Connection, system: str, limit: int = 500) -> list[WaitingRow]:
    """The rows that wait, oldest first; dead ones are listed as such."""
    found = await connection.cursor(row_factory=class_row(WaitingRow)).execute(
        f"SELECT id, kind, system, case_id::text, sequence, message, accepted_at AS since FROM (SELECT * FROM outbox_row"  # noqa: S608
        f" WHERE system = %(system)s AND {WAITING} UNION ALL SELECT * FROM fresh_unsent(%(system)s)) o ORDER BY id LIMIT %(limit)s",
        {"system": system, "limit": limit},
    )
    return await found.fetchall()


@dataclass(frozen=True, slots=True)
class Unserved:
    """A unit for which notices wait, since no system serves it; or a system that has left the directory."""

    system: str
    """What the rows are to: the unit with ``unit:`` before it, or the system."""
    notices: int
    cases: int
    since: datetime

    @property
    def unit(self) -> str | None:
        return self.system.removeprefix("unit:") if self.system.startswith("unit:") else None


async def unserved(connection: Connection, known: Sequence[str]) -> list[Unserved]:
    """What waits for units that no system serves, and for systems that are none of the known ones; the oldest first."""
    found = await connection.cursor(row_factory=class_row(Unserved)).execute(
        "SELECT n.system, count(*) AS notices, count(DISTINCT o.case_id) AS cases, min(o.accepted_at) AS since FROM"  # noqa: S608
        " (SELECT system FROM (SELECT system, waiting FROM outbox_count UNION ALL SELECT system, waiting FROM outbox_change) b"
        "  WHERE system <> ALL(%(known)s::text[]) GROUP BY system HAVING sum(waiting) <> 0) n CROSS JOIN LATERAL"
        f" (SELECT case_id, accepted_at FROM outbox_row WHERE system = n.system AND ({WAITING} OR behind)"
        "  UNION ALL SELECT case_id, accepted_at FROM fresh_unsent(n.system)) o GROUP BY n.system ORDER BY since",
        {"known": [*known, *outbox.LOOKUPS, outbox.CASES]},
    )
    return await found.fetchall()


async def give_up(connection: Connection, system: str) -> int:
    """Give up all that waits for a unit; return how many rows."""
    done = await connection.execute(
        "UPDATE outbox_row SET state = 'skipped', behind = false WHERE system = %s AND state IN ('waiting', 'dead')",
        (system,),
    )
    return done.rowcount
