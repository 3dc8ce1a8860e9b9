"""A refusal repeats the id that its message bears, in every format and way in, but no id that is a person's number (D-10)."""

import json
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from hub.intake.arrival import Arrival, read_or_keep, refusal
from hub.intake.reading import read_apart
from hub.routers.kafka import arrival as from_kafka
from hub.translators import formats, native
from hub.translators.fhir import write_request
from hub.translators.fhir.examples import requests
from hub.translators.fhir.xml_writer import as_xml
from schemas.directory import System
from schemas.identity_types import IdentityRules

EHR = System(id="ehr", name="EHR", organisation="2321000255", units=["SE2321000255-AVD12"], out={"way": "kafka"})
BUNDLE = json.loads(write_request(requests()["svu.inskrivning"]))
BUNDLE["entry"][0]["resource"]["id"] = "m-1"
BUNDLE["entry"][0]["resource"]["eventCoding"]["code"] = "svu.unknown"
ATTRIBUTES = {
    "specversion": "1.0",
    "id": "m-1",
    "source": "urn:hsa:SE2321000255-AVD12",
    "type": "se.samverkan.svu.unknown",
    "subject": "ref:1",
    "time": "2026-03-02T09:20:00+01:00",
}
EVENT = json.dumps(ATTRIBUTES | {"data": {}}).encode()
UNREADABLE = {
    "structured": (native.STRUCTURED, None, EVENT),
    "structured, of no type": (native.STRUCTURED, None, json.dumps({"id": "m-1", "data": 1}).encode()),
    "binary": (native.JSON, ATTRIBUTES, b"{}"),
    "binary, broken data": (native.JSON, ATTRIBUTES, b"{"),
    "binary, too large": (native.JSON, ATTRIBUTES, b"1" * 1_000_001),
    "FHIR": (formats.FHIR_JSON, None, json.dumps(BUNDLE).encode()),
    "FHIR XML": (formats.FHIR_XML, None, as_xml(json.dumps(BUNDLE).encode())),
    "FHIR in an event": (
        native.STRUCTURED,
        None,
        json.dumps(ATTRIBUTES | {"datacontenttype": formats.FHIR_JSON, "data": BUNDLE}).encode(),
    ),
}


def arrived(media, attributes, raw):
    return Arrival(EHR, raw, media, attributes, datetime.now(UTC), "the-place", by_outbox=True)


@pytest.mark.parametrize("form", UNREADABLE)
def test_an_unreadable_message_is_refused_by_the_id_that_it_bears(form):
    for read in (read_or_keep, _apart):
        found = arrived(*UNREADABLE[form])
        read(found, IdentityRules())
        assert found.message is None and found.refused is not None
        assert refusal(found, found.refused).message == "m-1"
        assert found.key == ("urn:system:ehr", "the-place"), "it stands in no other message's way"


def _apart(found, identities):
    found.message, found.refused, found.defect, found.digest, found.claimed_id = read_apart(
        arrived(found.media_type, found.attributes, found.raw), identities
    )


@pytest.mark.parametrize("claimed", ["191212121212", "19121212-1212", "a.121212-1212", "<b>", "x" * 129, "", 7, None])
@pytest.mark.parametrize("form", ["structured", "binary", "FHIR", "FHIR XML"])
def test_what_is_no_id_or_a_persons_number_is_not_repeated(form, claimed):
    media, attributes, raw = UNREADABLE[form]
    if form == "structured":
        raw = json.dumps(ATTRIBUTES | {"id": claimed}).encode()
    elif form == "binary":
        attributes = ATTRIBUTES | {"id": claimed}
    else:
        tree = json.loads(json.dumps(BUNDLE))
        tree["entry"][0]["resource"]["id"] = claimed if form == "FHIR" else str(claimed or "-")
        raw = json.dumps(tree).encode()
        raw = raw if form == "FHIR" else as_xml(raw)
        if form == "FHIR XML" and claimed == 7:
            return  # XML has no numbers: it is an id
    found = arrived(media, attributes, raw)
    read_or_keep(found, IdentityRules())
    assert refusal(found, found.refused).message in {"the-place"} | (
        {"-"} if not claimed and form == "FHIR XML" else set()
    )


def test_a_uuid_is_repeated_also_where_its_digits_look_like_a_persons_number():
    claimed = "01912121-2121-7212-8121-191212121212"
    assert formats.claimed_id(native.JSON, {"id": claimed}, b"") == claimed


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ([("ce_id", b"m-1"), ("ce_type", b"a"), ("ce_type", b"b")], "m-1"),
        ([("ce_id", b"m-1"), ("content-type", b"text/plain")], "m-1"),
        ([("ce_id", b"m-1"), ("ce_id", b"m-2")], "t/0/7"),
        ([("ce_id", b"191212121212"), ("ce_type", b"a"), ("ce_type", b"b")], "t/0/7"),
    ],
)
def test_a_record_that_is_refused_unread_is_refused_by_the_id_of_its_headers(headers, told):
    record = SimpleNamespace(topic="t", partition=0, offset=7, value=b"{}", headers=headers)
    found = from_kafka(record, EHR)
    read_or_keep(found, IdentityRules())
    assert refusal(found, found.refused).message == told
