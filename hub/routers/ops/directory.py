"""The directory as it is in force: its tree by branch, who may do what, and from which entry. Imports the HTTP edge of operations and the
directory.
"""

from __future__ import annotations

from collections import Counter
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from hub.directory.entitled import befattningar_of, duties_of, entitled
from hub.errors import Refused
from hub.operations.known import no_such_system
from hub.routers.cases.question import CODE, Asked
from hub.routers.ops import units
from hub.routers.ops.asking import PROBLEMS, CanSee, TheDirectory
from hub.routers.ops.units import UnitRow
from schemas.directory import Directory, Duty, Step, Unit
from schemas.messages import BilingualText

ROUTES = APIRouter(tags=["directory"], responses=PROBLEMS)
_ORGNR = r"^[0-9]{10}$"


class RegionBranch(BaseModel):
    """A region and how much is below it; `/directory/organisations?region=…` has it."""

    region: str
    name: str
    county: str
    profile: str
    organisations: int
    units: int
    systems: int
    unserved: int = Field(description="Units that no system serves: what they are to be told waits.")


class DirectoryTree(BaseModel):
    """The first branches of the directory in force."""

    version: int
    rows: list[RegionBranch]
    next: None = None


@ROUTES.get(
    "/directory", summary="The directory in force: its regions, each with how many organisations, units and systems"
)
async def tree(_: CanSee, known: TheDirectory) -> DirectoryTree:
    directory = known.now()
    organisations = Counter(one.region for one in directory.organisations)
    of_unit = Counter(directory.region_of(one.hsa).id for one in directory.units)
    unserved = Counter(directory.region_of(hsa).id for hsa in directory.unserved)
    systems = Counter(directory.organisation_by_nr[one.organisation].region for one in directory.systems)
    rows = [
        RegionBranch(
            region=one.id,
            name=one.name,
            county=one.county,
            profile=one.profile,
            organisations=organisations[one.id],
            units=of_unit[one.id],
            systems=systems[one.id],
            unserved=unserved[one.id],
        )
        for one in sorted(directory.regions, key=lambda region: region.name.casefold())
    ]
    return DirectoryTree(version=known.version, rows=rows)


class OrganisationBranch(BaseModel):
    """An organisation and how much is below it; `/directory/units?organisation=…` has it."""

    organisation: str = Field(description="Its organisationsnummer.")
    name: str
    region: str
    units: int
    systems: int
    unserved: int


class OrganisationBranches(BaseModel):
    """A page of organisations, by name."""

    rows: list[OrganisationBranch]
    next: str | None


class OrganisationsAsked(Asked):
    """Which organisations."""

    region: str | None = Field(default=None, pattern=CODE)
    words: str = Field(default="", max_length=100, description="Beginnings of words of the name.")
    after: str | None = Field(default=None, pattern=_ORGNR, description="`next` of the page before.")
    limit: int = Field(default=50, ge=1, le=200)


@ROUTES.get("/directory/organisations", summary="The organisations of a region, each with how many units and systems")
async def organisations(
    _: CanSee, known: TheDirectory, asked: Annotated[OrganisationsAsked, Query()]
) -> OrganisationBranches:
    directory = known.now()
    words = asked.words.casefold().split()
    of_unit = Counter(one.organisation for one in directory.units)
    unserved = Counter(directory.unit_by_hsa[hsa].organisation for hsa in directory.unserved)
    systems = Counter(one.organisation for one in directory.systems)
    found = sorted((one.name.casefold(), one.orgnr) for one in directory.organisations)
    former = directory.organisation_by_nr.get(asked.after or "")
    fit = [
        one
        for place in found
        if former is None or place > (former.name.casefold(), former.orgnr)
        for one in (directory.organisation_by_nr[place[1]],)
        if asked.region in {None, one.region}
        and all(any(each.startswith(word) for each in place[0].split()) or word == one.orgnr for word in words)
    ]
    rows = [
        OrganisationBranch(
            organisation=one.orgnr,
            name=one.name,
            region=one.region,
            units=of_unit[one.orgnr],
            systems=systems[one.orgnr],
            unserved=unserved[one.orgnr],
        )
        for one in fit[: asked.limit]
    ]
    return OrganisationBranches(rows=rows, next=rows[-1].organisation if len(fit) > len(rows) else None)


class DirectoryUnit(UnitRow):
    """A unit with its roles."""

    roles: dict[str, dict[Step, list[Duty]]] = Field(description="Role → step → what it answers for (C-1).")


class DirectoryUnits(BaseModel):
    """A page of units, by region, organisation and name."""

    rows: list[DirectoryUnit]
    next: str | None


class DirectoryUnitsAsked(units.UnitsQuery):
    """Which units; of several conditions on roles one role meets all."""

    system: str | None = Field(default=None, max_length=40, description="Served by this system.")
    role: str | None = Field(default=None, pattern=CODE, description="With this role.")
    step: Step | None = Field(default=None, description="With a role that answers for this step.")
    duty: Duty | None = Field(default=None, description="With a role that has this duty.")


