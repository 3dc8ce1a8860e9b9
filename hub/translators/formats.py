"""The one place that knows which wire formats there are: reads any of them, writes a notice or a receipt in the one a
system wants.

Pure; imports the translators, the language and the errors only.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from pydantic_core import from_json, to_json

from hub.errors import Refused
from hub.translators import fhir, native
from schemas.envelope import Message
from schemas.messages import FROM_THE_HUB, HUB_SOURCE, MESSAGES, Receipt, Told

FHIR_JSON = "application/fhir+json"
FHIR_XML = "application/fhir+xml"

_NOT_OF_THE_MESSAGE = frozenset({"traceparent", "tracestate", "datacontenttype"})


@dataclass(frozen=True, slots=True)
class Written:
    """Something ready for a way out: CloudEvents attributes, the media type, the body."""

    attributes: dict[str, str]
    media_type: str
    body: bytes


def is_fhir(media_type: str) -> bool:
    """Whether a body of this media type is a FHIR message Bundle."""
    return media_type.startswith((FHIR_JSON, FHIR_XML))


def read(media_type: str, attributes: Mapping[str, str] | None, raw: bytes) -> Message:
    """Any format → Message; raises ``Refused`` with what is wrong and where."""
    if is_fhir(media_type):
        return fhir.read(raw, media_type)
    if attributes is None:
        attributes, raw = native.split_structured(raw)
    return native.read_binary(attributes, raw)


_BUNDLE_HEAD = re.compile(
    rb"""(?:"(?:id|timestamp|lastUpdated)"\s*:\s*"[^"]*"|<(?:id|timestamp|lastUpdated)\s[^>]*>)"""
)


def _without_bundle_identity(raw: bytes) -> bytes:
    """A Bundle less its own id and times, which stand before its entries: a sender that resends may renew them
    (fhir.md).
    """
    end = min((at for at in (raw.find(b'"entry"'), raw.find(b"<entry")) if at >= 0), default=len(raw))
    return _BUNDLE_HEAD.sub(b"", raw[:end]) + raw[end:]


def digest(media_type: str, attributes: Mapping[str, str] | None, raw: bytes) -> bytes:
    """SHA-256 of what makes a message the same when it comes again (D-2), tracing and the Bundle's own id and time
    left out.
    """
    if is_fhir(media_type):
        raw = _without_bundle_identity(raw)
    sha = hashlib.sha256(raw)
    if attributes is not None:
        for name in sorted(attributes):
            if name not in _NOT_OF_THE_MESSAGE:
                sha.update(f"\0{name}={attributes[name]}".encode())
    return sha.digest()


class Kept(Protocol):
    """A row of the store, as far as its message goes."""

    id: str
    name: str | None
    media_type: str
    attributes: bytes | None
    raw: bytes


def kept(row: Kept) -> Message:
    """A message as it was kept, the hub's own ones included: what was read once reads again."""
    found = None if row.attributes is None else from_json(row.attributes)
    if row.name in FROM_THE_HUB and found is not None:
        time, data = datetime.fromisoformat(found["time"]), MESSAGES[row.name].model_validate_json(row.raw)
        return Message(row.id, HUB_SOURCE, row.name, found["subject"], time, None, None, data)
    return read(row.media_type, found, row.raw)


def with_data(message: Message, body: bytes) -> Message:
    """The message with other data: what the notice shows where that is not what was sent."""
    return replace(message, data=MESSAGES[message.name].model_validate_json(body))


def write_notice(message: Message, told: Told, format_: str, created: datetime, body: bytes | None = None) -> Written:
    """A notice in the format that a system has chosen; ``body`` is its native JSON, where that is written already."""
    attributes = native.attributes(message, told)
    if format_ == "fhir":
        attributes["datacontenttype"] = FHIR_JSON
        return Written(attributes, FHIR_JSON, fhir.write_notice(message, told, created=created))
    return Written(attributes, native.JSON, native.write_body(message) if body is None else body)


def write_receipt(receipt: Receipt, receipt_id: str, format_: str, created: datetime) -> Written:
    """A receipt in the format that a system has chosen."""
    attributes = native.receipt_attributes(receipt, receipt_id, created)
    if format_ == "fhir":
        attributes["datacontenttype"] = FHIR_JSON
        return Written(
            attributes, FHIR_JSON, fhir.write_response(receipt, receipt.message, created=created, media_type=FHIR_JSON)
        )
    return Written(attributes, native.JSON, receipt.model_dump_json(exclude_none=True, exclude_defaults=True).encode())


def json_of(value: Any) -> bytes:
    """JSON for the store."""
    return to_json(value)


def json_from(raw: bytes) -> Any:
    """The inverse of ``json_of``."""
    return from_json(raw)


__all__ = ["FHIR_JSON", "FHIR_XML", "Refused", "Written", "digest", "is_fhir", "read", "write_notice", "write_receipt"]
