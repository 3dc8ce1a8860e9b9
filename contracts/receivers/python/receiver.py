"""A receiver of the hub's webhooks that acknowledges what is awaited of its unit. Python's own library only; see ../README.md."""

import base64
import hashlib
import hmac
import http.client
import json
import os
import sqlite3
import sys
import threading
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def setting(name):
    """A setting that must be there."""
    return os.environ.get(name, "").strip() or sys.exit(f"set {name}: the README beside the receivers says what it is")


def secret(written):
    """The bytes of a webhook's secret."""
    try:
        if written.startswith("whsec_") and (found := base64.b64decode(written.removeprefix("whsec_"), validate=True)):
            return found
    except ValueError:
        pass
    sys.exit(
        "HUB_SECRET is no webhook secret: each begins with whsec_, and base64 follows; several have a blank between them"
    )


HUB, TOKEN = setting("HUB_URL").rstrip("/"), setting("HUB_TOKEN")
SECRETS = [secret(one) for one in setting("HUB_SECRET").split()]
UNIT, ACTOR, ROLE = setting("UNIT"), setting("ACTOR"), setting("ROLE")
TOLERANCE_S, MOST_BYTES, LONGEST_WAIT_S = 300, 20_000_000, 600

store = sqlite3.connect(os.environ.get("STORE", "receiver.db"), check_same_thread=False, isolation_level=None)
store.execute("CREATE TABLE IF NOT EXISTS notice (webhook_id TEXT PRIMARY KEY, event TEXT NOT NULL)")
store.execute("CREATE TABLE IF NOT EXISTS act (id TEXT PRIMARY KEY, event TEXT NOT NULL, answer TEXT)")
lock, something_to_send = threading.Lock(), threading.Event()


def is_signed(headers, body):
    """Whether one of our secrets has signed the body under this id within the last five minutes."""
    id_, moment = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not (moment.isascii() and moment.isdecimal()) or abs(time.time() - int(moment)) > TOLERANCE_S:
        return False
    text = f"{id_}.{moment}.".encode() + body
    ours = [b"v1," + base64.b64encode(hmac.digest(secret, text, hashlib.sha256)) for secret in SECRETS]
    theirs = [one.encode() for one in headers.get("webhook-signature", "").split()]
    return any(hmac.compare_digest(one, other) for one in ours for other in theirs)


def take(webhook_id, event):
    """Keeps a notice, and the kvittens that it awaits of our unit, in one transaction; a notice that is known changes nothing."""
    with lock:
        store.execute("BEGIN IMMEDIATE")
        try:
            new = store.execute(
                "INSERT OR IGNORE INTO notice VALUES (?, ?)", (webhook_id, json.dumps(event, ensure_ascii=False))
            ).rowcount
            if new and not event["type"].endswith((".receipt.v1", ".announcement.v1")):
                look_at(event)
            store.execute("COMMIT")
        except BaseException:
            store.execute("ROLLBACK")
            raise
    something_to_send.set()


def look_at(event):
    """Acknowledge what awaits a kvittens of us; tell people of what else awaits us."""
    awaited = json.loads(event.get("awaits", "{}")).get(UNIT)
    if awaited == "kvittens":
        id_ = "kvittens-" + hashlib.sha256(f"{event['case']} {event['id']} {UNIT}".encode()).hexdigest()[:32]
        act = {
            "specversion": "1.0",
            "id": id_,
            "source": f"urn:hsa:{UNIT}",
            "type": "se.samverkan.kvittens.v1",
            "subject": event["case"],
            "time": datetime.now(UTC).isoformat(timespec="seconds"),
            "actor": ACTOR,
            "actorrole": ROLE,
            "data": {"message": event["id"]},
        }
        store.execute("INSERT OR IGNORE INTO act VALUES (?, ?, NULL)", (id_, json.dumps(act)))
    elif awaited is not None:
        print(f"{event['type']} in {event['case']} awaits {awaited} of us: somebody has to answer", flush=True)


