"""Reading FHIR Bundles: what is read, what is refused and how, and that the lean reader takes nothing the reference refuses."""

# ruff: noqa: E501 - a row of a table is a line
from __future__ import annotations

import copy
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import Refused
from hub.translators.fhir import JSON, XML, Glimpse, glimpse, read, write_request
from hub.translators.fhir.examples import TOLVAN, requests
from hub.translators.fhir.narrative import fault
from hub.translators.fhir.reader import facts, lean
from hub.translators.fhir.reference import from_json
from hub.translators.fhir.xml import MAX_DEPTH
from hub.translators.fhir.xml_writer import as_xml
from schemas.envelope import Message
from schemas.identities import STOCKHOLM
from schemas.identity_types import IdentityRules
from tests.unit.test_fhir_round_trip import FAIR, messages

CET = timezone(timedelta(hours=1))
HSA_OTHER = "urn:oid:1.2.752.129.2.1.4.1"


def ehr_bundle() -> dict[str, Any]:
    """An admission as a real system may write it: ids, relative fullUrls, its own identifiers, Practitioner, narrative."""
    return {
        "resourceType": "Bundle",
        "id": "b-1",
        "meta": {"lastUpdated": "2026-03-02T09:20:00.123+01:00", "profile": ["https://ehr.example/profile"]},
        "identifier": {"system": "https://ehr.example/bundle", "value": "17"},
        "type": "message",
        "timestamp": "2001-01-01T00:00:00Z",
        "entry": [
            {
                "fullUrl": "MessageHeader/m-1",
                "resource": {
                    "resourceType": "MessageHeader",
                    "id": "m-1",
                    "text": {
                        "status": "generated",
                        "div": '<div xmlns="http://www.w3.org/1999/xhtml"><p>Inskriven</p></div>',
                    },
                    "eventCoding": {"system": "urn:samverkan:event", "code": "svu.inskrivning"},
                    "destination": [
                        {"name": "hub", "endpoint": "https://hub.example:8443/fhir", "receiver": {"display": "x"}}
                    ],
                    "sender": {"reference": "Organization/o-1"},
                    "author": {"reference": "Practitioner/p-1"},
                    "source": {
                        "name": "EHR",
                        "software": "EHR 7",
                        "version": "7.1",
                        "endpoint": "http://ehr.lund/fhir",
                    },
                    "focus": [{"reference": "Encounter/e-1"}],
                },
            },
            {
                "fullUrl": "Organization/o-1",
                "resource": {
                    "resourceType": "Organization",
                    "id": "o-1",
                    "active": True,
                    "identifier": [
                        {"system": "urn:oid:2.5.4.97", "value": "2321000255"},
                        {"use": "official", "system": HSA_OTHER, "value": "se2321000255-avd12"},
                    ],
                    "name": "Avdelning 12",
                },
            },
            {
                "fullUrl": "Practitioner/p-1",
                "resource": {
                    "resourceType": "Practitioner",
                    "id": "p-1",
                    "identifier": [{"system": HSA_OTHER, "value": "SE2321000255-P001"}],
                    "name": [{"family": "Läkarsson", "given": ["Lena"], "prefix": ["Dr"]}],
                },
            },
            {
                "fullUrl": "https://ehr.example/fhir/Patient/pat-1",
                "resource": {
                    "resourceType": "Patient",
                    "id": "pat-1",
                    "identifier": [
                        {"system": "https://ehr.example/pid", "value": "99"},
                        {"system": "http://electronichealth.se/identifier/personnummer", "value": "191212121212"},
                    ],
                    "name": [{"use": "old", "text": "Gammal"}, {"family": "Tolvansson", "given": ["Tolvan"]}],
                    "telecom": [
                        {"system": "email", "value": "t@example.se"},
                        {"system": "phone", "value": "046-1", "rank": 1},
                    ],
                    "gender": "male",
                    "birthDate": "1912-12-12",
                    "address": [{"line": ["Storgatan 1"], "postalCode": "222 22", "city": "Lund", "use": "home"}],
                },
            },
            {
                "fullUrl": "urn:uuid:6ba7b810-9dad-41d1-80b4-00c04fd430c8",
                "resource": {
                    "resourceType": "EpisodeOfCare",
                    "status": "active",
                    "identifier": [{"system": "https://ehr.example/case", "value": "vk-4711"}],
                    "patient": {"reference": "Patient/pat-1"},
                    "period": {"start": "2026-03-02"},
                },
            },
            {
                "fullUrl": "Encounter/e-1",
                "resource": {
                    "resourceType": "Encounter",
                    "id": "e-1",
                    "extension": [
                        {
                            "url": "http://hl7.org/fhir/5.0/StructureDefinition/extension-Encounter.plannedEndDate",
                            "valueDateTime": "2026-03-05T23:30:00Z",
                        },
                        {"url": "https://ehr.example/ward-bed", "valueString": "12:3"},
                    ],
                    "status": "in-progress",
                    "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP"},
                    "subject": {"reference": "https://ehr.example/fhir/Patient/pat-1", "display": "Tolvan"},
                    "episodeOfCare": [{"reference": "urn:uuid:6ba7b810-9dad-41d1-80b4-00c04fd430c8"}],
                    "period": {"start": "2026-03-02T08:40:00.5+01:00"},
                    "reasonCode": [{"coding": [{"system": "http://snomed.info/sct", "code": "1", "display": "Fall"}]}],
                },
            },
            {
                "fullUrl": "Provenance/pr-1",
                "resource": {
                    "resourceType": "Provenance",
                    "target": [{"reference": "Encounter/e-1"}],
                    "recorded": "2026-03-02T09:14:00+01:00",
                    "agent": [{"who": {"reference": "Practitioner/p-1"}}],
                },
            },
        ],
    }


