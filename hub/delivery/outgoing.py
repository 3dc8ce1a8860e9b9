"""What an exit is given to send, and what it answers. Imports the language, the store's outbox row and the formats only."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from hub import clock
from hub.store.outbox import OutboxRow
from hub.translators import formats
from hub.translators.formats import Encoded
from schemas.directory import System
from schemas.envelope import Message
from schemas.messages import Announcement

BeforeSending = Callable[[], Awaitable[None]]
"""Awaited right before the bytes are sent; raises when they must not be. Costs nothing while the fence's answer is fresh."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One notice, receipt or announcement, encoded for its receiver."""

    id: str
    """The same at every attempt, so that the receiver recognises a repeat."""
    key: str
    """The case, or this id where there is no case; the receiver gets one key's messages in order. Nothing personal."""
    encoded: Encoded


@dataclass(frozen=True, slots=True)
class AttemptOutcome:
    """The outcome of an attempt; ``answer`` is a short code for operations, without personal data."""

    result: Literal["ok", "retry", "dead", "receiver", "gone", "kept"]
    """D-6. ``ok``: acknowledged. ``retry``: failed, try again by the schedule. ``dead``: the receiver refuses this notice for
    good. ``receiver``: the answer concerns the receiver and not the notice; try again for the time that a deployment takes.
    ``gone``: the receiver no longer exists; pause the system. ``kept``: there is nobody to send to yet, which is no attempt: all
    that waits for the system is kept until there is; with ``retry_after_s`` these alone are, and are looked at again after it.
    """
    answer: str
    retry_after_s: float | None = None
    """Seconds to wait, where the receiver asked for it."""
    said: str = ""
    """The start of what the receiver said of a failed attempt, without what is personal or secret (``exits.answer_start``). For
    operations; in no log and no metric.
    """


class Exit(Protocol):
    """A way out that sends. A way without an exit keeps each notice until the receiver acknowledges it: it makes no attempts, so
    nothing of D-6 but ``ok`` (acknowledged) and ``dead`` (the receiver cannot handle it) happens to its rows.
    """

    together: int
    """How many messages one call may carry; they arrive in their order."""

    def breaker(self, system: System) -> tuple[int, float]:
        """The system's circuit breaker: (failures in a row that open it, seconds until a probe)."""
        ...

    async def send(self, system: System, batch: Sequence[Outgoing], before_sending: BeforeSending) -> AttemptOutcome:
        """Send all messages or none; never raises for what the receiver does.

        Await ``before_sending`` last, after everything that takes time; what it raises is passed on.
        """
        ...

    async def close(self) -> None:
        """Close the connections."""
        ...


def encode(row: OutboxRow, message: Message | None, system: System) -> Outgoing:
    """Encode an outbox row in the system's format; ``message`` is the message that a notice passes on."""
    if row.kind == "receipt":
        now = clock.now()
        encoded = formats.write_receipt(row.told, row.case_id, f"receipt-{row.id}", system.format, now)
        return Outgoing(row.webhook_id, row.case_id or row.webhook_id, encoded)
    if row.kind == "announcement":
        encoded = formats.write_announcement(
            Announcement.model_validate_json(row.told), row.message_id, system.format, row.accepted_at
        )
        return Outgoing(row.webhook_id, row.webhook_id, encoded)
    assert message is not None
    assert row.case_id is not None
    encoded = formats.write_notice(message, row.told, system.format, row.accepted_at, row.body)
    return Outgoing(row.webhook_id, row.case_id, encoded)
