"""What the hub sends, judged by the schemas that contracts/ names for it, as a vendor with any validator would."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from hub.delivery.exits.kafka import _headers
from hub.errors import Refused
from hub.routers import http
from hub.translators import formats, native
from hub.translators.fhir.examples import notices
from schemas.messages import FROM_THE_HUB, MESSAGES, Announcement, BilingualText, Receipt, as_json
from tests.published import asyncapi

FOLDER = Path(__file__).parents[2] / "contracts"
NOW = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)
ASYNC = asyncapi()["components"]["schemas"]
NOTICES = notices()


@cache
def _schema(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / "schemas" / f"{name}.json").read_bytes())
    return found


def _faults(schema: dict[str, Any], content: Any) -> list[str]:
    return [error.message for error in Draft202012Validator(schema).iter_errors(content)]


TEXT = BilingualText(sv="Rätta.", en="Correct it.")
RECEIPTS = {
    "ok": Receipt(message="m", code="ok", case="c", sequence=7, warnings=("w",)),
    "repeat": Receipt(message="m", code="ok", case="c", sequence=7, repeat=True),
    "held": Receipt(message="m", code="transient-error", rule="held", text=TEXT),
    "refused": Receipt(message="m", code="fatal-error", rule="V-3", text=TEXT, element="/data/reason"),
}


@pytest.mark.parametrize("receipt", RECEIPTS.values(), ids=RECEIPTS)
@pytest.mark.parametrize("status", [200, 202, 400, 409])
def test_a_receipt_over_http_passes_the_receipts_schema_as_a_problem_too(receipt, status):
    if (receipt.code == "ok") is not (status == 200):
        return
    content = json.loads(bytes(http.answer(receipt, status).body))
    assert _faults(_schema("receipt"), content) == []
    assert status < 300 or _faults(_schema("problem"), content) == []


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 415])
def test_a_refusal_of_a_call_passes_the_problems_schema(status):
    assert _faults(_schema("problem"), json.loads(bytes(http.problem(Refused("x", "s", "e", "/", status)).body))) == []
    assert _faults(_schema("problem"), json.loads(bytes(http.problem(http.unavailable()).body))) == []


@pytest.mark.parametrize("receipt", RECEIPTS.values(), ids=RECEIPTS)
@pytest.mark.parametrize("form", ["native", "fhir"])
def test_a_receipt_as_an_event_passes_its_schemas(receipt, form):
    written = formats.write_receipt(as_json(receipt), receipt.case, "r-1", form, NOW)
    event = json.loads(native.structured(written.attributes, written.body))
    assert _faults(_schema("receipt-event"), event) == []
    assert _faults(_schema("receipt") if form == "native" else ASYNC["bundle"], event["data"]) == []
    headers = {name: value.decode() for name, value in _headers(written.attributes)} | {
        "content-type": written.media_type
    }
    assert _faults(ASYNC["receipt"], headers) == []


@pytest.mark.parametrize("form", ["native", "fhir"])
def test_an_announcement_passes_its_schemas(form):
    written = formats.write_announcement(Announcement(text=TEXT), "a-1", form, NOW)
    event = json.loads(native.structured(written.attributes, written.body))
    assert _faults(_schema("announcement-event"), event) == []
    assert _faults(_schema("announcement") if form == "native" else ASYNC["bundle"], event["data"]) == []
    headers = {name: value.decode() for name, value in _headers(written.attributes)} | {
        "content-type": written.media_type
    }
    assert _faults(ASYNC["announcement"], headers) == []


def test_there_is_a_notice_of_every_message_the_hubs_own_among_them():
    assert {message.name for message, _ in NOTICES.values()} == set(MESSAGES)
    assert {message.name for message, _ in NOTICES.values()} > FROM_THE_HUB


@pytest.mark.parametrize("name", sorted(NOTICES))
@pytest.mark.parametrize("form", ["native", "fhir"])
def test_a_notice_passes_its_schemas_as_it_stands_on_the_wire(name, form):
    message, told = NOTICES[name]
    owed = {"prints": ("kallelse/m-1/personen", "plan/2/utomstaende-1"), "remind": ("kva:AU124",)}
    told = told.model_copy(update={"replay": True, "skipped": (2, 3), **owed})
    written = formats.write_notice(message, as_json(told), form, NOW)
    event = json.loads(native.structured(written.attributes, written.body))
    schema = _schema("notice")
    assert _faults(schema, event) == []
    for attribute, said in schema["properties"].items():
        if "contentSchema" in said and attribute in event:
            assert said["contentMediaType"] == "application/json"
            assert _faults(said["contentSchema"], json.loads(event[attribute])) == []
    body = _schema(message.name) if form == "native" else ASYNC["bundle"]
    assert _faults(body, event["data"]) == []
    headers = {key: value.decode() for key, value in _headers(written.attributes)} | {
        "content-type": written.media_type
    }
    assert _faults(ASYNC["notice"], headers) == []
    assert "ce_datacontenttype" not in headers
    assert set(headers) - {"content-type"} <= set(ASYNC["notice"]["properties"])


def test_what_is_owed_on_paper_and_reminded_of_is_told_as_lists_and_left_out_where_there_is_nothing():
    message, told = next(iter(NOTICES.values()))
    assert not {"prints", "remind"} & set(native.attributes(message, as_json(told)))
    owing = told.model_copy(update={"prints": ("plan/2/personen",), "remind": ("kva:AU124",)})
    said = native.attributes(message, as_json(owing))
    assert (json.loads(said["prints"]), json.loads(said["remind"])) == (["plan/2/personen"], ["kva:AU124"])


def test_an_event_without_data_is_refused_by_the_envelopes_schema():
    event = json.loads((FOLDER / "invalid" / "data.missing.json").read_bytes())["event"]
    assert "'data' is a required property" in str(
        next(iter(Draft202012Validator(_schema("envelope")).iter_errors(event))).context
    )
