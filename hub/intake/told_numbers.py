"""Which numbers of a case each system knows (messages.md §2): a notice names those between that the system will not get. Pure;
imports the rules' case and the directory only.

``case.told`` holds for each system [highest number told, number up to which it knows all, first and last of its own later acts…];
``case.unheard`` the numbers of messages in force that were not told to it, and may be told later.
"""

from __future__ import annotations

from collections.abc import Iterable

from hub.processes.engine.case import Case
from hub.processes.engine.process import process_of_case, standing
from schemas.directory import Directory

_WAITS = "unit:"


def waits_for(unit: str) -> str:
    """The ``system`` of the notices of a unit that no system serves: they wait in the manual queue until one does."""
    return _WAITS + unit


def waiting_unit(system: str) -> str | None:
    """The unit for which notices with this ``system`` wait; None where the system is a system."""
    return system.removeprefix(_WAITS) if system.startswith(_WAITS) else None


def system_for(case: Case, unit: str, directory: Directory) -> str:
    """The system that is told what a unit is to know. Where none serves the unit the notices wait for it; and as long as some of
    the case wait, later ones wait behind them, so that they come in order when a system serves the unit (D-3).
    """
    waits = waits_for(unit)
    return waits if waits in case.told else directory.system_of.get(unit, waits)


def forget_waiting(case: Case, directory: Directory) -> None:
    """No notice of the case waits any more for a unit that a system serves: later ones go to that system."""
    for system in [one for one in case.told if waiting_unit(one) in directory.system_of]:
        del case.told[system]
        case.unheard.pop(system, None)


def last_told(case: Case, system: str) -> int:
    """The highest number that a system has been told; 0 when it has been told nothing."""
    return case.told[system][0] if system in case.told else 0


def is_new(case: Case, system: str, sequence: int) -> bool:
    """Whether a message has never been told to a system: it is later than all that was, or was left out then."""
    return sequence > last_told(case, system) or sequence in case.unheard.get(system, ())


def note_own_act(case: Case, system: str) -> None:
    """Notes that a system knows the number of its own act, from the receipt."""
    numbers = case.told.setdefault(system, [0, 0])
    if numbers[-1] == case.sequence - 1:  # the number after the last that it knows, or after its last own acts
        numbers[-1] = case.sequence
    else:
        numbers += [case.sequence, case.sequence]


def note_notice(case: Case, system: str, sequence: int) -> tuple[int, ...]:
    """Notes that a system is told a number. Returns the numbers before it that the system was not told and did not send;
    none before its first notice.
    """
    numbers = case.told.get(system)
    if numbers is None:
        case.told[system] = [sequence, sequence]
        _note_unheard(case, system, range(1, sequence), sequence)
        return ()
    highest, upto, *ranges = numbers
    own = list(zip(ranges[::2], ranges[1::2], strict=True))
    skipped = tuple(
        number for number in range(upto + 1, sequence) if not any(first <= number <= last for first, last in own)
    )
    upto = max(upto, sequence)
    later = [end for first, last in own if last > upto for end in (first, last)]
    case.told[system] = [max(highest, sequence), upto, *later]
    _note_unheard(case, system, skipped, sequence)
    return skipped


def _note_unheard(case: Case, system: str, skipped: Iterable[int], told: int) -> None:
    """Keeps the skipped numbers of messages that are in force, without the number that is told now. Where one message says how
    things stand (``Process.catch_up``), no earlier number is told again.
    """
    if process_of_case(case).catch_up is not None:
        return
    before = case.unheard.get(system, ())
    if not before and not skipped:
        return
    found = sorted({*before, *skipped}.intersection(standing(case)).difference([told]))
    if found:
        case.unheard[system] = found
    else:
        case.unheard.pop(system, None)
