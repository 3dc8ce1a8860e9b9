"""What operations announces is written for each system as its contract says (C-34)."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fhir.resources.R4B.bundle import Bundle
from jsonschema import Draft202012Validator

from hub.delivery.outgoing import encode
from hub.sandbox import wire
from hub.store.outbox import OutboxRow
from hub.translators.fhir.examples import announcement
from hub.translators.native import structured
from schemas.messages import HUB_SOURCE, as_json
from tests.stack import checked, content

SCHEMAS = Path(__file__).parents[2] / "contracts" / "schemas"
NOW = datetime(2026, 11, 25, 21, 26, tzinfo=UTC)
ITEM = OutboxRow(
    7,
    "announcement",
    "ehr",
    None,
    None,
    HUB_SOURCE,
    "0199aaaa-0000-7000-8000-000000000001",
    as_json(announcement()),
    None,
    NOW,
    NOW,
)


def system(format_: str):
    found = content()
    found["systems"][0]["format"] = format_
    return checked(found).systems[0]


def valid(name: str, event) -> bool:
    return Draft202012Validator(json.loads((SCHEMAS / f"{name}.json").read_bytes())).is_valid(event)


@pytest.mark.parametrize("format_", ["native", "fhir"])
def test_an_announcement_is_an_event_of_its_own_tied_to_no_case(format_):
    outgoing = encode(ITEM, None, system(format_))
    event = json.loads(structured(outgoing.encoded.attributes, outgoing.encoded.body))
    assert valid("announcement-event", event)
    assert not valid("announcement-event", event | {"subject": "a case"})
    assert not valid("receipt-event", event)
    assert event["id"] == ITEM.message_id
    assert outgoing.key == outgoing.id == "out-7"
    assert encode(ITEM, None, system(format_)) == outgoing, "written again it is the same"
    assert wire.announced(outgoing.encoded.attributes)


def test_its_body_says_it_in_both_languages():
    body = json.loads(encode(ITEM, None, system("native")).encoded.body)
    assert valid("announcement", body)
    assert body["text"] == {"sv": announcement().text.sv, "en": announcement().text.en}


def test_in_fhir_it_is_a_message_that_the_reference_model_reads():
    written = encode(ITEM, None, system("fhir")).encoded
    bundle = Bundle.model_validate_json(written.body)
    header, said = (entry.resource for entry in bundle.entry)
    assert (header.eventCoding.code, header.focus[0].reference) == ("announcement", bundle.entry[1].fullUrl)
    assert said.payload[0].contentString == announcement().text.sv
    assert announcement().text.en in written.body.decode()
