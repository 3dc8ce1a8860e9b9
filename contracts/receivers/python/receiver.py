"""A receiver of the hub's webhooks that acknowledges what is awaited of its unit. Python's own library only; see ../README.md."""

import base64
import hashlib
import hmac
import json
import os
import sqlite3
import threading
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HUB, TOKEN = os.environ["HUB_URL"].rstrip("/"), os.environ["HUB_TOKEN"]
SECRETS = [base64.b64decode(one.removeprefix("whsec_")) for one in os.environ["HUB_SECRET"].split()]
UNIT, ACTOR, ROLE = os.environ["UNIT"], os.environ["ACTOR"], os.environ["ROLE"]
TOLERANCE_S, MOST_BYTES = 300, 20_000_000

store = sqlite3.connect(os.environ.get("STORE", "receiver.db"), check_same_thread=False, isolation_level=None)
store.execute("CREATE TABLE IF NOT EXISTS notice (webhook_id TEXT PRIMARY KEY, event TEXT NOT NULL)")
store.execute("CREATE TABLE IF NOT EXISTS act (id TEXT PRIMARY KEY, event TEXT NOT NULL, answer TEXT)")
lock, something_to_send = threading.Lock(), threading.Event()


def is_signed(headers, body):
    """Whether one of our secrets has signed the body under this id within the last five minutes."""
    id_, moment = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not moment.isdigit() or abs(time.time() - int(moment)) > TOLERANCE_S:
        return False
    text = f"{id_}.{moment}.".encode() + body
    ours = [base64.b64encode(hmac.digest(secret, text, hashlib.sha256)).decode() for secret in SECRETS]
    theirs = [one.removeprefix("v1,") for one in headers.get("webhook-signature", "").split() if one.startswith("v1,")]
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
    wait_s = 0.5
    while True:
        with lock:
            row = store.execute("SELECT id, event FROM act WHERE answer IS NULL ORDER BY rowid LIMIT 1").fetchone()
        if row is None:
            something_to_send.wait()
            something_to_send.clear()
            continue
        status, answer, retry_after = post(row[1].encode())
        if status is not None and status != 429 and status < 500:
            with lock:
                store.execute("UPDATE act SET answer = ? WHERE id = ?", (answer, row[0]))
            print(f"{row[0]}: {status} {answer}", flush=True)
            wait_s = 0.5
        else:
            time.sleep(retry_after or wait_s)
            wait_s = min(wait_s * 2, 60)


def post(body):
    """One call: (status, answer, seconds to wait), the status None when there was no answer."""
    headers = {"Content-Type": "application/cloudevents+json", "Authorization": f"Bearer {TOKEN}"}
    try:
        with urllib.request.urlopen(urllib.request.Request(f"{HUB}/messages", body, headers), timeout=30) as answer:
            return answer.status, answer.read().decode(), None
    except urllib.error.HTTPError as error:
        after = error.headers.get("Retry-After", "")
        return error.code, error.read().decode(), int(after) if after.isdigit() else None
    except OSError:
        return None, "", None


class Door(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        length = int(self.headers.get("Content-Length") or 0)
        if length > MOST_BYTES:
            return self.answer(413)
        body = self.rfile.read(length)
        if not is_signed(self.headers, body):
            return self.answer(401)
        take(self.headers["webhook-id"], json.loads(body))
        return self.answer(204)

    def answer(self, status):
        self.send_response(status)
        if status != 204:
            self.send_header("Content-Length", "0")
        if status == 413:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    threading.Thread(target=send_for_ever, daemon=True).start()
    something_to_send.set()
    server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "9000"))), Door)
    print(f"listening on http://127.0.0.1:{server.server_port}/", flush=True)
    server.serve_forever()