def send_for_ever():
    """Sends each act until the hub has answered it; the others wait meanwhile, so that they keep their order."""
    wait_s, trouble = 0.5, ""
    while True:
        with lock:
            row = store.execute("SELECT id, event FROM act WHERE answer IS NULL ORDER BY rowid LIMIT 1").fetchone()
        if row is None:
            something_to_send.wait()
            something_to_send.clear()
            continue
        status, answer, retry_after = post(row[1].encode())
        if is_final(status, answer):
            with lock:
                store.execute("UPDATE act SET answer = ? WHERE id = ?", (answer, row[0]))
            print(f"{row[0]}: {status} {answer}", flush=True)
            if trouble:
                print(f"{HUB} takes messages again", file=sys.stderr, flush=True)
            wait_s, trouble = 0.5, ""
        else:
            if (why := why_not(status)) != trouble:  # said once, however often it is tried
                trouble = why
                print(f"{HUB} {trouble}; what is to be sent waits and is tried again", file=sys.stderr, flush=True)
            time.sleep(min(retry_after or wait_s, LONGEST_WAIT_S))
            wait_s = min(wait_s * 2, 60)


def is_final(status, answer):
    """Whether the hub has taken the message or refused it by a rule. All else is a deploy, a proxy or a token: try again."""
    if status is None or status in (401, 403, 404, 408, 429) or not (200 <= status < 300 or 400 <= status < 500):
        return False
    try:
        return "code" in json.loads(answer) or "rule" in json.loads(answer)
    except (ValueError, TypeError):
        return False


def why_not(status):
    """Why a message could not be sent: the end of a sentence about the hub."""
    if status is None:
        return "does not answer (HUB_URL)"
    return f"answers {status}" + (": it does not know us (HUB_TOKEN)" if status in (401, 403) else "")


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """A message is sent to the hub that we know and to nobody else."""

    def redirect_request(self, *_):
        return None


opener = urllib.request.build_opener(NoRedirect)


def post(body):
    """One call: (status, answer, seconds to wait), the status None when there was no whole answer."""
    headers = {"Content-Type": "application/cloudevents+json", "Authorization": f"Bearer {TOKEN}"}
    try:
        try:
            answer = opener.open(urllib.request.Request(f"{HUB}/messages", body, headers), timeout=30)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            after = answer.headers.get("Retry-After", "")
            wait_s = int(after) if after.isascii() and after.isdecimal() else None
            return answer.status, answer.read().decode(errors="replace"), wait_s
    except (OSError, ValueError, http.client.HTTPException):
        return None, "", None


class Door(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_POST(self):
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdecimal() and len(length) < 10):
            return self.answer(411)
        if int(length) > MOST_BYTES:
            return self.answer(413)
        body = self.rfile.read(int(length))
        if not is_signed(self.headers, body):
            return self.answer(401)
        try:
            take(self.headers["webhook-id"], json.loads(body))
        except (ValueError, TypeError, KeyError, AttributeError):  # signed, and yet no notice
            return self.answer(400)
        return self.answer(204)

    def answer(self, status):
        self.send_response(status)
        if status != 204:
            self.send_header("Content-Length", "0")
        if status in (411, 413):
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()

    def log_message(self, *_):
        pass


def listen(port):
    """The server on a port of this machine, or the end of the program in one sentence."""
    try:
        return ThreadingHTTPServer(("127.0.0.1", int(port)), Door)
    except (OSError, OverflowError, ValueError) as error:
        sys.exit(f"PORT {port} cannot be listened at ({error}): set another PORT")


if __name__ == "__main__":
    server = listen(os.environ.get("PORT", "9000"))
    threading.Thread(target=send_for_ever, daemon=True).start()
    something_to_send.set()
    print(f"listening on http://127.0.0.1:{server.server_port}/", flush=True)
    server.serve_forever()
