"""Writes what the handling of a batch amounts to, in one transaction of the caller. Imports the translators, the rules and
the store.
"""

from __future__ import annotations

from datetime import datetime

from hub.intake import notices
from hub.intake.handled import Handled
from hub.processes.engine.case import Case
from hub.processes.shared import disclosure
from hub.store import cases, held, inbox, outbox, person_changes, projections
from hub.store.inbox import Connection
from hub.translators import formats


async def save(connection: Connection, handled: Handled, now: datetime) -> None:
    """Writes all of it. Raises ``Conflict`` where another hub was first.

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
        start = await outbox.reserve_ids(connection)
        for number, row in enumerate(handled.outbox):
            row.id = start + number
        await outbox.add(connection, handled.outbox)


async def _hide_in_unsent(connection: Connection, case: Case) -> None:
    """C-62: notices that were written before the protection was known, and are not sent yet, are written anew without
    address and contacts.
    """
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
