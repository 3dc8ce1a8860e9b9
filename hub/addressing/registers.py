"""The national registers: every question cached, limited in rate, with its failure named (law-and-lookups.md §3, §4).

Imports ``resolve``, ``cached_lookup`` and ``soap_client`` beside it, ``translators.soap``, ``schemas`` and ``hub.errors``. It logs nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from datetime import datetime
from types import TracebackType
from typing import Final, Self, TypeVar

from pydantic import TypeAdapter

from hub import clock
from hub.addressing.cached_lookup import Cache, CachedContract, CachedLookup, OnFailure, OnLookup, read_beside
from hub.addressing.lookups import Answer, Lookup, LookupContext, LookupFailed, Register, Resolution, Unknown
from hub.addressing.resolve import next_question
from hub.addressing.soap_client import Caller, CallerSettings, Parked
from hub.errors import Unavailable
from hub.translators.soap import folkbokforing as population
from hub.translators.soap import hsa, listing
from hub.translators.soap.envelope import SoapFault, SoapRequest, Unreadable
from schemas.identities import PersonId

T = TypeVar("T")

_POPULATION: Final[CachedContract[population.PersonRecord | None]] = CachedContract(
    Register.FOLKBOKFORING, TypeAdapter(population.PersonRecord | None), lambda record: record is None
)
_COUNTIES: Final = CachedContract(
    Register.COUNTIES, TypeAdapter(listing.CountiesAnswer), lambda found: not found.counties
)
_LISTING: Final = CachedContract(
    Register.LISTING, TypeAdapter(listing.ListingAnswer), lambda found: not found.listings or found.unread
)
_UNIT: Final = CachedContract("hsa_unit", TypeAdapter(hsa.UnitAnswer), lambda found: found.unit is None)
_CARE_UNIT: Final = CachedContract(
    "hsa_health_care_unit", TypeAdapter(hsa.HealthCareUnitAnswer), lambda found: found.unit is None
)
_EMPLOYEE: Final = CachedContract("hsa_employee", TypeAdapter(hsa.EmployeeAnswer), lambda found: not found.employees)


class Registers:
    """Asks the registers. Every method but ``resolve`` raises ``Unavailable`` (try later) or ``Parked`` (do not try again).

    ``key_secret``: keys of the cache are keyed hashes with it, since a plain hash of a personnummer is soon guessed.
    ``on_lookup`` is called once for every question, cached ones too.
    """

    def __init__(
        self,
        *,
        folkbokforing: CallerSettings,
        listing: CallerSettings,
        hsa: CallerSettings,
        actor: listing.Actor,
        cache: Cache,
        key_secret: bytes = b"",
        now: Callable[[], datetime] = clock.now,
        on_lookup: OnLookup = lambda *_: None,
        on_failure: OnFailure = lambda *_: None,
    ) -> None:
        # The answers of listing name no person: nothing but the connection says whose they are.
        self._folkbokforing, self._hsa = Caller(folkbokforing), Caller(hsa)
        self._listing = Caller(listing, keeps_connections=False)
        self._actor = actor
        self._lookup = CachedLookup(cache, key_secret, now, on_lookup, on_failure)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections to every register, also when one of them will not close."""
        async with AsyncExitStack() as stack:
            for caller in (self._folkbokforing, self._listing, self._hsa):
                stack.push_async_callback(caller.aclose)

    async def resolve(self, person: PersonId, rules: LookupContext, *, fresh: bool = False) -> Resolution:
        """The units that must know of this person. A register's failure is an outcome, never an exception (§4)."""
        answers: dict[Lookup, Answer] = {}
        while isinstance(step := next_question(person, answers, rules), Lookup):
            answers[step] = await self.answer(step, fresh=fresh)
        return step

    async def answer(self, question: Lookup, *, fresh: bool = False) -> Answer:
        """The answer to one step of ``next_question``, a failure included."""
        try:
            if question.register is Register.FOLKBOKFORING:
                return await self.person(question.person, fresh=fresh) or Unknown()
            ask = self.counties if question.register is Register.COUNTIES else self.listings
            return await ask(question.county or "", question.person, fresh=fresh)
        except Unavailable as error:
            if error.reason == "database":  # our own fault: the register has not been asked
                raise
            return LookupFailed(error.reason)
        except Parked as error:
            return LookupFailed(error.reason, parked=True)

    async def person(self, person: PersonId, *, fresh: bool = False) -> population.PersonRecord | None:
        """The person's record; ``None``: unknown. ``fresh``: not from the cache (the message ``uppslag``)."""
        address = self._folkbokforing.settings.logical_address
        return await self._lookup.ask(
            _POPULATION,
            self._folkbokforing,
            address,
            (person.root, person.value),
            build=lambda: population.request(address, [person]),
            read=lambda body: population.answer(body).of(person),
            fresh=fresh,
        )

    async def persons(self, persons: Sequence[PersonId]) -> dict[PersonId, population.PersonRecord | None]:
        """The records of many people past the cache, 500 a call: so changes are found, since the register pushes nothing (§3).
        A person whose record cannot be read is left out.
        """
        address = self._folkbokforing.settings.logical_address
        found: dict[PersonId, population.PersonRecord | None] = {}
        for start in range(0, len(persons), population.MAX_PERSONS):
            some = list(persons[start : start + population.MAX_PERSONS])
            begun = time.perf_counter()
            question = population.request(address, some)
            try:
                answer = await read_beside(
                    await self._folkbokforing.ask(address, question, routine=True), population.answer
                )
            except (SoapFault, Unreadable, Unavailable, Parked) as error:
                raise self._lookup.failed(_POPULATION.name, error, begun) from None
            self._lookup.report(_POPULATION.name, "ok", begun)
            for one in some:
                try:
                    found[one] = answer.of(one)
                except Unreadable as unreadable:  # the other persons' records are good
                    self._lookup.failed(_POPULATION.name, unreadable, begun)
                    continue
                key = self._lookup.key(_POPULATION.name, address, one.root, one.value)
                await self._lookup.keep(_POPULATION, self._folkbokforing, key, found[one])
        return found

    async def counties(self, county: str, person: PersonId, *, fresh: bool = False) -> listing.CountiesAnswer:
        """The counties in which a person is listed, as one county's producer knows it."""
        return await self._lookup.ask(
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
        return await self._lookup.ask(
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
        return (
            await self._catalogue(_UNIT, hsa_id, hsa.unit_request, lambda body: hsa.unit_answer(body).of(hsa_id))
        ).unit

    async def health_care_unit(self, hsa_id: str) -> hsa.HealthCareUnit | None:
        """The vårdenhet that a unit belongs to; ``None``: not found, or it belongs to none."""
        return (
            await self._catalogue(
                _CARE_UNIT,
                hsa_id,
                hsa.health_care_unit_request,
                lambda body: hsa.health_care_unit_answer(body).of(hsa_id),
            )
        ).unit

    async def employee(self, hsa_id: str, *, routine: bool = False) -> tuple[hsa.Employee, ...]:
        """The catalogue's rows of one person who works in health care; empty: no such person. ``routine``: nobody waits
        for the answer.
        """
        return (
            await self._catalogue(
                _EMPLOYEE,
                hsa_id,
                hsa.employee_request,
                lambda body: hsa.employee_answer(body).of(hsa_id),
                routine=routine,
            )
        ).employees

    async def _catalogue(
        self,
        kept: CachedContract[T],
        hsa_id: str,
        request: Callable[[str, str], SoapRequest],
        read: Callable[[bytes], T],
        *,
        routine: bool = False,
    ) -> T:
        address, about = self._hsa.settings.logical_address, hsa_id.upper()
        return await self._lookup.ask(
            kept, self._hsa, address, (about,), build=lambda: request(address, about), read=read, routine=routine
        )
