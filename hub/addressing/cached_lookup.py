"""One question to a register: answered from the cache or by a call, cached and counted; a failure is classified
(law-and-lookups.md §3). Imports ``soap_client`` beside it and ``translators.soap.envelope``. It logs nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any, Generic, Protocol, TypeVar

from pydantic import TypeAdapter, ValidationError

from hub.addressing.soap_client import Caller, Parked, failure_of
from hub.errors import Unavailable
from hub.translators.soap.envelope import SoapFault, SoapRequest, Unreadable

T = TypeVar("T")
OnLookup = Callable[[str, str, float], None]
"""(contract, outcome, seconds); outcome: ok, none, cached, held, fault, parked, unavailable, unreadable or defect."""
OnFailure = Callable[[str, str], None]
"""(contract, reason): VP009, client-fault, time-out, http-503, unreadable-not-valid-…; nothing of an answer's content."""
_LONGEST_PAUSE_S = 3600.0
_LARGE = 100_000
"""Bytes; a larger answer is read in a thread beside the event loop."""


class Cache(Protocol):
    """Keeps answers between look-ups, and faults for as long as they forbid another try."""

    async def get(self, register: str, key: str) -> dict[str, Any] | None:
        """The stored answer, or ``None``. An expired answer may still come: the caller looks at its time."""

    async def put(self, register: str, key: str, answer_json: dict[str, Any], expires: datetime) -> None:
        """Keep until ``expires`` (aware). ``key`` names nobody, ``answer_json`` does: it is never logged."""


@dataclass(frozen=True, slots=True)
class CachedContract(Generic[T]):
    """How the answers of one contract are named in metrics and in the cache, turned into JSON, and which of them are empty."""

    name: str
    adapter: TypeAdapter[T]
    empty: Callable[[T], bool]


class CachedLookup:
    """Asks every question, whichever register it is for."""

    def __init__(
        self,
        cache: Cache,
        key_secret: bytes,
        now: Callable[[], datetime],
        on_lookup: OnLookup,
        on_failure: OnFailure,
    ) -> None:
        self._cache = cache
        self._key_secret = key_secret
        self._now = now
        self._on_lookup = on_lookup
        self._on_failure = on_failure

    async def ask(
        self,
        kept: CachedContract[T],
        caller: Caller,
        producer: str,
        about: tuple[str, ...],
        *,
        build: Callable[[], SoapRequest],
        read: Callable[[bytes], T],
        fresh: bool = False,
        routine: bool = False,
    ) -> T:
        """The answer, from the cache while it is good, unless ``fresh``. Raises ``Unavailable`` or ``Parked``.
        ``producer`` is asked, ``about`` names the question; ``routine``: nobody waits for the answer.
        """
        begun = time.perf_counter()
        key = self.key(kept.name, producer, *about)
        stored = await self._cache.get(kept.name, key)
        if stored is not None and (left := (datetime.fromisoformat(stored["until"]) - self._now()).total_seconds()) > 0:
            if "fault" in stored:
                self.report(kept.name, "held", begun)
                raise _held(stored, left)
            if not fresh:
                try:
                    answer = kept.adapter.validate_python(stored["answer"])
                except ValidationError:
                    pass  # written by another version of the hub: ask again
                else:
                    self.report(kept.name, "cached", begun)
                    return answer
        try:
            answer = await read_beside(await caller.ask(producer, build(), routine=routine), read)
        except Exception as error:  # noqa: BLE001 - whatever is raised concerns this question alone, and is an outcome
            failure = self.failed(kept.name, error, begun)
            asked_to_wait = getattr(error, "retry_after", None) if _of_the_producer(error) else None
            if isinstance(error, SoapFault | Unreadable):
                await self._hold(kept.name, key, failure, caller.settings.fault_pause)
            elif asked_to_wait is not None:
                await self._hold(kept.name, key, failure, min(asked_to_wait, _LONGEST_PAUSE_S))
            raise failure from None
        await self.keep(kept, caller, key, answer)
        self.report(kept.name, "none" if kept.empty(answer) else "ok", begun)
        return answer

    async def keep(self, kept: CachedContract[T], caller: Caller, key: str, answer: T) -> None:
        """Caches an answer until it must be asked for anew; an empty answer for a shorter time."""
        settings = caller.settings
        until = self._now() + timedelta(seconds=settings.ttl_negative if kept.empty(answer) else settings.ttl_positive)
        stored = {"answer": kept.adapter.dump_python(answer, mode="json"), "until": until.isoformat()}
        await self._cache.put(kept.name, key, stored, until)

    async def _hold(self, name: str, key: str, failure: Unavailable | Parked, pause: float) -> None:
        """Caches a fault where every process sees it: the register counts all hubs as one consumer."""
        until = self._now() + timedelta(seconds=pause)
        parked, vp = (True, failure.vp_number) if isinstance(failure, Parked) else (False, None)
        stored = {"fault": failure.reason, "parked": parked, "vp_number": vp, "until": until.isoformat()}
        await self._cache.put(name, key, stored, until)

    def key(self, *parts: str) -> str:
        """The cache key of a question, from contract, producer and subject."""
        return key_of(self._key_secret, *parts)

    def failed(self, name: str, error: Exception, begun: float) -> Unavailable | Parked:
        """Classifies a failure, counts it and reports it to operations."""
        if isinstance(error, SoapFault | Unreadable):
            failure = failure_of(error)
            word = "unreadable" if isinstance(error, Unreadable) else "fault"
        elif isinstance(error, Unavailable | Parked):
            failure, word = error, "unavailable"
        else:
            failure, word = Unavailable(f"defect-{type(error).__name__}"), "defect"
        self.report(name, "parked" if isinstance(failure, Parked) else word, begun)
        self._on_failure(name, failure.reason)
        return failure

    def report(self, name: str, outcome: str, begun: float) -> None:
        """Counts the question; ``begun``: when it was asked, by ``time.perf_counter``."""
        self._on_lookup(name, outcome, time.perf_counter() - begun)


def key_of(secret: bytes, *parts: str) -> str:
    """A key that names nobody: a keyed hash, since a plain hash of a personnummer is soon guessed."""
    return blake2b("\x1f".join(parts).encode(), key=secret, digest_size=20).hexdigest()


def _held(stored: dict[str, Any], left: float) -> Unavailable | Parked:
    """The cached fault, raised again without a call. ``left``: seconds until the question may be asked."""
    if stored["parked"]:
        return Parked(stored["fault"], stored["vp_number"])
    return Unavailable(stored["fault"], retry_after=left)


def _of_the_producer(error: Exception) -> bool:
    """Whether the producer itself said that it cannot answer now."""
    return isinstance(error, Unavailable) and error.reason.startswith("http-")


async def read_beside(body: bytes, read: Callable[[bytes], T]) -> T:
    """Reads an answer; a large one in a thread beside the event loop."""
    return await asyncio.to_thread(read, body) if len(body) > _LARGE else read(body)
