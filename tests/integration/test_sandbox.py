"""The sandbox as a newcomer runs it: accounts for every admission, and leaves nothing behind, however it is ended."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from hub.directory import load
from hub.sandbox.register_contents import Contents
from hub.sandbox.services import DIRECTORY

COMMAND = [sys.executable, "-m", "hub.cli", "sandbox"]


def environment(folder, **more):
    ours = {name: value for name, value in os.environ.items() if not name.startswith("HUB_") or name == "HUB_CACHE"}
    return {**ours, "HUB_SANDBOX_DATA": str(folder), **more}


def until(process, wanted, within=90):
    """Reads lines until one holds ``wanted``; returns all of them."""
    lines = []
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        line = process.stdout.readline()
        assert line, "".join(lines)
        lines.append(line)
        if wanted in line:
            return lines
    raise AssertionError("".join(lines))


def gone_within(seconds, processes):
    return not psutil.wait_procs(processes, timeout=seconds)[1]


@pytest.fixture
def demo(tmp_path):
    process = subprocess.Popen(COMMAND, env=environment(tmp_path), stdout=subprocess.PIPE, text=True)
    yield process
    if process.poll() is None:
        process.kill()
    process.stdout.close()
    process.wait()


def test_the_demo_directory_holds_together_and_has_each_way_in_and_out():
    directory = load(DIRECTORY)
    assert {s.out.way for s in directory.systems} == {"kafka", "webhook"}
    assert {(s.out.way, s.format) for s in directory.systems} == {
        (way, form) for way in ("kafka", "webhook") for form in ("native", "fhir")
    }
    assert {way for s in directory.systems for way in s.ways_in} == {"kafka", "http"}
    parties = [unit.party for unit in directory.units]
    assert (parties.count("slutenvard"), parties.count("oppenvard")) == (4, 6)
    municipalities = {unit.organisation for unit in directory.units if unit.party == "kommun"}
    assert len(municipalities) == 5
    assert all(sum(u.organisation == m for u in directory.units) >= 2 for m in municipalities)
    assert all(unit.hsa.startswith(f"SE{unit.organisation}-") for unit in directory.units)


def test_every_unit_that_the_registers_name_is_in_the_demo_directory():
    directory, contents = load(DIRECTORY), Contents.load()
    centres = {person.centre for person in contents.persons if person.centre}
    assert centres <= set(directory.unit_by_hsa)
    asked_of_hsa = [u.hsa for u in directory.units if u.receives and u.municipality is None]
    assert asked_of_hsa
    assert set(asked_of_hsa) <= {unit.id for unit in contents.units}


def test_thirty_admissions_are_all_accounted_for(tmp_path):
    begun = time.monotonic()
    done = subprocess.run(
        [*COMMAND, "--admissions", "30"],
        env=environment(tmp_path), capture_output=True, text=True, timeout=200, check=False,
    )  # fmt: skip
    told = done.stdout + done.stderr
    assert done.returncode == 0, told
    up = re.search(r"everything is up after: ([\d.]+) s", told)
    assert up, told
    assert float(up[1]) < 20
    assert re.search(r"^30 admissions in", told, re.MULTILINE)
    assert re.search(r"^ +0 unaccounted for$", told, re.MULTILINE)
    counts = {
        name: int(n)
        for n, name in re.findall(r"(\d+) (notices|kvittens|doubled|out of order|unreadable)\b", told.splitlines()[-2])
    }
    assert counts["doubled"] == counts["out of order"] == counts["unreadable"] == 0
    assert counts["kvittens"] > 10
    lines = [line for line in told.splitlines() if re.match(r"vk-\d+ from ", line)]
    assert {int(re.match(r"vk-(\d+)", line)[1]) for line in lines} == set(range(1, 31))
    for fate in ("; delivered", "; manual queue", "refused by V-3"):
        assert any(fate in line for line in lines), fate
    assert not re.search(r"\b\d{12}\b", told), "a person's number was shown"
    # The same data again: the second run goes on where the first stopped.
    again = subprocess.run(
        [*COMMAND, "--admissions", "5"],
        env=environment(tmp_path), capture_output=True, text=True, timeout=200, check=False,
    )  # fmt: skip
    assert again.returncode == 0, again.stdout + again.stderr
    assert "vk-31 from" in again.stdout
    assert time.monotonic() - begun < 150


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_however_the_parent_ends_no_process_is_left(demo, how):
    until(demo, "kvittens 2 of 2")
    parent = psutil.Process(demo.pid)
    below = parent.children(recursive=True)
    names = " ".join(part for each in below for part in each.cmdline())
    assert "hub.cli" in names
    assert "kafka.Kafka" in names
    assert "postgres" in names
    parent.send_signal(how)
    if how == signal.SIGINT:
        rest = demo.stdout.read()
        assert demo.wait(40) == 0, rest
        assert "unaccounted for" in rest
    assert gone_within(40, [parent, *below])


def test_what_a_killed_demo_left_on_the_disk_is_removed_by_the_next(tmp_path, monkeypatch):
    from hub.sandbox import services

    monkeypatch.delenv("HUB_SANDBOX_DATA", raising=False)
    monkeypatch.setattr(services.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(services.tempfile, "tempdir", str(tmp_path))
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    left = tmp_path / f"samverkan-sandbox-{gone.pid}-abc"
    left.mkdir()
    alive = tmp_path / f"samverkan-sandbox-{os.getppid()}-def"
    alive.mkdir()
    with services.data_folder() as folder:
        assert Path(folder).is_dir()
        assert not left.exists()
        assert alive.exists()
    assert not Path(folder).exists()
