"""The hub without a database, a broker or a register: plays a scenario against the rules themselves, in milliseconds.

Imports the intake and the player. It calls the intake's own ``handle``, so that duplicates, held messages, decisions and
notices are those of production; what ``load`` reads from the database and ``save`` writes there stays in memory here.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import datetime, timedelta

from pydantic_core import from_json

from hub.attachments import check as attachment_check
from hub.intake.arrival import Arrival, Waited, read
from hub.intake.handle import handle
from hub.intake.handled import Handled, Holding
from hub.intake.holds import AT_THE_MOST
from hub.intake.hub_messages import case_message, own_message
from hub.intake.load import give_new_ids
from hub.intake.loaded import Loaded
from hub.intake.naming import file_of, names_of
from hub.intake.stored import ref_of
from hub.processes.engine.case import Case
from hub.processes.engine.element import Element
from hub.processes.engine.process import process_of_case
from hub.processes.shared.disclosure import listed
from hub.processes.shared.frist import frist_of
from hub.scenarios.actions import (
    Action,
    LearnNews,
    MoveClock,
    ReadCase,
    ReadPerson,
    ReadReceipt,
    ReadUnit,
    StepOutcome,
    StoredCase,
    TakeMessage,
    ToldNotice,
)
from hub.scenarios.file import ScenarioFile
from hub.scenarios.late import PutQuestion, RegisterAnswer, WorldRegisters
from hub.scenarios.play import Play
from hub.scenarios.report import Report
from hub.scenarios.world import Lately, World
from hub.store.cases import GOES_ON
from hub.store.inbox import InboxRow, Key
from hub.store.outbox import OutboxRow
from hub.translators.native import write_body
from schemas.envelope import Message
from schemas.hub_messages import Folkbokforing
from schemas.messages import CaseMessage, NoticeExtensions, Question, Receipt
from schemas.shared import Narstaende

_HELD = "held"
"""What the receipt of a held message names."""


class HubInMemory:
    """A hub in memory. ``take`` is the one way in; ``cases``, ``inbox`` and ``outbox`` are there to look at."""

    def __init__(
        self,
        world: World,
        now: datetime,
        registers: WorldRegisters | None = None,
        case_ids: Iterator[str] | None = None,
    ) -> None:
        """An empty hub in a world; its registers answer as the world says, unless others are given. ``case_ids``: the ids
        of new cases, where they shall be the same each time; left out, they are drawn as in production.
        """
        self.now = now
        self.inbox: dict[Key, InboxRow] = {}
        """Every message as it is stored, with its final answer or, while it is held, none."""
        self.outbox: list[OutboxRow] = []
        """What has been written since the last step began."""
        self._lately = Lately(world)
        self._world = world
        self._registers = registers or WorldRegisters(world)
        self._loaded = Loaded()
        self._waiting: dict[Key, Arrival] = {}
        self._case_ids = case_ids
        self._asked = 0
        self._looked_at = 0
        """How many rows of the outbox have been searched for questions."""
        self._passed: set[tuple[datetime, str, str]] = set()

    @property
    def cases(self) -> dict[str, Case]:
        """Every case by its id."""
        return self._loaded.cases

    def take(self, arrival: Arrival, now: datetime) -> StepOutcome:
        """Handles one message and what follows from it: the registers' answer, messages that waited for the case."""
        self.now = now
        self._begin_step()
        self.read(arrival)
        self._check_file(arrival)
        receipt = self._handle(arrival)
        self._follow()
        self._hear_late()
        if receipt.rule == _HELD and not receipt.repeat:  # it may have been held only until the registers had answered
            receipt = self.final(arrival.key) or receipt
        return StepOutcome(receipt, self._tells())

    def read(self, arrival: Arrival) -> None:
        """Reads its bytes, by the directory's rules of numbers."""
        read(arrival, self._world.directory.identities)

    def _handle(self, arrival: Arrival) -> Receipt:
        """The intake's three steps for one message: load is in memory already, handle is the intake's, save is below."""
        message = arrival.message
        ref = None if message is None else ref_of(arrival, message)
        if ref is not None and self._case_ids is not None and ref not in self._loaded.ids:
            self._loaded.new_ids.setdefault(ref, next(self._case_ids))
        give_new_ids(self._loaded, () if ref is None else (ref,))
        case = None if message is None else self._loaded.case_of(arrival, message)
        elements = {} if case is None else case.elements
        if case is not None and message is not None:
            case.elements = _touched(case, message)
        handled = handle([arrival], self._loaded, self._world.directory, self._lately, self.now)
        if case is not None:
            after = self._loaded.cases[case.id]
            after.elements = {**elements, **after.elements}
        self._save(arrival, handled)
        return handled.receipts[0]

    def _save(self, arrival: Arrival, handled: Handled) -> None:
        self.inbox |= {(row.source, row.id): row for row in (*handled.received, *handled.settled)}
        self.outbox += handled.outbox
        for asked in handled.asked:
            self._lately.asking(*asked)
        for holding in handled.held:
            self._wait(arrival, holding)

    def _wait(self, arrival: Arrival, holding: Holding) -> None:
        """The arrival is as the store would bring it back to be tried again."""
        before = arrival.waited
        since = self.now if before is None else before.since
        reason_since = before.reason_since if before is not None and before.reason == holding.reason else self.now
        arrival.kept_as, arrival.waited = holding.key, Waited(holding.case_key, holding.reason, since, reason_since)
        self._waiting[holding.key] = arrival

    def final(self, key: Key) -> Receipt | None:
        """The answer to a message that is not held any more."""
        settled = self._loaded.seen[key][1]
        return None if settled is None else Receipt.model_validate(settled)

    def _follow(self) -> None:
        """What comes of a message at once: the registers' answers, and what waited for it or for them."""
        while True:
            self._look_up()
            self._retry()
            if self._looked_at == len(self.outbox):
                return

    def _check_file(self, arrival: Arrival) -> None:
        """C-42: a message with an unfit file is refused. (The hub checks files in processes of their own, ``file_check``.)"""
        message, file = arrival.message, file_of(arrival)
        if message is None or file is None or arrival.refused is not None:
            return
        case = self._loaded.case_of(arrival, message)
        arrival.checked_for = patient, listed = names_of(case)
        standing = None if case is None or listed is None else self._loaded.earlier[case.id][listed].data
        people = (patient, *(one.name for one in standing.people)) if isinstance(standing, Narstaende) else (patient,)
        unfit = attachment_check.check(file.name, base64.b64decode(file.content), people)
        if unfit is not None:
            arrival.refused = attachment_check.refusal(unfit)

    def _begin_step(self) -> None:
        self.outbox.clear()
        self._looked_at = 0
        self._registers.begin_step()

    def _look_up(self) -> None:
        """The registers answer each question of the outbox, unless they answer late; other cases get their messages."""
        start, self._looked_at = self._looked_at, len(self.outbox)
        for row in self.outbox[start : self._looked_at]:
            if isinstance(row.content, Question):
                put = PutQuestion(row.case_id, row.content, row.source, row.message_id)
                if (answer := self._registers.ask(put, self.now)) is not None:
                    self._hear(put, answer)
            elif isinstance(row.content, CaseMessage):
                self._handle(case_message(row, self.now))

    def _hear(self, put: PutQuestion, answer: RegisterAnswer) -> None:
        """The answer is a message of the hub's own (architecture.md §1), or lets the message go on that waits for it."""
        self._asked += 1
        self._lately.learn(answer)
        if put.case is not None and put.question.concerns != "decided_by":
            self._handle(own_message(put.case, f"a-{self._asked}-0", put.question.question, answer, self.now))

    def _hear_late(self) -> None:
        """The answers that have come by now, and what comes of each."""
        for put, answer in self._registers.come(self.now):
            self._hear(put, answer)
            self._follow()

    def move_clock(self, then: datetime) -> list[ToldNotice]:
        """Moves the clock; every deadline on the way is told at its time (D-9)."""
        self._begin_step()
        while True:
            due = [
                (datetime.fromisoformat(at), id_, key)
                for id_, case in self.cases.items()
                for key, at in case.due.items()
            ]
            passed = [row for row in due if row[0] <= then and row not in self._passed]
            answer_at = self._registers.next_at()
            if answer_at is not None and answer_at <= then and (not passed or answer_at < min(passed)[0]):
                self.now = max(self.now, answer_at)
                self._hear_late()
                continue
            if not passed:
                break
            at, id_, key = min(passed)
            self._passed.add((at, id_, key))
            self.now = max(self.now, at)
            frist = frist_of(self.cases[id_], key)
            if frist is not None:
                self._handle(own_message(id_, f"f-{id_}-{key}-{at.isoformat()}", "frist", frist, self.now))
        self.now = then
        self._follow()  # what has waited as long as it may is refused
        self._hear_late()
        return self._tells()

    def learn(self, person: str, news: Folkbokforing, now: datetime) -> list[ToldNotice]:
        """Folkbokforing was asked again, and says something new of a person: in every case of theirs."""
        self._begin_step()
        self.now = now
        for id_, case in list(self.cases.items()):
            if case.person.get("personnummer") == person:
                self._asked += 1
                self._handle(own_message(id_, f"n-{self._asked}", "folkbokforing", news, now))
        self._follow()
        self._hear_late()
        return self._tells()

    def _tells(self) -> list[ToldNotice]:
        return [
            ToldNotice(row.system, row.content, row.message.name, from_json(write_body(row.message)))
            for row in self.outbox
            if isinstance(row.content, NoticeExtensions) and row.message is not None
        ]

    def _retry(self) -> None:
        """D-4: tries the held messages, in the order in which they came, until no more of them are settled."""
        settled = True
        while settled:
            settled = False
            for key, arrival in list(self._waiting.items()):
                self._check_file(arrival)
                if self._handle(arrival).rule != _HELD:
                    del self._waiting[key]
                    settled = True

    def history(self, id_: str | None) -> list[InboxRow]:
        """A case's accepted messages, in sequence order."""
        rows = [row for row in self.inbox.values() if row.case_id == id_ and row.sequence is not None]
        return sorted(rows, key=lambda row: row.sequence or 0)

    def stored(self, id_: str) -> StoredCase | None:
        """A case with its accepted messages."""
        case = self.cases.get(id_)
        return None if case is None else StoredCase(case, self.history(id_))

    def of_person(self, number: str) -> list[StoredCase]:
        """A person's cases as the store finds them: by a former number too, none that have disappeared (V-5)."""
        found = [
            StoredCase(case, self.history(id_))
            for id_, case in self.cases.items()
            if number in (case.person.get("personnummer"), *case.former_numbers)
            and case.status not in {"revoked", "refused"}
        ]
        return sorted(found, key=lambda stored: stored.changed_at, reverse=True)

    def of_unit(self, unit: str) -> list[StoredCase]:
        """The cases in a unit's lists, archived ones too."""
        found = [StoredCase(case, self.history(id_)) for id_, case in self.cases.items() if unit in listed(case)]
        return sorted(found, key=lambda stored: stored.changed_at, reverse=True)


