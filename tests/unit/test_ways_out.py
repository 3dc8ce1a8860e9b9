"""The directory offers exactly the ways out that have an exit, and a webhook carries what the directory chooses."""

import json
from typing import get_args

import pytest

from hub.delivery.exits import webhook
from hub.delivery.exits.registry import EXITS
from hub.delivery.outgoing import Outgoing
from hub.translators.formats import Encoded
from schemas.directory import Directory, System
from schemas.ways_out import WebhookOut
from tests.stack import SECRETS, content


def test_every_way_out_that_the_directory_offers_has_its_exit():
    offered = {
        get_args(way.model_fields["way"].annotation)[0] for way in get_args(System.model_fields["out"].annotation)
    }
    assert offered == set(EXITS)


XML = Encoded(
    {"specversion": "1.0", "id": "m-1", "datacontenttype": "application/fhir+xml"}, "application/fhir+xml", b"<Bundle/>"
)


@pytest.mark.parametrize(
    ("body", "media", "content"),
    [
        ("bundle", "application/fhir+xml", b"<Bundle/>"),
        ("event", "application/cloudevents+json", json.dumps({**XML.attributes, "data": "<Bundle/>"}).encode()),
        (None, "application/cloudevents+json", json.dumps({**XML.attributes, "data": "<Bundle/>"}).encode()),
    ],
)
def test_a_webhook_carries_the_bundle_alone_or_the_event_around_it_as_the_directory_chooses(body, media, content):
    out = WebhookOut(way="webhook", url="https://a.example/x", secrets=list(SECRETS[:1]), body=body)
    told, said = webhook.carried(out, Outgoing("out-1", "c", XML))
    assert said == media
    assert told == content or json.loads(told) == json.loads(content)


def test_a_bare_bundle_of_a_format_without_bundles_is_a_fault_of_the_directory_that_says_what_to_do():
    found = content()
    found["systems"][0]["out"] = {"way": "webhook", "url": "https://a.example/x", "secrets": list(SECRETS[:1])}
    found["systems"][0]["out"]["body"] = "bundle"
    ((_, fault),) = Directory.model_validate(found).faults()
    assert "system ehr" in fault and "format: fhir" in fault
    found["systems"][0]["format"] = "fhir-xml"
    assert not Directory.model_validate(found).faults()


def test_a_directory_without_the_choice_is_written_as_a_hub_of_the_former_version_reads_it():
    found = content()
    found["systems"][0]["out"] = {"way": "webhook", "url": "https://a.example/x", "secrets": list(SECRETS[:1])}
    assert '"body"' not in Directory.model_validate(found).model_dump_json(exclude_none=True)
