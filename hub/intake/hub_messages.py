"""What the hub itself brings to a batch: ids, what it knows without asking, its own messages. Imports the arrival and the language only."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Protocol

from hub.intake.arrival import Arrival
from schemas.envelope import Message
from schemas.hub_messages import Adressering
from schemas.messages import HUB_SOURCE
from schemas.parts import Part

ASKED = "asked"
"""What is known of an actor whom HSA has been asked about and not yet answered for."""


class WhatRegistersSaid(Protocol):
    """What the registers are known, without asking, to say."""

    def person(self, personnummer: str, county: str, news: datetime | None = None) -> Adressering | None:
        """Whom to address for a person in a case of a region (its länskod), or None; also when there has been ``news`` of
        the person since that was learnt, by whichever hub.
        """
        ...

    def actor(self, actor: str, role: str) -> str | None:
        """What HSA said of one who acts in a role (C-3), or is ``legitimerad`` (C-22); ``asked`` while the answer is
        awaited; None when it is to be asked.
        """
        ...

    def name(self, person: str) -> str | None:
        """The name of one who works in health care, where HSA has said it (C-60)."""
        ...

    def asking(self, actor: str, role: str) -> None:
        """The question has been written down: not again for a while."""
        ...


def own_message(case_id: str, id_: str, name: str, data: Part, now: datetime) -> Arrival:
    """A message from the hub itself, handled like any other (architecture.md §1)."""
    message = Message(id_, HUB_SOURCE, name, case_id, now, None, None, data)
    raw = data.model_dump_json(exclude_none=True).encode()
    attributes = {"subject": case_id, "time": now.isoformat()}
    arrival = Arrival(None, raw, "application/json", attributes, now, id_, by_outbox=False, message=message)
    arrival.digest = hashlib.sha256(raw).digest()
    return arrival
