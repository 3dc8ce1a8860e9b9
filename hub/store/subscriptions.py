"""FHIR Subscriptions, and the numbers of their events. Imports psycopg, the outbox and the transaction only.

An event has its number from the moment when it is handed to its Subscription, or is asked for by ``$events`` while it waits; the row
of the Subscription is locked meanwhile, so numbers have no gaps, and a case's notices are numbered in their order.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from psycopg import AsyncConnection
from psycopg.rows import class_row, dict_row
from psycopg.types.json import Jsonb

from hub.store.outbox import ROW_COLUMNS, WAITING, OutboxRow, row_from

Connection = AsyncConnection[tuple[Any, ...]]
Status = Literal["requested", "active", "error", "off"]

_SHOWN = "CASE WHEN ends_at <= now() THEN 'off' ELSE status END AS status"
_COLUMNS = f"id, system, base, content, kinds, {_SHOWN}, verified, fault, revision, events, updated_at"
_OPEN = "status <> 'off' AND (ends_at IS NULL OR ends_at > now())"
_KIND = "CASE o.kind WHEN 'notice' THEN m.name ELSE o.kind END"
_WAITING = (
    f"SELECT id, kind, source, message, known_as, case_id, sequence FROM outbox_row WHERE system = %s AND {WAITING}"  # noqa: S608 - constant
    " UNION ALL SELECT id, kind, source, message, known_as, case_id, sequence FROM fresh_unsent(%s)"
)
_NUMBERED = 1_000
"""The most events that are numbered at once while they wait."""


@dataclass(frozen=True, slots=True)
class SubscriptionRow:
    """A Subscription as it stands."""

    id: str
    system: str
    base: str
    content: dict[str, Any]
    kinds: list[str] | None
    status: Status
    verified: bool
    fault: str | None
    revision: int
    events: int
    updated_at: datetime


async def of_system(connection: Connection, system: str) -> list[SubscriptionRow]:
    """All of a system, the oldest change first."""
    found = await connection.cursor(row_factory=class_row(SubscriptionRow)).execute(
        f"SELECT {_COLUMNS} FROM subscription WHERE system = %s ORDER BY updated_at, id",  # noqa: S608 - constant
        (system,),
    )
    return await found.fetchall()


async def one(connection: Connection, system: str, id_: str) -> SubscriptionRow | None:
    """A system's own Subscription; None also for another's."""
    found = await connection.cursor(row_factory=class_row(SubscriptionRow)).execute(
        f"SELECT {_COLUMNS} FROM subscription WHERE system = %s AND id = %s",  # noqa: S608 - constant
        (system, id_),
    )
    return await found.fetchone()


async def lock(connection: Connection, system: str) -> None:
    """Let nobody else make or change a Subscription of the system until the transaction ends."""
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('subscription ' || %s, 0))", (system,))


async def overlapping(
    connection: Connection, system: str, id_: str, kinds: Collection[str] | None
) -> SubscriptionRow | None:
    """Another Subscription of the system that is open and gets notices of these kinds (None: all), too."""
    found = await connection.cursor(row_factory=class_row(SubscriptionRow)).execute(
        f"SELECT {_COLUMNS} FROM subscription WHERE system = %s AND id <> %s AND {_OPEN}"  # noqa: S608 - constant
        " AND (kinds IS NULL OR %s::text[] IS NULL OR kinds && %s::text[]) LIMIT 1",
        (system, id_, None if kinds is None else list(kinds), None if kinds is None else list(kinds)),
    )
    return await found.fetchone()


async def put(
    connection: Connection,
    *,
    id_: str,
    system: str,
    base: str,
    content: dict[str, Any],
    kinds: Collection[str] | None,
    ends_at: datetime | None,
    status: Status,
    verified: bool,
    heartbeat_s: int | None,
) -> None:
    """Write a new Subscription or the change of one; with ``requested`` its handshake is due at once. Its events go on."""
    await connection.execute(
        "INSERT INTO subscription (id, system, base, content, kinds, ends_at, status, verified, due_at)"
        " VALUES (%(id)s, %(system)s, %(base)s, %(content)s, %(kinds)s, %(ends)s, %(status)s, %(verified)s,"
        " CASE %(status)s WHEN 'requested' THEN now() WHEN 'active' THEN now() + %(beat)s * interval '1 second' END)"
        " ON CONFLICT (id) DO UPDATE SET base = excluded.base, content = excluded.content, kinds = excluded.kinds,"
        " ends_at = excluded.ends_at, status = excluded.status, verified = excluded.verified, due_at = excluded.due_at,"
        " fault = NULL, revision = subscription.revision + 1, updated_at = now()",
        {
            "id": id_,
            "system": system,
            "base": base,
            "content": Jsonb(content),
            "kinds": None if kinds is None else sorted(kinds),
            "ends": ends_at,
            "status": status,
            "verified": verified,
            "beat": heartbeat_s,
        },
    )


async def remove(connection: Connection, system: str, id_: str) -> bool:
    """Remove a system's own Subscription with the numbers of its events; False when there is none."""
    done = await connection.execute("DELETE FROM subscription WHERE system = %s AND id = %s", (system, id_))
    return done.rowcount == 1


