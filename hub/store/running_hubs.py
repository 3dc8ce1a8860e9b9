"""What each running hub says of itself, every second, for operations. Imports psycopg only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

Connection = AsyncConnection[tuple[Any, ...]]
_SILENT = "15 seconds"
"""A hub that has said nothing for so long is shown as silent: it stands, or cannot reach the database. The others then have its work, if
there are any: of one that stands still the server ends the session that holds its locks after ten seconds (``advisory_locks``).
"""
FORGOTTEN = timedelta(hours=1)
"""After this time of silence it is shown no more: the others have long had its work, and the alerts have told of what is missing."""


@dataclass(frozen=True, slots=True)
class RunningHub:
    """One hub as it last said."""

    id: str
    at: datetime
    silent_for: timedelta
    silent: bool
    owned: int
    """How many shards the table gives it now: those of one that died are another's before its silence is noticed."""
    state: dict[str, Any]
    """``port``, ``directory``, ``roles``, ``checks``, ``owner`` (its name in the table of the shards), ``asks_registers``,
    ``has_registers``, ``lanes``, ``registers``.
    """


async def report(connection: Connection, id_: str, state: dict[str, Any]) -> None:
    """Write how a hub is. A report that a crash loses is written again in a second."""
    await connection.execute("SET LOCAL synchronous_commit = off")
    await connection.execute(
        "INSERT INTO running_hub (id, state) VALUES (%s, %s) ON CONFLICT (id) DO UPDATE SET at = now(), state = excluded.state",
        (id_, Jsonb(state)),
    )
    await connection.execute("DELETE FROM running_hub WHERE at < now() - %s", (FORGOTTEN,))


async def leave(connection: Connection, id_: str) -> None:
    """The hub stops."""
    await connection.execute("DELETE FROM running_hub WHERE id = %s", (id_,))


async def role_counts(connection: Connection) -> dict[str, int]:
    """Role → how many hubs have it that are not silent; a role that none has is left out."""
    found = await connection.execute(
        "SELECT role, count(*) FROM running_hub, jsonb_array_elements_text(state->'roles') AS its (role)"
        " WHERE at >= now() - %s::interval GROUP BY role",
        (_SILENT,),
    )
    return dict(await found.fetchall())


async def reported(connection: Connection) -> list[RunningHub]:
    """All hubs that have said something within the last hour and have not stopped in order."""
    found = await connection.cursor(row_factory=class_row(RunningHub)).execute(
        "SELECT id, at, now() - at AS silent_for, at < now() - %s::interval AS silent,"
        " (SELECT count(*) FROM shard WHERE owner = state->>'owner') AS owned, state"
        " FROM running_hub WHERE at >= now() - %s ORDER BY id",
        (_SILENT, FORGOTTEN),
    )
    return await found.fetchall()
