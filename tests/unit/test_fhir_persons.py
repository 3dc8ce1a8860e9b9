"""Whom a Bundle is about: one person, by the number in force; two that differ are refused and never chosen between (issue 8, 2.13)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hub.errors import Refused
from hub.translators.fhir import JSON, XML, read, write_request
from hub.translators.fhir.examples import requests
from hub.translators.fhir.xml_writer import as_xml

PNR = "http://electronichealth.se/identifier/personnummer"
SAM = "http://electronichealth.se/identifier/samordningsnummer"
TOLVAN, OTHER, INTERIM = "191212121212", "194501019808", "191212721219"


def tree_of(name: str = "svu.inskrivning") -> dict[str, Any]:
    found: dict[str, Any] = json.loads(write_request(requests()[name]))
    return found


def resource(tree: dict[str, Any], kind: str) -> dict[str, Any]:
    found: dict[str, Any] = next(e["resource"] for e in tree["entry"] if e["resource"]["resourceType"] == kind)
    return found


def bytes_of(tree: Any, media: str = JSON) -> bytes:
    body = json.dumps(tree, ensure_ascii=False).encode()
    return as_xml(body) if media == XML else body


def refusal(tree: Any, media: str = JSON) -> Refused:
    with pytest.raises(Refused) as caught:
        read(bytes_of(tree, media), media)
    told = f"{caught.value.sv} {caught.value.en} {caught.value.element}"
    assert not any(secret in told for secret in (TOLVAN, OTHER, INTERIM, "Tolvan", "Annan"))
    return caught.value


def number_of(*identifiers: dict[str, Any]) -> str:
    tree = tree_of()
    resource(tree, "Patient")["identifier"] = list(identifiers)
    data: Any = read(bytes_of(tree), JSON).data
    return str(data.patient.personnummer)


CHOSEN = [
    ("the official one, though it is second", [{"use": "secondary", "value": OTHER}, {"use": "official", "value": TOLVAN}]),
    ("the official one before one without use", [{"value": OTHER}, {"use": "official", "value": TOLVAN}]),
    ("the usual one before one without use", [{"value": OTHER}, {"use": "usual", "value": TOLVAN}]),
    ("the one that has not ended", [{"value": OTHER, "period": {"end": "2020"}}, {"value": TOLVAN}]),
    ("not an official one that has ended", [{"use": "official", "value": OTHER, "period": {"end": "2026-03-01"}}, {"value": TOLVAN}]),
    ("one that ends later", [{"value": TOLVAN, "period": {"end": "2031-01"}}]),
    ("not the old one", [{"use": "old", "value": OTHER}, {"value": TOLVAN}]),
    ("the same number twice", [{"value": TOLVAN}, {"value": TOLVAN}]),
    ("by its OID", [{"system": "urn:oid:1.2.752.129.2.1.3.1", "value": TOLVAN}]),
    ("by OID and by address", [{"system": "urn:oid:1.2.752.129.2.1.3.1", "value": TOLVAN}, {"value": TOLVAN}]),
    ("personnummer before samordningsnummer", [{"system": SAM, "value": INTERIM}, {"value": TOLVAN}]),
    ("the secondary one where it is alone", [{"use": "secondary", "value": TOLVAN}]),
]  # fmt: skip


@pytest.mark.parametrize("identifiers", [row[1] for row in CHOSEN], ids=[row[0] for row in CHOSEN])
def test_the_number_in_force_is_read(identifiers):
    assert number_of(*({"system": PNR} | one for one in identifiers)) == TOLVAN


def test_samordningsnummer_and_reserve_number_are_read_by_their_oids():
    assert number_of({"system": "urn:oid:1.2.752.129.2.1.3.3", "value": INTERIM}) == INTERIM
    assert number_of({"system": "urn:oid:1.2.752.74.9.1", "value": "98240301AA06"}) == "98240301AA06"


NOT_CHOSEN = [
    ("two without use", [{"value": OTHER}, {"value": TOLVAN}]),
    ("two official", [{"use": "official", "value": OTHER}, {"use": "official", "value": TOLVAN}]),
    ("two by two systems", [{"system": "urn:oid:1.2.752.129.2.1.3.1", "value": OTHER}, {"value": TOLVAN}]),
    ("one that has ended, alone", [{"value": TOLVAN, "period": {"end": "2020-05-05"}}]),
    ("an old one, alone", [{"use": "old", "value": TOLVAN}]),
]


@pytest.mark.parametrize("media", [JSON, XML])
@pytest.mark.parametrize("identifiers", [row[1] for row in NOT_CHOSEN], ids=[row[0] for row in NOT_CHOSEN])
def test_where_nobody_can_know_which_number_holds_it_is_refused_at_the_identifier(identifiers, media):
    tree = tree_of()
    resource(tree, "Patient")["identifier"] = [{"system": PNR} | one for one in identifiers]
    refused = refusal(tree, media)
    assert (refused.rule, refused.element) == ("C-60", "Bundle.entry[4].resource.identifier")


def with_another(tree: dict[str, Any], number: str = OTHER) -> dict[str, str]:
    """Another Patient in the Bundle; a reference to it."""
    patient = {"resourceType": "Patient", "id": "x", "identifier": [{"system": PNR, "value": number}]}
    tree["entry"].append({"fullUrl": "urn:uuid:0b7e1f00-0000-4000-8000-000000000001", "resource": patient})
    return {"reference": "Patient/x"}


def put(tree: dict[str, Any], kind: str, element: str, reference: dict[str, Any]) -> None:
    found = resource(tree, kind)
    found[element] = [reference] if element in ("recipient", "about") else reference


ELSEWHERE = [
    ("svu.inskrivning", "Consent", "patient"),
    ("svu.inskrivning", "EpisodeOfCare", "patient"),
    ("svu.inskrivning", "Communication", "subject"),
    ("svu.inskrivning", "Communication", "recipient"),
    ("samtycke", "Consent", "patient"),
    ("aterkallelse", "Consent", "patient"),
    ("narstaende", "RelatedPerson", "patient"),
    ("narstaende", "CareTeam", "subject"),
    ("deltagare", "CareTeam", "subject"),
    ("svu.utskrivningsklar", "Task", "for"),
    ("svu.kartlaggning", "QuestionnaireResponse", "subject"),
    ("svu.kartlaggning", "QuestionnaireResponse", "source"),
    ("meddelande", "Communication", "subject"),
    ("kvittens", "Communication", "about"),
    ("avliden", "Encounter", "subject"),
]


@pytest.mark.parametrize(("name", "kind", "element"), ELSEWHERE)
def test_a_resource_of_another_patient_is_refused_at_its_element(name, kind, element):
    tree = tree_of(name)
    another = with_another(tree)
    if kind != "Encounter" and "subject" not in resource(tree, "Encounter"):
        own = {"resourceType": "Patient", "id": "own", "identifier": [{"system": PNR, "value": TOLVAN}]}
        tree["entry"].append({"fullUrl": "Patient/own", "resource": own})
        resource(tree, "Encounter")["subject"] = {"reference": "Patient/own"}
    put(tree, kind, element, another)
    refused = refusal(tree)
    index = next(i for i, e in enumerate(tree["entry"]) if e["resource"]["resourceType"] == kind)
    at = "Bundle.entry[0].resource.focus" if name == "avliden" else f"Bundle.entry[{index}].resource.{element}"
    assert (refused.rule, refused.element) == ("another-person", at)


@pytest.mark.parametrize("media", [JSON, XML])
def test_another_entry_of_the_same_person_is_the_same_person(media):
    tree = tree_of()
    put(tree, "Consent", "patient", with_another(tree, TOLVAN))
    assert read(bytes_of(tree, media), media).data == read(bytes_of(tree_of()), JSON).data


def test_a_number_in_a_reference_is_held_against_the_patients():
    tree = tree_of()
    resource(tree, "Consent")["patient"] = {"type": "Patient", "identifier": {"system": PNR, "value": OTHER}}
    assert refusal(tree).rule == "another-person"
    resource(tree, "Consent")["patient"]["identifier"]["value"] = TOLVAN
    assert read(bytes_of(tree), JSON).name == "svu.inskrivning"


def test_a_resource_that_is_not_read_is_held_against_the_patient_too():
    tree = tree_of()
    another = with_another(tree)
    tree["entry"].append({"resource": {"resourceType": "Condition", "subject": another}})
    assert refusal(tree).rule == "another-person"
    resource(tree, "Condition")["subject"] = resource(tree, "Encounter")["subject"]
    assert refusal(tree).rule == "another-person", "a Patient that nothing leads to is another person all the same"
    tree["entry"] = [one for one in tree["entry"] if OTHER not in json.dumps(one)]
    assert read(bytes_of(tree), JSON).name == "svu.inskrivning"


def test_patients_that_are_not_in_the_bundle_are_told_apart_by_their_references():
    tree = tree_of("svu.utskrivningsklar")
    resource(tree, "Encounter")["subject"] = {"reference": "Patient/1/_history/2"}
    resource(tree, "Task")["for"] = {"reference": "Patient/1"}
    assert read(bytes_of(tree), JSON).name == "svu.utskrivningsklar"
    resource(tree, "Task")["for"] = {"reference": "Patient/2"}
    assert refusal(tree).rule == "another-person"


def test_a_reference_may_name_the_version():
    tree = tree_of()
    resource(tree, "Patient")["id"] = "p"
    resource(tree, "Encounter")["subject"] = {"reference": "Patient/p/_history/3"}
    for entry in tree["entry"][0]["resource"]["focus"]:
        entry["reference"] += "/_history/1"
    assert read(bytes_of(tree), JSON).data == read(bytes_of(tree_of()), JSON).data


def test_two_different_hsa_ids_of_one_unit_are_refused_and_the_one_in_force_is_read():
    tree = tree_of()
    own = resource(tree, "Organization")["identifier"]
    own.append({"system": "urn:oid:1.2.752.129.2.1.4.1", "value": "SE2321000255-AVD13"})
    refused = refusal(tree)
    assert (refused.rule, refused.element) == ("hsa-id", "Bundle.entry[1].resource.identifier.value")
    own[1]["period"] = {"end": "2019-12-31"}
    assert read(bytes_of(tree), JSON).unit == "SE2321000255-AVD12"


def test_two_of_what_is_one_are_refused_whatever_it_is():
    ends = "http://hl7.org/fhir/5.0/StructureDefinition/extension-Encounter.plannedEndDate"
    tree = tree_of()
    resource(tree, "Encounter")["extension"].append({"url": ends, "valueDateTime": "2026-04-01"})
    assert refusal(tree).rule == "extension-twice"
    tree = tree_of()
    basis = resource(tree, "Consent")["policyRule"]["coding"]
    basis.append({"system": basis[0]["system"], "code": "menprovning"})
    assert refusal(tree).rule == "codes-differ"
    tree = tree_of()
    second = json.loads(json.dumps(resource(tree, "Encounter"))) | {"period": {"start": "2026-03-01T08:00:00+01:00"}}
    tree["entry"].append({"fullUrl": "Encounter/second", "resource": second})
    tree["entry"][0]["resource"]["focus"].append({"reference": "Encounter/second"})
    refused = refusal(tree)
    assert (refused.rule, refused.element) == ("several-in-focus", "Bundle.entry[0].resource.focus")


NOBODY: list[Any] = [
    None, {"display": "Annan Person"}, {"identifier": {"system": "http://x", "value": "4711"}}, {"identifier": {"system": PNR}},
]  # fmt: skip


@pytest.mark.parametrize("media", [JSON, XML])
@pytest.mark.parametrize("whose", NOBODY)
def test_a_consent_that_does_not_say_whose_it_is_is_not_the_patients(whose, media):
    tree = tree_of()
    resource(tree, "Consent")["patient"] = whose
    if whose is None:
        del resource(tree, "Consent")["patient"]
    refused = refusal(tree, media)
    assert (refused.rule, refused.element) == ("person-unclear", "Bundle.entry[8].resource.patient")


def test_an_empty_reference_says_nothing_of_whose_a_consent_is():
    tree = tree_of()
    resource(tree, "Consent")["patient"] = {}
    assert refusal(tree).element == "Bundle.entry[8].resource.patient"


def patient_of(**fields: Any) -> Any:
    tree = tree_of()
    resource(tree, "Patient").update(fields)
    data: Any = read(bytes_of(tree), JSON).data
    return data.patient


ENDED, LATER = {"end": "2001"}, {"start": "2030-01-01"}
NEW = {"text": "Ny"}


@pytest.mark.parametrize(
    "other",
    [
        {"use": "home", "text": "Gammal", "period": ENDED},
        {"use": "home", "text": "Gammal", "period": LATER},
        {"use": "old", "text": "Gammal"},
        {"use": "work", "text": "Gammal"},
    ],
)
def test_the_address_in_force_is_read_also_where_another_stands_first(other):
    assert patient_of(address=[other, {"use": "home", **NEW}]).address == "Ny"


@pytest.mark.parametrize(
    "other",
    [
        {"use": "official", "text": "Gammal", "period": ENDED},
        {"use": "official", "text": "Gammal", "period": LATER},
        {"use": "nickname", "text": "Gammal"},
        {"use": "maiden", "text": "Gammal"},
        {"use": "anonymous", "text": "Gammal"},
    ],
)
def test_the_name_in_force_is_read_also_where_another_stands_first(other):
    for use in ({"use": "usual"}, {}):
        assert patient_of(name=[other, use | NEW]).name == "Ny"


def test_a_phone_that_has_ended_is_passed_over():
    old = {"system": "phone", "value": "040-1", "period": ENDED}
    assert patient_of(telecom=[old, {"system": "phone", "value": "040-2"}]).phone == "040-2"


def test_a_number_that_is_not_yet_in_force_is_none():
    tree = tree_of()
    resource(tree, "Patient")["identifier"][0]["period"] = LATER
    assert refusal(tree).rule == "C-60"
