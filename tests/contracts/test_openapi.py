"""/openapi.json says what is really answered: the contracts' schemas, every status and content type, the form of parameters."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from jsonschema import Draft202012Validator

from hub.routers import (
    cases,
    catalogue,
    citizens,
    fhir,
    health,
    messages,
    openapi,
    pull_inbox,
    self_service,
    subscriptions,
)

FOLDER = Path(__file__).parents[2] / "contracts"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    api = FastAPI(title="hub")
    for routes in (
        messages.ROUTES,
        fhir.ROUTES,
        subscriptions.ROUTES,
        cases.ROUTES,
        catalogue.ROUTES,
        citizens.ROUTES,
        pull_inbox.ROUTES,
        self_service.ROUTES,
        health.router(lambda: None),
    ):
        api.include_router(routes)
    openapi.install(api)
    return json.loads(json.dumps(api.openapi()))


def _restored(node: Any, name: str) -> Any:
    """A component's references as they stand in the contract's own file."""
    if isinstance(node, list):
        return [_restored(one, name) for one in node]
    if isinstance(node, dict):
        return {
            key: re.sub(rf"^#/components/schemas/{re.escape(name)}\.", "#/$defs/", part)
            if key == "$ref"
            else _restored(part, name)
            for key, part in node.items()
        }
    return node


def test_the_message_schemas_are_the_contracts_own(document):
    components = document["components"]["schemas"]
    for path in (FOLDER / "schemas").glob("*.json"):
        contract = json.loads(path.read_text())
        parts = contract.pop("$defs", {})
        for key in ("$schema", "$id"):
            contract.pop(key)
        assert _restored(components[path.stem], path.stem) == contract
        for part, inner in parts.items():
            assert _restored(components[f"{path.stem}.{part}"], path.stem) == inner


def test_the_contracts_examples_are_valid_events_and_others_are_not(document):
    body = document["paths"]["/messages"]["post"]["requestBody"]["content"]
    schema = body["application/cloudevents+json"]["schema"] | {"components": document["components"]}
    event = Draft202012Validator(schema)
    examples = [json.loads(path.read_text()) for path in (FOLDER / "valid").glob("*.json")]
    assert len(examples) > 20
    for example in examples:
        if str(example.get("type", "")).startswith("se.samverkan.") and example.get("source") != "urn:samverkan:hub":
            assert event.is_valid(example), example["type"]
            assert not event.is_valid(example | {"type": "se.samverkan.nothing.v1"})


def test_every_operation_says_its_statuses_and_every_parameter_its_form(document):
    for path, operations in document["paths"].items():
        for operation in operations.values():
            assert "ValidationError" not in json.dumps(operation["responses"])
            if "security" in operation:
                assert {"401", "403", "503"} <= set(operation["responses"])
                assert {"200", "201", "204"} & set(operation["responses"])
            for status, answer in operation["responses"].items():
                assert answer["content"] or status == "204", path
            for parameter in operation.get("parameters", ()):
                shape = parameter["schema"].get("items", parameter["schema"])
                assert shape.keys() & {"pattern", "enum", "const", "anyOf", "format", "minimum"} or shape.get(
                    "type"
                ) in (
                    "boolean",
                    "integer",
                ), (path, parameter["name"])
    for path, media in (
        ("/metrics", "text/plain"),
        ("/cases/{id}/print/{document}", "application/pdf"),
        ("/cases/{id}/meetings/{meeting}.ics", "text/calendar"),
        ("/units/{unit}/meetings.ics", "text/calendar"),
    ):
        assert list(document["paths"][path]["get"]["responses"]["200"]["content"]) == [media]
    for path in ("/cases/{id}/trace", "/cases/{id}/messages", "/cases/{id}/versions/{step}", "/units/{unit}/cases"):
        shapes = {one["name"]: one["schema"] for one in document["paths"][path]["get"]["parameters"]}
        assert (shapes["limit"]["minimum"], shapes["limit"]["default"] <= shapes["limit"]["maximum"]) == (1, True)
    process = document["paths"]["/fhir/$process-message"]["post"]["responses"]
    assert all(list(one["content"]) == ["application/fhir+json", "application/fhir+xml"] for one in process.values())


def test_the_page_shows_one_message_and_the_receipts_that_it_would_get(document):
    operation = document["paths"]["/messages"]["post"]
    answers = {code: operation["responses"][code]["content"]["application/json"] for code in ("200", "202")}
    shown = {**operation["requestBody"]["content"], "ok": answers["200"], "held": answers["202"]}
    for media in (
        "application/cloudevents+json",
        "application/cloudevents-batch+json",
        "application/json",
        "ok",
        "held",
    ):
        schema = shown[media]["schema"] | {"components": document["components"]}
        assert Draft202012Validator(schema).is_valid(shown[media]["example"]), media
    assert shown["ok"]["example"]["code"] == "ok" and shown["held"]["example"]["code"] == "transient-error"
    assert not {"status", "type"} & (shown["ok"]["example"].keys() | shown["held"]["example"].keys())
    event = shown["application/cloudevents+json"]["example"]
    assert shown["ok"]["example"]["message"] == event["id"]
    headers = {one["name"]: one.get("example") for one in operation["parameters"]}
    assert headers["ce-id"] == event["id"]


def test_every_parameter_and_body_has_an_example_that_is_valid_or_may_be_left_out(document):
    components = {"components": document["components"]}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            for parameter in operation.get("parameters", ()):
                schema = parameter["schema"] | components
                if "example" in parameter:
                    assert Draft202012Validator(schema).is_valid(parameter["example"]), (path, parameter)
                else:
                    assert not parameter["required"], (path, method, parameter["name"])
            for media, body in operation.get("requestBody", {"content": {}})["content"].items():
                found = Draft202012Validator(body["schema"] | components)
                assert found.is_valid(body["example"]), (path, media)


def test_every_answer_in_json_has_its_form(document):
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            for status, said in operation["responses"].items():
                for media, content in said["content"].items():
                    assert content.get("schema"), (path, method, status, media)
