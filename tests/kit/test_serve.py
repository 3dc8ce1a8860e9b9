"""The kit against a small receiver of a municipality's: a good one gets all ok, and of each bad one the sentence says what is bad."""

from __future__ import annotations

import asyncio
import io
import re
import socket
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from hub.errors import Misconfigured
from hub.kit import serve, suites
from hub.kit.awaits import Patience
from hub.kit.kit import secret_of, token_of
from hub.kit.record import Finding, Run
from schemas.ways_out import Delivery
from tests.kit.receiver import FhirReceiver, Receiver

PATIENT = Patience(within_s=60, late_s=60, after_s=0.2)
HASTY = Patience(within_s=0.3, late_s=0.1, after_s=0)
SHORT = "v7-a-stay-with-its-care-contact"


class Screen(io.StringIO):
    """What the kit prints; ``waits`` is set once it awaits something."""

    def __init__(self) -> None:
        super().__init__()
        self.waits = asyncio.Event()

    def write(self, text: str) -> int:
        if " waits " in text:
            self.waits.set()
        return super().write(text)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def wanted(receiver: Receiver, scenario: str | Path, patience: Patience = PATIENT) -> serve.ServeOrder:
    port = free_port()
    receiver.hub = f"http://127.0.0.1:{port}"
    return serve.ServeOrder(
        played="lund_kommun",
        suite="svu",
        scenarios=[suites.scenario_file(str(scenario))],
        seed=1,
        patience=patience,
        against=receiver.url,
        format="native",
        listen=str(port),
        delivery=Delivery(timeout_s=30, schedule_s=(0.05,)),
    )


async def run_against(
    *faults: str, scenario: str | Path = SHORT, patience: Patience = PATIENT, timeout_s: float = 30
) -> tuple[Run, str]:
    """The run, and what was printed."""
    screen = Screen()
    async with Receiver(secret_of(1, "webhook"), token_of(1), faults) as receiver:
        how = wanted(receiver, scenario, patience)
        how = replace(how, delivery=how.delivery.model_copy(update={"timeout_s": timeout_s}))

        async def release() -> None:
            await screen.waits.wait()
            await asyncio.sleep(2 * patience.within_s)  # what comes after this is late, however slow the machine
            receiver.released.set()

        releasing = asyncio.create_task(release())
        run = await serve.serve(how, Console(file=screen, width=200))
        releasing.cancel()
    return run, screen.getvalue()


def wrong(run: Run) -> list[Finding]:
    return [one for scenario in run.scenarios for one in scenario.findings if one.outcome == "wrong"]


async def test_a_good_receiver_gets_a_whole_stay_right():
    run, printed = await run_against(scenario="v16-a-whole-stay")
    assert run.outcome == "ok", printed
    (played,) = run.scenarios
    assert {one.outcome for one in played.findings} == {"ok"}
    expected = [one.expected for one in played.findings]
    assert sum(one.startswith("acknowledges ") for one in expected) == 14
    assert [one for one in expected if one.startswith("lund_kommun is to send")] == [
        "lund_kommun is to send kvittens with message m-1, within 60 s",
        "lund_kommun is to send svu.kartlaggning, within 60 s",
        "lund_kommun is to send svu.stallningstagande, within 60 s",
        "lund_kommun is to send svu.justering, within 60 s",
        "lund_kommun is to send kvittens with message m-16, within 60 s",
    ]
    assert "all is as it should be" in printed
    calls = [one for one in played.exchanges if one.direction == "from_vendor"]
    assert [(one.head["request"], one.status) for one in calls] == [("POST /messages", 200)] * 5
    assert token_of(1) not in str(played) and "webhook-signature" not in str(played)


