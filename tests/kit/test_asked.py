"""What a notice asks of the vendor's unit is answered rightly, whether the scenario has a step for it or not."""

from __future__ import annotations

from datetime import date

import pytest

from hub.kit import suites
from hub.kit.scenario_hub import ScenarioHub
from hub.processes.registry import ANSWERS, PROCESSES
from hub.scenarios.expected import Awaited
from tests.kit.robot import acknowledged

SUITES = [path.stem for path in suites.chosen("lund_kommun", None)]
OTHERS = [
    "c13-added-after-all-have-acknowledged",  # an older question is answered while a newer answer is awaited
    "c13-who-comes-in-after-a-refusal",  # it is awaited in another order than it was asked
    "c24-what-is-accepted-without-consent",
    "c40-messages-in-a-sip",
    "v10-moved-to-a-new-date",
    "v18-the-call-of-a-sip",
    "v3-refused-consent",  # the municipality has no step of its own
    "v3-the-case-is-revoked",
]


@pytest.mark.parametrize(
    ("name", "late"),
    [(name, late) for name in [*SUITES, *OTHERS] for late in (False, True) if not (late and name == OTHERS[0])],
)
async def test_a_system_that_acknowledges_what_notices_ask_has_done_nothing_wrong(name, late):
    findings, receipts = await acknowledged(suites.scenario_file(name), date(2026, 12, 21), late=late)
    assert [one for one in findings if one.outcome != "ok"] == []
    assert late or {one.code for one in receipts} <= {"ok"}


async def test_a_kvittens_that_crossed_a_newer_admission_was_refused_and_is_no_fault():
    _, receipts = await acknowledged(suites.scenario_file("v10-interrupted"), date(2026, 12, 21), late=True)
    assert ("fatal-error", "C-2") in [(one.code, one.rule) for one in receipts]


async def test_a_kvittens_that_the_rules_refuse_while_it_is_still_awaited_is_the_systems_own_fault():
    path = suites.scenario_file("v7-a-stay-with-its-care-contact")
    findings, receipts = await acknowledged(path, date(2026, 12, 21), late=False, role="enhetschef")
    assert [one.rule for one in receipts] == ["C-1"]
    wrong = [one.reason for one in findings if one.outcome == "wrong"]
    assert any(why.startswith("kvittens is refused by C-1") for why in wrong)


async def test_a_kvittens_that_comes_when_its_scenario_is_over_is_answered_and_says_nothing_of_the_next():
    path, day = suites.scenario_file("v9-ready-for-discharge"), date(2026, 12, 21)
    hubs: dict[str, ScenarioHub] = {}
    await acknowledged(path, day, late=True, past=hubs)
    (case,) = hubs
    findings, receipts = await acknowledged(
        path, day, late=False, past=hubs, first={"subject": case, "data": {"message": "kit-1-m-1"}}
    )
    assert [one for one in findings if one.outcome != "ok"] == []
    assert [(one.rule, one.case) for one in receipts[:1]] == [
        ("C-2", None)
    ]  # by the rules: that scenario's own kvittens had come


def test_every_act_that_a_notice_awaits_has_a_message_that_is_it():
    assert set(ANSWERS.values()) == set(Awaited.__args__)
    assert all(any(process.rule(name) for process in PROCESSES.values()) for name in ANSWERS)
