"""How the views read a process's plan: a document in versions, made of elements (sip-messages.md §4). Pure; imports the record only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hub.processes.engine.case import Case
from hub.processes.engine.record import Act


class PlanViews:
    """The plan of a process; this process has none.

    ``case`` is always the case as the unit may see it, and ``acts`` are the accepted messages that the unit may know of, in order.
    """

    beginnings: tuple[str, ...] = ()
    """The addresses under which every element of a plan stands."""

    def versions(self, case: Case) -> Sequence[int]:
        """The numbers of the versions that the case has had, the current one last; empty where there is no plan to show."""
        del case
        return ()

    def current(self, case: Case, unit: str, *, ended: bool) -> dict[str, Any]:
        """The current version; the elements of the case are loaded. ``ended``: parts that have ended are shown too (LC-10)."""
        del case, unit, ended
        raise NotImplementedError

    def earlier(self, case: Case, unit: str, acts: Sequence[Act], version: int, *, ended: bool) -> dict[str, Any]:
        """An archived version, as it was when it was closed (E-7)."""
        del case, unit, acts, version, ended
        raise NotImplementedError

    def comparison(self, case: Case, unit: str, acts: Sequence[Act], before: int, after: int) -> dict[str, Any]:
        """What has changed between two versions, element by element and field by field."""
        del case, unit, acts, before, after
        raise NotImplementedError

    def writings(self, case: Case, acts: Sequence[Act], element: str, name: str) -> list[dict[str, Any]]:
        """Every value that a field of an element has held, the first first, each with who wrote it and when (C-51)."""
        del case, acts, element, name
        return []

    def keywords(self, case: Case, unit: str) -> list[dict[str, Any]]:
        """The latest text of each keyword over all versions (P-11); the elements of the case are loaded."""
        del case, unit
        return []
