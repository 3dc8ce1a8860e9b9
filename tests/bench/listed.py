"""Fictitious persons in any number, all listed at the stack's health centre and living in its municipality."""

from __future__ import annotations

import itertools

from hub.sandbox import staff
from hub.sandbox.register_contents import Contents
from schemas.directory import Directory
from tests.bench import load


def persons(count: int) -> list[str]:
    """The numbers of so many."""
    return list(itertools.islice(load.fictitious(), count))


def contents(numbers: list[str], directory: Directory, centres: tuple[str, ...] = ()) -> Contents:
    """Registers that know these persons, listed in turn at these centres (left out: at the stack's), and who acts for the directory."""
    plain = Contents.load()
    person = next(each for each in plain.persons if each.id == load.PERSONS[0])
    listing = person.listings[0]
    unit = next(each for each in plain.units if each.id == listing.unit)
    known = [
        person.model_copy(
            update={
                "id": number,
                "listings": (listing.model_copy(update={"unit": centre}),),
                "centre": centre,
            }
        )
        for number, centre in zip(numbers, itertools.cycle(centres or (listing.unit,)), strict=False)
    ]
    more = tuple(unit.model_copy(update={"id": centre}) for centre in centres)
    return plain.model_copy(
        update={
            "persons": (*plain.persons, *known),
            "units": (*plain.units, *more),
            "employees": (*plain.employees, *staff.employees(directory)),
        }
    )
