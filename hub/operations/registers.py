"""The national registers as operations sees them: how each answers, what waits for it, who asks. Imports what is seen, the figures and the
store.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from hub.operations.concern import Rows, Said, rows
from hub.operations.figures import Times, times, under
from hub.operations.seen import DAY, Seen
from hub.operations.standing import LookupsWaiting
from hub.store import figures
from hub.store.figures import Counts
from hub.store.outbox import LOOKUP, LOOKUPS
from hub.store.transaction import Store
from hub.tally import REGISTER

State = Literal["answers", "fails", "not-asked", "not-set"]
"""``not-asked``: the process that asks has not asked it since it started."""

CONTRACTS: Final[Mapping[str, tuple[Said, tuple[str, ...]]]] = {
    "folkbokforing": (Said("Folkbokföring (PU)", "Population register"), ("registers",)),
    "listing_county": (Said("Listning: vilket län", "Listings: which county"), ("registers",)),
    "listing": (Said("Listning: vilken vårdcentral", "Listings: which health centre"), ("registers",)),
    "hsa_unit": (Said("HSA: enhet", "HSA: unit"), ("registers",)),
    "hsa_health_care_unit": (Said("HSA: vårdenhet", "HSA: health care unit"), ("registers",)),
    "hsa_employee": (Said("HSA: person och legitimation", "HSA: person and licence"), ("verifications", "licences")),
}
"""Contract → what it is, and the queues of look-ups that wait for it."""


QUEUES: Final = tuple(name.removeprefix(LOOKUP) for name in LOOKUPS)
"""All queues of look-ups."""


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """One contract of a register."""

    register: str
    name: Said
    state: State
    since: datetime | None
    """Since when it fails, or when it last answered."""
    reason: str | None
    """What its last failure was: VP009, http-503, time-out …"""
    answered: datetime | None
    failed: datetime | None
    calls: dict[str, int]
    """Within 24 hours by outcome: ok, none (an empty answer), cached, held (a fault that is remembered), fault, parked (it refuses us),
    unavailable, unreadable, defect.
    """
    cached_share: float | None
    """Of the questions of 24 hours, how many were answered without a call."""
    times: Times
    """How long it took, within 24 hours."""
    waiting: LookupsWaiting
    """Look-ups that wait, of all contracts that share the queue."""
    rows: Rows


@dataclass(frozen=True, slots=True)
class RegisterList:
    """All contracts."""

    set: bool | None
    """Whether registers are set; None while no hub runs."""
    asked_by: str | None
    """The process that asks: of several one, since the rate counts for all."""
    rows: list[RegisterRow]


async def registers(store: Store, seen: Seen) -> RegisterList:
    """How each contract stands."""
    async with store.transaction() as connection:
        day = await figures.sums(connection, seen.at - DAY, [REGISTER + name for name in CONTRACTS])
    found = seen.registers
    return RegisterList(
        found.set, found.asked_by, [_row(seen, name, day.get(REGISTER + name, {})) for name in CONTRACTS]
    )


def _row(seen: Seen, register: str, day: Counts) -> RegisterRow:
    name, queues = CONTRACTS[register]
    one = seen.registers.contracts.get(register)
    state: State = "answers"
    if seen.registers.set is False:
        state = "not-set"
    elif one is None or (one.answered is None and one.failing_since is None):
        state = "not-asked"
    elif one.failing_since is not None:
        state = "fails"
    calls = under(day, "asked/")
    asked = sum(calls.values())
    waiting = [seen.registers.waiting[queue] for queue in queues if queue in seen.registers.waiting]
    oldest = min((each.oldest for each in waiting if each.oldest is not None), default=None)
    return RegisterRow(
        register,
        name,
        state,
        None if one is None else one.failing_since or one.answered,
        None if one is None else one.reason,
        None if one is None else one.answered,
        None if one is None else one.failed,
        calls,
        round(calls.get("cached", 0) / asked, 4) if asked else None,
        times(day),
        LookupsWaiting(sum(each.count for each in waiting), oldest),
        rows(f"registers/{register}/waiting"),
    )
