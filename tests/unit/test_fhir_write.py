"""Notices, requests and responses in FHIR: valid to the reference model, and read back as they were."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta, timezone
from typing import Any

import pytest

from hub.translators.fhir import JSON, READS, WRITES, XML, read, write_notice, write_request, write_response
from hub.translators.fhir.assembly import fhir_id, instant
from hub.translators.fhir.examples import ADMITTED, CASE, WRITTEN, notices, receipts, requests
from hub.translators.fhir.reader import lean
from hub.translators.fhir.reference import from_json
from hub.translators.fhir.xml_writer import as_xml
from schemas.messages import FROM_THE_HUB, Receipt


def test_a_request_in_xml_is_read_as_the_same_in_json():
    for message in requests().values():
        assert read(as_xml(write_request(message)), XML) == message


def test_every_name_has_an_example():
    assert {message.name for message in requests().values()} == READS
    assert {message.name for message, _ in notices().values()} == WRITES


def test_the_common_bundles_take_the_lean_way():
    bodies = [write_request(message) for message in requests().values()]
    bodies += [write_notice(m, told, created=WRITTEN) for m, told in notices().values() if m.name in READS]
    assert all(lean(body) is not None for body in bodies)


def test_the_hubs_own_messages_are_valid_bundles_without_sender():
    for name in FROM_THE_HUB:
        message, told = notices()[name]
        tree = json.loads(write_notice(message, told, created=WRITTEN))
        from_json(json.dumps(tree).encode())
        assert "sender" not in tree["entry"][0]["resource"]


def test_a_notice_carries_what_the_hub_tells_besides():
    message, told = notices()["svu.inskrivning"]
    header = json.loads(write_notice(message, told, created=WRITTEN))["entry"][0]["resource"]
    found: dict[str, list[Any]] = {}
    for extension in header["extension"]:
        found.setdefault(extension["url"].rpartition(":")[2], []).append(extension)
    assert found["case"][0]["valueIdentifier"]["value"] == CASE
    assert found["sequence"][0]["valuePositiveInt"] == 2
    assert found["skipped"][0]["valuePositiveInt"] == 1
    awaits = [
        {part["url"]: part.get("valueCode", part.get("valueString")) for part in e["extension"]}
        for e in found["awaits"]
    ]
    assert awaits == [{"unit": unit, "act": "kvittens"} for unit in told.to]
    state = {part["url"]: part.get("valueCode", part.get("valueString")) for part in found["state"][0]["extension"]}
    assert state == {"unit": told.to[0], "step": "inskrivning", "role": "sjukskoterska", "colour": "red"}
    assert [d["receiver"]["identifier"]["value"] for d in header["destination"]] == list(told.to)


def test_the_same_notice_written_again_keeps_its_ids_and_another_systems_has_its_own():
    message, told = notices()["svu.inskrivning"]
    first = json.loads(write_notice(message, told, created=WRITTEN))
    again = json.loads(write_notice(message, told, created=WRITTEN + timedelta(hours=1)))
    other = json.loads(write_notice(message, told.model_copy(update={"to": told.to[:1]}), created=WRITTEN))
    assert {**first, "timestamp": ""} == {**again, "timestamp": ""}
    assert first["id"] != other["id"]
    assert first["entry"][0]["resource"]["id"] == other["entry"][0]["resource"]["id"] == message.id


def test_a_name_without_fhir_form_is_not_written():
    message, told = notices()["adressering"]
    with pytest.raises(ValueError, match="no FHIR form"):
        write_notice(replace(message, name="sip.annat"), told, created=WRITTEN)


def test_an_offset_that_r4_has_no_form_for_is_told_in_utc():
    assert instant(ADMITTED.astimezone(timezone(timedelta(hours=20)))) == "2026-03-02T07:40:00+00:00"
    assert instant(ADMITTED.astimezone(timezone(timedelta(minutes=1, seconds=9)))) == "2026-03-02T07:40:00+00:00"
    assert instant(ADMITTED) == "2026-03-02T08:40:00+01:00"


def test_a_message_id_that_is_no_fhir_id_gets_one_that_follows_from_it():
    assert fhir_id("abc-1.2") == "abc-1.2"
    assert fhir_id("a_b:c") == fhir_id("a_b:c") != fhir_id("a_b:d")
    assert len(fhir_id("a" * 65)) <= 64


def _answer(receipt: Receipt, **more: Any) -> dict[str, Any]:
    body = write_response(receipt, "req-1", created=WRITTEN, event="svu.inskrivning", **more)
    from fhir.resources.R4B.bundle import Bundle

    Bundle.model_validate_json(body)
    return json.loads(body)


def test_a_refusal_is_answered_with_rule_both_languages_and_fhirpath():
    tree = _answer(receipts()["refused"])
    header, outcome = (entry["resource"] for entry in tree["entry"])
    assert header["response"]["identifier"] == "req-1"
    assert header["response"]["code"] == "fatal-error"
    assert header["response"]["details"]["reference"] == tree["entry"][1]["fullUrl"]
    issue = outcome["issue"][0]
    assert issue["code"] == "business-rule"
    assert issue["expression"] == ["Encounter.reasonCode.text"]
    assert issue["details"]["coding"] == [{"system": "urn:samverkan:rule", "code": "V-3"}]
    assert issue["details"]["text"].startswith("Samtycke är nekat")
    assert "Consent is refused" in json.dumps(issue["details"]["_text"])


def test_an_accepted_message_is_answered_without_outcome_and_a_warning_brings_one():
    tree = _answer(receipts()["ok"])
    assert len(tree["entry"]) == 1
    assert "details" not in tree["entry"][0]["resource"]["response"]
    warned = _answer(receipts()["ok"].model_copy(update={"warnings": ("samtycke-uppdatera",)}))
    assert warned["entry"][1]["resource"]["issue"][0]["severity"] == "warning"


def test_a_transient_error_says_so():
    tree = _answer(receipts()["transient"])
    assert tree["entry"][0]["resource"]["response"]["code"] == "transient-error"
    assert tree["entry"][1]["resource"]["issue"][0]["code"] == "transient"


def test_a_pointer_without_fhirpath_is_told_as_it_is():
    receipt = receipts()["refused"].model_copy(update={"element": "/data/unheard_of"})
    issue = _answer(receipt)["entry"][1]["resource"]["issue"][0]
    assert issue["diagnostics"] == "/data/unheard_of"
    assert "expression" not in issue


def test_a_message_whose_id_could_not_be_seen_is_answered_by_the_outcome_alone():
    for name in ("ok", "unreadable"):
        tree = json.loads(write_response(receipts()[name], None, created=WRITTEN))
        assert tree["resourceType"] == "OperationOutcome"


def test_a_repeated_answer_has_the_same_content_in_a_new_bundle():
    first, again = (
        json.loads(write_response(receipts()["refused"], "req-1", created=at))
        for at in (WRITTEN, WRITTEN + timedelta(seconds=1))
    )
    assert first["id"] != again["id"]
    assert first["entry"][1]["resource"] == again["entry"][1]["resource"]


def test_a_response_in_xml_holds_the_same_as_in_json():
    from fhir.resources.R4B.bundle import Bundle

    receipt = receipts()["refused"]
    told = [
        write_response(receipt, "req-1", created=WRITTEN, event="svu.inskrivning", media_type=kind)
        for kind in (JSON, XML)
    ]
    assert Bundle.model_validate_json(told[0]) == Bundle.model_validate_xml(told[1])
