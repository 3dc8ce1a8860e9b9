"""What the views show of a case beside the core: a process's own sections (C-30, C-31). Pure; imports the record only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hub.processes.engine.case import Case
from hub.processes.engine.record import Act, CaseRecord


class Sections:
    """The sections of a process; this one has none, and shows the core alone."""

    def needed(self, case: Case, acts: Sequence[Act]) -> set[int]:
        """The numbers of the messages that ``of_case`` reads."""
        del case, acts
        return set()

    def of_case(self, record: CaseRecord) -> dict[str, Any]:
        """The sections of the whole case."""
        del record
        return {}

    def of_addressing(self, case: Case) -> dict[str, Any]:
        """What the process knows of where the person lives, beside the register's answer."""
        del case
        return {}

    def needed_in_a_list(self, case: Case) -> set[int]:
        """The numbers of the messages that ``of_row`` reads: few, for a list has hundreds of cases."""
        del case
        return set()

    def of_row(self, record: CaseRecord) -> dict[str, Any]:
        """The sections of a case in a list; the record has no history."""
        del record
        return {}
