"""The envelope (messages.md §1): CloudEvents 1.0 with our two extensions, and the message as the hub knows it.

Imports the parts and the names only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from pydantic import StringConstraints

from schemas.identity_types import Hsa
from schemas.messages import HUB_SOURCE
from schemas.parts import Code, Line, MessageId, Moment, Part

Source = Annotated[str, StringConstraints(max_length=48, pattern=r"^urn:hsa:[A-Za-z0-9]+-[A-Za-z0-9]{1,18}$")]
Subject = Annotated[
    str, StringConstraints(min_length=1, max_length=136, pattern=r"^(ref:)?[A-Za-z0-9][A-Za-z0-9\-._:]*$")
]


class Envelope(Part):
    """The attributes of a CloudEvent that we read. ``traceparent``/``tracestate`` are W3C's and pass through unread."""

    specversion: Literal["1.0"]
    id: MessageId
    source: Source
    type: Line
    subject: Subject
    time: Moment
    actor: Hsa
    actorrole: Code | None = None
    datacontenttype: Line | None = None
    dataschema: Line | None = None
    traceparent: Line | None = None
    tracestate: Line | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One business act by one unit, whatever format it came in."""

    id: str
    unit: str
    """HSA-id of the unit that acts; the hub's own source for the hub's own messages."""
    name: str
    """``svu.inskrivning`` …"""
    subject: str
    """The hub's case id, or ``ref:<the sender's own reference>``."""
    time: datetime
    actor: str | None
    role: str | None
    data: Part

    @property
    def source(self) -> str:
        """The CloudEvents ``source``; with ``id`` the key of duplicates (D-2)."""
        return HUB_SOURCE if self.unit == HUB_SOURCE else f"urn:hsa:{self.unit}"
