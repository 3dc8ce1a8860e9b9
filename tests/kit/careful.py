"""A municipality's system that does as a good one does also when something goes wrong on the way, and each of the ways to do that
badly, switched on one by one.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
from standardwebhooks import Webhook, WebhookVerificationError
from starlette.requests import Request
from starlette.responses import Response

from hub.kit.kit import secret_of, token_of
from tests.kit.receiver import Receiver

UNKNOWN = ("added_in_1_1", "addedin11")
_ATTEMPTS = 5


class CarefulReceiver(Receiver):
    """Knows both secrets, knows what it has seen and done, and sends each message until it is answered."""

    def __init__(self, *faults: str) -> None:
        super().__init__(secret_of(1, "webhook"), token_of(1), faults)
        secrets = [secret_of(1, "webhook"), secret_of(1, "next")]
        self._secrets = secrets[:1] if {"knows-one-secret", "looks-at-one-signature"} & set(faults) else secrets
        self._latest = 0
        """The highest number of a call."""
        self._numbers: dict[str, set[int]] = {}
        """Case → the numbers that it has seen."""
        self._waiting: list[dict[str, Any]] = []
        """Notices that it does not act on yet."""

    async def _take(self, request: Request) -> Response:
        body = await request.body()
        event = json.loads(body)
        if not self._is_signed(body, request):
            if "acts-before-it-verifies" in self.faults and "case" in event:
                await self._act(event)
            return Response(status_code=400 if "answers-400-to-a-false-signature" in self.faults else 401)
        if event["type"] == "se.samverkan.announcement.v1":
            return Response(status_code=204)
        id_ = request.headers["webhook-id"]
        if (status := self._refused(event, id_)) is not None:
            return Response(status_code=status)
        if id_ in self._seen and "answers-409-to-what-it-has-seen" in self.faults:
            return Response(status_code=409)
        if id_ in self._seen and "acts-on-what-it-has-seen" in self.faults:
            await self._act(event)
        if id_ not in self._seen:
            self._seen.add(id_)
            self._waiting.append(event)
            self._saw(event["case"], int(event["sequence"]))
        return Response(status_code=204)

    def _is_signed(self, body: bytes, request: Request) -> bool:
        headers = dict(request.headers)
        if "looks-at-one-signature" in self.faults:
            headers["webhook-signature"] = headers["webhook-signature"].split()[0]
        if "looks-at-no-clock" in self.faults:
            signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
            keys = [base64.b64decode(secret.removeprefix("whsec_")) for secret in self._secrets]
            made = [base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode() for key in keys]
            return any(f"v1,{one}" in headers["webhook-signature"].split() for one in made)
        for secret in self._secrets:
            try:
                Webhook(secret).verify(body, headers)
            except WebhookVerificationError:
                continue
            return True
        return False

    def _refused(self, event: dict[str, Any], id_: str) -> int | None:
        time, now = datetime.fromisoformat(event["time"]), datetime.now(UTC)
        number = int(id_.removeprefix("out-"))
        self._latest = max(self._latest, number)
        strict = "refuses-what-it-does-not-know" in self.faults
        unknown = any(name in (*event, *event["data"]) for name in UNKNOWN)
        refused = (
            ("refuses-what-is-old" in self.faults and time < now - timedelta(hours=24))
            or ("refuses-the-future" in self.faults and time > now + timedelta(seconds=60))
            or ("orders-all-cases-together" in self.faults and number < self._latest)
            or (strict and unknown)
        )
        return 422 if refused else None

    def _saw(self, case: str, number: int) -> None:
        """Acts on what it can act on now: a bad receiver waits for every number, a good one for none."""
        seen = self._numbers.setdefault(case, set())
        seen.add(number)
        for event in list(self._waiting):
            before = set(range(min(seen), int(event["sequence"])))
            if "waits-for-every-number" not in self.faults or (event["case"] == case and before <= seen):
                self._waiting.remove(event)
                self._work.append(asyncio.create_task(self._act(event)))

    async def _act(self, notice: dict[str, Any]) -> None:
        await super()._act(notice)
        protected = notice["type"].startswith("se.samverkan.folkbokforing") and notice["data"]["news"] == "protected"
        if protected and "goes-on-after-the-protection" in self.faults:
            await self.send(notice, "meddelande", {"text": "Ring gärna"})

    async def _post(self, client: httpx.AsyncClient, about: dict[str, Any], event: dict[str, Any], token: str) -> None:
        """Calls until an answer comes that is no waiting, always with the same id."""
        for _ in range(_ATTEMPTS):
            wait_s = 0.1
            try:
                answer = await client.post(f"{self.hub}/messages", **self.call(event, token))
            except httpx.TransportError:
                pass
            else:
                if answer.status_code not in {429, 503}:
                    if answer.status_code == 200:
                        self._saw(about["case"], answer.json()["sequence"])
                    return
                wait_s = float(answer.headers["retry-after"])
            if "sends-once" in self.faults:
                return
            if "gives-a-new-id" in self.faults:
                event["id"] = str(uuid4())
            await asyncio.sleep(0 if "does-not-wait" in self.faults else wait_s)
