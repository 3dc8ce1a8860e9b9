"""The demo parties' ways to and from the hub: HTTP and Kafka in, webhooks and Kafka out. Imports aiokafka, httpx, starlette, uvicorn,
standardwebhooks and the wire; never loaded in production.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Protocol

import httpx
import uvicorn
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from standardwebhooks import Webhook, WebhookVerificationError
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from hub.routers.connections import HttpServer
from hub.routers.errors import gone
from hub.sandbox import wire
from hub.sandbox.broken import REFUSAL, SLOW_S, How
from hub.sandbox.wire import Out, SenderAnswer
from schemas.directory import System
from schemas.ways_out import WebhookOut

log = logging.getLogger(__name__)

Received = Callable[[str, Mapping[str, str], bytes], Awaitable[None]]
"""Called with (system, attributes, body) of what the hub sent."""
_TRY_AGAIN = frozenset({408, 429, 502, 503, 504})
_OURS = frozenset({401, 403, 413})


class WayIn(Protocol):
    """A way to the hub."""

    async def send(self, out: Out) -> SenderAnswer | None:
        """Send until the hub has accepted the bytes; return the receipt, or None when it comes later."""
        ...


class HttpIn:
    """``POST /fhir/$process-message`` for Bundles, ``POST /messages`` for CloudEvents; the answer is the receipt."""

    def __init__(self, client: httpx.AsyncClient, url: str, token: str) -> None:
        self._client, self._url = client, url
        self._headers = {"authorization": f"Bearer {token}"}

    async def send(self, out: Out) -> SenderAnswer | None:
        """Send, again with the same id while the hub is unavailable, since it recognises repeats (D-2)."""
        path = "/fhir/$process-message" if out.attributes is None else "/messages"
        headers = {**self._headers, "content-type": out.media_type}
        headers |= {f"ce-{name}": value for name, value in (out.attributes or {}).items() if name != "datacontenttype"}
        wait = 0.5
        while True:
            try:
                answer = await self._client.post(self._url + path, content=out.body, headers=headers)
            except httpx.TransportError:
                await asyncio.sleep(wait)
            else:
                if answer.status_code not in _TRY_AGAIN:
                    return _receipt(answer)
                await asyncio.sleep(float(answer.headers.get("retry-after", wait)))
            wait = min(wait * 2, 10.0)


def _receipt(answer: httpx.Response) -> SenderAnswer:
    content = answer.json()
    if content.get("resourceType") == "Bundle":
        found = wire.read({}, answer.content)
        assert isinstance(found, SenderAnswer)
        return found
    if "code" not in content:  # refused before it was read as a message
        return SenderAnswer("", "fatal-error", rule=content.get("rule", f"http-{answer.status_code}"))
    return wire.answer(content)


class KafkaTopicIn:
    """The topic ``hub.in.<system>``; the receipt comes by the system's way out."""

    def __init__(self, producer: AIOKafkaProducer, system: str) -> None:
        self._producer, self._topic = producer, f"hub.in.{system}"

    async def send(self, out: Out) -> SenderAnswer | None:
        """Send; return when the broker has acknowledged it."""
        headers = [(f"ce_{name}", value.encode()) for name, value in (out.attributes or {}).items()]
        headers.append(("content-type", out.media_type.encode()))
        await self._producer.send_and_wait(self._topic, out.body, key=out.subject.encode(), headers=headers)
        return None


def producer(bootstrap: str) -> AIOKafkaProducer:
    """The producer that the demo's Kafka parties share."""
    return AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True)


class TopicReader:
    """Reads ``hub.out.<system>`` from the time of the start."""

    def __init__(self, bootstrap: str, system: str, received: Received) -> None:
        self._system, self._received = system, received
        self._consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, fetch_max_wait_ms=200)
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start at the end of every partition: an external broker may have an earlier demo's records."""
        await self._consumer.start()
        topic = f"hub.out.{self._system}"
        parts = [TopicPartition(topic, number) for number in sorted(self._consumer.partitions_for_topic(topic) or {0})]
        self._consumer.assign(parts)
        await self._consumer.seek_to_end(*parts)
        for part in parts:
            await self._consumer.position(part)
        self._task = asyncio.create_task(self._read())

    async def _read(self) -> None:
        async for record in self._consumer:
            headers = {name: value.decode() for name, value in record.headers}
            attributes = {name[3:]: value for name, value in headers.items() if name.startswith("ce_")}
            await self._received(self._system, attributes, record.value or b"")

    async def stop(self) -> None:
        """Stop reading."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._consumer.stop()


class WebhookServer:
    """One address per system, ``/<system>``; a call without a valid signature gets 401. It can be stopped and started again."""

    def __init__(
        self,
        systems: Iterable[System],
        port: int,
        received: Received,
        faulty: Callable[[str], None],
        mend: Callable[[str], Awaitable[str | None]] | None = None,
    ) -> None:
        """``mend``: what a ``POST /<system>/mend`` does; what it says is the answer, and 404 where it has nothing to say."""
        self._secrets = {s.id: s.out.secrets for s in systems if isinstance(s.out, WebhookOut)}
        self._received, self._faulty, self._mend = received, faulty, mend
        self.trouble: How | None = None
        """How it is broken."""
        routes = [
            Route("/{system}", self._take, methods=["POST"]),
            Route("/{system}/mend", self._mended, methods=["POST"]),
        ]
        app = Starlette(routes=routes, exception_handlers={ClientDisconnect: gone})
        self._config = uvicorn.Config(
            app, host="127.0.0.1", port=port, log_config=None, access_log=False, lifespan="off", ws="none"
        )
        self._server = HttpServer(self._config)
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Listen."""
        self._server = HttpServer(self._config)
        self._task = asyncio.create_task(self._server.serve())
        while not self._server.started:
            if self._task.done():
                await self._task
                raise OSError("the webhook server did not start")
            await asyncio.sleep(0.01)

    async def stop(self) -> None:
        """Stop listening."""
        if self._task is not None:
            self._server.should_exit = True
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def breaks(self, how: How) -> None:
        """Be broken from now on."""
        self.trouble = how
        if how == "down":
            await self.stop()

    async def is_mended(self) -> None:
        """Be well again."""
        self.trouble = None
        if self._task is None:
            await self.start()

    async def _mended(self, request: Request) -> Response:
        said = None if self._mend is None else await self._mend(request.path_params["system"])
        return Response(said, media_type="text/plain", status_code=404 if said is None else 200)

    async def _take(self, request: Request) -> Response:
        system = request.path_params["system"]
        body = await request.body()
        if not any(_signed(secret, body, request.headers) for secret in self._secrets.get(system, ())):
            self._faulty("bad-signature")
            return Response(status_code=401)
        if self.trouble == "error":
            return Response("Internal Server Error", status_code=500)
        if self.trouble == "refuses":
            return Response(REFUSAL, status_code=400)
        event: dict[str, Any] = json.loads(body)
        data = event.pop("data", None)
        await self._received(system, event, json.dumps(data).encode())
        if self.trouble == "slow":
            await asyncio.sleep(SLOW_S)
        return Response(status_code=204)


def _signed(secret: str, body: bytes, headers: Mapping[str, str]) -> bool:
    try:
        Webhook(secret).verify(body, dict(headers), json_parse=False)
    except WebhookVerificationError:
        return False
    return True
