"""The native format: CloudEvents 1.0 with a JSON body (messages.md §1), binary and structured. Imports the language, the JSON
reader, the faults and the errors only.

Refusals name the element by JSON pointer and repeat no value of the message (D-10).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from pydantic_core import to_json

from hub.errors import Refused
from hub.translators import faults, json_text, told
from schemas.envelope import ATTRIBUTE_NAME, SET_BY_THE_HUB, Envelope, Message
from schemas.identity_types import EVERY_PUBLISHED_FORM, IdentityRules
from schemas.messages import (
    ANNOUNCEMENT_TYPE,
    FROM_THE_HUB,
    HUB_SOURCE,
    MESSAGES,
    NAME_OF,
    RECEIPT_TYPE,
)

JSON = "application/json"
STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"

_UNREADABLE = 400


def read_binary(
    attributes: Mapping[str, Any],
    body: bytes,
    identities: IdentityRules | None = None,
    *,
    readable: Sequence[str] = (JSON,),
) -> Message:
    """Read a CloudEvent in binary mode: the attributes without the prefix ``ce_``, and the data.

    ``identities``: the rules of numbers from the directory; without them every published form is accepted. ``readable``: the
    media types of data that the hub reads, for the refusal. Raises ``Refused``.
    """
    context = {"identities": EVERY_PUBLISHED_FORM if identities is None else identities}
    check_names(attributes)
    try:
        envelope = Envelope.model_validate(attributes, context=context)
    except ValidationError as error:
        raise faults.refusal(Envelope, error) from None
    name = name_of(envelope.type)
    check_content_type(envelope.datacontenttype, readable)
    model = MESSAGES[name]
    if not body:
        raise Refused("missing-field", "Fältet /data saknas.", "The field /data is missing.", "/data", _UNREADABLE)
    body = json_text.without_mark(body)
    content = json_text.read(body, "/data")
    try:
        data = model.model_validate_json(body, context=context)
    except ValidationError as error:
        raise faults.refusal(model, error, "/data", content) from None
    return Message(
        id=envelope.id,
        unit=envelope.source[len("urn:hsa:") :].upper(),
        name=name,
        subject=envelope.subject,
        time=envelope.time,
        actor=envelope.actor,
        role=envelope.actorrole,
        data=data,
    )


def check_names(attributes: Mapping[str, Any]) -> None:
    """Refuse names that CloudEvents does not allow or that only the hub sets; other attributes are ignored (messages.md §1)."""
    for name in attributes:
        if ATTRIBUTE_NAME.fullmatch(name) is None:
            raise Refused(
                "unknown-field",
                "Ett attribut i / har ett namn som CloudEvents inte tillåter: bara tecknen a–z och 0–9.",
                "An attribute of / has a name that CloudEvents does not allow: the characters a–z and 0–9 only.",
                "/?",
                _UNREADABLE,
            )
    if found := sorted(SET_BY_THE_HUB.intersection(attributes)):
        listed = ", ".join(f"/{name}" for name in found)
        raise Refused(
            "unknown-field",
            f"{listed} sätts bara av hubben, i det som den meddelar. Sänd utan.",
            f"{listed} is set by the hub alone, in what it tells. Send without.",
            f"/{found[0]}",
            _UNREADABLE,
        )


def check_content_type(content_type: str | None, readable: Sequence[str]) -> None:
    """Refuse data that are of another kind than JSON; raises ``Refused``."""
    listed = ", ".join(readable)
    kind = (content_type or JSON).partition(";")[0].strip().lower()
    if not kind.endswith(("/json", "+json")):
        raise Refused(
            "media-type",
            f"/datacontenttype anger ett slag av innehåll som inte läses. De som läses är {listed}.",
            f"/datacontenttype names a kind of content that is not read. Those that are read are {listed}.",
            "/datacontenttype",
            _UNREADABLE,
        )


def name_of(type_: str) -> str:
    """The message's name for a CloudEvents ``type``; raises ``Refused`` for an unknown type and for the hub's own."""
    name = NAME_OF.get(type_)
    if name is None or name in FROM_THE_HUB:
        raise Refused(
            "unknown-type",
            "Meddelandetypen är okänd eller förbehållen hubben. Se contracts/ för de typer som finns.",
            "The message type is unknown or the hub's own. See contracts/ for the types that there are.",
            "/type",
            _UNREADABLE,
        )
    return name


def split_structured(body: bytes) -> tuple[dict[str, Any], bytes]:
    """Split a structured CloudEvent into attributes and the bytes of its data, as in binary mode.

    An attribute that is null counts as absent; ``data_base64`` is decoded; a text under another content type than JSON is the
    data itself (CloudEvents JSON format §2.2 and §3.1).
    """
    event = json_text.read(body)
    if not isinstance(event, dict):
        raise Refused("not-json", "Ange ett objekt: { … }.", "Give an object: { … }.", "/", _UNREADABLE)
    event = {name: value for name, value in event.items() if value is not None}
    data, packed = event.pop("data", None), event.pop("data_base64", None)
    if packed is None:
        kind = event.get("datacontenttype")
        if isinstance(data, str) and isinstance(kind, str) and "json" not in kind.lower():
            return event, data.encode()
        return event, b"" if data is None else to_json(data)
    if data is not None:
        raise Refused(
            "member-twice",
            "Både /data och /data_base64 finns. Behåll den som gäller.",
            "Both /data and /data_base64 are there. Keep the one that holds.",
            "/data_base64",
            _UNREADABLE,
        )
    try:
        return event, base64.b64decode(packed, validate=True)
    except (binascii.Error, TypeError, ValueError):
        raise Refused(
            "invalid-value",
            "/data_base64: Ange innehållet som base64 utan radbrytningar.",
            "/data_base64: Give the content as base64 without line breaks.",
            "/data_base64",
            _UNREADABLE,
        ) from None


def claimed_id(attributes: Mapping[str, Any] | None, body: bytes) -> object:
    """What stands as the id of a CloudEvent that is refused, ``attributes`` None when they are in the body; None where nothing is
    read.
    """
    if attributes is None:
        try:
            attributes = json_text.read(body)
        except Refused:
            return None
    return attributes.get("id") if isinstance(attributes, Mapping) else None


def split_batch(body: bytes, most: int) -> list[bytes]:
    """Split a batch into the bytes of its structured CloudEvents, so that an error concerns one event only.

    Raises ``Refused`` when there are more than ``most``.
    """
    events = json_text.split(body)
    if events is None:
        json_text.read(body)  # raises ``Refused`` with the place
        raise Refused("not-json", "Ange en lista: [ … ].", "Give a list: [ … ].", "/", _UNREADABLE)
    if len(events) > most:
        raise Refused(
            "batch-too-large",
            f"Högst {most} meddelanden per anrop. Dela upp satsen.",
            f"At most {most} messages a call. Split the batch.",
            "/",
            413,
        )
    return events


def write_body(message: Message) -> bytes:
    """The message's data as native JSON."""
    return message.body


