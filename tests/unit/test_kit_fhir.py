"""The faults on purpose towards a system that speaks FHIR."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hub.kit.faults.door import message_key
from hub.kit.faults.notices import with_unknown
from hub.translators import fhir
from hub.translators.formats import Encoded
from schemas.identity_types import EVERY_PUBLISHED_FORM

EXAMPLES = Path(__file__).parents[2] / "contracts" / "fhir"


@pytest.mark.parametrize("name", ["kvittens.request", "svu.inskrivning.request", "sip.plan.request"])
def test_what_a_later_version_adds_to_a_bundle_is_an_extension_of_its_header_and_changes_nothing_else(name):
    body = (EXAMPLES / f"{name}.json").read_bytes()
    changed = with_unknown(Encoded({}, "application/fhir+json", body)).body
    assert changed != body

    def read(content: bytes) -> object:
        return fhir.read(content, "application/fhir+json", identities=EVERY_PUBLISHED_FORM, accepted=True)

    assert read(changed) == read(body)
    added = json.loads(changed)["entry"][0]["resource"]["extension"][-1]
    assert added["url"] == "urn:samverkan:kit:added-in-1-1"


def test_a_message_that_comes_again_is_known_by_its_id_in_every_format():
    bundle = json.loads((EXAMPLES / "kvittens.request.json").read_bytes())
    id_ = bundle["entry"][0]["resource"]["id"]
    other_envelope = {**bundle, "id": "another-envelope"}
    assert message_key([], json.dumps(bundle).encode()) == message_key([], json.dumps(other_envelope).encode()) == id_
    assert message_key([], b'{"id": "m-1", "data": {}}') == "m-1"
    assert message_key([(b"CE-ID", b"m-1")], b"{}") == "m-1"
    assert message_key([], b"<Bundle/>") == message_key([], b"<Bundle/>") != message_key([], b"<Bundle />")
