"""The faults on purpose towards a system that speaks FHIR."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hub.kit.faults.door import message_key
from hub.kit.faults.notices import with_unknown
from hub.translators import fhir
from hub.translators.fhir import xml
from hub.translators.formats import Encoded
from schemas.identity_types import EVERY_PUBLISHED_FORM

EXAMPLES = Path(__file__).parents[2] / "contracts" / "fhir"


@pytest.mark.parametrize("media", ["application/fhir+json", "application/fhir+xml"])
@pytest.mark.parametrize("name", ["kvittens.request", "svu.inskrivning.request", "sip.plan.request"])
def test_what_a_later_version_adds_to_a_bundle_is_an_extension_of_its_header_and_changes_nothing_else(name, media):
    in_xml = media.endswith("xml")
    body = (EXAMPLES / f"{name}.json").read_bytes()
    body = fhir.as_xml(body) if in_xml else body
    changed = with_unknown(Encoded({}, media, body)).body
    assert changed != body

    def read(content: bytes) -> object:
        return fhir.read(content, media, identities=EVERY_PUBLISHED_FORM, accepted=True)

    assert read(changed) == read(body)
    tree = xml.tree(xml.parse(changed)) if in_xml else json.loads(changed)
    assert tree["entry"][0]["resource"]["extension"][-1]["url"] == "urn:samverkan:kit:added-in-1-1"


def test_a_message_that_comes_again_is_known_by_its_id_in_every_format():
    bundle = json.loads((EXAMPLES / "kvittens.request.json").read_bytes())
    id_ = bundle["entry"][0]["resource"]["id"]
    other_envelope = {**bundle, "id": "another-envelope"}
    assert message_key([], json.dumps(bundle).encode()) == message_key([], json.dumps(other_envelope).encode()) == id_
    in_xml = [(b"Content-Type", b"application/fhir+xml; charset=utf-8")]
    assert {message_key(in_xml, fhir.as_xml(json.dumps(one).encode())) for one in (bundle, other_envelope)} == {id_}
    assert message_key([], b'{"id": "m-1", "data": {}}') == "m-1"
    assert message_key([(b"CE-ID", b"m-1")], b"{}") == "m-1"
    assert message_key([], b"<Bundle/>") == message_key([], b"<Bundle/>") != message_key([], b"<Bundle />")
