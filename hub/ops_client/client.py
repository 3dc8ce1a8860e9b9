"""Asks the operations API in the name of who is signed in, or of whoever sits at the machine. Imports httpx only."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx


@dataclass(slots=True)
class OpsRefused(Exception):  # noqa: N818 - named for what happened
    """The operations API refused: by which rule, with which words."""

    status: int
    rule: str = ""
    text: dict[str, str] = field(default_factory=dict)
    """Language → what to do."""
    element: str | None = None
    about: dict[str, Any] = field(default_factory=dict)
    """The whole problem."""


@dataclass(slots=True)
class OpsAway(Exception):  # noqa: N818
    """The operations API does not answer now: the hub is restarting, or its database is away."""

    why: str = ""
    """What stood in the way, in a word: the kind of a fault, or an HTTP status."""
    text: dict[str, str] = field(default_factory=dict)
    """Language → what the API itself says of it."""


_NO_ADDRESS = {
    "sv": "Adressen är för lång, eller så står det tecken i den som ingen adress har. Kontrollera vad du skrev.",
    "en": "The address is too long, or holds characters that no address has. Check what you wrote.",
}


@dataclass(frozen=True, slots=True)
class OpsClient:
    """The operations API for one session."""

    http: httpx.AsyncClient
    """Its ``base_url`` is where the API is mounted, as ``https://hub/ops``."""
    token: str | None = None
    by_itself: bool = False
    """Whether a page asks by itself, as to show what is new: the session's idle time then goes on."""
    visitor: str | None = None
    """The address of the browser in whose name a console asks: wrong guesses are counted by it."""

    async def ask(self, path: str, **query: Any) -> Any:
        """GET. ``query``: None and empty texts are left out. Raises ``OpsRefused`` and ``OpsAway``."""
        return await self._call(
            "GET", path, params={name: value for name, value in query.items() if value not in (None, "")}
        )

    async def say(self, path: str, body: Any = None) -> Any:
        """POST. Raises ``OpsRefused`` and ``OpsAway``."""
        return await self._call("POST", path, json=body)

    async def end(self, path: str) -> Any:
        """DELETE. Raises ``OpsRefused`` and ``OpsAway``."""
        return await self._call("DELETE", path)

    async def _call(self, method: str, path: str, **what: Any) -> Any:
        try:
            answer = await self.http.request(method, path, headers=self._headers(), **what)
        except httpx.TransportError as error:
            raise OpsAway(type(error).__name__) from error
        except httpx.InvalidURL:
            raise OpsRefused(400, "bad-query", _NO_ADDRESS) from None
        if answer.is_success:
            return answer.json() if answer.content else None
        raise refusal(answer)

    @asynccontextmanager
    async def listen(self, path: str, **query: Any) -> AsyncIterator[httpx.Response]:
        """A stream of events, open as long as the block runs. Raises ``OpsRefused`` and ``OpsAway``."""
        wait = httpx.Timeout(10, read=None)
        try:
            async with self.http.stream("GET", path, headers=self._headers(), params=query, timeout=wait) as answer:
                if not answer.is_success:
                    await answer.aread()
                    raise refusal(answer)
                yield answer
        except httpx.TransportError as error:
            raise OpsAway(type(error).__name__) from error

    def _headers(self) -> dict[str, str]:
        given = {
            "x-by-itself": "1" if self.by_itself else None,
            "x-forwarded-for": self.visitor,
            "authorization": None if self.token is None else f"Bearer {self.token}",
        }
        return {name: value for name, value in given.items() if value is not None}


def refusal(answer: httpx.Response) -> Exception:
    """What an answer that is no success means."""
    try:
        problem = answer.json()
    except ValueError:
        problem = None
    told: dict[str, Any] = problem if isinstance(problem, dict) else {}
    if answer.status_code in {502, 503, 504} or "rule" not in told:
        return OpsAway(f"HTTP {answer.status_code}", told.get("text") or {})
    return OpsRefused(answer.status_code, str(told["rule"]), told.get("text") or {}, told.get("element"), told)
