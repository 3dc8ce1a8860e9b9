"""What is said of a Bundle that is no FHIR R4: where, what and what to do, alike in JSON and XML, and nothing of the sender's own
(issue 8, 2.13, 3.4, 5.1).
"""

# ruff: noqa: E501 - a row of a table is a line
from __future__ import annotations

import copy
import json
import typing
from typing import Any

import pytest

from hub.errors import Refused
from hub.translators.fhir import JSON, XML, read, write_request
from hub.translators.fhir.examples import requests
from hub.translators.fhir.vocabulary import ELEMENT_NAMES
from hub.translators.fhir.xml_writer import as_xml

NAME = "TolvanTolvansson"


def _tree() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(write_request(requests()["svu.inskrivning"]))
    return found


def _bytes(tree: Any) -> bytes:
    return json.dumps(tree, ensure_ascii=False).encode()


XML_BODY = as_xml(_bytes(_tree()))


def _refusal(body: bytes, media: str) -> Refused:
    with pytest.raises(Refused) as caught:
        read(body, media)
    told = f"{caught.value.sv} {caught.value.en} {caught.value.element}"
    assert not any(secret in told for secret in ("191212121212", NAME, "Tolvan", "banana"))
    assert not any(word in told.lower() for word in ("pydantic", "validation", "input should", "regex", "msgspec"))
    return caught.value


def _patient(tree: dict[str, Any], **fields: Any) -> bytes:
    tree = copy.deepcopy(tree)
    tree["entry"][4]["resource"].update(fields)
    return _bytes(tree)


def _encounter(**fields: Any) -> bytes:
    tree = _tree()
    tree["entry"][6]["resource"].update(fields)
    return _bytes(tree)


AT = "Bundle.entry[4].resource"
LAX: list[tuple[str, bytes, str, str]] = [
    ("a boolean as a letter", _patient(_tree(), active="n"), f"{AT}.active", "true eller false"),
    ("a boolean as a number", _patient(_tree(), active=0), f"{AT}.active", "true eller false"),
    ("a date as a number", _patient(_tree(), birthDate=0), f"{AT}.birthDate", "2026-03-09"),
    ("a date as digits", _patient(_tree(), birthDate="17000000"), f"{AT}.birthDate", "2026-03-09"),
    ("a time as a number", _encounter(period={"start": 0}), "Bundle.entry[6].resource.period.start", "tidszon"),
    (
        "a time as digits",
        _encounter(period={"start": "1700000000"}),
        "Bundle.entry[6].resource.period.start",
        "tidszon",
    ),
    ("a number in quotes", _patient(_tree(), telecom=[{"rank": "3"}]), f"{AT}.telecom[0].rank", "heltal"),
    ("a number with a fraction", _patient(_tree(), telecom=[{"rank": 3.0}]), f"{AT}.telecom[0].rank", "heltal"),
    ("a text as a number", _patient(_tree(), name=[{"text": 5}]), f"{AT}.name[0].text", "text"),
    ("one where there is a list", _patient(_tree(), name={"text": NAME}), f"{AT}.name", "lista"),
    ("a list where there is one", _patient(_tree(), birthDate=["1912-12-12"]), f"{AT}.birthDate", "hakparenteser"),
    ("a value where elements belong", _patient(_tree(), name=["a"]), f"{AT}.name[0]", "element"),
    (
        "a null that stands for nothing",
        _patient(_tree(), name=[{"given": ["a", None]}]),
        f"{AT}.name[0].given[1]",
        "null",
    ),
    ("two of a choice", _patient(_tree(), deceasedBoolean=True, deceasedDateTime="2026"), f"{AT}.deceased[x]", "valet"),
    ("an element of R5", _encounter(actualPeriod={}), "Bundle.entry[6].resource.actualPeriod", "finns inte"),
    ("a key that is a name", _patient(_tree(), **{NAME: 1}), AT, "finns inte"),
    ("a key that is a number", _patient(_tree(), **{"191212121212": 1}), AT, "finns inte"),
]


@pytest.mark.parametrize(("body", "element", "says"), [row[1:] for row in LAX], ids=[row[0] for row in LAX])
def test_a_lax_type_in_json_is_refused_at_its_element_and_told_what_belongs_there(body, element, says):
    refused = _refusal(body, JSON)
    assert (refused.rule, refused.element) == ("fhir-invalid", element)
    assert says in refused.sv


