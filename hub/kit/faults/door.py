"""The kit's HTTP door with a fault in it: what the vendor's system sends may get another answer than the hub's, or none. Imports
starlette, the hub's connection and the fault.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub.catalogue.entry import link
from hub.kit.faults.fault import Ask, Instead, KitFault
from hub.kit.faults.mark import MADE
from hub.routers.connections import Connection
from hub.translators import fhir
from schemas.rules import RULES

_SAYS = {
    429: (
        "Hubben tar emot mer än den hinner med. Vänta så länge som Retry-After säger.",
        "The hub is given more than it can take. Wait as long as Retry-After says.",
    ),
    503: (
        "Hubben kan inte ta emot nu. Vänta så länge som Retry-After säger.",
        "The hub cannot take messages now. Wait as long as Retry-After says.",
    ),
}
_RULE = {429: "D-8", 503: "unavailable"}
"""Status → the rule that the hub names with it."""


class BreakableConnection(Connection):
    """A connection that the application can break without an answer."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["samverkan.break"] = self.transport.abort  # type: ignore[typeddict-unknown-key]


class FaultyDoor:
    """An ASGI application behind which the hub stands, and before which a fault may."""

    def __init__(self, app: ASGIApp, fault: Callable[[], KitFault | None]) -> None:
        """``fault``: the one that is made now."""
        self._app, self._fault = app, fault

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One call of the vendor's system."""
        fault = self._fault()
        if fault is None or scope["type"] != "http" or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        body, is_whole = await _read(receive)
        if not is_whole:  # larger than any message: the hub's own limit answers it
            await self._app(scope, _again(body, receive), send)
            return
        ask = Ask(message_key(scope["headers"], body), fault.means.monotonic())
        instead = fault.answer(ask)
        if instead is not None:
            await _give(instead, fault, scope, receive, send)
            return
        said: list[Message] = []

        async def kept(part: Message) -> None:
            said.append(part)

        await self._app(scope, _again(body, _nothing_more), kept)
        status = next((part["status"] for part in said if "status" in part), 500)
        instead = fault.after(ask, status)
        if instead is not None:
            await _give(instead, fault, scope, receive, send)
            return
        for part in said:
            await send(part)


async def _give(instead: Instead, fault: KitFault, scope: Scope, receive: Receive, send: Send) -> None:
    MADE.set(fault.name)  # the call has a context of its own, in which whoever records it looks
    if instead.status is None:
        scope["samverkan.break"]()
        while (await receive())["type"] != "http.disconnect":
            pass
        return
    sv, en = _SAYS[instead.status]
    rule = _RULE[instead.status]
    problem = {
        "type": link(rule),
        "title": RULES[rule].en,
        "status": instead.status,
        "detail": en,
        "rule": rule,
        "element": "/",
        "text": {"sv": sv, "en": en},
    }
    headers = [(b"content-type", b"application/problem+json"), (b"retry-after", str(instead.retry_after_s).encode())]
    await send({"type": "http.response.start", "status": instead.status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(problem, ensure_ascii=False).encode()})


async def _read(receive: Receive) -> tuple[bytes, bool]:
    """The body, read no further than a little more than the largest message, and whether that is all of it."""
    body = bytearray()
    while len(body) <= fhir.MAX_BYTES:
        part = await receive()
        body.extend(part.get("body", b""))
        if part["type"] == "http.disconnect" or not part.get("more_body", False):
            return bytes(body), True
    return bytes(body), False


async def _nothing_more() -> Message:
    return {"type": "http.disconnect"}


def _again(body: bytes, then: Receive) -> Receive:
    parts: list[Message] = [{"type": "http.request", "body": body, "more_body": then is not _nothing_more}]

    async def receive() -> Message:
        return parts.pop() if parts else await then()

    return receive


def message_key(headers: Sequence[tuple[bytes, bytes]], body: bytes) -> str:
    """The id of a message: of a CloudEvent, or of a Bundle's MessageHeader."""
    named = {name.lower(): value.decode("latin-1") for name, value in headers}
    if b"ce-id" in named:
        return named[b"ce-id"]
    if (id_ := fhir.glimpse(body, named.get(b"content-type", "")).id) is not None:
        return id_
    try:
        found: Any = json.loads(body)
        return str(found["id"])
    except (ValueError, LookupError, TypeError, RecursionError):
        return hashlib.sha256(body).hexdigest()
