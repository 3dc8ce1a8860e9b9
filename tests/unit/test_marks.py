"""When the marks of what is sent are written (``hub.delivery.sent_marker``)."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from hub.delivery import sent_marker
from hub.delivery.sent_marker import SentMarker
from hub.store.shards import ShardState
from tests.unit.test_delivery import Proof, notice


class Transactions:
    """Counts the transactions; what is written in them is not asked of it."""

    def __init__(self):
        self.count = 0

    @asynccontextmanager
    async def transaction(self):
        self.count += 1
        yield self

    async def execute(self, statement):
        assert statement == "SET LOCAL synchronous_commit = off"


async def test_marks_of_many_calls_gather_into_one_transaction_which_waits_no_longer_when_somebody_waits_for_them(
    monkeypatch,
):
    """At 200 messages a second each call carries one or two, and a transaction costs as much as deciding a message."""
    written, done = [], []

    async def add(_, ranges):
        written.append([(one.first, one.last) for one in ranges])

    async def still_owned(_, known):
        return known

    monkeypatch.setattr(sent_marker, "_GATHER_S", 3_600)
    monkeypatch.setattr(sent_marker, "_SETTLE_S", 3_600)
    monkeypatch.setattr(sent_marker, "still_owned", still_owned)
    monkeypatch.setattr(sent_marker.sent_marks, "add", add)
    store = Transactions()
    marker = SentMarker(store, Proof())
    running = asyncio.create_task(marker.run())
    await asyncio.sleep(0)  # it waits for a mark
    try:
        for id_ in (1, 2, 3):
            marker.mark(
                "k",
                [notice(id_, f"case {id_}", 1)],
                datetime.now(UTC),
                "ok",
                {0: ShardState(1, 0)},
                lambda rows, is_marked: done.extend((row.id, is_marked) for row in rows),
            )
            await asyncio.sleep(0)
        assert not written
        async with asyncio.timeout(30):
            await marker.until_idle()
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert written == [[(1, 1), (2, 2), (3, 3)]]
    assert done == [(1, True), (2, True), (3, True)]
