"""Who may do what by the directory, and from which entry of it: a unit's roles step by step, and what a system is entitled to. Pure;
imports the language only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from schemas.directory import Directory, Duty, Step, System, Unit
from schemas.messages import BilingualText
from schemas.ways_out import InboxOut, SubscriptionOut


@dataclass(frozen=True, slots=True)
class StepDuties:
    """What a role of a unit answers for in a step."""

    role: str
    step: Step
    duties: tuple[Duty, ...]
    entry: str
    """The entry of the directory that says so."""


def duties_of(unit: Unit, role: str | None = None) -> list[StepDuties]:
    """What each role of a unit, or one of them, answers for, by role and step."""
    return [
        StepDuties(name, step, duties, f"units[hsa={unit.hsa}].roles.{name}.{step}")
        for name, steps in unit.roles.items()
        if role in {None, name}
        for step, duties in steps.items()
    ]


def befattningar_of(directory: Directory, role: str) -> list[str]:
    """HSA's codes of befattning from which somebody has a role (C-3)."""
    return sorted(code for code, its in directory.befattningar.items() if its == role)


def entitled(directory: Directory, system: System) -> Iterator[BilingualText]:
    """What a system may do and is told, a sentence each."""
    units = len(system.units)
    yield BilingualText(
        sv=f"Talar för {units} enhet{'er' * (units != 1)}, och bara dem (systems[id={system.id}].units).",
        en=f"Speaks for {units} unit{'s' * (units != 1)}, and for no other (systems[id={system.id}].units).",
    )
    if "kafka" in system.ways_in:
        yield BilingualText(
            sv=f"Sänder på Kafka, på topiken hub.in.{system.id} ensam.",
            en=f"Sends on Kafka, on the topic hub.in.{system.id} alone.",
        )
    if "http" in system.ways_in:
        yield BilingualText(
            sv="Sänder över HTTP och läser sina enheters ärenden, med sin nyckel.",
            en="Sends over HTTP and reads the cases of its units, by its token.",
        )
    yield BilingualText(
        sv=f"Får sina enheters underrättelser på vägen {system.out.way}, i formatet {system.format}.",
        en=f"Is told what its units are to know by {system.out.way}, in the format {system.format}.",
    )
    if isinstance(system.out, InboxOut):
        yield BilingualText(sv="Hämtar ur sin inkorg (GET /inbox).", en="Fetches from its inbox (GET /inbox).")
    if isinstance(system.out, SubscriptionOut):
        yield BilingualText(
            sv="Gör egna prenumerationer (POST /fhir/Subscription).",
            en="Makes Subscriptions of its own (POST /fhir/Subscription).",
        )
    if system.token_sha256:
        yield BilingualText(
            sv="Ser sig självt, provar, sänder om och byter sina hemligheter (/self).",
            en="Sees itself, tests, replays and rotates its credentials (/self).",
        )
    for hsa in system.units:
        unit = directory.unit_by_hsa.get(hsa)
        if unit is not None and unit.municipality:
            yield BilingualText(
                sv=f"Tar emot för kommun {unit.municipality}, genom enhet {hsa} (units[hsa={hsa}].municipality).",
                en=f"Receives for municipality {unit.municipality}, by unit {hsa} (units[hsa={hsa}].municipality).",
            )
