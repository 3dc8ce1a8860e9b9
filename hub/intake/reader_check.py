"""Who reads is asked of HSA too (C-3): the question is written down after the reading was answered. Imports the intake's own
and the store.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from uuid_utils import uuid7

from hub.intake.hub_messages import WhatRegistersSaid
from hub.store import outbox
from hub.store.outbox import VERIFICATIONS, OutboxRow
from hub.store.transaction import Store
from schemas.messages import HUB_SOURCE, Question

_MOST = 10_000
"""Readers whose question waits to be written down; who finds no room is asked about at the next reading."""


class Readers:
    """Those who read and of whom HSA has said nothing for a day."""

    def __init__(self, store: Store, known: WhatRegistersSaid, offer: Callable[[list[OutboxRow]], None]) -> None:
        self._store = store
        self._known = known
        self._offer = offer
        self._new: dict[tuple[str, str], str] = {}

    def read(self, actor: str, role: str, unit: str) -> None:
        """Somebody reads for a unit in a role."""
        if self._known.actor(actor, role) is None and len(self._new) < _MOST:
            self._new[actor, role] = unit

    async def write(self) -> None:
        """The questions become look-ups that belong to no case. Raises ``Unavailable``; then they are still to be
        written.
        """
        if not self._new:
            return
        now, asked = datetime.now(UTC), list(self._new.items())
        items = [
            OutboxRow(
                id=0,
                kind="lookup",
                system=VERIFICATIONS,
                case_id=None,
                sequence=None,
                source=HUB_SOURCE,
                message_id=f"reader-{uuid7()}",
                content=Question(question="verifiering", actor=actor, role=role, unit=unit),
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
