"""One batch inside one transaction: duplicates, cases, decisions, everything that they cause. Imports the rules and
the store.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from hub.errors import Refused
from hub.intake import holds, notices
from hub.intake.arrival import Arrival, held_receipt, refusal
from hub.intake.early import brings, takes_back, too_early
from hub.intake.hub_messages import ASKED, WhatRegistersSaid, new_id, own_message
from hub.intake.naming import must_be_looked_into
from hub.intake.preconditions import actor_may_act, licence_unknown, person_may_have_a_case
from hub.intake.save import Holding, Outcome
from hub.intake.stored import ref_of, row_of
from hub.log import log
from hub.processes.engine.case import Case
from hub.processes.engine.decide import NO_SUCH_CASE, Decision, decide
from hub.processes.engine.rule import acting_role
from hub.processes.shared.registers import LICENSED, goes_without_saying
from hub.processes.svu import SVU
from hub.store.inbox import Connection
from schemas.envelope import Message
from schemas.hub_messages import Adressering, Verifiering
from schemas.messages import Question, Receipt
from schemas.parts import Part

_BREATH = 40
"""Messages handled at a stretch before the event loop may do something else."""

_ABOUT_THREADS = frozenset({"meddelande", "kvittens", "makulering"})


@dataclass(slots=True, kw_only=True)
class Batch(Outcome):
    """Handles arrivals in their order against what stands; nothing is written before ``run`` ends."""

    known: WhatRegistersSaid
    asked: set[tuple[str, str]] = field(default_factory=set)
    """(actor, role) that HSA is asked about in this transaction."""

    def remember(self) -> None:
        """After the commit: whom HSA is being asked about. Before it the questions may yet come to nothing."""
        for actor, role in self.asked:
            self.known.asking(actor, role)
        self.asked.clear()

    async def run(self, connection: Connection, arrivals: Sequence[Arrival]) -> None:
        """Handles the arrivals in their order. Raises ``Conflict`` or ``Unavailable``; then nothing has happened."""
        await self.find(connection, arrivals)
        for number, arrival in enumerate(arrivals, 1):
            self.receipts.append(self._handle(arrival))
            if number % _BREATH == 0:
                await asyncio.sleep(0)
        await self.write(connection)

    async def hold_one(self, connection: Connection, arrival: Arrival, error: str) -> None:
        """Holds one message that a defect of ours kept from being handled, under its case as far as that can be told."""
        await self.find(connection, [arrival])
        answered = self._answered_before(arrival)
        self.receipts.append(self.hold(arrival, holds.DEFECT + error) if answered is None else answered)
        await self.write(connection)

    # --- one message
    # ---------------------------------------------------------------------------------------------------

    def _handle(self, arrival: Arrival) -> Receipt:
        if (answered := self._answered_before(arrival)) is not None:
            return answered
        if arrival.defect is not None:
            return self.hold(arrival, holds.DEFECT + arrival.defect)
        message = arrival.message
        if message is None or arrival.refused is not None:
            assert arrival.refused is not None
            return self._refuse(arrival, arrival.refused)
        if arrival.system is None and not arrival.is_own:
            return self.hold(arrival, holds.AWAITS_SYSTEM)
        case_id = self.case_id(arrival, message)
        if case_id is not None and case_id not in self.cases:
            # A case's id is given by the hub; under any other name a sender opens with a reference of its own.
            return self._refuse(arrival, NO_SUCH_CASE)
        if (reason := self._must_wait(arrival, message, case_id)) is not None:
            return self.hold(arrival, reason)
        case = None if case_id is None else self.cases.get(case_id)
        if case is not None and must_be_looked_into(arrival, case):
            return self.hold(arrival, holds.NAMES_CHANGED)
        try:
            actor_may_act(message, self.known, self.directory)
            if (unsure := licence_unknown(message, self.known)) is not None:
                return self._hold_for_hsa(arrival, message, case_id, unsure)
            if case is None:
                person_may_have_a_case(message, self.known, self.directory, self.news)
            elif arrival.was_held and takes_back(message, case, self.memory.get(case.id, {})):
                return self._refuse(arrival, holds.OVERTAKEN)
            decision = decide(SVU, case, case_id or new_id(), message, self.directory, self.now)
        except Refused as refused:
            there = case is not None and self.has_come(message, case)
            if (reason := too_early(arrival, refused, named_has_come=there)) is not None:
                return self.hold(arrival, reason, refused)
            return self._refuse(arrival, refused)
        return self._accept(arrival, message, decision, opened=case is None)

    def _answered_before(self, arrival: Arrival) -> Receipt | None:
        """The answer to a message that is known already; None for one that is to be handled."""
        before = self.seen.get(arrival.key)
        if before is None or (arrival.was_held and before[1] is None):
            return None
        if arrival.was_held:  # another hub was first, and has told the sender
            return Receipt.model_validate(before[1])
        return self._again(arrival, *before)

    def _again(self, arrival: Arrival, digest: bytes, receipt: Any) -> Receipt:
        """D-2: the same content gets the first answer again, other content under its id is refused and the first stays.

        The refusal advises no new id: whoever follows such advice does the same act twice.
        """
        if digest != arrival.digest:
            reused = Refused(
                "id-reused",
                "Id:t bär redan ett meddelande med annat innehåll. Det första gäller och står kvar: se i ärendet vad som är gjort. "
                "Sänd aldrig samma åtgärd en gång till under ett annat id.",
                "The id already bears a message of other content. The first one holds and stays: see in the case what is done. "
                "Never send the same act once more under another id.",
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
        """D-4: why the message cannot be decided now, or None (``holds`` says who waits for whom)."""
        if arrival.is_own:
            return None
        row = SVU.row(message.name)
        opens = row is not None and row.opens
        ahead = self.holds.ahead(self.queue_keys(arrival), arrival.key)
        there = case_id is not None
        if ahead and not holds.lets_by(ahead, opens=opens, brings=brings(message), case_is_there=there):
            return holds.BEHIND
        if case_id is None and not opens and message.subject.startswith("ref:"):
            return holds.AWAITS_OPENING
        return None

    def _hold_for_hsa(self, arrival: Arrival, message: Message, case_id: str | None, person: str) -> Receipt:
        """C-22: the answer is needed first. A message that is tried again and still not answered for asks again."""
        asked = Question(question="verifiering", actor=person, role=LICENSED, unit=message.unit, concerns="decided_by")
        if self.known.actor(person, LICENSED) is None and (person, LICENSED) not in self.asked:
            self.asked.add((person, LICENSED))
            self.items.append(notices.lookup(case_id, message, asked, self.now))
        return self.hold(arrival, holds.AWAITS_HSA)

    # --- its outcome
    # ---------------------------------------------------------------------------------------------------

    def _refuse(self, arrival: Arrival, refused: Refused) -> Receipt:
        answer = refusal(arrival, refused)
        self._keep(arrival, answer, None, None)
        self._answered(arrival, answer, "refused")
        return answer

    def hold(self, arrival: Arrival, reason: str, missing: Refused | None = None) -> Receipt:
        """Keeps a message that cannot be handled now, or refuses it when it has waited as long as it may; ``missing`` is
        the rule that asks for what is not there yet.
        """
        waited = arrival.waited
        if waited is not None and holds.too_long(waited, reason, self.now):
            say = log.error if reason.startswith(holds.DEFECT) else log.warning
            say("hold_given_up", reason=reason, system=arrival.system_id, message=arrival.key[1])
            return self._refuse(arrival, missing or holds.given_up(reason))
        case_id, *others = self.queue_keys(arrival)
        case_key = case_id or next((key for key in others if key is not None), arrival.key[0])
        if waited is None:
            self.rows.append(row_of(arrival, None, None, None))
        elif reason in holds.EARLY and reason != waited.reason:
            self.freed.add(case_key)  # from now on it lets by what it waits for
        self.seen[arrival.key] = (arrival.digest, None)
        if not arrival.is_own:
            self.holds.put(case_key, arrival.key, reason)
        waits_s = holds.BEHIND_S if reason == holds.BEHIND and case_id is not None else holds.SCHEDULE_S
        self.held.append(Holding(arrival.key, case_key, reason, waited is None, waits_s))
        answer = held_receipt(arrival, missing)
        if waited is None:
            self._answered(arrival, answer, "held")
        return answer

    def _accept(self, arrival: Arrival, message: Message, decision: Decision, *, opened: bool) -> Receipt:
        case = decision.case
        if opened:
            ref = ref_of(arrival, message)
            self.opened[case.id] = (arrival.system_id, None if ref is None else ref[1])
            if ref is not None:
                self.ids[ref] = case.id
                early = f"{ref[0]}/{ref[1]}"
                if self.holds.rekey(early, case.id):
                    self.moved.append((early, case.id))
                    self.freed.add(case.id)
        if message.name == "folkbokforing":
            both = [one.person.get("personnummer") for one in (case, self.cases.get(case.id)) if one is not None]
            self.learnt.update(number for number in both if number)
        self.cases[case.id] = case
        self.changed.add(case.id)
        if arrival.system is not None:
            notices.acted(case, arrival.system_id)
        if message.name == "folkbokforing" and case.blocked:
            self.shielded.add(case.id)
        if message.name in _ABOUT_THREADS:
            self.threads.update((case.id, facts["thread"]) for _, facts in decision.events if "thread" in facts)
        memory = self.memory.setdefault(case.id, {})
        memory[case.sequence] = message
        self.sizes[case.id, case.sequence] = len(arrival.raw)
        answer = Receipt(
            message=message.id, code="ok", case=case.id, sequence=case.sequence, warnings=tuple(decision.warnings)
        )
        self._keep(arrival, answer, case.id, decision)
        self._answered(arrival, answer, "accepted")
        told = notices.notices(SVU, decision, message, memory, self.directory, self.now, self.known.name)
        for item in told:
            item.size = self.sizes.get((case.id, item.sequence or 0), 0)
        self.items += told
        for number, asked in enumerate(decision.asks):
            self._ask(case, message, asked, f"{case.id}-{case.sequence}-{number}")
        if message.actor is not None:
            self._verify(case.id, message)
        keys = self.queue_keys(arrival)
        if self.holds.early_ones(keys) and brings(message):
            self.freed.update(key for key in keys if key is not None)
        return answer

    def _ask(self, case: Case, message: Message, asked: Question, own: str) -> None:
        """What is known is told at once, as a message of the hub's own; the rest is asked after the commit."""
        known: Part | None = None
        if asked.question == "adressering":
            known = self._of_person(asked.person or "", asked.county or "")
        elif asked.question == "verifiering" and asked.actor is not None and asked.role is not None:
            said = self.known.actor(asked.actor, asked.role)
            if said is not None and goes_without_saying(said, asked.concerns):
                return
            if said is not None and said != ASKED:
                facts = asked.model_dump(include={"unit", "actor", "role", "concerns"})
                known = Verifiering.model_validate({**facts, "outcome": said})
        if known is None:
            self.items.append(notices.lookup(case.id, message, asked, self.now))
        else:
            self._handle(own_message(case.id, f"a-{own}", asked.question, known, self.now))

    def _of_person(self, number: str, county: str) -> Adressering | None:
        """What memory says of a person, unless another hub has had news since, or nobody looked whether one had (C-62)."""
        return self.known.person(number, county, self.news.get(number)) if number in self.looked_up else None

    def _verify(self, case_id: str, message: Message) -> None:
        """C-3: one whom HSA has not been asked about for a day is asked about, afterwards."""
        role = acting_role(message.role, self.directory.unit_by_hsa[message.unit])
        key = (message.actor or "", role)
        if message.actor is None or key in self.asked or self.known.actor(*key) is not None:
            return
        self.asked.add(key)
        asked = Question(question="verifiering", actor=message.actor, role=role, unit=message.unit)
        self.items.append(notices.lookup(case_id, message, asked, self.now))

    def _keep(self, arrival: Arrival, answer: Receipt, case_id: str | None, decision: Decision | None) -> None:
        row = row_of(
            arrival, case_id, decision, answer.model_dump_json(exclude_none=True, exclude_defaults=True).encode()
        )
        (self.settled if arrival.was_held else self.rows).append(row)
        if arrival.was_held:
            self.holds.end(arrival.key)
            self.freed.update(key for key in self.queue_keys(arrival) if key is not None)
        self.seen[arrival.key] = (arrival.digest, answer)

    def _answered(self, arrival: Arrival, answer: Receipt, outcome: str) -> None:
        name = "unreadable" if arrival.message is None else arrival.message.name
        self.counted.append((arrival.system_id, name, outcome))
        if arrival.by_outbox and arrival.system is not None:
            self.items.append(notices.receipt(arrival.system_id, arrival.key[0], answer, self.now))
