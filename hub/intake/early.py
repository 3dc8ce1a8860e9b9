"""What a message that came early waits for, what another one brings it, and what it must not take back (D-4). Pure; imports the
holds and the process.
"""

from __future__ import annotations

from collections.abc import Mapping

from hub.errors import Refused
from hub.intake import holds
from hub.intake.arrival import Arrival
from hub.processes.case import Case
from hub.processes.svu import SVU
from schemas.envelope import Message
from schemas.parts import Samtycke


def too_early(arrival: Arrival, refused: Refused) -> str | None:
    """The reason for which a message waits that a rule refuses only because something has not come yet; None where it is
    refused. Before the published inskrivning one waits only if it came before its case: others are told at once (V-2).
    """
    reason = f"awaits-{refused.early}"
    return reason if reason in holds.EARLY and (reason != holds.AWAITS_INSKRIVNING or arrival.was_held) else None


def _parts(message: Message) -> set[str]:
    """The message's name, and the names of those that it carries inside."""
    row = SVU.row(message.name)
    inside = () if row is None else row.embeds
    return {message.name, *(name for name in inside if getattr(message.data, name) is not None)}


def brings(message: Message) -> frozenset[str]:
    """What early messages may wait for and this one holds; one that revokes the case ends all waiting (V-5)."""
    parts = _parts(message)
    if not parts.isdisjoint({"information", "samtycke"}) or (
        message.name == "makulering" and getattr(message.data, "message", None) is None
    ):
        return frozenset({"consent", "inskrivning"})
    return frozenset({"inskrivning"}) if "svu.inskrivning" in parts else frozenset()


def takes_back(message: Message, case: Case, earlier: Mapping[int, Message]) -> bool:
    """Whether something done later than this message stands in the case, which this would take back: an inskrivning, a yes
    or a no to consent. It went by while this waited. ``earlier``: the messages that stand, by sequence.
    """
    consent = message.data if isinstance(message.data, Samtycke) else getattr(message.data, "samtycke", None)
    turns = consent is not None and (consent.outcome == "refused") is not (case.samtycke == "refused")
    standing = [case.consent_at] if turns else []
    if message.name == "svu.inskrivning" and "inskrivning" in case.steps:
        standing.append(case.steps["inskrivning"]["sequence"])
    return any(number in earlier and earlier[number].time > message.time for number in standing if number is not None)
