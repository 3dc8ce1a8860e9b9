"""Who acts in the demo: one fictitious person per organisation and role, whom the simulated HSA knows (C-3).

Imports the language and ``register_contents`` beside it; never loaded in production.
"""

from __future__ import annotations

from hub.sandbox.register_contents import EmployeeRow
from schemas.directory import Directory, Unit


def actor(unit: Unit, role: str) -> str:
    """HSA-id of the one who acts for a unit in a role, e.g. ``SE2120001132-SJUKSKOTERSKA1``."""
    return f"SE{unit.organisation}-{role.upper()[:14]}1"


def employees(directory: Directory) -> tuple[EmployeeRow, ...]:
    """All of them, each with a befattning that gives the role."""
    befattning = {role: code for code, role in reversed(directory.befattningar.items())}
    acting = {actor(unit, role): role for unit in directory.units for role in unit.roles}
    return tuple(
        EmployeeRow(id=hsa, given="Demo", surname=role.capitalize(), titles=(befattning[role],))
        for hsa, role in acting.items()
    )
