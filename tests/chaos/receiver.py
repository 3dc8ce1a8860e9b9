"""A receiver over HTTP, of webhooks or of FHIR messages, which can be ill in every way that a receiver can. Imports the tests' listener
only.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.wires import Listener

ILLS = ("500", "429", "410", "400", "slow", "late", "reset-before", "reset-after", "double", "dead")
"""``400`` refuses one notice for good; ``410`` says that the receiver is gone; ``late`` answers when the hub no longer waits;
``reset-…`` breaks the connection before or after the notice was kept; ``double`` answers twice; ``dead`` answers nothing.
"""


@dataclass(slots=True)
class Health:
    """How a system is: what it receives by has one of ``ILLS``, or None."""

    ill: str | None = None
    late_s: float = 2.5
    """How long ``late`` waits: longer than the hub does."""


class Webhook(Listener):
    """Keeps what comes, in its order, by ``got``: (headers, content)."""

    def __init__(self, health: Health, got: Callable[[dict[str, str], Any], None]) -> None:
        super().__init__()
        self._health = health
        self._got = got

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while await self._one(reader, writer):
                pass

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answers one call; False when the connection is to end."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        content = json.loads(await reader.readexactly(int(headers["content-length"])))
        ill = self._health.ill
        if ill == "dead":
            await asyncio.sleep(self._health.late_s)
            return False
        if ill == "reset-before":
            writer.transport.abort()
            return False
        if ill in {"500", "429", "410", "400"}:
            writer.write(_answer(ill, b"", "retry-after: 1\r\n" if ill == "429" else ""))
            await writer.drain()
            return True
        if ill == "slow":
            await asyncio.sleep(0.2)
        self._got(headers, content)
        if ill == "reset-after":
            writer.transport.abort()
            return False
        if ill == "late":
            await asyncio.sleep(self._health.late_s)
        writer.write(_answer(*self.yes(content)) * (2 if ill == "double" else 1))
        await writer.drain()
        return True

    def yes(self, content: Any) -> tuple[str, bytes]:
        """(status, body) that acknowledges what came."""
        del content
        return "204", b""


class FhirServer(Webhook):
    """Answers each message with a message: AA."""

    def yes(self, content: Any) -> tuple[str, bytes]:
        header = content["entry"][0]["resource"]
        said = {"resourceType": "MessageHeader", "response": {"identifier": header["id"], "code": "ok"}}
        return "200", json.dumps({"resourceType": "Bundle", "type": "message", "entry": [{"resource": said}]}).encode()


def _answer(status: str, body: bytes, more: str = "") -> bytes:
    head = f"HTTP/1.1 {status} X\r\ncontent-type: application/fhir+json\r\ncontent-length: {len(body)}\r\n{more}\r\n"
    return head.encode() + body
