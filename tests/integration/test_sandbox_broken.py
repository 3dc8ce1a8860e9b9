"""A receiver of the sandbox that is broken on purpose, found and put right by the commands that an operator has: nothing is lost."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress

from typer.testing import CliRunner

from hub.cli.app import app
from hub.sandbox import running
from hub.sandbox.children import free_port

MALMO = "malmo-stad"


def until(process, wanted):
    """Reads lines until one holds ``wanted``; returns all of them."""
    lines = []
    while line := process.stdout.readline():
        lines.append(line)
        if wanted in line:
            return lines
    raise AssertionError("".join(lines))


def test_a_receiver_that_refuses_is_found_mended_and_told_again_and_nothing_is_lost(tmp_path):
    ours = {name: value for name, value in os.environ.items() if not name.startswith("HUB_") or name == "HUB_CACHE"}
    port = free_port()
    apart = {"HUB_SANDBOX_DATA": str(tmp_path), "HUB_SANDBOX_PORT": str(port), "HUB_SANDBOX_PACE": "0.6"}
    process = subprocess.Popen(
        [sys.executable, "-m", "hub.cli", "sandbox", "--broken", f"{MALMO}=refuses"],
        env={**ours, **apart}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        told = "".join(until(process, f"the receiver of {MALMO} is broken"))
        assert f"the receiver of {MALMO}: breaks in a moment: it refuses every notice with 400" in told
        assert f"Its own staff mend it by: hub sandbox mend {MALMO}" in told
        settings = running.environment(port)
        without = {name: None for name in os.environ if name.startswith("HUB_") and name != "HUB_CACHE"}

        def hub(*words):
            done = CliRunner().invoke(app, list(words), env={**without, **settings})
            assert done.exit_code == 0, done.output
            return done.stdout

        def groups():
            return json.loads(hub("dead", "list", "--groups", "--system", MALMO, "--json"))

        def wait_for(holds):
            end = time.monotonic() + 120
            while not holds():
                assert time.monotonic() < end
                with suppress(subprocess.TimeoutExpired):
                    process.wait(0.5)
                assert process.poll() is None

        wait_for(groups)
        (found,) = groups()
        assert (found["system"], found["answer"]) == (MALMO, "http:400")
        assert "Unknown field skipped: our update" in " ".join(hub("dead", "list", "--system", MALMO).split())
        assert "is mended; what is dead is told again" in hub("sandbox", "mend", MALMO, "--port", str(port))
        while groups():  # what was in a call when it was counted died after that, and is told again by itself
            said = hub("dead", "replay", "--system", MALMO, "--answer", "http:400")
            words = re.search(r"It begins with (--as-of \S+ --run \d+) --reason", said)[1].split()
            why = ("--reason", "their update is put right")
            hub("dead", "replay", "--system", MALMO, "--answer", "http:400", *words, *why)
            wait_for(lambda: json.loads(hub("dead", "replays", "--json"))[0]["state"] == "done")
        process.send_signal(signal.SIGINT)
        rest = process.communicate(timeout=60)[0]
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        process.stdout.close()
    assert process.returncode == 0, rest
    assert f"broken on purpose in this run: {MALMO} (refuses, mended)" in rest
    assert "fault:" not in rest
    assert re.search(r"0 doubled, 0 out of order, 0 gaps, 0 unreadable", rest)
