"""What one transaction writes: receipts, cases, notices, holds, and the order in which they are written. Imports the rules and
the store.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from hub.intake import notices
from hub.intake.load import Standing
from hub.processes.deadlines import deadlines
from hub.processes.engine.case import Case
from hub.processes.shared import disclosure
from hub.store import cases, held, inbox, outbox, person_changes
from hub.store.inbox import Connection
from hub.store.outbox import OutboxRow
from hub.store.projections import follow
from hub.translators import formats
from schemas.directory import Directory
from schemas.messages import Receipt


@dataclass(frozen=True, slots=True)
class Holding:
    """A message that is held from now on, or still."""

    key: inbox.Key
    case_key: str
    reason: str
    fresh: bool
    waits_s: Sequence[float]
    """Seconds before each try, the last one repeated."""


@dataclass(slots=True, kw_only=True)
class Outcome(Standing):
    """What the handling of a batch amounts to; ``receipts`` are in the order of the arrivals."""

    directory: Directory
    now: datetime
    receipts: list[Receipt] = field(default_factory=list)
    items: list[OutboxRow] = field(default_factory=list)
    counted: list[tuple[str, str, str]] = field(default_factory=list)
    """(system, message name, outcome) for the metrics."""
    opened: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    changed: set[str] = field(default_factory=set)
    threads: set[tuple[str, str]] = field(default_factory=set)
    """(case, free message) that are new or changed."""
    learnt: set[str] = field(default_factory=set)
    """Persons of whom there is news."""
    shielded: set[str] = field(default_factory=set)
    """Cases whose person turned out to be protected."""
    rewound: set[str] = field(default_factory=set)
    """Cases whose deadlines are new or changed."""
    held: list[Holding] = field(default_factory=list)
    rows: list[inbox.InboxRow] = field(default_factory=list)
    settled: list[inbox.InboxRow] = field(default_factory=list)
    moved: list[tuple[str, str]] = field(default_factory=list)
    """(early key, case id): what waited for a case that was opened."""
    freed: set[str] = field(default_factory=set)
    """Case keys under which something may be tried again now."""

    def wind_the_clocks(self) -> None:
        """D-9: the deadlines that hold now in the cases that changed."""
        for id_ in self.changed:
            case = self.cases[id_]
            agreement = self.directory.agreement_of(case.opened_by)
            due = {key: at.isoformat() for key, at in deadlines(case, agreement).items()}
            if due != case.due:
                case.due = due
                self.rewound.add(id_)

    async def _shield(self, connection: Connection, case: Case) -> None:
        """C-62: what was written before protection was learnt, and has not gone out, loses address and contacts too."""
        rows = await outbox.unsent(connection, case.id)
        kept = await inbox.load(connection, [(source, id_) for _, source, id_ in rows])
        for number, source, id_ in rows:
            row = kept[source, id_]
            message = formats.kept(row)
            await outbox.rewrite(connection, number, notices.body_of(message, disclosure.told(message, case)))

    async def write(self, connection: Connection) -> None:
        """All of it, in the caller's transaction. Raises ``Conflict`` where another hub was first."""
        self.wind_the_clocks()
        if self.learnt:
            await person_changes.record(connection, self.learnt, self.now)
        for case_id in sorted(self.shielded):
            await self._shield(connection, self.cases[case_id])
        await inbox.add(connection, self.rows)
        changed = [self.cases[id_] for id_ in sorted(self.changed)]
        known = self.changed.difference(self.opened)
        await follow(connection, changed, self.rewound, known)
        await cases.add(
            connection, [(self.cases[id_], system, ref) for id_, (system, ref) in self.opened.items()], self.now
        )
        await cases.change(connection, [case for case in changed if case.id in known], self.now)
        if self.threads:
            threads = [(id_, thread, self.cases[id_].threads[thread]) for id_, thread in sorted(self.threads)]
            await cases.put_threads(connection, threads)
        await self._write_holds(connection)
        if self.items:
            start = await outbox.reserve_ids(connection)
            for number, item in enumerate(self.items):
                item.id = start + number
            await outbox.add(connection, self.items)

    async def _write_holds(self, connection: Connection) -> None:
        """In this order: what is over, what waits, whose case came to be, who is tried at once."""
        for row in self.settled:
            await inbox.answer(connection, row)
        if self.settled:
            self.freed |= await held.end(connection, [(row.source, row.id) for row in self.settled])
        for one in self.held:
            if one.fresh:
                await held.add(connection, one.key, one.case_key, one.reason, self.now, one.waits_s[0])
            else:
                await held.again(connection, one.key, one.case_key, one.reason, self.now, one.waits_s)
        if self.moved:
            await held.rekey(connection, self.moved)
        if self.freed:
            await held.wake(connection, self.freed, self.now)
