"""Messages as they came in: for recognising duplicates, and as the history of cases. Imports psycopg and the transaction only.

Every function runs inside the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import dict_row
from pydantic_core import from_json

from hub.store.rows_to_write import RowsToWrite, RowType, int4, text, timestamptz
from hub.store.transaction import Conflict, array
from hub.store.transaction import keys as texts

Connection = AsyncConnection[tuple[Any, ...]]
Key = tuple[str, str]
"""(source, message id): two messages with the same key are duplicates (D-2)."""


@dataclass(slots=True)
class InboxRow:
    """One stored message. ``receipt`` is None while it is held; ``sequence`` and ``events`` are None unless it was accepted."""

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
    envelope: bytes | None = None
    """Of 16 bytes; None where the message came in no envelope that has an id of its own."""


def events_of(row: InboxRow) -> list[Any]:
    """The events of an accepted message; none of any other."""
    return from_json(row.events) if row.events else []


_NEW = RowType(
    "new_message",
    "source text, id text, digest bytea, raw bytea, media_type text, attributes json, system text, received_at timestamptz,"
    " name text, case_id uuid, sequence integer, events json, receipt json, envelope bytea",
)


@lru_cache(maxsize=4096)  # a case's id stands in a handful of the rows of its batch
def uuid_bytes(text: str | None) -> bytes | None:
    """The 16 bytes of a uuid, as in PostgreSQL's binary format."""
    return None if text is None else bytes.fromhex(text.replace("-", ""))


_ADD = _NEW.insert("message")


def new(rows: Sequence[InboxRow]) -> RowsToWrite:
    """New messages to write; it raises ``Conflict`` when a key is stored already."""
    return RowsToWrite(_NEW, rows, _row_of, _ADD)


def _row_of(row: InboxRow) -> bytes:
    return _NEW.row(
        row.source.encode(),
        row.id.encode(),
        row.digest,
        row.raw,
        row.media_type.encode(),
        row.attributes,
        row.system.encode(),
        timestamptz(row.received_at),
        text(row.name),
        uuid_bytes(row.case_id),
        None if row.sequence is None else int4(row.sequence),
        row.events,
        row.receipt,
        row.envelope,
    )


Envelope = tuple[str, bytes]
"""(source, the envelope's 16 bytes)."""


async def answer(connection: Connection, row: InboxRow) -> None:
    """Write the case, sequence, events and receipt of a held message that was handled or refused; possible once.

    Raises ``Conflict`` when another hub has done so: then read the message again.
    """
    done = await connection.execute(
        "UPDATE message SET name = %s, case_id = %s, sequence = %s, events = %s, receipt = %s"
        " WHERE source = %s AND id = %s AND receipt IS NULL",
        (row.name, row.case_id, row.sequence, _text(row.events), _text(row.receipt), row.source, row.id),
    )
    if done.rowcount == 0:
        raise Conflict("message_answered_once")


def _text(raw: bytes | None) -> str | None:
    return None if raw is None else raw.decode()


_WHOLE = (
    "SELECT m.source, m.id, m.digest, m.raw, m.media_type, m.attributes::text, m.system, m.received_at, m.name, m.case_id,"
    " m.sequence, m.events::text, m.receipt::text"
)


async def load(connection: Connection, keys: Sequence[Key]) -> dict[Key, InboxRow]:
    """Stored messages by key."""
    cursor = connection.cursor(row_factory=dict_row)
    found = await cursor.execute(
        f"{_WHOLE} FROM unnest(%s::text[], %s::text[]) AS k (source, id) JOIN message m USING (source, id)",
        (texts(k[0] for k in keys), texts(k[1] for k in keys)),
    )
    return {(row["source"], row["id"]): _row(row) for row in await found.fetchall()}


async def at(connection: Connection, numbers: Sequence[tuple[str, int]]) -> dict[tuple[str, int], InboxRow]:
    """Accepted messages by (case, sequence)."""
    if not numbers:
        return {}
    cursor = connection.cursor(row_factory=dict_row)
    found = await cursor.execute(
        f"{_WHOLE} FROM unnest(%s::uuid[], %s::int[]) AS k (case_id, sequence) JOIN message m USING (case_id, sequence)",
        ([case for case, _ in numbers], [number for _, number in numbers]),
    )
    return {(str(row["case_id"]), row["sequence"]): _row(row) for row in await found.fetchall()}


async def of_cases(connection: Connection, ids: Sequence[str]) -> list[InboxRow]:
    """All accepted messages of some cases."""
    cursor = connection.cursor(row_factory=dict_row)
    found = await cursor.execute(
        f"{_WHOLE} FROM message m WHERE m.case_id = ANY(%s::uuid[]) AND m.sequence IS NOT NULL", (array(ids),)
    )
    return [_row(row) for row in await found.fetchall()]


def _row(found: dict[str, Any]) -> InboxRow:
    case_id = found["case_id"]
    return InboxRow(
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
