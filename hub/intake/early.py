"""What a message that came early waits for, what another one brings it, and what it must not take back (D-4). Pure; imports the
holds and the process.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.errors import Refused
from hub.intake import holds
from hub.intake.arrival import Arrival
from hub.processes.engine.case import Case
from hub.processes.registry import process_of
from schemas.envelope import Message
from schemas.parts import Information, Samtycke


def too_early(arrival: Arrival, refused: Refused, *, named_has_come: bool) -> str | None:
    """The reason for which a message waits that a rule refuses only because something has not come yet; None where it is
    refused. Before the published inskrivning one waits only if it came before its case: others are told at once (V-2).
    ``named_has_come``: whatever bears the id that a makulering names is there, and is not its sender's to revoke (C-41).
    """
    reason = f"awaits-{refused.early}"
    if (reason == holds.AWAITS_INSKRIVNING and not arrival.was_held) or (
        reason == holds.AWAITS_MESSAGE and named_has_come
    ):
        return None
    return reason if reason in holds.EARLY else None


def brings(message: Message) -> frozenset[str]:
    """What early messages may wait for and this one holds, itself or inside (``Rule.brings``)."""
    process = process_of(message.name, None)
    found: frozenset[str] = frozenset()
    rule = process.rule(message.name)
    if rule is None:
        return found
    for name in rule.embeds:
        part, inner = getattr(message.data, name), process.rule(name)
        if part is not None and inner is not None:
            found |= inner.brings(part)
    return found | rule.brings(message.data)


def takes_back(message: Message, case: Case, earlier: Mapping[int, Message]) -> bool:
    """Whether something done later than this message stands in the case, which this would take back: an inskrivning, what
    was informed, a yes or a no to consent, its withdrawal. It went by while this waited. ``earlier``: the messages that
    stand, and those of ``last_words``, by sequence.
    """
    data: Any = message.data
    consent = data if isinstance(data, Samtycke) else getattr(data, "samtycke", None)
    informed = data if isinstance(data, Information) else getattr(data, "information", None)
    standing: list[int | None] = []
    if consent is not None and case.samtycke is None:
        standing.append(case.consent().registered_until if _withdrawn_by_hand(case, earlier) else None)
    elif consent is not None and (consent.outcome == "refused") is not (case.samtycke == "refused"):
        standing.append(case.consent().at)
    if informed is not None and _is_other_information(informed, case, plain=informed is data):
        standing.append(case.information_at)
    if message.name == "svu.inskrivning" and "inskrivning" in case.steps:
        standing.append(case.steps["inskrivning"]["sequence"])
    return any(number in earlier and earlier[number].time > message.time for number in standing if number is not None)


def last_words(case: Case) -> list[int]:
    """The sequences of what ``takes_back`` looks at and which does not stand for those who come in later (C-10)."""
    return [number for number in (case.information_at, case.consent().registered_until) if number is not None]


def _withdrawn_by_hand(case: Case, earlier: Mapping[int, Message]) -> bool:
    """Of a consent that only ran out a renewal may have been on its way."""
    found = earlier.get(case.consent().registered_until or 0)
    return found is not None and found.name == "aterkallelse"


def _is_other_information(said: Information, case: Case, *, plain: bool) -> bool:
    """Whether it was given, and in a message of its own also why not: an admission is not stopped for other words."""
    return said.given is not case.information or (plain and said.reason != case.information_reason)
