"""Whether something still answers where the vendor's system is. Imports the record's exchanges only."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from hub.kit.recording import Wire

_TIMES: Final = 3
_BETWEEN_S: Final = 0.5


async def takes_a_connection(url: str, timeout_s: float) -> bool:
    """Whether a connection can be opened to an address; nothing is sent over it."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        async with asyncio.timeout(timeout_s):
            _, writer = await asyncio.open_connection(parts.hostname, port)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True


async def is_gone(url: str, timeout_s: float) -> bool:
    """Whether no connection could be opened, several times in a row: a system that is being started again is not gone at the
    first.
    """
    for number in range(_TIMES):
        if number:
            await asyncio.sleep(_BETWEEN_S)
        if await takes_a_connection(url, timeout_s):
            return False
    return True


def silent_since(wire: Wire, started: datetime, now: datetime) -> datetime:
    """When the first of the latest calls was made that got no answer; ``now`` where every call was answered."""
    since = now
    for one in reversed([one for one in wire.exchanges if one.direction == "to_vendor"]):
        if one.status is not None:
            break
        since = started + timedelta(milliseconds=one.moment_ms)
    return since


def shown(url: str) -> str:
    """The address without user, password and query, which may be secrets."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
