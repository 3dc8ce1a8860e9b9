"""What a batch is handled against: plain values that ``load`` has read, and look-ups in them. Pure; imports the arrival, the
holds, the rules' case and the store's plain rows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hub.intake.arrival import Arrival
from hub.intake.holds import Holds
from hub.intake.stored import ref_of
from hub.processes.engine.case import Case
from hub.processes.engine.rule import LinkableCase
from hub.store.cases import Ref
from hub.store.inbox import Key
from schemas.envelope import Message


@dataclass(slots=True, kw_only=True)
class Loaded:
    """Everything that is known when a batch begins. ``handle`` keeps it current from message to message."""

    first_id: int = 0
    """The first of the ids of the outbox rows that the batch writes."""
    seen: dict[Key, tuple[bytes, Any]] = field(default_factory=dict)
    """Messages that have come before: key → (digest, receipt or None while held)."""
    envelopes: dict[tuple[str, bytes], str] = field(default_factory=dict)
    """(source, envelope) → the id of the message that came in it."""
    ids: dict[Ref, str] = field(default_factory=dict)
    """(system, its own reference) → the id of the case that was opened under it."""
    new_ids: dict[Ref, str] = field(default_factory=dict)
    """(system, its own reference) → the id that the case gets if this batch opens it."""
    cases: dict[str, Case] = field(default_factory=dict)
    """By id; their rows are locked until the transaction ends."""
    open_cases: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    """(process, personnummer) → ids of the person's open cases, for the messages whose rules look at them. No other hub opens
    one until the transaction ends."""
    linkable: dict[str, LinkableCase] = field(default_factory=dict)
    """Cases that messages of the batch may link theirs with, by id, as they stood when they were read; they are not locked."""
    holds: Holds = field(default_factory=Holds)
    earlier: dict[str, dict[int, Message]] = field(default_factory=dict)
    """Case → sequence → message: what units that come in are told, and what a held message must not undo."""
    kept: set[tuple[str, int]] = field(default_factory=set)
    """Those of the messages in ``earlier`` that only one unit may know of, by (case, sequence): they are told to no unit later."""
    sizes: dict[tuple[str, int], int] = field(default_factory=dict)
    """Bytes of the messages in ``earlier``, by (case, sequence)."""
    news: dict[str, datetime] = field(default_factory=dict)
    """Person → when a hub last had news from folkbokforing (C-62)."""
    news_read_for: set[str] = field(default_factory=set)
    """The persons whose news was read; of others nothing is known here."""

    def case_id(self, arrival: Arrival, message: Message) -> str | None:
        """The id of the case that a message is about; None when its reference has opened no case."""
        ref = ref_of(arrival, message)
        return self.ids.get(ref) if ref is not None else message.subject

    def case_of(self, arrival: Arrival, message: Message) -> Case | None:
        """The case that a message is about, where there is one."""
        return self.cases.get(self.case_id(arrival, message) or "")

    def queue_keys(self, arrival: Arrival) -> tuple[str | None, ...]:
        """The queues of held messages in which something may be ahead of this one: its case's, its reference's, its own."""
        own = None if arrival.waited is None else arrival.waited.case_key
        if arrival.message is None or (arrival.system is None and not arrival.is_own):
            return (own,)
        return self.case_id(arrival, arrival.message), _early_key(arrival, arrival.message), own

    def others(self, process: str, numbers: Iterable[str], own: str | None) -> frozenset[str]:
        """Ids of a person's other open cases of a process, those that this batch has opened included; ``numbers``: the
        personnummer that the person has and had.
        """
        found = frozenset[str]().union(*(self.open_cases.get((process, number), ()) for number in numbers))
        return found - {own or ""}

    def linkable_of(self, numbers: Iterable[str], named: Iterable[str]) -> list[LinkableCase]:
        """The person's open cases and those named, as this batch has left them."""
        wanted, ids = set(numbers), set(named)

        def is_asked_for(one: Case | LinkableCase) -> bool:
            return one.id in ids or (one.status == "open" and not wanted.isdisjoint(one.numbers))

        found = [
            LinkableCase(case.id, case.process, case.status, frozenset(case.participants), case.numbers)
            for case in self.cases.values()
            if is_asked_for(case)
        ]
        # Those of the batch are newer than what was read.
        return found + [one for one in self.linkable.values() if one.id not in self.cases and is_asked_for(one)]

    def has_come(self, message: Message, case: Case) -> bool:
        """Whether the message that ``data.message`` names has come: it is in the case, or its sender has its answer."""
        named = getattr(message.data, "message", None)
        if named is None:
            return False
        before = self.seen.get((message.source, named))
        in_steps = any(step["message"] == named for step in case.steps.values())
        awaited = (element.awaited for element in case.elements.values())
        in_elements = any(one is not None and one.message == named for one in awaited)
        return in_steps or in_elements or (before is not None and before[1] is not None)


def _early_key(arrival: Arrival, message: Message) -> str:
    """The queue of a message whose case is not open yet."""
    ref = ref_of(arrival, message)
    return message.subject if ref is None else queue_of(ref)


def queue_of(ref: Ref) -> str:
    """The key of the queue in which messages wait for the case of a reference to be opened."""
    return f"{ref[0]}/{ref[1]}"
