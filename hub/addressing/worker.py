"""Look-ups as work of the outbox (architecture.md §1): takes a question, asks the registers, hands the answer to the
intake.

Imports the registers, the intake and the store. What it learns is kept in memory too, so that the intake need not ask
again.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from hub import metrics
from hub.addressing.known import Known
from hub.addressing.lines import one_line
from hub.addressing.news import News
from hub.addressing.outcomes import Resolution, Rules
from hub.addressing.registers import Parked, Registers
from hub.errors import Unavailable
from hub.intake.intake import Intake
from hub.intake.own import own_message
from hub.log import log
from hub.processes.registers import LICENSED
from hub.store import held, outbox
from hub.store.outbox import REGISTERS, Item
from hub.store.ownership import Ownership
from hub.store.transaction import Store
from hub.supervisor import turned
from hub.translators.soap.hsa import Employee
from schemas.directory import Directory
from schemas.identities import KNOWN_REGIONAL_PATTERNS, parse_person_id
from schemas.messages import Question
from schemas.own import Adressering, VerificationOutcome, Verifiering

_AT_ONCE = 16
_CAPACITY = 4_000
_LOOK_S = 2.0
_SCHEDULE_S = (5.0, 30.0, 120.0, 310.0, 600.0, 3600.0)
"""Waits between look-ups of a person whose registers do not answer, the last one repeated."""


class Worker:
    """Asks what the outbox says shall be asked. ``registers`` is None where an installation has none: then all is
    manual.
    """

    def __init__(
        self,
        store: Store,
        directory: Callable[[], Directory],
        registers: Registers | None,
        known: Known,
        *,
        production: bool,
    ) -> None:
        self.intake: Intake | None = None
        self.news: News | None = None
        self._store = store
        self._directory = directory
        self._registers = registers
        self._known = known
        self._production = production
        self._queue: deque[Item] = deque()
        self._in_hand: set[int] = set()
        self._told: dict[int, Adressering | Verifiering] = {}
        self._wake = asyncio.Event()
        self._ownership = Ownership(store, "addressing")

    def offer(self, items: Sequence[Item]) -> None:
        """Rows that were just committed; what finds no room is read from the table later."""
        for item in items:
            if item.kind == "lookup" and len(self._queue) < _CAPACITY:
                self._take(item)

    def _take(self, item: Item) -> None:
        if item.id not in self._in_hand:
            self._in_hand.add(item.id)
            self._queue.append(item)
            self._wake.set()

    async def run(self) -> None:
        """Until cancelled."""
        askers = [asyncio.create_task(self._ask_on()) for _ in range(_AT_ONCE)]
        try:
            while not any(asker.done() for asker in askers):  # one that was cancelled from inside: all begin anew
                turned()
                try:
                    owned = await self._ownership.hold({REGISTERS})
                    if owned and len(self._queue) < _CAPACITY // 2:
                        async with self._store.transaction() as connection:
                            due = await outbox.due(connection, REGISTERS, limit=_CAPACITY)
                        for item in due:
                            self._take(item)
                except Unavailable:
                    log.warning("addressing_waits", reason="database")
                await asyncio.sleep(_LOOK_S)
        finally:
            for asker in askers:
                asker.cancel()
            await asyncio.gather(*askers, return_exceptions=True)
            await self._ownership.close()

    async def _ask_on(self) -> None:
        while True:
            if not self._queue:
                self._wake.clear()
                await self._wake.wait()
                continue
            item = self._queue.popleft()
            try:
                await self._ask(item)
            except Unavailable:
                await asyncio.sleep(1)
            except Exception as error:  # noqa: BLE001 - one person's trouble must not stop the others; the row stays due
                log.error("lookup_failed", error=type(error).__name__, case=item.case_id)
                await asyncio.sleep(1)
            finally:
                self._in_hand.discard(item.id)

    async def _ask(self, item: Item) -> None:
        question = item.told
        assert isinstance(question, Question)
        assert self.intake is not None
        if question.question == "folkbokforing":
            said, again = await self._look_up(item.case_id or "", question.person or "")
        else:
            said, again = await self._answer(item, question)
        async with self._store.transaction() as connection:
            if question.concerns == "decided_by" and not again:
                await held.try_now(connection, (item.source, item.message_id), datetime.now(UTC))
            if again:
                wait = _SCHEDULE_S[min(item.attempts, len(_SCHEDULE_S) - 1)]
                await outbox.retry(connection, [item.id], datetime.now(UTC) + timedelta(seconds=wait), said)
            else:
                self._told.pop(item.id, None)
                await outbox.done(connection, item.id, said)

    async def _look_up(self, case: str, person: str) -> tuple[str, bool]:
        """``uppslag``: folkbokforing afresh."""
        if self.news is None:
            return "no-registers-configured", False
        try:
            return await self.news.ask(case, person), False
        except Unavailable as error:
            return error.reason, True
        except Parked as parked:
            return parked.reason, False

    async def _answer(self, item: Item, question: Question) -> tuple[str, bool]:
        """Asks, and tells the case what was said; one that is held for the answer is told nothing, it is tried again."""
        assert self.intake is not None
        answer: Adressering | Verifiering | None
        if question.question == "adressering":
            answer, again = await self.find(question.person or "", question.county or "")
        else:
            answer, again = await self.verify(question)
        told = item.case_id is not None and question.concerns != "decided_by"
        if answer is not None and told and self._told.get(item.id) != answer:
            id_ = f"a-{item.id}-{item.attempts}"
            message = own_message(item.case_id or "", id_, question.question, answer, datetime.now(UTC))
            await self.intake.submit([message], patient=True)
            self._told[item.id] = answer
        return "unavailable" if answer is None else answer.outcome, again

    async def find(self, person: str, county: str) -> tuple[Adressering, bool]:
        """What the registers say of a person, and whether asking again later may give more."""
        if self._registers is None:
            return Adressering(outcome="lookup_unavailable", why=("no-registers-configured",)), False
        rules = Rules(
            now=datetime.now(UTC),
            home_county=county or None,
            production=self._production,
            regional_patterns=KNOWN_REGIONAL_PATTERNS,
        )
        resolution = await self._registers.resolve(parse_person_id(person, KNOWN_REGIONAL_PATTERNS), rules)
        answer = await self._addressed(resolution)
        if not resolution.retry:
            self._known.put_person(person, county, answer)
        return answer, resolution.retry

    async def verify(self, question: Question) -> tuple[Verifiering | None, bool]:
        """C-3: whether HSA gives the person a befattning that the directory maps to the role, or a licence where that is
        what was asked (C-22); and whether to ask again later.
        """
        assert question.actor is not None
        assert question.role is not None
        if self._registers is None:
            return None, False
        try:
            rows = await self._registers.employee(question.actor)
        except Unavailable:
            return None, True
        except Parked as parked:
            log.error("verification_parked", reason=parked.reason)
            return None, False
        outcome = self._verdict(question.role, rows)
        await self._known.put_actor(question.actor, question.role, outcome)
        facts = question.model_dump(include={"unit", "actor", "role", "concerns"})
        return Verifiering.model_validate({**facts, "outcome": outcome}), False

    def _verdict(self, role: str, rows: Sequence[Employee]) -> VerificationOutcome:
        titles = {title for row in rows for title in row.pa_titles}
        if not rows:
            return "unknown"
        if role == LICENSED:
            licensed = any(row.licences or row.licensed_physician for row in rows)
            return "verified" if licensed else "not_licensed"
        if not titles:
            return "no_befattning"
        return (
            "verified" if role in {self._directory().befattningar.get(title) for title in titles} else "role_not_given"
        )

    async def _addressed(self, found: Resolution) -> Adressering:
        directory = self._directory()
        unit, how = await self._receiving_unit(found.municipality_code, directory)
        why = [*found.asked, *found.failures]
        outcome = found.outcome.value
        if found.municipality_code is not None:
            why.append(f"kommun {found.municipality_code} -> {unit or 'no receiving unit'} ({how})")
        if found.health_centre is not None:
            known = found.health_centre in directory.unit_by_hsa
            why.append(f"listed -> {found.health_centre}{'' if known else ' (not connected)'}")
        return Adressering(
            outcome=outcome,
            health_centre=found.health_centre,
            municipality=found.municipality_code,
            municipality_unit=unit,
            county=found.county,
            name=found.name,
            address=None if found.address is None else one_line(found.address),
            why=tuple(why),
        )

    async def _receiving_unit(self, kommunkod: str | None, directory: Directory) -> tuple[str | None, str]:
        """V-2: the municipality's configured unit; where the directory does not say the code, HSA does (GetUnit)."""
        if kommunkod is None:
            return None, "no municipality"
        if (unit := directory.receiving_unit.get(kommunkod)) is not None:
            return unit, "directory"
        assert self._registers is not None
        for candidate in directory.units:
            if not candidate.receives or candidate.municipality is not None:
                continue
            try:
                answer = await self._registers.unit(candidate.hsa)
            except (Unavailable, Parked):
                continue
            if answer is not None and answer.municipality == kommunkod:
                return candidate.hsa, "HSA"
        return None, "manual"


def counted(register: str, outcome: str, seconds: float) -> None:
    """Every question to a register, for the metrics."""
    metrics.lookups.labels(register, outcome).inc()
    if outcome != "cached":
        metrics.lookup_seconds.labels(register).observe(seconds)
