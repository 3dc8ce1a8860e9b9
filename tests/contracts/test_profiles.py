"""contracts/profiles.md: how the regions differ in words, each cell shown by a scenario; and their diagrams."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from hub.contracts import profiles
from hub.processes.registry import PROCESSES
from hub.scenarios import ScenarioFile
from tests.published import scenarios

FOLDER = Path(__file__).parents[2] / "contracts"
TOLD = [process for process in PROCESSES.values() if process.differences]
CELLS = [(process.name, rule, profile) for process in TOLD for rule, profile in profiles.cells(process)]


@cache
def _shown(name: str) -> dict[profiles.Cell, list[str]]:
    return profiles.shown(PROCESSES[name], scenarios())


@pytest.mark.parametrize(
    ("process", "rule", "profile"), [pytest.param(*cell, id=f"{cell[1]} {cell[2]}") for cell in CELLS]
)
def test_a_scenario_shows_what_the_region_answers(process, rule, profile):
    assert (rule, profile) in _shown(process), f"no scenario with rules: [{rule}] opens a case in {profile}"


@pytest.mark.parametrize("process", TOLD, ids=lambda process: process.name)
def test_every_question_is_answered_in_words_for_every_region(process):
    assert len({one.rule for one in process.differences}) == len(process.differences) >= 22
    for one in process.differences:
        for profile in process.profiles.values():
            answer = one.answer(profile)
            assert answer.text or answer.kind == "none", (one.rule, profile.name)
            assert answer.text == answer.text.strip() and "  " not in answer.text


@pytest.mark.parametrize("process", TOLD, ids=lambda process: process.name)
def test_a_cell_that_is_none_is_a_message_that_the_region_lacks(process):
    """P-2, P-5, P-7, P-8, P-12, P-13: the message of the row, and no other."""
    messages = {"P-2": "sip.svar", "P-5": "sip.kartlaggning", "P-7": "sip.kallelsesvar", "P-8": "sip.mote"}
    messages |= {"P-12": "sip.uppfoljning", "P-13": "sip.utvardering"}
    for one in process.differences:
        for profile in process.profiles.values():
            if one.rule in messages:
                assert (one.answer(profile).kind == "none") is not profile.has(messages[one.rule])


def test_a_case_has_the_profile_of_the_region_that_opens_it_whatever_the_scenario_calls_it(tmp_path):
    path = tmp_path / "one.yaml"
    text = """\
scenario: a SIP of a region
rules: [P-1]
clock: 2026-03-02T09:00:00+01:00
steps:
  - send: sip.initiativ
    from: vc_oxbacken
    data: {patient: {personnummer: "194705229872"}}
"""
    sip = PROCESSES["sip"]
    path.write_text(text)
    assert profiles.shown(sip, {"one.yaml": ScenarioFile(path)}) == {("P-1", "cosmic_link"): ["one.yaml"]}
    path.write_text(text.replace("steps:", "profile: {vastmanland: prator}\nsteps:"))
    assert profiles.shown(sip, {"one.yaml": ScenarioFile(path)}) == {("P-1", "prator"): ["one.yaml"]}
    assert profiles.shown(PROCESSES["svu"], {"one.yaml": ScenarioFile(path)}) == {}


@pytest.mark.parametrize("process", TOLD, ids=lambda process: process.name)
def test_the_diagram_of_a_region_reaches_each_of_its_states(process):
    pictures = (FOLDER / f"{process.name}.md").read_text().split("```mermaid")[1:]
    assert len(pictures) == len(process.profiles)
    for picture, profile in zip(pictures, process.profiles.values(), strict=True):
        drawn = picture.partition("```")[0]
        assert [state for state in profile.states if f'"{state}"' not in drawn] == []
        assert '"avslutad"' in drawn and '"borttagen"' in drawn