@pytest.mark.parametrize("body", ["event", "bundle"])
async def test_a_receiver_of_fhir_is_told_and_answers_in_bundles(body):
    screen = Screen()
    async with FhirReceiver(secret_of(1, "webhook"), token_of(1)) as receiver:
        how = replace(wanted(receiver, "v9-ready-for-discharge"), format="fhir", body=body)
        run = await serve.serve(how, Console(file=screen, width=200))
    assert run.outcome == "ok", screen.getvalue()
    passed = run.scenarios[0].exchanges
    media = {one.head["content-type"] for one in passed if one.direction == "to_vendor"}
    assert media == {"application/fhir+json" if body == "bundle" else "application/cloudevents+json"}
    calls = [one for one in passed if one.direction == "from_vendor"]
    assert [(one.head["request"], one.status) for one in calls] == [("POST /fhir/$process-message", 200)] * 2


async def played_in_turn(fault: str, *scenarios: str) -> tuple[Run, str]:
    """The run of some scenarios, and what was printed."""
    screen = Screen()
    async with Receiver(secret_of(1, "webhook"), token_of(1), [fault]) as receiver:
        how = wanted(receiver, SHORT, Patience(within_s=1, late_s=0.1, after_s=0))
        how = replace(how, scenarios=[suites.scenario_file(one) for one in scenarios])
        return await serve.serve(how, Console(file=screen, width=300)), screen.getvalue()


async def test_the_run_ends_once_the_system_takes_no_connection_any_more_and_says_since_when():
    run, printed = await played_in_turn("goes-away", SHORT, "v9-ready-for-discharge", "v16-a-whole-stay")
    assert run.outcome == "wrong"
    assert not run.interrupted
    said = re.findall(
        r"your system does not answer any more at (http://127\.0\.0\.1:\d+/hub) since \d\d:\d\d:\d\d: the", printed
    )
    assert len(said) == 1, printed
    last = run.scenarios[-1]
    assert (last.outcome, last.exchanges) == ("not_tried", ())
    assert [one.reason for one in last.findings] == ["your system did not answer any more before it was played"]
    (found,) = [one for one in wrong(run) if "does not answer any more" in one.reason]
    assert found.reason == f"your system does not answer any more at {said[0]}: the run ends here"


async def test_a_system_that_is_there_and_answers_badly_is_tried_to_the_end():
    run, printed = await played_in_turn("answers-500", SHORT, "v9-ready-for-discharge")
    assert [one.outcome for one in run.scenarios] == ["wrong", "wrong"]
    assert "does not answer any more" not in printed


async def test_two_runs_with_one_seed_find_the_same():
    runs = [(await run_against())[0] for _ in range(2)]
    assert runs[0].scenarios[0].findings == runs[1].scenarios[0].findings


@pytest.mark.parametrize(
    ("fault", "step", "expected", "reason"),
    [
        ("does-not-verify", 0, "refuses a call that is not signed", "it acknowledged a call with a false signature"),
        ("answers-500-once", 1, "acknowledges svu.inskrivning", "it answered 500 before it acknowledged"),
        (
            "begins-with-a-wrong-token",
            3,
            "calls the hub as the contract says",
            "POST /messages was answered 401: The token",
        ),
        ("acknowledges-another-message", 3, "sends only what the rules accept", "kvittens is refused by C-2 at /data"),
        ("says-it-again-otherwise", 4, "sends only what the rules accept", "kvittens is refused by id-reused at /id"),
        (
            "sends-what-it-may-not",
            3,
            "sends only what the rules accept",
            "svu.utskrivning is refused by V-16 at /source",
        ),
        (
            "sends-what-nobody-awaits",
            4,
            "sends nothing that nobody awaits",
            "meddelande came, and neither a notice nor a step",
        ),
    ],
)
async def test_what_a_receiver_does_badly_is_said_and_the_scenario_goes_on(fault, step, expected, reason):
    run, printed = await run_against(fault)
    (found,) = wrong(run)
    assert found.step == step
    assert found.expected.startswith(expected)
    assert found.reason.startswith(reason)
    assert "WRONG" in printed and found.reason in printed
    assert run.outcome == "wrong"
    assert [one.step for one in run.scenarios[0].findings if one.outcome == "ok"][-1] == 4


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("is-silent", "it came neither in time nor late"),
        ("answers-500", "it answered 500, and never acknowledged"),
    ],
)
async def test_where_a_receiver_does_not_do_its_part_the_scenario_ends_and_says_why(fault, reason):
    run, _ = await run_against(fault, scenario="v16-a-whole-stay", patience=HASTY)
    assert [one.reason for one in wrong(run)] == [reason]
    left = [one for one in run.scenarios[0].findings if one.outcome == "not_tried"]
    assert [one.step for one in left][-1] == 18 and all(one.reason for one in left)


