"""The hub in memory as one scenario needs it: it sees the vendor's messages at the scenario's time. Imports the scenarios."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hub.intake.arrival import Arrival
from hub.scenarios import StepOutcome
from hub.scenarios.memory import HubInMemory
from schemas.messages import BilingualText, Receipt


class ScenarioHub(HubInMemory):
    """The hub in memory; it sees the messages of one system at the scenario's time."""

    vendor: str = ""
    shift = timedelta()
    """What the scenario's clock is ahead of the real one."""

    def read(self, arrival: Arrival) -> None:
        """As the hub reads it; a repeat is known by the message as it was sent."""
        super().read(arrival)
        if arrival.message is not None and arrival.system_id == self.vendor:
            arrival.message = replace(arrival.message, time=arrival.message.time + self.shift)


def left_out(arrival: Arrival) -> StepOutcome:
    """What is answered to a step that is not played."""
    text = BilingualText(sv="Spelades inte.", en="Was not played.")
    return StepOutcome(Receipt(message=arrival.place, code="fatal-error", rule="not-played", text=text), ())
