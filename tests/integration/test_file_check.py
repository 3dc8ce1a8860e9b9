"""Files are read in a process of their own with limits, and nothing of a case overtakes what is being read (C-42)."""

import asyncio
import base64
import os
import sys
from datetime import UTC, datetime

import psutil
import pytest

from hub import child_processes
from hub.attachments import scanner, scanner_process
from hub.attachments.check import refusal
from hub.attachments.scanner import Scanner
from hub.errors import Unavailable
from hub.intake import file_check
from hub.intake.arrival import Arrival
from hub.intake.file_check import CaseNames, FileCheck
from schemas.envelope import Message
from schemas.shared import Attachment, Kvittens, Meddelande


def attachment(content: bytes = b"hej", name: str = "a.txt") -> Attachment:
    return Attachment(name=name, content=base64.b64encode(content).decode())


@pytest.fixture
async def scans():
    made = Scanner()
    yield made
    await made.close()


async def nobody(arrivals):
    return [CaseNames() for _ in arrivals]


@pytest.fixture
async def files():
    made = FileCheck(nobody)
    yield made
    await made.close()


async def refused_by(scans: Scanner, file: Attachment):
    """The refusal of a file, or None."""
    unfit = (await scans.scan(file)).unfit
    return None if unfit is None else refusal(unfit)


def stands_in(monkeypatch, script: str) -> None:
    """Another program in the reader's place."""
    monkeypatch.setattr(child_processes, "command", lambda _: (sys.executable, "-c", script))


def reads_with(monkeypatch, check: str, *, seconds: int = 1) -> None:
    """The real reader, with something else in the place of ``check.check``."""
    script = f"""
from hub.attachments import scanner, scanner_process
from hub.attachments import check as rules
import os, time
def check(name, content, people):
    {check}
rules.check = check
scanner_process.SECONDS = {seconds}
scanner_process.main()
"""
    stands_in(monkeypatch, script)
    monkeypatch.setattr(scanner_process, "SECONDS", seconds)


async def test_a_file_is_inspected_and_the_refusal_names_the_rule(scans):
    assert await refused_by(scans, attachment()) is None
    refused = await refused_by(scans, attachment(b"19121212-1212"))
    assert (refused.rule, refused.element, refused.status) == ("C-42", "/data/attachment/content", 409)
    assert (await refused_by(scans, attachment(name="19121212-1212 åäö.txt"))).element == "/data/attachment/name"


async def test_no_process_is_started_before_the_first_file_and_few_for_many():
    before = set(psutil.Process().children())
    made = Scanner()
    assert set(psutil.Process().children()) == before
    assert await asyncio.gather(*(refused_by(made, attachment(b"x" * n)) for n in range(1, 40))) == [None] * 39
    started = set(psutil.Process().children()) - before
    assert len(started) == 2
    await made.close()
    psutil.wait_procs(started, timeout=10)
    await asyncio.sleep(0.1)
    assert not [process for process in started if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]


