"""The national registers as the hub asks them: cached, paced, and honest about what failed (law-and-lookups.md §3, §4).

Imports ``resolve`` and ``calls`` beside it, ``translators.soap``, ``schemas`` and ``hub.errors``. It logs nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from types import TracebackType
from typing import Any, Final, Generic, Protocol, Self, TypeVar

from pydantic import TypeAdapter, ValidationError

from hub.addressing.calls import Caller, Parked, RegisterSettings, failure_of
from hub.addressing.outcomes import Answer, Failed, Question, Register, Resolution, Rules, Unknown
from hub.addressing.resolve import next_question
from hub.errors import Unavailable
from hub.translators.soap import folkbokforing as population
from hub.translators.soap import hsa, listing
from hub.translators.soap.envelope import Outgoing, SoapFault, Unreadable
from schemas.identities import PersonId

__all__ = ["Cache", "OnLookup", "Parked", "RegisterSettings", "Registers"]

T = TypeVar("T")
OnLookup = Callable[[str, str, float], None]
"""(contract, outcome, seconds); outcome: ok, none, cached, held, fault, parked, unavailable, unreadable or defect."""
OnFailure = Callable[[str, str], None]
"""(contract, reason): VP009, client-fault, time-out, http-503, unreadable-not-valid-…; nothing of an answer's content."""
_LONGEST_PAUSE_S = 3600.0
_LARGE = 100_000
"""Bytes; a larger answer is read beside the event loop."""


class Cache(Protocol):
    """Where answers are kept between look-ups, and faults for as long as they forbid another try."""

    async def get(self, register: str, key: str) -> dict[str, Any] | None:
        """What was put, or ``None``. What has expired may still come: the caller looks at it."""

    async def put(self, register: str, key: str, answer_json: dict[str, Any], expires: datetime) -> None:
        """Keep until ``expires`` (aware). ``key`` names nobody, ``answer_json`` does: it is never logged."""


@dataclass(frozen=True, slots=True)
class _Kept(Generic[T]):
    """How the answers of one contract are named in metrics and cache, kept as JSON, and when one says "none"."""

    name: str
    adapter: TypeAdapter[T]
    empty: Callable[[T], bool]


_POPULATION: Final[_Kept[population.PersonRecord | None]] = _Kept(
    Register.FOLKBOKFORING, TypeAdapter(population.PersonRecord | None), lambda record: record is None
)
_COUNTIES: Final = _Kept(Register.COUNTIES, TypeAdapter(listing.CountiesAnswer), lambda found: not found.counties)
_LISTING: Final = _Kept(Register.LISTING, TypeAdapter(listing.ListingAnswer), lambda found: not found.listings)
_UNIT: Final = _Kept("hsa_unit", TypeAdapter(hsa.UnitAnswer), lambda found: found.unit is None)
_CARE_UNIT: Final = _Kept(
    "hsa_health_care_unit", TypeAdapter(hsa.HealthCareUnitAnswer), lambda found: found.unit is None
)
_EMPLOYEE: Final = _Kept("hsa_employee", TypeAdapter(hsa.EmployeeAnswer), lambda found: not found.employees)


