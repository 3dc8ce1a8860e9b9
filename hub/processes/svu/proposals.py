"""Whom an SVU proposes as coordinator of a linked SIP (S-6, P-21, SVU ↔ SIP). Pure; imports the state only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hub.processes.engine.case import Case
from hub.processes.engine.proposals import Proposals
from hub.processes.svu.state import svu


class SvuProposals(Proposals):
    """SVU's proposals."""

    def coordinators(self, case: Case) -> Sequence[Mapping[str, Any]]:
        """The fast vardkontakt who is kallelseansvarig."""
        return [
            {"person": contact["person"], "unit": contact["unit"], "why": "kallelseansvarig"}
            for contact in svu(case).vardkontakter
            if contact["kallelseansvarig"]
        ]
