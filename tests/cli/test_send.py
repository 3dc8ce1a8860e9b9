"""``hub send``: whatever answers, or does not, is told in one sentence that says what to do.

May import the command line and its endings.
"""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from hub.cli.endings import NOT_DONE, NOT_WELL
from tests.commands import ended, said

CONTRACTS = Path(__file__).parents[2] / "contracts"
MESSAGE = CONTRACTS / "valid" / "svu.inskrivning.json"


class Answering(HTTPServer):
    """A server that answers every POST alike; its ``answer`` is (status, content type, body)."""

    answer = (200, "text/html", b"")


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        status, media, body = self.server.answer
        self.send_response(status)
        self.send_header("content-type", media)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        return


@pytest.fixture(scope="module")
def server():
    with Answering(("127.0.0.1", 0), _Handler) as found:
        serving = threading.Thread(target=found.serve_forever)
        serving.start()
        yield found
        found.shutdown()
        serving.join()


@pytest.fixture
def send(server, tmp_path):
    """Sends the message to the server, or elsewhere: (exit status, standard output, standard error)."""

    def run(answer=(200, "text/html", b""), file=MESSAGE, token="my-own", **more):
        server.answer = answer
        settings = {"HUB_URL": f"http://127.0.0.1:{server.server_port}", "HUB_TOKEN": token, **more}
        return ended(("send",), ["send", str(file)], tmp_path, **settings)

    return run


def _refusal(status, rule, element):
    told = {
        "rule": rule,
        "title": "x",
        "status": status,
        "detail": "x",
        "text": {"sv": "nej", "en": "no"},
        "element": element,
    }
    return status, "application/problem+json", json.dumps({"type": f"/errors/{rule}", **told}).encode()


RECEIPT = b'{"message": "m-1", "code": "ok", "case": "c", "sequence": 1}'
HELD = b'{"message": "m-1", "code": "transient-error", "text": {"sv": "x", "en": "x"}}'
OUTCOME = (CONTRACTS / "fhir" / "response.refused.json").read_bytes()


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ((200, "application/json", RECEIPT), 0),
        ((202, "application/json", HELD), 0),
        (_refusal(409, "V-3", "/data"), NOT_WELL),
        (_refusal(403, "unknown-unit", "/source"), NOT_WELL),
        ((409, "application/fhir+json", OUTCOME), NOT_WELL),
    ],
    ids=["accepted", "held", "refused", "not its unit", "refused in FHIR"],
)
def test_an_answer_of_a_hub_is_shown_and_the_status_says_how_it_went(send, answer, status):
    ended_with, stdout, stderr = send(answer)
    assert (ended_with, json.loads(stdout), stderr) == (status, json.loads(answer[2]), "")


@pytest.mark.parametrize(
    "answer",
    [
        (200, "text/html", b"<html>It works!</html>"),
        (200, "application/json", b'{"hello": "world"}'),
        (200, "application/json", b"no JSON at all"),
        (200, "application/json", b"\xff\xfe\x00"),
        (200, "application/json", b""),
        (302, "text/html", b""),
        (404, "text/plain", b"not found"),
        (401, "text/html", b"log in"),
        (501, "text/html", b"Unsupported method"),
        (502, "text/html", b"Bad Gateway"),
    ],
    ids=["a page", "other JSON", "no JSON", "bytes", "nothing", "moved", "not found", "log in", "no POST", "a proxy"],
)
def test_what_answers_and_is_no_hub_is_told_as_that_and_never_taken_for_a_receipt(send, answer):
    status, stdout, stderr = send(answer)
    assert (status, stdout) == (NOT_DONE, "")
    assert f"is no hub (HTTP {answer[0]}, {answer[1]}): give the hub's own address, --url or HUB_URL" in said(stderr)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (_refusal(401, "unauthenticated", "/authorization"), "does not know this token"),
        (_refusal(403, "way-not-open", "/authorization"), "takes nothing from this system over HTTP"),
    ],
    ids=["401", "403"],
)
def test_a_token_that_is_not_let_in_is_told_with_what_to_change(send, answer, sentence):
    status, stdout, stderr = send(answer)
    assert (status, stdout) == (NOT_DONE, "")
    assert sentence in said(stderr)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"token": ""}, "give the system's token: --token, or HUB_TOKEN"),
        ({"HUB_URL": "http://127.0.0.1:9"}, "no hub answers at http://127.0.0.1:9"),
        ({"HUB_URL": "127.0.0.1:8400"}, "http://"),
        ({"HUB_URL": "http://"}, "--url is no address"),
        ({"HUB_URL": "http://127.0.0.1:port"}, "--url is no address"),
        ({"file": CONTRACTS / "none.json"}, "none.json cannot be read: No such file"),
        ({"file": CONTRACTS}, "is a folder"),
    ],
    ids=["no token", "hub away", "no scheme", "no host", "no port", "no file", "a folder"],
)
def test_what_is_missing_or_wrong_is_told_in_one_sentence_before_anything_is_sent(send, wrong, sentence):
    status, stdout, stderr = send(**wrong)
    assert (status, stdout) == (NOT_DONE, "")
    assert sentence in said(stderr)
