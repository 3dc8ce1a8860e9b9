"""What an exit is given and what it answers. Imports the language and the formats only."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, Protocol

from hub.store.outbox import OutboxRow
from hub.translators import formats
from hub.translators.formats import Encoded
from schemas.directory import System
from schemas.envelope import Message
from schemas.messages import Announcement, NoticeExtensions, Receipt

BeforeSending = Callable[[], Awaitable[None]]
"""Costs nothing while the lane's own question is fresh; raises when the batch must not be sent any more."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One notice, receipt or announcement, written and ready to go."""

    id: str
    """The same at every attempt, so that a receiver knows a repeat."""
    key: str
    """The case, or for what has none the outgoing itself: order is kept per key; nothing about a person."""
    written: Encoded


@dataclass(frozen=True, slots=True)
class AttemptOutcome:
    """What an attempt came to; ``answer`` is a short word for operations, without personal data."""

    result: Literal["ok", "retry", "dead", "receiver", "gone"]
    """``ok``: it came through. ``retry``: again by the schedule. ``dead``: this notice is refused for good. ``receiver``: what
    was answered speaks of the receiver and not of the notice; it is tried for the time of a deploy. ``gone``: the receiver
    says that there is nobody any more; the system is paused (D-6).
    """
    answer: str
    retry_after_s: float | None = None
    """Seconds, where the receiver asked for them."""


class Exit(Protocol):
    """A way out."""

    together: int
    """How many batch one call may carry; they arrive in their order."""

    def breaker(self, system: System) -> tuple[int, float]:
        """After how many failures in a row the system is spared, and for how many seconds before a probe."""
        ...

    async def send(self, system: System, batch: Sequence[Outgoing], before_sending: BeforeSending) -> AttemptOutcome:
        """Sends all or answers why not; never raises for what the other side does.

        ``before_sending`` is awaited when the bytes are about to leave, after whatever took time; what it raises goes through.
        """
        ...

    async def close(self) -> None:
        """Gives up connections."""
        ...


def wrap(item: OutboxRow, message: Message | None, system: System) -> Outgoing:
    """Writes an outbox row in the format that its system wants; ``message`` is what a notice is about."""
    if isinstance(item.content, Receipt):
        written = formats.write_receipt(item.content, f"receipt-{item.id}", system.format, datetime.now(UTC))
        return Outgoing(f"out-{item.id}", item.case_id or f"out-{item.id}", written)
    if isinstance(item.content, Announcement):
        written = formats.write_announcement(item.content, item.message_id, system.format, item.accepted_at)
        return Outgoing(f"out-{item.id}", f"out-{item.id}", written)
    assert message is not None
    assert item.case_id is not None
    assert isinstance(item.content, NoticeExtensions)
    written = formats.write_notice(message, item.content, system.format, item.accepted_at, item.body)
    return Outgoing(f"out-{item.id}", item.case_id, written)