def test_a_missing_element_is_called_missing_and_a_wrong_code_is_told_those_that_there_are():
    for name, drop in (
        ("source", "MessageHeader"),
        ("class", "Encounter"),
        ("status", "Consent"),
        ("recorded", "Provenance"),
    ):
        tree = _tree()
        index, resource = next(
            (i, e["resource"]) for i, e in enumerate(tree["entry"]) if e["resource"]["resourceType"] == drop
        )
        del resource[name]
        refused = _refusal(_bytes(tree), JSON)
        assert refused.element == f"Bundle.entry[{index}].resource.{name}"
        assert "saknas" in refused.sv and "missing" in refused.en
    tree = _tree()
    del tree["entry"][0]["resource"]["eventCoding"]
    refused = _refusal(_bytes(tree), JSON)
    assert refused.element == "Bundle.entry[0].resource.event[x]" and "saknas" in refused.sv
    refused = _refusal(_encounter(status="banana"), JSON)
    assert "in-progress" in refused.sv and "finished" in refused.en and "saknas" not in refused.sv
    refused = _refusal(_patient(_tree(), name=[{"use": "banana"}]), JSON)
    assert "maiden" in refused.sv


# What the text around an element of the admission is replaced by, and where that is then refused.
IN_XML: list[tuple[str, str, str, str]] = [
    ("<start value=", "<start value='2026-03-01T08:00:00Z'/><start value=", "Bundle.entry[6].resource.period.start", "mer än en gång"),
    ('<status value="in-progress"', "<status value='planned'/><status value=\"in-progress\"", "Bundle.entry[6].resource.status", "mer än en gång"),
    ("<Encounter>", "<Encounter><period><start value='2026-03-01'/></period>", "Bundle.entry[6].resource.period", "mer än en gång"),
    ("<fullUrl", "<fullUrl value='urn:x'/><fullUrl", "Bundle.entry[0].fullUrl", "mer än en gång"),
    ("<eventCoding>", "<event/><eventCoding>", "Bundle.entry[0].resource.event", "finns inte"),
    ("<Patient>", f"<Patient><{NAME}/>", AT, "finns inte"),
    ("<Patient>", f"<Patient {NAME}='a'>", AT, "finns inte"),
    ("<Patient>", "<Patient><active value='n'/>", f"{AT}.active", "true eller false"),
    ("<Patient>", "<Patient><active value='0'/>", f"{AT}.active", "true eller false"),
    ("<Patient>", "<Patient><birthDate value='17000000'/>", f"{AT}.birthDate", "2026-03-09"),
    ("<Patient>", "<Patient><active/>", f"{AT}.active", "true eller false"),
    ("<Patient>", f"<Patient>{NAME}", AT, "element"),
    ("<Patient>", "<Patient><telecom><rank value='3.0'/></telecom>", f"{AT}.telecom[0].rank", "heltal"),
    ("<Patient>", "<Organization/><Patient>", AT, "mer än en gång"),
    ('<status value="in-progress"/>', "", "Bundle.entry[6].resource.status", "saknas"),
    ('value="in-progress"', 'value="banana"', "Bundle.entry[6].resource.status", "in-progress, onleave"),
    ("<Encounter>", "<Encounter xmlns='urn:other'><x/>", "Bundle.entry[6].resource", "namnrymden"),
]  # fmt: skip


@pytest.mark.parametrize(("there", "instead", "element", "says"), IN_XML)
def test_a_fault_in_xml_is_named_by_its_element_as_in_json(there, instead, element, says):
    text = XML_BODY.decode()
    assert there in text
    refused = _refusal(text.replace(there, instead, 1).encode(), XML)
    assert refused.element == element
    assert says in refused.sv


TWICE: list[tuple[str, str, str]] = [
    ('"status":"in-progress"', '"status":"planned","status":"in-progress"', "Bundle.entry[6].resource.status"),
    ('"type":"message"', '"type":"batch","type":"message"', "Bundle.type"),
    ('"resourceType":"Patient"', '"resourceType":"Patient","resourceType":"Patient"', f"{AT}.resourceType"),
    ('"value":"191212121212"', '"value":"194501019808","value":"191212121212"', f"{AT}.identifier[0].value"),
    ('"period":{', '"period":{"start":"2026-01-01"},"period":{', "Bundle.entry[6].resource.period"),
    ('"status":"in-progress"', f'"status":"in-progress","{NAME}":1,"{NAME}":2', "Bundle.entry[6].resource"),
    (
        '"status":"in-progress"',
        '"status":"in-progress","\\u0073tatus":"in-progress"',
        "Bundle.entry[6].resource.status",
    ),
]


