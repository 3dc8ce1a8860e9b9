"""An announcement of operations: a message Bundle with a Communication in both languages (C-34). Imports the language and the names.

It belongs to no case and names no person; Swedish is the text, English its translation.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from hub.translators.fhir import names
from hub.translators.fhir.assembly import Assembly, fhir_id, instant
from hub.translators.fhir.response import translated
from hub.translators.fhir.writer import HUB_APPLICATION
from schemas.messages import HUB_SOURCE, Announcement

EVENT = "announcement"


def write_announcement(announcement: Announcement, id_: str, *, created: datetime) -> bytes:
    """R4 JSON; the same announcement gives the same bytes to every system. ``created``: when it was made, with its zone."""
    assembly = Assembly(EVENT, id_)
    said = assembly.add(
        {
            "resourceType": "Communication",
            "status": "completed",
            "sent": instant(created),
            "payload": [{"contentString": announcement.text.sv, "_contentString": translated(announcement.text.en)}],
        }
    )
    header: dict[str, Any] = {
        "resourceType": "MessageHeader",
        "id": fhir_id(id_),
        "eventCoding": {"system": names.EVENT, "code": EVENT},
        "destination": [{"endpoint": HUB_SOURCE}],  # no unit in particular
        "source": HUB_APPLICATION,
        "focus": [{"reference": said}],
    }
    if announcement.test:
        header["meta"] = {"tag": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HTEST"}]}
    return msgspec.json.encode(assembly.bundle(header, created))
