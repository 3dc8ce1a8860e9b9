"""Deadlines (D-9): what has come due becomes a message of the hub's own. Imports the intake, the rules and the store."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

from hub import metrics
from hub.intake.intake import Intake
from hub.intake.own import own_message
from hub.log import log
from hub.processes.registers import frist_of
from hub.store import cases, deadline
from hub.store.transaction import Store

_AT_ONCE = 500
_AGAIN_S = 60.0
"""Before one that could not be told (its case is held) is tried again."""


class Clock:
    """Strikes now and then. Several hubs may: a deadline's message has one id, and is handled once (D-2)."""

    def __init__(self, store: Store, intake: Intake, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._store = store
        self._intake = intake
        self._now = now
        self._tried: dict[tuple[str, str], float] = {}

    async def strike(self) -> int:
        """Tells every deadline whose time has come; returns how many were told."""
        now, told = self._now(), 0
        self._tried = {row: at for row, at in self._tried.items() if at > time.monotonic() - _AGAIN_S}
        async with self._store.transaction() as connection:
            due = [row for row in await deadline.due(connection, now, _AT_ONCE) if row not in self._tried]
            found = {id_: await cases.read(connection, id_) for id_ in {case for case, _ in due}}
        for case_id, key in due:
            case = found[case_id]
            frist = None if case is None else frist_of(case, key)
            if frist is None:
                continue
            self._tried[case_id, key] = time.monotonic()
            id_ = f"f-{case_id}-{key.replace('/', '-')}-{int(frist.due.timestamp())}"
            receipts = await self._intake.submit([own_message(case_id, id_, "frist", frist, now)], patient=True)
            if receipts[0].code == "ok" and not receipts[0].repeat:
                told += 1
                metrics.deadlines_missed.labels(frist.name).inc()
            log.info("deadline_passed", case=case_id, deadline=key, told=receipts[0].code)
        return told
