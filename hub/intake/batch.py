"""One batch in hand: what it is handled against, what it amounts to so far, and how an answer is written down. Pure; imports
the arrival, the holds and the rules' deadlines.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from hub.errors import Refused
from hub.intake import holds, notices
from hub.intake.arrival import Arrival, held_receipt, refusal
from hub.intake.handled import Handled, Holding
from hub.intake.hub_messages import WhatRegistersSaid
from hub.intake.loaded import Loaded
from hub.intake.stored import row_of
from hub.processes.engine.decide import Decision
from hub.store.inbox import InboxRow
from schemas.directory import Directory
from schemas.messages import Receipt, as_json


@dataclass(frozen=True, slots=True)
class Batch:
    """``loaded`` is what the batch is about, ``handled`` its outcome so far; both are kept current from message to message."""

    loaded: Loaded
    handled: Handled
    directory: Directory
    said: WhatRegistersSaid
    now: datetime
    to_recompute: set[str] = field(default_factory=set)
    """Ids of the cases whose deadlines are to be computed anew when the messages at hand are handled."""

    def refuse(self, arrival: Arrival, refused: Refused) -> Receipt:
        """The message is refused, and its refusal is its answer for good."""
        receipt = refusal(arrival, refused)
        told = as_json(receipt)
        self.settle(arrival, receipt, told, None, None)
        self.handled.refused.append((arrival.system_id, refused.rule, receipt.message))
        self.answer(arrival, receipt, told, "refused")
        return receipt

    def hold(self, arrival: Arrival, reason: str, missing: Refused | None = None) -> Receipt:
        """Holds a message that cannot be handled now, or refuses it when it has waited as long as it may.

        ``missing``: the refusal by the rule that asks for something which has not come yet.
        """
        waited = arrival.waited
        if waited is not None and holds.too_long(waited, reason, self.now):
            self.handled.given_up.append((reason, arrival.system_id, arrival.key[1]))
            return self.refuse(arrival, missing or holds.given_up(reason))
        case_id, *others = self.loaded.queue_keys(arrival)
        case_key = case_id or next((key for key in others if key is not None), arrival.key[0])
        if waited is None:
            self._receive(arrival, row_of(arrival, None, None, None))
        elif reason in holds.EARLY and reason != waited.reason:
            self.handled.to_retry.add(case_key)  # now a message that it waits for may be handled before it
        self.loaded.seen[arrival.key] = (arrival.digest, None)
        if not arrival.is_own:
            self.loaded.holds.put(case_key, arrival.key, reason)
        waits_s = holds.BEHIND_S if reason == holds.BEHIND and case_id is not None else holds.SCHEDULE_S
        self.handled.held.append(Holding(arrival.key, case_key, reason, waited is None, waits_s))
        receipt = held_receipt(arrival, missing)
        if waited is None:
            self.answer(arrival, receipt, as_json(receipt), "held")
        return receipt

    def settle(
        self, arrival: Arrival, receipt: Receipt, told: bytes, case_id: str | None, decision: Decision | None
    ) -> None:
        """Writes down the final answer to a message, ``told`` its JSON. If the message was held, its hold ends."""
        row = row_of(arrival, case_id, decision, told)
        if arrival.was_held:
            self.handled.settled.append(row)
            self.loaded.holds.end(arrival.key)
            self.handled.to_retry.update(key for key in self.loaded.queue_keys(arrival) if key is not None)
        else:
            self._receive(arrival, row)
        self.loaded.seen[arrival.key] = (arrival.digest, receipt)

    def _receive(self, arrival: Arrival, row: InboxRow) -> None:
        """A new message, known from now on by its envelope too."""
        self.handled.received.append(row)
        if arrival.envelope is not None:
            self.loaded.envelopes[arrival.envelope] = arrival.key[1]

    def answer(self, arrival: Arrival, receipt: Receipt, told: bytes, outcome: str) -> None:
        """Counts the answer, and sends it, ``told`` its JSON, to a system whose receipts go by its way out."""
        name = "unreadable" if arrival.message is None else arrival.message.name
        self.handled.counted.append((arrival.system_id, name, outcome))
        if arrival.by_outbox and arrival.system is not None:
            self.handled.outbox.append(notices.receipt(arrival.system_id, arrival.key[0], receipt, told, self.now))
