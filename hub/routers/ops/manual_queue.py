"""The manual queue: cases whose units must be found by hand, and notices for units that no system serves. Imports the operations, the
store and the HTTP edge.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from hub.catalogue import ids
from hub.catalogue.catalogue import in_short
from hub.operations import addressing_by_hand, register_words, waiting
from hub.routers.cases.question import Asked, body, in_body, moment, of_moment
from hub.routers.ops.acts import Named, WithReason
from hub.routers.ops.asking import PROBLEMS, READING_A_BODY, CanActOnOne, CanSee, TheDirectory, TheStore
from hub.routers.parameters import bad
from hub.store import manual_queue, waiting_notices
from hub.store.manual_queue import ManualCase
from schemas.directory import Directory
from schemas.hub_messages import Adressering
from schemas.messages import BilingualText

ROUTES = APIRouter(tags=["manual queue"], responses=PROBLEMS)


class NamedUnit(BaseModel):
    """A unit by its HSA-id, with what the directory says of it now."""

    unit: str
    name: str | None = Field(description="Null where the directory does not have the unit.")
    party: str | None
    system: str | None = Field(description="The system that serves it; null where none does.")


class Sought(BaseModel):
    """Whom the hub looked for, as the registers said last."""

    municipality: str | None = Field(description="The kommunkod of where the person lives; null where it is not known.")
    municipality_name: str | None = Field(
        description="The organisation that receives for it, where the directory has one."
    )
    municipality_unit: NamedUnit | None = Field(description="The unit that receives for it.")
    county: str | None = Field(description="The länskod.")
    health_centre: NamedUnit | None = Field(description="Where the person is listed.")


class ManualCaseRow(BaseModel):
    """A case whose units must be found by hand; nothing of whom it is about."""

    case: str
    process: str
    outcome: str = Field(description="What the registers came to.")
    error: str = Field(description="Its id in the error catalogue.")
    text: BilingualText = Field(description="Why the hub could not, and what to do.")
    since: datetime = Field(
        description="When the case came into the queue; it stays while the case waits, whatever happens in it."
    )
    opened_by: NamedUnit
    taking_part: list[NamedUnit]
    missing: list[str] = Field(description="The parties of which no unit takes part.")
    sought: Sought | None = Field(description="Null where the registers said nothing, or it has been removed.")
    found: list[NamedUnit] = Field(description="The units that the registers named, whether they can be told or not.")
    registers: list[str] = Field(description="What each register said, in a line each; nothing about the person.")
    registers_said: list[BilingualText] = Field(description="The same in words.")


class ManualCases(BaseModel):
    """A page of the manual queue."""

    rows: list[ManualCaseRow]
    next: str | None


class ManualQuery(Asked):
    """Which of the cases."""

    limit: int = Field(default=50, ge=1, le=200, description="The most rows.")
    after: str | None = Field(default=None, max_length=80, description="`next` of the page before.")
    case: str | None = Field(
        default=None, pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", description="This case alone."
    )


@ROUTES.get(
    "/manual-queue", summary="The cases whose units must be found by hand, those that have waited longest first"
)
async def cases(_: CanSee, store: TheStore, known: TheDirectory, asked: Annotated[ManualQuery, Query()]) -> ManualCases:
    async with store.transaction() as connection:
        found = await manual_queue.listed(connection, _place(asked.after), asked.limit + 1, asked.case)
    rows = found[: asked.limit]
    following = f"{moment(rows[-1].since)}_{rows[-1].case}" if len(found) > len(rows) else None
    return ManualCases(rows=[_case(one, known.now()) for one in rows], next=following)


def _place(after: str | None) -> tuple[datetime, str] | None:
    if after is None:
        return None
    at, _, case = after.partition("_")
    if (since := of_moment(at)) is None or not case:
        raise bad("after", "ge next från sidan före", "give next of the page before")
    return since, case


def _case(one: ManualCase, directory: Directory) -> ManualCaseRow:
    said = addressing_by_hand.last_answer(one)
    why = [] if said is None else list(said.why)
    return ManualCaseRow(
        case=one.case,
        process=one.process,
        outcome=one.outcome,
        error=ids.of_manual(one.outcome),
        text=in_short(ids.of_manual(one.outcome)),
        since=one.since,
        opened_by=named(one.opened_by, directory),
        taking_part=[named(unit, directory) for unit in sorted(one.taking_part)],
        missing=sorted(addressing_by_hand.missing(one)),
        sought=None if said is None else _sought(said, directory),
        found=[named(unit, directory) for unit in addressing_by_hand.found(said)],
        registers=why,
        registers_said=[BilingualText(sv=one.sv, en=one.en) for one in map(register_words.step, why)],
    )


def _sought(said: Adressering, directory: Directory) -> Sought:
    receiver = said.municipality_unit or directory.receiving_unit.get(said.municipality or "")
    entry = directory.unit_by_hsa.get(receiver or "")
    return Sought(
        municipality=said.municipality,
        municipality_name=None if entry is None else directory.organisation_by_nr[entry.organisation].name,
        municipality_unit=None if receiver is None else named(receiver, directory),
        county=said.county,
        health_centre=None if said.health_centre is None else named(said.health_centre, directory),
    )


def named(unit: str, directory: Directory) -> NamedUnit:
    """A unit as the directory has it."""
    entry = directory.unit_by_hsa.get(unit)
    return NamedUnit(
        unit=unit,
        name=None if entry is None else entry.name,
        party=None if entry is None else entry.party,
        system=directory.system_of.get(unit),
    )


class UnservedUnit(BaseModel):
    """A unit for which notices wait, since no system serves it; or a system that has left the directory."""

    unit: NamedUnit | None = Field(description="Null where it is a system that has left the directory.")
    waits_for: str = Field(description="The unit's HSA-id, or the system's id.")
    notices: int
    cases: int
    since: datetime


class UnservedUnits(BaseModel):
    """The units for which notices wait."""

    rows: list[UnservedUnit]


@ROUTES.get(
    "/unserved", summary="The units that no system serves and for which notices wait, each with how many and since when"
)
async def unserved(_: CanSee, store: TheStore, known: TheDirectory) -> UnservedUnits:
    directory = known.now()
    async with store.transaction() as connection:
        found = await waiting_notices.unserved(connection, list(directory.system_by_id))
    return UnservedUnits(
        rows=[
            UnservedUnit(
                unit=None if one.unit is None else named(one.unit, directory),
                waits_for=one.unit or one.system,
                notices=one.notices,
                cases=one.cases,
                since=one.since,
            )
            for one in found
        ]
    )


class ChosenUnits(WithReason):
    """The units that are chosen by hand."""

    units: list[str] = Field(max_length=2, description="One of each party that is missing, as `/units` has them.")
    another_municipality: bool = Field(
        default=False,
        description="That a unit of another municipality than the register said (`sought`) is meant; without it that is refused.",
    )


class AddressedCase(BaseModel):
    """A case for which units were chosen."""

    case: str
    units: list[str]
    sequence: int | None = Field(description="The number of the choice in the case.")
    done: bool = Field(description="Whether the case has left the manual queue; false where a party is missing still.")


@ROUTES.post(
    "/manual-queue/{case}/units",
    summary="Chooses the units of a case from the directory's tree: the choice is a message of the hub's own in the case",
    responses=READING_A_BODY,
    openapi_extra=body(ChosenUnits),
)
async def choose(
    operator: CanActOnOne, store: TheStore, case: Named, asked: Annotated[ChosenUnits, Depends(in_body(ChosenUnits))]
) -> AddressedCase:
    done = await addressing_by_hand.choose(
        store, case, asked.units, operator.who, asked.reason, another_municipality=asked.another_municipality
    )
    return AddressedCase(case=done.case, units=list(done.units), sequence=done.sequence, done=done.done)


class GivenUp(BaseModel):
    """What waited for a unit, and is given up."""

    unit: str
    count: int


@ROUTES.post(
    "/unserved/{unit}/give-up",
    summary="Gives up what waits for a unit that no system serves and none will: it has closed, or was told by hand",
    responses=READING_A_BODY,
    openapi_extra=body(WithReason),
)
async def give_up(
    operator: CanActOnOne, store: TheStore, unit: Named, act: Annotated[WithReason, Depends(in_body(WithReason))]
) -> GivenUp:
    done = await waiting.skip_waiting(store, unit, operator.who, act.reason)
    return GivenUp(unit=done.unit, count=done.count)
