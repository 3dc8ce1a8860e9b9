"""Free messages and their files as a unit sees them (C-40 to C-42). Pure; imports the rules' case and the language only."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

from hub.processes.engine.case import Case
from hub.processes.engine.record import ShownMessage, name_of
from hub.processes.engine.unit_view import speakers
from hub.store.case_reads import Thread
from schemas.directory import Directory


@dataclass(frozen=True, slots=True)
class File:
    """A file as it is given out; its type is told from its bytes, never from its name."""

    name: str
    content: bytes

    @property
    def media(self) -> str:
        """Its media type, told from the content."""
        return media_of(self.content)


_BEGINNINGS = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
)
_OFFICE = "application/vnd.openxmlformats-officedocument."
_PACKAGES = (
    (b"application/vnd.oasis.opendocument.text", "application/vnd.oasis.opendocument.text"),
    (b"application/vnd.oasis.opendocument.spreadsheet", "application/vnd.oasis.opendocument.spreadsheet"),
    (b"word/", _OFFICE + "wordprocessingml.document"),
    (b"xl/", _OFFICE + "spreadsheetml.sheet"),
    (b"ppt/", _OFFICE + "presentationml.presentation"),
)
UNKNOWN = "application/octet-stream"


def media_of(content: bytes) -> str:
    """What the bytes are, of the kinds that are taken in (C-42); anything else is plain bytes, which no browser opens."""
    for beginning, media in _BEGINNINGS:
        if content.startswith(beginning):
            return media
    if content.startswith(b"PK\x03\x04"):
        return next((media for part, media in _PACKAGES if part in content), UNKNOWN)
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return UNKNOWN
    return UNKNOWN if "\0" in text else "text/plain; charset=utf-8"


def shown(case: Case, thread: Thread, one: ShownMessage, directory: Directory) -> dict[str, Any]:
    """One message: what was said, to whom, who has acknowledged, whether it was revoked. It stays readable (C-41)."""
    data: Any = one.message.data
    element = thread.element
    receivers = element.state["to"]
    awaited = element.awaited
    return {
        "message": thread.message,
        "sequence": thread.sequence,
        "by": one.by(directory),
        "text": data.text,
        "receivers": None if receivers is None else [_unit(unit, directory) for unit in receivers],
        "awaits": [unit for unit in case.open_awaits(element) if speakers(case, unit, directory)],
        "kvittenser": [
            {**_unit(unit, directory), "person": actor, "role": role, "time": time}
            for unit, (actor, role, time) in (awaited.done if awaited is not None else {}).items()
        ],
        "revoked": element.removed,
        "file": None if (file := file_of(one)) is None else _file(thread, file),
    }


def _unit(unit: str, directory: Directory) -> dict[str, Any]:
    return {"unit": unit, "name": name_of(unit, directory)}


def _file(thread: Thread, file: File) -> dict[str, Any]:
    sender = thread.source.removeprefix("urn:hsa:")
    return {"name": file.name, "type": file.media, "size": len(file.content), "sender": sender}


def file_of(one: ShownMessage) -> File | None:
    """The file of a message; None when it has none."""
    attachment = getattr(one.message.data, "attachment", None)
    return None if attachment is None else File(attachment.name, base64.b64decode(attachment.content))
