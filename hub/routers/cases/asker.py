"""Who asks for a view, from the token, the headers and the URL (C-3 to C-5, C-7). Imports the desk and FastAPI."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, cast

from fastapi import Depends, Header, Path, Query, Request

from hub.routers.cases.desk import Desk
from hub.routers.cases.question import CODE
from hub.routers.dependencies import CallingSystem
from hub.views.access import CHOICE, Asker
from schemas.identity_types import KnownHsa

_UnitHeader = Annotated[
    KnownHsa | None,
    Header(
        alias="X-Unit",
        description="HSA-id of the unit that reads; one of the system's. May stand in the path or as ?unit= instead.",
    ),
]
_UnitInQuery = Annotated[KnownHsa | None, Query(alias="unit")]
_Actor = Annotated[KnownHsa, Header(alias="X-Actor", description="HSA-id of the person who reads (C-7).")]
_Role = Annotated[
    str | None,
    Header(
        alias="X-Role",
        description="The role in which the person reads (C-3); may be left out where the unit has only one.",
        json_schema_extra={"pattern": CODE},
    ),
]
_Ground = Annotated[
    str | None,
    Header(
        alias="X-Ground",
        description=f"{CHOICE}: the deliberate choice to read a case in which one's own organisation, but not the unit, "
        "takes part (C-5).",
        json_schema_extra={"pattern": CODE},
    ),
]


async def _desk(request: Request) -> Desk:
    return cast("Desk", request.app.state.desk)


TheDesk = Annotated[Desk, Depends(_desk)]


async def _asker(
    system: CallingSystem,
    desk: TheDesk,
    actor: _Actor,
    header: _UnitHeader = None,
    asked: _UnitInQuery = None,
    role: _Role = None,
) -> Asker:
    return desk.asker(system, (header, asked), actor, role)


AskerAnywhere = Annotated[Asker, Depends(_asker)]
"""Who asks, where the unit stands in the header or the query."""


async def _asker_of_unit(
    system: CallingSystem,
    desk: TheDesk,
    actor: _Actor,
    unit: Annotated[KnownHsa, Path(description="HSA-id of the unit that reads.")],
    header: _UnitHeader = None,
    asked: _UnitInQuery = None,
    role: _Role = None,
) -> Asker:
    return desk.asker(system, (unit, header, asked), actor, role)


AskerOfUnit = Annotated[Asker, Depends(_asker_of_unit)]
"""Who asks, where the unit stands in the path."""


async def _asker_on_a_case(asker: AskerAnywhere, ground: _Ground = None) -> Asker:
    return replace(asker, choice=ground == CHOICE)


AskerOnACase = Annotated[Asker, Depends(_asker_on_a_case)]
"""Who asks for a case, with the deliberate choice of C-5 where it is made."""