def _bytes(tree: Any) -> bytes:
    return json.dumps(tree, ensure_ascii=False).encode()


def _admission() -> dict[str, Any]:
    tree: dict[str, Any] = json.loads(write_request(requests()["svu.inskrivning"]))
    return tree


def _resource(tree: dict[str, Any], kind: str) -> dict[str, Any]:
    found: dict[str, Any] = next(e["resource"] for e in tree["entry"] if e["resource"]["resourceType"] == kind)
    return found


def _refusal(tree: Any, media_type: str = JSON) -> Refused:
    with pytest.raises(Refused) as caught:
        read(tree if isinstance(tree, bytes) else _bytes(tree), media_type)
    refused = caught.value
    for secret in ("191212121212", "Tolvan", "banana", "4711", "Storgatan"):
        assert secret not in f"{refused} {refused.sv} {refused.en} {refused.element}"
    return refused


# What is read


def test_a_real_systems_admission_is_read_the_lean_way():
    body = _bytes(ehr_bundle())
    assert lean(body) is not None
    message = read(body, f"{JSON}; charset=utf-8")
    assert (message.id, message.unit, message.name) == ("m-1", "SE2321000255-AVD12", "svu.inskrivning")
    assert (message.subject, message.actor, message.role) == ("ref:vk-4711", "SE2321000255-P001", None)
    assert message.time == datetime(2026, 3, 2, 9, 14, tzinfo=CET)
    data: Any = message.data
    assert data.patient.model_dump() == {
        "personnummer": "191212121212",
        "name": "Tolvan Tolvansson",
        "address": "Storgatan 1, 222 22 Lund",
        "phone": "046-1",
    }
    assert data.admitted_at == datetime(2026, 3, 2, 7, 40, 0, 500_000, tzinfo=UTC)
    assert data.estimated_discharge == date(2026, 3, 6), "half past eleven in Greenwich is the next day in Sweden"
    assert data.reason == "Fall"
    assert data.information is None and data.samtycke is None and data.draft is False
    assert facts(from_json(body)) == message


def test_the_reference_model_reads_the_same_where_the_lean_reader_passes():
    tree = ehr_bundle()
    _resource(tree, "Encounter")["hospitalization"] = {"admitSource": {"text": "akuten"}}
    _resource(tree, "Patient")["maritalStatus"] = {"text": "gift"}
    tree["entry"].append(
        {
            "fullUrl": "Location/l",
            "resource": {"resourceType": "Location", "id": "l", "name": "Sal 3", "status": "banana"},
        }
    )
    body = _bytes(tree)
    assert lean(body) is None
    assert read(body, JSON) == read(_bytes(ehr_bundle()), JSON)


