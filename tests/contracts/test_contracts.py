"""The contracts for vendors: fresh, and what they accept and refuse is what the hub accepts and refuses."""

from __future__ import annotations

import json
import os
import pkgutil
import stat
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from hub import contracts
from hub.catalogue import rule_uses
from hub.contracts import fresh, generate, rules
from hub.errors import Misconfigured, Refused
from hub.intake.arrival import Arrival
from hub.processes.registry import PROCESSES, rule_of
from hub.scenarios import load
from hub.scenarios.memory import answer
from hub.scenarios.steps import Send
from hub.translators import formats, native
from hub.translators.native import STRUCTURED
from schemas.envelope import Message
from schemas.messages import FROM_THE_HUB, MESSAGES, NAME_OF, NoticeExtensions, as_json
from schemas.shared import Aterkallelse
from tests.published import asyncapi, scenarios

FOLDER = Path(__file__).parents[2] / "contracts"
WORLD = load(FOLDER / "worlds" / "standard.yaml")
NOW = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)
SCENARIOS = sorted((FOLDER / "scenarios").glob("*.yaml"))


def _fixtures(folder: str) -> list[Any]:
    found = sorted((FOLDER / folder).glob("*.json"))
    return [pytest.param(json.loads(path.read_bytes()), id=path.stem) for path in found]


@cache
def _validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads((FOLDER / "schemas" / f"{name}.json").read_bytes()))


def _schema_accepts(event: dict[str, Any]) -> bool:
    name = NAME_OF.get(event.get("type", ""))
    if not _validator("envelope").is_valid(event) or name is None:
        return False
    return "data" in event and _validator(name).is_valid(event["data"])


def _arrival(event: dict[str, Any], delivered_by: str | None = None) -> Arrival:
    unit = event["source"].removeprefix("urn:hsa:")
    system = delivered_by or WORLD.directory.system_of.get(unit, "skane-sjukhus")
    raw = json.dumps(event).encode()
    return Arrival(WORLD.directory.system_by_id[system], raw, STRUCTURED, None, NOW, "fixture", by_outbox=False)


@pytest.fixture(scope="module")
def wanted() -> dict[str, bytes]:
    with pytest.MonkeyPatch.context() as once:
        once.setattr(rules, "scenarios_in", lambda _: scenarios())
        return contracts.files(FOLDER)


@pytest.fixture
def made_once(wanted, monkeypatch):
    """It takes a second to write them all."""
    monkeypatch.setattr(contracts, "files", lambda _: wanted)


def test_the_generated_files_are_fresh(made_once):
    assert fresh(FOLDER) == [], "run `hub contracts`"


@pytest.mark.parametrize("path", sorted((FOLDER / "schemas").glob("*.json")), ids=lambda path: path.stem)
def test_every_published_schema_is_one_of_its_draft(path: Path):
    Draft202012Validator.check_schema(json.loads(path.read_bytes()))


def test_generate_writes_what_is_missing_and_removes_what_is_left_over(tmp_path: Path, made_once):
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "svu.hemgang.json").write_text("{}")
    (tmp_path / "rules.md").write_text("of another day")
    written = set(generate(tmp_path))
    assert written >= {
        "schemas/svu.hemgang.json",
        "schemas/svu.inskrivning.json",
        "rules.md",
        "svu.md",
        "asyncapi.yaml",
    }
    assert any(name.startswith("fhir/") for name in written)
    assert any(name.startswith("soap/examples/") for name in written)
    assert fresh(tmp_path) == []
    assert {path.name for path in (tmp_path / "schemas").iterdir()} >= {f"{name}.json" for name in MESSAGES}


def test_a_pipe_where_a_generated_file_is_to_be_is_refused_and_left_as_it_is(tmp_path: Path, made_once):
    os.mkfifo(tmp_path / "svu.md")
    with pytest.raises(Misconfigured, match=r"svu\.md is there and is no ordinary file"):
        generate(tmp_path)
    assert stat.S_ISFIFO((tmp_path / "svu.md").lstat().st_mode)


@pytest.mark.parametrize("event", _fixtures("valid"))
def test_a_valid_message_is_read_and_its_schema_accepts_it(event: dict[str, Any]):
    message = formats.read(STRUCTURED, None, json.dumps(event).encode())
    assert message.name == NAME_OF[event["type"]]
    assert _schema_accepts(event), [error.message for error in _validator(message.name).iter_errors(event["data"])]