@ROUTES.get(
    "/directory/units", summary="The units by organisation, words, party, system, or by what their roles answer for"
)
async def who_may_what(
    _: CanSee, known: TheDirectory, asked: Annotated[DirectoryUnitsAsked, Query()]
) -> DirectoryUnits:
    directory = known.now()
    words = asked.words.casefold().split()
    fit = sorted(
        (
            units.row_of(one, directory)
            for one in directory.units
            if asked.party in {None, one.party}
            and asked.organisation in {None, one.organisation}
            and asked.system in {None, directory.system_of.get(one.hsa)}
            and asked.region in {None, directory.region_of(one.hsa).id}
            and (asked.served is None or (one.hsa in directory.system_of) == asked.served)
            and _answers(one, asked)
            and units.says(one, directory, words)
        ),
        key=units.place,
    )
    former = directory.unit_by_hsa.get(asked.after or "")
    if former is not None:
        start = units.place(units.row_of(former, directory))
        fit = [row for row in fit if units.place(row) > start]
    rows = [_with_roles(row, directory.unit_by_hsa[row.unit]) for row in fit[: asked.limit]]
    return DirectoryUnits(rows=rows, next=rows[-1].unit if len(fit) > len(rows) else None)


def _with_roles(row: UnitRow, unit: Unit) -> DirectoryUnit:
    roles = {role: {step: list(duties) for step, duties in steps.items()} for role, steps in unit.roles.items()}
    return DirectoryUnit(**row.model_dump(), roles=roles)


def _answers(unit: Unit, asked: DirectoryUnitsAsked) -> bool:
    """Whether one role of the unit is as asked."""
    if asked.role is None and asked.step is None and asked.duty is None:
        return True
    if asked.role is not None and asked.step is None and asked.duty is None:
        return asked.role in unit.roles
    return any(
        asked.step in {None, one.step} and (asked.duty is None or asked.duty in one.duties)
        for one in duties_of(unit, asked.role)
    )


# --- rights explained -----------------------------------------------------------------------------------------------------


class RoleRight(BaseModel):
    """What somebody in a role at a unit answers for, and which entry says so."""

    role: str
    step: Step
    duties: list[Duty]
    entry: str


class RoleAtUnit(BaseModel):
    """A role of a unit, and who has it."""

    role: str
    befattningar: list[str] = Field(description="HSA's codes of befattning from which a person has the role (C-3).")


class UnitRights(BaseModel):
    """What a unit, or a role of it, may and answers for."""

    unit: UnitRow
    profile: str = Field(description="The way in which cases are held that the unit opens: its region's.")
    hsa_prefixes: list[str] = Field(description="Whose HSA-ids begin so may act for it (C-4).")
    roles: list[RoleAtUnit]
    rights: list[RoleRight]


class SystemRights(BaseModel):
    """What a system is entitled to."""

    system: str
    name: str
    organisation: str
    ways_in: list[str]
    way_out: str
    format: str
    units: int = Field(description="`/directory/units?system=…` has them.")
    entitled: list[BilingualText]


class Rights(BaseModel):
    """Effective rights, explained."""

    version: int
    unit: UnitRights | None
    system: SystemRights | None


class RightsAsked(Asked):
    """Whose rights."""

    unit: str | None = Field(default=None, max_length=60, description="The unit's HSA-id.")
    role: str | None = Field(default=None, pattern=CODE, description="A role at the unit; all of them without it.")
    system: str | None = Field(default=None, max_length=40, description="The system's id.")


@ROUTES.get(
    "/directory/rights", summary="What a unit's roles, or a system, may and answer for, and which entry says so"
)
async def rights(_: CanSee, known: TheDirectory, asked: Annotated[RightsAsked, Query()]) -> Rights:
    directory = known.now()
    if asked.unit is None and asked.system is None:
        raise Refused("bad-query", "Ange unit eller system.", "Give unit or system.", "/query", 400)
    of_unit = None if asked.unit is None else _of_unit(directory, asked.unit, asked.role)
    of_system = None if asked.system is None else _of_system(directory, asked.system)
    return Rights(version=known.version, unit=of_unit, system=of_system)


def _of_unit(directory: Directory, hsa: str, role: str | None) -> UnitRights:
    unit = directory.unit_by_hsa.get(hsa.upper())
    if unit is None or (role is not None and role not in unit.roles):
        raise Refused(
            "unknown-unit",
            "Enheten finns inte i katalogen, eller har inte den rollen.",
            "The unit is not in the directory, or does not have that role.",
            "/unit" if unit is None else "/role",
            404,
        )
    organisation = directory.organisation_by_nr[unit.organisation]
    return UnitRights(
        unit=units.row_of(unit, directory),
        profile=directory.region_of(unit.hsa).profile,
        hsa_prefixes=[unit.hsa.partition("-")[0], *organisation.hsa_prefixes],
        roles=[
            RoleAtUnit(role=one, befattningar=befattningar_of(directory, one))
            for one in unit.roles
            if role in {None, one}
        ],
        rights=[
            RoleRight(role=one.role, step=one.step, duties=list(one.duties), entry=one.entry)
            for one in duties_of(unit, role)
        ],
    )


def _of_system(directory: Directory, id_: str) -> SystemRights:
    system = directory.system_by_id.get(id_)
    if system is None:
        raise no_such_system(id_)
    return SystemRights(
        system=system.id,
        name=system.name,
        organisation=system.organisation,
        ways_in=list(system.ways_in),
        way_out=system.out.way,
        format=system.format,
        units=len(system.units),
        entitled=list(entitled(directory, system)),
    )
