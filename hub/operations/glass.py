"""Breaking the glass: reading what messages say, or searching by person, with a reason, for thirty minutes, before all who audit.
Imports the store, the rights and the metrics.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from hub import metrics
from hub.errors import Refused
from hub.log import log
from hub.operations.reason import given, without_person_number
from hub.operations.rights import Operator, Right
from hub.store import glass as glasses
from hub.store import operator_log
from hub.store.glass import Connection, Glass

LASTS: Final = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class About:
    """What the glass is broken for; all may be unknown still."""

    case: str | None = None
    message: str | None = None
    person: bool = False
    """Whether somebody is to be searched for. Who, is nowhere kept: the trail names the cases that are then read."""

    def __str__(self) -> str:
        found = [f"{name} {value}" for name, value in (("case", self.case), ("message", self.message)) if value]
        return ", ".join([*found, *(["a search by person"] if self.person else [])]) or "nothing named"


async def break_glass(connection: Connection, operator: Operator, reason: str, about: About) -> Glass:
    """Open what is behind the glass for this session, for thirty minutes. Raises ``Refused``: 403 without the right, 400 of the reason."""
    operator.needs(Right.SEE_BODIES)
    if operator.is_program:
        raise Refused(
            "glass-closed",
            "Ett program får inte nödöppna: logga in själv, så bär läsningen ditt namn.",
            "A program does not break the glass: sign in yourself, so that the reading bears your name.",
            "/authorization",
            403,
        )
    said = given(reason)
    without_person_number(about.message or "", "/message")
    kept: dict[str, Any] = {"case": about.case, "message": about.message, "person": about.person}
    found = await glasses.broken(connection, operator.session, operator.who, said, kept, LASTS)
    await operator_log.record(connection, operator.who, "break the glass", f"glass {found.id}: {about}", said)
    metrics.glass_broken.inc()
    log.warning("glass_broken", glass=found.id)
    return found


async def open_glass(connection: Connection, operator: Operator) -> Glass:
    """The open glass of who asks, for routes behind it. Raises ``Refused`` 403 without the right, or where none is open."""
    operator.needs(Right.SEE_BODIES)
    found = await glasses.open_of(connection, operator.session, operator.who)
    if found is None:
        raise Refused(
            "glass-closed",
            "Detta läses först efter en nödöppning. Gör den med ett skäl (POST /ops/glass); den gäller i trettio minuter, och syns för dem"
            " som granskar.",
            "This is behind the glass. Break it with a reason (POST /ops/glass); it is open for thirty minutes then, and those who audit"
            " see it.",
            "/authorization",
            403,
        )
    return found


async def used(connection: Connection, operator: Operator, what: str) -> None:
    """Trace one reading or search behind the glass, in the transaction that reads. ``what``: as the trail names it, by ids, with nothing
    of a person. Raises as ``open_glass``.
    """
    found = await open_glass(connection, operator)
    await glasses.count_use(connection, found.id)
    await operator_log.record(
        connection, operator.who, "look behind the glass", what, f"glass {found.id}: {found.reason}"
    )


async def close(connection: Connection, operator: Operator) -> bool:
    """Close the glass of who asks before its time; whether it was open."""
    number = await glasses.closed(connection, operator.session, operator.who)
    if number is not None:
        await operator_log.record(connection, operator.who, "close the glass", f"glass {number}", "by themselves")
    return number is not None