async def test_the_reader_ends_when_the_hub_is_gone():
    process = await asyncio.create_subprocess_exec(
        *child_processes.command(scanner_process), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert await process.stdout.readline() == scanner_process.READY
    process.stdin.close()  # as the kernel does, whichever way the hub ends
    assert await asyncio.wait_for(process.wait(), 10) == 0


async def test_the_reader_is_given_no_secrets(monkeypatch, scans):
    monkeypatch.setenv("HUB_DATABASE_URL", "hemligt")
    await refused_by(scans, attachment())
    (reader,) = scans.processes.processes
    assert "HUB_DATABASE_URL" not in psutil.Process(reader._process.pid).environ()


@pytest.mark.parametrize("check", ["pass", "time.sleep(60)"])
async def test_a_file_that_takes_too_long_is_refused_and_the_next_one_is_read(monkeypatch, scans, check):
    reads_with(monkeypatch, f"while len(content) > 3: {check}")
    refused = await refused_by(scans, attachment(b"slow file"))
    (reader,) = scans.processes.processes
    process = reader._process
    assert refused.rule == "C-42"
    assert "i tid" in refused.sv
    assert await refused_by(scans, attachment()) is None
    assert reader._process is process, "the fork was ended by its own limit, not the reader by the hub's"


async def test_a_file_that_takes_too_much_memory_is_refused(monkeypatch, scans):
    reads_with(monkeypatch, "x = bytearray(10**9)", seconds=5)
    assert "för stor" in (await refused_by(scans, attachment())).sv


async def test_a_file_that_kills_its_fork_is_refused_and_the_reader_goes_on(monkeypatch, scans):
    reads_with(monkeypatch, "os.abort() if len(content) > 3 else None", seconds=5)
    assert (await refused_by(scans, attachment(b"deadly"))).rule == "C-42"
    (reader,) = scans.processes.processes
    process = reader._process
    assert await refused_by(scans, attachment()) is None
    assert reader._process is process


async def test_a_file_cannot_make_its_fork_write(monkeypatch, scans, tmp_path):
    reads_with(monkeypatch, f"open({str(tmp_path / 'x')!r}, 'wb', 0).write(b'x' * 10)", seconds=5)
    assert (await refused_by(scans, attachment())).rule == "C-42"
    assert not (tmp_path / "x").read_bytes()


async def test_a_reader_that_is_stuck_or_dies_is_ended_and_the_file_refused(monkeypatch, scans):
    stands_in(monkeypatch, "import time; print('ready', flush=True); time.sleep(99)")
    monkeypatch.setattr(scanner_process, "SECONDS", 0)
    monkeypatch.setattr(scanner, "_OVERTIME_S", 0.3)
    assert "i tid" in (await refused_by(scans, attachment())).sv
    stands_in(monkeypatch, "import sys; print('ready', flush=True); sys.stdin.buffer.read(3)")
    monkeypatch.setattr(scanner, "_OVERTIME_S", 5)
    assert "i tid" in (await refused_by(scans, attachment())).sv


async def test_a_reader_that_was_killed_between_two_files_is_started_again(scans):
    assert await refused_by(scans, attachment()) is None
    os.kill(scans.processes.processes[0]._process.pid, 9)
    assert await refused_by(scans, attachment()) is None


async def test_a_reader_that_does_not_start_is_no_fault_of_the_file(monkeypatch, scans):
    stands_in(monkeypatch, "raise SystemExit(1)")
    with pytest.raises(Unavailable):
        await refused_by(scans, attachment())
    monkeypatch.setattr(child_processes, "command", lambda _: ("/there/is/no/such",))
    with pytest.raises(Unavailable):
        await refused_by(scans, attachment())


async def test_a_caller_that_waits_is_answered_when_the_reader_starts_again(monkeypatch, files):
    real = child_processes.command
    monkeypatch.setattr(file_check, "_AGAIN_S", 0.05)
    monkeypatch.setattr(child_processes, "command", lambda _: ("/there/is/no/such",))
    one = arrival("a", b"19121212-1212")
    waits = asyncio.create_task(files.check([one], {"a"}, wait=True))
    await asyncio.sleep(0.3)
    assert not waits.done()
    monkeypatch.setattr(child_processes, "command", real)
    await asyncio.wait_for(waits, 20)
    assert one.refused.rule == "C-42"


# --- the order of a case ------------------------------------------------------------------------------------------


def arrival(subject: str, content: bytes | None = None) -> Arrival:
    data = Kvittens(message="m") if content is None else Meddelande(text="Hej", attachment=attachment(content))
    message = Message("m", "SE1", "meddelande", subject, datetime.now(UTC), None, None, data)
    return Arrival(None, b"", "", None, datetime.now(UTC), "", by_outbox=False, message=message)


async def test_what_has_no_file_does_not_wait_and_starts_nothing(files):
    assert not files.concerns([arrival("a")])
    await files.check([arrival("a")], {"a"}, wait=False)
    assert not files.scanner.processes.processes


async def test_the_same_case_waits_behind_a_file_and_others_do_not(files):
    done: list[str] = []

    async def passes(name: str, one: Arrival, subjects: set[str]) -> None:
        assert files.concerns([one])
        await files.check([one], subjects, wait=True)
        done.append(name)

    tasks = [asyncio.create_task(passes("file", arrival("a", b"hej"), {"a"}))]
    await asyncio.sleep(0)
    for name, subjects in (("same", {"a"}), ("other", {"b"}), ("both", {"b", "a"}), ("after both", {"b"})):
        tasks.append(asyncio.create_task(passes(name, arrival("x"), subjects)))
        await asyncio.sleep(0)
    await asyncio.gather(*tasks)
    assert done == ["other", "file", "same", "both", "after both"]
    assert not files.concerns([arrival("a")])


async def test_a_caller_that_goes_away_lets_the_next_in(files):
    first = asyncio.create_task(files.check([arrival("a", b"hej")], {"a"}, wait=False))
    await asyncio.sleep(0)
    second = asyncio.create_task(files.check([arrival("a")], {"a"}, wait=False))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.wait_for(second, 5)
    one = arrival("a", b"19121212-1212")
    await files.check([one], {"a"}, wait=False)
    assert one.refused is not None


async def test_one_systems_slow_files_do_not_hold_up_a_submission_for_long(monkeypatch, files):
    monkeypatch.setattr(file_check, "_SYSTEM_S", 0.0)
    first, second = arrival("a", b"hej"), arrival("b", b"hej")
    await files.check([first, second], {"a", "b"}, wait=False)
    assert first.refused is None
    assert second.refused.rule == "C-42"


async def test_when_the_hub_stops_what_is_being_read_is_not_refused(monkeypatch):
    reads_with(monkeypatch, "time.sleep(60)", seconds=30)
    made = FileCheck(nobody)
    one = arrival("a", b"hej")
    waits = asyncio.create_task(made.check([one], {"a"}, wait=True))
    await asyncio.sleep(1.5)
    await made.close()
    with pytest.raises(Unavailable):
        await asyncio.wait_for(waits, 5)
    assert one.refused is None
