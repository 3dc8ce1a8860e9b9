"""`hub check`: it says what a file is and every fault at once, and ends in a verdict whatever a file holds."""

from __future__ import annotations

import copy
import io
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from hub.check import KINDS, judge
from hub.cli.app import app
from hub.errors import Refused
from hub.sandbox.register_contents import STANDARD
from hub.translators import formats, native
from hub.translators.fhir import JSON, XML, read
from hub.translators.fhir.examples import notices
from hub.translators.fhir.response import as_xml
from schemas.identity_types import EVERY_PUBLISHED_FORM
from schemas.messages import Announcement, BilingualText, Receipt, as_json

CONTRACTS = Path(__file__).parents[2] / "contracts"
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def content(path: str) -> bytes:
    return (CONTRACTS / path).read_bytes()


def kind_of(path: Path) -> str:
    """What a file of contracts/ is, by its name."""
    folder, words = path.relative_to(CONTRACTS).parts[0], path.name.split(".")
    if folder == "soap":
        return (
            "soap-fault" if path.name.startswith("fault") else "soap-request" if "request" in words else "soap-answer"
        )
    if path.parent.name == "definitions":
        return "fhir-resource"
    if folder == "fhir":
        of = {"request": "message", "notice": "notice", "response": "receipt", "announcement": "announcement"}
        return f"fhir-{next(of[word] for word in words if word in of)}"
    return {"valid": "message", "invalid": "fixture"}[folder]


FILES = [
    path
    for folder in ("valid", "invalid", "fhir", "fhir/definitions", "soap/examples")
    for path in sorted((CONTRACTS / folder).iterdir())
    if path.is_file()
]


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_file_of_the_contracts_is_told_for_what_it_is_and_found_well(path):
    verdict = judge(path.read_bytes())
    assert (verdict.kind, verdict.faults, verdict.status) == (kind_of(path), (), 0)
    assert (
        path.parent.name not in {"valid", "invalid"}
        or verdict.name is None
        or path.name.startswith(verdict.name)
        or (path.parent.name == "invalid")
    )


def test_an_outcome_without_a_bundle_around_it_is_a_resource_by_itself():
    outcome = json.dumps(tree_of("fhir/response.refused.json")["entry"][1]["resource"]).encode()
    for body in (outcome, as_xml(outcome)):
        verdict = judge(body)
        assert (verdict.kind, verdict.name, verdict.status) == ("fhir-resource", "OperationOutcome", 0)
    assert [fault.element for fault in judge(outcome.replace(b"issue", b"fault")).faults] == ["OperationOutcome"]


# --- what the hub sends natively ----------------------------------------------------------------------------------------

REFUSAL = Receipt(
    message="m-1", code="fatal-error", rule="V-3", text=BilingualText(sv="Ta bort.", en="Remove."), element="/data"
)
ANNOUNCED = Announcement(text=BilingualText(sv="Vi uppdaterar.", en="We upgrade."))


