"""The CloudEvents project's own SDK reads what the hub sends, and the hub reads what the SDK writes, as a vendor's client."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from cloudevents.core.bindings import http, kafka
from cloudevents.core.v1.event import CloudEvent

from hub.delivery.exits.kafka import _headers
from hub.routers import attributes
from hub.translators import formats, native
from hub.translators.fhir.examples import notices
from schemas.messages import Announcement, BilingualText, Receipt, as_json

NOW = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)
TEXT = BilingualText(sv="Rätta.", en="Correct it.")
SENT = {
    **{
        f"{name} in {form}": formats.write_notice(message, as_json(extensions), form, NOW)
        for name, (message, extensions) in notices().items()
        for form in ("native", "fhir")
    },
    "receipt": formats.write_receipt(
        as_json(Receipt(message="m", code="ok", case="c", sequence=7)), "c", "r-1", "native", NOW
    ),
    "announcement": formats.write_announcement(Announcement(text=TEXT), "a-1", "native", NOW),
}
VALID = {
    path.stem: json.loads(path.read_bytes())
    for path in sorted((Path(__file__).parents[2] / "contracts" / "valid").glob("*.json"))
}


def said(event):
    """An event's attributes as text, without the media type, which is a header of its own in binary mode."""
    found = {name: value for name, value in event.get_attributes().items() if name != "datacontenttype"}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in found.items()}


def meant(envelope):
    found = {name: value for name, value in envelope.items() if name != "datacontenttype"}
    return found | {"time": datetime.fromisoformat(found["time"]).isoformat()}


def test_the_sdk_reads_every_record_of_ours_from_kafka():
    for written in SENT.values():
        is_read_from_kafka(written)


def is_read_from_kafka(written):
    headers = {**dict(_headers(written.attributes)), "content-type": written.media_type.encode()}
    event = kafka.from_kafka_event(kafka.KafkaMessage(headers=headers, key=None, value=written.body))
    assert said(event) == meant(written.attributes)
    assert event.get_datacontenttype() == written.media_type
    assert event.get_data() in (json.loads(written.body), written.body)


def test_the_sdk_reads_every_call_of_ours_at_a_webhook():
    for written in SENT.values():
        is_read_at_a_webhook(written)


def is_read_at_a_webhook(written):
    body = native.structured(written.attributes, written.body)
    event = http.from_http_event(http.HTTPMessage(headers={"content-type": native.STRUCTURED}, body=body))
    assert said(event) == meant(written.attributes)
    assert event.get_data() == json.loads(written.body)


def made(event):
    envelope = {name: value for name, value in event.items() if name != "data"}
    return CloudEvent(envelope | {"time": datetime.fromisoformat(event["time"])}, event["data"])


def test_the_hub_reads_every_message_that_the_sdk_writes_for_kafka_and_for_http_in_both_modes():
    for event in VALID.values():
        is_read_by_the_hub(event)


def is_read_by_the_hub(event):
    data = json.dumps(event["data"]).encode()
    expected = native.read_binary({name: value for name, value in event.items() if name != "data"}, data)
    binary = kafka.to_binary_event(made(event))
    headers = {name.removeprefix("ce_"): value.decode() for name, value in binary.headers.items()}
    headers["datacontenttype"] = headers.pop("content-type")
    assert native.read_binary(headers, binary.value) == expected
    binary = http.to_binary_event(made(event))
    headers = attributes.of_http((name.encode(), value.encode()) for name, value in binary.headers.items())
    assert native.read_binary(headers | {"datacontenttype": binary.headers["content-type"]}, binary.body) == expected
    structured = http.to_structured_event(made(event))
    assert native.read_binary(*native.split_structured(structured.body)) == expected
