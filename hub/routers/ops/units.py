"""The units of the directory as a tree to choose from. Imports the HTTP edge and the directory in force."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from hub.operations.addressing_by_hand import municipality_of
from hub.routers.cases.question import Asked
from hub.routers.ops.asking import PROBLEMS, CanSee, TheDirectory
from schemas.directory import Directory, PartyName, Unit

ROUTES = APIRouter(tags=["directory"], responses=PROBLEMS)


class UnitRow(BaseModel):
    """A unit, below its organisation and region."""

    unit: str = Field(description="Its HSA-id.")
    name: str
    party: PartyName
    organisation: str = Field(description="The organisation's number.")
    organisation_name: str
    region: str
    region_name: str
    municipality: str | None = Field(description="The kommunkod whose residents' notices the unit gets.")
    in_municipality: str | None = Field(
        description="The kommunkod of a municipality's unit, its own or its organisation's; null where the directory does not say."
    )
    system: str | None = Field(description="The system that serves it; null where none does, and nobody would be told.")


class Units(BaseModel):
    """A page of units, by region, organisation and name."""

    rows: list[UnitRow]
    next: str | None


class UnitsQuery(Asked):
    """Which units."""

    limit: int = Field(default=50, ge=1, le=200, description="The most rows.")
    words: str = Field(
        default="",
        max_length=100,
        description="All of these words, or beginnings of them, in the names of unit and organisation, or in the HSA-id.",
    )
    party: PartyName | None = None
    organisation: str | None = Field(default=None, max_length=20)
    region: str | None = Field(default=None, max_length=60)
    served: bool | None = Field(default=None, description="Only those that a system serves, or that none does.")
    after: str | None = Field(default=None, max_length=60, description="`next` of the page before: an HSA-id.")


@ROUTES.get(
    "/units", summary="The units of the directory below their organisations, by words; with the system that serves each"
)
async def units(_: CanSee, known: TheDirectory, asked: Annotated[UnitsQuery, Query()]) -> Units:
    directory = known.now()
    words = asked.words.casefold().split()
    fit = sorted(
        (
            row_of(one, directory)
            for one in directory.units
            if (asked.party is None or one.party == asked.party)
            and (asked.organisation is None or one.organisation == asked.organisation)
            and (asked.served is None or (one.hsa in directory.system_of) == asked.served)
            and says(one, directory, words)
        ),
        key=place,
    )
    fit = [row for row in fit if asked.region is None or row.region == asked.region]
    before = directory.unit_by_hsa.get(asked.after or "")
    if before is not None:
        start = place(row_of(before, directory))
        fit = [row for row in fit if place(row) > start]
    rows = fit[: asked.limit]
    return Units(rows=rows, next=rows[-1].unit if len(fit) > len(rows) else None)


def place(row: UnitRow) -> tuple[str, str, str, str]:
    """By which units are sorted."""
    return row.region_name.casefold(), row.organisation_name.casefold(), row.name.casefold(), row.unit


def row_of(one: Unit, directory: Directory) -> UnitRow:
    """A unit with the names around it."""
    region = directory.region_of(one.hsa)
    return UnitRow(
        unit=one.hsa,
        name=one.name,
        party=one.party,
        organisation=one.organisation,
        organisation_name=directory.organisation_by_nr[one.organisation].name,
        region=region.id,
        region_name=region.name,
        municipality=one.municipality,
        in_municipality=municipality_of(one.hsa, directory),
        system=directory.system_of.get(one.hsa),
    )


def says(one: Unit, directory: Directory, words: list[str]) -> bool:
    """Whether every word begins a word of the names, or stands in the HSA-id."""
    said = f"{one.name} {directory.organisation_by_nr[one.organisation].name}".casefold().split()
    return all(word in one.hsa.casefold() or any(each.startswith(word) for each in said) for word in words)
