"""The national registers as operations sees them: how each answers, what waits for it, who asks. Imports what is seen, the figures, the
registers' words and the store.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from hub.catalogue import ids
from hub.operations.concern import Rows, Said, rows
from hub.operations.figures import Times, times, under
from hub.operations.register_words import NAMES, fault
from hub.operations.seen import DAY, Seen
from hub.operations.standing import LookupsWaiting
from hub.store import figures
from hub.store.figures import Counts
from hub.store.outbox import LOOKUP, LOOKUPS
from hub.store.transaction import Store
from hub.tally import REGISTER

State = Literal["answers", "no-answer", "fails", "refuses", "asked-before", "not-asked", "not-set"]
"""``fails``, ``refuses``: it does not answer, or says no to us, and that is to be seen to, as the overview says it
(``RegisterStanding.is_down``); ``no-answer``: the last question had none, which may be of that question alone; ``asked-before``: the
figures of 24 hours say that it was asked, but no process that is known still has; ``not-asked``: nobody has, within 24 hours.
"""

CONTRACTS: Final[Mapping[str, tuple[str, ...]]] = {
    "folkbokforing": ("registers",),
    "listing_county": ("registers",),
    "listing": ("registers",),
    "hsa_unit": ("registers",),
    "hsa_health_care_unit": ("registers",),
    "hsa_employee": ("verifications", "licences"),
}
"""Contract → the queues of look-ups that wait for it."""


QUEUES: Final = tuple(name.removeprefix(LOOKUP) for name in LOOKUPS)
"""All queues of look-ups."""


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """One contract of a register."""

    register: str
    name: Said
    state: State
    since: datetime | None
    """Since when no question had an answer, or when it last answered."""
    reason: str | None
    """What its last failure was: VP009, http-503, time-out …"""
    error: str | None
    """Its last failure's id in the error catalogue."""
    failure: Said | None
    """Its last failure in words."""
    answered: datetime | None
    """When it last answered; to the minute, where the figures alone say it."""
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
        names = [REGISTER + name for name in CONTRACTS]
        day = await figures.sums(connection, seen.at - DAY, names)
        answered = await figures.last(connection, seen.at - DAY, names, ("asked/ok", "asked/none"))
    found = seen.registers
    return RegisterList(
        found.set,
        found.asked_by,
        [_row(seen, name, day.get(REGISTER + name, {}), answered.get(REGISTER + name)) for name in CONTRACTS],
    )


def _row(seen: Seen, register: str, day: Counts, counted: datetime | None) -> RegisterRow:
    """How one contract stands. ``counted``: the minute in which it last answered, by the figures."""
    queues = CONTRACTS[register]
    one = seen.registers.contracts.get(register)
    reason = None if one is None else one.reason
    answered = (None if one is None else one.answered) or counted
    calls = under(day, "asked/")
    asked = sum(calls.values())
    state: State = "answers"
    if seen.registers.set is False:
        state = "not-set"
    elif one is None or (one.answered is None and one.failing_since is None):
        state = "asked-before" if asked else "not-asked"
    elif one.is_down(seen.at):
        state = "refuses" if one.refuses else "fails"
    elif one.failing_since is not None:
        state = "no-answer"
    waiting = [seen.registers.waiting[queue] for queue in queues if queue in seen.registers.waiting]
    oldest = min((each.oldest for each in waiting if each.oldest is not None), default=None)
    return RegisterRow(
        register,
        NAMES[register],
        state,
        (None if one is None else one.failing_since) or answered,
        reason,
        None if reason is None else ids.of_register(reason),
        None if reason is None else fault(reason),
        answered,
        None if one is None else one.failed,
        calls,
        round(calls.get("cached", 0) / asked, 4) if asked else None,
        times(day),
        LookupsWaiting(sum(each.count for each in waiting), oldest),
        rows(f"registers/{register}/waiting"),
    )
