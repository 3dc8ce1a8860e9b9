"""The single acts in FHIR: what real systems may write of them, what is refused and where, lean against reference."""

# ruff: noqa: E501 - a row of a table is a line
from __future__ import annotations

import base64
import copy
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from hub.translators.fhir import JSON, read, write_request
from hub.translators.fhir.examples import requests
from hub.translators.fhir.reader import lean
from hub.translators.fhir.refusals import TECHNICAL, refused
from schemas.shared import FILE_MAX_BYTES, Attachment, Meddelande
from tests.thorough.test_fhir_read import ODD, _bytes, _drop, _places, _refusal, _resource, _set, spoilt

HSA = "urn:oid:1.2.752.29.4.19"
OWN = {"MessageHeader", "Organization", "Practitioner", "Provenance"}


def _tree(key: str) -> dict[str, Any]:
    tree: dict[str, Any] = json.loads(write_request(requests()[key]))
    return tree


def _data(tree: Any) -> Any:
    return read(_bytes(tree), JSON).data


# What real systems may write


def test_a_physician_may_be_a_practitioner_or_a_role_of_the_bundle():
    tree = _tree("svu.utskrivningsklar")
    person = {"resourceType": "Practitioner", "id": "dr-1", "identifier": [{"system": HSA, "value": "SE2321000255-P9"}]}
    role = {"resourceType": "PractitionerRole", "id": "role-1", "practitioner": {"reference": "Practitioner/dr-1"}}
    tree["entry"] += [{"fullUrl": "Practitioner/dr-1", "resource": person}, {"resource": role}]
    for reference in ("Practitioner/dr-1", "PractitionerRole/role-1"):
        _resource(tree, "Task")["requester"] = {"reference": reference}
        assert _data(tree).responsible_physician == "SE2321000255-P9"


def test_a_day_with_time_is_the_day_in_sweden():
    tree = _tree("svu.utskrivningsklar")
    _resource(tree, "Task")["restriction"]["period"]["start"] = "2026-03-05T23:30:00Z"
    assert _data(tree).date == date(2026, 3, 6)
    tree = _tree("avliden")
    _resource(tree, "Patient")["deceasedDateTime"] = "2026-03-05T23:30:00Z"
    assert _data(tree).date == date(2026, 3, 6)


def test_an_informations_own_entry_of_the_same_person_is_told_and_the_admissions_is_not_repeated():
    tree = _tree("svu.inskrivning")
    assert _data(tree).information.patient is None
    patient = copy.deepcopy(_resource(tree, "Patient"))
    tree["entry"].append({"fullUrl": "Patient/other", "resource": patient})
    _resource(tree, "Communication")["subject"] = {"reference": "Patient/other"}
    assert _data(tree).information.patient.personnummer == "191212121212"
    same = next(e for e in tree["entry"] if e["resource"]["resourceType"] == "Patient")
    same["resource"]["id"] = "p-1"
    _resource(tree, "Communication")["subject"] = {"reference": "Patient/p-1"}
    assert _data(tree).information.patient is None


def test_several_texts_are_one_and_the_choices_keep_their_order():
    tree = _tree("svu.kartlaggning")
    item = _resource(tree, "QuestionnaireResponse")["item"][1]
    item["answer"] = [*reversed(item["answer"]), {"valueString": "Behöver stöd"}]
    written = _data(tree).fields["aktuellt_tillstand"]
    assert written.text == "Går med rullator\nBehöver stöd"
    assert written.choices == ("behover_en_person", "rullator")


def test_a_systems_own_input_and_extension_are_passed_by():
    tree = _tree("svu.stallningstagande.kommun")
    task = _resource(tree, "Task")
    task["input"].insert(0, {"type": {"coding": [{"system": "urn:x", "code": "y"}]}, "valueInteger": 3})
    task["extension"].append({"url": "urn:x", "valueString": "y"})
    assert _data(tree) == requests()["svu.stallningstagande.kommun"].data


def test_the_acts_own_time_is_taken_where_nobody_vouches_for_it():
    for key, kind, element in (
        ("svu.justering", "Task", "authoredOn"),
        ("svu.kartlaggning", "QuestionnaireResponse", "authored"),
        ("atkomst", "AuditEvent", "recorded"),
    ):
        tree = _tree(key)
        tree["entry"].pop()
        tree["timestamp"] = "2020-01-01T00:00:00Z"
        _resource(tree, kind)[element] = "2026-03-02T08:14:00Z"
        assert read(_bytes(tree), JSON).time == datetime(2026, 3, 2, 8, 14, tzinfo=UTC)


