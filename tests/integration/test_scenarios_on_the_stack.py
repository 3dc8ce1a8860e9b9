"""The scenarios once more, against the real intake on a real PostgreSQL: what is told is read back from the outbox.

What the memory runner leaves out is in here: locks, the inbox, the case as JSON, held messages, and every notice written
in the format that its system has chosen.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic_core import from_json

from hub.delivery.outgoing import wrap
from hub.intake.deadline_timer import DeadlineTimer
from hub.intake.hub_messages import own_message
from hub.intake.queue import Intake
from hub.processes.engine.case import Case
from hub.scenarios import Play, ScenarioFile, StepOutcome, ToldNotice, Unusable, load, world_of
from hub.scenarios.model import At, ExpectedLiability, NewsStep, Send, State
from hub.scenarios.world import Lately
from hub.store import cases, held, inbox
from hub.store.outbox import OutboxRow
from hub.store.transaction import Store, migrate
from hub.translators import fhir, formats, native
from schemas.messages import NoticeExtensions, Question, Receipt
from tests.scenarios.test_scenarios import FILES

_TABLES = "message, cases, outbox, held, thread, deadline, participation"


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
            store, lambda: play.world.directory, self.lately, self.offered.extend, clock=lambda: self.now
        )
        self.now = play.now
        self.learnt = 0

    async def take(self, arrival) -> StepOutcome:
        """One message, then whatever it gave rise to until nothing more is asked."""
        self.offered.clear()
        self.now = self.play.now
        receipt = (await self.intake.submit([arrival]))[0]
        await self._look_up()
        while await self.intake.retry_held():
            await self._look_up()
        if receipt.rule == "held" and not receipt.repeat:
            receipt = await self.final(arrival.key) or receipt
        return StepOutcome(receipt, await self._written())

    async def final(self, key) -> Receipt | None:
        """The final receipt of one that was held; None while it is."""
        async with self.store.transaction() as connection:
            found = (await inbox.seen(connection, [key]))[key][1]
        return None if found is None else Receipt.model_validate(found)

    async def strike(self) -> list[ToldNotice]:
        """Moves the clock; what comes due on the way is told at its time (D-9)."""
        self.offered.clear()
        then = self.play.now
        while True:
            async with self.store.transaction() as connection:
                row = await (
                    await connection.execute("SELECT due_at FROM deadline WHERE due_at <= %s ORDER BY due_at", (then,))
                ).fetchone()
            if row is None:
                break
            self.now = max(self.now, row[0])
            clock = DeadlineTimer(self.store, self.intake, lambda: self.now)
            assert await clock.strike(), "a deadline that has passed cannot be told"
        self.now = then
        while await self.intake.retry_held():  # what has waited as long as it may is refused
            await self._look_up()
        return await self._written()

    async def learn(self, step: NewsStep) -> list[ToldNotice]:
        """Folkbokforing says something new of a person: in every case of theirs."""
        self.offered.clear()
        self.now = self.play.now
        async with self.store.transaction() as connection:
            rows = await (
                await connection.execute("SELECT id::text FROM cases WHERE person = %s", (step.news.person,))
            ).fetchall()
        for (case,) in rows:
            self.learnt += 1
            message = own_message(case, f"n-{self.learnt}-{case}", "folkbokforing", self.play.learnt(step), self.now)
            await self.intake.submit([message], patient=True)
        return await self._written()

    async def _look_up(self) -> None:
        for item in list(self.offered):
            if isinstance(item.content, Question):
                question = item.content
                item.content = None  # asked once
                answer = self.play.world.reply(question)
                if answer is None:
                    continue
                self.lately.learn(answer)
                if item.case_id is None or question.concerns == "decided_by":
                    async with self.store.transaction() as connection:
                        await held.try_now(connection, (item.source, item.message_id), self.now)
                    continue
                message = own_message(item.case_id, f"a-{item.id}-0", question.question, answer, self.now)
                await self.intake.submit([message], patient=True)

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
        told = {id_: NoticeExtensions.model_validate_json(text) for id_, text, _ in rows}
        bodies = {id_: body for id_, _, body in rows}
        found = []
        for item in kept:
            row = stored[item.source, item.message_id]
            message, item.body = formats.kept(row), bodies[item.id]
            if item.body is not None:
                message = formats.with_data(message, item.body)
            item.content = told[item.id]
            parcel = wrap(item, message, self.play.world.directory.system_by_id[item.system])
            assert parcel.key == item.case_id
            found.append(ToldNotice(told[item.id], message.name, _data(parcel.written)))
        return found

    async def case(self) -> Case | None:
        async with self.store.transaction() as connection:
            return None if self.play.case is None else await cases.read(connection, self.play.case)

    async def history(self) -> list[tuple[str, list]]:
        async with self.store.transaction() as connection:
            return await (
                await connection.execute(
                    "SELECT name, events FROM message WHERE case_id = %s AND sequence IS NOT NULL ORDER BY sequence",
                    (self.play.case,),
                )
            ).fetchall()


def _data(written: formats.Encoded):
    """What the receiving system makes of a notice, whichever format it has chosen."""
    if not formats.is_fhir(written.media_type):
        return from_json(written.body)
    message = fhir.read(written.body, written.media_type, from_hub=True)
    return from_json(native.write_body(message))


def _file(path: Path):
    return pytest.param(path, id=path.stem)


@pytest.mark.parametrize("path", [_file(path) for path in FILES])
async def test_the_scenario_holds_on_the_stack(path: Path, store: Store):
    written = ScenarioFile(path)
    play = Play(written, load(world_of(path, written.scenario.world)))
    hub = OnTheStack(store, play)
    running = asyncio.create_task(hub.intake.run())
    try:
        for number, step in play.steps:
            if isinstance(step, Send):
                arrival = play.arrival(number, step)
                play.judge(number, step, arrival, await hub.take(arrival))
            elif isinstance(step, At):
                play.move(number, step)
                play.judge_told(number, "at", step.notices, await hub.strike())
                for name, key in play.held(number, step).items():
                    play.judge_final(number, step, name, await hub.final(key))
            elif isinstance(step, NewsStep):
                play.judge_told(number, "news", step.news.notices, await hub.learn(step))
            elif isinstance(step, State):
                play.judge_state(number, step, await hub.case())
            elif isinstance(step, ExpectedLiability):
                case = await hub.case()
                play.judge_liability(number, step, [events for _, events in await hub.history()], case.opened_by)
            else:
                play.judge_history(number, step, [name for name, _ in await hub.history()])
    finally:
        hub.intake.stop()
        await running
    assert play.report.ok, f"\n{play.report}"


def test_a_file_that_is_no_scenario_is_not_among_them():
    with pytest.raises(Unusable):
        ScenarioFile(Path(__file__))
