"""The FHIR contract examples: fresh, and valid as a vendor's validator would judge them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hub.translators.fhir import JSON, READS, WRITES, XML, read
from hub.translators.fhir.example_acts import name_of
from hub.translators.fhir.examples import examples, notices, requests
from hub.translators.fhir.names import EXT_CASE

FOLDER = Path(__file__).parents[2] / "contracts" / "fhir"
FILES = examples()
TREES = {name: json.loads(body) for name, body in FILES.items() if name.endswith(".json")}
ABSOLUTE = re.compile(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}")
each = pytest.mark.parametrize("tree", TREES.values(), ids=list(TREES))


def _elements(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        for child in node.values():
            yield from _elements(child)
    elif isinstance(node, list):
        for child in node:
            yield from _elements(child)


def _resources(tree: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [e["resource"] for e in tree["entry"] if e["resource"]["resourceType"] == kind]


def test_the_files_are_what_the_hub_writes():
    stale = [
        name for name, body in FILES.items() if not (FOLDER / name).exists() or (FOLDER / name).read_bytes() != body
    ]
    assert not stale, "write hub.translators.fhir.examples.examples() to contracts/fhir anew"
    assert {path.name for path in FOLDER.iterdir() if path.suffix in (".json", ".xml")} == set(FILES)


def test_there_is_one_of_every_bundle_read_and_written():
    requested = {name_of(name.split(".request")[0]) for name in FILES if ".request." in name}
    assert requested == READS
    assert {name_of(name.split(".notice")[0]) for name in FILES if ".notice." in name} == WRITES
    assert {name for name in FILES if name.endswith(".xml")} >= {"svu.inskrivning.request.xml", "response.refused.xml"}


def test_the_hub_reads_its_examples_as_the_messages_they_were_written_of():
    for name, message in requests().items():
        read_back = read(FILES[f"{name}.request.json"], JSON)
        assert read_back == message
        if f"{name}.request.xml" in FILES:
            assert read(FILES[f"{name}.request.xml"], XML) == message
    for name, (message, told) in notices().items():
        read_back = read(FILES[f"{name}.notice.json"], JSON, from_hub=True)
        assert read_back.subject == told.case
        assert read_back.data == message.data


def test_the_reference_model_accepts_every_example():
    from fhir.resources.R4B.bundle import Bundle

    for name, body in FILES.items():
        if name.endswith(".xml"):
            told = Bundle.model_validate_xml(body)
            assert told == Bundle.model_validate_json(FILES[name.replace(".xml", ".json")])
        else:
            Bundle.model_validate_json(body)


@each
def test_a_message_bundle_begins_with_its_header_and_every_reference_resolves(tree):
    assert tree["type"] == "message"
    assert "total" not in tree
    urls = [entry["fullUrl"] for entry in tree["entry"]]
    assert all(ABSOLUTE.fullmatch(url) for url in urls)
    assert len(set(urls)) == len(urls), "bdl-7"
    assert [e["resource"]["resourceType"] for e in tree["entry"]].index("MessageHeader") == 0, "bdl-12"
    assert len(_resources(tree, "MessageHeader")) == 1
    assert not any({"request", "response", "search"} & set(entry) for entry in tree["entry"]), "bdl-2, bdl-3, bdl-4"
    references = [e["reference"] for e in _elements(tree) if isinstance(e.get("reference"), str)]
    assert set(references) <= set(urls)


@each
def test_no_element_is_empty_and_every_extension_has_a_value_or_extensions(tree):
    for element in _elements(tree):
        assert element, "ele-1"
        for name, value in element.items():
            assert value not in (None, "", [], {}), name
        for extension in element.get("extension", ()):
            values = [name for name in extension if name.startswith("value")]
            assert len(values) + ("extension" in extension) == 1, "ext-1"
    for entry in tree["entry"]:
        for extension in entry["resource"].get("extension", ()):
            assert re.match(r"(urn|https?):", extension["url"]), "an extension's url is absolute"


@each
def test_headers_say_where_from_and_where_to(tree):
    header = tree["entry"][0]["resource"]
    assert header["source"]["endpoint"]
    assert header["destination"]
    assert all(destination["endpoint"] for destination in header["destination"])
    assert {"system", "code"} <= set(header["eventCoding"])
    assert "focus" in header or "response" in header


@each
def test_required_elements_and_invariants_of_each_resource_hold(tree):
    for consent in _resources(tree, "Consent"):
        assert consent["category"] and consent["scope"]["coding"]
        assert "policy" in consent or "policyRule" in consent, "ppc-1"
        assert "patient" in consent or consent["scope"]["coding"][0]["code"] != "adr", "ppc-2 to ppc-5"
    for encounter in _resources(tree, "Encounter"):
        assert encounter["status"] in {"in-progress", "finished", "cancelled", "unknown"}
        assert encounter["class"]["system"]
        assert encounter["class"]["code"] == ("NA" if _is_sip(tree) else "IMP"), "a SIP is no stay"
    for team in _resources(tree, "CareTeam"):
        assert not any("onBehalfOf" in participant for participant in team.get("participant", ())), "ctm-1"
    for unit in _resources(tree, "Organization"):
        assert unit.get("identifier") or unit.get("name"), "org-1"
    for episode in _resources(tree, "EpisodeOfCare"):
        assert episode["status"] and episode["patient"]
    for provenance in _resources(tree, "Provenance"):
        assert provenance["target"] and provenance["recorded"] and provenance["agent"]
    for task in _resources(tree, "Task"):
        assert task["intent"] == "order"
        assert task["code"]["coding"][0]["code"]
        assert "lastModified" not in task, "inv-1"
        for one in task.get("input", ()):
            assert one["type"]["coding"] and len(one) == 2, "one value"
    for response in _resources(tree, "QuestionnaireResponse"):
        links = [item["linkId"] for item in response.get("item", ())]
        assert len(set(links)) == len(links)
        assert not any("item" in item for item in response.get("item", ())), "qrs-1"
    for event in _resources(tree, "AuditEvent"):
        assert event["type"]["system"] and event["recorded"] and event["source"]["observer"]
        assert [agent["requestor"] for agent in event["agent"]].count(True) == 1
        assert not any({"name", "query"} <= set(entity) for entity in event.get("entity", ())), "sev-1"
    for person in _resources(tree, "RelatedPerson"):
        assert person["patient"]
        assert {"name", "relationship", "identifier"} & set(person), "somebody"
    for file in (e["contentAttachment"] for e in _elements(tree) if "contentAttachment" in e):
        assert file["contentType"] and file["data"] and file["title"], "att-1"
    for period in (e["period"] for e in _elements(tree) if "period" in e):
        assert period.get("start", "0") <= period.get("end", "9"), "per-1"
    for telecom in (t for e in _elements(tree) for t in e.get("telecom", ())):
        assert "system" in telecom, "cpt-2"


def _is_sip(tree: dict[str, Any]) -> bool:
    code = tree["entry"][0]["resource"].get("eventCoding", {}).get("code", "")
    return code.startswith("sip.") or code == "koppling"


@each
def test_the_invariants_of_plans_and_meetings_hold(tree):
    for plan in _resources(tree, "CarePlan"):
        assert plan["intent"] in {"plan", "proposal"}
        assert plan["category"][0]["coding"][0]["code"] == "sip"
        assert plan["subject"]
        assert all(set(activity) == {"reference"} for activity in plan.get("activity", ())), "cpl-3"
    for goal in _resources(tree, "Goal"):
        assert goal["lifecycleStatus"] in {"active", "completed", "cancelled"}
        assert goal["description"] and goal["subject"]
        assert all(set(target) == {"dueDate"} for target in goal.get("target", ())), "gol-1"
    for request in _resources(tree, "ServiceRequest"):
        assert request["status"] in {"active", "completed", "revoked"}
        assert request["intent"] == "plan"
        assert request["subject"]
        assert "orderDetail" not in request, "prr-1"
        assert len(request.get("performer", ())) <= 1, "one is responsible"
    for call in _resources(tree, "Appointment"):
        assert call["participant"]
        assert all("type" in one or "actor" in one for one in call["participant"]), "app-1"
        assert ("start" in call) == ("end" in call), "app-2"
        assert "start" in call or call["status"] in {"proposed", "cancelled", "waitlist"}, "app-3"
        assert "cancelationReason" not in call, "app-4"
        assert call.get("start", "") <= call.get("end", "")
    for answer in _resources(tree, "AppointmentResponse"):
        assert answer["appointment"]["identifier"]
        assert "participantType" in answer or "actor" in answer, "apr-1"
        assert answer["participantStatus"] in {"accepted", "tentative"}


# hl7.org/fhir/R4/<resource>.html: what a reference may lead to, where we write one.
TARGETS = {
    "Task": {
        "requester": {"Practitioner", "Organization"},
        "owner": {"Practitioner", "Organization"},
        "encounter": {"Encounter"},
    },
    "Communication": {
        "sender": {"Organization"},
        "recipient": {"Organization", "Patient"},
        "about": None,
        "encounter": {"Encounter"},
        "subject": {"Patient"},
    },
    "CareTeam": {"encounter": {"Encounter"}, "subject": {"Patient"}},
    "CarePlan": {
        "subject": {"Patient"},
        "encounter": {"Encounter"},
        "author": {"Organization"},
        "careTeam": {"CareTeam"},
        "goal": {"Goal"},
        "partOf": {"CarePlan"},
        "activity": {"ServiceRequest"},
    },
    "Goal": {"subject": {"Patient"}},
    "ServiceRequest": {
        "subject": {"Patient"},
        "encounter": {"Encounter"},
        "performer": {"Organization", "PractitionerRole", "Patient", "RelatedPerson"},
    },
    "AppointmentResponse": {"appointment": {"Appointment"}, "actor": {"Organization"}},
    "Encounter": {
        "subject": {"Patient"},
        "episodeOfCare": {"EpisodeOfCare"},
        "serviceProvider": {"Organization"},
        "appointment": {"Appointment"},
    },
    "QuestionnaireResponse": {"author": {"Practitioner", "Organization"}, "encounter": {"Encounter"}},
    "RelatedPerson": {"patient": {"Patient"}},
    "PractitionerRole": {"practitioner": {"Practitioner"}, "organization": {"Organization"}},
    "Consent": {"patient": {"Patient"}, "organization": {"Organization"}},
}


PARTICIPANTS = {
    "CareTeam": ("member", {"Organization", "PractitionerRole", "RelatedPerson", None}),
    "Encounter": ("individual", {"PractitionerRole", "RelatedPerson"}),
    "Appointment": ("actor", {"Organization", "PractitionerRole", "RelatedPerson", "Patient", "Location"}),
}
"""Resource → the reference of a participant, and what it may lead to; a member of a CareTeam may be a name only."""


@each
def test_references_lead_to_what_r4_allows(tree):
    kinds = {entry["fullUrl"]: entry["resource"]["resourceType"] for entry in tree["entry"]}
    for entry in tree["entry"]:
        resource = entry["resource"]
        for element, allowed in TARGETS.get(resource["resourceType"], {}).items():
            found = resource.get(element, [])
            for named in found if isinstance(found, list) else [found]:
                reference = (
                    named["reference"] if resource["resourceType"] == "CarePlan" and element == "activity" else named
                )
                kind = kinds.get(reference.get("reference")) or reference.get("type")
                assert allowed is None or kind in allowed | {None}, (element, kind)
        place, allowed = PARTICIPANTS.get(resource["resourceType"], ("", set()))
        for participant in resource.get("participant", ()):
            if place in participant:
                member = participant[place]
                kind = kinds.get(member.get("reference")) or member.get("type")
                assert kind in allowed, kind
                assert resource["resourceType"] != "Encounter" or "reference" in member


@each
def test_only_the_fictitious_person_is_in_it(tree):
    numbers = {
        e["value"] for e in _elements(tree) if str(e.get("system")).startswith("http://electronichealth.se/identifier/")
    }
    assert numbers <= {"191212121212"}


def test_a_refusal_holds_rule_both_languages_and_fhirpath():
    for name in ("refused", "unreadable"):
        issue = TREES[f"response.{name}.json"]["entry"][1]["resource"]["issue"][0]
        assert issue["details"]["coding"][0]["code"]
        assert issue["expression"]
        assert issue["details"]["text"]
        assert "en" in json.dumps(issue["details"]["_text"])


def test_an_accepted_message_is_answered_with_its_case():
    header = TREES["response.ok.json"]["entry"][0]["resource"]
    assert header["response"] == {"identifier": "inskrivning-1", "code": "ok"}
    assert EXT_CASE in {extension["url"] for extension in header["extension"]}
