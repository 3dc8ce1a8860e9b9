"""What stands before a batch is decided: duplicates, the cases under their locks, what is held, what new units must be told. Imports
the store.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hub.intake.arrival import Arrival, is_case_id
from hub.intake.early import last_words
from hub.intake.holds import Holds
from hub.intake.stored import ref_of
from hub.processes.engine.case import Case
from hub.store import cases, held, inbox, person_changes
from hub.store.inbox import Connection
from hub.translators import formats
from schemas.envelope import Message
from schemas.shared import Makulering

_BRING_UNITS_IN = frozenset({"adressering", "deltagare", "roll"})
_MAY_SHOW_MORE = frozenset({"samtycke", "svu.inskrivning"})
"""What may bring a consent, and with it show units more than before (C-13)."""
_NAME_A_MESSAGE = frozenset({"kvittens", "makulering", "felsant"})


@dataclass(slots=True, kw_only=True)
class Standing:
    """Read at a batch's beginning, and kept up as its messages are handled."""

    seen: dict[inbox.Key, tuple[bytes, Any]] = field(default_factory=dict)
    ids: dict[cases.Ref, str] = field(default_factory=dict)
    cases: dict[str, Case] = field(default_factory=dict)
    holds: Holds = field(default_factory=Holds)
    memory: dict[str, dict[int, Message]] = field(default_factory=dict)
    sizes: dict[tuple[str, int], int] = field(default_factory=dict)
    """Bytes of the messages in ``memory``, by (case, sequence)."""

    news: dict[str, datetime] = field(default_factory=dict)
    looked_up: set[str] = field(default_factory=set)
    """Persons of whom any hub has had news, with its time, and those of whom that was asked (C-62)."""

    async def find(self, connection: Connection, arrivals: Sequence[Arrival]) -> None:
        """Reads what the arrivals are about; the cases stay locked until the transaction ends.

        Whatever else is read is read under their locks: what another hub did to a case meanwhile is seen. A held message
        that is to be refused has its case locked too, since others may be joining the queue behind it.
        """
        readable = [(a, a.message) for a in arrivals if a.message is not None and (a.refused is None or a.was_held)]
        self.ids = await cases.by_ref(connection, {ref for a, m in readable if (ref := ref_of(a, m)) is not None})
        subjects = {m.subject for _, m in readable if is_case_id(m.subject)}
        self.cases = await cases.lock(connection, subjects | set(self.ids.values()))
        revoked = {(m.source, m.data.message) for _, m in readable if isinstance(m.data, Makulering) and m.data.message}
        self.seen = await inbox.seen(connection, {a.key for a in arrivals} | revoked)
        await self._recognise(connection, arrivals)
        keys = {key for a in arrivals for key in self.queue_keys(a) if key is not None}
        self.holds = Holds(await held.queues(connection, keys) if keys else ())
        joining = {self.case_id(a, m) for a, m in readable if m.name in _BRING_UNITS_IN or a.was_held}
        more = {self.case_id(a, m) for a, m in readable if m.name in _MAY_SHOW_MORE}
        told_anew = [
            case
            for id_, case in self.cases.items()
            if id_ in joining or (id_ in more and case.shared_until is not None)
        ]
        await self._recall(connection, told_anew)
        patients = (getattr(m.data, "patient", None) for _, m in readable)
        self.looked_up = {patient.personnummer for patient in patients if patient is not None}
        self.looked_up |= {c.person["personnummer"] for c in self.cases.values() if c.addressed is None and c.person}
        if self.looked_up:
            self.news = await person_changes.latest(connection, self.looked_up)
        await self._threads(connection, readable)

    async def _recall(self, connection: Connection, joined: Sequence[Case]) -> None:
        """The messages that stand in cases to which units may come: those units are told them, completed (law 2:2); and what
        one that was held must not take back.
        """
        wanted = [(case.id, number) for case in joined for number in {*case.standing, *last_words(case)}]
        rows = await inbox.at(connection, wanted)
        for (case_id, sequence), row in rows.items():
            message = formats.kept(row)
            self.memory.setdefault(case_id, {})[sequence] = message
            self.sizes[case_id, sequence] = len(row.raw)

    async def _threads(self, connection: Connection, readable: Sequence[tuple[Arrival, Message]]) -> None:
        """The free messages that are named, where a case has any (C-40, C-41)."""
        wanted = []
        for arrival, message in readable:
            case = self.cases.get(self.case_id(arrival, message) or "")
            named = getattr(message.data, "message", None) if message.name in _NAME_A_MESSAGE else None
            if case is not None and named is not None and case.counts:
                wanted.append((case.id, named))
        if wanted:
            for case_id, thread, state in await cases.threads(connection, wanted):
                self.cases[case_id].threads[thread] = state

    async def _recognise(self, connection: Connection, arrivals: Sequence[Arrival]) -> None:
        """D-2: a digest may have been taken of the bytes, or of an older canonical form, by an earlier hub. Where it
        differs, what was kept is read again and has the digest of today.
        """
        others = [a for a in arrivals if a.message is not None and not (a.was_held or a.is_own)]
        differ = {a.key for a in others if a.key in self.seen and self.seen[a.key][0] != a.digest}
        for key, row in (await inbox.load(connection, list(differ)) if differ else {}).items():
            with contextlib.suppress(Exception):  # what cannot be read any more says nothing
                self.seen[key] = (formats.digest(formats.kept(row)), self.seen[key][1])

    def has_come(self, message: Message, case: Case) -> bool:
        """Whether what a message names has come: it stands in the case under its id, or its sender has its answer."""
        named = getattr(message.data, "message", None)
        if named is None:
            return False
        before = self.seen.get((message.source, named))
        in_steps = any(step["message"] == named for step in case.steps.values())
        in_threads = any(key.startswith(f"{named} ") for key in case.threads)
        return in_steps or in_threads or (before is not None and before[1] is not None)

    def case_id(self, arrival: Arrival, message: Message) -> str | None:
        """The case that a message is about, where there is one under that name."""
        ref = ref_of(arrival, message)
        return self.ids.get(ref) if ref is not None else message.subject

    def queue_keys(self, arrival: Arrival) -> tuple[str | None, ...]:
        """Where the messages stand that may be ahead of one: under its case, its reference, where it waits itself."""
        waits = None if arrival.waited is None else arrival.waited.case_key
        if arrival.message is None or (arrival.system is None and not arrival.is_own):
            return (waits,)
        return self.case_id(arrival, arrival.message), self.early_key(arrival, arrival.message), waits

    def early_key(self, arrival: Arrival, message: Message) -> str:
        """What a message is held under whose case is not there yet."""
        ref = ref_of(arrival, message)
        return message.subject if ref is None else f"{ref[0]}/{ref[1]}"
