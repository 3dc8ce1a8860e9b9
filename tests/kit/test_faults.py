"""Faults on purpose: a good receiver passes all of them, and for each a receiver that is wrong in just that is found."""

from __future__ import annotations

import asyncio
import io
from xml.etree import ElementTree as ET

import pytest
import pytest_asyncio
from rich.console import Console

from hub.errors import Misconfigured
from hub.kit import serve, suites
from hub.kit.awaits import Patience
from hub.kit.faults.registry import CLASSES
from hub.kit.faults.table import FAULTS, chosen
from hub.kit.kit import secret_of, token_of
from hub.kit.record import Finding, Run
from hub.kit.report.document import document_of
from hub.kit.report.keys import known_key, make, signing_key
from hub.kit.report.verify import verify
from hub.kit.report.write import write_report
from schemas.ways_out import Delivery
from tests.kit.careful import CarefulReceiver
from tests.kit.test_serve import PATIENT, SHORT, free_port

WATCHFUL = Patience(within_s=60, late_s=60, after_s=2)
HASTY = Patience(within_s=5, late_s=1, after_s=0.2)


async def run_with(
    faults: str,
    receiver: CarefulReceiver,
    patience: Patience = PATIENT,
    played: str = "lund_kommun",
    scenario: str = SHORT,
) -> Run:
    port = free_port()
    receiver.hub = f"http://127.0.0.1:{port}"
    order = serve.ServeOrder(
        played=played,
        suite="svu",
        scenarios=[suites.scenario_file(scenario)],
        seed=1,
        patience=patience,
        faults=chosen(faults),
        against=receiver.url,
        format="native",
        listen=str(port),
        delivery=Delivery(timeout_s=30, schedule_s=(0.05,)),
    )
    async with receiver:
        return await serve.serve(order, Console(file=io.StringIO(), width=200))


