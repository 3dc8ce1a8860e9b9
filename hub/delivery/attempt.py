"""One attempt to send a batch of one system's rows, and what its outcome means for each row (D-6). Imports the exits' protocol
and the store.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from hub import clock, metrics
from hub.delivery.breaker import Breaker
from hub.delivery.case_queue import CaseQueue, case_of
from hub.delivery.fence import Permit, RowsChanged
from hub.delivery.message_reader import MessageReader
from hub.delivery.outgoing import AttemptOutcome, Exit, Outgoing, encode
from hub.delivery.retry import AbleSince, next_attempt
from hub.delivery.sent_marker import SentMarker
from hub.delivery.table_reader import TableReader
from hub.log import log
from hub.shards import Shards
from hub.store import dead_letters, operator_log, outbox, paused_systems
from hub.store.outbox import Connection, OutboxRow
from hub.store.shards import ShardState, still_owned
from hub.store.transaction import Store
from schemas.directory import System
from schemas.envelope import Message


class Attempts:
    """Sends batches of one system's rows; several attempts may run at the same time, never with the same case."""

    def __init__(
        self,
        system: System,
        exit_: Exit,
        store: Store,
        messages: MessageReader,
        marker: SentMarker,
        shards: Shards,
        queue: CaseQueue,
        reader: TableReader,
        breaker: Breaker,
        able_since: AbleSince,
        *,
        marked: Callable[[Sequence[OutboxRow], bool], None],
        paused: Callable[[], None],
    ) -> None:
        """``marked``: as ``SentMarker.mark`` calls it when the marks are committed; ``paused``: called when the receiver
        is gone.
        """
        self._system = system
        self._exit = exit_
        self._store = store
        self._messages = messages
        self._marker = marker
        self._shards = shards
        self._queue = queue
        self._reader = reader
        self._breaker = breaker
        self._able_since = able_since
        self._marked = marked
        self._paused = paused
        self.last_answer: tuple[str, datetime] | None = None
        """The receiver's last answer, with its time."""

    async def deliver(self, batch: list[OutboxRow]) -> None:
        """Load, encode and send the rows; raises whatever kept them from being sent, as the fence or the database does."""
        rows, messages = await self._messages.of_call(batch)
        encoded = await self._encode(rows, messages)
        if encoded:
            await self._send(encoded)
        else:
            self._breaker.abandoned()

    async def _encode(self, rows: list[OutboxRow], messages: dict[int, Message]) -> list[tuple[OutboxRow, Outgoing]]:
        encoded: list[tuple[OutboxRow, Outgoing]] = []
        for row in rows:
            if self._queue.is_dropped(row):
                continue
            try:
                encoded.append((row, encode(row, messages.get(row.id) or row.message, self._system)))
            except Exception as error:  # noqa: BLE001 - a row that cannot be encoded goes dead; the other rows are sent
                await self._give_up(row, f"cannot-be-written:{type(error).__name__}")
        return encoded

    async def _send(self, encoded: list[tuple[OutboxRow, Outgoing]]) -> bool:
        """Make one call; True when all rows were acknowledged."""
        permit = Permit(self._shards, self._queue, [row for row, _ in encoded])
        await permit()
        outcome = await self._exit.send(self._system, [outgoing for _, outgoing in encoded], permit)
        metrics.attempted(self._system.id, outcome.result, len(encoded))
        self.last_answer = outcome.answer, clock.now()
        rows = [row for row, _ in encoded]
        if outcome.result == "ok":
            self._acknowledged(rows, outcome, permit.proof)
            return True
        if outcome.result == "kept":
            self._keep(rows, outcome.retry_after_s)
        elif outcome.result == "gone":
            await self._pause(rows, outcome)
        elif outcome.result in {"retry", "receiver"}:
            self._breaker.failed()
            await self._retry(rows, outcome)
        elif len(encoded) > 1:
            # The receiver refuses one of several: send one at a time to find it; a case goes no further than its first failure.
            failed: set[str] = set()
            for row, outgoing in encoded:
                if case_of(row) in failed or self._queue.is_dropped(row):
                    continue
                if not await self._send([(row, outgoing)]):
                    failed.add(case_of(row))
        else:
            self._breaker.passed()
            await self._give_up(rows[0], outcome.answer, outcome.said)
        return False

    def _acknowledged(self, rows: list[OutboxRow], outcome: AttemptOutcome, proof: Mapping[int, ShardState]) -> None:
        if self._breaker.state != "closed":
            self._queue.make_due()
        self._breaker.passed()
        now = clock.now()
        metrics.delivered(
            self._system.id, [(now - row.accepted_at).total_seconds() for row in rows if not row.revision]
        )
        for row in rows:
            self._queue.sent(row)
        self._marker.mark(self._system.id, rows, now, outcome.answer, proof, self._marked)

    async def _retry(self, rows: list[OutboxRow], outcome: AttemptOutcome) -> None:
        self._able_since.check()
        now = clock.now()
        due = None
        for row in rows:
            row.failed(now, self._able_since.at, refused=outcome.result == "receiver")
            again = next_attempt(
                self._system.delivery,
                row.attempts + 1,
                row.first_tried_at or now,
                now,
                outcome.retry_after_s,
                row.refused_since,
            )
            if again is None and not self._queue.is_dropped(row):
                await self._give_up(row, f"gave-up:{outcome.answer}", outcome.said)
            due = due or again
        rows = [row for row in rows if not self._queue.is_dropped(row)]
        if due is None or not rows:
            return
        for row in rows:
            row.attempts += 1
            row.due_at = due
            row.not_before = now + timedelta(seconds=outcome.retry_after_s or 0)
            self._queue.drop_message(row)  # a waiting row holds no message, so that memory stays bounded
        async with self._store.transaction() as connection:
            await self._prove(connection, rows)
            await outbox.retry(connection, rows, due, outcome.answer, outcome.said)
        for row in rows:
            row.fresh = False

    def _keep(self, rows: list[OutboxRow], wait_s: float | None) -> None:
        """There is nobody to send these to yet, or (``wait_s`` None) nothing of the system's: no attempt, nothing is written."""
        if wait_s is None:
            self._breaker.open_now()
        else:
            self._breaker.abandoned()
        for row in rows:
            self._queue.drop_message(row)
            if wait_s is not None:  # their cases wait, the others go on
                row.attempts, row.due_at = max(1, row.attempts), clock.now() + timedelta(seconds=wait_s)

    async def _pause(self, rows: list[OutboxRow], outcome: AttemptOutcome) -> None:
        """D-6: the receiver says that it no longer exists. No row is given up: operations asks it, and resumes."""
        log.error("system_paused", system=self._system.id, answer=outcome.answer)
        self._paused()
        self._breaker.abandoned()
        for row in rows:
            self._queue.drop_message(row)
        async with self._store.transaction() as connection:
            if await paused_systems.pause(connection, self._system.id):
                why = f"the receiver answered {outcome.answer}"
                await operator_log.record(connection, "hub", "pause", self._system.id, why)

    async def _give_up(self, row: OutboxRow, answer: str, said: str = "") -> None:
        """D-6: declare the row dead; the later rows of its case wait in the table until operations replays or skips it."""
        log.error("delivery_dead", system=self._system.id, case=row.case_id, sequence=row.sequence, answer=answer)
        await (
            self._marker.until_idle()
        )  # what was sent of the case is marked, and so does not count as waiting behind this row
        async with self._reader.lock:
            async with self._store.transaction() as connection:
                await self._prove(connection, [row])
                await dead_letters.add(connection, row.id, answer, said)
            self._queue.drop_cases([row])
            self._reader.start_over()  # what was offered meanwhile of the case has left memory too

    async def _prove(self, connection: Connection, rows: Sequence[OutboxRow]) -> None:
        """Raises ``RowsChanged`` when another process has the shard of one of the rows: it knows what became of them."""
        owned = await still_owned(connection, self._shards.states({row.shard for row in rows}))
        if lost := {row.id for row in rows if row.shard not in owned}:
            raise RowsChanged(lost)
