"""Operations chooses the units of a case that the registers could not address (law-and-lookups §4, V-2). Imports the intake, which decides
on the choice as on an answer of the registers, and the store.

The choice becomes a message ``adressering`` of the hub's own, so that the rules, the case's history and the order hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from uuid_utils import uuid7

from hub import clock
from hub.errors import Refused
from hub.intake.arrival import is_case_id
from hub.intake.hub_messages import own_message
from hub.operations.judging import judge
from hub.operations.known import the_directory
from hub.operations.reason import given, shown
from hub.processes.engine.case import Case
from hub.store import cases, manual_queue, operator_log
from hub.store.manual_queue import Connection, ManualCase
from hub.store.transaction import Conflict, Store
from schemas.directory import Directory, PartyName
from schemas.hub_messages import Adressering

FOUND_BY: Final[tuple[PartyName, ...]] = ("oppenvard", "kommun")
"""The parties whose units the registers find."""
_TRIES = 20


def last_answer(one: ManualCase) -> Adressering | None:
    """What the registers said last; None where they said nothing, or it has been removed."""
    try:
        return Adressering.model_validate_json(one.answers[0]) if one.answers else None
    except ValueError:  # of an older version of the hub
        return None


def found(said: Adressering | None) -> list[str]:
    """The units that the registers named, whether they can be told or not."""
    return [] if said is None else [unit for unit in (said.health_centre, said.municipality_unit) if unit is not None]


def municipality_of(unit: str, directory: Directory) -> str | None:
    """The kommunkod of a municipality's unit: its own, or its organisation's; None where the directory does not say."""
    entry = directory.unit_by_hsa[unit]
    if entry.party != "kommun" or entry.municipality is not None:
        return entry.municipality
    return directory.municipality_of_organisation.get(entry.organisation)


def missing(one: ManualCase) -> set[PartyName]:
    """The parties of which no unit takes part."""
    return {party for party in FOUND_BY if party not in one.taking_part.values()}


@dataclass(frozen=True, slots=True)
class Addressed:
    """A case for which units were chosen."""

    case: str
    units: tuple[str, ...]
    sequence: int | None
    """The number of the choice in the case."""
    done: bool
    """Whether the case has left the manual queue; False where a party is missing still."""


async def choose(
    store: Store, case: str, units: Sequence[str], who: str, reason: str, *, another_municipality: bool = False
) -> Addressed:
    """Bring units into a case that waits in the manual queue: one of each party that is missing. Raises ``Refused``: 404 of a unit or a
    case that is not there, 409 where the unit is in another municipality than the register said and ``another_municipality`` is false, it
    cannot be told, is of another party, or the case has been addressed meanwhile.
    """
    reason = given(reason)
    directory = await the_directory(store)
    chosen = _by_party(units, directory)
    for _ in range(_TRIES):
        try:
            async with store.transaction() as connection:
                return await _choose(
                    connection, store, case, chosen, directory, who, reason, another_municipality=another_municipality
                )
        except Conflict:
            continue  # a message of the case was handled at the same moment: what stands now is read again
    raise _meanwhile()


async def _choose(
    connection: Connection,
    store: Store,
    case: str,
    chosen: dict[PartyName, str],
    directory: Directory,
    who: str,
    reason: str,
    *,
    another_municipality: bool,
) -> Addressed:
    locked = await cases.lock(connection, [case]) if is_case_id(case) else {}
    if case not in locked:
        raise Refused(
            "unknown-case", f"Det finns inget ärende {shown(case)}.", f"There is no case {shown(case)}.", "/case", 404
        )
    waits = await manual_queue.listed(connection, case=case)
    if not waits:
        raise _meanwhile()
    _fits(chosen, locked[case], waits[0])
    said = last_answer(waits[0])
    if not another_municipality:
        _is_where_it_was_sought(chosen, said, directory)
    data = _answer(chosen, locked[case], said)
    own = own_message(case, f"o-{uuid7()}", "adressering", data, clock.now())
    (receipt,) = (await judge(connection, store, [own], directory, who)).receipts
    if receipt.code != "ok":
        assert receipt.text is not None
        raise Refused(receipt.rule or "defect", receipt.text.sv, receipt.text.en, receipt.element or "/case")
    named = ", ".join(chosen.values())
    await operator_log.record(connection, who, "address", case, f"{reason} ({named})" if named else reason)
    left = await manual_queue.listed(connection, case=case)
    return Addressed(case, tuple(chosen.values()), receipt.sequence, done=not left)


def _by_party(units: Sequence[str], directory: Directory) -> dict[PartyName, str]:
    """Party → the unit that is chosen of it. Raises ``Refused``."""
    chosen: dict[PartyName, str] = {}
    for unit in units:
        entry = directory.unit_by_hsa.get(unit)
        if entry is None:
            raise Refused(
                "unknown-unit",
                f"Enheten {shown(unit)} finns inte i katalogen.",
                f"The unit {shown(unit)} is not in the directory.",
                "/units",
                404,
            )
        if entry.party not in FOUND_BY:
            raise Refused(
                "wrong-party",
                f"{entry.hsa} är slutenvård: välj en vårdcentral eller en enhet i kommunen.",
                f"{entry.hsa} is a ward: choose a health centre or a unit of a municipality.",
                "/units",
            )
        if entry.hsa not in directory.system_of:
            raise Refused(
                "unit-not-served",
                f"Inget system betjänar {entry.hsa}: ingen skulle få veta något. Välj en annan enhet, eller anslut den först.",
                f"No system serves {entry.hsa}: nobody would be told. Choose another unit, or connect it first.",
                "/units",
            )
        if entry.party in chosen:
            raise Refused(
                "wrong-party",
                f"{chosen[entry.party]} och {entry.hsa} är av samma part: välj en av dem.",
                f"{chosen[entry.party]} and {entry.hsa} are of the same party: choose one of them.",
                "/units",
            )
        chosen[entry.party] = entry.hsa
    return chosen


def _fits(chosen: dict[PartyName, str], case: Case, waits: ManualCase) -> None:
    """Raises ``Refused`` where the case has a unit of a party that is chosen, or nothing is chosen of those that are missing."""
    for party, unit in chosen.items():
        there = next((one for one, its in waits.taking_part.items() if its == party), None)
        if there is not None:
            raise Refused(
                "addressed-meanwhile",
                f"Ärendet har redan en enhet av samma part som {unit}: {there}. Enheter läggs till i ärendet av dem som deltar.",
                f"The case has a unit of the same party as {unit} already: {there}. Those who take part add further units.",
                "/units",
            )
    if not chosen and (lacking := sorted(missing(waits))):
        raise Refused(
            "wrong-party",
            f"Välj en enhet för {' och '.join(lacking)}.",
            f"Choose a unit for {' and '.join(lacking)}.",
            "/units",
            400,
        )
    if case.blocked or case.status != "open":
        raise _meanwhile()


def _is_where_it_was_sought(chosen: dict[PartyName, str], said: Adressering | None, directory: Directory) -> None:
    """Raises ``Refused`` where a municipality's unit is of another than the register said."""
    unit = chosen.get("kommun")
    sought = None if said is None else said.municipality
    where = None if unit is None else municipality_of(unit, directory)
    if sought is not None and where is not None and where != sought:
        raise Refused(
            "another-municipality",
            f"Registret angav kommun {sought}, och {unit} är i kommun {where}. Välj en enhet i {sought}, eller säg att det är meningen.",
            f"The register said municipality {sought}, and {unit} is in {where}. Choose a unit of {sought}, or say that it is meant.",
            "/units",
        )


def _answer(chosen: dict[PartyName, str], case: Case, said: Adressering | None) -> Adressering:
    """The choice as an answer of the registers: with who takes part already, and whom they had named."""
    there = {participant["party"]: unit for unit, participant in case.participants.items()}
    units: dict[str, str | None] = {**there, **{str(party): unit for party, unit in chosen.items()}}
    if said is not None:
        units = {"oppenvard": said.health_centre, "kommun": said.municipality_unit} | units
    return Adressering(
        outcome="by_hand",
        health_centre=units.get("oppenvard"),
        municipality_unit=units.get("kommun"),
        why=tuple(f"{party} -> {unit} (chosen by operations)" for party, unit in chosen.items()),
    )


def _meanwhile() -> Refused:
    return Refused(
        "addressed-meanwhile",
        "Ärendet väntar inte längre i den manuella kön: någon har adresserat det, eller så har det avslutats.",
        "The case no longer waits in the manual queue: somebody has addressed it, or it has ended.",
        "/case",
    )
