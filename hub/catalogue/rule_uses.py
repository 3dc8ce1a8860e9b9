"""Where each rule stands in the code: the rows and guards of the tables, the places beside them, and what refuses nothing. Imports the
processes only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from hub.processes.engine.process import Process
from hub.processes.engine.rule import Guard
from hub.processes.registry import PROCESSES

_ELSEWHERE: Mapping[str, str] = {
    "C-3": "`hub.processes.engine.rule.acting_role`",
    "C-4": "`hub.processes.engine.decide.decide`: only a participating unit acts in a case",
    "C-13": "`hub.processes.shared.audience.ask`: who comes in is asked for the admission, utskrivningsklar and what still awaits someone",
    "C-22": "`hub.processes.shared.registers.not_licensed`: HSA is asked before a menprovning is decided",
    "C-25": "`hub.processes.shared.consent.consent`: either outcome is recorded, and who gave it",
    "C-30": "`hub.processes.engine.unit_view.colours`",
    "C-42": "`hub.attachments.check.check`: a file is looked into before its message is decided",
    "C-60": "`schemas.identities.parse_person_id`",
    "C-61": "`schemas.identities.parse_person_id`",
    "C-62": "`hub.processes.shared.registers.protected_or_deceased`",
    "C-63": "`hub.processes.shared.registers.protected_or_deceased`",
    "D-2": "`hub.intake.handle`: duplicates",
    "D-4": "`hub.intake.holds`: who waits for whom",
    "D-10": "`hub.intake.arrival`: ids and references",
}
"""Common rules that the engine or the intake enforces beside the tables, and where."""

_REFUSES_NOTHING: Mapping[str, str] = {
    "C-7": "it leaves a trace of what is done",
    "C-13": "it says who is asked; what a unit may not answer is refused under C-2",
    "C-25": "consent and its refusal are recorded alike",
    "C-30": "it says what is shown",
    "C-43": "a receiver outside the case, where the region lets messages reach participants only, is refused under C-40",
    "C-51": "every word that is accepted is kept",
    "C-54": "it moves the case between lists; what can no longer be undone then is refused under V-17",
    "C-61": "it allows; a number that does not hold is refused under C-60",
    "D-2": "the same content under a known id is a repeat, other content is refused as `id-reused`, a new message in a known Bundle as"
    " `envelope-reused`",
    "D-9": "only the hub tells of a deadline; a unit that does is refused as `unknown-type`",
}
"""Common rules under which no message of any process is refused, and why."""

_BOOKS = [process.rule_book for process in PROCESSES.values()]
ELSEWHERE = {
    rule: place for known in (_ELSEWHERE, *(book.elsewhere for book in _BOOKS)) for rule, place in known.items()
}
"""Rules in scope that are enforced beside the tables, and where."""
REFUSES_NOTHING = {
    rule: why for known in (_REFUSES_NOTHING, *(book.refuses_nothing for book in _BOOKS)) for rule, why in known.items()
}
"""Rules in scope under which no message is refused, and why."""
NOT_BY_MESSAGE = frozenset.intersection(*(frozenset(book.not_by_message) for book in _BOOKS))
"""Common rules that no message of any process shows; each process says why of its own messages."""

SCOPE = tuple(
    [f"C-{number}" for start, end in ((1, 7), (10, 15), (20, 25), (30, 34)) for number in range(start, end + 1)]
    + [f"C-{number}" for start, end in ((40, 43), (50, 56), (60, 64)) for number in range(start, end + 1)]
    + [rule for book in _BOOKS for rule in book.scope]
)
"""Every rule of processes.md §1, and of the processes' own chapters."""


@dataclass(slots=True)
class Use:
    """Where one rule stands."""

    rows: list[str] = field(default_factory=list)
    guards: list[Guard] = field(default_factory=list)
    elsewhere: str | None = None


def uses() -> dict[str, Use]:
    """Every rule that the tables and the engine name, in the order in which people read them."""
    found: dict[str, Use] = {}
    for row in (rule for process in PROCESSES.values() for rule in process.rules):
        parties = ", ".join(sorted(row.parties))
        for rule in row.rules:
            found.setdefault(rule, Use()).rows.append(f"`{row.message}` ({parties})")
        for guard in (*row.guards, *row.checks):
            known = found.setdefault(guard.rule, Use()).guards
            if guard not in known:
                known.append(guard)
    for rule, place in ELSEWHERE.items():
        found.setdefault(rule, Use()).elsewhere = place
    return {rule: found[rule] for rule in sorted(found, key=natural)}


def of_process(process: Process) -> set[str]:
    """Every rule that the table of a process names, or that holds beside it."""
    named = {rule for row in process.rules for rule in row.rules}
    guards = {guard.rule for row in process.rules for guard in (*row.guards, *row.checks)}
    return named | guards | set(process.rule_book.elsewhere) | set(_ELSEWHERE)


def natural(rule: str) -> tuple[str, int]:
    """``C-4`` before ``C-10``."""
    letters, _, number = rule.partition("-")
    return letters, int(re.sub(r"\D", "", number) or 0)
