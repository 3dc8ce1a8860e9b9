"""The sandbox's servers, the registers' and the parties', say nothing of a caller that goes before its call is whole: a hub that
gives up a call is not their error.
"""

from __future__ import annotations

import logging
import socket
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import httpx
import pytest

from hub.sandbox.registers import SimulatedRegisters
from hub.sandbox.ways import WebhookServer


@asynccontextmanager
async def register():
    async with SimulatedRegisters() as registers:
        yield registers.url("listing")


@asynccontextmanager
async def party():
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    server = WebhookServer((), port, None, lambda _: None)
    await server.start()
    try:
        yield f"http://127.0.0.1:{port}/kommun"
    finally:
        await server.stop()


@pytest.mark.parametrize("server", [register, party])
async def test_a_caller_that_goes_within_its_call_is_not_told_of_as_an_error(server, caplog):
    caplog.set_level(logging.WARNING)
    async with server() as url, httpx.AsyncClient() as client:

        async def half():
            yield b"half of it"
            raise ConnectionResetError

        for _ in range(3):
            with pytest.raises(ConnectionResetError):
                await client.post(url, content=half())
        address = urlsplit(url)
        assert (await client.get(f"http://{address.netloc}{address.path}")).status_code == 405, "it goes on"
    assert [record for record in caplog.records if record.name.startswith("uvicorn")] == []
