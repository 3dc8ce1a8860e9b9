"""Receivers and registers over HTTP on sockets of this machine that answer whatever a test writes, also what is no HTTP."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from ipaddress import ip_network
from typing import Any

from hub.delivery.exits.addresses import Allowed
from hub.delivery.outgoing import Outgoing
from hub.translators.formats import Encoded
from schemas.directory import System

EVERYWHERE = Allowed(plain=True, networks=(ip_network("127.0.0.0/8"), ip_network("::1")))
PARCEL = Outgoing(
    "out-1", "c", Encoded(attributes={"specversion": "1.0", "id": "m-1"}, body=b"{}", media_type="application/json")
)
Say = Callable[[asyncio.StreamWriter], Awaitable[None]]


async def at_once() -> None:
    """What is asked before the bytes leave."""


def system(out: dict[str, Any], format_: str = "native", **delivery: Any) -> System:
    """A system of a municipality by a way out."""
    made = {"id": "kommun", "name": "K", "organisation": "2120001132", "units": ["SE2120001132-K01"], "out": out}
    return System.model_validate(made | {"format": format_, "delivery": {"timeout_s": 2} | delivery})


class Server:
    """Answers each call with what ``say`` writes; keeps the bodies that came, and the lines of the heads, names in small letters."""

    def __init__(self, say: Say) -> None:
        self.say, self.connections, self.url = say, 0, ""
        self.heads: list[list[str]] = []
        self.bodies: list[bytes] = []
        self.send: Any = None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self.connections += 1
        try:
            while head := (await reader.readuntil(b"\r\n\r\n")).decode():
                asks, *headers = head.split("\r\n")
                named = [line.partition(":") for line in headers]
                lines = [asks, *(name.lower() + colon + value for name, colon, value in named)]
                length = next(int(value) for name, _, value in named if name.lower() == "content-length")
                self.bodies.append(await reader.readexactly(length))
                self.heads.append(lines)
                await self.say(writer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def answering(
    say: bytes | Say, address: str = "127.0.0.1", tls: ssl.SSLContext | None = None
) -> AsyncIterator[Server]:
    """A server on a free port of this machine."""

    async def write(writer: asyncio.StreamWriter) -> None:
        if isinstance(say, bytes):
            writer.write(say)
        else:
            await say(writer)

    server = Server(write)
    listening = await asyncio.start_server(server.serve, address, 0, ssl=tls)
    host = f"[{address}]" if ":" in address else address
    server.url = f"http://{host}:{listening.sockets[0].getsockname()[1]}"
    try:
        yield server
    finally:
        listening.close()


def head(status: int, *lines: bytes, body: bytes = b"") -> bytes:
    """An answer with its body."""
    return b"\r\n".join([f"HTTP/1.1 {status} X".encode(), *lines, b"content-length: %d" % len(body), b"", body])


def in_turn(*answers: bytes, unasked: bytes = b"", ends: bool = False) -> Say:
    """The answers in their turn, one to each call. ``unasked`` comes 50 ms after each of them; ``ends``: each ends its connection."""
    left = list(answers)

    async def say(writer: asyncio.StreamWriter) -> None:
        writer.write(left.pop(0))
        if unasked:
            await writer.drain()
            await asyncio.sleep(0.05)
            writer.write(unasked)
        if ends:
            writer.close()

    return say


async def endless(writer: asyncio.StreamWriter) -> None:
    """200, and a body of 600 MB."""
    writer.write(b"HTTP/1.1 200 X\r\ntransfer-encoding: chunked\r\n\r\n")
    for _ in range(10_000):
        writer.write(b"10000\r\n" + b"x" * 65536 + b"\r\n")
        await writer.drain()


async def dripping(writer: asyncio.StreamWriter) -> None:
    """200, and a body that never ends, though it is never silent for long."""
    writer.write(b"HTTP/1.1 200 X\r\ncontent-length: 100000\r\n\r\n")
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.01)


async def cut_body(writer: asyncio.StreamWriter) -> None:
    """200, and a part of a body."""
    writer.write(b"HTTP/1.1 200 X\r\ncontent-length: 500\r\n\r\nhalf")
    await writer.drain()
    writer.close()
