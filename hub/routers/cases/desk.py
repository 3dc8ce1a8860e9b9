"""The desk that every view goes through: who asks, one transaction, the trace before the answer (C-3 to C-7).
Imports the views, the store and the errors.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from hub.errors import Refused, Unavailable
from hub.intake.arrival import is_case_id
from hub.intake.hub_messages import ASKED, WhatRegistersSaid
from hub.intake.reader_check import Readers
from hub.processes.engine.case import Case
from hub.processes.engine.decide import is_gallrat
from hub.processes.engine.record import ShownMessage
from hub.processes.engine.rule import acting_role
from hub.processes.engine.unit_view import as_configured
from hub.processes.shared.disclosure import readable
from hub.processes.shared.registers import hsa_disagrees, of_another_organisation
from hub.store import access_log, case_reads, inbox
from hub.store.access_log import Connection, Reading
from hub.store.transaction import Store
from hub.views.access import NOT_SHOWN, Asker, Reach, reach
from hub.views.written import shown_messages
from schemas.directory import Directory, System

_AT_ONCE = 4
"""Views read at a time: the intake and the relay need the pool's other connections."""
_WAITING = 200


@dataclass(frozen=True, slots=True)
class Opened:
    """A case as far as the asker may see it, and that it was read is written down."""

    case: Case
    reach: Reach
    changed_at: datetime
    archived: bool


class Desk:
    """Who asks, and what every answer goes through."""

    def __init__(
        self, store: Store, directory: Callable[[], Directory], known: WhatRegistersSaid, readers: Readers | None = None
    ) -> None:
        self.directory = directory
        self._readers = readers
        self.known = known
        self._store = store
        self._free = asyncio.Semaphore(_AT_ONCE)
        self._waiting = 0

    # --- who asks (C-3, C-4) ------------------------------------------------------------------------------------------

    def asker(self, system: System, units: Collection[str | None], actor: str, role: str | None) -> Asker:
        """The unit, person and role behind a request; ``units``: the reading unit from each place where it may stand.

        Raises ``Refused`` 400 or 403.
        """
        directory = self.directory()
        named = {unit for unit in units if unit is not None}
        if len(named) != 1:
            raise Refused(
                "C-4",
                "Ange den läsande enheten en gång: i adressen, som X-Unit eller som unit.",
                "Name the reading unit once: in the path, as X-Unit or as unit.",
                "/X-Unit",
                400,
            )
        (hsa,) = named
        entry = directory.unit_by_hsa.get(hsa)
        if entry is None or hsa not in system.units:
            raise replace(FOREIGN_UNIT)
        try:
            role = acting_role(role, entry)
        except Refused as refused:
            raise Refused(refused.rule, *_ROLE, "/X-Role", 403) from None
        if (stranger := of_another_organisation(actor, entry, directory)) is not None:
            raise Refused(stranger.rule, stranger.sv, stranger.en, "/X-Actor", 403)
        said = self.known.actor(actor, role)
        if said is not None and said != ASKED and (wrong := hsa_disagrees(said)) is not None:
            raise Refused(wrong.rule, wrong.sv, wrong.en, "/X-Actor", 403)
        if self._readers is not None:
            self._readers.read(actor, role, hsa)
        return Asker(system, entry, actor, role)

    # --- reading -------------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """One moment of the store; committed, with its trace, before the answer goes out (C-7)."""
        if self._waiting >= _WAITING:
            raise Unavailable("busy", retry_after=1)
        self._waiting += 1
        try:
            async with self._free, self._store.transaction() as connection:
                await connection.execute(case_reads.BEGIN)
                yield connection
        finally:
            self._waiting -= 1

    async def find(self, connection: Connection, id_: str) -> tuple[Case, datetime, bool]:
        """As ``case_reads.case``; raises ``Refused`` 404, and 410 where its content has been removed."""
        found = await case_reads.case(connection, id_) if is_case_id(id_) else None
        if found is None:
            raise replace(NOT_SHOWN)
        if found[0].gallrad is not None:
            raise is_gallrat(found[0].gallrad)
        return found

    async def open(self, connection: Connection, id_: str, asker: Asker, what: str, **printed: str | None) -> Opened:
        """The case as the asker may see it; the reading is written in the trace. Raises ``Refused`` 403 or 404."""
        found = await self.find(connection, id_)
        reached = reach(found[0], asker, self.directory())
        await access_log.write(connection, [trace_of(asker, id_, what, reached.ground, **printed)])
        case = readable(as_configured(found[0], self.directory()), asker.unit.hsa, reached.ground)
        return Opened(case, reached, found[1], found[2])

    async def messages(
        self, connection: Connection, case: Case, asker: Asker, numbers: Iterable[int]
    ) -> dict[int, ShownMessage]:
        """Accepted messages of a case by their numbers, as they are shown, without those that are kept from the asker."""
        rows = await inbox.at(connection, [(case.id, number) for number in numbers])
        return shown_messages(rows.values(), case, asker.unit.hsa)


def trace_of(asker: Asker, case: str, what: str, ground: str, **printed: str | None) -> Reading:
    """What the trace says of a reading (C-7)."""
    return Reading(case, asker.unit.hsa, asker.actor, asker.role, what, ground, **printed)


_ROLE = (
    "Ange X-Role: en av enhetens aktiva roller i katalogen.",
    "Give X-Role: one of the unit's active roles in the directory.",
)
FOREIGN_UNIT = Refused(
    "foreign-unit",
    "Enheten hör inte till det anslutna systemet.",
    "The unit does not belong to the connected system.",
    "/X-Unit",
    403,
)
