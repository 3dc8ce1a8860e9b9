"""The scenarios once more, against the real intake on a real PostgreSQL: what is told is read back from the outbox.

What the memory runner leaves out is in here: locks, the inbox, the case as JSON, held messages, and every notice written
in the format that its system has chosen.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path
from uuid import uuid4

import pypdf
import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from pydantic_core import from_json

from hub.delivery.exits.addresses import Allowed
from hub.delivery.exits.kafka import connect
from hub.delivery.exits.webhook import WebhookExit
from hub.delivery.outgoing import Outgoing, encode
from hub.intake.deadline_timer import DeadlineTimer
from hub.intake.hub_messages import case_message, own_message
from hub.intake.queue import Intake
from hub.printing import Document, render
from hub.routers import http
from hub.scenarios import Play, ScenarioFile, StepOutcome, StoredCase, ToldNotice, Unusable
from hub.scenarios.actions import Action, LearnNews, MoveClock, ReadCase, ReadPerson, ReadReceipt, ReadUnit, TakeMessage
from hub.scenarios.late import PutQuestion
from hub.scenarios.world import Lately
from hub.store import cases, held, inbox, lists
from hub.store.migrating import migrate
from hub.store.outbox import OutboxRow
from hub.store.transaction import Store
from hub.translators import fhir, formats, native
from schemas.directory import System
from schemas.envelope import Message
from schemas.messages import (
    FROM_THE_HUB,
    MESSAGES,
    Announcement,
    BilingualText,
    CaseMessage,
    NoticeExtensions,
    Question,
    Receipt,
    as_json,
)
from tests.judged import JUDGE
from tests.scenarios.test_scenarios import FILES
from tests.shards import all_shards
from tests.stack import Receiver, everything

_TABLES = "message_edit, message, cases, outbox_row, held, element, deadline, participation, calendar"


@pytest.fixture(scope="module")
def migrated(postgres) -> str:
    name = "scenarios"
    address = postgres.create_database(name)
    asyncio.run(migrate(address))
    yield address
    postgres.drop_database(name)


@pytest.fixture
async def store(migrated: str) -> AsyncIterator[Store]:
    store = Store(migrated, pool=3)
    async with store.transaction() as connection:
        await connection.execute(f"TRUNCATE {_TABLES}")
    yield store
    await store.close()


class OnTheStack:
    """The hub from its intake to its outbox; the registers answer as the world says."""

    def __init__(self, store: Store, play: Play) -> None:
        self.store, self.play = store, play
        self.lately = Lately(play.world)
        self.offered: list[OutboxRow] = []
        self.intake = Intake(
            store,
            lambda: play.world.directory,
            self.lately,
            self.offered.extend,
            all_shards(store),
            clock=lambda: self.now,
        )
        self.registers = play.registers
        self.now = play.now
        self.learnt = self.heard = 0

    async def do(self, action: Action):
        """What a scenario asks of the hub."""
        match action:
            case TakeMessage():
                return await self.take(action)
            case MoveClock():
                return await self.move_clock(action.to)
            case LearnNews():
                return await self.learn(action)
            case ReadReceipt():
                return await self.final(action.key)
            case ReadCase():
                return await self.stored(action.case)
            case ReadPerson():
                return await self.of_person(action.person)
            case ReadUnit():
                return await self.of_unit(action.unit)

    def _begin(self, now: datetime) -> None:
        self.offered.clear()
        self.registers.begin_step()
        self.now = now

    async def take(self, action: TakeMessage) -> StepOutcome:
        """One message, then whatever it gave rise to until nothing more is asked."""
        self._begin(action.now)
        arrival = action.arrival
        receipt = (await self.intake.submit([arrival]))[0]
        await self._follow()
        await self._hear()
        _collect_answer(arrival, receipt)
        if receipt.rule == "held" and not receipt.repeat:
            receipt = await self.final(arrival.key) or receipt
        return StepOutcome(receipt, await self._written())

    async def final(self, key) -> Receipt | None:
        """The final receipt of one that was held; None while it is."""
        async with self.store.transaction() as connection:
            raw = (await inbox.load(connection, [key]))[key].receipt
        return None if raw is None else Receipt.model_validate_json(raw)

    async def move_clock(self, then: datetime) -> list[ToldNotice]:
        """Moves the clock; what comes due on the way, and what registers answer late, is told at its time (D-9)."""
        self._begin(self.now)
        while True:
            async with self.store.transaction() as connection:
                row = await (
                    await connection.execute("SELECT due_at FROM deadline WHERE due_at <= %s ORDER BY due_at", (then,))
                ).fetchone()
            answer_at = self.registers.next_at()
            if answer_at is not None and answer_at <= then and (row is None or answer_at < row[0]):
                self.now = max(self.now, answer_at)
                await self._hear()
                continue
            if row is None:
                break
            self.now = max(self.now, row[0])
            clock = DeadlineTimer(self.store, self.intake, lambda: self.now)
            assert await clock.tell_passed(), "a deadline that has passed cannot be told"
        self.now = then
        await self._follow()  # what has waited as long as it may is refused
        await self._hear()
        return await self._written()

    async def learn(self, action: LearnNews) -> list[ToldNotice]:
        """Folkbokforing says something new of a person: in every case of theirs."""
        self._begin(action.now)
        async with self.store.transaction() as connection:
            rows = await (
                await connection.execute("SELECT id::text FROM cases WHERE person = %s", (action.person,))
            ).fetchall()
        for (case,) in rows:
            self.learnt += 1
            message = own_message(case, f"n-{self.learnt}-{case}", "folkbokforing", action.news, self.now)
            await self.intake.submit([message], wait=True)
        await self._follow()
        await self._hear()
        return await self._written()

    async def _follow(self) -> None:
        while await self._look_up() or await self.intake.retry_held():
            pass

    async def _look_up(self) -> bool:
        """Ask the registers what is asked, and hand over what goes to other cases; whether there was anything."""
        found = [item for item in self.offered if item.kind in {"lookup", "case"}]
        self.offered[:] = [item for item in self.offered if item not in found]  # asked, or handed over, once
        for item in found:
            if isinstance(item.content, Question):
                put = PutQuestion(item.case_id, item.content, item.source, item.message_id)
                if (answer := self.registers.ask(put, self.now)) is not None:
                    await self._hear_one(put, answer)
            elif isinstance(item.content, CaseMessage):
                to_another_case = case_message(item, self.now)
                await self.intake.submit([to_another_case], wait=True)
        return bool(found)

    async def _hear(self) -> None:
        for put, answer in self.registers.come(self.now):
            await self._hear_one(put, answer)
            await self._follow()

    async def _hear_one(self, put: PutQuestion, answer) -> None:
        self.lately.learn(answer)
        if put.case is None or put.question.concerns == "decided_by":
            async with self.store.transaction() as connection:
                await held.try_now(connection, (put.source, put.message), self.now)
            return
        self.heard += 1
        message = own_message(put.case, f"a-{put.case}-{self.heard}", put.question.question, answer, self.now)
        await self.intake.submit([message], wait=True)

    async def _written(self) -> list[ToldNotice]:
        """The notices as the relay would read them after a restart, each written for its system."""
        kept = [item for item in self.offered if isinstance(item.content, NoticeExtensions)]
        async with self.store.transaction() as connection:
            rows = await (
                await connection.execute(
                    "SELECT id, told::text, body FROM outbox WHERE id = ANY(%s) ORDER BY id",
                    ([item.id for item in kept],),
                )
            ).fetchall()
            stored = await inbox.load(connection, [(item.source, item.message_id) for item in kept])
        told = {id_: text.encode() for id_, text, _ in rows}
        bodies = {id_: body for id_, _, body in rows}
        found = []
        for item in kept:
            row = stored[item.source, item.message_id]
            message, item.body = formats.read_stored(row), bodies[item.id]
            if item.body is not None:
                message = formats.with_data(message, item.body)
            item.told = told[item.id]
            system = self.play.world.directory.system_by_id[item.system]
            outgoing = encode(item, message, system)
            _collect_notice(item, message, system)
            assert outgoing.key == item.case_id
            found.append(ToldNotice(item.system, item.content, message.name, _data(outgoing.encoded)))
        return found

    async def stored(self, id_: str) -> StoredCase | None:
        async with self.store.transaction() as connection:
            case = await cases.read(connection, id_)
            if case is None:
                return None
            numbers = range(1, case.sequence + 1)
            rows = await inbox.at(connection, [(id_, number) for number in numbers])
            kinds = await (
                await connection.execute(
                    "SELECT DISTINCT split_part(address, '/', 1) FROM element WHERE case_id = %s", (id_,)
                )
            ).fetchall()
            wanted = [(id_, kind if kind == "plan" else f"{kind}/") for (kind,) in kinds]
            for _, element in await cases.elements(connection, wanted) if wanted else ():
                case.elements[element.address] = element
        return StoredCase(case, [rows[id_, number] for number in numbers])

    async def of_person(self, number: str) -> list[StoredCase]:
        async with self.store.transaction() as connection:
            found = await lists.of_person(connection, number)
        return [await self.stored(one.case.id) for one in found]

    async def of_unit(self, unit: str) -> list[StoredCase]:
        async with self.store.transaction() as connection:
            found, _ = await lists.page(connection, lists.Wanted(unit, archived=None))
        return [await self.stored(one.case.id) for one in found]


def _on_paper(document: Document) -> str:
    """What a reader of the printed pages gets out of them."""
    return " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(render(document))).pages)


def _data(written: formats.Encoded):
    """What the receiving system makes of a notice, whichever format it has chosen."""
    if not formats.is_fhir(written.media_type):
        return from_json(written.body)
    message = fhir.read(written.body, written.media_type, from_hub=True)
    return from_json(native.write_body(message))


NEVER_TOLD = {"atkomst", "information", "uppslag", "utskrift"}
"""Three are only traced, and by the fourth a case is opened in which nobody else is yet."""
FORMS = ("native", "fhir", "fhir-xml")
COLLECTED: dict[tuple, Outgoing] = {}
"""One of each kind of what the scenarios told: (form, name, which attributes and members it has) → as the relay sends it."""
PLAYED: set[str] = set()


def _collect_notice(item: OutboxRow, message: Message, system: System) -> None:
    body = message.data.model_dump(exclude_none=True)
    for form in FORMS:
        shape = (*sorted(body), *sorted(item.content.model_dump(exclude_defaults=True))) if form == "native" else ()
        if (form, message.name, *shape) not in COLLECTED:
            chosen = system.model_copy(update={"format": form})
            COLLECTED[form, message.name, *shape] = encode(item, message, chosen)


def _collect_answer(arrival, receipt: Receipt) -> None:
    """The receipt as a record in every form, and what its sender reads over HTTP."""
    if receipt.code == "ok":
        JUDGE.message(arrival.raw)
    answer = http.answer(receipt, http.status_of(arrival, receipt))
    JUDGE.answer(answer.status_code, answer.media_type, answer.body)
    shape = ("receipt", *sorted(receipt.model_dump(exclude_defaults=True)), receipt.code)
    for form in FORMS:
        if (form, *shape) not in COLLECTED:
            written = formats.write_receipt(
                as_json(receipt), receipt.case, f"receipt-{len(COLLECTED)}", form, datetime.now(UTC)
            )
            COLLECTED[form, *shape] = Outgoing(f"out-r{len(COLLECTED)}", receipt.case or "out-r", written)


def _file(path: Path):
    return pytest.param(path, id=path.stem)


@pytest.mark.parametrize("path", [_file(path) for path in FILES])
async def test_the_scenario_holds_on_the_stack(path: Path, store: Store):
    play = Play(ScenarioFile(path), text_of=_on_paper)
    hub = OnTheStack(store, play)
    running = asyncio.create_task(hub.intake.run())
    steps, answered = play.run(), None
    try:
        with contextlib.suppress(StopIteration):
            while True:
                answered = await hub.do(steps.send(answered))
    finally:
        hub.intake.stop()
        await running
    assert play.report.ok, f"\n{play.report}"
    PLAYED.add(path.stem)


async def test_everything_that_the_scenarios_told_is_on_both_wires_as_the_published_schemas_say(kafka):
    if len(PLAYED) < len(FILES):
        pytest.skip("not all scenarios have been played before")
    told = Announcement(text=BilingualText(sv="Stängs i natt.", en="Closed tonight."))
    sent = list(COLLECTED.values())
    for form in FORMS:
        written = formats.write_announcement(told, f"announcement-{form}", form, datetime.now(UTC))
        sent.append(Outgoing(f"out-{form}", f"out-{form}", written))
    topic = f"hub.out.judged-{uuid4().hex[:8]}"
    await on_kafka(kafka.bootstrap, topic, sent)
    await by_webhook(sent)
    for way in ("on Kafka", "by webhook"):
        seen = {what for kind, what in JUDGE.seen if kind == f"notice {way}"}
        assert seen >= set(MESSAGES) - NEVER_TOLD
        assert JUDGE.seen[f"receipt {way}", "receipt"] >= 3 * len(FORMS)
        assert JUDGE.seen[f"announcement {way}", "announcement"] >= len(FORMS)
    assert {what for kind, what in JUDGE.seen if kind == "message"} == set(MESSAGES) - FROM_THE_HUB
    assert {what for kind, what in JUDGE.seen if kind == "answer"} >= {"ok", "transient-error", "problem"}
    assert JUDGE.seen["Bundle by webhook", "application/fhir+json"] >= 10
    assert JUDGE.seen["Bundle by webhook", "application/fhir+xml"] >= 10


async def on_kafka(bootstrap: str, topic: str, sent: list[Outgoing]) -> None:
    """The relay's own exit writes to a broker, and any consumer reads."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(topic, 1, 1)])
    way = await connect({"bootstrap_servers": bootstrap}, lambda _: None)
    try:
        system = receiving(topic.removeprefix("hub.out."), {"way": "kafka"})
        assert (await way.send(system, sent, at_once)).result == "ok"
        assert len(await everything(bootstrap, topic)) == len(sent)
    finally:
        await way.close()
        await admin.delete_topics([topic])
        await admin.close()


async def by_webhook(sent: list[Outgoing]) -> None:
    """The relay's own exit calls a receiver: with events, and Bundles alone."""
    way = WebhookExit(Allowed(plain=True, networks=(ip_network("127.0.0.0/8"),)))
    async with Receiver() as receiver:
        for outgoing in sent:
            bodies = ("event", "bundle") if formats.is_fhir(outgoing.encoded.media_type) else ("event",)
            for body in bodies:
                system = receiving("judged", receiver.out("judged") | {"body": body})
                assert (await way.send(system, [outgoing], at_once)).result == "ok"
        await way.close()


def receiving(id_: str, out: dict[str, str]) -> System:
    units = ["SE2120001132-K01"]
    plain = {"id": id_, "name": "x", "organisation": "2120001132", "units": units, "out": out, "format": "fhir"}
    return System.model_validate({**plain, "delivery": {"timeout_s": 120.0}})


async def at_once() -> None:
    """Nothing stands against sending."""


def test_a_file_that_is_no_scenario_is_not_among_them():
    with pytest.raises(Unusable):
        ScenarioFile(Path(__file__))
