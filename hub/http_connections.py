"""Connections over HTTP that the hub keeps open between its calls. Imports aiohttp only."""

from __future__ import annotations

import aiohttp
from aiohttp.client import ClientRequest, ClientTimeout
from aiohttp.connector import Connection
from aiohttp.tracing import Trace

KEEPALIVE_S = 4.0
"""Many servers close a connection that has been idle for five seconds. A call that is written at that moment is lost, so ours
let go of it before.
"""


class CleanConnector(aiohttp.TCPConnector):
    """Gives no connection on which more has come than the answer to the call before: the next call would take it for its own answer."""

    async def connect(
        self,
        req: ClientRequest,
        traces: list[Trace],
        timeout: ClientTimeout,  # noqa: ASYNC109 - the library's own parameter
    ) -> Connection:
        """A connection on which nothing has come yet that is not read."""
        while True:
            connection = await super().connect(req, traces, timeout)
            if connection.protocol is not None and not connection.protocol.should_close:
                return connection
            connection.close()
