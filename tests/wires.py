"""Wires between a hub and its database that misbehave: one that goes silent, and a pooler in transaction mode."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from typing import Self

import psycopg
import sqlalchemy as sa

from hub.sandbox.children import free_port


class Listener:
    """Serves whoever connects to its port, by ``talk``, for as long as it is entered."""

    def __init__(self) -> None:
        self.port = free_port()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self.talk(reader, writer)
        finally:
            self._tasks.discard(task)
            writer.close()

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until it ends."""
        raise NotImplementedError


class Wire(Listener):
    """Passes bytes between any client and one server; ``cut`` makes it silent, as a machine without power is."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self._url = sa.make_url(address)
        self._flows = asyncio.Event()
        self._flows.set()

    @property
    def url(self) -> str:
        """The database's address by way of the wire."""
        return self._url.set(host="127.0.0.1", port=self.port).render_as_string(hide_password=False)

    def cut(self) -> None:
        """From now on nothing passes, and nobody is told."""
        self._flows.clear()

    def mend(self) -> None:
        """What was on its way arrives after all."""
        self._flows.set()

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._flows.wait()
            back, on = await asyncio.open_connection(self._url.host, self._url.port)
            async with asyncio.TaskGroup() as ways:
                ways.create_task(self._pass(reader, on))
                ways.create_task(self._pass(back, writer))
        except* OSError:
            pass

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            await self._flows.wait()
            writer.write(data)
            await writer.drain()
        writer.close()


class Pooler:
    """Gives each transaction whichever of its few sessions is free, as PgBouncer does with ``pool_mode=transaction``."""

    def __init__(self, address: str, sessions: int) -> None:
        self._url = sa.make_url(address)
        self.port = free_port()
        plain = self._url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._behind = [psycopg.connect(plain, autocommit=True) for _ in range(sessions)]
        self._free: asyncio.LifoQueue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.LifoQueue()
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        """The database's address by way of the pooler."""
        return self._url.set(host="127.0.0.1", port=self.port).render_as_string(hide_password=False)

    async def __aenter__(self) -> Self:
        for connection in self._behind:
            # psycopg has logged in; from here on we speak the protocol on its socket.
            raw = socket.socket(fileno=os.dup(connection.fileno()))
            self._free.put_nowait(await asyncio.open_connection(sock=raw))
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        while not self._free.empty():
            self._free.get_nowait()[1].close()
        for connection in self._behind:
            connection.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                opening = await reader.readexactly(int.from_bytes(await reader.readexactly(4)) - 4)
                if int.from_bytes(opening[:4]) >> 16 == 3:
                    break
                writer.write(b"N")  # neither TLS nor GSS
            writer.write(_message(b"R", bytes(4)) + _message(b"K", bytes(8)) + _message(b"Z", b"I"))
            while True:
                first = await _one(reader)
                if first[:1] == b"X":
                    break
                session = await self._free.get()
                try:
                    await self._transaction(first, reader, writer, *session)
                finally:
                    self._free.put_nowait(session)
        writer.close()

    async def _transaction(
        self,
        message: bytes,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        back: asyncio.StreamReader,
        on: asyncio.StreamWriter,
    ) -> None:
        while True:
            on.write(message)
            if message[:1] in b"QS":  # the server answers, and says at the end whether a transaction is open
                while (answer := await _one(back))[:1] != b"Z":
                    writer.write(answer)
                writer.write(answer)
                if answer[5:] == b"I":
                    return
            message = await _one(reader)


def _message(kind: bytes, body: bytes) -> bytes:
    return kind + (len(body) + 4).to_bytes(4) + body


async def _one(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readexactly(5)
    return head + await reader.readexactly(int.from_bytes(head[1:]) - 4)
