"""The registry of wire formats: reads a message in any of them, and writes a notice, a receipt or an announcement in the one that
a system has chosen. Pure; imports the translators, the language and the errors only.

A new format is one entry in ``FORMATS``; CONTRIBUTING.md says what else belongs to it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, Protocol

from pydantic_core import from_json

from hub.errors import Refused
from hub.translators import fhir, native
from schemas.envelope import Message
from schemas.identity_types import EVERY_PUBLISHED_FORM, IdentityRules
from schemas.messages import HUB_SOURCE, MESSAGES, NAME_OF, Announcement, NoticeExtensions, Receipt
from schemas.moments import CANONICAL, in_utc
from schemas.parts import Part
from schemas.person_numbers import holds_person_number

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9\-._:]{0,127}")
"""What an id may be (``schemas.parts.MessageId``)."""
FHIR_JSON = "application/fhir+json"
FHIR_XML = "application/fhir+xml"


@dataclass(frozen=True, slots=True)
class Writer:
    """How the hub writes a format to the systems that have chosen it."""

    notice: Callable[[Message, bytes, datetime, bytes | None], bytes]
    """(message, JSON of its extensions, time of writing, native JSON of the data where it is written already) → body."""
    receipt: Callable[[bytes, datetime], bytes]
    """(its JSON, time of writing) → body."""
    announcement: Callable[[Announcement, str, datetime], bytes]
    """(announcement, its id, time of writing) → body."""
    prepare: Callable[[], None] | None = None
    """Loads what the first body would wait for; None where that is nothing."""


@dataclass(frozen=True, slots=True)
class Format:
    """One wire format of a message."""

    media_type: str
    """A body is in this format when its media type begins so."""
    read: Callable[[str, Mapping[str, Any], bytes, IdentityRules, bool], Message]
    """(media type, CloudEvents attributes, body, rules of identities, accepted before) → message; raises ``Refused``."""
    has_envelope: bool
    """Whether the body alone says everything; then a CloudEvent around it must say the same."""
    is_slow: Callable[[bytes], bool]
    """Whether reading the body may take so long that it is done in a process of its own."""
    claimed_id: Callable[[str, Mapping[str, Any] | None, bytes], object] = lambda _, __, ___: None
    """(media type, CloudEvents attributes or None, body) → what stands where the message's id should, of a body that is refused."""
    name: str | None = None
    """The format's name in the directory (``System.format``); None for a format that is only read."""
    written: Writer | None = None


def _fhir_receipt(receipt: Receipt, at: datetime) -> bytes:
    return fhir.write_response(receipt, receipt.message, created=at)


_FHIR = Writer(
    notice=lambda message, told, at, _: fhir.write_notice(
        message, NoticeExtensions.model_validate_json(told), created=at
    ),
    receipt=lambda written, at: _fhir_receipt(Receipt.model_validate_json(written), at),
    announcement=lambda announcement, id_, at: fhir.write_announcement(announcement, id_, created=at),
)
FORMATS = (
    Format(
        native.JSON,
        read=lambda _, attributes, body, rules, __: native.read_binary(attributes, body, rules, readable=MEDIA_TYPES),
        has_envelope=False,
        is_slow=lambda body: b'"resourceType"' in body,  # a FHIR Bundle in a CloudEvent
        claimed_id=lambda _, attributes, body: native.claimed_id(attributes, body),
        name="native",
        written=Writer(
            notice=lambda message, _, __, body: native.write_body(message) if body is None else body,
            receipt=lambda written, _: written,
            announcement=lambda announcement, _, __: announcement.json_bytes(exclude_defaults=True),
        ),
    ),
    Format(
        FHIR_JSON,
        read=lambda media, _, body, rules, accepted: fhir.read(body, media, identities=rules, accepted=accepted),
        has_envelope=True,
        is_slow=lambda body: not fhir.is_lean(body),
        claimed_id=lambda media, _, body: fhir.glimpse(body, media).id,
        name="fhir",
        written=_FHIR,
    ),
    Format(
        FHIR_XML,
        read=lambda media, _, body, rules, accepted: fhir.read(body, media, identities=rules, accepted=accepted),
        has_envelope=True,
        is_slow=lambda _: True,
        claimed_id=lambda media, _, body: fhir.glimpse(body, media).id,
        name="fhir-xml",
        written=Writer(
            notice=lambda *told: fhir.as_xml(_FHIR.notice(*told)),
            receipt=lambda *told: fhir.as_xml(_FHIR.receipt(*told)),
            announcement=lambda *told: fhir.as_xml(_FHIR.announcement(*told)),
            prepare=fhir.load_elements,
        ),
    ),
)
MEDIA_TYPES: tuple[str, ...] = tuple(format_.media_type for format_ in FORMATS)
_NATIVE = FORMATS[0]
_WRITTEN = {
    format_.name: (format_.media_type, format_.written)
    for format_ in FORMATS
    if format_.name is not None and format_.written is not None
}


