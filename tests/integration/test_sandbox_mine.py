"""The sandbox at midnight, and with a person who plays a ward and a municipality beside the demo."""

import json
import os
import re
import signal
import struct
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from standardwebhooks import Webhook

from hub.sandbox.children import free_port
from hub.sandbox.mine import secret, token

CONTRACTS = Path(__file__).parents[2] / "contracts"
COMMAND = [sys.executable, "-m", "hub.cli", "sandbox"]
WARD, KOMMUN = "sus-ehr", "lund-kommun"


def environment(folder, **more):
    ours = {name: value for name, value in os.environ.items() if not name.startswith("HUB_") or name == "HUB_CACHE"}
    return {
        **ours,
        "HUB_SANDBOX_DATA": str(folder),
        "HUB_SANDBOX_PORT": str(free_port()),
        "HUB_SANDBOX_PACE": "0.6",
        **more,
    }


# --- at any hour --------------------------------------------------------------------------------------------------------


def stockholm_at(folder: Path, wanted: timedelta) -> Path:
    """A folder for PYTHONTZPATH in which Sweden has such a zone that its clock now shows the wanted hour and minute; all other clocks,
    of the broker and the database too, are as they are.
    """
    now = datetime.now(UTC)
    seconds = int((wanted - timedelta(hours=now.hour, minutes=now.minute)).total_seconds())
    offset = (seconds + 43_200) % 86_400 - 43_200  # the nearest such zone, east or west
    block = struct.pack(">4sB15x6l", b"TZif", ord("2"), 0, 0, 0, 0, 1, 4) + struct.pack(">lBB", offset, 0, 0) + b"MID\0"
    sign, (hours, minutes) = "-" if offset > 0 else "+", divmod(abs(offset) // 60, 60)
    footer = f"\n<MID>{sign}{hours:02}:{minutes:02}\n".encode()
    file = folder / "zones" / "Europe" / "Stockholm"
    file.parent.mkdir(parents=True)
    file.write_bytes(block + block + footer)
    return folder / "zones"


def test_the_sandbox_runs_at_midnight_in_sweden(tmp_path):
    shown = timedelta(minutes=30)  # across midnight, and a whole day: test_sandbox_clock, with the clock moved on
    done = subprocess.run(
        [*COMMAND, "--admissions", "10"],
        env=environment(tmp_path, PYTHONTZPATH=str(stockholm_at(tmp_path, shown))),
        capture_output=True, text=True, timeout=400, check=False,
    )  # fmt: skip
    told = done.stdout + done.stderr
    assert done.returncode == 0, told
    assert re.search(r"^ +0 unaccounted for", told, re.MULTILINE)
    assert "NOT EXPECTED" not in told
    assert "discharge undone" in told


# --- a person who plays -------------------------------------------------------------------------------------------------


class Receiver:
    """A person's own receiver: takes what is signed for its system, keeps it, and waits for what is to come."""

    def __init__(self) -> None:
        self.events: list[tuple[str, dict]] = []
        self.came = threading.Condition()
        mine = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                system = self.path.strip("/")
                Webhook(secret(system)).verify(body, dict(self.headers))
                with mine.came:
                    mine.events.append((system, json.loads(body)))
                    mine.came.notify_all()
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nothing: the test's output is its own."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def until(self, system: str, fits) -> dict:
        """The first event of a system that fits."""
        with self.came:
            found = self.came.wait_for(lambda: [e for s, e in self.events if s == system and fits(e)], timeout=120)
        assert found, [(system, event["type"]) for system, event in self.events]
        return found[0]


@pytest.fixture
def receiver():
    found = Receiver()
    yield found
    found.server.shutdown()
    found.server.server_close()


def test_a_person_plays_a_ward_and_a_municipality_and_the_demo_the_rest(tmp_path, receiver):
    surroundings = environment(tmp_path)
    process = subprocess.Popen(
        [*COMMAND, "--mine", f"{WARD}={receiver.url}/{WARD}", "--mine", f"{KOMMUN}={receiver.url}/{KOMMUN}", "--mine-format", "native"],
        env=surroundings, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    lines: list[str] = []
    try:
        while not (lines and "it sends to" in lines[-1] and token(KOMMUN) in lines[-1]):
            lines.append(process.stdout.readline())
            assert lines[-1], lines
        told = "".join(lines)
        for system in (WARD, KOMMUN):
            assert f"{system} is yours: " in told
            assert secret(system) in told
        url = f"http://127.0.0.1:{surroundings['HUB_SANDBOX_PORT']}"

        def send(system: str, event: dict) -> dict:
            headers = {"authorization": f"Bearer {token(system)}", "content-type": "application/cloudevents+json"}
            answer = httpx.post(
                f"{url}/messages", content=json.dumps(event), headers=headers, timeout=60, trust_env=False
            )
            assert answer.status_code == 200, answer.text
            return answer.json()

        case = send(WARD, json.loads((CONTRACTS / "valid" / "svu.inskrivning.json").read_bytes()))["case"]
        admitted = receiver.until(KOMMUN, lambda e: e.get("case") == case and e["type"].endswith("inskrivning.v1"))
        assert json.loads(admitted["awaits"]) == {"SE2120001132-K01": "kvittens"}
        receiver.until(
            WARD, lambda e: e.get("case") == case and e["type"].endswith("fast_vardkontakt.v1")
        )  # the demo's centre acts
        answer = json.loads((CONTRACTS / "valid" / "kvittens.json").read_bytes())
        send(KOMMUN, {**answer, "subject": case, "data": {"message": admitted["id"]}})
        of_the_demo = receiver.until(
            KOMMUN, lambda e: e.get("case") not in {None, case} and e["type"].endswith("inskrivning.v1")
        )
        assert of_the_demo["source"] not in {"urn:hsa:SE2321000255-AVD12", "urn:hsa:SE2321000255-AVD31"}, (
            "nobody else plays my ward"
        )
        process.send_signal(signal.SIGINT)
        rest = process.communicate(timeout=60)[0]
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        process.stdout.close()
    assert process.returncode == 0, rest
    assert re.search(r"^ +\d+ wait for you", rest, re.MULTILINE)
    assert "fault:" not in rest
