"""The history of a run, as those outside of the hub know it: what senders did, what receivers got, what operations sees at the end.

Plain data, written by `make chaos` and `make simulate` and judged by ``checker``. Imports the standard library only.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

HUB = "urn:samverkan:hub"
"""The source of the hub's own messages."""


@dataclass(slots=True)
class Sent:
    """One message that a sender handed over, perhaps several times."""

    system: str
    source: str
    id: str
    way: str
    """``kafka`` · ``http`` · ``fhir``."""
    subject: str
    """A case id, or a reference of the sender's own (``ref:…``), which opens a case."""
    content: str = ""
    """What it says, in short: the same id with other content is another act, which the hub must refuse (D-2)."""
    acknowledged: bool = False
    """The way in has said yes: the broker's ack, HTTP 2xx with the receipt, FHIR AA."""
    right: bool = False
    """The rules accept it: that it is refused is the hub's fault."""
    tells: tuple[str, ...] = ()
    """Systems that must be told when it is accepted."""
    may_tell: tuple[str, ...] = ()
    """Systems that may be told as well."""

    @property
    def key(self) -> tuple[str, str]:
        return self.source, self.id


@dataclass(slots=True)
class Receipt:
    """One receipt that a system got, for a message of its own; in the order in which they came."""

    system: str
    message: str
    code: str
    """``ok`` · ``transient-error`` (held) · ``fatal-error`` (refused)."""
    case: str | None = None
    sequence: int | None = None
    rule: str | None = None
    repeat: bool = False


@dataclass(slots=True)
class Notice:
    """One notice that a system got, each time that it came; in the order in which they came."""

    system: str
    way: str
    """``kafka`` · ``webhook`` · ``fhir`` · ``subscription`` · ``inbox``."""
    id: str
    """By which the receiver knows what it has had: the same at every attempt."""
    source: str
    message: str
    case: str
    sequence: int
    content: str = ""
    """What it says, in short, but for what an attempt adds (``replay``)."""
    skipped: tuple[int, ...] = ()
    replay: bool = False
    awaited: tuple[str, ...] = ()
    """The units of which an act is awaited."""
    deadline: str | None = None
    """What a ``frist`` tells: name, step, what it is of, and its time."""
    event: str = ""
    """Of what is told by a Subscription: its id, and the number of the event."""


@dataclass(slots=True)
class Wait:
    """What operations sees at the end, when everything had time to come through."""

    kind: str
    """``waiting``: a notice is to be sent. ``dead``, ``skipped``: a notice was given up, or let go by hand. ``held``: a message
    cannot be handled now. ``paused``: nothing is sent to the system. ``unread``: the hub counts an event of a Subscription, and the system
    cannot get it, though it asks (``message``: which); this the system sees itself.
    """
    system: str
    case: str | None = None
    sequence: int | None = None
    source: str | None = None
    message: str | None = None


@dataclass(slots=True)
class Deadline:
    """A deadline that has passed in a case, and the systems that must have been told so."""

    case: str
    name: str
    tells: tuple[str, ...]


@dataclass(slots=True)
class History:
    sent: list[Sent] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    waits: list[Wait] = field(default_factory=list)
    deadlines: list[Deadline] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """The faults that were made, with their time; the checker does not read them."""

    def write(self, file: Path) -> None:
        """As JSON, one line for each part of each list, so that two histories can be compared."""
        parts = {name: [asdict(row) if name != "notes" else row for row in rows] for name, rows in self._lists()}
        lines = ",\n".join(
            f"{json.dumps(name)}: [\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]"
            for name, rows in parts.items()
        )
        file.write_text("{\n" + lines + "\n}\n")

    @classmethod
    def read(cls, file: Path) -> History:
        found = json.loads(file.read_bytes())
        kinds = {
            "sent": Sent,
            "receipts": Receipt,
            "notices": Notice,
            "waits": Wait,
            "deadlines": Deadline,
            "notes": str,
        }
        return cls(**{name: [_row(kind, row) for row in found[name]] for name, kind in kinds.items()})

    def _lists(self) -> list[tuple[str, list[Any]]]:
        return [(name, getattr(self, name)) for name in self.__slots__]


def _row(kind: Any, row: Any) -> Any:
    if kind is str:
        return row
    return kind(**{name: tuple(value) if isinstance(value, list) else value for name, value in row.items()})
