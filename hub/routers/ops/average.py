"""What the discharges of a month come to, by municipality. Imports the operations and the HTTP edge of operations."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from hub.operations import average
from hub.operations.average import MonthOfProcess
from hub.processes.engine.month import Share
from hub.routers.cases.question import CODE, Asked
from hub.routers.ops.asking import PROBLEMS, CanSee, TheDirectory, TheStore
from schemas.directory import Directory

ROUTES = APIRouter(tags=["average"], responses=PROBLEMS)


class WhichMonth(Asked):
    """Of which region and month."""

    region: str = Field(pattern=CODE, description="Its id in the directory.")
    year: int = Field(ge=1, le=9999)
    month: int = Field(ge=1, le=12, description="In which the people left.")


class CountedCases(BaseModel):
    """Cases of a month, and what is owed for them."""

    cases: int
    days: int = Field(description="Days after utskrivningsklar that count by the agreement.")
    average: float = Field(description="Days per case; 0 without cases.")
    exceeded: bool = Field(description="Whether it is strictly above the agreed average.")
    owed: int | None = Field(
        description="Whole kr; null where they are owed and the directory has no amount for the year."
    )


class MunicipalityOfMonth(CountedCases):
    """A municipality's cases of a month."""

    municipality: str | None = Field(description="Its kommunkod; null: nobody has said whose the cases are.")
    name: str | None


class ProcessOfMonth(BaseModel):
    """What the month's cases of a process come to."""

    process: str
    municipalities: list[MunicipalityOfMonth]
    all: CountedCases = Field(description="All together; owed is the sum of what each owes by its own average.")
    emptied: int = Field(description="Cases that are not counted, since gallring has removed their content.")


class AverageOfMonth(BaseModel):
    """What a region's discharges of a month come to."""

    region: str
    year: int
    month: int
    agreed: float = Field(description="Days per case above which a municipality owes, as the region has agreed.")
    processes: list[ProcessOfMonth]


@ROUTES.get(
    "/average",
    summary="A month's days after utskrivningsklar in a region by municipality, and what is owed (lag 2017:612, 4:4 and 4:5)",
)
async def of_month(
    _: CanSee, store: TheStore, known: TheDirectory, asked: Annotated[WhichMonth, Query()]
) -> AverageOfMonth:
    directory = known.now()
    region = average.region_of(directory, asked.region)
    found = await average.of_month(store, directory, region, asked.year, asked.month)
    names = _names(directory)
    return AverageOfMonth(
        region=region.id,
        year=asked.year,
        month=asked.month,
        agreed=region.agreement.average_days,
        processes=[_told(one, names) for one in found],
    )


def _names(directory: Directory) -> dict[str, str]:
    """Kommunkod → the name of the organisation that has units there."""
    return {
        unit.municipality: directory.organisation_by_nr[unit.organisation].name
        for unit in directory.units
        if unit.municipality is not None
    }


def _told(one: MonthOfProcess, names: dict[str, str]) -> ProcessOfMonth:
    shares = sorted(one.average.municipalities.items(), key=lambda each: each[0] or "~")
    return ProcessOfMonth(
        process=one.process,
        municipalities=[
            MunicipalityOfMonth(municipality=code, name=names.get(code or ""), **_counted(share).model_dump())
            for code, share in shares
        ],
        all=_counted(one.average.all),
        emptied=one.emptied,
    )


def _counted(share: Share) -> CountedCases:
    return CountedCases(
        cases=share.cases, days=share.days, average=share.average, exceeded=share.exceeded, owed=share.owed
    )
