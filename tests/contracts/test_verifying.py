"""How contracts/README.md verifies a webhook in Python: true of the library, in every format that the hub sends."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook

FOLDER = Path(__file__).parents[2] / "contracts"
(BLOCK,) = re.findall(r"```python\n(.*?)```", (FOLDER / "README.md").read_text(encoding="utf-8"), re.DOTALL)
WRITTEN: dict[str, Any] = {}
exec(BLOCK, WRITTEN)
SECRET, OTHER = "whsec_" + 8 * "c2Ft", "whsec_" + 8 * "b3Ro"
BODIES = {
    "json": '{"specversion": "1.0", "data": {"place": "Malmö"}}',
    "xml": '<Bundle xmlns="http://hl7.org/fhir"><type value="message"/><!-- Malmö --></Bundle>',
}


def headers(body: str, secret: str = SECRET, late: timedelta = timedelta()) -> dict[str, str]:
    """As the hub's exit writes them."""
    now = datetime.now(UTC) - late
    return {
        "Webhook-Id": "7",
        "Webhook-Timestamp": str(int(now.timestamp())),
        "Webhook-Signature": Webhook(secret).sign("7", now, body),
    }


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_what_the_hub_signed_is_signed_in_json_and_in_xml(body):
    assert WRITTEN["is_signed"](SECRET, body.encode(), headers(body)) is True


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_what_somebody_else_signed_changed_or_sent_again_later_is_not(body):
    is_signed = WRITTEN["is_signed"]
    assert is_signed(SECRET, body.encode(), headers(body, OTHER)) is False
    assert is_signed(SECRET, body.encode() + b" ", headers(body)) is False
    assert is_signed(SECRET, body.encode(), headers(body, late=timedelta(hours=1))) is False
    assert is_signed(SECRET, body.encode(), {}) is False


@pytest.mark.parametrize("signature", ["v1", "v1,é", "v1,a", "a,b,c"])
def test_what_is_no_signature_ends_in_no_error(signature):
    body = BODIES["xml"]
    assert WRITTEN["is_signed"](SECRET, body.encode(), {**headers(body), "Webhook-Signature": signature}) is False


def test_a_body_that_is_no_text_ends_in_no_error():
    assert WRITTEN["is_signed"](SECRET, b"\xff", headers("")) is False
