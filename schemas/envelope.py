"""The envelope (messages.md §1), CloudEvents 1.0 with two extensions, and the message that the hub makes of it. Imports the parts
and the names only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from schemas.identity_types import Hsa
from schemas.messages import HUB_SOURCE, type_of
from schemas.moments import Moment
from schemas.parts import Code, Line, MessageId, Part

Source = Annotated[str, StringConstraints(max_length=48, pattern=r"^urn:hsa:[A-Za-z0-9]+-[A-Za-z0-9]{1,18}$")]
Subject = Annotated[
    str,
    StringConstraints(
        min_length=1, max_length=136, pattern=r"^(ref:[A-Za-z0-9][A-Za-z0-9\-._:]*|[A-Za-z0-9][A-Za-z0-9\-._]*)$"
    ),
]

_CONTENT_TYPE: Final = r"^[^;]*([/+][Jj][Ss][Oo][Nn]|/[Ff][Hh][Ii][Rr]\+[Xx][Mm][Ll])\s*(;.*)?$"
"""JSON under any of its names, or a FHIR Bundle in XML; media types have no case."""

ATTRIBUTE_NAME: Final = re.compile(r"[a-z0-9]+")
"""The names that CloudEvents allows for attributes."""

SET_BY_THE_HUB: Final = frozenset(
    {"case", "to", "awaits", "state", "may", "names", "prints", "remind", "skipped", "replay"}
)
"""The extensions that only the hub sets, in notices (messages.md §2). A message that has one is refused: its sender expects an effect
that the hub does not give it.

``sequence`` is not among them, because CloudEvents documents an extension of that name, which brokers and libraries set.
"""


class Envelope(BaseModel):
    """The attributes of a CloudEvent that are read. Others are passed over, tracing and what a broker adds among them;
    they stay in the bytes that are kept.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    specversion: Literal["1.0"]
    id: MessageId
    source: Source
    type: Line
    subject: Subject
    time: Moment
    actor: Hsa
    actorrole: Code | None = None
    datacontenttype: Annotated[Line, Field(json_schema_extra={"pattern": _CONTENT_TYPE})] | None = None


@dataclass(frozen=True)
class Message:
    """One business act of one unit, independent of the format it came in. What is derived from it is derived once: the notices of
    all receivers share it.
    """

    id: str
    unit: str
    """HSA-id of the acting unit; ``HUB_SOURCE`` in the hub's own messages."""
    name: str
    """``svu.inskrivning`` …"""
    subject: str
    """The hub's case id, or ``ref:<the sender's own reference>``."""
    time: datetime
    actor: str | None
    role: str | None
    data: Part
    envelope: str | None = field(default=None, compare=False)
    """The id of the envelope that it came in, where that has an id beside the message's: ``Bundle.identifier``, or ``Bundle.id`` (D-2)."""

    @cached_property
    def source(self) -> str:
        """The CloudEvents ``source``; messages with the same source and ``id`` are duplicates (D-2)."""
        return HUB_SOURCE if self.unit == HUB_SOURCE else f"urn:hsa:{self.unit}"

    @cached_property
    def attributes(self) -> dict[str, str]:
        """The CloudEvents attributes, of the data as native JSON; not to be changed."""
        found = {
            "specversion": "1.0",
            "id": self.id,
            "source": self.source,
            "type": type_of(self.name),
            "subject": self.subject,
            "time": self.time.isoformat(),
            "datacontenttype": "application/json",
        }
        if self.actor:
            found["actor"] = self.actor
        if self.role:
            found["actorrole"] = self.role
        return found

    @cached_property
    def body(self) -> bytes:
        """The data as native JSON."""
        return self.data.json_bytes(exclude_none=True)
