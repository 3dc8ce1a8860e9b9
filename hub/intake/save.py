"""Writes what the handling of a batch amounts to, in one transaction of the caller. Imports the translators, the rules and
the store.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from datetime import datetime

from hub.intake import notices
from hub.intake.handled import Handled
from hub.processes.engine.case import Case
from hub.processes.shared import disclosure
from hub.shards import Shards
from hub.store import cases, held, inbox, outbox, person_changes, projections
from hub.store.inbox import Connection
from hub.store.outbox import OutboxRow
from hub.store.rows_to_write import Insert, RowsToWrite, write
from hub.store.shards import change, tell
from hub.translators import formats

_SENT = frozenset({"notice", "receipt"})
"""The kinds of rows that go to connected systems."""


async def save(connection: Connection, handled: Handled, first_id: int, now: datetime, shards: Shards) -> None:
    """Writes all of it. Raises ``Conflict`` where another hub was first.

    ``first_id``: of the outbox rows; reserved while the cases are locked, so that a case's later rows have higher ids.
    """
    if handled.persons_with_news:
        await person_changes.record(connection, handled.persons_with_news, now)
    for case_id in sorted(handled.now_protected):
        await _hide_in_unsent(connection, handled.changed[case_id])
    changed = await _save_ended(connection, handled, now)
    opened = [(handled.changed[id_], system, ref) for id_, (system, ref) in handled.opened.items()]
    rows = handled.outbox
    known = shards.place(rows)
    for number, row in enumerate(rows):
        row.id = first_id + number
        row.fresh = row.shard in known and row.kind in _SENT and shards.has_lanes(row.system)
    owned = await write(
        connection, inbox.new(handled.received), cases.new(opened, now), *changed, outbox.new(rows), known=known
    )
    _keep_what_is_ours(rows, owned)
    if handled.elements:
        elements = [(id_, handled.changed[id_].elements[address]) for id_, address in sorted(handled.elements)]
        await cases.put_elements(connection, elements)
    await _save_holds(connection, handled, now)
    if elsewhere := {row.shard for row in rows if row.kind in _SENT and not row.fresh}:
        shards.heard(await tell(connection, elsewhere))


def _keep_what_is_ours(rows: Sequence[OutboxRow], owned: Container[int]) -> None:
    """Rows in shards that another process has taken by now are in the table only; the others go to this process's lanes."""
    last: dict[str, int] = {}
    for row in rows:
        row.fresh = row.fresh and row.shard in owned
        if row.fresh:
            row.previous = last.get(row.system, 0)
            last[row.system] = row.id


async def _hide_in_unsent(connection: Connection, case: Case) -> None:
    """C-62: notices that were written before the protection was known, and are not sent yet, are written anew without
    address and contacts.
    """
    await change(connection, [case.id])
    rows = await outbox.unsent(connection, case.id)
    stored = await inbox.load(connection, [(source, id_) for _, source, id_ in rows])
    for number, source, id_ in rows:
        message = formats.read_stored(stored[source, id_])
        await outbox.rewrite(connection, number, notices.body_of(message, disclosure.told(message, case)))


async def _save_ended(connection: Connection, handled: Handled, now: datetime) -> list[RowsToWrite | Insert]:
    """Writes the cases that have ended; returns the other cases that were there already, and what is new in the lists and among the
    deadlines of all, to be written.
    """
    changed = [case for _, case in sorted(handled.changed.items())]
    known = handled.changed.keys() - handled.opened.keys()
    lists = await projections.update(connection, changed, handled.new_deadlines, known)
    # What has ended comes before what is opened: the index that allows a person one open case looks at each row.
    seen = handled.seen_to_change
    ended, going_on = (
        cases.changed([case for case in changed if case.id in known and (case.status != "open") is is_ended], seen, now)
        for is_ended in (True, False)
    )
    await write(connection, ended)
    return [going_on, *lists]


async def _save_holds(connection: Connection, handled: Handled, now: datetime) -> None:
    """In this order: holds that end, holds that begin or go on, queues that move to their case, queues to try again."""
    to_retry = set(handled.to_retry)
    for row in handled.settled:
        await inbox.answer(connection, row)
    if handled.settled:
        to_retry |= await held.end(connection, [(row.source, row.id) for row in handled.settled])
    for one in handled.held:
        if one.is_new:
            await held.add(connection, one.key, one.case_key, one.reason, now, one.waits_s[0])
        else:
            await held.reschedule(connection, one.key, one.case_key, one.reason, now, one.waits_s)
    if handled.moved:
        await held.rekey(connection, handled.moved)
    if to_retry:
        await held.wake(connection, to_retry, now)
