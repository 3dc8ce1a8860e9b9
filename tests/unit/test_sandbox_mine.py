"""To play one system of the sandbox oneself: what is asked of the person who starts it, and what the ledger makes of it."""

import re
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub.cli.app import app
from hub.directory import load
from hub.errors import Misconfigured
from hub.sandbox import narrator, report
from hub.sandbox.ledger import Ledger
from hub.sandbox.mine import Mine, parsed, secret, token
from hub.sandbox.services import DIRECTORY
from hub.sandbox.stay_plan import plan
from hub.sandbox.wire import SenderAnswer
from hub.store.live_view import CaseView
from schemas.envelope import Message
from schemas.shared import Kvittens
from schemas.ways_out import WebhookOut

DEMO = load(DIRECTORY)
KOMMUN, WARD = "SE2120001132-K01", "SE2321000255-AVD12"
URL = "http://127.0.0.1:9000/notices"


@pytest.mark.parametrize(
    ("words", "wire", "said"),
    [
        (["lund-kommun"], None, "SYSTEM=URL"),
        (["lunds-kommun=http://x"], None, "no system lunds-kommun; it has sus-ehr, "),
        (["lund-kommun=localhost:9000"], None, "with its scheme"),
        (["lund-kommun=ftp://x/"], None, "with its scheme"),
        (["lund-kommun=http://"], None, "with its scheme"),
        ([f"lund-kommun={URL}", f"lund-kommun={URL}"], None, "given twice"),
        ([f"lund-kommun={URL}"], "xml", "native or fhir, not xml"),
        ([], "fhir", "give --mine SYSTEM=URL too"),
    ],
)
def test_what_is_wrong_with_mine_is_told_before_anything_starts(words, wire, said):
    with pytest.raises(Misconfigured, match=said) as caught:
        parsed(words, wire, DEMO)
    assert "\n" not in str(caught.value)
    options = [part for word in words for part in ("--mine", word)] + ([] if wire is None else ["--mine-format", wire])
    done = CliRunner().invoke(app, ["sandbox", *options])
    assert said in f"{done.exception}{done.output}"


@pytest.mark.parametrize("pace", ["0", "-1", "nan", "inf"])
def test_a_pace_that_is_none_is_told(pace):
    done = CliRunner().invoke(app, ["sandbox", "--pace", pace])
    assert "a number above 0" in f"{done.exception}{done.output}"


@pytest.mark.parametrize("wire", [None, "native", "fhir"])
def test_every_system_can_be_mine_and_is_told_by_webhook_with_a_secret_and_a_token(wire):
    words = [f"{system.id}={URL}" for system in DEMO.systems]
    mine = parsed(words, wire, DEMO)
    directory = mine.in_force(DEMO)
    assert directory.faults() == []
    for before, after in zip(DEMO.systems, directory.systems, strict=True):
        assert after.out == WebhookOut(way="webhook", url=URL, secrets=(secret(after.id),))
        assert after.format == (wire or before.format)
        assert "http" in after.ways_in
        if isinstance(before.out, WebhookOut):
            assert before.out.secrets == after.out.secrets, "as directory.yaml has it"
    told = "\n".join(mine.how(directory, "http://127.0.0.1:8400"))
    for system in directory.systems:
        assert secret(system.id) in told
        assert token(system.id) in told
    assert "its wards open stays: send svu.inskrivning from SE2321000255-AVD12" in told


def view(**more):
    found = {"case": "c-1", "status": "open", "manual": None, "addressing": {"outcome": "listed"}, "awaits": (KOMMUN,),
             "notices": (("lund-kommun", 2, "sent"), ("sus-ehr", 3, "sent"))}  # fmt: skip
    return CaseView(**{**found, **more})


def stay_in(ledger):
    ledger.admitted(plan(1, 1), WARD, "sus-ehr", "m-1").answer = SenderAnswer("m-1", "ok", "c-1")


def test_what_waits_for_a_person_who_plays_is_counted_apart_and_nothing_is_unaccounted_for():
    ledger = Ledger(Mine({"lund-kommun": URL}))
    stay_in(ledger)
    assert ledger.worth_a_look() == ["c-1"]
    assert not report.accounted(ledger), "nobody knows yet whom it waits for"
    ledger.looked_at([view()])
    assert ledger.with_me("c-1")
    assert ledger.only_i_am_awaited(DEMO)
    assert report.accounted(ledger)
    lines = "\n".join(report.summary(DEMO, ledger, 1.0))
    assert "1 wait for you" in lines
    assert "vk-1: an answer is awaited of Lunds kommun, vård och omsorg; all notices have reached you" in lines
    assert "0 unaccounted for" in lines
    ledger.looked_at([view(awaits=(KOMMUN, WARD), notices=(("lund-kommun", 2, "waiting"),))])
    assert not ledger.only_i_am_awaited(DEMO)
    assert "1 notice not sent to you yet" in "\n".join(report.summary(DEMO, ledger, 1.0))