BAD = (
    {
        "late": ("refuses-what-is-old", "takes notices that come two days after the act", "it answered 422"),
        "doubled": ("answers-409-to-what-it-has-seen", "acknowledges a notice that comes again", "it answered 409"),
        "lost": ("sends-once", "sends a message again with the same id when the answer", "it did not come again"),
        "unknown": ("refuses-what-it-does-not-know", "passes over what it does not know", "it answered 422"),
        "rotated": ("knows-one-secret", "acknowledges notices that only the new secret signs", "it answered 400"),
        "forged": ("answers-400-to-a-false-signature", "refuses a call with a false signature", "it answered 400"),
        "protected": ("goes-on-after-the-protection", "sends nothing that C-62 refuses", "it sent meddelande after"),
    },
    {
        "doubled": ("acts-on-what-it-has-seen", "acts once on a notice that comes twice", "kvittens came twice"),
        "reordered": ("orders-all-cases-together", "takes the notices of a later case before", "it answered 422"),
        "lost": ("gives-a-new-id", "gives the same act no other id", "kvittens came again under another id"),
        "busy": ("gives-a-new-id", "waits as long as Retry-After says after 429", "the message that was answered 429"),
        "forged": ("acts-before-it-verifies", "does nothing on a call that it must refuse", "it acted in the case"),
        "clock": ("refuses-the-future", "takes a notice of an act that is five minutes in", "it answered 422"),
    },
    {
        "busy": ("does-not-wait", "waits as long as Retry-After says after 429", "it came again before the 2 s"),
        "rotated": ("looks-at-one-signature", "acknowledges notices with two signatures", "it answered 401"),
    },
    {"clock": ("looks-at-no-clock", "refuses a call whose webhook-timestamp is six minutes old", "it acknowledged")},
)
"""Fault → how one receiver is wrong, what it is told that was expected of it, and why it was not."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def runs():
    """The runs of these tests, by name; at the same time, for nearly all of each is waiting."""
    again = "refuses-what-it-does-not-know", "refuses-the-future"
    made = {
        "good": run_with("all", CarefulReceiver()),
        "every number": run_with(
            "skipped", CarefulReceiver("waits-for-every-number"), HASTY, scenario="v16-a-whole-stay"
        ),
        "no part": run_with(
            "protected,reordered", CarefulReceiver(), HASTY, played="vc_lomma", scenario="c10-an-added-unit-catches-up"
        ),
        **{f"again {n}": run_with("unknown,clock", CarefulReceiver(*again)) for n in range(2)},
        **{
            f"bad {n}": run_with(",".join(bad), CarefulReceiver(*{how for how, _, _ in bad.values()}), WATCHFUL)
            for n, bad in enumerate(BAD)
        },
    }
    return dict(zip(made, await asyncio.gather(*made.values()), strict=True))


def of_faults(run: Run) -> list[Finding]:
    return [finding for scenario in run.scenarios for finding in scenario.findings if finding.fault]


def test_every_fault_that_is_told_of_is_made_and_every_one_that_is_made_is_told_of():
    assert set(CLASSES) == set(FAULTS)


def test_a_good_receiver_passes_every_fault_and_its_report_says_so(runs, tmp_path):
    run = runs["good"]
    wrong = [(one.fault, finding) for one in run.scenarios for finding in one.findings if finding.outcome != "ok"]
    assert wrong == []
    assert [one.fault for one in run.scenarios] == [None, *FAULTS]
    tried = {finding.fault for finding in of_faults(run)}
    assert tried == set(FAULTS)
    made = {exchange.fault for one in run.scenarios for exchange in one.exchanges}
    assert made >= set(FAULTS) - {"reordered", "skipped"}  # these two are in what is delivered, not in one call
    secrets = [token_of(1), secret_of(1, "webhook"), secret_of(1, "next"), secret_of(1, "forged")]
    make("Region Skåne", tmp_path / "key", tmp_path / "key.pub")
    for path in write_report(run, tmp_path, signing_key(tmp_path / "key"), secrets):
        assert not any(secret in path.read_text(encoding="utf-8") for secret in secrets)
    for name in ("report.json", "report.html"):
        found = verify(tmp_path / name, known_key(tmp_path / "key.pub"))
        assert found.faults == ()
        assert found.told[-1].endswith("suite svu, seed 1: ✓ as it should be.")
    cases = {case.get("name"): len(case) for case in ET.parse(tmp_path / "junit.xml").iter("testcase")}
    assert {cases[name] for name in FAULTS} == {0}


@pytest.mark.parametrize("number", range(len(BAD)))
def test_a_receiver_that_is_wrong_in_one_way_is_found_by_the_fault_for_it(runs, number):
    run, bad = runs[f"bad {number}"], BAD[number]
    for made in run.scenarios[1:]:
        _, expected, reason = bad[made.fault]
        found = [(one.expected, one.reason) for one in made.findings if one.fault and one.outcome == "wrong"]
        assert any(told.startswith(expected) and why.startswith(reason) for told, why in found), (made.fault, found)
    assert [one.fault for one in run.scenarios if one.outcome == "wrong"] == list(bad)


def test_a_receiver_that_waits_for_every_number_never_does_its_part(runs):
    _, made = runs["every number"].scenarios
    assert [one.reason for one in made.findings if one.outcome == "wrong"] == ["it came neither in time nor late"]


def test_two_runs_with_one_seed_against_one_behaviour_have_the_same_verdicts_with_faults_too(runs):
    digests = set()
    for number in range(2):
        run = runs[f"again {number}"]
        assert run.outcome == "wrong"
        digests.add(document_of(run, "sha256:0", None)["verdicts_digest"])
    assert len(digests) == 1


def test_a_unit_that_has_no_part_in_a_faults_scenario_is_told_that_it_was_not_tried(runs):
    assert [(one.outcome, one.reason.split(" has ")[1]) for one in of_faults(runs["no part"])] == [
        ("not_tried", f"nothing to send in {name}, the scenario in which this fault is made")
        for name in ("c62-protected-while-the-case-is-open", "d3-two-stays-at-once")
    ]


def test_a_fault_that_there_is_not_is_said():
    with pytest.raises(
        Misconfigured, match="--faults gone: there is no such fault; name all, or some of late, doubled"
    ):
        chosen("late, gone")
    assert [row.name for row in chosen("lost,late")] == ["lost", "late"]
