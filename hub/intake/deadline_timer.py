"""Turns each deadline that has passed into a message of the hub itself (D-9). Imports the intake, the rules and the store."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from hub import clock, metrics
from hub.intake.arrival import Arrival
from hub.intake.hub_messages import own_message
from hub.intake.queue import Intake
from hub.log import log
from hub.processes.engine.case import Case
from hub.processes.shared.frist import frist_of
from hub.store import cases, deadline
from hub.store.transaction import Store

_AT_ONCE = 500
_AGAIN = (timedelta(minutes=1), timedelta(hours=1))
"""The shortest and the longest time before a deadline that could not be told is tried again; between them, as long as it is
late."""


class DeadlineTimer:
    """Looks for passed deadlines. Several hubs may do so at once: a deadline's message has one id and is handled once (D-2)."""

    def __init__(self, store: Store, intake: Intake, now: Callable[[], datetime] = clock.now) -> None:
        self._store = store
        self._intake = intake
        self._now = now

    async def tell_passed(self) -> int:
        """Tells every deadline that has passed; returns how many were told.

        A deadline that cannot be told now is postponed in the table, for all hubs, and does not delay the others.
        """
        now = self._now()
        async with self._store.transaction() as connection:
            due = await deadline.due(connection, now, _AT_ONCE)
            found = {id_: await cases.read(connection, id_) for id_ in {case for case, _, _ in due}}
        messages = [_message(found[case], case, key, now) for case, key, _ in due]
        arrivals = [message for message in messages if message is not None]
        receipts = await self._intake.submit(arrivals, wait=True) if arrivals else []
        answers = dict(zip((arrival.place for arrival in arrivals), receipts, strict=True))
        told, late = 0, []
        for (case, key, at), message in zip(due, messages, strict=True):
            answer = None if message is None else answers[message.place]
            if answer is not None and answer.code == "ok":
                if not answer.repeat:
                    told += 1
                    metrics.missed(key.partition("/")[0])
            else:
                late.append((case, key, now + min(max(now - at, _AGAIN[0]), _AGAIN[1])))
            log.info("deadline_passed", case=case, deadline=key, told="untold" if answer is None else answer.code)
        if late:
            async with self._store.transaction() as connection:
                await deadline.put_off(connection, late)
        return told


def _message(case: Case | None, case_id: str, key: str, now: datetime) -> Arrival | None:
    """The message that tells a deadline, or None where there is nothing to tell.

    Its id holds the case's sequence and the day, so that a deadline whose message was refused gets a new message when the
    case has changed, or the next day.
    """
    if case is None:
        return None
    try:
        frist = frist_of(case, key)
    except ValueError as error:  # an error in one case must not stop the deadlines of the others
        log.error("deadline_defect", case=case_id, deadline=key, error=type(error).__name__)
        return None
    if frist is None:
        return None
    id_ = f"f-{case_id}-{key.replace('/', ':')}-{int(frist.due.timestamp())}-{case.sequence}-{now:%y%m%d}"
    return own_message(case_id, id_, "frist", frist, now)