def test_xml_gives_the_same_message():
    body = _bytes(ehr_bundle())
    assert read(as_xml(body), XML) == read(body, JSON)


def test_the_case_is_the_hubs_where_its_identifier_is_there():
    tree = _admission()
    _resource(tree, "EpisodeOfCare")["identifier"].append({"system": "urn:samverkan:case", "value": "SVU-1"})
    assert read(_bytes(tree), JSON).subject == "SVU-1"


def test_without_provenance_time_is_the_communications_or_consents_own_and_the_timestamp_comes_last():
    for name, kind, field in (("kvittens", "Communication", "sent"), ("samtycke", "Consent", "dateTime")):
        tree = json.loads(write_request(requests()[name]))
        tree["entry"].pop()
        tree["timestamp"] = "2020-01-01T00:00:00Z"
        assert read(_bytes(tree), JSON).time == requests()[name].time
        del _resource(tree, kind)[field]
        assert read(_bytes(tree), JSON).time == datetime(2020, 1, 1, tzinfo=UTC)


def test_a_leap_second_is_read_as_the_second_before_it():
    tree = _admission()
    _resource(tree, "Provenance")["recorded"] = "2016-12-31T23:59:60Z"
    assert read(_bytes(tree), JSON).time == datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC)


def test_the_misspelt_reserve_system_and_configured_regional_numbers_are_read():
    tree = _admission()
    _resource(tree, "Patient")["identifier"] = [
        {"system": "http://electronichealth.se/identifier/nationelltReservnumer", "value": "98240301AA06"}
    ]
    assert read(_bytes(tree), JSON).data.patient.personnummer == "98240301AA06"
    _resource(tree, "Patient")["identifier"] = [{"system": f"urn:oid:{STOCKHOLM.root}", "value": "991900000006"}]
    assert _refusal(tree).rule == "C-60"
    rules = IdentityRules(regional_patterns=(STOCKHOLM,))
    found: Any = [
        read(_bytes(_with_number(tree, f"99190000000{digit}")), JSON, identities=rules).data
        for digit in range(10)
        if _is_stockholms(f"99190000000{digit}")
    ]
    assert len(found) == 1


def _with_number(tree: dict[str, Any], number: str) -> dict[str, Any]:
    _resource(tree, "Patient")["identifier"][0]["value"] = number
    return tree


def _is_stockholms(number: str) -> bool:
    from schemas.identities import IdentityError, parse_person_id

    try:
        parse_person_id(number, (STOCKHOLM,))
    except IdentityError:
        return False
    return True


def test_hsa_ids_of_test_environments_are_read_where_configured():
    tree = _admission()
    _resource(tree, "Organization")["identifier"][0]["value"] = "TSTNMT2321000016-A1"
    assert _refusal(tree).rule == "hsa-id"
    rules = IdentityRules(hsa_prefixes=("SE", "TSTNMT"))
    assert read(_bytes(tree), JSON, identities=rules).unit == "TSTNMT2321000016-A1"


# What is refused, and where


def _set(kind: str, **fields: Any) -> Callable[[dict[str, Any]], None]:
    def change(tree: dict[str, Any]) -> None:
        _resource(tree, kind).update(fields)

    return change


def _drop(kind: str, field: str) -> Callable[[dict[str, Any]], None]:
    return lambda tree: _resource(tree, kind).pop(field)


def _swap_first(tree: dict[str, Any]) -> None:
    tree["entry"][0], tree["entry"][1] = tree["entry"][1], tree["entry"][0]


