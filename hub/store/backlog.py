"""How many rows of each system are not sent, from kept counters (delivery.md §4). Imports psycopg and the outbox only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection

from hub.store.outbox import TRIED_AT, WAITING

Connection = AsyncConnection[tuple[Any, ...]]


@dataclass(slots=True, frozen=True)
class Backlog:
    """The rows of one system that are not sent."""

    system: str
    waiting: int
    dead: int
    oldest: datetime | None
    """When the oldest waiting row was accepted; of one that is told again, when it was made ready to be."""
    dead_since: datetime | None = None
    """When the oldest dead row was tried last."""


_MAY_SUM = (
    "SELECT CASE current_setting('transaction_read_only') WHEN 'on' THEN false"
    " ELSE pg_try_advisory_xact_lock(hashtext('outbox_count')) END"
)


async def backlog(connection: Connection) -> list[Backlog]:
    """The backlog of each system: counters, and a look into an index for each oldest row."""
    # Where another hub sums the changes at this moment, or the database takes no writes, the sum below is right as well.
    row = await (await connection.execute(_MAY_SUM)).fetchone()
    if row is not None and row[0]:
        await connection.execute(
            "WITH gone AS (DELETE FROM outbox_change RETURNING system, waiting, dead)"
            " INSERT INTO outbox_count AS c SELECT system, sum(waiting), sum(dead) FROM gone GROUP BY system"
            " ON CONFLICT (system) DO UPDATE SET waiting = c.waiting + excluded.waiting, dead = c.dead + excluded.dead"
        )
    oldest = (
        "(SELECT accepted_at FROM outbox_row o WHERE o.system = n.system AND {} AND o.revision = 0 ORDER BY id LIMIT 1)"
    )
    again = (  # a replay tells what is old: it waits since it was made ready to be sent
        "(SELECT min(coalesce(o.first_tried_at, o.due_at)) FROM outbox_row o WHERE o.system = n.system AND o.state = 'waiting'"
        " AND o.revision > 0)"
    )
    dead = (
        f"(SELECT coalesce({TRIED_AT}, d.accepted_at) FROM outbox_row d WHERE d.system = n.system AND d.state = 'dead'"  # noqa: S608 - constant
        " ORDER BY d.id LIMIT 1)"
    )
    found = await connection.execute(
        f"SELECT system, waiting, dead, least({oldest.format(WAITING)}, {oldest.format('behind')}, {again},"  # noqa: S608 - constant
        f" oldest_fresh_unsent(system)), CASE WHEN dead > 0 THEN {dead} END FROM ("
        " SELECT system, sum(waiting)::bigint AS waiting, sum(dead)::bigint AS dead FROM ("
        " SELECT system, waiting, dead FROM outbox_count WHERE waiting <> 0 OR dead <> 0"
        " UNION ALL SELECT system, waiting, dead FROM outbox_change) both_sides GROUP BY system) n"
        " WHERE waiting <> 0 OR dead <> 0"
    )
    return [Backlog(*row) for row in await found.fetchall()]
