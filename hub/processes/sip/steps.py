"""The steps of a SIP: for whom each waits, and what it asks of units that come in (sip-messages.md §5, C-13). Imports the engine and
the shared rules only.
"""

from __future__ import annotations

from collections.abc import Mapping

from hub.processes.engine.awaited import Awaited
from hub.processes.engine.case import Case
from hub.processes.engine.process import Newcomer
from hub.processes.engine.rule import Context
from hub.processes.profiles.sip import SIP_PROFILES
from hub.processes.shared.audience import ALL_PARTIES
from hub.processes.sip.call import starts
from hub.processes.sip.state import SEND, sip

STEPS_BY_PROFILE: Mapping[str, tuple[str, ...]] = {name: profile.steps for name, profile in SIP_PROFILES.items()}
STEPS = tuple(dict.fromkeys(step for steps in STEPS_BY_PROFILE.values() for step in steps))


def still_awaits(case: Case, awaited: Awaited) -> bool:
    """A step of a SIP waits for the units named, and for nobody else."""
    del case
    return bool(awaited.by)


def newcomer(s: Context, key: str) -> Newcomer:
    """C-13: a unit that comes in acknowledges every call to a coming meeting that awaits all, whether others have; an approval that is
    under way asks it too. Where receivers are named one by one, a newcomer is asked by the call that names it alone.
    """
    awaited = s.case.awaited[key]
    if awaited.step == "plan":
        return Newcomer(ALL_PARTIES) if s.profile.approved_by == "units" else Newcomer(frozenset())
    if s.profile.call_awaits != "all" or awaited.act == SEND:
        return Newcomer(frozenset())
    start = starts(sip(s.case).meetings[awaited.about(key) or ""])
    is_coming = start is not None and start > s.now
    return Newcomer(ALL_PARTIES, always=True) if is_coming else Newcomer(frozenset())
