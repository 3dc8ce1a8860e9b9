"""Wrong tokens, states and codes, and sign-ins that are begun and left: who makes too many waits. Imports cachetools and the errors only.

Counted in one process, by the address that calls; of the console's pages that is the visitor's. Whose session was in force here a moment
ago is let in all the same, so that a guesser behind the same proxy shuts nobody out.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from cachetools import TTLCache
from fastapi import Request

from hub.errors import Refused

_WRONG: Final = 60
_BEGUN: Final = 300
_SECONDS: Final = 60.0
_KNOWN_S: Final = 3600.0
_MOST: Final = 20_000


@dataclass(slots=True)
class Counter:
    """How many, in the minute since the first."""

    count: int = 0


class Guesses:
    """How many wrong ones an address has shown in the last minute."""

    def __init__(self, wrong: int = _WRONG) -> None:
        self._most = wrong
        self._begun: TTLCache[str, Counter] = TTLCache(_MOST, _SECONDS)
        self._wrong: TTLCache[str, Counter] = TTLCache(_MOST, _SECONDS)
        self._known: TTLCache[bytes, None] = TTLCache(_MOST, _KNOWN_S)

    def check(self, request: Request, token: str | None = None) -> None:
        """Raises ``Refused`` 429 where the address has shown too many wrong ones, and this token was not in force lately."""
        counted = self._wrong.get(_address(request))
        if counted is None or counted.count < self._most or (token is not None and _hash(token) in self._known):
            return
        raise _wait("För många felaktiga försök härifrån.", "Too many wrong attempts from here.")

    def begins(self, request: Request) -> None:
        """Count a sign-in that begins. Raises ``Refused`` 429 where the address has begun too many."""
        counted = self._begun.setdefault(_address(request), Counter())
        counted.count += 1
        if counted.count > _BEGUN:
            raise _wait("För många inloggningar begynns härifrån.", "Too many sign-ins are begun from here.")

    def wrong(self, request: Request) -> None:
        """Count a wrong one."""
        self._wrong.setdefault(_address(request), Counter()).count += 1

    def right(self, token: str) -> None:
        """Remember a token that is in force."""
        self._known[_hash(token)] = None


def _wait(sv: str, en: str) -> Refused:
    return Refused("too-many-guesses", f"{sv} Vänta en minut.", f"{en} Wait a minute.", "/authorization", 429)


def _address(request: Request) -> str:
    return request.client.host if request.client is not None else ""


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