def _touched(case: Case, message: Message) -> dict[str, Element]:
    """The elements that the store would load for a message: those that its rules touch, and no others."""
    parts = process_of_case(case).parts(message)
    addresses = {address for rule, data, _ in parts for address in rule.addresses(case, data)}
    beginnings = tuple(address for address in addresses if address.endswith(GOES_ON))
    return {
        address: element
        for address, element in case.elements.items()
        if address in addresses or address.startswith(beginnings)
    }


def play(written: ScenarioFile, world: World | None = None) -> Report:
    """Plays a scenario in memory, in its own world or another."""
    played = Play(written, world)
    hub = HubInMemory(played.world, played.now, played.registers)
    running, answer = played.run(), None
    while True:
        try:
            action = running.send(answer)
        except StopIteration:
            return played.report
        answer = answered(hub, action)


def answered(hub: HubInMemory, action: Action) -> object:
    """What the hub answers to one action of a scenario."""
    match action:
        case TakeMessage():
            return hub.take(action.arrival, action.now)
        case MoveClock():
            return hub.move_clock(action.to)
        case LearnNews():
            return hub.learn(action.person, action.news, action.now)
        case ReadReceipt():
            return hub.final(action.key)
        case ReadCase():
            return hub.stored(action.case)
        case ReadPerson():
            return hub.of_person(action.person)
        case ReadUnit():
            return hub.of_unit(action.unit)


def answer(world: World, arrival: Arrival, now: datetime) -> Receipt:
    """What an empty hub answers in the end to one message after which nothing comes: how the contracts' fixtures are
    judged.
    """
    hub = HubInMemory(world, now)
    receipt = hub.take(arrival, now).receipt
    hub.move_clock(now + AT_THE_MOST + timedelta(seconds=1))
    return hub.final(arrival.key) or receipt
