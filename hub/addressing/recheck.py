"""Asks folkbokforing again about people in open cases on a schedule, since the register pushes nothing (C-62, C-63).

Imports the registers, the intake and the store.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from hub import clock
from hub.addressing.lookups import REFUSALS, LookupContext
from hub.addressing.memory import RegisterMemory
from hub.addressing.register_text import format_address
from hub.addressing.registers import Registers
from hub.addressing.resolve import new_number
from hub.addressing.soap_client import Parked
from hub.errors import Unavailable
from hub.intake.hub_messages import own_message
from hub.intake.queue import Intake
from hub.log import log
from hub.processes.engine.case import Case
from hub.store import cases
from hub.store.transaction import Store
from hub.translators.soap.folkbokforing import MAX_PERSONS, PersonRecord
from schemas.hub_messages import Folkbokforing
from schemas.identities import KNOWN_REGIONAL_PATTERNS, IdentityError, PersonId, PersonIdKind, parse_person_id

_PAUSE = timedelta(minutes=5)
RULES = LookupContext(now=datetime.min.replace(tzinfo=UTC), regional_patterns=KNOWN_REGIONAL_PATTERNS)


def news_of(case: Case, record: PersonRecord | None) -> Folkbokforing | None:
    """The change that the register shows and the case does not have; None when there is none. Protection comes first.

    An unknown person is no change: the addressing has said so already.
    """
    if record is None:
        return None
    if record.protected and not case.blocked:
        return Folkbokforing(news="protected")
    if record.deceased and not case.deceased:
        return Folkbokforing(news="deceased")
    if record.deregistration == "GN" and (changed := new_number(record, RULES)) is not None:
        return Folkbokforing(news="new_number", personnummer=changed.value)
    if case.blocked or case.registered is None:
        return None
    address = None if record.address is None else format_address(record.address)
    moved = record.municipality is not None and record.municipality != case.registered
    if moved or (address is not None and address != case.person.get("address", address)):
        return Folkbokforing(news="moved", address=address, municipality=record.municipality)
    return None


class Recheck:
    """Asks again about each person whose last answer is older than ``every``."""

    def __init__(
        self,
        store: Store,
        intake: Intake,
        registers: Registers,
        memory: RegisterMemory,
        every: timedelta,
        *,
        production: bool,
    ) -> None:
        self._store = store
        self._intake = intake
        self._registers = registers
        self._memory = memory
        self._every = every
        self._production = production
        self._not_before = datetime.min.replace(tzinfo=UTC)

    async def ask_again(self) -> int:
        """One call about the people whose answers are oldest, at most 500; returns the number of changes.

        Raises ``Unavailable`` or ``Parked`` while the register does not answer; the people stay due, and the next call
        comes no sooner than the register's rule allows (§3).
        """
        now = clock.now()
        if now < self._not_before:
            return 0
        async with self._store.transaction() as connection:
            due = await cases.asked_before(connection, now - self._every, MAX_PERSONS)
        persons = {case: found for case, number in due if (found := _person(number)) is not None}
        told = 0
        if persons:
            try:
                records = await self._records(list(dict.fromkeys(persons.values())))
            except (Unavailable, Parked):
                self._not_before = now + _PAUSE
                raise
            told = await self.tell({case: records[person] for case, person in persons.items() if person in records})
        if due:
            async with self._store.transaction() as connection:
                await cases.asked(connection, [case for case, _ in due], now)
        return told

    async def _records(self, persons: list[PersonId]) -> dict[PersonId, PersonRecord | None]:
        """The records, without the people whom the register gives no usable answer for. A call that it refuses is repeated in
        halves, until the person who is the cause is alone and left out.
        """
        try:
            return await self._registers.persons(persons)
        except (Unavailable, Parked) as error:
            if error.reason not in REFUSALS and not error.reason.startswith("unreadable"):
                raise
            if len(persons) == 1:
                return {}
        half = len(persons) // 2
        return await self._records(persons[:half]) | await self._records(persons[half:])

    async def ask(self, case: str, number: str) -> str:
        """Asks about one person past the cache (``uppslag``); returns the outcome in a word."""
        person = _person(number)
        if person is None:
            return "no-lookup"
        record = await self._registers.person(person, fresh=True)
        return "news" if await self.tell({case: record}) else "unchanged"

    async def tell(self, records: dict[str, PersonRecord | None]) -> int:
        """Compares each case with its record; each change becomes a hub message in its case."""
        async with self._store.transaction() as connection:
            found = [(await cases.read(connection, id_), record) for id_, record in records.items()]
        told = 0
        for case, news in self._news(found):
            self._memory.drop_person(case.person["personnummer"])
            id_ = f"n-{case.id}-{case.sequence}-{news.news}"
            message = own_message(case.id, id_, "folkbokforing", news, clock.now())
            receipts = await self._intake.submit([message], wait=True)
            told += receipts[0].code == "ok"
        return told

    def _news(self, found: Iterable[tuple[Case | None, PersonRecord | None]]) -> Iterable[tuple[Case, Folkbokforing]]:
        for case, record in found:
            if case is None or (record is not None and record.test and self._production):
                continue
            try:
                news = news_of(case, record)
            except ValueError as error:  # this record fits no message of ours: the others go on
                log.error("news_failed", case=case.id, error=type(error).__name__)
                continue
            if news is not None:
                yield case, news


def _person(number: str) -> PersonId | None:
    try:
        person = parse_person_id(number, KNOWN_REGIONAL_PATTERNS)
    except IdentityError:
        return None
    return None if person.kind is PersonIdKind.REGIONALT_RESERVNUMMER else person
