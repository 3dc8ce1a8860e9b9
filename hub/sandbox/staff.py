"""The staff of the demo: one fictitious person per organisation and role, whom the simulated HSA knows (C-3). Imports the language and
``register_contents``; never loaded in production.
"""

from __future__ import annotations

from hub.sandbox.register_contents import EmployeeRow
from schemas.directory import Directory, Unit

_LICENCES = {"lakare": "Läkare", "sjukskoterska": "Sjuksköterska", "arbetsterapeut": "Arbetsterapeut"}
UNLICENSED = "SE2321000255-P04"
"""A person of ``persons.yaml`` without licence, who may make no menprovning (C-22)."""


def actor(unit: Unit, role: str) -> str:
    """HSA-id of the person who acts for a unit in a role, e.g. ``SE2120001132-SJUKSKOTERSKA1``."""
    return f"SE{unit.organisation}-{role.upper()[:14]}1"


def role_for(unit: Unit, step: str, duty: str) -> str:
    """A role of the unit with the duty for an act of a step (C-1), else its first role."""
    able = (role for role, steps in unit.roles.items() if duty in steps.get(step, ()))  # type: ignore[call-overload]
    return next(able, next(iter(unit.roles)))


def employees(directory: Directory) -> tuple[EmployeeRow, ...]:
    """All staff, each with the befattning of the role and the licence that it requires."""
    befattning = {role: code for code, role in reversed(directory.befattningar.items())}
    acting = {actor(unit, role): role for unit in directory.units for role in unit.roles}
    return tuple(
        EmployeeRow(
            id=hsa,
            given="Demo",
            surname=role.capitalize(),
            titles=(befattning[role],),
            licences=tuple(filter(None, (_LICENCES.get(role),))),
        )
        for hsa, role in acting.items()
    )
