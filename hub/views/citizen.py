"""What a person may be shown of the own cases by a citizen service (P-17). Pure; imports the processes only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hub.processes.engine.case import Case
from hub.processes.engine.process import process_of_case
from hub.processes.engine.record import Act
from schemas.directory import Directory


def of_person(case: Case, acts: Sequence[Act], directory: Directory) -> dict[str, Any] | None:
    """A case's plan as the person may see it, or None. ``acts``: those that are kept to no unit."""
    view = process_of_case(case).shown_to_person
    plan = None if view is None else view(case, acts, directory)
    return None if plan is None else {"case": case.id, "process": case.process, "profile": case.profile, **plan}
