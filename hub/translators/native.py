"""The native format: CloudEvents 1.0 with a JSON body (messages.md §1), binary and structured. Imports the language
and the errors only.

Reading is strict, names what is wrong by JSON pointer, and repeats no value of what it read (D-10).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from pydantic_core import from_json, to_json

from hub.errors import Refused
from schemas.envelope import Envelope, Message
from schemas.messages import FROM_THE_HUB, HUB_SOURCE, MESSAGES, NAME_OF, RECEIPT_TYPE, Receipt, Told, type_of
from schemas.person_numbers import find_person_numbers

JSON = "application/json"
STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"

_UNREADABLE = 400
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,39}")


def _refusal(error: ValidationError, prefix: str) -> Refused:
    """The first fault of a model, in both languages and without the value that was wrong."""
    fault = error.errors(include_url=False, include_context=True, include_input=False)[0]
    kind = fault["type"]
    element = prefix + "".join(f"/{part}" for part in fault["loc"])
    if kind in {"json_invalid", "recursion_loop"}:
        return not_json(element or "/")
    if kind == "extra_forbidden":
        if not _PLAIN_NAME.fullmatch(str(fault["loc"][-1])) or find_person_numbers(element):
            element = element.rpartition("/")[0] + "/?"  # a name that may say who it is about is not repeated (D-10)
        return Refused(
            "unknown-field",
            f"Okänt fält {element}. Ta bort det eller rätta namnet.",
            f"Unknown field {element}. Remove it or correct its name.",
            element,
            _UNREADABLE,
        )
    if kind == "missing":
        return Refused(
            "missing-field", f"Fältet {element} saknas.", f"The field {element} is missing.", element, _UNREADABLE
        )
    rule = "C-60" if element.endswith("/personnummer") else "invalid-value"
    english = fault["msg"].rstrip(".")
    swedish = (fault.get("ctx") or {}).get("sv") or "Värdet har fel form"
    return Refused(rule, f"{element}: {swedish}.", f"{element}: {english}.", element, _UNREADABLE)


def not_json(element: str = "/data") -> Refused:
    """The bytes are no JSON in UTF-8, or nested too deep."""
    return Refused(
        "not-json",
        "Innehållet är inte giltig JSON i UTF-8, eller för djupt nästlat.",
        "The body is not valid JSON in UTF-8, or is nested too deep.",
        element,
        _UNREADABLE,
    )


def read_binary(attributes: Mapping[str, str], body: bytes) -> Message:
    """A message whose attributes came as headers (``ce_…``, the prefix taken off) and whose body is the data."""
    try:
        envelope = Envelope.model_validate(attributes)
    except ValidationError as error:
        raise _refusal(error, "") from None
    return _message(envelope, body)


def _message(envelope: Envelope, body: bytes) -> Message:
    name = name_of(envelope.type)
    model = MESSAGES[name]
    try:
        data = model.model_validate_json(body)
    except ValidationError as error:
        raise _refusal(error, "/data") from None
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


def name_of(type_: str) -> str:
    """The message's name by its CloudEvents ``type``; refuses one that is unknown or the hub's own."""
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


def split_structured(body: bytes) -> tuple[dict[str, str], bytes]:
    """A structured CloudEvent → its attributes and its data as bytes, so that both modes are read by one reader."""
    try:
        event = from_json(body)
    except ValueError:
        raise not_json("/") from None
    if not isinstance(event, dict):
        raise not_json("/")
    data: Any = event.pop("data", None)
    return event, b"" if data is None else to_json(data)


def split_batch(body: bytes, most: int) -> list[bytes]:
    """A batch of structured CloudEvents → each as bytes of its own; refuses more than ``most``."""
    try:
        events = from_json(body)
    except ValueError:
        raise not_json("/") from None
    if not isinstance(events, list):
        raise not_json("/")
    if len(events) > most:
        raise Refused(
            "batch-too-large",
            f"Högst {most} meddelanden per anrop. Dela upp satsen.",
            f"At most {most} messages a call. Split the batch.",
            "/",
            413,
        )
    return [to_json(event) for event in events]


def write_body(message: Message) -> bytes:
    """A message's data as native JSON."""
    return message.data.model_dump_json(exclude_none=True).encode()


def attributes(message: Message, told: Told | None) -> dict[str, str]:
    """The CloudEvents attributes of a message, with the extensions of a notice when it is told (messages.md §2).

    Extensions of CloudEvents are plain values, so lists and objects travel as JSON text.
    """
    found = {
        "specversion": "1.0",
        "id": message.id,
        "source": message.source,
        "type": type_of(message.name),
        "subject": message.subject if told is None else told.case,
        "time": message.time.isoformat(),
        "datacontenttype": JSON,
    }
    if message.actor:
        found["actor"] = message.actor
    if message.role:
        found["actorrole"] = message.role
    if told is not None:
        found |= {
            "case": told.case,
            "sequence": str(told.sequence),
            "to": text(told.to),
            "awaits": text(told.awaits),
            "state": text(told.state),
            "may": text(told.may),
            "skipped": text(told.skipped),
        }
        if told.replay:
            found["replay"] = "true"
    return found


def text(value: object) -> str:
    """JSON as text."""
    return to_json(value).decode()


def receipt_attributes(receipt: Receipt, receipt_id: str, time: datetime) -> dict[str, str]:
    """The CloudEvents attributes of a receipt."""
    found = {
        "specversion": "1.0",
        "id": receipt_id,
        "source": HUB_SOURCE,
        "type": RECEIPT_TYPE,
        "time": time.isoformat(),
        "datacontenttype": JSON,
    }
    if receipt.case:
        found["subject"] = receipt.case
    return found


def structured(attrs: Mapping[str, str], body: bytes) -> bytes:
    """One structured CloudEvent of attributes and a JSON body, the body's bytes as they are."""
    return to_json(dict(attrs))[:-1] + b',"data":' + body + b"}"
