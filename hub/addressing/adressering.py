"""Makes the message ``adressering`` of a resolution: which units of the directory are addressed (V-2).

Imports the registers, the rules and the language.
"""

from __future__ import annotations

from hub.addressing.lookups import Resolution
from hub.addressing.register_text import format_address, one_line
from hub.addressing.registers import Registers
from hub.addressing.soap_client import Parked
from hub.errors import Unavailable
from hub.processes.shared.registers import outcome_of
from schemas.directory import Directory
from schemas.hub_messages import AddressingOutcome, Adressering
from schemas.identities import IdentityError
from schemas.unit_ids import ALL_PREFIXES, parse_hsa_id

_MOST_FAILURES = 3
"""After so many units that HSA did not answer for, the rest wait for the next time."""


def unavailable(reason: str) -> Adressering:
    """The message that says that no register could be asked, or that its answer could not be used."""
    return Adressering(outcome="lookup_unavailable", why=(reason,))


async def adressering_of(found: Resolution, directory: Directory, registers: Registers) -> tuple[Adressering, bool]:
    """The message, and whether asking again later may give more."""
    unit, how, failed = await _receiving_unit(found.municipality_code, directory, registers)
    why = [*found.asked, *found.failures, *failed]
    if found.municipality_code is not None:
        why.append(f"kommun {found.municipality_code} -> {unit or 'no receiving unit'} ({how})")
    centre = _hsa_id(found.health_centre)
    if found.health_centre is not None:
        why.append(f"listed -> {centre or 'an id that is no HSA-id'}{_fault_of(centre, directory)}")
    outcome: AddressingOutcome = found.outcome.value
    if failed and not found.outcome.manual:
        outcome = "lookup_unavailable"
    answer = Adressering(
        outcome=outcome,
        health_centre=centre,
        municipality=found.municipality_code,
        municipality_unit=unit,
        county=found.county,
        name=one_line(found.name),
        address=None if found.address is None else format_address(found.address),
        why=tuple(line for reason in why if (line := one_line(reason)) is not None),
    )
    again = found.retry or (bool(failed) and outcome == "lookup_unavailable")
    return answer.model_copy(update={"outcome": outcome_of(answer, directory)}), again


def _hsa_id(text: str | None) -> str | None:
    try:
        return None if text is None else parse_hsa_id(text, ALL_PREFIXES)
    except IdentityError:
        return None


def _fault_of(centre: str | None, directory: Directory) -> str:
    """Why the unit where the person is listed cannot be addressed; empty where it can."""
    entry = directory.unit_by_hsa.get(centre or "")
    if entry is None or entry.hsa not in directory.system_of:
        return " (not connected)"
    return "" if entry.party == "oppenvard" else f" (of {entry.party}: no health centre)"


async def _receiving_unit(
    kommunkod: str | None, directory: Directory, registers: Registers
) -> tuple[str | None, str, list[str]]:
    """The municipality's receiving unit (V-2): the directory's; where the directory has none for the code, the unit for which
    HSA gives that code (GetUnit). Returns the unit, where it was found, and HSA's failures.
    """
    if kommunkod is None:
        return None, "no municipality", []
    if (unit := directory.receiving_unit.get(kommunkod)) is not None:
        return unit, "directory", []
    failed: list[str] = []
    for candidate in directory.units:
        if not candidate.receives or candidate.municipality is not None:
            continue
        try:
            answer = await registers.unit(candidate.hsa)
        except (Unavailable, Parked) as error:
            if error.reason == "database":
                raise
            failed.append(f"hsa_unit={error.reason}")
            if len(failed) == _MOST_FAILURES:
                break
            continue
        if answer is not None and answer.municipality == kommunkod:
            return candidate.hsa, "HSA", []
    return None, "manual", list(dict.fromkeys(failed))
