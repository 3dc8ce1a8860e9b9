"""SIP in FHIR: what a plan's edits become, what other systems may write of them and of meetings, what is refused and where."""

# ruff: noqa: E501 - a row of a table is a line
from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from hub.translators.fhir import JSON, read, write_notice, write_request, write_response
from hub.translators.fhir.examples import WRITTEN, notices, requests
from hub.translators.fhir.paths import fhir_path
from hub.translators.fhir.reader import lean
from hub.translators.fhir.writer import is_saved
from schemas.messages import MESSAGES, BilingualText, Receipt
from tests.thorough.test_fhir_acts import HSA, _within
from tests.thorough.test_fhir_read import _bytes, _drop, _refusal, _resource, _set

Change = Callable[[dict[str, Any]], Any]
EXT = "urn:samverkan:fhir:"


def _tree(key: str) -> dict[str, Any]:
    tree: dict[str, Any] = json.loads(write_request(requests()[key]))
    return tree


def _data(tree: Any) -> Any:
    return read(_bytes(tree), JSON).data


def _all(tree: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [entry["resource"] for entry in tree["entry"] if entry["resource"]["resourceType"] == kind]


def _url(tree: dict[str, Any], resource: dict[str, Any]) -> str:
    return next(str(entry["fullUrl"]) for entry in tree["entry"] if entry["resource"] is resource)


def _element(tree: dict[str, Any], address: str) -> dict[str, Any]:
    for entry in tree["entry"]:
        found = entry["resource"].get("identifier", [])
        if any(one["value"] == address for one in (found if isinstance(found, list) else [found])):
            resource: dict[str, Any] = entry["resource"]
            return resource
    raise AssertionError(address)


def _plan_of(*edits: dict[str, Any], **more: Any) -> Any:
    body = MESSAGES["sip.plan"].model_validate({"edits": edits, **more})
    return replace(requests()["sip.plan"], data=body)


# What becomes of a plan's edits


def test_each_edit_is_the_resource_of_its_kind_and_the_plan_refers_to_it():
    tree = _tree("sip.plan")
    plan = _resource(tree, "CarePlan")
    goal, (effort, walk) = _resource(tree, "Goal"), _all(tree, "ServiceRequest")
    assert plan["category"] == [{"coding": [{"system": "urn:samverkan:plan-category", "code": "sip"}]}]
    assert plan["description"] == "Bor ensam sedan i höstas"
    assert plan["goal"] == [{"reference": _url(tree, goal)}]
    assert plan["activity"] == [{"reference": {"reference": _url(tree, one)}} for one in (effort, walk)]
    assert goal["description"] == {"text": "Jag vill kunna gå till affären"}
    assert goal["target"] == [{"dueDate": "2026-09-15"}]
    assert effort["code"] == {"text": "Gångträning två gånger i veckan"}
    assert effort["performer"] == [{"type": "Organization", "identifier": {"system": HSA, "value": "SE2120001132-K01"}}]
    assert walk["performer"] == [
        {"type": "Patient", "identifier": {"system": "urn:samverkan:case", "value": "SIP-2026-000001"}}
    ]
    order = [one["valueReference"]["reference"] for one in plan["extension"] if one["url"] == f"{EXT}edit"]
    assert order == [_url(tree, one) for one in (goal, effort, walk, plan)]


def test_an_emptied_field_is_not_one_that_is_left_out_and_an_edit_that_sets_nothing_is_not_one_without_set():
    edits = [
        {"element": "delmal/a", "change": "andrad", "version": 2**53, "set": {"text": None, "responsible": None}},
        {"element": "delmal/a", "change": "andrad", "version": 0, "set": {}},
        {"element": "delmal/a", "change": "andrad"},
        {"element": "anteckning/n", "change": "andrad", "set": {"barnets_asikt": None, "uppfoljning": "I höst"}},
        {"element": "plan", "change": "andrad", "set": {"situation": None}},
        {"element": "plan", "change": "andrad", "set": {"situation": "Bor ensam"}},
        {"element": "plan", "change": "borttagen"},
    ]
    read_back = read(write_request(_plan_of(*edits)), JSON).data
    assert [(edit.element, edit.change, edit.version) for edit in read_back.edits] == [
        (edit["element"], edit["change"], edit.get("version")) for edit in edits
    ]
    assert [edit.set.said if edit.set else edit.set for edit in read_back.edits] == [
        {"responsible": None, "text": None},
        {},
        None,
        {"barnets_asikt": None, "uppfoljning": "I höst"},
        {"situation": None},
        {"situation": "Bor ensam"},
        None,
    ]


def test_the_order_of_the_edits_is_that_of_the_extensions_whatever_the_order_of_the_entries():
    tree = _tree("sip.plan.edits")
    tree["entry"][1:] = reversed(tree["entry"][1:])
    assert _data(tree) == requests()["sip.plan.edits"].data
    plan = next(one for one in _all(tree, "CarePlan") if "partOf" not in one)
    order = [one for one in plan["extension"] if one["url"] == f"{EXT}edit"]
    plan["extension"] = [one for one in plan["extension"] if one not in order] + order[::-1]
    assert _data(tree).edits == requests()["sip.plan.edits"].data.edits[::-1]


def test_other_systems_may_refer_relatively_and_call_persons_and_units_by_entries():
    tree = _tree("sip.plan")
    unit = {"resourceType": "Organization", "id": "o-1", "identifier": [{"system": HSA, "value": "SE2120001132-K01"}]}
    who = {"resourceType": "Practitioner", "id": "p-1", "name": [{"given": ["Eva"], "family": "Ek"}]}
    role = {
        "resourceType": "PractitionerRole",
        "id": "r-1",
        "practitioner": {"reference": "Practitioner/p-1"},
        "organization": {"reference": "Organization/o-1"},
        "telecom": [{"system": "phone", "value": "046-1"}],
    }
    tree["entry"] += [{"fullUrl": f"{one['resourceType']}/{one['id']}", "resource": one} for one in (unit, who, role)]
    _element(tree, "insats/77b0")["performer"] = [{"reference": "PractitionerRole/r-1"}]
    _element(tree, "insats/77b1")["performer"] = [{"reference": "Organization/o-1"}]
    edits = _data(tree).edits
    assert edits[1].set.responsible.model_dump(exclude_none=True) == {
        "unit": "SE2120001132-K01",
        "name": "Eva Ek",
        "phone": "046-1",
    }
    assert edits[2].set.responsible.model_dump(exclude_none=True) == {"unit": "SE2120001132-K01"}


def test_the_statuses_of_other_systems_are_read_where_they_say_what_the_edit_does():
    tree = _tree("sip.plan")
    _resource(tree, "Goal")["lifecycleStatus"] = "planned"
    _element(tree, "insats/77b0")["status"] = "on-hold"
    assert _data(tree) == requests()["sip.plan"].data


# Meetings


def test_a_call_is_an_appointment_whose_receivers_have_to_answer():
    call = _resource(_tree("sip.kallelse.distance"), "Appointment")
    assert call["status"] == "pending"
    receiver = next(one for one in call["participant"] if one["type"][0]["coding"][0]["code"] == "receiver")
    assert receiver["status"] == "needs-action"
    assert receiver["actor"]["identifier"]["value"] == "SE2321000255-VC01"
    assert [one["coding"][0]["code"] for one in receiver["type"][1:]] == ["fysioterapeut", "lakare"]


def test_a_call_without_an_end_has_both_times_and_is_read_without():
    tree = _tree("sip.kallelse.distance")
    call = _resource(tree, "Appointment")
    assert call["start"] == call["end"], "app-2"
    assert _data(tree).meeting.end is None


def test_an_end_alone_comes_back_though_an_appointment_has_both_times_or_none():
    body = MESSAGES["sip.kallelse_andrad"].model_validate(
        {"meeting": {"id": "m-1", "end": "2026-03-12T11:30:00+01:00"}}
    )
    tree = json.loads(write_request(replace(requests()["sip.kallelse_andrad"], data=body)))
    assert not {"start", "end"} & set(_resource(tree, "Appointment"))
    assert _data(tree) == body


def test_a_recalled_meeting_is_cancelled_and_a_saved_call_is_proposed():
    assert _resource(_tree("sip.kallelse_andrad.recalled"), "Appointment")["status"] == "cancelled"
    assert _resource(_tree("sip.kallelse.draft"), "Appointment")["status"] == "proposed"


def test_participants_of_other_systems_are_told_apart_by_what_they_are():
    tree = _tree("sip.kallelse")
    tree["entry"] += [
        {
            "fullUrl": "Location/l-1",
            "resource": {"resourceType": "Location", "id": "l-1", "name": "Rum 4", "status": "active"},
        },
        {"fullUrl": "Patient/p-1", "resource": {"resourceType": "Patient", "id": "p-1"}},
    ]
    call = _resource(tree, "Appointment")
    call["participant"] = [
        {"actor": {"reference": "Location/l-1"}, "status": "accepted"},
        {"actor": {"reference": "Patient/p-1"}, "status": "needs-action"},
        {"actor": {"identifier": {"system": HSA, "value": "SE2120001132-K01"}}, "status": "needs-action"},
    ]
    told = _data(tree)
    assert told.meeting.place == "Rum 4"
    assert [row.person for row in told.participants] == [True]
    assert [receiver.unit for receiver in told.receivers] == ["SE2120001132-K01"]


def test_a_changed_call_tells_an_emptied_list_from_one_that_stays():
    tree = _tree("sip.kallelse_andrad.receivers")
    assert _data(tree).participants == ()
    _resource(tree, "Appointment")["extension"] = [
        one for one in _resource(tree, "Appointment")["extension"] if one["url"] != f"{EXT}empty-list"
    ]
    assert _data(tree).participants is None


def test_an_answer_accepts_where_somebody_comes_and_is_open_where_it_is_words():
    assert _resource(_tree("sip.kallelsesvar"), "AppointmentResponse")["participantStatus"] == "accepted"
    assert _resource(_tree("sip.kallelsesvar.words"), "AppointmentResponse")["participantStatus"] == "tentative"


def test_the_meeting_that_was_held_is_an_encounter_of_its_appointment_with_those_who_came():
    tree = _tree("sip.mote")
    held = _resource(tree, "Encounter")
    assert held["status"] == "finished"
    assert held["appointment"][0]["identifier"] == {"system": "urn:samverkan:meeting", "value": "m-1"}
    kinds = {entry["fullUrl"]: entry["resource"]["resourceType"] for entry in tree["entry"]}
    came = [kinds[one["individual"]["reference"]] for one in held["participant"]]
    assert came == ["PractitionerRole", "RelatedPerson", "RelatedPerson"]
    assert _resource(_tree("sip.mote.not_held"), "Encounter")["status"] == "cancelled"


def test_the_acts_own_time_is_taken_where_nobody_vouches_for_it():
    for key, kind in (("sip.plan", "CarePlan"), ("sip.kallelse", "Appointment")):
        tree = _tree(key)
        tree["entry"].pop()
        tree["timestamp"] = "2020-01-01T00:00:00Z"
        _resource(tree, kind)["created"] = "2026-03-02T08:14:00Z"
        assert read(_bytes(tree), JSON).time == datetime(2026, 3, 2, 8, 14, tzinfo=UTC)


# The initiativ


def test_an_initiativ_names_the_person_and_who_is_asked():
    tree = _tree("sip.initiativ")
    plan, patient = _resource(tree, "CarePlan"), _resource(tree, "Patient")
    assert plan["intent"] == "proposal"
    assert plan["subject"] == {"reference": _url(tree, patient)}
    team = _resource(tree, "CareTeam")
    roles = [one["role"][0]["coding"][0]["code"] for one in team["participant"]]
    assert roles == ["samordningsansvarig", "stallforetradare", "receiver", "receiver"]


def test_two_consents_come_back_in_their_order_whatever_the_order_of_the_entries():
    tree = _tree("sip.initiativ.two_consents")
    tree["entry"][1:] = reversed(tree["entry"][1:])
    assert [one.kind for one in _data(tree).samtycke] == ["sip", "informationsoverforing"]


def test_the_information_of_an_initiativ_is_of_its_patient_unless_it_names_another_entry():
    tree = _tree("sip.initiativ")
    assert _data(tree).information.patient is None
    other = {**_resource(tree, "Patient"), "id": "p-9"}
    tree["entry"].append({"fullUrl": "Patient/p-9", "resource": other})
    _resource(tree, "Communication")["subject"] = {"reference": "Patient/p-9"}
    assert _data(tree).information.patient.personnummer == "191212121212"


@pytest.mark.parametrize("key", [key for key, message in requests().items() if is_saved(message.data)])
def test_what_is_saved_says_so_in_the_header_and_is_no_active_resource(key):
    tree = _tree(key)
    assert {"url": f"{EXT}draft", "valueBoolean": True} in tree["entry"][0]["resource"]["extension"]
    focus = tree["entry"][0]["resource"]["focus"][0]["reference"]
    resource = next(entry["resource"] for entry in tree["entry"] if entry["fullUrl"] == focus)
    assert resource["resourceType"] == "Encounter" or resource["status"] in {"draft", "proposed"}


# What is refused, and where


def _foreign(*path: str | int, kind: str) -> Change:
    return _within(kind, *path, to={"coding": [{"system": "http://snomed.info/sct", "code": "1"}]})


def _at(address: str, **fields: Any) -> Change:
    return lambda tree: _element(tree, address).update(fields)


def _without(address: str, url: str) -> Change:
    def change(tree: dict[str, Any]) -> None:
        resource = _element(tree, address)
        resource["extension"] = [one for one in resource["extension"] if one["url"] != url]

    return change


def _more(address: str, **extension: Any) -> Change:
    return lambda tree: _element(tree, address)["extension"].append(extension)


def _called(**fields: Any) -> Change:
    return lambda tree: _resource(tree, "Appointment")["participant"][-1].update(fields)


REFUSALS: list[tuple[str, Change, str, str]] = [
    ("sip.plan", _set("CarePlan", status="banana"), "fhir-code", "resource.status"),
    ("sip.plan", _set("CarePlan", status="draft"), "draft-status", "resource.status"),
    ("sip.plan.draft", _set("CarePlan", status="active"), "draft-status", "resource.status"),
    ("sip.plan", _set("CarePlan", intent="order"), "plan-category", "resource.intent"),
    ("sip.plan", _set("CarePlan", intent="banana"), "fhir-code", "resource.intent"),
    ("sip.plan", _set("CarePlan", category=[{"text": "SIP"}]), "plan-category", "resource.category"),
    ("sip.plan", _set("CarePlan", activity=[{"detail": {"status": "scheduled"}}]), "plan-activity", "resource.activity[0]"),
    ("sip.plan", _set("CarePlan", goal=[{"reference": "Goal/4711"}]), "plan-edit", "resource.goal[0]"),
    ("sip.plan", _drop("CarePlan", "subject"), "fhir-invalid", "resource.subject"),
    ("sip.plan", _set("CarePlan", subject={"reference": "#p"}, contained=[{"resourceType": "Patient", "id": "p"}]), "reference-unresolved", "resource.subject"),
    ("sip.plan", _set("Goal", subject={"reference": "Patient/4711"}), "reference-unresolved", "resource.subject"),
    ("sip.plan", _at("insats/77b0", performer=[{"reference": "#u"}], contained=[{"resourceType": "Organization", "id": "u", "name": "x"}]), "reference-unresolved", "resource.performer[0]"),
    ("sip.plan", lambda t: _resource(t, "CarePlan")["extension"].pop(), "plan-edit", "resource"),
    ("sip.plan", lambda t: (_resource(t, "CarePlan")["extension"].pop(), _resource(t, "CarePlan").pop("identifier")), "plan-edit", "resource.description"),
    ("sip.plan.participants_and_notes", lambda t: _resource(t, "CarePlan")["extension"].pop(2), "plan-edit", "resource"),
    ("sip.plan", lambda t: _resource(t, "CarePlan")["extension"].append(_resource(t, "CarePlan")["extension"][-1]), "plan-edit", f"resource.extension('{EXT}edit')[4].value"),
    ("sip.plan", lambda t: _resource(t, "CarePlan")["extension"].append({"url": f"{EXT}edit", "valueReference": {"display": "målet"}}), "plan-edit", f"resource.extension('{EXT}edit')[4].value"),
    ("sip.plan", lambda t: _resource(t, "CarePlan")["extension"].append({"url": f"{EXT}edit", "valueReference": {"reference": "Goal/4711"}}), "reference-unresolved", f"resource.extension('{EXT}edit')[4].value"),
    ("sip.plan", lambda t: t["entry"].append({"fullUrl": "urn:uuid:1", "resource": {**_resource(t, "Goal"), "id": "g-9"}}), "plan-edit", "resource"),
    ("sip.plan", _at("delmal/5f3a", lifecycleStatus="completed"), "plan-status", "resource.lifecycleStatus"),
    ("sip.plan", _at("delmal/5f3a", lifecycleStatus="banana"), "fhir-code", "resource.lifecycleStatus"),
    ("sip.plan", _at("delmal/5f3a", description={"coding": [{"system": "http://snomed.info/sct", "code": "1"}]}), "plan-words", "resource.description"),
    ("sip.plan", _at("delmal/5f3a", category=[{"coding": [{"system": "http://snomed.info/sct", "code": "1"}]}]), "code-system", "resource.category"),
    ("sip.plan", _at("delmal/5f3a", achievementStatus={"coding": [{"system": "http://terminology.hl7.org/CodeSystem/goal-achievement", "code": "achieved"}]}), "code-system", "resource.achievementStatus"),
    ("sip.plan", _at("delmal/5f3a", target=[{"dueDate": "2026-09-15"}, {"dueDate": "2026-10-15"}]), "plan-day", "resource.target"),
    ("sip.plan", _at("delmal/5f3a", target=[{"detailString": "x", "measure": {"text": "y"}}]), "plan-day", "resource.target"),
    ("sip.plan", _at("delmal/5f3a", identifier=[{"system": "urn:x", "value": "delmal/5f3a"}]), "E-1", "resource.identifier"),
    ("sip.plan", _within("Goal", "identifier", 0, "value", to="insats/5f3a"), "plan-kind", "resource.identifier"),
    ("sip.plan", _within("Goal", "identifier", 0, "value", to="delmal/å"), "field-invalid", ""),
    ("sip.plan", _without("delmal/5f3a", f"{EXT}change"), "plan-change", f"resource.extension('{EXT}change')"),
    ("sip.plan", _more("delmal/5f3a", url=f"{EXT}change", valueCode="avslutad"), "extension-twice", f"resource.extension('{EXT}change')"),
    ("sip.plan", _within("Goal", "extension", 0, "valueCode", to="banana"), "plan-change", f"resource.extension('{EXT}change').value"),
    ("sip.plan", _more("delmal/5f3a", url=f"{EXT}field:banana", valueString="x"), "plan-field", "resource.extension"),
    ("sip.plan", _more("delmal/5f3a", url=f"{EXT}field:text", valueString="x"), "plan-field", f"resource.extension('{EXT}field:text')"),
    ("sip.plan", _more("delmal/5f3a", url=f"{EXT}emptied", valueCode="text"), "plan-field", f"resource.extension('{EXT}emptied')"),
    ("sip.plan", _more("delmal/5f3a", url=f"{EXT}field:strengths", valueCode="x"), "extension-value", f"resource.extension('{EXT}field:strengths').value"),
    ("sip.plan", _more("delmal/5f3a", url=f"{EXT}keyword", extension=[{"url": "keyword", "valueCode": "x"}]), "plan-field", f"resource.extension('{EXT}keyword')"),
    ("sip.plan", _more("delmal/5f3a", url=f"{EXT}under", valueIdentifier={"system": "urn:x", "value": "plan"}), "extension-twice", f"resource.extension('{EXT}under')"),
    ("sip.plan", _at("insats/77b0", status="completed"), "plan-status", "resource.status"),
    ("sip.plan", _at("insats/77b0", code={"coding": [{"system": "http://snomed.info/sct", "code": "1"}]}), "plan-words", "resource.code"),
    ("sip.plan", _at("insats/77b0", performer=[{"display": "Kommunen"}]), "party", "resource.performer[0]"),
    ("sip.plan", _at("insats/77b0", performer=[{"type": "Practitioner", "identifier": {"system": HSA, "value": "SE2321000255-P003"}}]), "party", "resource.performer[0]"),
    ("sip.plan", lambda t: _element(t, "insats/77b0").update(performer=_element(t, "insats/77b0")["performer"] * 2), "plan-responsible", "resource.performer"),
    ("sip.plan", _at("insats/77b0", occurrencePeriod={"start": "2026-03-02", "end": "2026-06-30"}), "plan-day", "resource.occurrence"),
    ("sip.plan", lambda t: (_element(t, "insats/77b0").pop("occurrencePeriod"), _element(t, "insats/77b0").update(occurrenceDateTime="2026-06-30")), "plan-day", "resource.occurrence"),
    ("sip.plan.participants_and_notes", _at("deltagare/d2", participant=[{}, {}]), "plan-responsible", "resource.participant"),
    ("sip.plan.participants_and_notes", _at("anteckning/n1", item=[{"linkId": "text", "answer": [{"valueString": "x"}]}]), "plan-note", "resource.item[0]"),
    ("sip.plan.participants_and_notes", _at("anteckning/n1", item=[{"linkId": "a", "answer": [{"valueInteger": 1}]}]), "plan-note", "resource.item[0]"),
    ("sip.plan.participants_and_notes", _at("anteckning/n1", item=[{"linkId": "a", "answer": [{"valueString": "x"}]}] * 2), "plan-field", "resource.item[1].linkId"),
    ("sip.plan.participants_and_notes", _at("anteckning/n1", item=[{"linkId": "Vad vill jag?", "answer": [{"valueString": "x"}]}]), "plan-field", "resource.item[0].linkId"),
    ("sip.uppfoljning", _more("aktivitet/a1", url=f"{EXT}change", valueCode="andrad"), "plan-field", "resource"),
    ("sip.utvardering", _more("mal/m1", url=f"{EXT}field:strengths", valueString="x"), "plan-field", "resource"),
    ("sip.kallelse", _set("Appointment", status="fulfilled"), "appointment-status", "resource.status"),
    ("sip.kallelse", _set("Appointment", status="cancelled"), "appointment-status", "resource.status"),
    ("sip.kallelse.draft", _set("Appointment", status="pending"), "draft-status", "resource.status"),
    ("sip.kallelse_andrad", _set("Appointment", status="noshow"), "appointment-status", "resource.status"),
    ("sip.kallelse_andrad", _set("Appointment", serviceType=[{"text": "x"}]), "appointment-kind", "resource.serviceType"),
    ("sip.kallelse_andrad.recalled", _set("Appointment", cancelationReason={"text": "x"}), "appointment-reason", "resource.cancelationReason"),
    ("sip.kallelse_andrad", _set("Appointment", requestedPeriod=[{"start": "2026-03-13"}]), "appointment-period", "resource.requestedPeriod"),
    ("sip.kallelse", _set("Appointment", identifier=[{"system": "urn:x", "value": "m-1"}]), "meeting-id", "resource.identifier"),
    ("sip.kallelse", _set("Appointment", identifier=[{"system": "urn:samverkan:meeting", "value": "möte 1"}]), "field-invalid", "Appointment.identifier.value"),
    ("sip.kallelse", _foreign("appointmentType", kind="Appointment"), "code-system", "resource.appointmentType"),
    ("sip.kallelse", _foreign("serviceType", 0, kind="Appointment"), "code-system", "resource.serviceType"),
    ("sip.kallelse", _foreign("reasonCode", 0, kind="Appointment"), "appointment-words", "resource.reasonCode"),
    ("sip.kallelse", _set("Appointment", start="2026-03-12T10:00:00"), "fhir-invalid", "resource.start"),
    ("sip.kallelse.distance", _called(status="declined"), "appointment-participant", "resource.participant[6].status"),
    ("sip.kallelse.distance", _called(status="banana"), "fhir-code", "resource.participant[6].status"),
    ("sip.kallelse.distance", _called(type=[{"coding": [{"system": "urn:samverkan:participant", "code": "banana"}]}]), "appointment-participant", "resource.participant[6].type"),
    ("sip.kallelse.distance", _called(actor={"display": "Tolken"}), "party", "resource.participant[6].actor"),
    ("sip.kallelse.distance", _called(actor={"reference": "Patient/4711"}), "reference-unresolved", "resource.participant[6].actor"),
    ("sip.kallelse.distance", lambda t: _resource(t, "RelatedPerson").pop("identifier"), "field-invalid", ""),
    ("sip.kallelse_andrad.receivers", _within("Appointment", "extension", -1, "valueCode", to="receivers"), "empty-list", f"resource.extension('{EXT}empty-list').value"),
    ("sip.kallelsesvar", _set("AppointmentResponse", participantStatus="declined"), "answer-status", "resource.participantStatus"),
    ("sip.kallelsesvar", _set("AppointmentResponse", participantStatus="needs-action"), "answer-status", "resource.participantStatus"),
    ("sip.kallelsesvar.words", _set("AppointmentResponse", participantStatus="accepted"), "answer-status", "resource.participantStatus"),
    ("sip.kallelsesvar", _set("AppointmentResponse", start="2026-03-12T10:00:00Z"), "answer-time", "resource.start"),
    ("sip.kallelsesvar", _set("AppointmentResponse", appointment={"reference": "Appointment/4711"}), "meeting-id", "resource.appointment"),
    ("sip.kallelsesvar", _within("AppointmentResponse", "extension", 0, "extension", 0, "url", to="namn"), "extension-parts", f"resource.extension('{EXT}attendee')"),
    ("sip.mote", _set("Encounter", status="in-progress"), "meeting-status", "resource.status"),
    ("sip.mote", _drop("Encounter", "appointment"), "meeting-id", "resource.appointment"),
    ("sip.mote", _within("Encounter", "participant", 0, "individual", to={"display": "NN"}), "party", "resource.participant[0].individual"),
    ("sip.mote", _foreign("type", 0, kind="Encounter"), "code-system", "resource.type"),
    ("sip.samordningsansvarig", lambda t: _resource(t, "CareTeam")["participant"][0].pop("role"), "P-21", "resource.participant[0].role"),
    ("sip.samordningsansvarig", lambda t: _resource(t, "CareTeam")["participant"][0].pop("extension"), "P-21", f"resource.participant[0].extension('{EXT}change').value"),
    ("sip.samordningsansvarig", lambda t: _resource(t, "CareTeam")["participant"].append({}), "P-21", "resource.participant"),
    ("sip.initiativ", _drop("CarePlan", "supportingInfo"), "initiative-support", "resource"),
    ("sip.initiativ", _set("CarePlan", careTeam=[{"reference": "CareTeam/4711"}]), "reference-unresolved", "resource.careTeam[0]"),
    ("sip.initiativ", lambda t: _resource(t, "CareTeam")["participant"][2].pop("role"), "team-role", "resource.participant[2].role"),
    ("sip.initiativ", lambda t: _resource(t, "CareTeam")["participant"].append(_resource(t, "CareTeam")["participant"][0]), "team-role", "resource.participant[4].role"),
    ("sip.svar", _set("Task", status="completed"), "task-status", "resource.status"),
    ("sip.svar.rejected", _set("Task", statusReason={"coding": [{"code": "x"}]}), "task-reason", "resource.statusReason"),
    ("sip.svar.rejected", _within("Task", "input", 0, to={"type": {"coding": [{"system": "urn:samverkan:field", "code": "suggested_unit"}]}, "valueString": "VC2"}), "task-value", "resource.input[0].value"),
    ("sip.godkannande", _within("Task", "input", 0, "type", "coding", 0, "code", to="banana"), "task-field", "resource.input[0].type"),
    ("sip.godkannande", lambda t: _resource(t, "Task")["input"].append(_resource(t, "Task")["input"][0]), "task-field", "resource.input[1].type"),
    ("sip.godkannande", _drop("Task", "input"), "field-invalid", "Task.input.where(type.coding.code='approver').value"),
    ("sip.las", _set("Task", focus={"identifier": {"system": "urn:x", "value": "plan"}}), "task-focus", "resource.focus"),
    ("sip.aterstallning", _drop("Task", "focus"), "task-focus", "resource.focus"),
    ("sip.aterstallning", _drop("Task", "statusReason"), "field-invalid", "Task.statusReason.text"),
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
    if element:
        within = f"resource.{element.partition('.')[2]}"
        assert (told.element or "").partition("].")[2] in (element, within) or told.element == element


# Refusals of the rules name the element in FHIR


@pytest.mark.parametrize(
    ("name", "pointer", "path"),
    [
        ("sip.plan", "/data/edits/2/set/long_term", f"CarePlan.extension('{EXT}edit')[2].value.resolve().extension('{EXT}field:long_term').value"),
        ("sip.plan", "/data/edits/0/set/text", f"CarePlan.extension('{EXT}edit')[0].value.resolve().select(description.text | code.text)"),
        ("sip.plan", "/data/edits/0/set/vart_vill_jag_na", f"CarePlan.extension('{EXT}edit')[0].value.resolve()"),
        ("sip.plan", "/data/edits/3/version", f"CarePlan.extension('{EXT}edit')[3].value.resolve().extension('{EXT}version').value"),
        ("sip.plan", "/data/edits", f"CarePlan.extension('{EXT}edit').value.resolve()"),
        ("sip.plan", "/data/confirmed", f"CarePlan.extension('{EXT}confirmed').value"),
        ("sip.uppfoljning", "/data/items/1/text", f"CarePlan.extension('{EXT}edit')[1].value.resolve().extension('{EXT}field:follow_up').value"),
        ("sip.kallelse", "/data/meeting/start", "Appointment.start"),
        ("sip.kallelse", "/data/receivers/4/unit", "Appointment.participant.where(type.coding.where(system='urn:samverkan:participant').code='receiver')[4].actor"),
        ("sip.initiativ", "/data/samtycke", "Consent"),
        ("sip.initiativ", "/data/samtycke/1/valid_to", "Consent.provision.period.end"),
        ("sip.mote", "/data/attended/2/role", "Encounter.participant[2].type"),
        ("sip.avslut", "/data/confirmed", "Task.input.where(type.coding.code='confirmed').value"),
        ("narstaende", "/data/people/0/name", "RelatedPerson.name"),
    ],
)  # fmt: skip
def test_a_rules_element_is_named_in_fhir(name, pointer, path):
    assert fhir_path(name, pointer) == path
    sentence = BilingualText(sv="Fältet ska inte stå här.", en="The field must not stand here.")
    receipt = Receipt(message="m-1", code="fatal-error", rule="P-9", text=sentence, element=pointer)
    tree = json.loads(write_response(receipt, "m-1", created=WRITTEN, event=name))
    assert _resource(tree, "OperationOutcome")["issue"][0]["expression"] == [path]


def test_a_field_of_an_edit_that_the_language_refuses_is_named_by_its_edit():
    tree = _tree("sip.plan")
    _element(tree, "delmal/5f3a")["target"] = [{"dueDate": "1899-09-15"}]
    told = _refusal(tree)
    assert told.rule == "field-invalid"
    assert (told.element or "").endswith(
        f".extension('{EXT}edit')[0].value.resolve().select(target.due | occurrence.end)"
    )


# Notices


def test_a_notice_says_what_is_owed_on_paper_and_what_is_reminded_of():
    prints, remind = ("kallelse/m-1/personen", "kallelse/m-1/utomstaende-1"), ("kva:AU124",)
    message, told = notices()["sip.kallelse"]
    told = told.model_copy(update={"prints": prints, "remind": remind})
    body = write_notice(message, told, created=WRITTEN)
    assert lean(body) is not None
    extensions = json.loads(body)["entry"][0]["resource"]["extension"]
    assert tuple(one["valueString"] for one in extensions if one["url"] == f"{EXT}prints") == prints
    assert tuple(one["valueString"] for one in extensions if one["url"] == f"{EXT}remind") == remind
    without = json.loads(write_notice(message, told.model_copy(update={"prints": (), "remind": ()}), created=WRITTEN))
    urls = {one["url"] for one in without["entry"][0]["resource"]["extension"]}
    assert not {f"{EXT}prints", f"{EXT}remind"} & urls


def test_a_shared_insats_comes_as_it_stands_and_a_state_whole():
    for key in ("sip.delning", "sip.lage"):
        message, told = notices()[key]
        data = read(write_notice(message, told, created=WRITTEN), JSON, from_hub=True).data
        assert data.model_dump_json() == message.data.model_dump_json()
    assert notices()["sip.delning"][0].data.snapshot.fields["text"]["value"] == "Gångträning två gånger i veckan"


def test_a_day_with_time_is_the_day_in_sweden():
    tree = _tree("sip.plan")
    _element(tree, "insats/77b0")["occurrencePeriod"] = {"end": "2026-06-29T23:30:00Z"}
    assert _data(tree).edits[1].set.completion_date == date(2026, 6, 30)
