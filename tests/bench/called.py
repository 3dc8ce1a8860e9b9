"""A receiver that the hub calls: each call is kept as it came, and answered at once. Imports the standard library and aiokafka's record."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import dataclass

from aiokafka import ConsumerRecord

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_HEADER_ID = re.compile(rb'"resourceType":"MessageHeader","id":"([^"]+)"')


@dataclass(slots=True)
class Kept:
    """One notice as it came."""

    system: str
    at: float
    head: bytes | ConsumerRecord
    body: bytes


class Called(asyncio.Protocol):
    """One connection of the hub's: each call is kept and answered when it is whole."""

    def __init__(self, keep: Callable[[Kept], None], answer: Callable[[bytes], bytes]) -> None:
        self._keep, self._answer, self._read = keep, answer, bytearray()
        self._transport: asyncio.WriteTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._read += data
        while (end := self._read.find(b"\r\n\r\n")) >= 0:
            length = _LENGTH.search(self._read, 0, end + 2)
            assert length is not None, bytes(self._read[:end])
            size = end + 4 + int(length[1])
            if len(self._read) < size:
                return
            head, body = bytes(self._read[:end]), bytes(self._read[end + 4 : size])
            del self._read[:size]
            path = head.split(b" ", 2)[1].decode()
            self._keep(Kept(path.split("/")[1], time.time(), head, body))
            self._transport.write(self._answer(body))


def answer_aa(body: bytes) -> bytes:
    """The answer of a receiver that has taken a FHIR message."""
    found = _HEADER_ID.search(body)
    assert found is not None, body[:500]
    said = (
        b'{"resourceType":"Bundle","type":"message","entry":[{"resource":{"resourceType":"MessageHeader","response":{"identifier":"%s",'
        b'"code":"ok"}}}]}' % found[1]
    )
    return b"HTTP/1.1 200 OK\r\ncontent-type: application/fhir+json\r\ncontent-length: %d\r\n\r\n%s" % (len(said), said)


def headers_of(head: bytes) -> dict[str, str]:
    """The headers of a call."""
    lines = (line.partition(":") for line in head.decode("latin-1").split("\r\n")[1:])
    return {name.lower(): value.strip() for name, _, value in lines}