def test_a_foreign_role_beside_the_care_contact_is_passed_by_and_without_change_it_is_named():
    tree = _tree("svu.fast_vardkontakt")
    roles = _resource(tree, "CareTeam")["participant"][0]["role"]
    roles.append({"coding": [{"system": "http://snomed.info/sct", "code": "1"}]})
    assert _data(tree) == requests()["svu.fast_vardkontakt"].data
    _resource(tree, "CareTeam")["participant"][0].pop("extension")
    assert _data(tree).change == "utsedd"


def test_the_largest_file_that_the_language_takes_fits_in_a_bundle():
    content = base64.b64encode(b"%PDF-1.4" + b"a" * (FILE_MAX_BYTES - 8)).decode()
    told = Meddelande(text="å" * 20_000, attachment=Attachment(name="a" * 116 + ".pdf", content=content))
    body = write_request(replace(requests()["meddelande"], data=told))
    assert lean(body) is not None
    assert read(body, JSON).data == told
    assert b'"contentType":"application/pdf"' in body


def test_base64_may_be_broken_into_lines():
    tree = _tree("meddelande")
    file = _resource(tree, "Communication")["payload"][1]["contentAttachment"]
    file["data"] = f"{file['data'][:8]}\n  {file['data'][8:]}"
    assert _data(tree) == requests()["meddelande"].data


# What is refused, and where


def _participant(**fields: Any) -> Callable[[dict[str, Any]], None]:
    return lambda tree: _resource(tree, "CareTeam")["participant"][0].update(fields)


def _within(kind: str, *path: str | int, to: Any) -> Callable[[dict[str, Any]], None]:
    def change(tree: dict[str, Any]) -> None:
        node = _resource(tree, kind)
        for step in path[:-1]:
            node = node[step]  # type: ignore[index]
        node[path[-1]] = to  # type: ignore[index]

    return change


def _role(system: str, code: str) -> list[Any]:
    return [{"coding": [{"system": system, "code": code}]}]


