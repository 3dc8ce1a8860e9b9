"""The one place that knows which wire formats there are: reads any of them, writes a notice or a receipt in the one a
system wants.

Pure; imports the translators, the language and the errors only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from pydantic_core import from_json

from hub.errors import Refused
from hub.translators import fhir, native
from schemas.envelope import Message
from schemas.identity_types import EVERY_PUBLISHED_FORM, IdentityRules
from schemas.messages import FROM_THE_HUB, HUB_SOURCE, MESSAGES, NAME_OF, Announcement, NoticeExtensions, Receipt
from schemas.moments import CANONICAL, in_utc
from schemas.parts import Part

FHIR_JSON = "application/fhir+json"
FHIR_XML = "application/fhir+xml"


@dataclass(frozen=True, slots=True)
class Encoded:
    """Something ready for a way out: CloudEvents attributes, the media type, the body."""

    attributes: dict[str, str]
    media_type: str
    body: bytes


def is_fhir(media_type: str) -> bool:
    """Whether a body of this media type is a FHIR message Bundle."""
    return media_type.startswith((FHIR_JSON, FHIR_XML))


def read(
    media_type: str,
    attributes: Mapping[str, str] | None,
    raw: bytes,
    identities: IdentityRules | None = None,
    *,
    accepted: bool = False,
) -> Message:
    """Any format → Message; raises ``Refused`` with what is wrong and where.

    ``identities``: what the directory adds to the rules of numbers; every published form where it is left out.
    ``accepted``: it was read once already, so FHIR's reference model is not asked again.
    """
    rules = EVERY_PUBLISHED_FORM if identities is None else identities
    if is_fhir(media_type):
        return fhir.read(raw, media_type, identities=rules, accepted=accepted)
    if attributes is None:
        attributes, raw = native.split_structured(raw)
    content = attributes.get("datacontenttype")
    kind = content.strip().lower() if isinstance(content, str) else ""
    if is_fhir(kind):  # the Bundle says all that the message is; the event around it is its envelope
        message = fhir.read(raw, kind, identities=rules, accepted=accepted)
        if not accepted:
            _same_as(attributes, message)
        return message
    return native.read_binary(attributes, raw, rules)


def _same_as(attributes: Mapping[str, Any], message: Message) -> None:
    """An event and the Bundle in it say one thing. Raises ``Refused`` at the attribute that says another."""
    told: dict[str, Any] = {
        "id": message.id,
        "source": f"urn:hsa:{message.unit}".lower(),
        "type": message.name,
        "subject": message.subject,
        "time": message.time,
        "actor": None if message.actor is None else message.actor.lower(),
        "actorrole": message.role,
    }
    for name, value in told.items():
        stated = attributes.get(name)
        if stated is not None and _read_as(name, stated) != value:
            raise Refused(
                "envelope-differs",
                f"Attributet {name} säger annat än den Bundle som eventet bär enligt datacontenttype: sänd samma värde i båda.",
                f"The attribute {name} says something else than the Bundle that the event carries by its datacontenttype: send "
                "the same value in both.",
                f"/{name}",
                400,
            )


def _read_as(name: str, stated: Any) -> Any:
    if not isinstance(stated, str):
        return stated
    if name in ("source", "actor"):
        return stated.lower()
    if name == "type":
        return NAME_OF.get(stated)
    if name == "time":
        try:
            return datetime.fromisoformat(stated)
        except ValueError:
            return stated
    return stated


def digest(message: Message) -> bytes:
    """SHA-256 of what a message says: type, subject, time, actor, role and data as read (D-2).

    The same act in another encoding, mode or layout, by another tracing or under a Bundle of another id, has the same.
    """
    said = (message.name, message.subject, in_utc(message.time).isoformat(), message.actor, message.role)
    sha = hashlib.sha256(repr(said).encode())
    sha.update(message.data.model_dump_json(exclude_defaults=True, context=CANONICAL).encode())
    return sha.digest()


class KeptRow(Protocol):
    """A row of the store, as far as its message goes."""

    id: str
    name: str | None
    media_type: str
    attributes: bytes | None
    raw: bytes


def kept(row: KeptRow) -> Message:
    """A message as it was kept, the hub's own ones included: what was read once reads again."""
    found = None if row.attributes is None else from_json(row.attributes)
    if row.name in FROM_THE_HUB and found is not None:
        time, data = datetime.fromisoformat(found["time"]), _data(row.name, row.raw)
        return Message(row.id, HUB_SOURCE, row.name, found["subject"], time, None, None, data)
    return read(row.media_type, found, row.raw, accepted=True)


def with_data(message: Message, body: bytes) -> Message:
    """The message with other data: what the notice shows where that is not what was sent."""
    return replace(message, data=_data(message.name, body))


def _data(name: str, body: bytes) -> Part:
    """Data that were read before: whatever the directory says now of numbers, they are what they were."""
    return MESSAGES[name].model_validate_json(body, context={"identities": EVERY_PUBLISHED_FORM})


def write_notice(
    message: Message, told: NoticeExtensions, format_: str, created: datetime, body: bytes | None = None
) -> Encoded:
    """A notice in the format that a system has chosen; ``body`` is its native JSON, where that is written already."""
    attributes = native.attributes(message, told)
    if format_ == "fhir":
        attributes["datacontenttype"] = FHIR_JSON
        return Encoded(attributes, FHIR_JSON, fhir.write_notice(message, told, created=created))
    return Encoded(attributes, native.JSON, native.write_body(message) if body is None else body)


def write_receipt(receipt: Receipt, receipt_id: str, format_: str, created: datetime) -> Encoded:
    """A receipt in the format that a system has chosen."""
    attributes = native.receipt_attributes(receipt, receipt_id, created)
    if format_ == "fhir":
        attributes["datacontenttype"] = FHIR_JSON
        return Encoded(
            attributes, FHIR_JSON, fhir.write_response(receipt, receipt.message, created=created, media_type=FHIR_JSON)
        )
    return Encoded(attributes, native.JSON, receipt.model_dump_json(exclude_none=True, exclude_defaults=True).encode())


def write_announcement(told: Announcement, id_: str, format_: str, created: datetime) -> Encoded:
    """What operations announces, in the format that a system has chosen (C-34)."""
    attributes = native.announcement_attributes(id_, created)
    if format_ == "fhir":
        attributes["datacontenttype"] = FHIR_JSON
        return Encoded(attributes, FHIR_JSON, fhir.write_announcement(told, id_, created=created))
    return Encoded(attributes, native.JSON, told.model_dump_json().encode())


def json_from(raw: bytes) -> Any:
    """What the store keeps as JSON."""
    return from_json(raw)


__all__ = [
    "FHIR_JSON",
    "FHIR_XML",
    "Encoded",
    "Refused",
    "digest",
    "is_fhir",
    "read",
    "write_announcement",
    "write_notice",
    "write_receipt",
]
