"""The processes that the hub runs, and which of them a message belongs to. Imports the processes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

from hub.processes.engine.case import Case
from hub.processes.engine.process import PROCESSES, Process, process_of_case
from hub.processes.engine.rule import Rule
from hub.processes.sip.process import SIP
from hub.processes.svu.process import SVU

PROCESSES[SVU.name] = SVU
PROCESSES[SIP.name] = SIP

ANSWERS: Final[Mapping[str, str]] = {
    "kvittens": "kvittens",
    "svu.justering": "justering",
    "sip.svar": "svar",
    "sip.kallelsesvar": "svar",
    "sip.godkannande": "godkannande",
}
"""Message → the act that it is, as a notice's ``awaits`` names it (messages.md §2)."""


def process_of(message: str, case: Case | None) -> Process:
    """The process that decides a message, by name: its case's own, else the one whose case it opens, else the first that has
    such a message, else any, which then refuses it as unknown.
    """
    return process_of_case(case) if case is not None else _without_case(message, tuple(PROCESSES))


@lru_cache(maxsize=4096)  # asked of every message, more than once
def _without_case(message: str, registered: tuple[str, ...]) -> Process:
    """``registered``: the processes' names, so that another registry gets another answer."""
    del registered
    having = [(process, rule) for process in PROCESSES.values() if (rule := process.rule(message)) is not None]
    for process, rule in having:
        if rule.opens:
            return process
    return having[0][0] if having else next(iter(PROCESSES.values()))


def rule_of(message: str, case: Case | None) -> Rule | None:
    """The rule that decides a message, by name; None when its process has none."""
    return process_of(message, case).rule(message)


def openings() -> Iterator[str]:
    """The messages that open a case, of all processes."""
    for process in PROCESSES.values():
        yield from process.openings


def talk() -> tuple[str, ...]:
    """The messages that are said beside the steps, of all processes (``Rule.is_talk``)."""
    return tuple(
        dict.fromkeys(rule.message for process in PROCESSES.values() for rule in process.rules if rule.is_talk)
    )


def statuses() -> tuple[str, ...]:
    """The statuses by which lists are filtered, of all processes."""
    lasting = {status for process in PROCESSES.values() for status in process.lasting}
    return ("open", *sorted(lasting - {"open"}))


def named_as() -> tuple[str, ...]:
    """As what persons are named by whom cases are found, of all processes (C-31)."""
    return tuple(dict.fromkeys(what for process in PROCESSES.values() for what in process.named))


def all_documents() -> Iterator[str]:
    """The documents that are written field by field, of all processes (C-51)."""
    for process in PROCESSES.values():
        yield from process.contents.documents


def printable() -> tuple[str, ...]:
    """The documents that can be printed, of all processes (C-55)."""
    return tuple(dict.fromkeys(name for process in PROCESSES.values() for name in process.documents))


__all__ = [
    "ANSWERS",
    "PROCESSES",
    "all_documents",
    "named_as",
    "openings",
    "printable",
    "process_of",
    "rule_of",
    "statuses",
    "talk",
]
