"""Numbers for `hub status`: what waits for whom. Imports psycopg and the store only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection

from hub.store import backlog, cases, held, running_hubs, why_waiting
from hub.store.backlog import Backlog
from hub.store.running_hubs import RunningHub
from hub.store.why_waiting import Pause

Connection = AsyncConnection[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Glance:
    """How everything is."""

    hubs: list[RunningHub]
    backlog: dict[str, Backlog]
    """By system; look-ups and units without a system among them."""
    pauses: dict[str, Pause]
    held: int
    held_since: datetime | None
    manual: int
    """Cases in the manual queue."""
    manual_since: datetime | None
    """Since when the first of them has waited."""


async def glance(connection: Connection, systems: Iterable[str]) -> Glance:
    """All of it; every number is kept or counted up to a limit."""
    waiting, since = await held.gauge(connection)
    known = await why_waiting.obstacles(connection, systems)
    return Glance(
        await running_hubs.reported(connection),
        {one.system: one for one in await backlog.backlog(connection)},
        dict(known.pauses),
        waiting,
        since,
        *await cases.manual(connection),
    )
