"""A vendor's system as small as it can be: a municipality's, that acknowledges what it is asked to. Its faults are switched on
one by one.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Self
from uuid import uuid4

import httpx
import uvicorn
from standardwebhooks import Webhook, WebhookVerificationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.sandbox import wire
from hub.translators import fhir
from schemas.envelope import Message
from schemas.messages import MESSAGES

UNIT = "SE2120001132-K01"
ACTOR = "SE2120001132-P01"
ROLE = "bistandshandlaggare"
HEALTH_CENTRE = "urn:hsa:SE2321000255-VC01"
_AFTER_THE_HEALTH_CENTRE: dict[str, dict[str, Any]] = {
    "svu.kartlaggning": {"fields": {"tidigare_vardrelationer": {"text": "Hemtjänst sedan 2019"}}},
    "svu.stallningstagande": {"kommun": {"planned_efforts": "Hemtjänst morgon och kväll"}},
    "svu.justering": {},
}
"""What the municipality does when the health centre has done the same."""


class Receiver:
    """Takes the hub's calls at ``url`` and sends to ``hub``. ``faults``: what it does badly."""

    def __init__(self, secret: str, token: str, faults: Iterable[str] = ()) -> None:
        self.hub = ""
        self.faults = set(faults)
        self.released = asyncio.Event()
        """Set when what is kept back may go."""
        self._seen: set[str] = set()
        self._kept: dict[str, Any] | None = None
        self._webhook, self._token = Webhook(secret), token
        self._socket = socket.create_server(("127.0.0.1", 0))
        app = Starlette(routes=[Route("/hub", self._take, methods=["POST"])])
        self._server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
        self._work: list[asyncio.Task[None]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}/hub"

    async def __aenter__(self) -> Self:
        self._server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign]
        self._serving = asyncio.create_task(self._server.serve(sockets=[self._socket]))
        return self

    async def __aexit__(self, *_: object) -> None:
        self.released.set()
        await asyncio.gather(*self._work)
        self._server.should_exit = True
        await self._serving

    async def _take(self, request: Request) -> Response:
        body = await request.body()
        if "does-not-verify" not in self.faults:
            try:
                self._webhook.verify(body, dict(request.headers))
            except WebhookVerificationError:
                return Response(status_code=401)
        event = self._read(body)
        if event["type"] == "se.samverkan.announcement.v1":
            return Response(status_code=204)
        if "answers-500-once" in self.faults:
            self.faults.remove("answers-500-once")
            return Response(status_code=500)
        if "answers-500" in self.faults:
            return Response(status_code=500)
        if "never-answers" in self.faults:
            await self.released.wait()
        if request.headers["webhook-id"] not in self._seen:
            self._seen.add(request.headers["webhook-id"])
            self._work.append(asyncio.create_task(self._act(event)))
        return Response(status_code=204)

    def _read(self, body: bytes) -> dict[str, Any]:
        event: dict[str, Any] = json.loads(body)
        return event

    async def _act(self, notice: dict[str, Any]) -> None:
        """What its staff would do, at once."""
        if "goes-away" in self.faults:
            self._server.should_exit = True
            return
        name = notice["type"].removeprefix("se.samverkan.").removesuffix(".v1")
        if _awaited(notice) == "kvittens":
            if "acknowledges-last" in self.faults:
                self._kept = notice
            elif "is-silent" not in self.faults:
                await self._acknowledge(notice)
        if name in _AFTER_THE_HEALTH_CENTRE and notice["source"] == HEALTH_CENTRE:
            await self.send(notice, name, _AFTER_THE_HEALTH_CENTRE[name])
            if self._kept is not None:
                await self._acknowledge(self._kept)
                self._kept = None

    async def _acknowledge(self, notice: dict[str, Any]) -> None:
        if "is-late" in self.faults:
            await self.released.wait()
        if "sends-what-it-may-not" in self.faults:
            await self.send(notice, "svu.utskrivning", {"date": "2026-03-02", "kind": "utskrivning"})
        if "sends-what-nobody-awaits" in self.faults:
            await self.send(notice, "meddelande", {"text": "Vi ses"})
        if "acknowledges-another-message" in self.faults:
            await self.send(notice, "kvittens", {"message": "m-of-somebody-else"})
        if "begins-with-a-wrong-token" in self.faults:
            await self.send(notice, "kvittens", {"message": notice["id"]}, token="wrong")
        id_ = str(uuid4())
        await self.send(notice, "kvittens", {"message": notice["id"]}, id_)
        if "says-it-again-otherwise" in self.faults:
            await self.send(notice, "kvittens", {"message": notice["id"]}, id_, actor="SE2120001132-P02")

    async def send(
        self,
        about: dict[str, Any],
        name: str,
        data: dict[str, Any],
        id_: str | None = None,
        actor: str = ACTOR,
        token: str = "",
    ) -> None:
        """Sends a message about a notice's case."""
        event = {
            "specversion": "1.0",
            "id": id_ or str(uuid4()),
            "source": f"urn:hsa:{UNIT}",
            "type": f"se.samverkan.{name}.v1",
            "subject": about["case"],
            "time": datetime.now(UTC).isoformat(),
            "actor": actor,
            "actorrole": ROLE,
            "data": data,
        }
        async with httpx.AsyncClient() as client:
            await self._post(client, about, event, token)

    async def _post(self, client: httpx.AsyncClient, about: dict[str, Any], event: dict[str, Any], token: str) -> None:
        """One call with a message; ``about``: the notice that it answers."""
        _ = about
        with contextlib.suppress(httpx.TransportError):  # the kit may have ended
            await client.post(f"{self.hub}/messages", **self.call(event, token))

    def call(self, event: dict[str, Any], token: str) -> dict[str, Any]:
        """How a message is sent, as httpx takes it."""
        headers = {"authorization": f"Bearer {token or self._token}", "content-type": "application/cloudevents+json"}
        return {"content": json.dumps(event), "headers": headers}


class FhirReceiver(Receiver):
    """The same with FHIR Bundles: it acknowledges what it is asked to, by ``$process-message``."""

    def _read(self, body: bytes) -> dict[str, Any]:
        event = json.loads(body)
        alone = event.get("resourceType") == "Bundle"
        told = wire.read({}, body if alone else json.dumps(event["data"]).encode())
        assert isinstance(told, wire.ReceivedNotice)
        awaits = json.dumps(told.awaits)
        return {
            "id": told.message,
            "type": told.name,
            "source": f"urn:hsa:{told.unit}",
            "case": told.case,
            "awaits": awaits,
        }

    async def send(self, about: dict[str, Any], name: str, data: dict[str, Any], *_: object) -> None:
        body = MESSAGES[name].model_validate(data)
        message = Message(str(uuid4()), UNIT, name, about["case"], datetime.now(UTC), ACTOR, ROLE, body)
        headers = {"authorization": f"Bearer {self._token}", "content-type": "application/fhir+json"}
        async with httpx.AsyncClient() as client:
            await client.post(f"{self.hub}/fhir/$process-message", content=fhir.write_request(message), headers=headers)


def _awaited(notice: dict[str, Any]) -> str | None:
    awaits: dict[str, str] = json.loads(notice["awaits"])
    return awaits.get(UNIT)
