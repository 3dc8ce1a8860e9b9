"""The hub's three errors, by what happens to the message; what is said of a defect. Imports nothing of the hub.

``Refused``: the sender made a mistake; it gets an answer, and the hub does not retry. ``Unavailable``: something outside failed; the
message is held and retried. ``Misconfigured``: the installation is wrong; the hub does not start.
"""

from __future__ import annotations

import traceback
from dataclasses import dataclass, field, fields
from pathlib import Path

_HERE = Path(__file__).parent


@dataclass(slots=True)
class Refused(Exception):  # noqa: N818 - named for what happened to the message
    """The message is refused, and nothing changes.

    ``rule``: the rule id (``V-3``) or a technical reason (``not-json``); ``sv`` and ``en`` say what to do and hold
    nothing personal (D-10); ``element``: JSON pointer or FHIRPath; ``status``: the HTTP status of messages.md §2.
    """

    rule: str
    sv: str
    en: str
    element: str | None = None
    status: int = 409
    warnings: list[str] = field(default_factory=list)
    early: str = ""
    """What is missing and may still arrive (D-4); then the message waits for it instead of being refused."""

    def __str__(self) -> str:
        return f"{self.rule}: {self.en}"

    def __reduce__(self) -> tuple[type[Refused], tuple[object, ...]]:
        """For pickling between processes: an exception's own way keeps positional arguments only."""
        return type(self), tuple(getattr(self, one.name) for one in fields(self))


AWAY = {
    "database": "the database does not answer, or takes no writes: see that it runs, check HUB_DATABASE_URL, and try again",
    "kafka": "the broker does not answer, or not to us: check HUB_KAFKA_BOOTSTRAP, HUB_KAFKA_TLS and HUB_KAFKA_SASL",
}
"""What a person is told of each ``Unavailable.reason`` that a setting may have caused."""


class Unavailable(Exception):  # noqa: N818
    """Something outside does not answer now; ``reason`` is a short code without personal data."""

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after
        """Seconds, when the other side said when to try again."""


class Misconfigured(Exception):  # noqa: N818
    """The hub cannot start, or a directory cannot be applied, with the present settings."""


def kind_and_place(error: BaseException) -> str:
    """What a defect is and where in the hub it was met. Its text is left out: it may quote a message, as PostgreSQL's does (D-10)."""
    frames = [one for one in traceback.extract_tb(error.__traceback__) if Path(one.filename).is_relative_to(_HERE)]
    place = f" in hub/{Path(frames[-1].filename).relative_to(_HERE)}, line {frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{place}"
