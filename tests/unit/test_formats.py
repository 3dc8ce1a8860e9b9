"""The registry of formats: every entry reads the same admission, and the directory offers the formats that can be written."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import pytest
from lxml import etree

from hub.errors import Refused
from hub.translators import formats, native
from schemas.directory import System
from schemas.messages import Announcement, BilingualText, NoticeExtensions, Receipt, as_json

FHIR = Path(__file__).parents[2] / "contracts" / "fhir"
JSON = (FHIR / "svu.inskrivning.request.json").read_bytes()
MESSAGE = formats.read(formats.FHIR_JSON, None, JSON)
NATIVE = native.attributes(MESSAGE, None)
EXAMPLES = {
    "application/json": (NATIVE, native.write_body(MESSAGE)),
    "application/fhir+json": (None, JSON),
    "application/fhir+xml": (None, (FHIR / "svu.inskrivning.request.xml").read_bytes()),
}
"""Media type → the same admission: CloudEvents attributes, body."""
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize("media_type", formats.MEDIA_TYPES)
def test_every_format_reads_the_same_admission(media_type):
    assert formats.digest(formats.read(media_type, *EXAMPLES[media_type])) == formats.digest(MESSAGE)


@pytest.mark.parametrize("media_type", formats.MEDIA_TYPES)
def test_every_format_is_read_as_the_data_of_an_event_too(media_type):
    event = NATIVE | {"datacontenttype": media_type, "subject": MESSAGE.subject}
    assert formats.digest(formats.read("application/cloudevents", event, EXAMPLES[media_type][1])) == formats.digest(
        MESSAGE
    )


def test_a_system_may_choose_exactly_the_formats_that_the_hub_writes():
    assert set(get_args(System.model_fields["format"].annotation)) == {f.name for f in formats.FORMATS if f.written}


@pytest.mark.parametrize("name", [f.name for f in formats.FORMATS if f.written])
def test_what_the_hub_writes_in_a_format_says_its_media_type_in_both_places(name):
    extensions = NoticeExtensions(case="c-1", sequence=1, to=(MESSAGE.unit,))
    text = BilingualText(sv="Hej", en="Hello")
    for written in (
        formats.write_notice(MESSAGE, as_json(extensions), name, NOW),
        formats.write_receipt(as_json(Receipt(message="m", code="ok")), None, "r-1", name, NOW),
        formats.write_announcement(Announcement(text=text), "a-1", name, NOW),
    ):
        assert written.attributes["datacontenttype"] == written.media_type in formats.MEDIA_TYPES
        assert etree.fromstring(written.body) is not None if name == "fhir-xml" else json.loads(written.body)


def test_data_of_a_kind_that_no_format_reads_is_refused_with_the_kinds_that_are():
    with pytest.raises(Refused) as refused:
        formats.read("application/json", NATIVE | {"datacontenttype": "text/plain"}, b"{}")
    assert all(media_type in refused.value.en for media_type in formats.MEDIA_TYPES)
