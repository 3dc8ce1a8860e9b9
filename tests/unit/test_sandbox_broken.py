"""To break a receiver of the sandbox on purpose: what is asked of who starts it, what the receiver then does, how its staff mend it, and
what the ledger makes of it.
"""

import asyncio
import json
import os
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import httpx
import psutil
import pytest
from standardwebhooks import Webhook
from typer.testing import CliRunner

from hub.cli.app import app
from hub.directory import load
from hub.errors import Misconfigured
from hub.sandbox import broken, report
from hub.sandbox.children import free_port
from hub.sandbox.ledger import Ledger
from hub.sandbox.mine import Mine, secret
from hub.sandbox.played import EXPECTED
from hub.sandbox.services import DIRECTORY
from hub.sandbox.stay_plan import plan
from hub.sandbox.ways import WebhookServer
from hub.sandbox.wire import SenderAnswer
from hub.store.live_view import CaseView
from schemas.envelope import Message
from schemas.shared import Kvittens
from schemas.ways_out import WebhookOut

DEMO = load(DIRECTORY)
MALMO, KOMMUN, WARD = "malmo-stad", "SE2120001124-K01", "SE2321000255-AVD31"


@pytest.mark.parametrize(
    ("words", "mine", "said"),
    [
        (["malmö"], Mine(), "no system malmö; it has sus-ehr, "),
        (["malmo-stad=odd"], Mine(), "broken so: down, slow, error, refuses, silent"),
        (["malmo-stad", "malmo-stad=slow"], Mine(), "given twice"),
        (["malmo-stad"], Mine({MALMO: "http://127.0.0.1:9000/x"}), "played by you"),
    ],
)
def test_what_is_wrong_with_broken_is_told_before_anything_starts(words, mine, said):
    with pytest.raises(Misconfigured, match=said):
        broken.parsed(words, DEMO, mine)
    options = [part for system, url in mine.urls.items() for part in ("--mine", f"{system}={url}")]
    options += [part for word in words for part in ("--broken", word)]
    done = CliRunner().invoke(app, ["sandbox", *options])
    assert said in f"{done.exception}{done.output}"


def test_every_system_can_be_broken_and_listens_at_an_address_of_its_own_but_a_silent_one():
    found = broken.parsed([system.id for system in DEMO.systems], DEMO, Mine())
    assert set(found.hows.values()) == {"down"}
    directory = found.in_force(DEMO)
    assert directory.faults() == []
    assert len({system.out.url for system in directory.systems}) == len(DEMO.systems)
    for before, after in zip(DEMO.systems, directory.systems, strict=True):
        assert isinstance(after.out, WebhookOut), "what a reader of a topic does, no hub sees"
        assert (after.out.secrets, after.format) == ((secret(after.id),), before.format)
    assert broken.parsed([f"{MALMO}=silent"], DEMO, Mine()).in_force(DEMO) == DEMO


@asynccontextmanager
async def receiver():
    """A receiver of Malmö stad, what it has taken, and a way of telling it something: the status and the text of its answer."""
    taken = []

    async def received(_, attributes, __):
        taken.append(attributes["id"])

    system = broken.parsed([MALMO], DEMO, Mine()).in_force(DEMO).system_by_id[MALMO]
    port = free_port()
    server = WebhookServer([system], port, received, taken.append)
    await server.start()
    async with httpx.AsyncClient(trust_env=False) as client:

        async def tell(id_):
            body = json.dumps({"id": id_, "data": {}})
            now = datetime.now(UTC)
            signed = Webhook(secret(MALMO)).sign(id_, now, body)
            headers = {"webhook-id": id_, "webhook-timestamp": str(int(now.timestamp())), "webhook-signature": signed}
            answer = await client.post(f"http://127.0.0.1:{port}/{MALMO}", content=body, headers=headers)
            return answer.status_code, answer.text

        yield server, taken, tell
    await server.stop()


async def test_a_broken_receiver_does_as_it_is_said_and_is_well_when_it_is_mended(monkeypatch):
    monkeypatch.setattr("hub.sandbox.ways.SLOW_S", 0.01)
    async with receiver() as (server, taken, tell):
        assert await tell("n-1") == (204, "")
        await server.breaks("error")
        assert (await tell("n-2"))[0] == 500
        await server.breaks("refuses")
        assert await tell("n-2") == (400, broken.REFUSAL)
        await server.breaks("down")
        with pytest.raises(httpx.ConnectError):
            await tell("n-2")
        await server.is_mended()
        assert await tell("n-2") == (204, "")
        await server.breaks("slow")
        assert await tell("n-3") == (204, "")
        assert taken == ["n-1", "n-2", "n-3"], "what was refused was not taken"


