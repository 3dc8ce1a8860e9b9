"""One batch inside one transaction: duplicates, cases, decisions, everything that they cause. Imports the rules and
the store.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hub.errors import Refused
from hub.intake import telling
from hub.intake.arrival import Arrival, held_receipt, refusal
from hub.intake.kept import ref_of, row_of
from hub.intake.naming import must_be_looked_into
from hub.intake.own import ASKED, Known, new_id, own_message
from hub.intake.standing import Standing
from hub.intake.vouching import actor_may_act, licence_unknown, person_may_have_a_case
from hub.processes.case import Case
from hub.processes.deadlines import deadlines
from hub.processes.machine import NO_SUCH_CASE, Decision, decide
from hub.processes.registers import LICENSED
from hub.processes.svu import SVU
from hub.processes.table import acting_role
from hub.store import cases, inbox, outbox
from hub.store.follow import follow
from hub.store.inbox import Connection
from hub.store.outbox import Item
from hub.translators import formats
from schemas.directory import Directory
from schemas.envelope import Message
from schemas.messages import Question, Receipt
from schemas.own import Verifiering
from schemas.parts import Part

HOLD_SCHEDULE_S = (1.0, 5.0, 30.0, 120.0, 600.0, 3600.0)
"""Waits between the tries of a held message, the last one repeated (D-4)."""

_BREATH = 40
"""Messages handled at a stretch before the event loop may do something else."""

AWAITS_OPENING = "awaits-opening"
"""The reason of a hold: the message came before the one that opens its case."""

AWAITS_HSA = "awaits-hsa"
"""The reason of a hold: HSA has to say first whether someone is licensed (C-22)."""

NAMES_CHANGED = "names-changed"
"""The reason of a hold: the message's file was looked into for other names than the case has now (C-42)."""

_ABOUT_THREADS = frozenset({"meddelande", "kvittens", "makulering"})


