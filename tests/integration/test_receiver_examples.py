"""The receivers of contracts/receivers take what a hub sends and answer as the contract asks: the Python one always, the Java one
where Maven finds Spring. The test plays the hub."""

import base64
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from standardwebhooks import Webhook

from hub.sandbox.children import Child, free_port

RECEIVERS = Path(__file__).parents[2] / "contracts" / "receivers"
OLD, NEW = (
    f"whsec_{base64.b64encode(secret).decode()}"
    for secret in (b"an-old-secret-of-24-byte", b"a-new-secret-of-24-bytes")
)
UNIT, CASE = "SE2120001132-K01", "0193c0de-0000-7000-8000-000000000001"


class Hub:
    """Takes the receiver's messages; ``answers`` are given in turn, then 200."""

    def __init__(self):
        self.came, self.answers, self.times = [], [], []
        hub = self

        class Door(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hub.times.append(time.monotonic())
                hub.came.append(
                    (self.path, self.headers["Authorization"], self.headers["Content-Type"], json.loads(body))
                )
                status = hub.answers.pop(0) if hub.answers else 200
                if status is None:  # the answer is lost after the message was taken
                    self.connection.close()
                    return
                said = b'{"code": "ok"}' if status == 200 else b"\xff<html>"
                self.send_response(status)
                if status == 429:
                    self.send_header("Retry-After", "2")
                if status == 302:
                    self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/login")
                self.send_header("Content-Length", str(len(said) + 5 * (status == 503)))  # of 503 the end never comes
                self.end_headers()
                self.wfile.write(said)
                self.close_connection = True

            def do_GET(self):
                hub.came.append("a redirect was followed")
                self.send_error(500)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def until(look):
    deadline = time.monotonic() + 90
    while not look():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def python(_folder):
    return [sys.executable, "-I", str(RECEIVERS / "python" / "receiver.py")]


def java(folder):
    if not (shutil.which("mvn") and shutil.which("java")):
        pytest.skip("no Maven or no Java here")
    built = folder / "java"
    shutil.copytree(RECEIVERS / "java", built, ignore=shutil.ignore_patterns("target"))
    maven = ["mvn", "-q", "-B", "package"]
    try:  # without the network where Maven has all that it needs: with it, every plugin is asked for anew
        made = subprocess.run([*maven, "-o"], cwd=built, capture_output=True, text=True, timeout=180, check=False)
        if made.returncode != 0:
            made = subprocess.run(maven, cwd=built, capture_output=True, text=True, timeout=180, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip("Maven fetches Spring too slowly here")
    if "Could not transfer" in made.stdout or "Could not resolve" in made.stdout or "not be resolved" in made.stdout:
        pytest.skip("Maven does not find Spring here")
    assert made.returncode == 0, made.stdout
    quick = ["-Xmx128m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]
    return ["java", *quick, "-jar", str(built / "target" / "receiver-1.jar")]


@pytest.fixture(scope="module", params=[python, java], ids=["python", "java"])
def command(request, tmp_path_factory):
    """The command that starts a receiver; the Java one is built once."""
    return request.param(tmp_path_factory.mktemp("receiver"))


def environment(hub, port, tmp_path, **changes):
    """What a receiver is given; a change to None takes a setting away."""
    found = {
        **os.environ, "HUB_URL": hub, "HUB_TOKEN": "a-token", "UNIT": UNIT, "HUB_SECRET": f"{OLD} {NEW}",
        "ACTOR": "SE2120001132-P02", "ROLE": "bistandshandlaggare", "PORT": str(port), "STORE": str(tmp_path / "store"),
        **changes,
    }  # fmt: skip
    return {name: value for name, value in found.items() if value is not None}


@pytest.fixture
def receiver(command, tmp_path):
    """(address, the hub that it answers to)."""
    hub, port = Hub(), free_port()
    given = environment(f"http://127.0.0.1:{hub.server.server_port}", port, tmp_path)
    log = tmp_path / "log"
    child = Child(command, log=log, env=given)
    address = f"http://127.0.0.1:{port}/notices"

    def listens():
        assert child.alive, log.read_text()
        try:
            return post(address, b"{}", {}) == 401
        except OSError:
            return False

    try:
        until(listens)
        yield address, hub
    finally:
        child.stop()
        hub.server.shutdown()
        hub.server.server_close()


def post(address, body, headers):
    request = urllib.request.Request(address, body, {"Content-Type": "application/cloudevents+json", **headers})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def signed(webhook_id, body, secrets=(NEW,), moment=None):
    at = moment or datetime.now(UTC)
    signatures = " ".join(Webhook(secret).sign(webhook_id, at, body.decode()) for secret in secrets)
    return {"webhook-id": webhook_id, "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": signatures}


def notice(id_, awaits=None, type_="se.samverkan.svu.inskrivning.v1", **more):
    event = {
        "specversion": "1.0", "id": id_, "source": "urn:hsa:SE2321000255-AVD12", "type": type_, "case": CASE,
        "sequence": "1", "to": json.dumps([UNIT]), "data": {"reason": "Höftfraktur"},
    }  # fmt: skip
    if awaits:
        event["awaits"] = json.dumps({UNIT: awaits})
    return json.dumps({**event, **more}, ensure_ascii=False).encode()


MALFORMED = {
    "HUB_SECRET": [None, "", "nonsense", "whsec_", f"{OLD} whsec_?"],
    "HUB_TOKEN": [None],
}


def test_an_example_receiver_that_lacks_a_setting_ends_in_one_sentence_that_names_it(command, tmp_path):
    wrong = [(name, value) for name, values in MALFORMED.items() for value in values]
    for name, value in wrong if "java" not in command[0] else [wrong[0], wrong[2]]:  # a start of Java takes seconds
        given = environment("http://127.0.0.1:1", free_port(), tmp_path, **{name: value})
        done = subprocess.run(command, env=given, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 1, (name, value, done.stderr)
        (sentence,) = done.stderr.splitlines()
        assert name in sentence and OLD not in sentence


def test_an_example_receiver_whose_port_is_taken_ends_in_one_sentence_that_names_it(command, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for wrong in (port, "here"):
            given = environment("http://127.0.0.1:1", wrong, tmp_path)
            done = subprocess.run(command, env=given, capture_output=True, text=True, timeout=120, check=False)
            assert done.returncode == 1, done.stderr
            (sentence,) = done.stderr.splitlines()
            assert sentence.startswith(f"PORT {wrong} cannot be listened at (")


def test_an_example_receiver_takes_each_notice_once_and_acknowledges_what_is_awaited(receiver, command, tmp_path):
    address, hub = receiver
    first = notice("m-1", "kvittens", newer="a later version's")
    # Nothing that somebody else or yesterday has signed is taken, or remembered.
    assert post(address, first, {}) == 401
    assert post(address, first, signed("out-1", first + b" ")) == 401
    assert post(address, first, signed("out-1", first, moment=datetime.now(UTC) - timedelta(minutes=6))) == 401
    assert post(address, first, signed("out-1", first, moment=datetime.now(UTC) + timedelta(minutes=6))) == 401
    assert hub.came == []
    # The hub is busy, then its answer is lost: the same act comes again, under the same id, when the time is over.
    # No answer of a proxy or of a token that is not known yet is taken for the hub's.
    # (Each wait is twice the one before, so Java plays one of each way of failing, Python all.)
    hub.answers = [429, None, 302] if command[0] == "java" else [429, None, 302, 401, 503]
    failures, tries = list(hub.answers), len(hub.answers) + 1
    assert post(address, first, signed("out-1", first, secrets=(OLD, NEW))) == 204
    until(lambda: len(hub.came) == tries)
    assert all(came == hub.came[0] for came in hub.came)
    assert hub.times[1] - hub.times[0] >= 2
    # Each trouble is said once, with the setting to look at, and its end too.
    until(lambda: " takes messages again" in (tmp_path / "log").read_text())
    said = [line.partition("; what is to be sent waits")[0] for line in (tmp_path / "log").read_text().splitlines()]
    address_of_hub = f"http://127.0.0.1:{hub.server.server_port}"
    told = {
        429: "answers 429", None: "does not answer (HUB_URL)", 302: "answers 302",
        401: "answers 401: it does not know us (HUB_TOKEN)", 503: "does not answer (HUB_URL)",
    }  # fmt: skip
    assert [line.removeprefix(f"{address_of_hub} ") for line in said if line.startswith(address_of_hub)] == [
        *[told[status] for status in failures],
        "takes messages again",
    ]
    path, authorization, media, act = hub.came[0]
    assert (path, authorization, media) == ("/messages", "Bearer a-token", "application/cloudevents+json")
    assert datetime.fromisoformat(act.pop("time")).tzinfo is not None
    assert len(act.pop("id")) > 20
    assert act == {
        "specversion": "1.0", "source": f"urn:hsa:{UNIT}", "type": "se.samverkan.kvittens.v1", "subject": CASE,
        "actor": "SE2120001132-P02", "actorrole": "bistandshandlaggare", "data": {"message": "m-1"},
    }  # fmt: skip
    # The same notice again, one for information, one that people answer, a receipt and an announcement: no act of ours.
    others = [
        ("out-1", first),
        ("out-2", notice("m-2")),
        ("out-3", notice("m-3", "justering")),
        ("out-4", notice("r-4", type_="se.samverkan.receipt.v1")),
        ("out-5", notice("a-5", type_="se.samverkan.announcement.v1")),
    ]
    for webhook_id, body in others:
        assert post(address, body, signed(webhook_id, body)) == 204
    last = notice("m-6", "kvittens")
    assert post(address, last, signed("out-6", last)) == 204
    until(lambda: len(hub.came) == tries + 1)
    assert hub.came[tries][3]["data"] == {"message": "m-6"}
