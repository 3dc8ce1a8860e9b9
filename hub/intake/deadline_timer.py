"""Deadlines (D-9): what has come due becomes a message of the hub's own. Imports the intake, the rules and the store."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from hub import metrics
from hub.intake.arrival import Arrival
from hub.intake.hub_messages import own_message
from hub.intake.queue import Intake
from hub.log import log
from hub.processes.engine.case import Case
from hub.processes.shared.registers import frist_of
from hub.store import cases, deadline
from hub.store.transaction import Store

_AT_ONCE = 500
_AGAIN = (timedelta(minutes=1), timedelta(hours=1))
"""Before one that could not be told is tried again: as long as it is late, within these."""


class DeadlineTimer:
    """Strikes now and then. Several hubs may: a deadline's message has one id, and is handled once (D-2)."""

    def __init__(self, store: Store, intake: Intake, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._store = store
        self._intake = intake
        self._now = now

    async def strike(self) -> int:
        """Tells every deadline whose time has come; returns how many were told.

        One that cannot be told now is put off in the table, for all hubs, and never keeps the others waiting.
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
                    metrics.deadlines_missed.labels(key.partition("/")[0]).inc()
            else:
                late.append((case, key, now + min(max(now - at, _AGAIN[0]), _AGAIN[1])))
            log.info("deadline_passed", case=case, deadline=key, told="untold" if answer is None else answer.code)
        if late:
            async with self._store.transaction() as connection:
                await deadline.put_off(connection, late)
        return told


def _message(case: Case | None, case_id: str, key: str, now: datetime) -> Arrival | None:
    """The message that tells a deadline; None where there is nothing to tell. Its id names the case as it stands and
    the day: one that was refused is another message when the case has moved on, or the next day.
    """
    if case is None:
        return None
    try:
        frist = frist_of(case, key)
    except ValueError as error:  # of one case: the others' clocks go on
        log.error("deadline_defect", case=case_id, deadline=key, error=type(error).__name__)
        return None
    if frist is None:
        return None
    id_ = f"f-{case_id}-{key.replace('/', '-')}-{int(frist.due.timestamp())}-{case.sequence}-{now:%y%m%d}"
    return own_message(case_id, id_, "frist", frist, now)
