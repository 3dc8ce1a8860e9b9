"""Hands the hub's own messages from one case to another (``Decision.hub_messages``). Imports the intake and the store.

A message in one case may tell another case something. It is a row of the outbox, committed with the message that led to it,
and becomes a message of the hub itself in the other case after that commit. So no decision locks two cases.
"""

from __future__ import annotations

from datetime import timedelta

from hub import clock
from hub.intake.hub_messages import case_message
from hub.intake.queue import Intake
from hub.log import log
from hub.store import outbox
from hub.store.transaction import Store
from schemas.messages import Receipt

_AT_ONCE = 500
_AGAIN = timedelta(minutes=5)
"""Before a message that this hub cannot read is tried again."""


class CaseMessages:
    """Several hubs may do this at once: such a message has one id, and is handled once (D-2)."""

    def __init__(self, store: Store, intake: Intake) -> None:
        self._store = store
        self._intake = intake

    async def deliver(self) -> int:
        """Hands over the messages that wait; returns how many were. A message that cannot be read waits on, and delays no other."""
        async with self._store.transaction() as connection:
            rows = await outbox.due(connection, outbox.CASES, limit=_AT_ONCE)
        if not rows:
            return 0
        now = clock.now()
        readable, arrivals, unreadable = [], [], []
        for row in rows:
            try:
                arrivals.append(case_message(row, now))
                readable.append(row)
            except (KeyError, ValueError) as error:  # this version of the hub does not know such a message; another may
                unreadable.append(row)
                log.error("case_message_unreadable", message=row.message_id, error=type(error).__name__)
        answers = await self._intake.submit(arrivals, wait=True) if arrivals else []
        async with self._store.transaction() as connection:
            await outbox.done(
                connection, {row.id: _word(answer) for row, answer in zip(readable, answers, strict=True)}
            )
            for row, answer in zip(readable, answers, strict=True):
                log.info("case_told", case=row.case_id, message=row.message_id, answer=_word(answer))
            if unreadable:
                await outbox.retry(connection, unreadable, now + _AGAIN, "unreadable")
        return len(readable)


def _word(answer: Receipt) -> str:
    """What became of the message: accepted, or the rule that refused or holds it."""
    return answer.rule or answer.code
