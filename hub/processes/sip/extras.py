"""What a notice of a SIP says to one unit beside the message (``Process.extras``). Pure; imports the case and the language only."""

from __future__ import annotations

from collections.abc import Mapping

from hub.processes.engine.case import Case
from hub.processes.sip.prints import LEADS_TO_PRINTS, owed, serving_unit
from hub.processes.sip.reminders import caller_of_the_last, reminders, wards_that_remain
from schemas.directory import Directory
from schemas.envelope import Message
from schemas.sip import Mote


def extras(case: Case, message: Message, unit: str, directory: Directory) -> Mapping[str, tuple[str, ...]]:
    """``remind``: the codes of which the unit is reminded (P-19), and the wards that remain in an active SIP (S-3). ``prints``: what the
    unit that serves the person and the outsiders owes on paper (§8).
    """
    return {"remind": _reminds(case, message, unit, directory), "prints": _prints(case, message, unit)}


def _prints(case: Case, message: Message, unit: str) -> tuple[str, ...]:
    return owed(case, message) if message.name in LEADS_TO_PRINTS and unit == serving_unit(case, message) else ()


def _reminds(case: Case, message: Message, unit: str, directory: Directory) -> tuple[str, ...]:
    if isinstance(message.data, Mote):
        return reminders(case, message.data, unit, directory)
    if message.name in {"sip.godkannande", "deltagare"} and unit == caller_of_the_last(case):
        return wards_that_remain(case)
    return ()