def event(attributes: dict[str, str], body: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(native.structured(attributes, body))
    return found


SENT: dict[str, dict[str, Any]] = {
    **{f"notice {key}": event(native.attributes(pair[0], as_json(pair[1])), native.write_body(pair[0])) for key, pair in notices().items()},
    "receipt": event(
        native.receipt_attributes(REFUSAL.case, "r-1", NOW), as_json(REFUSAL)
    ),
    "announcement": event(native.announcement_attributes("a-1", NOW), ANNOUNCED.model_dump_json().encode()),
    "problem": {
        "type": "/errors/V-3", "title": "V-3", "detail": "Remove.", "status": 409, "rule": "V-3",
        "text": {"sv": "Ta bort.", "en": "Remove."}, "message": "m-1", "code": "fatal-error",
    },
}  # fmt: skip


@pytest.mark.parametrize("name", SENT)
def test_what_the_hub_sends_is_told_for_what_it_is_and_a_member_that_it_must_have_is_missed(name):
    whole = SENT[name]
    kind = name.partition(" ")[0]
    verdict = judge(json.dumps(whole).encode())
    assert (verdict.kind, verdict.faults) == (kind, ())
    schema_name = {"receipt": "receipt-event", "announcement": "announcement-event"}.get(kind, kind)
    needed = json.loads(content(f"schemas/{schema_name}.json"))["required"]
    assert needed
    for member in needed:
        lacking = {key: value for key, value in whole.items() if key != member}
        told = judge(json.dumps(lacking).encode())
        assert told.status, member
        if told.kind == kind:
            assert f"/{member}" in [fault.element for fault in told.faults]


def test_a_notice_of_wrong_values_has_a_fault_at_each_of_them():
    wrong = {
        **copy.deepcopy(SENT["notice svu.inskrivning"]), "sequence": 2, "to": ["SE2321000255-VC01"], "awaits": "{", "state": "[]", "may": 3,
        "skipped": '["a"]', "replay": True, "time": "nyss", "actor": "Anna",
    }  # fmt: skip
    wrong["data"]["admitted_at"] = "nyss"
    elements = [fault.element for fault in judge(json.dumps(wrong).encode()).faults]
    assert elements == [
        "/time", "/sequence", "/to", "/awaits", "/state", "/may", "/skipped", "/replay", "/actor", "/data/admitted_at",
    ]  # fmt: skip


def test_a_receipt_that_refuses_without_a_rule_is_at_fault():
    elements = [fault.element for fault in judge(b'{"message": "m-1", "code": "fatal-error"}').faults]
    assert elements == ["/rule", "/text"]
    assert judge(b'{"message": "m-1", "code": "ok"}').status == 0


# --- all faults at once -------------------------------------------------------------------------------------------------


def test_every_fault_of_a_message_is_told_at_once_in_two_languages():
    wrong = json.loads(content("valid/svu.inskrivning.json"))
    wrong |= {"specversion": "2.0", "time": "2026-03-02", "actor": "Anna", "case": "c-1"}
    wrong["data"] |= {"admitted_at": "2026-13-02T08:00:00+01:00", "shoe": 43, "estimated_discharge": "snart"}
    wrong["data"]["patient"]["personnummer"] = "191212121213"
    wrong["data"]["samtycke"]["outcome"] = "yes"
    faults = judge(json.dumps(wrong).encode()).faults
    assert {fault.element for fault in faults} == {
        "/case", "/specversion", "/time", "/actor", "/data/admitted_at", "/data/estimated_discharge", "/data/?",
        "/data/patient/personnummer", "/data/samtycke/outcome",
    }  # fmt: skip
    for fault in faults:
        assert fault.sv.endswith(".")
        assert fault.en.endswith(".")
        assert fault.sv != fault.en
        assert "191212121213" not in f"{fault.sv}{fault.en}"
        assert "shoe" not in f"{fault.sv}{fault.en}{fault.element}"


def tree_of(path: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(content(path))
    return found


@pytest.mark.parametrize("media", [JSON, XML])
def test_every_place_where_a_bundle_is_no_fhir_is_told_at_once(media):
    tree = tree_of("fhir/svu.inskrivning.request.json")
    tree["timestamp"] = "yesterday"
    header = tree["entry"][0]["resource"]
    header["source"].pop("endpoint")
    if media == JSON:
        faults = judge(json.dumps(tree).encode()).faults
        assert {fault.element for fault in faults} >= {
            "Bundle.timestamp", "Bundle.entry[0].resource.source.endpoint",
        }  # fmt: skip
        tree["banana"], header["source"] = 1, [header["source"]]
        told = {fault.element for fault in judge(json.dumps(tree).encode()).faults}
        assert told == {"Bundle", "Bundle.entry[0].resource.source"}
    else:
        text = content("fhir/svu.inskrivning.request.xml").replace(b"<timestamp", b"<banana/><timestamp")
        assert [fault.rule for fault in judge(text).faults] == ["fhir-invalid"]


def test_everything_that_a_bundle_says_wrongly_is_told_at_once():
    tree = tree_of("fhir/svu.inskrivning.request.json")
    header = tree["entry"][0]["resource"]
    header["id"] = "-1"
    del header["author"], header["sender"]
    resources = {entry["resource"]["resourceType"]: entry["resource"] for entry in tree["entry"]}
    del resources["Encounter"]["episodeOfCare"]
    resources["Encounter"].pop("identifier", None)
    faults = judge(json.dumps(tree).encode()).faults
    assert {fault.rule for fault in faults} >= {"message-id", "sender-missing", "C-3"}
    assert len(faults) >= 3


def test_a_notice_in_fhir_names_its_case_and_its_number():
    tree = tree_of("fhir/svu.inskrivning.notice.json")
    del tree["entry"][0]["resource"]["extension"]
    assert [fault.rule for fault in judge(json.dumps(tree).encode()).faults] == ["missing-field"] * 2
    refusal = tree_of("fhir/response.refused.json")
    refusal["entry"][0]["resource"]["response"] |= {"code": "fatal-error"}
    refusal["entry"][1]["resource"]["issue"][0]["details"].pop("coding")
    assert [fault.element for fault in judge(json.dumps(refusal).encode()).faults] == [
        "Bundle.entry[0].resource.response.details"
    ]


def test_every_place_where_a_question_or_an_answer_is_not_by_its_contract_is_told_at_once():
    answer = content("soap/examples/GetPersonsForProfile.response.xml")
    broken = answer.replace(b"<m:requestedPersonRecord>", b"<m:requestedPersonRecord><m:banana/>", 1)
    verdict = judge(broken)
    assert (verdict.kind, verdict.name, verdict.status) == ("soap-answer", "GetPersonsForProfile", 1)
    assert verdict.faults[0].element.startswith("GetPersonsForProfileResponse/requestedPersonRecord")
    question = content("soap/examples/GetUnit.request.xml")
    without = judge(question.replace(b"LogicalAddress", b"Address"))
    assert [fault.element for fault in without.faults] == ["Envelope/Header/LogicalAddress"]
    assert judge(question.replace(b"GetUnitResponder:5", b"GetUnitResponder:9")).kind == "unknown"


# --- whatever a file holds ----------------------------------------------------------------------------------------------


def packed() -> bytes:
    found = io.BytesIO()
    with zipfile.ZipFile(found, "w") as archive:
        archive.writestr("message.json", content("valid/kvittens.json"))
    return found.getvalue()


EVENT = content("valid/svu.inskrivning.json")
LAUGHS = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><Bundle xmlns="http://hl7.org/fhir"><id value="&b;"/></Bundle>'
ENVELOPE = b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/">%s</s:Envelope>'
ODD = [
    ("empty", b"", 2), ("blank", b" \n", 2), ("zip", packed(), 2), ("png", b"\x89PNG\r\n\x1a\n\x00\x00", 2),
    ("pdf", b"%PDF-1.7 \xff\xfe", 2), ("deep", b"[" * 100_000, 2), ("deep objects", b'{"a":' * 5_000 + b"1" + b"}" * 5_000, 2),
    ("a word", b"hej", 2), ("a number", b"7", 2), ("nothing of ours", b'{"a": 1}', 2), ("null", b"null", 2),
    ("latin", EVENT.replace("höft".encode(), "höft".encode("latin-1")), 2), ("utf-16", EVENT.decode().encode("utf-16"), 2),
    ("half", EVENT[:200], 2), ("twice", EVENT.replace(b'"id"', b'"id": "m-2", "id"', 1), 1),
    ("a list", b"[1, {}, null]", 1), ("a batch", b"[" + EVENT + b"]", 0), ("huge", b" " * 15_728_641, 2),
    ("a big message", json.dumps({**json.loads(EVENT), "more": "x" * 2_000_000}).encode(), 0),
    ("laughs", LAUGHS, 1), ("other xml", b"<html><p>Hej</p></html>", 1), ("no xml", b"<a><b></a>", 1),
    ("deep xml", b"<a>" * 3_000 + b"</a>" * 3_000, 1), ("no body", ENVELOPE % b"", 2),
    ("two bodies", ENVELOPE % b"<s:Body><a/><b/></s:Body>", 2), ("cut soap", ENVELOPE[:70], 2),
    ("a bundle of nothing", b'{"resourceType": "Bundle"}', 1), ("a bundle of numbers", b'{"resourceType": "Bundle", "entry": [1]}', 1),
    ("no resource", b'{"resourceType": "Banana"}', 1), ("no type", b'{"resourceType": 7}', 1),
    ("a NUL", b"\x00", 2), ("NULs", b"\x00\n\x00", 2), ("blank utf-16", " \n".encode("utf-16"), 2),
    ("a response of nothing", b'{"resourceType": "Bundle", "entry": [{"resource": {"response": 1}}]}', 1),
    ("a fixture of nothing", b'{"refused": {}, "event": 1}', 1),
    ("an event of nothing", b'{"specversion": 1, "type": [], "source": {}, "data": 3}', 1),
]  # fmt: skip


@pytest.mark.parametrize(("body", "status"), [row[1:] for row in ODD], ids=[row[0] for row in ODD])
def test_odd_files_end_in_a_verdict_and_a_status(body, status, tmp_path):
    (tmp_path / "odd").write_bytes(body)
    done = CliRunner().invoke(app, ["check", str(tmp_path / "odd")])
    assert isinstance(done.exception, SystemExit) or done.exception is None, done.exception
    assert (done.exit_code, "Traceback" in done.output) == (status, False), done.output[:500]


@pytest.mark.parametrize("value", [["Bundle"], {"a": 1}, 7, True, ["x", ["y"]], [{"url": ["x"]}]])
@pytest.mark.parametrize(
    "path", ["svu.inskrivning.request.json", "svu.inskrivning.notice.json", "response.refused.json"]
)
def test_any_json_in_the_place_of_a_text_by_which_a_bundle_is_recognised_is_told_as_a_fault_there(path, value):
    bundle = json.loads(content(f"fhir/{path}"))
    header = bundle["entry"][0]["resource"]
    places = [(bundle, "resourceType"), (bundle, "type"), (header, "resourceType"), (header, "source")]
    places += [(header, "eventCoding"), (header["eventCoding"], "code"), (header["source"], "endpoint")]
    places += [(one, "url") for one in header.get("extension", [])]
    for place, member in places:
        before, place[member] = place[member], value
        verdict = judge(json.dumps(bundle).encode())
        place[member] = before
        assert (verdict.status, bool(verdict.faults)) == (1, True), member
        told = "\n".join(verdict.lines("x"))
        assert str(value) not in told or value in (7, True), "what was written is not repeated"


def test_a_resource_type_that_is_no_text_and_a_file_of_nul_are_told_as_what_they_are(tmp_path):
    (fault,) = judge(b'{"resourceType": ["Bundle"]}').faults
    assert (fault.element, fault.en) == (
        "/resourceType",
        'The resource type is no text: give its name in quotes, as "Bundle".',
    )
    assert (judge(b"\x00").faults[0].rule, judge(b" \n").faults[0].rule) == ("binary", "empty")
    none = str(tmp_path / "none.json")
    told = json.loads(CliRunner().invoke(app, ["check", "--json", none]).output)["files"][0]["faults"][0]
    assert none in told["sv"] and none in told["en"]


def test_what_cannot_be_opened_is_told_beside_the_rest_and_the_worst_decides(tmp_path):
    (tmp_path / "good.json").write_bytes(EVENT)
    (tmp_path / "bad.json").write_bytes(EVENT.replace(b"sjukskoterska", b"Syster"))
    good, bad, none = (str(tmp_path / name) for name in ("good.json", "bad.json", "none.json"))
    run = CliRunner().invoke
    assert run(app, ["check", good]).exit_code == 0
    assert run(app, ["check", good, bad]).exit_code == 1
    done = run(app, ["check", none, str(tmp_path), bad, good])
    assert done.exit_code == 2
    assert "No such file" in done.output
    assert "is a folder; name the files in it" in done.output
    assert f"{good}: ok, svu.inskrivning: a message of a unit, native" in done.output


def test_the_verdicts_as_json_have_one_form_and_standard_input_is_a_file_too(tmp_path):
    (tmp_path / "bad.json").write_bytes(EVENT.replace(b"sjukskoterska", b"Syster"))
    done = CliRunner().invoke(
        app, ["check", "--json", "-", str(tmp_path / "bad.json"), str(tmp_path)], input=content("valid/kvittens.json")
    )
    told = json.loads(done.output)
    assert (told["status"], done.exit_code) == (2, 2)
    first, second, third = told["files"]
    assert first == {"file": "-", "is": "message", "name": "kvittens", "status": 0, "faults": [], "note": ""}
    assert {"element": "/actorrole", "rule": "invalid-value"}.items() <= second["faults"][0].items()
    assert set(second["faults"][0]) == {"element", "rule", "sv", "en"}
    assert (third["is"], third["status"]) == ("unreadable", 2)
    assert {first["is"], second["is"], third["is"]} <= set(KINDS)


BODIES = [content(path) for path in (
    "valid/svu.inskrivning.json", "valid/sip.plan.json", "fhir/svu.inskrivning.request.json", "fhir/svu.inskrivning.notice.json",
    "fhir/response.refused.json", "fhir/svu.inskrivning.request.xml", "soap/examples/GetPersonsForProfile.response.xml",
    "soap/examples/GetUnit.request.xml", "soap/examples/fault-VP007.xml", "invalid/data.missing.json",
)] + [json.dumps(SENT[name]).encode() for name in ("notice svu.inskrivning", "receipt", "problem")]  # fmt: skip


def sound(body: bytes) -> None:
    """The verdict is of a known kind, fits on paper, and agrees with the hub's own reader."""
    verdict = judge(body)
    assert verdict.kind in KINDS
    assert verdict.status in {0, 1, 2}
    json.dumps(verdict.as_json("x"))
    assert verdict.lines("x")
    if verdict.kind == "message" and b'"refused"' not in body:
        assert (verdict.status == 0) is reads(lambda: formats.read(native.STRUCTURED, None, body))
    if verdict.kind == "fhir-message" and not body.lstrip().startswith(b"<"):
        assert (verdict.status == 0) is reads(lambda: read(body, JSON, identities=EVERY_PUBLISHED_FORM))


def reads(attempt: Any) -> bool:
    try:
        attempt()
    except Refused:
        return False
    return True


@given(st.binary(max_size=80) | st.text(max_size=80).map(str.encode))
def test_whatever_the_bytes_there_is_a_verdict(body):
    sound(body)


@given(st.sampled_from(BODIES), st.data())
def test_a_file_that_was_changed_anywhere_has_a_verdict_that_the_hub_shares(body, data):
    changed = bytearray(body)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(changed) - 1))
        end = data.draw(st.integers(at, min(at + 12, len(changed))))
        changed[at:end] = data.draw(
            st.binary(max_size=6) | st.sampled_from([b"null", b"[]", b"{}", b'"x"', b"7", b",", b"<a/>"])
        )
    sound(bytes(changed))


@given(st.sampled_from([body for body in BODIES if body[:1] == b"{"]), st.data())
def test_a_message_in_which_a_value_was_replaced_has_a_verdict_that_the_hub_shares(body, data):
    tree = copy.deepcopy(json.loads(body))
    node: Any = tree
    while True:
        key = data.draw(st.sampled_from(sorted(node) if isinstance(node, dict) else range(len(node))))
        inside = node[key]
        if isinstance(inside, dict | list) and inside and data.draw(st.booleans()):
            node = inside
            continue
        node[key] = data.draw(
            st.sampled_from([None, True, 7, -1.5, "", "x", "2026-13-01", [], [None], {}, {"x": 1}, "å" * 300])
        )
        break
    sound(json.dumps(tree).encode())


def test_the_registers_file_of_the_sandbox_is_none_of_it():
    assert judge(STANDARD.read_bytes()).kind in {"unknown", "unreadable"}
