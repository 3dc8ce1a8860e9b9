"""What a message or a notice says, raw and as it is read: behind the glass, and each reading is in the trail. Imports the store, the
translators and the language.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from hub.errors import Refused
from hub.operations import glass
from hub.operations.reason import shown
from hub.operations.rights import Operator
from hub.processes.engine.record import words
from hub.store import inbox, send_queue
from hub.store.inbox import Connection, InboxRow
from hub.store.outbox import OutboxRow
from hub.translators import formats
from schemas.directory import Directory
from schemas.envelope import Message
from schemas.messages import Announcement, NoticeExtensions, Receipt


@dataclass(frozen=True, slots=True)
class Spoken:
    """What something says."""

    media_type: str
    attributes: Mapping[str, str]
    """The CloudEvents attributes beside the body."""
    text: str | None
    """The bytes as text; None where they are none."""
    base64: str | None
    read: Mapping[str, Any] | None
    """As it is read: type, subject, time, unit, actor, role, data; None where it cannot be read."""
    unreadable: Refused | None
    """Why it cannot."""


async def of_message(connection: Connection, operator: Operator, source: str, id_: str) -> Spoken:
    """What a message says, as it came. Raises ``Refused``: 403 where no glass is open, 404, 410 where gallring has removed it."""
    await glass.open_glass(connection, operator)
    row = (await inbox.load(connection, [(source, id_)])).get((source, id_))
    if row is None:
        raise Refused(
            "unknown",
            f"Det finns inget meddelande {shown(id_)} från {shown(source)}.",
            f"There is no message {shown(id_)} from {shown(source)}.",
            "/id",
            404,
        )
    if not row.raw:
        raise _gallrat()
    await glass.used(connection, operator, f"message {id_}")
    return await asyncio.to_thread(_spoken, row)


def _spoken(row: InboxRow) -> Spoken:
    attributes = {} if row.attributes is None else formats.json_from(row.attributes)
    try:
        message, unreadable = formats.read_stored(row), None
    except Refused as error:
        message, unreadable = None, error
    except (ValueError, KeyError):  # kept as a defect of the hub's own (D-4)
        message, unreadable = None, Refused("defect", "Hubben kan inte läsa det.", "The hub cannot read it.", "/")
    return Spoken(row.media_type, attributes, *_bytes(row.raw), None if message is None else _read(message), unreadable)


def _bytes(raw: bytes) -> tuple[str | None, str | None]:
    """The bytes as text, or in base64 where they are no text."""
    try:
        return raw.decode(), None
    except UnicodeDecodeError:
        return None, base64.b64encode(raw).decode()


def _read(message: Message) -> dict[str, Any]:
    return {
        "type": message.name,
        "subject": message.subject,
        "time": message.time.isoformat(),
        "unit": message.unit,
        "actor": message.actor,
        "role": message.role,
        "data": words(message.data),
    }


async def of_notice(connection: Connection, operator: Operator, number: int, directory: Directory) -> Spoken:
    """What a row of the outbox tells its receiver, in the receiver's format. Raises as ``of_message``."""
    await glass.open_glass(connection, operator)
    row = next(iter(await send_queue.rows(connection, [number])), None)
    if row is None or row.kind not in {"notice", "receipt", "announcement"}:
        raise Refused(
            "unknown-row", f"Det finns ingen underrättelse {number}.", f"There is no notice {number}.", "/row", 404
        )
    stored = None
    if row.kind == "notice":
        stored = (await inbox.load(connection, [(row.source, row.message_id)])).get((row.source, row.message_id))
        if stored is None or not stored.raw:
            raise _gallrat()
    await glass.used(connection, operator, f"notice {row.webhook_id} of {row.message_id}")
    system = directory.system_by_id.get(row.system)
    return await asyncio.to_thread(_told, row, stored, "native" if system is None else system.format)


def _told(row: OutboxRow, stored: InboxRow | None, format_: str) -> Spoken:
    """The notice as it goes out; of a system that has left the directory in the native format."""
    created = row.accepted_at.astimezone(UTC)
    read: dict[str, Any]
    if stored is not None:
        message = formats.read_stored(stored)
        message = message if row.body is None else formats.with_data(message, row.body)
        encoded = formats.write_notice(message, row.told, format_, created, row.body)
        content = row.content
        assert isinstance(content, NoticeExtensions)
        read = _read(message) | {"told": content.model_dump(mode="json")}
    else:
        encoded, read = _own(row, format_, created)
    return Spoken(encoded.media_type, encoded.attributes, *_bytes(encoded.body), read, None)


def _own(row: OutboxRow, format_: str, created: datetime) -> tuple[formats.Encoded, dict[str, Any]]:
    """A receipt or an announcement: the hub's own words."""
    content = row.content
    read = {"type": row.kind, "data": content.model_dump(mode="json", exclude_none=True)}
    if isinstance(content, Receipt):
        return formats.write_receipt(row.told, row.case_id, f"receipt-{row.id}", format_, created), read
    assert isinstance(content, Announcement)
    return formats.write_announcement(content, row.message_id, format_, created), read


def _gallrat() -> Refused:
    return Refused(
        "gallrat",
        "Innehållet är gallrat enligt regionens regel: det kan inte läsas mer. Vad som hände med det står kvar i tidslinjen.",
        "The content was removed by the region's rule: it can be read no more. What happened to it stays in the timeline.",
        "/id",
        410,
    )