async def test_its_staff_mend_it_from_another_terminal_and_what_is_not_broken_they_are_told(tmp_path, monkeypatch):
    monkeypatch.setenv("HUB_CACHE", str(tmp_path))
    (tmp_path / "running").mkdir()
    port = free_port()

    async def mend(system):
        return "is mended; what waits goes" if system == MALMO else None

    server = WebhookServer((), port, None, None, mend)
    await server.start()
    note = {
        "process": os.getpid(), "began": psutil.Process().create_time(), "port": 8400, "folder": str(tmp_path),
        "receivers": f"http://127.0.0.1:{port}", "variables": {},
    }  # fmt: skip
    (tmp_path / "running" / "1.json").write_text(json.dumps(note))

    def command(*words):
        done = CliRunner().invoke(app, ["sandbox", "mend", *words, "--port", "8400"])
        return done.exit_code, done.stdout + done.stderr

    assert await asyncio.to_thread(command, MALMO) == (
        0,
        "the receiver of malmo-stad is mended; what waits goes\n",
    )
    assert await asyncio.to_thread(command, "lund-kommun") == (
        2,
        "hub: no receiver of a system lund-kommun is broken in the sandbox of port 8400\n",
    )
    await server.stop()
    assert await asyncio.to_thread(command, MALMO) == (2, "hub: the sandbox of port 8400 does not answer\n")


# --- the ledger -------------------------------------------------------------------------------------------------------


def ledger_of(how, *notices, awaits=(KOMMUN,)):
    """A ledger with one stay, which told Malmö stad, whose receiver broke so."""
    found = broken.parsed([f"{MALMO}={how}"], DEMO, Mine())
    ledger = Ledger(broken=found)
    ledger.admitted(plan(1, 1), WARD, "sus-ehr", "m-1").answer = SenderAnswer("m-1", "ok", "c-1")
    found.breaks(MALMO)
    ledger.looked_at([CaseView("c-1", "open", None, {"outcome": "listed"}, awaits, notices)])
    return found, ledger


@pytest.mark.parametrize(
    ("how", "state", "words"), [("down", "waiting", "wait"), ("refuses", "dead", "dead: hub dead")]
)
def test_what_waits_for_a_broken_receiver_is_counted_apart_with_why_and_nothing_is_unaccounted_for(how, state, words):
    found, ledger = ledger_of(how, (MALMO, 2, state))
    assert ledger.only_broken_are_awaited() and ledger.held_up() == 1
    assert report.accounted(ledger)
    lines = "\n".join(report.summary(DEMO, ledger, 1.0))
    assert "1 wait for what was broken on purpose\n" in lines
    assert f"1 notice to malmo-stad {words}" in lines
    assert "0 unaccounted for" in lines
    assert f"broken on purpose in this run: malmo-stad ({how}, not mended)" in lines
    assert "hub sandbox mend malmo-stad" in found.breaks(MALMO)
    found.mended(MALMO)
    assert not ledger.only_broken_are_awaited(), "the demo goes on, and waits for it to end"
    assert report.accounted(ledger), "what is dead waits for operations to tell it again"


def test_a_notice_that_was_sent_to_a_broken_receiver_and_not_seen_there_is_unaccounted_for():
    _, ledger = ledger_of("slow", (MALMO, 2, "sent"))
    assert not report.accounted(ledger)
    assert "1 notice sent to malmo-stad and not seen there" in "\n".join(report.summary(DEMO, ledger, 1.0))


def test_a_stay_that_waits_for_others_than_the_broken_receiver_is_unaccounted_for():
    _, ledger = ledger_of("down", ("lund-kommun", 2, "waiting"), awaits=("SE2120001132-K01",))
    assert not report.accounted(ledger) and not ledger.only_broken_are_awaited()


@pytest.mark.parametrize("breaks", [True, False])
def test_what_is_refused_since_a_broken_receiver_was_told_late_is_no_fault_of_the_demo(breaks):
    _, ledger = ledger_of("down", (MALMO, 2, "waiting"))
    if not breaks:
        ledger.broken.ever.clear()
    act = Message("m-2", KOMMUN, "svu.kartlaggning", "c-1", None, None, None, Kvittens(message="m-1"))
    ledger.acted(MALMO, act, SenderAnswer("m-2", "fatal-error", "c-1", "V-9"))
    ledger.crossed_by_nothing(MALMO, KOMMUN, "c-1")
    assert bool(ledger.faults) is not breaks
    expected = Message("m-3", KOMMUN, "kvittens", "c-1", None, None, None, Kvittens(message="m-1"))
    ledger.acted(MALMO, expected, SenderAnswer("m-3", "fatal-error", "c-1", "C-2"))
    assert ("kvittens", "C-2") in EXPECTED, "where nothing is broken too"
    told = "\n".join(report.summary(DEMO, ledger, 1.0))
    assert ("acts that were refused in the cases that it held up: 2, by the rules above" in told) is breaks
