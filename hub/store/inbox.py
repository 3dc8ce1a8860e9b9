"""Messages as they came: duplicates, histories, those held. Imports psycopg and the transaction only.

Every function works inside a transaction of the caller.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from hub.store.transaction import copy
from hub.store.transaction import keys as texts

Connection = AsyncConnection[tuple[Any, ...]]
Key = tuple[str, str]
"""(source, message id): the key of duplicates (D-2)."""


@dataclass(slots=True)
class Row:
    """One message as it is kept; ``receipt`` is None while it is held, ``sequence`` and ``events`` unless it was
    accepted.
    """

    source: str
    id: str
    digest: bytes
    raw: bytes
    media_type: str
    attributes: bytes | None
    system: str
    received_at: datetime
    name: str | None
    case_id: str | None
    sequence: int | None
    events: bytes | None
    receipt: bytes | None


_COLUMNS = (
    ("source", "text"),
    ("id", "text"),
    ("digest", "bytea"),
    ("raw", "bytea"),
    ("media_type", "text"),
    ("attributes", "bytea"),
    ("system", "text"),
    ("received_at", "timestamptz"),
    ("name", "text"),
    ("case_id", "bytea"),
    ("sequence", "int4"),
    ("events", "bytea"),
    ("receipt", "bytea"),
)
"""Columns with the type whose binary form is what we hand over: JSON and uuid go as the bytes that they are."""


def uuid_bytes(text: str | None) -> bytes | None:
    """A uuid's 16 bytes, as PostgreSQL's binary form has them."""
    return None if text is None else bytes.fromhex(text.replace("-", ""))


async def add(connection: Connection, rows: Sequence[Row]) -> None:
    """Keeps new messages; raises ``Conflict`` when one of the keys is there already."""
    await copy(
        connection,
        "message",
        [name for name, _ in _COLUMNS],
        [kind for _, kind in _COLUMNS],
        [
            (
                r.source,
                r.id,
                r.digest,
                r.raw,
                r.media_type,
                r.attributes,
                r.system,
                r.received_at,
                r.name,
                uuid_bytes(r.case_id),
                r.sequence,
                r.events,
                r.receipt,
            )
            for r in rows
        ],
    )


async def seen(connection: Connection, keys: Iterable[Key]) -> dict[Key, tuple[bytes, Any]]:
    """Which of the keys are known: key → (digest, receipt or None while held)."""
    wanted = list(keys)
    found = await connection.execute(
        "SELECT m.source, m.id, m.digest, m.receipt FROM unnest(%s::text[], %s::text[]) AS k (source, id)"
        " JOIN message m USING (source, id)",
        (texts(k[0] for k in wanted), texts(k[1] for k in wanted)),
    )
    return {(source, id_): (bytes(digest), receipt) for source, id_, digest, receipt in await found.fetchall()}


async def settle(connection: Connection, row: Row) -> None:
    """A held message has been handled or refused: its case, number and receipt are written, the hold is over."""
    await connection.execute(
        "UPDATE message SET name = %s, case_id = %s, sequence = %s, events = %s, receipt = %s WHERE source = %s AND id = %s",
        (row.name, row.case_id, row.sequence, _text(row.events), _text(row.receipt), row.source, row.id),
    )
    await connection.execute("DELETE FROM held WHERE source = %s AND message = %s", (row.source, row.id))


def _text(raw: bytes | None) -> str | None:
    return None if raw is None else raw.decode()


_WHOLE = (
    "SELECT m.source, m.id, m.digest, m.raw, m.media_type, m.attributes::text, m.system, m.received_at, m.name, m.case_id,"
    " m.sequence, m.events::text, m.receipt::text"
)


async def load(connection: Connection, keys: Sequence[Key]) -> dict[Key, Row]:
    """Messages by key, as they were kept."""
    cursor = connection.cursor(row_factory=dict_row)
    found = await cursor.execute(
        f"{_WHOLE} FROM unnest(%s::text[], %s::text[]) AS k (source, id) JOIN message m USING (source, id)",
        (texts(k[0] for k in keys), texts(k[1] for k in keys)),
    )
    return {(row["source"], row["id"]): _row(row) for row in await found.fetchall()}


async def at(connection: Connection, numbers: Sequence[tuple[str, int]]) -> dict[tuple[str, int], Row]:
    """Accepted messages by (case, sequence), as they were kept."""
    if not numbers:
        return {}
    cursor = connection.cursor(row_factory=dict_row)
    found = await cursor.execute(
        f"{_WHOLE} FROM unnest(%s::uuid[], %s::int[]) AS k (case_id, sequence) JOIN message m USING (case_id, sequence)",
        ([case for case, _ in numbers], [number for _, number in numbers]),
    )
    return {(str(row["case_id"]), row["sequence"]): _row(row) for row in await found.fetchall()}


def _row(found: dict[str, Any]) -> Row:
    case_id = found["case_id"]
    return Row(
        **{
            **found,
            "raw": bytes(found["raw"]),
            "digest": bytes(found["digest"]),
            "case_id": str(case_id) if isinstance(case_id, UUID) else case_id,
            **{name: _bytes(found[name]) for name in ("attributes", "events", "receipt")},
        }
    )


def _bytes(found: str | None) -> bytes | None:
    return None if found is None else found.encode()


# --- held (D-4) -------------------------------------------------------------------------------------------------------


async def hold(
    connection: Connection, key: Key, case_key: str, reason: str, now: datetime, schedule_s: Sequence[float]
) -> None:
    """Holds a message under its case; one held again keeps its place and waits for the schedule's next time
    (seconds).
    """
    await connection.execute(
        "INSERT INTO held AS h (source, message, case_key, reason, due_at)"
        " VALUES (%(source)s, %(message)s, %(case)s, %(reason)s, %(now)s + make_interval(secs => (%(waits)s::float8[])[1]))"
        " ON CONFLICT (source, message) DO UPDATE SET reason = excluded.reason, attempts = h.attempts + 1,"
        " due_at = %(now)s + make_interval(secs => (%(waits)s::float8[])[least(h.attempts + 2, cardinality(%(waits)s::float8[]))])",
        {
            "source": key[0],
            "message": key[1],
            "case": case_key,
            "reason": reason,
            "now": now,
            "waits": list(schedule_s),
        },
    )


async def holds(connection: Connection, case_keys: Iterable[str]) -> dict[str, tuple[Key, str]]:
    """Case key → the first message that is held there, with its reason; cases without a hold are absent."""
    found = await connection.execute(
        "SELECT DISTINCT ON (case_key) case_key, source, message, reason FROM held WHERE case_key = ANY(%s)"
        " ORDER BY case_key, id",
        (list(case_keys),),
    )
    return {case_key: ((source, message), reason) for case_key, source, message, reason in await found.fetchall()}


@dataclass(slots=True)
class Held:
    """A held message as operations sees it; nothing of its body."""

    source: str
    message: str
    case_key: str
    reason: str
    since: datetime
    due_at: datetime
    attempts: int
    id: int


async def held(connection: Connection, *, due: datetime | None = None, limit: int = 500) -> list[Held]:
    """Held messages in the order in which they came; with ``due`` only the heads of their cases whose time has come."""
    cursor = connection.cursor(row_factory=dict_row)
    if due is None:
        found = await cursor.execute("SELECT * FROM held ORDER BY id LIMIT %s", (limit,))
    else:
        found = await cursor.execute(
            "SELECT * FROM (SELECT DISTINCT ON (case_key) * FROM held ORDER BY case_key, id) AS heads"
            " WHERE due_at <= %s ORDER BY id LIMIT %s",
            (due, limit),
        )
    return [Held(**row) for row in await found.fetchall()]


async def make_due(connection: Connection, case_keys: Sequence[str], now: datetime) -> None:
    """The case that held messages waited for is there, or their head was settled: they may be tried at once."""
    await connection.execute("UPDATE held SET due_at = %s WHERE case_key = ANY(%s)", (now, list(case_keys)))


async def try_now(connection: Connection, key: Key, now: datetime) -> None:
    """What a held message waited for has come."""
    await connection.execute("UPDATE held SET due_at = %s WHERE source = %s AND message = %s", (now, *key))


async def oldest_hold(connection: Connection) -> tuple[int, datetime | None]:
    """How many messages are held, and since when the oldest."""
    row = await (await connection.execute("SELECT count(*), min(since) FROM held")).fetchone()
    assert row is not None
    return row[0], row[1]
