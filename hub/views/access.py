"""Who asks, and whether they may see a case: secrecy before anything else (C-4 to C-6, V-2, V-5). Pure; imports the
processes and the language only.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from hub import clock
from hub.errors import Refused
from hub.processes.engine.case import Case
from hub.processes.engine.process import process_of_case
from hub.processes.shared.audience import organisation_takes_part
from hub.processes.shared.disclosure import knows, reads
from schemas.directory import Directory, System, Unit

CHOICE = "aktivt_val"
"""The deliberate choice of a person whose organisation takes part (C-5), made for a single reading."""


REGION = "regionens_slutenvard"
"""A ward of the region reads a SIP in which a unit of the region takes part (C-6)."""


@dataclass(frozen=True, slots=True)
class Asker:
    """A person in a role of a unit of the asking system."""

    system: System
    unit: Unit
    actor: str
    role: str
    choice: bool = False
    """The deliberate choice of C-5 was made."""
    at: datetime = field(default_factory=clock.now)


@dataclass(frozen=True, slots=True)
class Reach:
    """On which ground a case is seen, and as which party."""

    ground: str
    party: str | None
    """The unit's party in the case; None when it only reads: it takes no part (C-5), or is not told of the case yet (SA-2)."""

    @property
    def takes_part(self) -> bool:
        return self.party is not None


NOT_SHOWN = Refused(
    "unknown-case",
    "Ärendet finns inte, eller visas inte för enheten. Sök personen på nytt.",
    "There is no such case, or it is not shown to the unit. Search for the person again.",
    "/case",
    404,
)
"""Raised as a copy: an error that is raised again and again keeps every frame that it passed."""


def may_be_known(case: Case, unit: Unit) -> bool:
    """Whether a unit may be told that the case exists. It may not when the case is revoked (V-5) or its person is not handled
    (C-62, C-63), nor when the unit came in while nothing could be shared (C-24). Before anything is published only the
    participants who see the case may (V-2).
    """
    if case.status not in process_of_case(case).lasting:
        return False
    if unit.hsa in case.participants:
        return reads(case, unit.hsa)
    return case.published


def reach(case: Case, asker: Asker, directory: Directory) -> Reach:
    """The ground on which the asker sees the content; raises ``Refused`` 404, or 403 with what would be needed."""
    if not may_be_known(case, asker.unit):
        raise replace(NOT_SHOWN)
    participant = case.participants.get(asker.unit.hsa)
    if participant is not None:
        if asker.role not in participant["roles"]:
            raise Refused(
                "C-4",
                "Rollen deltar inte i ärendet för enheten. Lägg till den med roll.",
                "The role takes no part in the case for the unit. Add it with roll.",
                "/X-Role",
                403,
            )
        return Reach("deltar", participant["party"] if knows(case, asker.unit.hsa) else None)
    ground = case.readable_by(asker.unit.hsa, asker.actor, asker.role, asker.at)
    if ground is not None:
        return Reach(f"atkomst:{ground}", None)
    if process_of_case(case).reads_from_outside(case, asker.unit, directory):
        return Reach(REGION, None)
    within = organisation_takes_part(case, asker.unit, directory)
    if asker.choice and within:
        return Reach(CHOICE, None)
    raise needs_ground(within=within)


def needs_ground(*, within: bool) -> Refused:
    """The refusal of a unit that takes no part, with what it has to do first (C-5)."""
    if within:
        return Refused(
            "C-5",
            "Enheten deltar inte. Sänd atkomst, eller ange X-Ground: aktivt_val; läsningen loggas.",
            "The unit takes no part. Send atkomst, or give X-Ground: aktivt_val; the reading is logged.",
            "/X-Ground",
            403,
        )
    return Refused(
        "C-5",
        "Enheten deltar inte. Registrera atkomst med samtycke eller menprovning; läsningen loggas.",
        "The unit takes no part. Register atkomst with samtycke or menprovning; the reading is logged.",
        "/X-Unit",
        403,
    )


def owns_the_trace(case: Case, asker: Asker, directory: Directory) -> str:
    """The ground on which the asker reads the trace (C-7): units of an organisation that takes part read it, also after the
    case was revoked (V-5). Before anything is published only the party that sees the case does (V-2), and a unit that is
    told nothing of it never does (C-24). Raises ``Refused`` 404.
    """
    known, sees = directory.unit_by_hsa, process_of_case(case).may_read_unpublished
    seeing = [unit for unit in case.participants if case.published or sees(case, unit)]
    owners = {known[unit].organisation for unit in seeing if unit in known}
    hidden = not case.published and asker.unit.party not in {case.participants[unit]["party"] for unit in seeing}
    hidden = hidden or (asker.unit.hsa in case.participants and not reads(case, asker.unit.hsa))
    if hidden or asker.unit.organisation not in owners:
        raise replace(NOT_SHOWN)
    return "deltar" if asker.unit.hsa in case.participants else "organisation"
