"""Everybody who may be brought into a case, as a tree: regions, their organisations, their units (C-10). Pure; imports the
rules' case and the language only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from hub.processes.engine.case import Case
from schemas.directory import Directory, Organisation, Unit

Named = TypeVar("Named", Unit, Organisation)


def tree(case: Case, directory: Directory) -> list[dict[str, Any]]:
    """The directory by name, what has no unit left out; a unit that is in the case is marked ``ingar``."""
    units = _by(directory.units, lambda unit: unit.organisation)
    organisations = _by(directory.organisations, lambda organisation: organisation.region)
    regions = [
        {
            "region": region.id,
            "name": region.name,
            "organisations": [
                _organisation(organisation, units.get(organisation.orgnr, []), case)
                for organisation in organisations.get(region.id, [])
                if organisation.orgnr in units
            ],
        }
        for region in sorted(directory.regions, key=lambda region: region.name)
    ]
    return [region for region in regions if region["organisations"]]


def _organisation(organisation: Organisation, units: list[Unit], case: Case) -> dict[str, Any]:
    return {
        "organisation": organisation.orgnr,
        "name": organisation.name,
        "units": [
            {
                "unit": unit.hsa,
                "name": unit.name,
                "party": unit.party,
                "roles": list(unit.roles),
                "ingar": unit.hsa in case.participants,
            }
            for unit in units
        ],
    }


def _by(entries: Iterable[Named], key: Callable[[Named], str]) -> dict[str, list[Named]]:
    found: dict[str, list[Named]] = {}
    for entry in sorted(entries, key=lambda entry: entry.name):
        found.setdefault(key(entry), []).append(entry)
    return found
