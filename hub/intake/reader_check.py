"""Asks HSA about persons who read cases (C-3), after the read has been answered. Imports the intake's protocols and the
store.
"""

from __future__ import annotations

from collections.abc import Callable

from uuid_utils import uuid7

from hub import clock
from hub.intake.hub_messages import WhatRegistersSaid
from hub.store import outbox
from hub.store.outbox import VERIFICATIONS, OutboxRow
from hub.store.transaction import Store
from schemas.messages import HUB_SOURCE, Question, as_json

_MOST = 10_000
"""The most readers that are noted. One more is noted when that person reads again."""


class Readers:
    """The readers to ask HSA about: each at most once a day."""

    def __init__(self, store: Store, known: WhatRegistersSaid, offer: Callable[[list[OutboxRow]], None]) -> None:
        self._store = store
        self._known = known
        self._offer = offer
        self._new: dict[tuple[str, str], str] = {}

    def read(self, actor: str, role: str, unit: str) -> None:
        """Notes that a person reads for a unit in a role."""
        if self._known.actor(actor, role) is None and len(self._new) < _MOST:
            self._new[actor, role] = unit

    async def write(self) -> None:
        """Writes the questions to the outbox, as look-ups that belong to no case. Raises ``Unavailable``; the questions are
        kept then.
        """
        if not self._new:
            return
        now, asked = clock.now(), list(self._new.items())
        items = [
            OutboxRow(
                id=0,
                kind="lookup",
                system=VERIFICATIONS,
                case_id=None,
                sequence=None,
                source=HUB_SOURCE,
                message_id=f"reader-{uuid7()}",
                told=as_json(Question(question="verifiering", actor=actor, role=role, unit=unit)),
                body=None,
                accepted_at=now,
                due_at=now,
            )
            for (actor, role), unit in asked
        ]
        async with self._store.transaction() as connection:
            start = await outbox.reserve_ids(connection)
            for number, item in enumerate(items):
                item.id = start + number
            await outbox.add(connection, items)
        for key, _ in asked:
            self._new.pop(key, None)
            self._known.asking(*key)
        self._offer(items)