@dataclass(slots=True)
class Batch(Standing):
    """What one transaction reads and writes; ``receipts`` are in the order of the arrivals."""

    directory: Directory
    known: Known
    now: datetime
    receipts: list[Receipt] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    counted: list[tuple[str, str, str]] = field(default_factory=list)
    """(system, message name, outcome) for the metrics."""
    opened: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    changed: set[str] = field(default_factory=set)
    threads: set[tuple[str, str]] = field(default_factory=set)
    """(case, free message) that are new or changed."""
    shielded: set[str] = field(default_factory=set)
    """Cases whose person turned out to be protected."""
    rewound: set[str] = field(default_factory=set)
    """Cases whose deadlines are new or changed."""
    held: list[tuple[inbox.Key, str, str]] = field(default_factory=list)
    rows: list[inbox.Row] = field(default_factory=list)
    settled: list[inbox.Row] = field(default_factory=list)
    freed: set[str] = field(default_factory=set)

    async def run(self, connection: Connection, arrivals: Sequence[Arrival]) -> None:
        """Handles the arrivals in their order. Raises ``Conflict`` or ``Unavailable``; then nothing has happened."""
        await self.find(connection, arrivals)
        for number, arrival in enumerate(arrivals, 1):
            self.receipts.append(self._handle(arrival))
            if number % _BREATH == 0:
                await asyncio.sleep(0)
        await self._write(connection)

    async def hold_one(self, connection: Connection, arrival: Arrival, reason: str) -> Receipt:
        """Holds one message that could not be handled, under its case as far as that can be told."""
        await self.find(connection, [arrival])
        message = arrival.message
        key = arrival.key[0] if message is None else self.case_id(arrival, message) or self.early_key(arrival, message)
        receipt = self.hold(arrival, key, reason)
        await self._write(connection)
        return receipt

    # --- one message
    # ---------------------------------------------------------------------------------------------------

    def _handle(self, arrival: Arrival) -> Receipt:
        before = self.seen.get(arrival.key)
        if before is not None and not (arrival.was_held and before[1] is None):
            return self._again(arrival, *before)
        message = arrival.message
        if message is None or arrival.refused is not None:
            assert arrival.refused is not None
            return self._refuse(arrival, arrival.refused)
        case_id = self.case_id(arrival, message)
        if case_id is not None and case_id not in self.cases:
            # A case's id is given by the hub; under any other name a sender opens with a reference of its own.
            return self._refuse(arrival, NO_SUCH_CASE)
        if (reason := self._must_wait(arrival, message, case_id)) is not None:
            return self.hold(arrival, case_id or self.early_key(arrival, message), reason)
        case = None if case_id is None else self.cases.get(case_id)
        if case is not None and must_be_looked_into(arrival, case):
            return self.hold(arrival, case.id, NAMES_CHANGED)
        try:
            actor_may_act(message, self.known, self.directory)
            if (unsure := licence_unknown(message, self.known)) is not None:
                return self._hold_for_hsa(arrival, message, case_id, unsure)
            if case is None:
                person_may_have_a_case(message, self.known, self.directory)
            decision = decide(SVU, case, case_id or new_id(), message, self.directory, self.now)
        except Refused as refused:
            return self._refuse(arrival, refused)
        return self._accept(arrival, message, decision, opened=case is None)

    def _again(self, arrival: Arrival, digest: bytes, receipt: Any) -> Receipt:
        """D-2: the same bytes get the first answer again, other bytes under the same id are refused and the first
        stays.
        """
        if digest != arrival.digest:
            reused = Refused(
                "id-reused",
                "Samma id har redan använts för ett annat meddelande. Sänd på nytt med ett eget id.",
                "The same id has already been used for another message. Send again with an id of its own.",
                "/id",
            )
            answer = refusal(arrival, reused)
        elif receipt is None:
            answer = held_receipt(arrival, repeat=True)
        else:
            answer = Receipt.model_validate(receipt).model_copy(update={"repeat": True})
        self._answered(arrival, answer, "repeated" if digest == arrival.digest else "refused")
        return answer

    def _must_wait(self, arrival: Arrival, message: Message, case_id: str | None) -> str | None:
        """D-4: why the message cannot be decided now, or None."""
        row = SVU.row(message.name)
        opens = row is not None and row.opens
        for key in (case_id, self.early_key(arrival, message)):
            head = self.holds.get(key) if key is not None else None
            if head is None or head[0] == arrival.key:
                continue
            if head[1] == AWAITS_OPENING and opens and case_id is None:
                continue
            return "behind-held"
        if case_id is None and not opens and message.subject.startswith("ref:"):
            return AWAITS_OPENING
        return None

    def _hold_for_hsa(self, arrival: Arrival, message: Message, case_id: str | None, person: str) -> Receipt:
        """C-22: the answer is needed first. A message that is tried again and still not answered for asks again."""
        asked = Question(question="verifiering", actor=person, role=LICENSED, unit=message.unit, concerns="decided_by")
        if self.known.actor(person, LICENSED) is None:
            self.known.asking(person, LICENSED)
            self.items.append(telling.lookup(case_id, message, asked, self.now))
        return self.hold(arrival, case_id or self.early_key(arrival, message), AWAITS_HSA)

    # --- its outcome
    # ---------------------------------------------------------------------------------------------------

    def _refuse(self, arrival: Arrival, refused: Refused) -> Receipt:
        answer = refusal(arrival, refused)
        self._keep(arrival, answer, None, None)
        self._answered(arrival, answer, "refused")
        return answer

    def hold(self, arrival: Arrival, case_key: str, reason: str) -> Receipt:
        """Keeps a message that cannot be handled now."""
        if not arrival.was_held:
            self.rows.append(row_of(arrival, None, None, None))
        self.seen[arrival.key] = (arrival.digest, None)
        self.holds.setdefault(case_key, (arrival.key, reason))
        self.held.append((arrival.key, case_key, reason))
        answer = held_receipt(arrival)
        if not arrival.was_held:
            self._answered(arrival, answer, "held")
        return answer

    def _accept(self, arrival: Arrival, message: Message, decision: Decision, *, opened: bool) -> Receipt:
        case = decision.case
        if opened:
            ref = ref_of(arrival, message)
            self.opened[case.id] = (arrival.system_id, None if ref is None else ref[1])
            if ref is not None:
                self.ids[ref] = case.id
                self.freed.add(f"{ref[0]}/{ref[1]}")
        self.cases[case.id] = case
        self.changed.add(case.id)
        if arrival.system is not None:
            telling.acted(case, arrival.system_id)
        if message.name == "folkbokforing" and case.blocked:
            self.shielded.add(case.id)
        if message.name in _ABOUT_THREADS:
            self.threads.update((case.id, facts["thread"]) for _, facts in decision.events if "thread" in facts)
        memory = self.memory.setdefault(case.id, {})
        memory[case.sequence] = message
        answer = Receipt(
            message=message.id, code="ok", case=case.id, sequence=case.sequence, warnings=tuple(decision.warnings)
        )
        self._keep(arrival, answer, case.id, decision)
        self._answered(arrival, answer, "accepted")
        self.items += telling.notices(SVU, decision, message, memory, self.directory, self.now)
        for number, asked in enumerate(decision.asks):
            self._ask(case, message, asked, f"{case.id}-{case.sequence}-{number}")
        if message.actor is not None:
            self._verify(case.id, message)
        return answer

    def _ask(self, case: Case, message: Message, asked: Question, own: str) -> None:
        """What is known is told at once, as a message of the hub's own; the rest is asked after the commit."""
        known: Part | None = None
        if asked.question == "adressering":
            known = self.known.person(asked.person or "", asked.county or "")
        elif asked.question == "verifiering" and asked.actor is not None and asked.role is not None:
            said = self.known.actor(asked.actor, asked.role)
            if said is not None and said != ASKED:
                facts = asked.model_dump(include={"unit", "actor", "role", "concerns"})
                known = Verifiering.model_validate({**facts, "outcome": said})
        if known is None:
            self.items.append(telling.lookup(case.id, message, asked, self.now))
        else:
            self._handle(own_message(case.id, f"a-{own}", asked.question, known, self.now))

    def _verify(self, case_id: str, message: Message) -> None:
        """C-3: one whom HSA has not been asked about for a day is asked about, afterwards."""
        role = acting_role(message.role, self.directory.unit_by_hsa[message.unit])
        if message.actor is None or self.known.actor(message.actor, role) is not None:
            return
        self.known.asking(message.actor, role)
        asked = Question(question="verifiering", actor=message.actor, role=role, unit=message.unit)
        self.items.append(telling.lookup(case_id, message, asked, self.now))

    def _keep(self, arrival: Arrival, answer: Receipt, case_id: str | None, decision: Decision | None) -> None:
        row = row_of(
            arrival, case_id, decision, answer.model_dump_json(exclude_none=True, exclude_defaults=True).encode()
        )
        (self.settled if arrival.was_held else self.rows).append(row)
        if arrival.was_held:
            self.freed.update(key for key, (head, _) in self.holds.items() if head == arrival.key)
            self.holds = {key: head for key, head in self.holds.items() if head[0] != arrival.key}
        self.seen[arrival.key] = (arrival.digest, answer)

    def _answered(self, arrival: Arrival, answer: Receipt, outcome: str) -> None:
        name = "unreadable" if arrival.message is None else arrival.message.name
        self.counted.append((arrival.system_id, name, outcome))
        if arrival.by_outbox and arrival.system is not None:
            self.items.append(telling.receipt(arrival.system_id, arrival.key[0], answer, self.now))

    def wind_the_clocks(self) -> None:
        """D-9: the deadlines that hold now in the cases that changed."""
        for id_ in self.changed:
            case = self.cases[id_]
            agreement = self.directory.agreement_of(case.opened_by)
            due = {key: at.isoformat() for key, at in deadlines(case, agreement).items()}
            if due != case.due:
                case.due = due
                self.rewound.add(id_)

    # --- after: written down
    # -------------------------------------------------------------------------------------------

    async def _shield(self, connection: Connection, case: Case) -> None:
        """C-62: what was written before protection was learnt, and has not gone out, loses address and contacts too."""
        rows = await outbox.unsent(connection, case.id)
        kept = await inbox.load(connection, [(source, id_) for _, source, id_ in rows])
        for number, source, id_ in rows:
            row = kept[source, id_]
            message = formats.kept(row)
            await outbox.rewrite(connection, number, telling.body_of(message, telling.completed(message, case)))

    async def _write(self, connection: Connection) -> None:
        self.wind_the_clocks()
        for case_id in sorted(self.shielded):
            await self._shield(connection, self.cases[case_id])
        await inbox.add(connection, self.rows)
        changed = [self.cases[id_] for id_ in sorted(self.changed)]
        known = self.changed.difference(self.opened)
        await follow(connection, changed, self.rewound, known)
        await cases.add(
            connection, [(self.cases[id_], system, ref) for id_, (system, ref) in self.opened.items()], self.now
        )
        await cases.change(connection, [case for case in changed if case.id in known], self.now)
        if self.threads:
            threads = [(id_, thread, self.cases[id_].threads[thread]) for id_, thread in sorted(self.threads)]
            await cases.put_threads(connection, threads)
        for row in self.settled:
            await inbox.settle(connection, row)
        for key, case_key, reason in self.held:
            await inbox.hold(connection, key, case_key, reason, self.now, HOLD_SCHEDULE_S)
        if self.freed and (self.holds or self.settled):  # only where something is held can anything become due
            await inbox.make_due(connection, sorted(self.freed), self.now)
        if self.items:
            start = await outbox.block(connection)
            for number, item in enumerate(self.items):
                item.id = start + number
            await outbox.add(connection, self.items)