REFUSALS: list[tuple[str, Callable[[dict[str, Any]], Any], str, str | None]] = [
    ("an unknown status", _set("Encounter", status="banana"), "fhir-code", "Bundle.entry[6].resource.status"),
    ("an unknown consent status", _set("Consent", status="banana"), "fhir-code", "Bundle.entry[8].resource.status"),
    ("an unknown name use", _set("Patient", name=[{"use": "banana"}]), "fhir-code", "Bundle.entry[4].resource.name[0].use"),
    ("a planned encounter", _set("Encounter", status="planned"), "encounter-status", "Bundle.entry[6].resource.status"),
    ("outpatient care", _set("Encounter", **{"class": {"code": "AMB"}}), "encounter-class", "Bundle.entry[6].resource.class"),
    ("an unknown field", _set("Encounter", ward=1), "fhir-invalid", "Bundle.entry[6].resource"),
    ("a wrong date", _set("Patient", birthDate="2026-02-30"), "fhir-invalid", "Bundle.entry[4].resource.birthDate"),
    ("an unknown resource", _set("Patient", resourceType="Banan"), "unknown-resource", "Bundle.entry[4].resource"),
    ("a header that is not first", _swap_first, "bundle-first-entry", "Bundle.entry[0]"),
    ("two headers", lambda t: t["entry"].append({"resource": t["entry"][0]["resource"]}), "bundle-first-entry", "Bundle.entry[10]"),
    ("a batch", lambda t: t.update(type="batch"), "not-a-bundle", "Bundle.type"),
    ("an empty Bundle", lambda t: t.update(entry=[]), "bundle-first-entry", "Bundle.entry[0]"),
    ("an entry without resource", lambda t: t["entry"].append({}), "fhir-invalid", "Bundle.entry[10].resource"),
    ("two entries of one url", lambda t: t["entry"][2].update(fullUrl=t["entry"][1]["fullUrl"]), "bundle-duplicate-fullurl", "Bundle.entry[2].fullUrl"),
    ("a foreign event", _set("MessageHeader", eventCoding={"system": "urn:x", "code": "svu.inskrivning"}), "unknown-event", "Bundle.entry[0].resource.event"),
    ("an event of the hub's own", _set("MessageHeader", eventCoding={"system": "urn:samverkan:event", "code": "adressering"}), "unknown-event", "Bundle.entry[0].resource.event"),
    ("a response", _set("MessageHeader", response={"identifier": "x", "code": "ok"}), "is-a-response", "Bundle.entry[0].resource.response"),
    ("an unknown response code", _set("MessageHeader", response={"identifier": "x", "code": "banana"}), "fhir-code", "Bundle.entry[0].resource.response.code"),
    ("no message id", _drop("MessageHeader", "id"), "message-id", "Bundle.entry[0].resource.id"),
    ("too long a message id", _set("MessageHeader", id="a" * 65), "message-id", "Bundle.entry[0].resource.id"),
    ("no sender", _drop("MessageHeader", "sender"), "sender-missing", "Bundle.entry[0].resource.sender"),
    ("no author", _drop("MessageHeader", "author"), "C-3", "Bundle.entry[0].resource.author"),
    ("an author that is a patient", lambda t: _resource(t, "MessageHeader").update(author={"reference": t["entry"][4]["fullUrl"]}), "reference-unresolved", "Bundle.entry[0].resource.author"),
    ("a wrong role code", _set("PractitionerRole", code=[{"coding": [{"system": "urn:samverkan:role", "code": "Sjuk"}]}]), "role-code", "Bundle.entry[3].resource.code.coding.code"),
    ("a wrong HSA-id", _set("Organization", identifier=[{"system": HSA_OTHER, "value": "4711"}]), "hsa-id", "Bundle.entry[1].resource.identifier.value"),
    ("a dangling subject", _set("Encounter", subject={"reference": "Patient/4711"}), "reference-unresolved", "Bundle.entry[6].resource.subject"),
    ("a subject by display", _set("Encounter", subject={"display": "Tolvan"}), "reference-unresolved", "Bundle.entry[6].resource.subject"),
    ("a dangling focus", _set("MessageHeader", focus=[{"reference": "Encounter/4711"}]), "reference-unresolved", "Bundle.entry[0].resource.focus"),
    ("no case", _drop("Encounter", "episodeOfCare"), "case-missing", "Bundle.entry[6].resource.episodeOfCare"),
    ("a case with blanks", _set("Encounter", episodeOfCare=[{"identifier": {"value": "vk 4711"}}]), "case-id", "Bundle.entry[6].resource.episodeOfCare.identifier.value"),
    ("two cases of the hub", _set("Encounter", episodeOfCare=[{"identifier": {"system": "urn:samverkan:case", "value": v}} for v in "ab"]), "case-id", "Bundle.entry[6].resource.episodeOfCare.identifier.value"),
    ("a wrong check digit", _set("Patient", identifier=[{"system": "http://electronichealth.se/identifier/personnummer", "value": "191212121213"}]), "C-60", "Bundle.entry[4].resource.identifier.value"),
    ("another kind of number", _set("Patient", identifier=[{"system": "http://electronichealth.se/identifier/samordningsnummer", "value": "191212121212"}]), "C-60", "Bundle.entry[4].resource.identifier.value"),
    ("no known number", _set("Patient", identifier=[{"system": "urn:x", "value": "191212121212"}]), "C-60", "Bundle.entry[4].resource.identifier"),
    ("too long a name", _set("Patient", name=[{"text": "Tolvan" * 60}]), "field-invalid", "Bundle.entry[4].resource.name"),
    ("a control character", _set("Encounter", reasonCode=[{"text": "Tolvan\u0000"}]), "field-invalid", "Bundle.entry[6].resource.reasonCode.text"),
    ("an admission without zone", _set("Encounter", period={"start": "2026-03-02"}), "time-zone", "Bundle.entry[6].resource.period.start"),
    ("half a discharge date", lambda t: _resource(t, "Encounter")["extension"][0].update(valueDateTime="2026-03"), "day", None),
    ("a consent without basis", _drop("Consent", "policyRule"), "C-21", "Bundle.entry[8].resource.policyRule"),
    ("a rejected consent that permits", _set("Consent", status="rejected"), "C-21", "Bundle.entry[8].resource.status"),
    ("a proposed consent", _set("Consent", status="proposed"), "C-21", "Bundle.entry[8].resource.status"),
    ("an unfinished information", _set("Communication", status="preparation"), "C-20", "Bundle.entry[7].resource.status"),
    ("protection of the person", _set("Patient", meta={"security": [{"code": "sekretessmarkering"}]}), "C-62", "Bundle.entry[4].resource.meta.security"),
    ("protection by the register", _set("Patient", meta={"security": [{"system": "urn:x", "code": "skyddadFolkbokforing"}]}), "C-62", "Bundle.entry[4].resource.meta.security"),
    ("protection said of the Bundle", lambda t: t.update(meta={"security": [{"code": "skyddadFolkbokforing"}]}), "C-62", "Bundle.meta.security"),
    ("a modifier", _set("Patient", modifierExtension=[{"url": "urn:x", "valueBoolean": True}]), "modifier-extension", "Bundle.entry[4].resource"),
    ("rules of its own", lambda t: t.update(implicitRules="urn:x"), "modifier-extension", "Bundle"),
    ("a script in the lean shape", _set("Patient", text={"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml"><script>1</script></div>'}), "narrative-unsafe", "Bundle.entry[4].resource.text.div"),
    ("a script elsewhere", lambda t: t["entry"].append({"resource": {"resourceType": "Location", "text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml" onclick="x()">a</div>'}}}), "narrative-unsafe", "Bundle.entry[10].resource.text.div"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "rule", "element"), [row[1:] for row in REFUSALS], ids=[row[0] for row in REFUSALS])
def test_it_is_refused_with_its_fhirpath_and_nothing_of_the_person(change, rule, element):
    tree = _admission()
    change(tree)
    refused = _refusal(tree)
    assert refused.rule == rule
    if element is not None:
        assert refused.element == element
    assert refused.status == (409 if rule == "C-62" else 400)


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        (b"\xff", "not-utf8"),
        (b"", "not-json"),
        (b"{", "not-json"),
        (b'\xef\xbb\xbf{"resourceType":"Patient"}', "not-a-bundle"),
        (b"[]", "not-a-bundle"),
        (b'{"resourceType":"Patient"}', "not-a-bundle"),
        (b'{"type":"message","entry":[]}', "not-a-bundle"),
        (b'{"resourceType":"Bundle","type":"message"}', "bundle-first-entry"),
        (b"[" * 100_000, "too-deep"),
        (b'{"resourceType":"Bundle","x":' + b"[" * MAX_DEPTH + b"]" * MAX_DEPTH + b"}", "too-deep"),
    ],
)
def test_what_is_no_bundle_is_refused_by_name(body, rule):
    assert _refusal(body).rule == rule


def test_size_and_media_type_are_looked_at_first():
    with pytest.raises(Refused) as caught:
        read(b" " * 11, JSON, max_bytes=10)
    assert (caught.value.rule, caught.value.status) == ("too-large", 413)
    with pytest.raises(Refused) as caught:
        read(b"{}", "application/json")
    assert (caught.value.rule, caught.value.status) == ("media-type", 415)


def test_hostile_xml_is_refused():
    head = '<Bundle xmlns="http://hl7.org/fhir">'
    hostile = [
        '<!DOCTYPE Bundle [<!ENTITY a "b">]>' + head + '<type value="&a;"/></Bundle>',
        '<!DOCTYPE Bundle SYSTEM "file:///etc/passwd">' + head + "</Bundle>",
        head + "<entry>" * 30 + '<x xmlns="urn:other"/>' + "</entry>" * 30 + "</Bundle>",
        "<Bundle/>",
        "",
        head,
    ]
    assert {_refusal(body.encode(), XML).rule for body in hostile} <= {
        "not-xml",
        "xml-namespace",
        "fhir-invalid",
        "not-a-bundle",
    }
    utf16 = hostile[0].encode("utf-16")
    assert _refusal(utf16, XML).rule == "not-xml"
    deep = (head + "<a>" * 100 + "</a>" * 100 + "</Bundle>").encode()
    assert _refusal(deep, XML).rule == "too-deep"


def test_unknown_elements_and_resources_in_xml_are_refused():
    body = as_xml(_bytes(_admission()))
    assert _refusal(body.replace(b"<Patient>", b"<Patient><banana/>"), XML).rule == "fhir-invalid"
    assert _refusal(body.replace(b"Patient>", b"Banana>"), XML).rule == "unknown-resource"
    assert _refusal(body.replace(b'value="in-progress"', b'value="banana"'), XML).rule == "fhir-code"


@pytest.mark.parametrize(
    ("inside", "reason"),
    [
        ("<p style='color:red'>a <b>b</b> <a href='https://a.se'>c</a></p>", None),
        ("<table><tr><td colspan='2'>å</td></tr></table><!-- x -->", None),
        ("<img src='data:image/png;base64,AA=='/>", None),
        ("<img src='https://a.se/x.png'/>", "narrative-unsafe"),
        ("<p style='background:url(https://a.se)'>a</p>", "narrative-unsafe"),
        ("<a href='javascript:x()'>a</a>", "narrative-unsafe"),
        ("<p onclick='x()'>a</p>", "narrative-unsafe"),
        ("<script>x()</script>", "narrative-unsafe"),
        ("<iframe/>", "narrative-unsafe"),
        ("<svg xmlns='http://www.w3.org/2000/svg'/>", "narrative-unsafe"),
        ("<?x y?>", "narrative-unsafe"),
        ("&a;", "narrative-entity"),
        ("<p>", "narrative-xhtml"),
    ],
)
def test_a_narrative_holds_formatted_text_only_and_what_is_wrong_is_called_what_it_is(inside, reason):
    assert fault(f'<div xmlns="http://www.w3.org/1999/xhtml">{inside}</div>') == reason


def test_a_narrative_is_an_xhtml_div():
    assert fault("<div>a</div>") == "narrative-xhtml"
    doctype = '<!DOCTYPE div [<!ENTITY a "b">]><div xmlns="http://www.w3.org/1999/xhtml">&a;</div>'
    assert fault(doctype) == "narrative-entity"
    assert fault("") == "narrative-xhtml"


def test_a_refused_bundle_can_still_be_answered_by_its_id_and_event():
    tree = _admission()
    _resource(tree, "Encounter")["status"] = "banana"
    seen = Glimpse("inskrivning-1", "svu.inskrivning")
    assert glimpse(_bytes(tree), JSON) == seen
    assert glimpse(as_xml(_bytes(_admission())), XML) == seen
    tree["entry"][0]["resource"].update(id="<script>", eventCoding="x")
    assert glimpse(_bytes(tree), JSON) == Glimpse(None, None)
    for body in (b"", b"[]", b"\xff", b'{"entry":[1]}', b"[" * 100_000):
        assert glimpse(body, JSON) == glimpse(body, XML) == Glimpse(None, None)
    assert glimpse(_bytes(tree), JSON, max_bytes=3) == Glimpse(None, None)


# The lean reader takes nothing that the reference model refuses


ODD: list[Any] = [
    None, True, False, 0, -1, 1.0, 2**31, 1e400, "", " ", "\u00a0", "\u2003\u2003", "\u0085", "a b", " a", "a ", "a\n", "a\u00a0b", "banana", "\u0000",
    "\ud83d\ude00", "x" * 65, "x" * 300, "2026-02-30", "2026-02-29", "2024-02-29", "2026-13-01", "2026-06-31", "2026", "2026-03", "2026-03-02", "2026-3-2",
    "0000-01-01", "2026-03-02T09:00:00", "2026-03-02T09:00:00Z", "2026-03-02T09:00:00z", "2026-03-02 09:00:00Z", "2026-03-02T24:00:00Z", "2026-03-02T09:00Z",
    "2026-03-02T09:00:60Z", "2026-03-02T09:00:00.123456789Z", "2026-03-02T09:00:00+14:00", "2026-03-02T09:00:00+14:01", "2026-03-02T09:00:00+15:00",
    "2026-03-02T09:00:00+0100", "2026-02-30T09:00:00Z", "2026-04-31T09:00:00Z", "urn:x", "urn:oid:1.2.3", "http://", "http://a..b", "https://a.b:99999/",
    "http://1.2.3.4", "http://1.2.3.999/", "https://xn--a/", "https://a.b/c?d=e#f", "//a", "a/b", "#a", "Patient/pat-1", "Encounter/e-1", "in-progress", "IMP",
    "active", "rejected", "permit", "not-done", [], {}, [None], [""], [{}], {"a": 1}, [1], ["a"], {"reference": "x"}, {"value": "a"}, {"coding": [{}]},
    [{"system": "urn:samverkan:case", "value": "a"}], {"url": "urn:x"}, [{"url": "urn:x"}], [{"url": "urn:x", "valueBoolean": True, "valueCode": "a"}],
    [{"url": "urn:x", "extension": [{"url": "y", "valueCode": "a"}]}], [{"url": "urn:x", "valueString": "a", "extension": []}], {"security": [{"code": "sekretessmarkering"}]},
    {"status": "generated", "div": "<div/>"}, {"status": "generated"}, "191212121212", "191212121213", "SE2321000255-AVD12",
    "QQ==", "QQ", "QQ=", "QUJD", "QUJ D", "QUJD\n", "=", "QR==", "Q-_=", [{"contentString": "a", "contentAttachment": {}}], {"contentType": "a/b", "data": "QQ=="},
    {"text": "a"}, {"period": {"start": "2026-03-02"}}, {"dischargeDisposition": {"text": "a"}}, [{"linkId": "a"}], [{"valueString": "a", "valueCoding": {}}],
    [{"type": {"text": "a"}, "valueInteger": 1}], [{"requestor": True}], {"observer": {"display": "a"}}, [{"name": "a", "query": "QQ=="}], "accepted", "order", "0",
]  # fmt: skip
KEYS = [
    "id", "meta", "text", "extension", "status", "class", "period", "start", "end", "code", "system", "value", "use", "url", "valueCode", "valueString",
    "valueBoolean", "valueDate", "valueDateTime", "valuePositiveInt", "valueReference", "valueIdentifier", "reference", "display", "identifier", "type",
    "coding", "name", "family", "given", "telecom", "rank", "address", "line", "birthDate", "gender", "active", "deceasedBoolean", "contained", "language",
    "implicitRules", "modifierExtension", "_status", "_birthDate", "fhir_comments", "resourceType", "resource_type", "class_fhir", "sent", "recorded",
    "payload", "contentString", "provision", "scope", "category", "policyRule", "onBehalfOf", "eventUri", "eventCoding", "focus", "fullUrl", "link", "request",
    "contentAttachment", "contentReference", "contentType", "data", "title", "about", "inResponseTo", "recipient", "hospitalization", "dischargeDisposition",
    "deceasedDateTime", "intent", "for", "for_fhir", "requester", "owner", "restriction", "input", "statusReason", "reasonCode", "authoredOn", "note", "valueInteger",
    "item", "linkId", "answer", "valueCoding", "valueUnsignedInt", "authored", "author", "questionnaire", "subtype", "action", "outcome", "purposeOfEvent", "agent",
    "who", "requestor", "source", "observer", "entity", "what", "query", "patient", "relationship", "participant", "member", "role", "serviceProvider",
]  # fmt: skip


def _places(node: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) of the tree."""
    found: list[tuple[Any, Any]] = []
    stack = [node]
    while stack:
        here = stack.pop()
        children = here.items() if isinstance(here, dict) else enumerate(here) if isinstance(here, list) else ()
        for key, child in children:
            found.append((here, key))
            stack.append(child)
    return found


def spoilt(seed: Any, place: int, odd: Any) -> bool:
    """With an odd value at a place both readers judge alike; whether the lean one took it."""
    tree = copy.deepcopy(seed)
    container, key = _places(tree)[place]
    container[key] = odd
    body = json.dumps(tree, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return lean(body) is not None and _check(body)


def _mutate(draw: Callable[..., Any], tree: Any) -> None:
    places = _places(tree)
    container, key = places[draw(st.integers(0, len(places) - 1))]
    act = draw(st.sampled_from(["odd", "odd", "odd", "drop", "add", "rename", "copy", "twice"]))
    if act == "drop":
        del container[key]
    elif act == "add" and isinstance(container, dict):
        container[draw(st.sampled_from(KEYS))] = copy.deepcopy(draw(st.sampled_from(ODD)))
    elif act == "rename" and isinstance(container, dict):
        container[draw(st.sampled_from(KEYS))] = container.pop(key)
    elif act == "copy":
        other, name = places[draw(st.integers(0, len(places) - 1))]
        container[key] = copy.deepcopy(other[name])
    elif act == "twice" and isinstance(container, list):
        container.append(copy.deepcopy(container[key]))
    else:
        container[key] = copy.deepcopy(draw(st.sampled_from(ODD)))


def _outcome(read_bundle: Callable[[], Any]) -> Message | str:
    try:
        return facts(read_bundle())
    except Refused:
        return "refused"


def _check(body: bytes) -> bool:
    """Whether the lean reader took it; if so the reference model must, and say the same."""
    bundle = lean(body)
    if bundle is None:
        _outcome(lambda: from_json(body))  # read or refused, never anything else
        return False
    from fhir.resources.R4B.bundle import Bundle

    Bundle.model_validate_json(body)  # raises where the reference model refuses
    assert _outcome(lambda: bundle) == _outcome(lambda: from_json(body))
    return True


SEEDS = [ehr_bundle(), *(json.loads(write_request(message)) for message in requests().values())]


@FAIR
@given(st.data())
def test_the_lean_reader_takes_nothing_the_reference_refuses_and_reads_the_same_of_mutated_bundles(data):
    seed = data.draw(st.sampled_from(SEEDS))
    for _ in range(5):
        tree = copy.deepcopy(seed)
        for _ in range(data.draw(st.integers(1, 2))):
            _mutate(data.draw, tree)
        _check(json.dumps(tree, ensure_ascii=data.draw(st.booleans())).encode("utf-8", "surrogatepass"))


@FAIR
@given(messages(), st.data())
def test_the_same_holds_of_generated_bundles_with_a_byte_changed(message, data):
    body = write_request(message)
    _check(body)
    for _ in range(3):
        at = data.draw(st.integers(0, len(body) - 1))
        new = data.draw(
            st.sampled_from([b"", b" ", b"0", b"\\", b'"', b",", b"\xc2\xa0", b"\xff", b"\x00", b"a", b"\\u0000"])
        )
        _check(body[:at] + new + body[at + data.draw(st.integers(0, 1)) :])


def test_every_odd_value_at_every_place_of_a_typical_admission_is_judged_alike():
    seed = ehr_bundle()
    scalars = [place for place, (box, key) in enumerate(_places(seed)) if not isinstance(box[key], (dict, list))]
    taken = 0
    for turn, place in enumerate(scalars):
        # Each place meets a different part of the list; over all places every value is met at several.
        for odd in ODD[turn % 13 :: 13]:
            taken += spoilt(seed, place, odd)
    assert taken > 50, "the lean reader is tried on what it takes"


def test_the_examples_person_is_the_fictitious_one():
    assert TOLVAN.personnummer == "191212121212"