REFUSALS: list[tuple[str, Callable[[dict[str, Any]], Any], str, str | None]] = [
    ("svu.beraknad_utskrivning", _set("Encounter", status="finished"), "encounter-ongoing", "resource.status"),
    ("svu.beraknad_utskrivning", _set("Encounter", status="banana"), "fhir-code", "resource.status"),
    ("svu.beraknad_utskrivning", _within("Encounter", "extension", 0, "valueDateTime", to="2026-03"), "day", None),
    ("svu.beraknad_utskrivning", _within("Encounter", "extension", 1, to={"url": "urn:samverkan:fhir:reason", "valueCode": "a"}), "extension-value", "resource.extension('urn:samverkan:fhir:reason').value"),
    ("svu.beraknad_utskrivning", lambda t: _resource(t, "Encounter")["extension"].pop(), "field-invalid", "Encounter.extension('urn:samverkan:fhir:reason').value"),
    ("svu.utskrivning", _set("Encounter", status="in-progress"), "encounter-finished", "resource.status"),
    ("svu.utskrivning", _set("Encounter", **{"class": {"code": "AMB"}}), "encounter-class", "resource.class"),
    ("svu.utskrivning", _drop("Encounter", "period"), "field-invalid", "Encounter.period.end"),
    ("svu.utskrivning", _within("Encounter", "period", "end", to="2026"), "day", "resource.period.end"),
    ("svu.utskrivning", _set("Encounter", hospitalization={"dischargeDisposition": {"coding": [{"system": "urn:x", "code": "home"}]}}), "disposition", "resource.hospitalization.dischargeDisposition.coding"),
    ("svu.utskrivning", _within("Encounter", "extension", 0, "valueCode", to="banana"), "field-invalid", "Encounter.extension('urn:samverkan:fhir:discharge-kind').value"),
    ("svu.utskrivning_angrad", _set("Encounter", status="cancelled"), "encounter-ongoing", "resource.status"),
    ("svu.utskrivningsklar", _set("Task", status="banana"), "fhir-code", "resource.status"),
    ("svu.utskrivningsklar", _set("Task", intent="banana"), "fhir-code", "resource.intent"),
    ("svu.utskrivningsklar", _set("Task", status="cancelled"), "task-status", "resource.status"),
    ("svu.utskrivningsklar", _set("Task", code={"text": "utskrivningsklar"}), "task-code", "resource.code"),
    ("svu.utskrivningsklar", _drop("Task", "requester"), "field-invalid", "Task.requester"),
    ("svu.utskrivningsklar", _drop("Task", "restriction"), "field-invalid", "Task.restriction.period.start"),
    ("svu.utskrivningsklar", _within("Task", "restriction", "period", "start", to="2026-03"), "day", "resource.restriction.period.start"),
    ("svu.utskrivningsklar", _set("Task", requester={"display": "Tolvan"}), "hsa-id", "resource.requester"),
    ("svu.utskrivningsklar", _set("Task", requester={"reference": "Practitioner/4711"}), "reference-unresolved", "resource.requester"),
    ("svu.utskrivningsklar", lambda t: _resource(t, "Task").update(requester={"reference": t["entry"][1]["fullUrl"]}), "reference-unresolved", "resource.requester"),
    ("svu.utskrivningsklar", _set("Task", requester={"type": "Organization", "identifier": {"system": HSA, "value": "SE2321000255-VC01"}}), "reference-unresolved", "resource.requester"),
    ("svu.utskrivningsklar", _set("Task", requester={"identifier": {"system": HSA, "value": "4711"}}), "hsa-id", "resource.requester.identifier.value"),
    ("svu.utskrivningsklar", _set("Task", encounter={"reference": "Encounter/4711"}), "reference-unresolved", "resource.encounter"),
    ("svu.utskrivningsklar", _set("Task", owner={"display": "x"}), "hsa-id", "resource.owner"),
    ("svu.utskrivningsklar", _set("Task", modifierExtension=[{"url": "urn:x", "valueBoolean": True}]), "modifier-extension", "resource"),
    ("svu.utskrivningsklar", lambda t: _resource(t, "Task")["extension"][0]["extension"].pop(), "placement", "resource.extension('urn:samverkan:fhir:placement')"),
    ("svu.utskrivningsklar", _within("Task", "extension", 0, "extension", 0, "valueCode", to="9999"), "field-invalid", "Task.extension('urn:samverkan:fhir:placement').extension('municipality').value"),
    ("svu.utskrivningsklar", _within("MessageHeader", "focus", to=[{"reference": "Task/4711"}]), "reference-unresolved", "resource.focus"),
    ("svu.utskrivningsklar", lambda t: t["entry"].remove(next(e for e in t["entry"] if e["resource"]["resourceType"] == "Task")), "reference-unresolved", "resource.focus"),
    ("svu.utskrivningsklar_avbruten", _set("Task", status="requested"), "task-status", "resource.status"),
    ("svu.utskrivningsklar_avbruten", _drop("Task", "statusReason"), "field-invalid", "Task.statusReason.text"),
    ("svu.klarmarkering", _set("Task", status="requested"), "task-status", "resource.status"),
    ("svu.klarmarkering", _within("Task", "code", "coding", 0, "code", to="svu.justering"), "task-code", "resource.code"),
    ("svu.sip_stallning", _set("Task", status="completed"), "task-status", "resource.status"),
    ("svu.justering", _set("Task", status="rejected"), "task-status", "resource.status"),
    ("uppslag", _set("Task", status="completed"), "task-status", "resource.status"),
    ("svu.stallningstagande", _within("Task", "input", 0, "type", "coding", 0, "code", to="slutenvard.banana"), "statement-field", "resource.input[0].type"),
    ("svu.stallningstagande", lambda t: _resource(t, "Task")["input"].append(_resource(t, "Task")["input"][0]), "statement-field", "resource.input[6].type"),
    ("svu.stallningstagande", _within("Task", "input", 0, to={"type": {"coding": [{"system": "urn:samverkan:field", "code": "slutenvard.egenvard"}]}, "valueString": "ja"}), "statement-value", "resource.input[0].value"),
    ("svu.stallningstagande", _within("Task", "input", 0, to={"type": {"coding": [{"system": "urn:samverkan:field", "code": "slutenvard.egenvard"}]}, "valueInteger": 1}), "statement-value", "resource.input[0].value"),
    ("svu.stallningstagande", _within("Task", "extension", 0, "valueCode", to="banana"), "statement-field", "resource.extension('urn:samverkan:fhir:part').value"),
    ("svu.stallningstagande", lambda t: _resource(t, "Task")["input"].pop(2), "field-invalid", "Task.input.where(type.coding.code='slutenvard.forbrukningsmaterial').value"),
    ("svu.kartlaggning", _set("QuestionnaireResponse", status="banana"), "fhir-code", "resource.status"),
    ("svu.kartlaggning", _set("QuestionnaireResponse", status="stopped"), "assessment-status", "resource.status"),
    ("svu.kartlaggning", lambda t: _resource(t, "QuestionnaireResponse")["item"].append({"linkId": "patientens_onskemal"}), "assessment-item", "resource.item[2].linkId"),
    ("svu.kartlaggning", _within("QuestionnaireResponse", "item", 0, "item", to=[{"linkId": "x"}]), "assessment-item", "resource.item[0].item"),
    ("svu.kartlaggning", _within("QuestionnaireResponse", "item", 1, "answer", 0, to={"valueString": "a", "item": [{"linkId": "x"}]}), "assessment-item", "resource.item[1].answer[0].item"),
    ("svu.kartlaggning", _within("QuestionnaireResponse", "item", 1, "answer", 1, to={"valueInteger": 3}), "assessment-answer", "resource.item[1].answer[1].value"),
    ("svu.kartlaggning", _within("QuestionnaireResponse", "item", 1, "answer", 1, "valueCoding", "system", to="urn:x"), "assessment-answer", "resource.item[1].answer[1].value"),
    ("svu.kartlaggning", _within("QuestionnaireResponse", "item", 0, "linkId", to="Önskemål"), "field-invalid", "QuestionnaireResponse.item"),
    ("svu.kartlaggning", _within("QuestionnaireResponse", "item", 0, "extension", to=[{"url": "urn:samverkan:fhir:version", "valueString": "ett"}]), "extension-value", "resource.item[0].extension('urn:samverkan:fhir:version').value"),
    ("svu.fast_vardkontakt", _participant(role=_role("urn:samverkan:participant", "municipality")), "V-7", "resource.participant[0].role"),
    ("svu.fast_vardkontakt", lambda t: _resource(t, "CareTeam")["participant"].append({}), "V-7", "resource.participant"),
    ("svu.fast_vardkontakt", _participant(member={"display": "x"}), "V-7", "resource.participant[0].member"),
    ("svu.fast_vardkontakt", _participant(extension=[{"url": "urn:samverkan:fhir:change", "valueCode": "banana"}]), "V-7", "resource.participant[0].extension('urn:samverkan:fhir:change').value"),
    ("svu.fast_vardkontakt", lambda t: next(e["resource"] for e in t["entry"] if "practitioner" in e["resource"] and "identifier" in e["resource"]["practitioner"]).pop("organization"), "field-invalid", "PractitionerRole.organization"),
    ("kontakt", _participant(role=_role("urn:samverkan:contact-role", "a") + _role("urn:samverkan:contact-role", "b")), "SA-5", "resource.participant[0].role"),
    ("kontakt", _participant(member={"type": "Organization", "identifier": {"system": HSA, "value": "SE2321000255-VC01"}}), "reference-unresolved", "resource.participant[0].member"),
    ("kontakt", _drop("CareTeam", "participant"), "SA-5", "resource.participant"),
    ("roll", _participant(role=[]), "C-12", None),
    ("roll", _participant(role=_role("urn:x", "a")), "C-12", "resource.participant[0].role"),
    ("roll", _participant(extension=[{"url": "urn:samverkan:fhir:change", "valueCode": "uttrade"}]), "C-12", "resource.participant[0].extension('urn:samverkan:fhir:change').value"),
    ("narstaende", _participant(member={"display": "Tolvan"}), "C-15", "resource.participant[0].member"),
    ("narstaende", _participant(member={"reference": "RelatedPerson/4711"}), "reference-unresolved", "resource.participant[0].member"),
    ("narstaende", _drop("RelatedPerson", "relationship"), "C-15", "resource.relationship"),
    ("narstaende", _drop("RelatedPerson", "name"), "C-15", "resource.name"),
    ("narstaende", _drop("RelatedPerson", "patient"), "fhir-invalid", "resource.patient"),
    ("felsant", _set("Communication", status="in-progress"), "C-33", "resource.status"),
    ("felsant", _drop("Communication", "inResponseTo"), "C-33", "resource.inResponseTo"),
    ("felsant", _drop("Communication", "category"), "C-33", "resource.category"),
    ("meddelande", _set("Communication", status="preparation"), "C-40", "resource.status"),
    ("meddelande", _drop("Communication", "payload"), "field-invalid", "Communication.payload.content"),
    ("meddelande", _within("Communication", "payload", 1, to={"contentReference": {"display": "x"}}), "C-42", "resource.payload[1].content"),
    ("meddelande", _within("Communication", "payload", 1, "contentAttachment", to={"url": "https://a.se/x", "title": "x"}), "C-42", "resource.payload[1].content"),
    ("meddelande", lambda t: _resource(t, "Communication")["payload"].append(_resource(t, "Communication")["payload"][1]), "C-42", "resource.payload[2].content"),
    ("meddelande", _within("Communication", "payload", 1, "contentAttachment", "title", to="../x"), "field-invalid", "Communication.payload.content.title"),
    ("meddelande", _set("Communication", recipient=[{"display": "alla"}]), "hsa-id", "resource.recipient[0]"),
    ("meddelande", _within("Communication", "extension", 0, to={"url": "urn:samverkan:fhir:shall-kvittera", "valueString": "x"}), "hsa-id", "resource.extension('urn:samverkan:fhir:shall-kvittera').value"),
    ("makulering", _drop("Communication", "inResponseTo"), "field-invalid", None),
    ("makulering.case", _set("Communication", about=[{"identifier": {"system": "urn:samverkan:case", "value": "SVU-2026-000002"}}]), "V-5", "resource.about[0]"),
    ("makulering.case", _set("Communication", about=[{"reference": "EpisodeOfCare/4711"}]), "reference-unresolved", "resource.about[0]"),
    ("avliden", _drop("Patient", "deceasedDateTime"), "C-63", "resource.deceased"),
    ("avliden", lambda t: (_resource(t, "Patient").pop("deceasedDateTime"), _resource(t, "Patient").update(deceasedBoolean=False)), "C-63", "resource.deceased"),
    ("avliden", _set("Patient", deceasedDateTime="2026-03"), "day", "resource.deceased"),
    ("avliden", _set("Patient", meta={"security": [{"code": "sekretessmarkering"}]}), "C-62", "resource.meta.security"),
    ("atkomst", _drop("AuditEvent", "purposeOfEvent"), "C-5", "resource.purposeOfEvent"),
    ("atkomst", _within("AuditEvent", "purposeOfEvent", 0, "coding", 0, "code", to="banana"), "field-invalid", "AuditEvent.purposeOfEvent.coding"),
    ("atkomst", _drop("AuditEvent", "subtype"), "audit-subtype", "resource.subtype"),
    ("atkomst", _set("AuditEvent", outcome="8"), "audit-outcome", "resource.outcome"),
    ("atkomst", _set("AuditEvent", action="banana"), "fhir-code", "resource.action"),
    ("atkomst", _drop("AuditEvent", "source"), "fhir-invalid", "resource.source"),
    ("utskrift", _drop("AuditEvent", "entity"), "C-55", "resource.entity.what"),
    ("utskrift", _within("AuditEvent", "entity", 0, "what", "identifier", "value", to="banana"), "field-invalid", "AuditEvent.entity.what"),
    ("aterkallelse", _set("Consent", status="active"), "C-24", "resource.status"),
    ("aterkallelse", _set("Consent", scope={"text": "x"}), "C-24", "resource.scope"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("key", "change", "rule", "element"), REFUSALS, ids=[f"{i}-{r[0]}-{r[2]}" for i, r in enumerate(REFUSALS)]
)
def test_it_is_refused_with_its_fhirpath_in_both_languages(key, change, rule, element):
    tree = _tree(key)
    change(tree)
    told = _refusal(tree)
    assert told.rule == rule
    assert told.sv and told.en and told.sv != told.en
    if element is not None:
        within = f"resource.{element.partition('.')[2]}"
        assert (told.element or "").partition("].")[2] in (element, within) or told.element == element


def test_every_reason_has_two_sentences_and_rules_are_told_from_technical_reasons():
    assert {"task-status", "assessment-item", "extension-value"} <= TECHNICAL
    assert TECHNICAL.isdisjoint({"SA-5", "V-7", "C-24"})
    assert refused("SA-5", "x").status == 400


# The lean reader takes nothing that the reference model refuses


THIN = 82
"""Each place meets one of so many odd values; the places after one another meet them all."""


@pytest.mark.parametrize("key", sorted(requests()))
def test_every_place_of_the_act_meets_odd_values_and_both_readers_judge_alike(key):
    seed = _tree(key)
    acts = [entry["resource"] for entry in seed["entry"] if entry["resource"]["resourceType"] not in OWN]
    mine = {id(box) for act in acts for box, _ in [*_places(act), (act, None)]}
    places = [index for index, (box, key) in enumerate(_places(seed)) if id(box) in mine]
    start = sum(key.encode()) % THIN
    taken = 0
    for turn, place in enumerate(places):
        for odd in ODD[(start + turn) % THIN :: THIN]:
            taken += spoilt(seed, place, odd)
    assert taken, "the lean reader is tried on what it takes"