# --- what is sent ------------------------------------------------------------------------------------------------------


async def hand_over(connection: Connection, system: str, kind: str, notice: int) -> tuple[SubscriptionRow, int] | None:
    """(the Subscription by which the system is told of this kind, the number that the event has there); None when it has no active
    one, so that the notice waits.
    """
    found = await connection.cursor(row_factory=class_row(SubscriptionRow)).execute(
        f"SELECT {_COLUMNS} FROM subscription WHERE system = %s AND verified AND {_OPEN}"  # noqa: S608 - constant
        " AND (kinds IS NULL OR %s = ANY(kinds)) ORDER BY id LIMIT 1 FOR UPDATE",
        (system, kind),
    )
    row = await found.fetchone()
    if row is None:
        return None
    numbered = await connection.execute(
        "SELECT number FROM subscription_event WHERE subscription = %s AND notice = %s", (row.id, notice)
    )
    if (known := await numbered.fetchone()) is not None:
        return row, int(known[0])
    await _number(connection, row.id, [notice])
    told = await one(connection, system, row.id)
    assert told is not None
    return told, told.events


async def has_active(connection: Connection, system: str) -> bool:
    """Whether the system is told of anything by a Subscription."""
    found = await connection.execute(
        f"SELECT 1 FROM subscription WHERE system = %s AND verified AND {_OPEN} LIMIT 1",  # noqa: S608 - constant
        (system,),
    )
    return await found.fetchone() is not None


async def number_waiting(connection: Connection, system: str, id_: str) -> None:
    """Number the events that wait to be handed over, in the order of writing, a bounded number at once; none behind a dead one
    of its case, also one that was just written and is not marked so yet: it would come before those that are (D-3, D-6).
    """
    locked = await connection.execute(
        f"SELECT kinds FROM subscription WHERE system = %s AND id = %s AND {_OPEN} FOR UPDATE",  # noqa: S608 - constant
        (system, id_),
    )
    if (row := await locked.fetchone()) is None:
        return
    found = await connection.execute(
        f"SELECT coalesce(o.known_as, o.id) FROM ({_WAITING}) o LEFT JOIN message m ON m.source = o.source AND m.id = o.message"  # noqa: S608
        f" WHERE (%s::text[] IS NULL OR {_KIND} = ANY(%s)) AND NOT EXISTS"
        " (SELECT FROM subscription_event e WHERE e.subscription = %s AND e.notice = coalesce(o.known_as, o.id))"
        " AND NOT EXISTS (SELECT FROM outbox_row d WHERE d.system = %s AND d.state = 'dead' AND d.kind = 'notice'"
        " AND d.case_id = o.case_id AND d.sequence < o.sequence)"
        " ORDER BY o.id LIMIT %s",
        (system, system, row[0], row[0], id_, system, _NUMBERED),
    )
    await _number(connection, id_, [notice for (notice,) in await found.fetchall()])


async def _number(connection: Connection, id_: str, notices: list[int]) -> None:
    """Give events the next numbers; the row of the Subscription is locked."""
    await connection.execute(
        "INSERT INTO subscription_event (subscription, number, notice)"
        " SELECT s.id, s.events + n.place, n.notice FROM subscription s,"
        " unnest(%s::bigint[]) WITH ORDINALITY AS n (notice, place) WHERE s.id = %s",
        (notices, id_),
    )
    await connection.execute("UPDATE subscription SET events = events + %s WHERE id = %s", (len(notices), id_))


