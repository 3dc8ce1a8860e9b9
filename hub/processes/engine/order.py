"""The order of a case's messages (D-4): what a message brings that others wait for, and which later acts it must not undo. Pure;
imports the process, the rules and the case.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hub.processes.engine.case import Case
from hub.processes.engine.process import Process
from hub.processes.engine.rule import NOTHING, Rule
from schemas.envelope import Message
from schemas.messages import HUB_SOURCE


def brings(process: Process, message: Message) -> frozenset[str]:
    """What early messages may wait for and this one contains, itself or in a message that it carries inside."""
    return NOTHING.union(*(rule.brings(data) for rule, data, _ in process.parts(message)))


def replaced(process: Process, message: Message, case: Case) -> Iterator[int]:
    """The sequences of the acts in the case that a message would replace by saying something else."""
    for rule, data, inside in process.parts(message):
        sequence = rule.replaces(case, data, inside)
        if sequence is not None:
            yield sequence


def undoes_later_act(process: Process, message: Message, case: Case, earlier: Mapping[int, Message]) -> bool:
    """Whether a message that waited would undo an act that was done later, by the messages' ``time``.

    ``earlier``: the messages of ``replaced``, by sequence. The hub's own messages count for nothing here: a consent that ran
    out may be renewed by a message that was on its way.
    """
    acts = [earlier[sequence] for sequence in replaced(process, message, case) if sequence in earlier]
    return any(act.source != HUB_SOURCE and act.time > message.time for act in acts)


def may_precede_its_message(rule: Rule) -> bool:
    """Whether a message waits for the message that it names, where that one has not come (C-41)."""
    return rule.names_a_message and any(guard.early == "message" for guard in (*rule.guards, *rule.checks))
