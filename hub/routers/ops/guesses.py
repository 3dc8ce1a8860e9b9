"""Wrong tokens, states and codes: who shows too many waits. Imports cachetools and the errors only.

Counted by the address that calls, in one process. Whose session was in force here a moment ago is let in all the same, so that a guesser
behind the same proxy shuts nobody out.
"""

from __future__ import annotations

import hashlib
from typing import Final

from cachetools import TTLCache
from fastapi import Request

from hub.errors import Refused

_WRONG: Final = 60
_SECONDS: Final = 60.0
_KNOWN_S: Final = 3600.0
_MOST: Final = 20_000


class Guesses:
    """How many wrong ones an address has shown in the last minute."""

    def __init__(self, wrong: int = _WRONG) -> None:
        self._most = wrong
        self._wrong: TTLCache[str, int] = TTLCache(_MOST, _SECONDS)
        self._known: TTLCache[bytes, None] = TTLCache(_MOST, _KNOWN_S)

    def check(self, request: Request, token: str | None = None) -> None:
        """Raises ``Refused`` 429 where the address has shown too many wrong ones, and this token was not in force lately."""
        if self._wrong.get(_address(request), 0) < self._most or (token is not None and _hash(token) in self._known):
            return
        raise Refused(
            "too-many-guesses",
            "För många felaktiga försök härifrån. Vänta en minut.",
            "Too many wrong attempts from here. Wait a minute.",
            "/authorization",
            429,
        )

    def wrong(self, request: Request) -> None:
        """Count a wrong one."""
        address = _address(request)
        self._wrong[address] = self._wrong.get(address, 0) + 1

    def right(self, token: str) -> None:
        """Remember a token that is in force."""
        self._known[_hash(token)] = None


def _address(request: Request) -> str:
    return request.client.host if request.client is not None else ""


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
