"""The store's model in ``tests/simulate`` answers as PostgreSQL does: what each call of two transactions beside each other returns or
raises, which call waits for the other transaction, and what stands in the end.

May import ``hub.store`` and the simulation.
"""

import asyncio
from contextlib import AsyncExitStack
from random import Random

import psycopg

from hub.store.transaction import meaning
from tests.simulate import seams
from tests.simulate.histories import ACTORS, CASES, drawn, plain
from tests.simulate.loop import Loop
from tests.simulate.schedule import rows_of, server_of
from tests.simulate.store import Store as ModelStore

HISTORIES = range(60)
TABLES = "outbox_row, sent_range, settled, held, message_edit, message, outbox_change, outbox_count"
DEADLOCK = "deadlock"
IN_ANY_ORDER = ("unsent", "unsent_up_to", "queues")


class Play:
    """Plays a history on a store; a transaction that failed is rolled back."""

    def __init__(self, store, waits):
        """``waits``: awaited with a connection and the task of its call; True when the call waits for another transaction."""
        self.store = store
        self.waits = waits
        self.open = {}
        self.calls = {}
        self.said = []

    async def run(self, steps):
        for step in steps:
            if step.actor in self.calls:
                continue  # it waits for the other
            if step.module is None:
                await self.end(step.actor, step.name)
            else:
                await self.call(step)
            await self.settle()
        return self.said

    async def call(self, step):
        if step.actor not in self.open:
            stack = AsyncExitStack()
            self.open[step.actor] = stack, await stack.enter_async_context(self.store.transaction())
        connection = self.open[step.actor][1]
        task = asyncio.create_task(self.answer(step, connection))
        self.calls[step.actor] = task
        if await self.waits(connection, task):
            self.said.append((step.actor, step.name, "waits"))

    async def answer(self, step, connection):
        try:
            answer = plain(await step.call(connection))
            return step.name, sorted(answer) if step.name in IN_ANY_ORDER else answer, None
        except Exception as error:  # noqa: BLE001 - what it is, is the answer
            word = DEADLOCK if isinstance(error, psycopg.errors.DeadlockDetected) else type(meaning(error)).__name__
            return step.name, word, error

    async def settle(self):
        """What those that waited have got, when nothing moves any more."""
        for actor, task in list(self.calls.items()):
            if await self.waits(self.open[actor][1], task):
                continue
            del self.calls[actor]
            name, answer, error = task.result()
            self.said.append((actor, name, answer))
            if error is not None:
                await self.end(actor, "rollback")
                await self.settle()

    async def end(self, actor, how):
        stack, _ = self.open.pop(actor, (None, None))
        if stack is None:
            return
        if how == "commit":
            await stack.aclose()
        else:
            error = RuntimeError("rolled back")
            await stack.__aexit__(RuntimeError, error, None)


def on_the_model(seed):
    """What is said, and what stands in the end."""
    loop = Loop(Random(seed))
    server = server_of(loop, Random(seed), shards=2)

    async def waits(connection, task):
        while not task.done() and connection.session not in server.waiting:
            await asyncio.sleep(0.001)
        return not task.done()

    async def play():
        store = ModelStore(server, lambda *_: None)
        said = await Play(store, waits).run(drawn(seed))
        rows = {row["id"]: (state, row["behind"], row["revision"]) for row, state in rows_of(server)}
        held = [key for key, _ in sorted(server.tables["held"].rows.items())]
        return said, rows, held

    with seams.simulated():
        found = loop.run_until_complete(play())
    loop.end()
    return found


async def on_postgres(store, server, seed):
    server.execute(f"TRUNCATE {TABLES}")
    server.execute("DELETE FROM shard WHERE id > 1")
    server.execute("UPDATE shard SET epoch = 0, owner = NULL, changes = 0")

    async def waits(connection, task):
        """A call that waits is seen to wait for a lock, or it ends."""
        pid = connection.info.backend_pid
        async with asyncio.timeout(60):
            while not task.done():
                if server.execute("SELECT cardinality(pg_blocking_pids(%s))", (pid,)).fetchone() != (0,):
                    return True
                await asyncio.sleep(0.002)
        return False

    said = await Play(store, waits).run(drawn(seed))
    rows = {
        id_: tuple(more) for id_, *more in server.execute("SELECT id, state, behind, revision FROM outbox").fetchall()
    }
    held = server.execute(
        'SELECT source, message FROM held ORDER BY source COLLATE "C", message COLLATE "C"'
    ).fetchall()
    return said, rows, held


def difference(real, model):
    """The first step that differs, as PostgreSQL has it and as the model has it; or what stands in the end."""
    for number, (one, other) in enumerate(zip(real[0], model[0], strict=False)):
        if one != other:
            return number, one, other
    return real[1:], model[1:]


async def test_two_transactions_beside_each_other_get_the_same_from_postgresql_and_from_its_model(store, server):
    assert len(CASES) == len(ACTORS) == 2
    waited = played = 0
    for seed in HISTORIES:
        model = await asyncio.to_thread(on_the_model, seed)
        if any(answer == DEADLOCK for *_, answer in model[0]):
            continue  # which of the two PostgreSQL ends is a matter of time
        real = await on_postgres(store, server, seed)
        assert real == model, (f"history {seed}", difference(real, model))
        played += 1
        waited += any(answer == "waits" for *_, answer in model[0])
    assert (played > 50, waited > 10) == (True, True), (played, waited)
