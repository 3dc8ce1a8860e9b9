"""The fault of a person whose data become protected in the middle of a stay. Imports the fault."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hub.delivery.outgoing import AttemptOutcome, Outgoing
from hub.intake.arrival import Arrival
from hub.kit.faults.fault import KitFault, Means, Send
from hub.kit.faults.mark import marked
from hub.kit.record import Finding
from hub.store.outbox import OutboxRow
from schemas.directory import System
from schemas.hub_messages import Folkbokforing
from schemas.messages import Receipt
from schemas.ways_out import KafkaOut


class Protected(KitFault):
    """The scenario makes it; what the vendor's system sends after the news is watched."""

    name = "protected"
    expected = "takes the news that a person's data are protected"
    expected_after = "sends nothing that C-62 refuses, once it knows"

    def __init__(self, means: Means) -> None:
        super().__init__(means)
        self._news: set[str] = set()
        """Ids of the notices that bring the news."""
        self._knows = False
        self._on_topic = False

    def rows(self, rows: Sequence[OutboxRow]) -> list[OutboxRow]:
        """Notes which notices bring the news."""
        for row in rows:
            data = None if row.message is None else row.message.data
            if isinstance(data, Folkbokforing) and data.news == "protected":
                self._news.add(f"out-{row.id}")
        return list(rows)

    async def send(self, send: Send, system: System, outgoing: Outgoing) -> AttemptOutcome:
        """Once the news is acknowledged, the vendor's system knows."""
        if outgoing.id not in self._news:
            return await send(system, outgoing)
        with marked(self.name):
            outcome = await send(system, outgoing)
        self._on_topic = isinstance(system.out, KafkaOut)
        if outcome.result == "ok":
            self._knows = True
        else:
            self.wrong(self.expected, f"it answered {outcome.answer.removeprefix('http:')}")
        return outcome

    def taken(self, arrival: Arrival, receipt: Receipt) -> Receipt:
        """What is refused by C-62 should not have been sent."""
        if self._knows and receipt.rule == "C-62" and arrival.message is not None:
            reason = f"it sent {arrival.message.name} after the news: send only what the notice's may names"
            self.wrong(self.expected_after, reason)
        return super().taken(arrival, receipt)

    def findings(self) -> Iterator[Finding]:
        """One of the news, one of what followed."""
        yield from super().findings()
        wrong = {finding.expected for finding in self._told}
        for expected in (self.expected, self.expected_after):
            if expected not in wrong:
                why_not = "" if self._knows else "the scenario did not come as far as the news"
                if self._knows and self._on_topic and expected == self.expected:
                    why_not = "on a topic nothing is acknowledged"
                yield self.found(expected, "not_tried" if why_not else "ok", why_not)