@dataclass(frozen=True, slots=True)
class Encoded:
    """A body ready to be sent, with its CloudEvents attributes and its media type."""

    attributes: dict[str, str]
    media_type: str
    body: bytes


@lru_cache(maxsize=256)  # asked three times of each message; clients name few media types
def _format_of(media_type: str) -> Format:
    """The format of a media type; CloudEvents and whatever else are read as native."""
    return next((format_ for format_ in FORMATS if media_type.startswith(format_.media_type)), _NATIVE)


def is_fhir(media_type: str) -> bool:
    """Whether a body of this media type is a FHIR message Bundle."""
    return media_type.startswith((FHIR_JSON, FHIR_XML))


def is_slow(media_type: str, raw: bytes) -> bool:
    """Whether reading a body may take so long that it is done in a process of its own."""
    return _format_of(media_type).is_slow(raw)


def read(
    media_type: str,
    attributes: Mapping[str, str] | None,
    raw: bytes,
    identities: IdentityRules | None = None,
    *,
    accepted: bool = False,
) -> Message:
    """Read a message in any format; raises ``Refused``, which says what is wrong and where.

    ``attributes``: of a CloudEvent in binary mode, else None. ``identities``: the rules of numbers from the directory; without
    them every published form is accepted. ``accepted``: the message was read before, so FHIR's reference model need not check
    it again.
    """
    rules = EVERY_PUBLISHED_FORM if identities is None else identities
    whole = _format_of(media_type)
    if whole.has_envelope:
        return whole.read(media_type, {}, raw, rules, accepted)
    if attributes is None:
        attributes, raw = native.split_structured(raw)
    declared = attributes.get("datacontenttype")
    inner_type = declared.strip().lower() if isinstance(declared, str) else ""
    content = _format_of(inner_type)
    message = content.read(inner_type, attributes, raw, rules, accepted)
    if content.has_envelope and not accepted:
        _check_same(attributes, message)
    return message


def claimed_id(media_type: str, attributes: Mapping[str, Any] | None, raw: bytes) -> str | None:
    """The id that a refused message bears, for its refusal to repeat; None where there is none of an id's form, or one that may
    be a person's number (D-10). Never raises.
    """
    found = _format_of(media_type).claimed_id(media_type, attributes, raw)
    fits = isinstance(found, str) and _ID.fullmatch(found) is not None and not holds_person_number(found)
    return str(found) if fits else None


