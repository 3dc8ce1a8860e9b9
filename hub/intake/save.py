"""Writes what the handling of a batch amounts to, in one transaction of the caller. Imports the translators, the rules and
the store.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from hub.intake import notices
from hub.intake.handled import Handled
from hub.processes.engine.case import Case
from hub.processes.shared import disclosure
from hub.shards import Begins, Shards
from hub.store import cases, held, inbox, outbox, person_changes, projections
from hub.store.inbox import Connection
from hub.store.outbox import OutboxRow
from hub.store.shards import change, still_owned, tell
from hub.translators import formats

_SENT = frozenset({"notice", "receipt"})
"""The kinds of rows that go to connected systems."""


async def save(connection: Connection, handled: Handled, now: datetime, shards: Shards, begins: Begins) -> None:
    """Writes all of it. Raises ``Conflict`` where another hub was first.

    ``begins``: told the first id of the new outbox rows (``Shards.writing``).

    The order is part of the promise: the messages come before the cases, and the outbox rows get their ids last, while
    the cases are locked, so that a case's later rows have higher ids.
    """
    if handled.persons_with_news:
        await person_changes.record(connection, handled.persons_with_news, now)
    for case_id in sorted(handled.now_protected):
        await _hide_in_unsent(connection, handled.changed[case_id])
    await inbox.add(connection, handled.received)
    await _save_cases(connection, handled, now)
    await _save_holds(connection, handled, now)
    if handled.outbox:
        await _save_rows(connection, handled.outbox, shards, begins)


async def _save_rows(connection: Connection, rows: Sequence[OutboxRow], shards: Shards, begins: Begins) -> None:
    """Gives the rows their ids and their shards. Those that go to this process's own lanes are fresh; the owners of the other
    shards are told.
    """
    owned = await still_owned(connection, shards.place(rows))
    start = await outbox.reserve_ids(connection)
    begins(start)
    last: dict[str, int] = {}
    for number, row in enumerate(rows):
        row.id = start + number
        row.fresh = row.shard in owned and row.kind in _SENT and shards.has_lanes(row.system)
        if row.fresh:
            row.previous = last.get(row.system, 0)
            last[row.system] = row.id
    await outbox.add(connection, rows)
    if elsewhere := {row.shard for row in rows if row.kind in _SENT and not row.fresh}:
        shards.heard(await tell(connection, elsewhere))


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


async def _save_cases(connection: Connection, handled: Handled, now: datetime) -> None:
    changed = [case for _, case in sorted(handled.changed.items())]
    known = handled.changed.keys() - handled.opened.keys()
    await projections.update(connection, changed, handled.new_deadlines, known)
    # What has ended comes before what is opened: the index that allows a person one open case looks at each statement.
    seen = handled.seen_to_change
    await cases.change(connection, [case for case in changed if case.id in known and case.status != "open"], seen, now)
    await cases.add(
        connection, [(handled.changed[id_], system, ref) for id_, (system, ref) in handled.opened.items()], now
    )
    await cases.change(connection, [case for case in changed if case.id in known and case.status == "open"], seen, now)
    if handled.elements:
        elements = [(id_, handled.changed[id_].elements[address]) for id_, address in sorted(handled.elements)]
        await cases.put_elements(connection, elements)


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