async def test_a_message_that_comes_too_late_is_told_as_late_and_the_scenario_goes_on():
    run, _ = await run_against("is-late", patience=Patience(within_s=0.2, late_s=60, after_s=0))
    (found,) = wrong(run)
    assert (found.step, found.reason) == (3, "it came later than within 0.2 s")
    assert run.scenarios[0].findings[-1].outcome == "ok"


async def test_a_call_that_is_not_answered_in_time_is_never_acknowledged():
    run, _ = await run_against("never-answers", patience=HASTY, timeout_s=0.2)
    assert [one.reason for one in wrong(run)] == ["it did not answer within 0.2 s, and never acknowledged"]


IN_ORDER = """\
scenario: a municipality acknowledges, then writes
rules: [V-11]
begins: {admission}
steps:
  - send: svu.kartlaggning
    from: vc_klostergarden
    data: {{fields: {{bakgrund: {{text: Astma, version: 0}}}}}}
  - send: kvittens
    from: lund_kommun
    data: {{message: admission}}
  - send: svu.kartlaggning
    from: lund_kommun
    data: {{fields: {{tidigare_vardrelationer: {{text: Hemtjänst}}}}}}
"""
ADMISSION = """\
scenario: an admission
rules: [V-1]
clock: 2026-03-02T09:00:00+01:00
steps:
  - send: svu.inskrivning
    as: admission
    from: lund_avd12
    data:
      patient: {personnummer: "191212121212"}
      admitted_at: 2026-03-02T08:40:00+01:00
      estimated_discharge: 2026-03-06
      reason: Fall i hemmet, höftfraktur
      information: {given: true}
      samtycke: {outcome: given}
"""


async def test_what_comes_in_another_order_than_it_is_awaited_is_told(tmp_path: Path):
    (tmp_path / "admission.yaml").write_text(ADMISSION)
    (tmp_path / "in-order.yaml").write_text(IN_ORDER.format(admission="admission.yaml"))
    run, _ = await run_against("acknowledges-last", scenario=tmp_path / "in-order.yaml")
    (found,) = wrong(run)
    assert (found.step, found.reason) == (4, "it came before the message that was awaited before it")


async def test_what_cannot_be_run_is_said_in_a_sentence():
    async with Receiver(secret_of(1, "webhook"), token_of(1)) as receiver:
        good = wanted(receiver, SHORT)
        for changed, said in (
            ({"against": f"http://127.0.0.1:{free_port()}"}, "nothing answers there; start your system first"),
            ({"against": "ftp://127.0.0.1"}, "--against ftp://127.0.0.1: name the whole address"),
            ({"listen": "here"}, "--listen here: name a port"),
            ({"listen": receiver.url.split(":")[2].split("/")[0]}, "the kit cannot listen there"),
            ({"body": "bundle"}, "--body bundle: the Bundle goes alone only in FHIR"),
            ({"secret": "whsec_short"}, "--secret, --next-secret: a secret is whsec_"),
            (
                {"played": "lund_komun"},
                "--as lund_komun: the scenarios' world has no such unit or system, did you mean lund_kommun? Its units are lund_avd12,",
            ),
            (
                {"played": "sus-ehr"},  # a system of the sandbox's directory
                "vastmanland-journal, vasteras-omsorg. The systems of `hub sandbox` have other names and are not in it.",
            ),
        ):
            with pytest.raises(Misconfigured) as error:
                await serve.serve(replace(good, **changed), Console(file=io.StringIO()))
            assert said in str(error.value)
