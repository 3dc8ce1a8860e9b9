"""Whether the vendor's system does the same thing twice. Imports the arrival only."""

from __future__ import annotations

from hub.intake.arrival import Arrival
from hub.translators.native import write_body
from schemas.messages import Receipt


class Acts:
    """The acts of the vendor's system: the same message from the same unit in one case, with the same data."""

    def __init__(self) -> None:
        self._ids: dict[tuple[str, str, str, bytes], str] = {}

    def is_again(self, arrival: Arrival, receipt: Receipt) -> bool:
        """Whether an act that was done before comes under another id, and notes it."""
        message = arrival.message
        if message is None:
            return False
        act = (message.unit, message.name, receipt.case or message.subject, write_body(message))
        return self._ids.setdefault(act, message.id) != message.id
