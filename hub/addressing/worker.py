"""Works off the look-ups in the outbox (architecture.md §1): asks the registers and hands each answer to the intake.

Imports the registers, the intake and the store. The answers go into the memory too, so that the intake need not ask
again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import timedelta

from hub import clock, metrics
from hub.addressing.adressering import adressering_of, unavailable
from hub.addressing.lookup_queues import LookupQueues
from hub.addressing.lookups import LookupContext
from hub.addressing.memory import RegisterMemory
from hub.addressing.recheck import Recheck
from hub.addressing.register_text import one_line
from hub.addressing.registers import Registers
from hub.addressing.soap_client import Parked
from hub.errors import Unavailable
from hub.intake.hub_messages import ASKED, own_message
from hub.intake.queue import Intake
from hub.log import log
from hub.processes.shared.registers import LICENSED, STAFF
from hub.store import held, outbox
from hub.store.gathered import GatheredWork
from hub.store.inbox import Connection
from hub.store.outbox import OutboxRow
from hub.store.transaction import Store
from hub.translators.soap.envelope import PARKED, RETRYABLE
from hub.translators.soap.hsa import Employee
from schemas.directory import Directory
from schemas.hub_messages import Adressering, VerificationOutcome, Verifiering
from schemas.identities import KNOWN_REGIONAL_PATTERNS, parse_person_id
from schemas.messages import Question

_SCHEDULE_S = (5.0, 30.0, 120.0, 310.0, 600.0, 3600.0)
"""Seconds between look-ups of a person whose registers do not answer; the last wait is repeated until ``_GIVE_UP``."""
_GIVE_UP = timedelta(hours=72)
"""From the first try, without the time in which no hub could ask. After this the question is asked no more: the last outcome
stands, and the units that must address the case by hand have been told.
"""


class Worker:
    """Asks the questions of the outbox. An installation without registers (``registers`` is None) addresses by hand."""

    def __init__(
        self,
        store: Store,
        directory: Callable[[], Directory],
        registers: Registers | None,
        memory: RegisterMemory,
        *,
        production: bool,
    ) -> None:
        self.intake: Intake | None = None
        self.recheck: Recheck | None = None
        self._store = store
        self._directory = directory
        self._registers = registers
        self._memory = memory
        self._production = production
        self._queues = LookupQueues(store, self._ask)
        self._done = GatheredWork(store.transaction, _mark_done)

    @property
    def asks(self) -> bool:
        """Whether this hub asks the registers: of several hubs only one does, since the rate counts for all."""
        return self._queues.owned

    @property
    def has_registers(self) -> bool:
        """Whether there are registers to ask; without them every case is addressed by hand."""
        return self._registers is not None

    def offer(self, items: Sequence[OutboxRow]) -> None:
        """Rows that were just committed; a row that finds no room is read from the table later."""
        lookups = [item for item in items if item.kind == "lookup"]
        if lookups:
            self._queues.offer(lookups)

    def look_now(self) -> None:
        """Operations has made questions due."""
        self._queues.look_now()

    async def run(self) -> None:
        """Until cancelled."""
        await self._queues.run()

    async def _ask(self, item: OutboxRow) -> None:
        """Asks one question and writes its outcome, whatever is raised. Raises ``Unavailable`` when the database is away;
        the row stays due.
        """
        question = item.content
        assert isinstance(question, Question)
        try:
            said, again = await self._answer(item, question)
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001 - a defect of ours puts the case in the manual queue and does not repeat for ever
            log.error("lookup_failed", error=type(error).__name__, case=item.case_id)
            said, again = f"defect-{type(error).__name__}", True
            await self._tell(item, question, unavailable(said))
        now = clock.now()
        item.failed(now, now)
        if again and now - (item.first_tried_at or now) > _GIVE_UP:
            said, again = f"{said}; asked no more", False
        if not again:
            await self._done.do((item, said))
            return
        async with self._store.transaction() as connection:
            wait = _SCHEDULE_S[min(item.attempts, len(_SCHEDULE_S) - 1)]
            await outbox.retry(connection, [item], now + timedelta(seconds=wait), said)

    async def _answer(self, item: OutboxRow, question: Question) -> tuple[str, bool]:
        """The outcome in words for the timeline, and whether to ask again later. The case gets its message."""
        if question.question == "folkbokforing":
            return await self._afresh(item.case_id or "", question.person or "")
        if question.question == "adressering":
            answer, again = await self.find(question.person or "", question.county or "")
            await self._tell(item, question, answer)
            failures = ", ".join(reason for reason in answer.why if "=" in reason)
            return answer.outcome + (f" ({failures})" if failures else ""), again
        verdict, again = await self.verify(question)
        if isinstance(verdict, str):
            return verdict, again
        await self._tell(item, question, verdict)
        return verdict.outcome, again

    async def _tell(self, item: OutboxRow, question: Question, answer: Adressering | Verifiering) -> None:
        """The answer becomes a hub message in its case; the same answer again changes nothing (D-2). Where a held message waits
        for the answer there is no hub message: the held message is tried again.
        """
        if item.case_id is None or question.concerns == "decided_by" or question.question != _NAME[type(answer)]:
            return
        assert self.intake is not None
        said = hashlib.sha256(answer.model_dump_json().encode()).hexdigest()[:12]
        message = own_message(item.case_id, f"a-{item.id}-{said}", question.question, answer, clock.now())
        await self.intake.submit([message], wait=True)

    async def _afresh(self, case: str, person: str) -> tuple[str, bool]:
        """Asks folkbokforing past the cache (``uppslag``)."""
        if self.recheck is None:
            return "no-registers-configured", False
        try:
            return await self.recheck.ask(case, person), False
        except Unavailable as error:
            if error.reason == "database":
                raise
            return f"folkbokforing={error.reason}", True
        except Parked as parked:
            return f"folkbokforing={parked.reason}", False

    async def find(self, person: str, county: str) -> tuple[Adressering, bool]:
        """The addressing of a person, and whether asking again later may give more."""
        if self._registers is None:
            return unavailable("no-registers-configured"), False
        rules = LookupContext(
            now=clock.now(),
            home_county=county or None,
            production=self._production,
            regional_patterns=KNOWN_REGIONAL_PATTERNS,
        )
        resolution = await self._registers.resolve(parse_person_id(person, KNOWN_REGIONAL_PATTERNS), rules)
        directory = self._directory()
        answer, again = await adressering_of(resolution, directory, self._registers)
        if not again and directory is self._directory():  # else it is of a directory that is in force no more
            await self._memory.share_person(person, county, answer)
        return answer, again

    async def verify(self, question: Question) -> tuple[Verifiering | str, bool]:
        """Whether HSA gives the actor a befattning that the directory maps to the role (C-3), or a licence where the question
        is about that (C-22); a text where HSA did not answer; and whether to ask again later.
        """
        actor, role = question.actor or "", question.role or ""
        outcome = self._memory.actor(actor, role)
        if outcome is None or outcome == ASKED:
            if self._registers is None:
                return "no-registers-configured", False
            try:
                rows = await self._registers.employee(actor, routine=question.concerns != "decided_by")
            except Unavailable as error:
                if error.reason == "database":
                    raise
                return f"hsa_employee={error.reason}", True
            except Parked as parked:
                if role == LICENSED:
                    self._memory.unanswered(actor, role)
                return f"hsa_employee={parked.reason}", False
            outcome = self._verdict(role, rows)
            await self._memory.put_actor(actor, role, outcome, _name(rows))
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
        if role == STAFF:
            return "verified"
        return (
            "verified" if role in {self._directory().befattningar.get(title) for title in titles} else "role_not_given"
        )


async def _mark_done(connection: Connection, ended: Sequence[tuple[OutboxRow, str]]) -> list[None]:
    """Look-ups with their outcomes; a held message that waits for one of them is tried now."""
    for item, _ in ended:
        if isinstance(item.content, Question) and item.content.concerns == "decided_by":
            await held.try_now(connection, (item.source, item.message_id), clock.now())
    await outbox.done(connection, {item.id: said for item, said in ended})
    return [None] * len(ended)


_NAME = {Adressering: "adressering", Verifiering: "verifiering"}


def _name(rows: Sequence[Employee]) -> str | None:
    """The name to show (C-60). None where the identity is protected: then the HSA-id alone is shown."""
    if any(row.protected for row in rows):
        return None
    return next((name for row in rows if (name := one_line(row.name)) is not None), None)


def failed(register: str, reason: str) -> None:
    """Reports a register's failure to operations: a VP fault by its number, where the platform has that number."""
    unknown = reason.startswith("VP") and reason not in RETRYABLE | PARKED
    metrics.lookup_failures.labels(register, "VP-other" if unknown else reason).inc()
    log.warning("register_failed", register=register, reason=reason)
