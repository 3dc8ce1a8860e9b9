"""The scenarios once more, against the real intake on a real PostgreSQL: what is told is read back from the outbox.

What the memory runner leaves out is in here: locks, the inbox, the case as JSON, held messages, and every notice written
in the format that its system has chosen.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub.delivery.parcel import wrap
from hub.intake.intake import Intake
from hub.intake.own import own_message
from hub.processes.case import Case
from hub.scenarios import Outcome, Play, Unusable, Written, load, world_of
from hub.scenarios.model import At, Send, State
from hub.scenarios.world import Lately
from hub.store import cases, inbox
from hub.store.outbox import Item
from hub.store.transaction import Store, migrate
from hub.translators import formats
from schemas.messages import Question, Told
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
        self.offered: list[Item] = []
        self.intake = Intake(
            store, lambda: play.world.directory, self.lately, self.offered.extend, clock=lambda: self.now
        )
        self.now = play.now

    async def take(self, arrival) -> Outcome:
        """One message, then whatever it gave rise to until nothing more is asked."""
        self.offered.clear()
        receipt = (await self.intake.submit([arrival]))[0]
        await self._look_up()
        while await self.intake.retry_held():
            await self._look_up()
            async with self.store.transaction() as connection:
                row = await (await connection.execute("SELECT count(*) FROM held WHERE due_at <= now()")).fetchone()
            if row == (0,):
                break
        return Outcome(receipt, await self._written())

    async def _look_up(self) -> None:
        for item in list(self.offered):
            if isinstance(item.told, Question):
                question = item.told
                answer = self.play.world.reply(question)
                self.lately.learn(answer)
                id_ = f"a-{item.id}-0"
                item.told = None  # asked once
                await self.intake.submit(
                    [own_message(item.case_id, id_, question.question, answer, datetime.now(UTC))], patient=True
                )

    async def _written(self) -> list[Told]:
        """The notices as the relay would read them after a restart, each written for its system."""
        kept = [item for item in self.offered if isinstance(item.told, Told)]
        async with self.store.transaction() as connection:
            rows = await (
                await connection.execute(
                    "SELECT id, told::text FROM outbox WHERE id = ANY(%s) ORDER BY id", ([item.id for item in kept],)
                )
            ).fetchall()
            stored = await inbox.load(connection, [(item.source, item.message_id) for item in kept])
        told = {id_: Told.model_validate_json(text) for id_, text in rows}
        for item in kept:
            row = stored[item.source, item.message_id]
            message = formats.kept(row.media_type, row.attributes, row.raw, row.name, row.id)
            item.told = told[item.id]
            parcel = wrap(item, message, self.play.world.directory.system_by_id[item.system])
            assert parcel.key == item.case_id
            assert parcel.written.body
        return [told[item.id] for item in kept]

    async def case(self) -> Case | None:
        async with self.store.transaction() as connection:
            return None if self.play.case is None else await cases.read(connection, self.play.case)

    async def history(self) -> list[str]:
        async with self.store.transaction() as connection:
            rows = await (
                await connection.execute(
                    "SELECT name FROM message WHERE case_id = %s AND sequence IS NOT NULL ORDER BY sequence",
                    (self.play.case,),
                )
            ).fetchall()
        return [name for (name,) in rows]


def _file(path: Path):
    return pytest.param(path, id=path.stem)


@pytest.mark.parametrize("path", [_file(path) for path in FILES])
async def test_the_scenario_holds_on_the_stack(path: Path, store: Store):
    written = Written(path)
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
            elif isinstance(step, State):
                play.judge_state(number, step, await hub.case())
            else:
                play.judge_history(number, step, await hub.history())
    finally:
        hub.intake.stop()
        await running
    assert play.report.ok, f"\n{play.report}"


def test_a_file_that_is_no_scenario_is_not_among_them():
    with pytest.raises(Unusable):
        Written(Path(__file__))