def _check_same(attributes: Mapping[str, Any], message: Message) -> None:
    """Raises ``Refused`` at the first attribute of the CloudEvent that differs from the message inside it."""
    inside: dict[str, Any] = {
        "id": message.id,
        "source": f"urn:hsa:{message.unit}".lower(),
        "type": message.name,
        "subject": message.subject,
        "time": message.time,
        "actor": None if message.actor is None else message.actor.lower(),
        "actorrole": message.role,
    }
    for name, value in inside.items():
        stated = attributes.get(name)
        if stated is not None and _comparable(name, stated) != value:
            raise Refused(
                "envelope-differs",
                f"Attributet {name} säger annat än den Bundle som eventet bär enligt datacontenttype: sänd samma värde i båda.",
                f"The attribute {name} says something else than the Bundle that the event carries by its datacontenttype: send "
                "the same value in both.",
                f"/{name}",
                400,
            )


def _comparable(name: str, stated: Any) -> Any:
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
    """SHA-256 of the message's type, subject, time, actor, role and data as read (D-2).

    It is the same whatever the encoding, mode or layout, the tracing attributes, and the id of the FHIR Bundle.
    """
    head = (message.name, message.subject, in_utc(message.time).isoformat(), message.actor, message.role)
    sha = hashlib.sha256(repr(head).encode())
    sha.update(message.data.json_bytes(exclude_defaults=True, context=CANONICAL))
    return sha.digest()


class StoredMessage(Protocol):
    """The columns of a stored message that are needed to read it again."""

    source: str
    id: str
    name: str | None
    media_type: str
    attributes: bytes | None
    raw: bytes


def read_stored(row: StoredMessage) -> Message:
    """Read a stored message again, the hub's own ones included; a message that was accepted once is never refused."""
    attributes = None if row.attributes is None else from_json(row.attributes)
    if row.source == HUB_SOURCE and row.name is not None and attributes is not None:
        time, data = datetime.fromisoformat(attributes["time"]), _data(row.name, row.raw)
        return Message(row.id, HUB_SOURCE, row.name, attributes["subject"], time, None, None, data)
    return read(row.media_type, attributes, row.raw, accepted=True)


def with_data(message: Message, body: bytes) -> Message:
    """The message with other data, for a notice that does not show it as it was sent."""
    return replace(message, data=_data(message.name, body))


def _data(name: str, body: bytes) -> Part:
    """Data that were accepted before, read without the directory's present rules of numbers."""
    return MESSAGES[name].model_validate_json(body, context={"identities": EVERY_PUBLISHED_FORM})


def write_notice(message: Message, told: bytes, format_: str, created: datetime, body: bytes | None = None) -> Encoded:
    """A notice in a system's format. ``told``: the JSON of its extensions (``schemas.messages.as_json``); ``body``: the native JSON of
    its data, where it is written already.
    """
    media_type, written = _WRITTEN[format_]
    return _encoded(native.attributes(message, told), media_type, written.notice(message, told, created, body))


def write_receipt(receipt: bytes, case: str | None, receipt_id: str, format_: str, created: datetime) -> Encoded:
    """A receipt, given as its JSON (``schemas.messages.as_json``), in a system's format. ``case``: the one that it names."""
    media_type, written = _WRITTEN[format_]
    attributes = native.receipt_attributes(case, receipt_id, created)
    return _encoded(attributes, media_type, written.receipt(receipt, created))


def write_announcement(announcement: Announcement, id_: str, format_: str, created: datetime) -> Encoded:
    """An announcement of operations in a system's format (C-34)."""
    media_type, written = _WRITTEN[format_]
    attributes = native.announcement_attributes(id_, created)
    return _encoded(attributes, media_type, written.announcement(announcement, id_, created))


def prepare(names: Iterable[str]) -> None:
    """Loads what writing these formats (``System.format``) needs, which may take seconds: the first notice does not wait for it."""
    for name in set(names):
        _, written = _WRITTEN[name]
        if written.prepare is not None:
            written.prepare()


def _encoded(attributes: dict[str, str], media_type: str, body: bytes) -> Encoded:
    attributes["datacontenttype"] = media_type
    return Encoded(attributes, media_type, body)


def json_from(raw: bytes) -> Any:
    """A JSON column of the store."""
    return from_json(raw)