class Registers:
    """Asks the registers. Every method raises ``Unavailable`` (try later) or ``Parked`` (do not), but ``resolve``.

    ``key_secret``: keys of the cache are keyed hashes with it, since a plain hash of a personnummer is soon guessed.
    ``on_lookup`` is called once for every question, cached ones too.
    """

    def __init__(
        self,
        *,
        folkbokforing: RegisterSettings,
        listing: RegisterSettings,
        hsa: RegisterSettings,
        actor: listing.Actor,
        cache: Cache,
        key_secret: bytes = b"",
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        on_lookup: OnLookup = lambda *_: None,
        on_failure: OnFailure = lambda *_: None,
    ) -> None:
        self._folkbokforing, self._listing, self._hsa = (Caller(s) for s in (folkbokforing, listing, hsa))
        self._settings = {self._folkbokforing: folkbokforing, self._listing: listing, self._hsa: hsa}
        self._actor = actor
        self._cache = cache
        self._key_secret = key_secret
        self._now = now
        self._on_lookup = on_lookup
        self._on_failure = on_failure

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections to every register, also when one of them will not close."""
        async with AsyncExitStack() as stack:
            for caller in self._settings:
                stack.push_async_callback(caller.aclose)

    async def resolve(self, person: PersonId, rules: Rules, *, fresh: bool = False) -> Resolution:
        """Who must know of this person. Never raises for a register: what fails is an outcome (§4)."""
        answers: dict[Question, Answer] = {}
        while isinstance(step := next_question(person, answers, rules), Question):
            answers[step] = await self.answer(step, fresh=fresh)
        return step

    async def answer(self, question: Question, *, fresh: bool = False) -> Answer:
        """The answer to one step of ``next_question``, a failure included."""
        try:
            if question.register is Register.FOLKBOKFORING:
                return await self.person(question.person, fresh=fresh) or Unknown()
            ask = self.counties if question.register is Register.COUNTIES else self.listings
            return await ask(question.county or "", question.person, fresh=fresh)
        except Unavailable as error:
            if error.reason == "database":  # not the register's trouble: nothing is known of what it would say
                raise
            return Failed(error.reason)
        except Parked as error:
            return Failed(error.reason, parked=True)

    async def person(self, person: PersonId, *, fresh: bool = False) -> population.PersonRecord | None:
        """The person's record; ``None``: unknown. ``fresh``: not from the cache (the message ``uppslag``)."""
        address = self._settings[self._folkbokforing].logical_address
        return await self._ask(
            _POPULATION,
            self._folkbokforing,
            address,
            (person.root, person.value),
            build=lambda: population.request(address, [person]),
            read=lambda body: population.answer(body).of(person),
            fresh=fresh,
        )

    async def persons(self, persons: Sequence[PersonId]) -> dict[PersonId, population.PersonRecord | None]:
        """Many at once and afresh, 500 a call: how changes are learnt, since nothing is pushed (§3). Whose record makes
        no sense is left out.
        """
        address = self._settings[self._folkbokforing].logical_address
        found: dict[PersonId, population.PersonRecord | None] = {}
        for start in range(0, len(persons), population.MAX_PERSONS):
            some = list(persons[start : start + population.MAX_PERSONS])
            begun = time.perf_counter()
            question = population.request(address, some)
            try:
                answer = await _read(await self._folkbokforing.ask(address, question, routine=True), population.answer)
            except (SoapFault, Unreadable, Unavailable, Parked) as error:
                raise self._failed(_POPULATION.name, error, begun) from None
            self._report(_POPULATION.name, "ok", begun)
            for one in some:
                try:
                    found[one] = answer.of(one)
                except Unreadable as unreadable:  # one person's record is nobody else's trouble
                    self._failed(_POPULATION.name, unreadable, begun)
                    continue
                key = self._key(_POPULATION.name, address, one.root, one.value)
                await self._keep(_POPULATION, self._folkbokforing, key, found[one])
        return found

    async def counties(self, county: str, person: PersonId, *, fresh: bool = False) -> listing.CountiesAnswer:
        """The counties in which a person is listed, as one county's producer knows it."""
        return await self._ask(
            _COUNTIES,
            self._listing,
            county,
            (person.root, person.value),
            build=lambda: listing.county_request(county, self._actor, person),
            read=listing.county_answer,
            fresh=fresh,
        )

    async def listings(self, county: str, person: PersonId, *, fresh: bool = False) -> listing.ListingAnswer:
        """A person's listings in one county."""
        return await self._ask(
            _LISTING,
            self._listing,
            county,
            (person.root, person.value),
            build=lambda: listing.listing_request(county, self._actor, person),
            read=listing.listing_answer,
            fresh=fresh,
        )

    async def unit(self, hsa_id: str) -> hsa.Unit | None:
        """A unit of the catalogue; ``None``: no such unit."""
        return (await self._catalogue(_UNIT, hsa_id, hsa.unit_request, hsa.unit_answer)).unit

    async def health_care_unit(self, hsa_id: str) -> hsa.HealthCareUnit | None:
        """The vårdenhet that a unit belongs to; ``None``: not found, or it belongs to none."""
        return (
            await self._catalogue(_CARE_UNIT, hsa_id, hsa.health_care_unit_request, hsa.health_care_unit_answer)
        ).unit

    async def employee(self, hsa_id: str, *, routine: bool = False) -> tuple[hsa.Employee, ...]:
        """The catalogue's rows of one person who works in health care; empty: no such person. ``routine``: nobody waits
        for the answer.
        """
        return (
            await self._catalogue(_EMPLOYEE, hsa_id, hsa.employee_request, hsa.employee_answer, routine=routine)
        ).employees

    async def _catalogue(
        self,
        kept: _Kept[T],
        hsa_id: str,
        request: Callable[[str, str], Outgoing],
        read: Callable[[bytes], T],
        *,
        routine: bool = False,
    ) -> T:
        address, about = self._settings[self._hsa].logical_address, hsa_id.upper()
        return await self._ask(
            kept, self._hsa, address, (about,), build=lambda: request(address, about), read=read, routine=routine
        )

    async def _ask(
        self,
        kept: _Kept[T],
        caller: Caller,
        producer: str,
        about: tuple[str, ...],
        *,
        build: Callable[[], Outgoing],
        read: Callable[[bytes], T],
        fresh: bool = False,
        routine: bool = False,
    ) -> T:
        begun = time.perf_counter()
        key = self._key(kept.name, producer, *about)
        stored = await self._cache.get(kept.name, key)
        if stored is not None and (left := (datetime.fromisoformat(stored["until"]) - self._now()).total_seconds()) > 0:
            if "fault" in stored:
                self._report(kept.name, "held", begun)
                raise _held(stored, left)
            if not fresh:
                try:
                    answer = kept.adapter.validate_python(stored["answer"])
                except ValidationError:
                    pass  # written by another version of the hub: ask again
                else:
                    self._report(kept.name, "cached", begun)
                    return answer
        try:
            answer = await _read(await caller.ask(producer, build(), routine=routine), read)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is this question's trouble, and an outcome
            failure = self._failed(kept.name, error, begun)
            asked_to_wait = getattr(error, "retry_after", None) if _of_the_producer(error) else None
            if isinstance(error, SoapFault | Unreadable):
                await self._hold(kept.name, key, failure, self._settings[caller].fault_pause)
            elif asked_to_wait is not None:
                await self._hold(kept.name, key, failure, min(asked_to_wait, _LONGEST_PAUSE_S))
            raise failure from None
        await self._keep(kept, caller, key, answer)
        self._report(kept.name, "none" if kept.empty(answer) else "ok", begun)
        return answer

    async def _keep(self, kept: _Kept[T], caller: Caller, key: str, answer: T) -> None:
        settings = self._settings[caller]
        until = self._now() + timedelta(seconds=settings.ttl_negative if kept.empty(answer) else settings.ttl_positive)
        stored = {"answer": kept.adapter.dump_python(answer, mode="json"), "until": until.isoformat()}
        await self._cache.put(kept.name, key, stored, until)

    async def _hold(self, name: str, key: str, failure: Unavailable | Parked, pause: float) -> None:
        """Remember the fault where every process sees it: the register counts us as one consumer."""
        until = self._now() + timedelta(seconds=pause)
        parked, vp = (True, failure.vp_number) if isinstance(failure, Parked) else (False, None)
        stored = {"fault": failure.reason, "parked": parked, "vp_number": vp, "until": until.isoformat()}
        await self._cache.put(name, key, stored, until)

    def _key(self, *parts: str) -> str:
        return blake2b("\x1f".join(parts).encode(), key=self._key_secret, digest_size=20).hexdigest()

    def _failed(self, name: str, error: Exception, begun: float) -> Unavailable | Parked:
        """What a failure means for the question, counted and told to operations."""
        if isinstance(error, SoapFault | Unreadable):
            failure = failure_of(error)
            word = "unreadable" if isinstance(error, Unreadable) else "fault"
        elif isinstance(error, Unavailable | Parked):
            failure, word = error, "unavailable"
        else:
            failure, word = Unavailable(f"defect-{type(error).__name__}"), "defect"
        self._report(name, "parked" if isinstance(failure, Parked) else word, begun)
        self._on_failure(name, failure.reason)
        return failure

    def _report(self, name: str, outcome: str, begun: float) -> None:
        self._on_lookup(name, outcome, time.perf_counter() - begun)


def _held(stored: dict[str, Any], left: float) -> Unavailable | Parked:
    """The fault of last time, told again without asking. ``left``: seconds until the question may be asked."""
    if stored["parked"]:
        return Parked(stored["fault"], stored["vp_number"])
    return Unavailable(stored["fault"], retry_after=left)


def _of_the_producer(error: Exception) -> bool:
    """Whether the other side itself said that it cannot answer now."""
    return isinstance(error, Unavailable) and error.reason.startswith("http-")


async def _read(body: bytes, read: Callable[[bytes], T]) -> T:
    return await asyncio.to_thread(read, body) if len(body) > _LARGE else read(body)
