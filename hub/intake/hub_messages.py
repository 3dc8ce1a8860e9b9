"""Messages of the hub itself, and what it remembers of the registers' answers. Imports the arrival and the language only."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Protocol

from hub.intake.arrival import Arrival
from hub.store.outbox import OutboxRow
from schemas.envelope import Message
from schemas.hub_messages import Adressering
from schemas.messages import HUB_SOURCE, MESSAGES, CaseMessage
from schemas.parts import Part

ASKED = "asked"
"""Remembered of an actor while HSA has been asked and has not answered."""


class WhatRegistersSaid(Protocol):
    """What the hub remembers of the registers' answers, so that it need not ask again."""

    def person(self, personnummer: str, county: str, news: datetime | None = None) -> Adressering | None:
        """Whom to address for a person in a case of a region (its länskod); None when the registers must be asked.

        ``news``: when a hub last had news of the person. An answer from before that is not returned.
        """
        ...

    def actor(self, actor: str, role: str) -> str | None:
        """What HSA said of an actor in a role (C-3), or as ``legitimerad`` (C-22); ``asked`` while the answer is awaited;
        None when HSA must be asked.
        """
        ...

    def name(self, person: str) -> str | None:
        """The name of a person who works in health care, where HSA has said it (C-60)."""
        ...

    def asking(self, actor: str, role: str) -> None:
        """Remembers that a question about an actor is committed, so that it is not asked again for a while."""
        ...


def own_message(case_id: str, id_: str, name: str, data: Part, now: datetime) -> Arrival:
    """A message of the hub itself. It is handled like any other (architecture.md §1)."""
    message = Message(id_, HUB_SOURCE, name, case_id, now, None, None, data)
    raw = message.body
    attributes = {"subject": case_id, "time": now.isoformat()}
    arrival = Arrival(None, raw, "application/json", attributes, now, id_, by_outbox=False, message=message)
    arrival.digest = hashlib.sha256(raw).digest()
    return arrival


def case_message(row: OutboxRow, now: datetime) -> Arrival:
    """The message that a row of kind ``case`` holds for its case. Raises ``KeyError`` or ``ValueError`` where this version of the
    hub cannot read it.
    """
    content = row.content
    assert isinstance(content, CaseMessage)
    data = MESSAGES[content.name].model_validate(content.data)
    return own_message(row.case_id or "", row.message_id, content.name, data, now)