def test_without_a_person_who_plays_a_stay_that_has_not_ended_is_unaccounted_for():
    ledger = Ledger()
    stay_in(ledger)
    ledger.looked_at([view()])
    assert not ledger.with_me("c-1")
    assert not report.accounted(ledger)
    assert "1 unaccounted for" in "\n".join(report.summary(DEMO, ledger, 1.0))
    stopped = "\n".join(report.summary(DEMO, ledger, 1.0, stopped=True))
    assert "1 under way when it was stopped" in stopped and "unaccounted" not in stopped


def test_a_stay_that_has_not_ended_is_told_in_a_short_line_and_a_pause_is_said_as_what_a_person_did():
    ledger = Ledger()
    stay_in(ledger)
    notices = (
        *(("lund-kommun", n, "waiting") for n in range(2, 9)),
        ("sus-ehr", 2, "dead"),
        ("vc-skane-sydvast", 2, "sent"),
    )
    ledger.looked_at([view(notices=notices)])
    ledger.trail("c-1").waits[KOMMUN] = "sip.plan"

    def line():
        (found,) = [one.strip() for one in report.summary(DEMO, ledger, 1.0, stopped=True) if "vk-1 from" in one]
        return found

    assert len(line()) <= 150 and "{" not in line()
    assert line().startswith(
        "vk-1 from Avdelning 12, Skånes universitetssjukhus Lund: addressed; 7 notices to lund-kommun wait;"
    )
    ledger.crossed_by_nothing("lund-kommun", KOMMUN, "c-1")
    assert not report.accounted(ledger) and "nothing newer has come" in ledger.faults[0]
    ledger.faults.clear()
    ledger.pauses({"lund-kommun"})
    assert "7 notices to lund-kommun wait, since a person has paused it" in line()
    ledger.crossed_by_nothing("lund-kommun", KOMMUN, "c-1")
    ledger.pauses(set())  # resumed
    told = "\n".join(report.summary(DEMO, ledger, 1.0, stopped=True))
    assert "paused by a person in this run: lund-kommun; kvittenser refused while the newer waited: 1" in told
    assert "fault:" not in told


def test_the_addresses_that_a_person_is_told_can_be_pasted_into_a_shell():
    told = "\n".join(Mine({"sus-ehr": URL}, "fhir").how(DEMO, "http://127.0.0.1:8401"))
    command = re.search(r"it sends to (\S+) with", told)[1]
    shown = subprocess.run(["sh", "-c", f"printf %s {command}"], capture_output=True, text=True, check=True)
    assert shown.stdout == "http://127.0.0.1:8401/fhir/$process-message"


@pytest.mark.parametrize(("mine", "fault"), [(Mine({"lund-kommun": URL}), 0), (Mine(), 1)])
def test_a_refusal_that_a_persons_own_acts_have_led_to_is_no_fault_of_the_demo(mine, fault):
    ledger = Ledger(mine)
    stay_in(ledger)
    ledger.looked_at([view()])
    act = Message("m-2", WARD, "meddelande", "c-1", None, None, None, Kvittens(message="m-1"))
    ledger.acted("sus-ehr", act, SenderAnswer("m-2", "fatal-error", "c-1", "C-40"))
    assert ledger.counts["refused-unexpectedly"] == fault
    assert ledger.counts["refused-with-me"] == 1 - fault


def test_each_act_is_told_in_plain_words_with_its_number_and_without_the_person():
    told = []
    ledger = Ledger(tell=lambda *act: told.append(narrator.of_act(DEMO, *act)))
    stay_in(ledger)
    act = Message("m-2", WARD, "kvittens", "c-1", None, None, None, Kvittens(message="m-1"))
    ledger.acted("sus-ehr", act, SenderAnswer("m-2", "ok", "c-1", sequence=4))
    ledger.acted("sus-ehr", act, SenderAnswer("m-2", "fatal-error", "c-1", "C-2"))
    name = DEMO.unit_by_hsa[WARD].name
    assert told == [
        f"{name}: acknowledges what it was told (kvittens; #4 of vk-1)",
        f"{name}: acknowledges what it was told (kvittens; vk-1, refused by C-2)",
    ]


def test_the_readme_lets_a_ward_read_its_notices_with_the_secret_of_its_system():
    text = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    old, new = re.search(r"sed s/(\S+)/(\S+)/ receiver.py > ward.py", text).groups()
    assert (f"whsec_{old}", f"whsec_{new}") == (secret("lund-kommun"), secret("sus-ehr"))
    given = re.search(r"hub sandbox --pace 5 --mine (sus-ehr=\S+)", text)[1]
    assert "sus-ehr" in parsed([given], None, DEMO)
    assert DEMO.system_by_id["sus-ehr"].format == "fhir"