def attributes(message: Message, extensions: bytes | None) -> dict[str, str]:
    """The CloudEvents attributes of a message, in a notice with its extensions (messages.md §2), given as the outbox keeps them."""
    if extensions is None:
        return dict(message.attributes)
    further = told.attributes(extensions)
    return {**message.attributes, "subject": further["case"], **further}


def text(value: object) -> str:
    """A value as JSON text."""
    return to_json(value).decode()


def receipt_attributes(case: str | None, receipt_id: str, time: datetime) -> dict[str, str]:
    """The CloudEvents attributes of a receipt; ``case``: the one that it names."""
    found = {
        "specversion": "1.0",
        "id": receipt_id,
        "source": HUB_SOURCE,
        "type": RECEIPT_TYPE,
        "time": time.isoformat(),
        "datacontenttype": JSON,
    }
    if case:
        found["subject"] = case
    return found


def announcement_attributes(id_: str, time: datetime) -> dict[str, str]:
    """The CloudEvents attributes of an announcement; the same for every system."""
    return {
        "specversion": "1.0",
        "id": id_,
        "source": HUB_SOURCE,
        "type": ANNOUNCEMENT_TYPE,
        "time": time.isoformat(),
        "datacontenttype": JSON,
    }


def structured(attrs: Mapping[str, str], body: bytes) -> bytes:
    """A structured CloudEvent of attributes and a body: the bytes of JSON are not changed; XML stands as a text in ``data``
    (CloudEvents JSON format §3.1).
    """
    data = body if attrs.get("datacontenttype", JSON).endswith("json") else to_json(body.decode())
    return to_json(dict(attrs))[:-1] + b',"data":' + data + b"}"
