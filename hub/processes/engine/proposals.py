"""What a process proposes for a message before it is written: receivers, participants, a coordinator (P-4). Pure; imports the record
only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hub.processes.engine.case import Case
from hub.processes.engine.record import CaseRecord


class Proposals:
    """The proposals of a process; this one makes none."""

    messages: tuple[str, ...] = ()
    """The messages for which it makes some."""

    def of(self, record: CaseRecord, unit: str, message: str, kind: str) -> dict[str, Sequence[Mapping[str, Any]]]:
        """``receivers`` {unit, why …} and ``participants`` (rows of persons) for a message of a kind that the unit is about to send.
        The record has every message of the hub's about the registers that the unit may read.
        """
        del record, unit, message, kind
        return {"receivers": (), "participants": ()}

    def linked(self, case: Case) -> Sequence[str]:
        """The ids of the linked cases from which a coordinator may be proposed."""
        del case
        return ()

    def coordinators(self, case: Case) -> Sequence[Mapping[str, Any]]:
        """The persons {person, unit, why} whom this case, as a linked one, proposes as coordinators of another."""
        del case
        return ()