async def note(connection: Connection, row: SubscriptionRow, fault: str | None) -> None:
    """Write whether what was sent last was taken; a Subscription that has been changed since is left alone."""
    await connection.execute(
        "UPDATE subscription SET status = CASE WHEN %(fault)s::text IS NULL THEN 'active' ELSE 'error' END, fault = %(fault)s"
        " WHERE id = %(id)s AND revision = %(revision)s AND verified AND status <> 'off'",
        {"fault": fault, "id": row.id, "revision": row.revision},
    )


async def shaken(connection: Connection, row: SubscriptionRow, fault: str | None, heartbeat_s: int | None) -> bool:
    """Write how the handshake went; False where the Subscription has been changed since, or is gone."""
    done = await connection.execute(
        "UPDATE subscription SET status = CASE WHEN %(fault)s::text IS NULL THEN 'active' ELSE 'error' END, fault = %(fault)s,"
        " verified = %(fault)s::text IS NULL,"
        " due_at = CASE WHEN %(fault)s::text IS NULL THEN now() + %(beat)s * interval '1 second' END"
        " WHERE id = %(id)s AND revision = %(revision)s AND status = 'requested'",
        {"fault": fault, "id": row.id, "revision": row.revision, "beat": heartbeat_s},
    )
    return done.rowcount == 1


async def due(connection: Connection) -> dict[str, int]:
    """System → how many of its handshakes and heartbeats are due."""
    found = await connection.execute(
        f"SELECT system, count(*) FROM subscription WHERE due_at <= now() AND {_OPEN} GROUP BY system"  # noqa: S608 - constant
    )
    return dict(await found.fetchall())


async def claim_due(connection: Connection, system: str, for_s: float) -> SubscriptionRow | None:
    """A Subscription of the system whose handshake or heartbeat is due, handshakes first; another process takes it up only when this one
    does not come back within that time.
    """
    found = await connection.cursor(row_factory=class_row(SubscriptionRow)).execute(
        "UPDATE subscription SET due_at = now() + %s * interval '1 second' WHERE id IN"  # noqa: S608 - constants
        f" (SELECT id FROM subscription WHERE system = %s AND due_at <= now() AND {_OPEN}"
        " ORDER BY status = 'requested' DESC, due_at LIMIT 1 FOR UPDATE SKIP LOCKED)"
        f" RETURNING {_COLUMNS}",
        (for_s, system),
    )
    return await found.fetchone()


async def next_heartbeat(connection: Connection, row: SubscriptionRow, heartbeat_s: int | None) -> None:
    """Write when the next heartbeat is due; None: never."""
    await connection.execute(
        "UPDATE subscription SET due_at = now() + %s * interval '1 second' WHERE id = %s AND revision = %s",
        (heartbeat_s, row.id, row.revision),
    )


# --- what is asked -----------------------------------------------------------------------------------------------------


async def events(connection: Connection, id_: str, since: int, until: int, limit: int) -> list[tuple[int, int]]:
    """(number, notice) of events from ``since`` to ``until``, in order."""
    found = await connection.execute(
        "SELECT number, notice FROM subscription_event WHERE subscription = %s AND number BETWEEN %s AND %s"
        " ORDER BY number LIMIT %s",
        (id_, since, until, limit),
    )
    return [(number, notice) for number, notice in await found.fetchall()]


async def notices(connection: Connection, system: str, numbers: Collection[int]) -> dict[int, OutboxRow]:
    """A system's own rows by the number in their ``out-4711``, sent or not; those that operations has skipped are left out, and
    those of cases whose content has been removed.
    """
    cursor = connection.cursor(row_factory=dict_row)
    found = await cursor.execute(
        f"SELECT {ROW_COLUMNS} FROM outbox_row WHERE system = %s AND state <> 'skipped' AND told->'gallrad' IS NULL"  # noqa: S608 - constant
        " AND ((id = ANY(%s::bigint[]) AND known_as IS NULL) OR known_as = ANY(%s::bigint[]))",
        (system, list(numbers), list(numbers)),
    )
    rows = [row_from(columns) for columns in await found.fetchall()]
    return {row.known_as or row.id: row for row in rows}