@pytest.mark.parametrize(("there", "instead", "element"), TWICE)
def test_a_member_that_stands_twice_in_json_is_refused_where_it_stands(there, instead, element):
    text = write_request(requests()["svu.inskrivning"]).decode()
    assert there in text
    refused = _refusal(text.replace(there, instead, 1).encode(), JSON)
    assert (refused.rule, refused.element) == ("fhir-invalid", element)
    assert "mer än en gång" in refused.sv


def test_xml_goes_by_namespace_and_says_the_same_as_json():
    told = read(_bytes(_tree()), JSON)
    prefixed = (
        XML_BODY.decode()
        .replace("<", "<f:")
        .replace("<f:/", "</f:")
        .replace("<f:?", "<?")
        .replace("xmlns=", "xmlns:f=")
    )
    assert "<f:Bundle xmlns:f=" in prefixed
    assert read(prefixed.encode(), XML) == told
    mixed = (
        XML_BODY.decode()
        .replace("<Patient>", '<p:Patient xmlns:p="http://hl7.org/fhir">', 1)
        .replace("</Patient>", "</p:Patient>", 1)
    )
    assert read(mixed.encode(), XML) == told


def test_a_null_that_an_extension_stands_for_is_read_in_json_and_its_like_in_xml():
    absent = {
        "extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}]
    }
    name = {"use": "official", "given": ["Tolvan", None], "_given": [None, absent], "family": "Tolvansson"}
    address = {"use": "home", "line": [None, "Storgatan 1"], "_line": [absent, None], "city": "Lund"}
    body = _patient(_tree(), name=[name], address=[address])
    told: Any = read(body, JSON).data
    assert (told.patient.name, told.patient.address) == ("Tolvan Tolvansson", "Storgatan 1, Lund")
    assert read(as_xml(body), XML).data == told


SYNTAX = [
    (b'{"resourceType": "Bundle",\n "type": "message",\n}', JSON, "rad 3", "line 3"),
    (b'{"resourceType": "Bundle"\n "type": "message"}', JSON, "rad 2, tecken 2", "line 2, character 2"),
    (b'<Bundle xmlns="http://hl7.org/fhir">\n<type>\n</Bundle>', XML, "rad 3", "line 3"),
    (b'<Bundle xmlns="http://hl7.org/fhir">\n<type value="&nbsp;"/></Bundle>', XML, "&nbsp;", "&#160;"),
    (b'<!DOCTYPE Bundle><Bundle xmlns="http://hl7.org/fhir"/>', XML, "DOCTYPE", "DOCTYPE"),
]


@pytest.mark.parametrize(("body", "media", "sv", "en"), SYNTAX)
def test_a_fault_of_syntax_is_told_by_line_and_column(body, media, sv, en):
    refused = _refusal(body, media)
    assert sv in refused.sv and en in refused.en


def test_a_byte_order_mark_before_json_is_passed_over():
    assert read(b"\xef\xbb\xbf" + _bytes(_tree()), JSON) == read(_bytes(_tree()), JSON)


def test_a_narratives_entity_is_named_and_one_of_the_senders_own_is_not():
    def narrative(inside: str) -> Refused:
        div = f'<div xmlns="http://www.w3.org/1999/xhtml">{inside}</div>'
        return _refusal(_patient(_tree(), text={"status": "generated", "div": div}), JSON)

    told = narrative("a&nbsp;b")
    assert "&nbsp;" in told.sv and "&#160;" in told.en and "skript" not in told.sv
    assert "Entitet" in narrative(f"&{NAME};").sv.replace("entitet", "Entitet")
    assert "skript" in narrative("<script>x()</script>").sv
    assert "välformat" in narrative("<p>").sv


def test_the_names_that_an_error_may_repeat_are_words_of_the_standard_alone():
    assert typing.cast("str", "event") in ELEMENT_NAMES and NAME not in ELEMENT_NAMES
    assert all(name.isascii() and name.isalpha() for name in ELEMENT_NAMES)
