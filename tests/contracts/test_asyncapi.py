"""The AsyncAPI document: well formed by AsyncAPI 3.0, true to its own schemas, and with an example of everything that goes out."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012
from standardwebhooks import Webhook

from hub.delivery.exits.kafka import _headers
from hub.translators import formats, native
from hub.translators.fhir.example_acts import WRITTEN
from hub.translators.fhir.examples import notices
from schemas.messages import FROM_THE_HUB, MESSAGES, as_json, type_of
from tests.published import asyncapi

FOLDER = Path(__file__).parents[2] / "contracts"
DOCUMENT = asyncapi()
ALL = DOCUMENT["components"]["messages"]
SECRET = "whsec_ZGVtby1zZWNyZXQtb2YtbHVuZC1rb21tdW4tMDAwMQ=="


def strictly(required: str, **properties: Any) -> dict[str, Any]:
    """An object of these members and no others."""
    needed = required.split()
    return {"type": "object", "required": needed, "additionalProperties": False, "properties": properties}


def each(of: dict[str, Any]) -> dict[str, Any]:
    """A map of objects; AsyncAPI's keys have no blanks."""
    return {
        "type": "object",
        "minProperties": 1,
        "propertyNames": {"pattern": r"^[\w.\-]+$"},
        "additionalProperties": of,
    }


TEXT = {"type": "string", "minLength": 1}
REFERENCE = strictly("$ref", **{"$ref": TEXT})
EXAMPLE = strictly(
    "name headers payload", name=TEXT, headers={"type": "object"}, payload={"type": ["object", "string"]}
)
MESSAGE = strictly(
    "name title summary contentType headers payload examples",
    **dict.fromkeys(("name", "title", "summary"), TEXT),
    contentType={"pattern": "^application/"}, headers=REFERENCE, payload={"type": "object"},
    bindings=strictly("", kafka=strictly("key", key={"type": "object"})), examples={"type": "array", "items": EXAMPLE, "minItems": 1},
)  # fmt: skip
CHANNEL = strictly(
    "address messages", address={"type": ["string", "null"]}, title=TEXT, description=TEXT, messages=each(REFERENCE),
    parameters=each(strictly("description", description=TEXT)),
)  # fmt: skip
OPERATION = strictly(
    "action channel", action={"enum": ["send", "receive"]}, channel=REFERENCE,
    bindings=strictly("http", http=strictly("method", method={"enum": ["POST"]}, bindingVersion={"const": "0.3.0"})),
)  # fmt: skip
ASYNCAPI_3 = strictly(
    "asyncapi info channels operations components", asyncapi={"const": "3.0.0"}, defaultContentType=TEXT,
    info=strictly("title version", title=TEXT, version=TEXT, description=TEXT), channels=each(CHANNEL), operations=each(OPERATION),
    components=strictly("messages schemas", messages=each(MESSAGE), schemas=each({"type": "object"})),
)  # fmt: skip


@cache
def _registry() -> Registry[Any]:
    own = Resource.from_contents(DOCUMENT, default_specification=DRAFT202012)
    files = {
        f"schemas/{path.name}": Resource.from_contents(json.loads(path.read_bytes()) | {"$id": f"schemas/{path.name}"})
        for path in (FOLDER / "schemas").glob("*.json")
    }
    return Registry().with_resources([("urn:asyncapi", own), *files.items()])


def _faults(schema: dict[str, Any], content: Any) -> list[str]:
    local = json.loads(json.dumps(schema).replace('"#/', '"urn:asyncapi#/'))
    judge = Draft202012Validator(local, registry=_registry())
    return [f"{list(error.absolute_path)} {error.message[:200]}" for error in judge.iter_errors(content)]


def test_the_document_has_the_members_that_asyncapi_names_and_no_others():
    assert [error.message[:300] for error in Draft202012Validator(ASYNCAPI_3).iter_errors(DOCUMENT)] == []


def test_every_schema_of_the_document_is_one_of_its_draft():
    for schema in DOCUMENT["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_every_message_stands_in_one_channel_and_every_operation_has_its_channel():
    placed = [name for channel in DOCUMENT["channels"].values() for name in channel["messages"]]
    assert sorted(placed) == sorted(ALL)
    assert {one["channel"]["$ref"] for one in DOCUMENT["operations"].values()} == {
        f"#/channels/{name}" for name in DOCUMENT["channels"]
    }


def test_every_act_and_every_notice_on_either_way_and_every_form_of_fhir_is_in_it():
    wanted = {f"{name}.act" for name in set(MESSAGES) - FROM_THE_HUB}
    wanted |= {f"{name}.notice{way}" for name in [*MESSAGES, "fhir", "fhir-xml"] for way in ("", ".call")}
    wanted |= {
        f"{form}{kind}{way}"
        for form in ("", "fhir.", "fhir-xml.") for kind in ("receipt", "announcement") for way in ("", ".call")
    }  # fmt: skip
    wanted |= {
        f"{form}.{kind}" for form in ("fhir", "fhir-xml") for kind in ("act", "bundle.call", "push", "notification")
    }
    assert set(ALL) == wanted
    assert {ALL[f"{name}.notice"]["name"] for name in MESSAGES} == set(map(type_of, MESSAGES))


@pytest.mark.parametrize("name", sorted(ALL))
def test_an_example_passes_the_schemas_of_its_message(name: str):
    message = ALL[name]
    for example in message["examples"]:
        assert _faults(message["headers"], example["headers"]) == []
        assert _faults(message["payload"], example["payload"]) == []
        assert example["headers"]["content-type"] == message["contentType"]


def test_the_schemas_of_a_call_refuse_another_type_and_data_of_another_type():
    shown = ALL["kvittens.notice.call"]["examples"][0]["payload"]
    wrong = [
        shown | {"type": type_of("felsant")},
        shown | {"data": {"text": "x"}},
        shown | {"datacontenttype": "application/fhir+json"},
    ]
    assert all(_faults(ALL["kvittens.notice.call"]["payload"], one) for one in wrong)


def test_the_signature_of_every_call_is_right_for_its_body_written_without_blanks():
    calls = [example for name, message in ALL.items() if name.endswith(".call") for example in message["examples"]]
    assert len(calls) > len(MESSAGES)
    for example in calls:
        body = example["payload"]
        if not isinstance(body, str):
            body = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
        signed = Webhook(SECRET).sign(example["headers"]["webhook-id"], WRITTEN, body)
        assert example["headers"]["webhook-signature"] == signed


def test_an_example_of_a_record_is_what_the_exit_writes():
    message, told = notices()["svu.inskrivning"]
    written = formats.write_notice(message, as_json(told), "native", WRITTEN)
    example = ALL["svu.inskrivning.notice"]["examples"][0]
    headers = {name: value.decode() for name, value in _headers(written.attributes)}
    assert example["headers"] == headers | {"content-type": written.media_type}
    assert example["payload"] == json.loads(written.body)
    call = ALL["svu.inskrivning.notice.call"]["examples"][0]
    assert call["payload"] == json.loads(native.structured(written.attributes, written.body))


def test_sequence_is_said_not_to_be_the_extension_of_cloudevents():
    said = DOCUMENT["components"]["schemas"]["notice"]["properties"]
    published = json.loads((FOLDER / "schemas" / "notice.json").read_bytes())["properties"]
    for sequence in (said["ce_sequence"], published["sequence"]):
        assert "not CloudEvents' documented extension" in sequence["description"]
    assert not {"ce_sequencetype", "ce_datacontenttype"} & set(said)
    assert "sequencetype" not in published
