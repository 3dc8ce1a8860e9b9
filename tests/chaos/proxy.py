"""A wire between the hub and one of its parts, which can be cut, slowed down or reset. Imports the tests' listener only."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct

from tests.wires import Listener

_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER: closing the socket sends a reset, and what was not sent is thrown away."""


class Proxy(Listener):
    """Passes bytes to a port of this machine."""

    def __init__(self, target: int) -> None:
        super().__init__()
        self._target = target
        self._flows = asyncio.Event()
        self._flows.set()
        self._delay_s = 0.0
        self._open: set[asyncio.StreamWriter] = set()

    def cut(self) -> None:
        """Nothing passes any more and nobody is told, as when a machine has lost its power; what is on its way waits."""
        self._flows.clear()

    def delay(self, seconds: float) -> None:
        """Everything that passes is so late."""
        self._delay_s = seconds

    def mend(self) -> None:
        """All flows again; what was on its way arrives after all."""
        self._delay_s = 0.0
        self._flows.set()

    def reset(self) -> None:
        """Breaks every open connection on both sides."""
        for writer in list(self._open):
            _break(writer)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._flows.wait()
        try:
            back, on = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            _break(writer)
            return
        self._open |= {writer, on}
        try:
            await asyncio.gather(self._pass(reader, on), self._pass(back, writer))
        except OSError:
            _break(writer)
            _break(on)
        finally:
            self._open -= {writer, on}
            on.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            if self._delay_s:
                await asyncio.sleep(self._delay_s)
            await self._flows.wait()
            writer.write(data)
            await writer.drain()
        writer.close()


def _break(writer: asyncio.StreamWriter) -> None:
    raw = writer.get_extra_info("socket")
    if raw is not None:
        with contextlib.suppress(OSError):
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()
