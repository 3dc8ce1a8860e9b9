"""The desk at which a system asks for what it may see: who asks, one transaction, the trace before the answer (C-3 to C-7).
Imports the views, the store's readings and the errors.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from fastapi import Request, Security
from fastapi.security import HTTPBearer
from pydantic import BaseModel

from hub.errors import Refused, Unavailable
from hub.intake.arrival import is_case_id
from hub.intake.hub_messages import ASKED, WhatRegistersSaid
from hub.intake.reader_check import Readers
from hub.processes.engine.case import Case
from hub.processes.engine.rule import acting_role
from hub.processes.engine.unit_view import as_configured
from hub.processes.shared.disclosure import readable
from hub.processes.shared.registers import hsa_disagrees, of_another_organisation
from hub.routers import http
from hub.store import access_log, case_reads, inbox
from hub.store.access_log import Connection, Reading
from hub.store.transaction import Store
from hub.views.access import CHOICE, NOT_SHOWN, Asker, Reach, reach
from hub.views.written import Seen, seen
from schemas.directory import Directory
from schemas.identities import IdentityError
from schemas.unit_ids import ALL_PREFIXES, parse_hsa_id

BEARER = Security(
    HTTPBearer(auto_error=False, scheme_name="bearer", description="The system's token; its hash is in the directory.")
)

_AT_ONCE = 4
"""Views read at a time: the intake and the relay need the pool's other connections."""
_WAITING = 200


def _header(name: str, description: str, *, required: bool) -> dict[str, Any]:
    schema = {"type": "string"}
    return {"name": name, "in": "header", "required": required, "description": description, "schema": schema}


HEADERS: list[dict[str, Any]] = [
    _header(
        "X-Unit",
        "HSA-id of the unit that reads; one of the system's. May stand in the path or as ?unit= instead.",
        required=False,
    ),
    _header("X-Actor", "HSA-id of the person who reads (C-7).", required=True),
    _header(
        "X-Role",
        "The role in which the person reads (C-3); may be left out where the unit has only one.",
        required=False,
    ),
]
GROUND = _header(
    "X-Ground",
    f"{CHOICE}: the deliberate choice to read a case in which one's own organisation, but not the unit, takes part (C-5).",
    required=False,
)
ON_A_CASE = {"parameters": [*HEADERS, GROUND]}


def body(model: type[BaseModel]) -> dict[str, Any]:
    """What the documentation says of a body."""
    return {"requestBody": {"content": {"application/json": {"schema": model.model_json_schema()}}}}


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

    def asker(self, request: Request, unit: str | None = None) -> Asker:
        """The unit, person and role behind a request; raises ``Refused`` 401, 403 or 400."""
        directory = self.directory()
        system = http.authenticate(request, directory)
        named = {
            self.hsa(each, "X-Unit")
            for each in (unit, request.headers.get("x-unit"), request.query_params.get("unit"))
            if each
        }
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
        actor = request.headers.get("x-actor")
        if not actor:
            raise Refused(
                "C-7",
                "Ange X-Actor: HSA-id för den som läser.",
                "Give X-Actor: the HSA-id of the person who reads.",
                "/X-Actor",
                400,
            )
        actor = self.hsa(actor, "X-Actor")
        try:
            role = acting_role(request.headers.get("x-role"), entry)
        except Refused as refused:
            raise Refused(refused.rule, *_ROLE, "/X-Role", 403) from None
        if (stranger := of_another_organisation(actor, entry, directory)) is not None:
            raise Refused(stranger.rule, stranger.sv, stranger.en, "/X-Actor", 403)
        said = self.known.actor(actor, role)
        if said is not None and said != ASKED and (wrong := hsa_disagrees(said)) is not None:
            raise Refused(wrong.rule, wrong.sv, wrong.en, "/X-Actor", 403)
        if self._readers is not None:
            self._readers.read(actor, role, hsa)
        return Asker(system, entry, actor, role, choice=request.headers.get("x-ground") == CHOICE)

    @staticmethod
    def hsa(text: str, where: str) -> str:
        """An HSA-id; what was written is not repeated (D-10)."""
        try:
            return parse_hsa_id(text, ALL_PREFIXES)
        except IdentityError as error:
            raise Refused(error.code, error.sv, error.en, f"/{where}", 400) from None

    # --- what is read -------------------------------------------------------------------------------------------------

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
        """As ``case_reads.case``; raises ``Refused`` 404."""
        found = await case_reads.case(connection, id_) if is_case_id(id_) else None
        if found is None:
            raise replace(NOT_SHOWN)
        return found

    async def open(self, connection: Connection, id_: str, asker: Asker, what: str, **printed: str | None) -> Opened:
        """The case, for one who may see it, with the trace of the reading; raises ``Refused`` 403 or 404."""
        found = await self.find(connection, id_)
        reached = reach(found[0], asker, self.directory())
        await access_log.write(connection, [trace_of(asker, id_, what, reached.ground, **printed)])
        case = readable(as_configured(found[0], self.directory()), asker.unit.hsa, reached.ground)
        return Opened(case, reached, found[1], found[2])

    async def messages(self, connection: Connection, case: Case, numbers: Iterable[int]) -> dict[int, Seen]:
        """Accepted messages of a case by their numbers, as they are shown."""
        rows = await inbox.at(connection, [(case.id, number) for number in numbers])
        return {number: seen(row, case) for (_, number), row in rows.items()}


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
