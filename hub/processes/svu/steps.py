"""The steps of an SVU: for whom each waits, and what it asks of units that come in (V-6, V-8 to V-10, V-12, V-13). Imports the
engine and the shared rules only.
"""

from __future__ import annotations

from hub.processes.engine.awaited import Awaited
from hub.processes.engine.case import Case
from hub.processes.engine.process import Newcomer
from hub.processes.engine.rule import Context
from hub.processes.shared.audience import ALL_PARTIES, OPPENVARD
from hub.processes.svu.state import svu

STEPS = ("inskrivning", "tid", "kartlaggning", "stallningstagande", "utskrivning")


def still_awaits(case: Case, awaited: Awaited) -> bool:
    """Whether an act is awaited of anybody: of a unit named, after a klarmarkering (V-12) or a renewed answer of outpatient
    care (V-13), or of a receiver that the registers have not named yet (V-6).
    """
    if awaited.by or not case.all_receivers_known:
        return True
    return awaited.act == "justera" and not (svu(case).klarmarkerad and svu(case).sip_approved is not False)


def may_adjust(s: Context) -> frozenset[str]:
    """The parties whose justering is open: none before klarmarkering (V-12), and after a no on the position on SIP not
    outpatient care (V-13).
    """
    if not svu(s.case).klarmarkerad:
        return frozenset()
    return ALL_PARTIES - OPPENVARD if svu(s.case).sip_approved is False else ALL_PARTIES


def newcomer(s: Context, step: str) -> Newcomer:
    """C-13: the inskrivning and utskrivningsklar are always asked of units that come in, so that nobody sees green for a unit
    that never acknowledged; a justering only where it is open to their party (V-12, V-13). Oppenvard and kommun alone
    acknowledge the time (V-8 to V-10).
    """
    waiting = not s.case.all_receivers_known
    if step == "stallningstagande":
        return Newcomer(may_adjust(s), always=waiting)
    if step == "tid":
        klar = "klar" in svu(s.case).dates
        return Newcomer(ALL_PARTIES - {"slutenvard"}, always=klar or waiting, anew=klar)
    admission = step == "inskrivning"
    return Newcomer(ALL_PARTIES, always=admission or waiting, anew=admission)
