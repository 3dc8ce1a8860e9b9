"""A run that is stopped: what was played is told and is never passed, nothing is left behind."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from hub.cli.endings import STOPPED
from hub.kit.kit import secret_of, token_of
from hub.kit.report.keys import known_key, make
from hub.kit.report.verify import verify
from hub.kit.stop import Stop
from tests.kit.receiver import Receiver
from tests.kit.test_serve import free_port

SCENARIOS = ("v7-a-stay-with-its-care-contact", "v9-ready-for-discharge")
XML = {"authorization": f"Bearer {token_of(1)}", "content-type": "application/fhir+xml"}

ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}


def heeds_a_hangup() -> None:
    """The tests themselves may run under nohup."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


async def stopped(by: signal.Signals, folder: Path) -> tuple[int, str, list[psutil.Process]]:
    """(exit status, output, the processes that it had started) of a run that is stopped while it waits for the vendor's system."""
    port, words = free_port(), [word for name in SCENARIOS for word in ("--scenario", name)]
    make("Region Skåne", folder / "key", folder / "key.pub")
    words += ["--report", str(folder / "report"), "--key", str(folder / "key"), "--junit", str(folder / "ci.xml")]
    async with Receiver(secret_of(1, "webhook"), token_of(1), ["is-silent"]) as receiver:
        kit = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "hub.cli", "kit", "serve", "--as", "lund_kommun", "--against", receiver.url,
            "--listen", str(port), "--within", "1h", *words,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env=ENVIRONMENT, preexec_fn=heeds_a_hangup,
        )  # fmt: skip
        assert kit.stdout is not None
        said = b""
        async with asyncio.timeout(120):
            while b" waits lund_kommun is to send kvittens" not in said:
                line = await kit.stdout.readline()
                assert line, said.decode()
                said += line
            async with httpx.AsyncClient(timeout=60) as client:  # a body that a process of its own reads
                await client.post(f"http://127.0.0.1:{port}/fhir/$process-message", content=b"<Bundle/>", headers=XML)
            children = psutil.Process(kit.pid).children(recursive=True)
            kit.send_signal(by)
            while b"stopping; the report" not in said and by != signal.SIGKILL:
                line = await kit.stdout.readline()
                assert line, said.decode()
                said += line
            for again in (by, signal.SIGINT, signal.SIGTERM):
                with contextlib.suppress(ProcessLookupError):
                    kit.send_signal(again)
            said += await kit.stdout.read()
            await asyncio.to_thread(psutil.wait_procs, children, timeout=60)
            return await kit.wait(), said.decode(), children


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_a_run_that_is_stopped_more_than_once_reports_what_was_played_and_is_never_passed(tmp_path, by):
    status, said, children = await stopped(by, tmp_path)
    assert status == 128 + by, said
    assert "stopped before its end: what has not been played is not judged" in said
    assert "Traceback" not in said
    assert said.count("hub: stopping; the report of what was played is being written\n") == 1
    assert children
    assert not [one for one in children if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]
    for name in ("report.json", "report.html"):
        found = verify(tmp_path / "report" / name, known_key(tmp_path / "key.pub"))
        assert found.faults == ()
        assert found.told[-1].endswith("– stopped before its end.")
    verdicts = json.loads((tmp_path / "report" / "report.json").read_bytes())["verdicts"]
    assert verdicts["outcome"] == "interrupted"
    assert [(one["interrupted"], one["outcome"]) for one in verdicts["scenarios"]] == [
        (True, "wrong"),
        (True, "not_tried"),
    ]
    begun = verdicts["scenarios"][0]["findings"]
    assert ("acknowledges svu.inskrivning within 10 s", "ok") in [(one["expected"], one["outcome"]) for one in begun]
    cases = {case.get("name"): [each.tag for each in case] for case in ET.parse(tmp_path / "ci.xml").iter("testcase")}
    assert cases[SCENARIOS[1]] == ["skipped"]
    assert {name for name, result in cases.items() if not result} == set()
    assert STOPPED == 128 + signal.SIGINT


async def test_a_run_that_is_killed_leaves_no_report_and_no_process(tmp_path):
    status, _, children = await stopped(signal.SIGKILL, tmp_path)
    assert status == -signal.SIGKILL
    assert children
    assert not [one for one in children if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]
    assert list((tmp_path / "report").iterdir()) == []
    assert not (tmp_path / "ci.xml").exists()


async def test_a_run_whose_terminal_is_gone_writes_its_report(tmp_path):
    terminal, inside = os.openpty()
    async with Receiver(secret_of(1, "webhook"), token_of(1), ["is-silent"]) as receiver:
        kit = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "hub.cli", "kit", "serve", "--as", "lund_kommun", "--against", receiver.url,
            "--listen", str(free_port()), "--within", "1h", "--scenario", SCENARIOS[0], "--report", str(tmp_path),
            stdin=subprocess.DEVNULL, stdout=inside, stderr=inside, env=ENVIRONMENT, preexec_fn=heeds_a_hangup,
        )  # fmt: skip
        os.close(inside)
        said = b""
        async with asyncio.timeout(120):
            while b" waits lund_kommun" not in said:
                said += await asyncio.to_thread(os.read, terminal, 4096)
            os.close(terminal)
            kit.send_signal(signal.SIGHUP)
            assert await kit.wait() == 128 + signal.SIGHUP
    assert json.loads((tmp_path / "report.json").read_bytes())["verdicts"]["outcome"] == "interrupted"


@pytest.fixture
def handlers() -> Iterator[None]:
    """As a shell starts a command in the foreground; afterwards the signals are the tests' own again."""
    before = {each: signal.signal(each, signal.SIG_DFL) for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield
    for each, handler in before.items():
        signal.signal(each, handler)


@pytest.mark.usefixtures("handlers")
@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_before_anything_was_played_a_signal_ends_the_command_at_once_and_says_so(by, capfd):
    with pytest.raises(SystemExit) as ended, Stop(reports=True):
        signal.raise_signal(by)
    signal.raise_signal(by)  # one that comes while the command ends
    assert ended.value.code == 128 + by
    assert capfd.readouterr().err == "hub: stopped before anything was played: no report is written\n"


@pytest.mark.usefixtures("handlers")
def test_a_hangup_that_nohup_ignores_stays_ignored(capfd):
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with Stop(reports=True):
        signal.raise_signal(signal.SIGHUP)
    assert capfd.readouterr().err == ""
    assert signal.getsignal(signal.SIGINT) == signal.SIG_DFL