@pytest.mark.parametrize("case", _fixtures("invalid"))
def test_an_invalid_message_is_refused_by_its_rule_and_by_its_schema_where_that_can_see_it(case: dict[str, Any]):
    receipt = answer(WORLD, _arrival(case["event"], case.get("delivered_by")), NOW)
    assert {"rule": receipt.rule, "element": receipt.element} == case["refused"]
    assert receipt.code == "fatal-error"
    assert _schema_accepts(case["event"]) is not case["schema_sees_it"]


def test_there_is_a_valid_fixture_of_every_message_that_a_unit_sends():
    sent = {NAME_OF[fixture.values[0]["type"]] for fixture in _fixtures("valid")}
    assert sent == set(MESSAGES) - FROM_THE_HUB


def test_what_a_valid_message_without_a_case_needs_is_an_accepted_opening():
    for fixture in _fixtures("valid"):
        row = rule_of(NAME_OF[fixture.values[0]["type"]], None)
        if row is not None and row.opens:
            assert answer(WORLD, _arrival(fixture.values[0]), NOW).code == "ok", fixture.id


def test_every_rule_of_the_tables_is_shown_by_a_scenario():
    assert rules.not_shown(rule_uses.uses(), rules.by_file(scenarios())) == []


def test_every_rule_in_scope_stands_in_the_tables_or_beside_them_or_it_is_said_why_not():
    families = {rule.partition("-")[0] for rule in rule_uses.SCOPE}
    used = {rule for rule in rule_uses.uses() if rule.partition("-")[0] in families}
    assert set(rule_uses.SCOPE) == used | rule_uses.NOT_BY_MESSAGE
    assert not rule_uses.NOT_BY_MESSAGE & used
    assert len(SCENARIOS) >= 90


@pytest.mark.parametrize("process", PROCESSES.values(), ids=PROCESSES)
def test_a_process_says_of_every_common_rule_that_no_message_of_it_shows_why(process):
    common = {rule for rule in rule_uses.SCOPE if rule.startswith("C-")}
    assert set(process.rule_book.not_by_message) == common - rule_uses.of_process(process)


def test_a_scenario_says_of_every_step_who_is_told():
    steps = [(name, step) for name, written in scenarios().items() for step in written.scenario.steps]
    assert [name for name, step in steps if isinstance(step, Send) and step.notices is None] == []


def test_what_is_enforced_beside_the_tables_names_a_place_that_is_there():
    for place in rule_uses.ELSEWHERE.values():
        assert pkgutil.resolve_name(place.split("`")[1]) is not None


def test_every_sentence_says_it_in_two_languages_without_a_value():
    for use in rule_uses.uses().values():
        for guard in use.guards:
            assert guard.sv != guard.en
            assert guard.sv.endswith(".")
            assert guard.en.endswith(".")


@pytest.mark.parametrize("number", [1, 9, 10, 100, 12_345])
def test_a_notices_number_is_written_as_the_contract_says_and_is_read_as_a_number(number):
    schemas = asyncapi()["components"]["schemas"]
    (said,) = {
        str(s["properties"]["ce_sequence"]) for s in schemas.values() if "ce_sequence" in s.get("properties", {})
    }
    promised = yaml.load(said, Loader=yaml.CSafeLoader)
    said_of = Message("m", "urn:hsa:SE1-A", "aterkallelse", "c", datetime.now(UTC), None, None, Aterkallelse())
    written = native.attributes(said_of, as_json(NoticeExtensions(case="c", sequence=number, to=())))["sequence"]
    Draft202012Validator(promised).validate(written)
    assert int(written) == number
    assert not Draft202012Validator(promised).is_valid(f"0{number}")
    assert "compare it as a number" in promised["description"]


def test_the_asyncapi_document_refers_to_files_and_parts_that_are_there():
    document = asyncapi()

    def references(node: Any) -> list[str]:
        if isinstance(node, dict):
            own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
            return own + [found for inner in node.values() for found in references(inner)]
        return [found for inner in node for found in references(inner)] if isinstance(node, list) else []

    for reference in references(document):
        if reference.startswith("#/"):
            at = document
            for part in reference[2:].split("/"):
                at = at[part]
        else:
            assert (FOLDER / reference).is_file(), reference


def _sentences(event: dict[str, Any]) -> str:
    try:
        formats.read(STRUCTURED, None, json.dumps(event).encode())
    except Refused as refused:
        return f"{refused.sv} {refused.en}"
    return ""


def test_the_reader_repeats_no_value_of_what_it_refuses():
    assert not [fixture.id for fixture in _fixtures("invalid") if "1212" in _sentences(fixture.values[0]["event"])]


def test_the_readme_shows_the_process_as_it_is_generated():
    drawn = (FOLDER / "svu.md").read_text().partition("```mermaid")[2].partition("```")[0]
    assert f"```mermaid{drawn}```" in (FOLDER.parent / "README.md").read_text()
