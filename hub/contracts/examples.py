"""Examples of every record and every call, as they stand on the wire, for contracts/asyncapi.yaml. Imports the formats and the
examples of FHIR; the acts are read from ``valid/``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from standardwebhooks import Webhook

from hub.translators import fhir, formats, native
from hub.translators.fhir.example_acts import WRITTEN
from hub.translators.fhir.examples import announcement, notices, receipts, requests
from hub.translators.formats import Encoded
from schemas.messages import NAME_OF, as_json

_SECRET = "whsec_ZGVtby1zZWNyZXQtb2YtbHVuZC1rb21tdW4tMDAwMQ=="  # noqa: S105 - the demo's, published in the README
_REFERENCE_SYSTEM = "https://ehr.example/vardkontakt"
_Example = dict[str, Any]
_SHOWN = next(iter(requests()))
"""The message that is shown in FHIR too; contracts/fhir has all of them."""


def of_every_message(folder: Path) -> dict[str, list[_Example]]:
    """Name of the message in the document → its examples."""
    found = _acts(folder)
    for name, told in _told().items():
        found[name] = [_record(what, encoded) for what, encoded in told]
        found[call_of(name)] = [_call(what, encoded) for what, encoded in told]
        if name in {f"{form}.notice" for form in _FHIR_MEDIA}:
            bundle = f"{name.removesuffix('.notice')}.bundle.call"
            found[bundle] = [_bundle_alone(what, encoded) for what, encoded in told]
            found[bundle.replace(".bundle.call", ".push")] = [_pushed(what, encoded) for what, encoded in told]
    return found | _notifications()


def call_of(record: str) -> str:
    """The name of the call to a webhook that carries what a record of ``hub.out`` does."""
    return f"{record}.call"


_FORMS = {"": "native", "fhir.": "fhir", "fhir-xml.": "fhir-xml"}
_FHIR_MEDIA = {"fhir": "application/fhir+json", "fhir-xml": "application/fhir+xml"}


def _acts(folder: Path) -> dict[str, list[_Example]]:
    """The valid fixture of every act as a record of ``hub.in``, and one act as a Bundle; ``valid/`` has more of them."""
    found: dict[str, list[_Example]] = {}
    for path in sorted((folder / "valid").glob("*.json"), key=lambda path: len(path.name)):
        event = json.loads(path.read_bytes())
        data = event.pop("data")
        shown = {"name": path.stem, "headers": _binary(event, "application/json"), "payload": data}
        found.setdefault(f"{NAME_OF[event['type']]}.act", [shown])
    bundle = fhir.write_request(requests()[_SHOWN], reference_system=_REFERENCE_SYSTEM)
    for form, media_type in _FHIR_MEDIA.items():
        payload = json.loads(bundle) if form == "fhir" else fhir.as_xml(bundle).decode()
        found[f"{form}.act"] = [{"name": _SHOWN, "headers": {"content-type": media_type}, "payload": payload}]
    return found


def _told() -> dict[str, list[tuple[str, Encoded]]]:
    """Every notice natively and one in each form of FHIR, the receipts and the announcement in every form."""
    found: dict[str, list[tuple[str, Encoded]]] = {}
    for key, (message, told) in sorted(notices().items(), key=lambda named: len(named[0])):
        encoded = formats.write_notice(message, as_json(told), "native", WRITTEN)
        found.setdefault(f"{message.name}.notice", [(key, encoded)])
    for form in _FHIR_MEDIA:
        message, told = notices()[_SHOWN]
        encoded = formats.write_notice(message, as_json(told), form, WRITTEN)
        found[f"{form}.notice"] = [(_SHOWN, encoded)]
    for prefix, form in _FORMS.items():
        found[f"{prefix}receipt"] = _receipts(form)
        told_all = formats.write_announcement(announcement(), "announcement-1", form, WRITTEN)
        found[f"{prefix}announcement"] = [("announcement", told_all)]
    return found


def _receipts(form: str) -> list[tuple[str, Encoded]]:
    return [
        (key, formats.write_receipt(as_json(receipt), receipt.case, f"receipt-{number}", form, WRITTEN))
        for number, (key, receipt) in enumerate(receipts().items(), 1)
    ]


def _binary(attributes: Mapping[str, str], media_type: str) -> dict[str, str]:
    named = {f"ce_{name}": value for name, value in attributes.items() if name != "datacontenttype"}
    return {"content-type": media_type, **named}


def _record(what: str, encoded: Encoded) -> _Example:
    return {"name": what, "headers": _binary(encoded.attributes, encoded.media_type), "payload": _content(encoded)}


def _content(encoded: Encoded) -> Any:
    return encoded.body.decode() if encoded.media_type == "application/fhir+xml" else json.loads(encoded.body)


def _call(what: str, encoded: Encoded) -> _Example:
    body = native.structured(encoded.attributes, encoded.body)
    return {"name": what, "headers": _signed(body, native.STRUCTURED), "payload": json.loads(body)}


def _bundle_alone(what: str, encoded: Encoded) -> _Example:
    return {"name": what, "headers": _signed(encoded.body, encoded.media_type), "payload": _content(encoded)}


def _pushed(what: str, encoded: Encoded) -> _Example:
    media = {"content-type": encoded.media_type, "accept": encoded.media_type}
    headers = {**media, "user-agent": "samverkan-hub", "authorization": "Bearer the-token-of-your-directory"}
    return {"name": what, "headers": headers, "payload": _content(encoded)}


def _notifications() -> dict[str, list[_Example]]:
    """A handshake and an event with each content."""
    message, told = notices()[_SHOWN]
    bundle = fhir.write_notice(message, told, created=WRITTEN)
    state = fhir.SubscriptionState(
        "3f1c2a8e-5b7d-4e21-9a40-6d2f8c1b7e55", "https://hub.example/fhir", fhir.topic("all"), "active", None, 12
    )
    event = fhir.SubscriptionEvent(12, "out-4711", WRITTEN, bundle)
    found: dict[str, list[_Example]] = {}
    for form, media_type in _FHIR_MEDIA.items():
        written = {
            "handshake": fhir.write_notification(state, "handshake", "empty", [], at=WRITTEN, media_type=media_type)
        }
        for content in ("empty", "id-only", "full-resource"):
            written[content] = fhir.write_notification(
                state, "event-notification", content, [event], at=WRITTEN, media_type=media_type
            )
        headers = {"content-type": media_type, "user-agent": "samverkan-hub"}
        found[f"{form}.notification"] = [
            {"name": name, "headers": headers, "payload": _content(Encoded({}, media_type, body))}
            for name, body in written.items()
        ]
    return found


def _signed(body: bytes, media_type: str) -> dict[str, str]:
    """The signature is right for the bytes as the hub writes them, without blanks."""
    return {
        "content-type": media_type,
        "user-agent": "samverkan-hub",
        "webhook-id": "out-4711",
        "webhook-timestamp": str(int(WRITTEN.timestamp())),
        "webhook-signature": Webhook(_SECRET).sign("out-4711", WRITTEN, body.decode()),
    }
