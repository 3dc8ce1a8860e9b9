"""The queues of held messages: which message waits for which, and for how long (D-4). Pure; imports the errors, the
registry of processes and the store's rows.

The theory. Messages of one case come by several topics, partitions and connections, so any of them may come first. A message
that cannot be decided yet is held: stored, and tried again later.

* There is **one queue per case**, in the order of arrival. Before the case is open, its queue is named by the sender's system and
  reference; the transaction that opens the case moves the queue to the case's id. A message may still be in the reference's
  queue after that (another hub held it at the same moment). It is moved when it is next tried, and until then both queues are
  read as one. No two messages can wait for each other, because a message waits only for messages with lower numbers.
* A message waits while any message is **ahead of it** in the queue, with three exceptions. (1) An *early* message waits for the
  opening, for information and consent, for the published inskrivning, or for the message that it revokes. Exactly that message
  may pass it; otherwise the early message would wait for ever. (2) The hub's own messages (a register's answer, a deadline) wait
  for none and none waits for them, so that neither the law's deadlines nor a protected identity are delayed. (3) No message
  waits for one whose system has left the directory, or for a makulering whose message has not come: such a makulering concerns
  that message alone, and a wrong id in it must not stop the case.
* A message that passed another may have been *sent* later. A held message therefore never undoes a later act (by the messages'
  ``time``): it is refused instead. An old yes to consent must not replace a newer no.
* **Nothing is lost and nothing is handled twice.** A hold ends in the same transaction that writes the message's answer, and an
  answer is written once. A hub that comes second finds the answer and does nothing.
* **Every held message is tried again**: when the message ahead of it is settled, when what it waits for has come, and by its
  schedule. And **no message waits for ever**: after 72 hours it is refused by the rule that made it wait, its sender is told, and
  the next message goes on.
* What may never be: two messages that wait for each other, a hold without a message or of an answered message, a case that
  stands still because of a message that cannot be settled.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.errors import Refused
from hub.intake.arrival import Waited
from hub.processes.engine.process import listed
from hub.processes.registry import openings
from hub.store.held import Held
from hub.store.inbox import Key

SCHEDULE_S = (1.0, 5.0, 30.0, 120.0, 600.0, 3600.0)
"""Seconds between the tries of a held message, the last one repeated."""
BEHIND_S = (3600.0,)
"""Seconds between the tries of a message behind another. It is tried at once when the one ahead is settled; the schedule is
only for cases that nobody foresaw."""
AT_THE_MOST = timedelta(hours=72)

AWAITS_OPENING = "awaits-opening"
"""The message came before the one that opens its case."""
AWAITS_CONSENT = "awaits-consent"
"""The message came before the information or the consent that it needs (V-4, C-20)."""
AWAITS_INSKRIVNING = "awaits-inskrivning"
"""The message came before its case, which was then opened without a published inskrivning (V-2)."""
AWAITS_MESSAGE = "awaits-message"
"""The message revokes a free message that has not come (C-41)."""
AWAITS_HSA = "awaits-hsa"
"""HSA must answer first whether a person is licensed (C-22)."""
NAMES_CHANGED = "names-changed"
"""The message's file was checked for other names than the case has now (C-42)."""
AWAITS_SYSTEM = "awaits-system"
"""The system that sent it is not in the directory now."""
BEHIND = "behind-held"
"""Another message of the case is held ahead of it."""
DEFECT = "defect:"
"""Followed by the name of our error, never by its text, which may quote the message."""

EARLY = frozenset({AWAITS_OPENING, AWAITS_CONSENT, AWAITS_INSKRIVNING, AWAITS_MESSAGE})
_ALONE = frozenset({AWAITS_SYSTEM, AWAITS_MESSAGE})
"""No message waits for one that is held for these reasons."""


def early_reason(missing: str, *, was_held: bool, named_has_come: bool) -> str | None:
    """Why a message waits that a rule has refused because something has not come yet (``Refused.early``); None when it is
    refused at once.

    Of a case without a published inskrivning, only a message that came before the case waits; others are told at once (V-2).
    ``named_has_come``: a message with the id that a makulering names has come, and is not the sender's to revoke (C-41).
    """
    reason = f"awaits-{missing}"
    refused_at_once = (reason == AWAITS_INSKRIVNING and not was_held) or (reason == AWAITS_MESSAGE and named_has_come)
    return reason if reason in EARLY and not refused_at_once else None


def too_long(waited: Waited, reason: str, now: datetime) -> bool:
    """Whether a message has waited as long as it may. For an early message the time counts from its arrival, for others from
    when the reason began: a message that was behind another for days still gets its own time.
    """
    if reason in EARLY:
        return now - waited.since > AT_THE_MOST
    return reason == waited.reason != BEHIND and now - waited.reason_since > AT_THE_MOST


@dataclass(slots=True)
class Hold:
    """One place in a case's queue."""

    number: int
    key: Key
    reason: str


_NEW = 1 << 62
"""Numbers given within this batch are higher than all that the store has given."""


class Holds:
    """The queues of the cases that a batch is about. ``handle`` keeps them current from message to message."""

    def __init__(self, found: Iterable[Held] = ()) -> None:
        self._queues: dict[str, dict[Key, Hold]] = {}
        self._where: dict[Key, str] = {}
        self._new = _NEW
        for one in found:
            self._put(one.case_key, Hold(one.id, one.key, one.reason))

    def __bool__(self) -> bool:
        return bool(self._where)

    def ahead(self, case_keys: Sequence[str | None], own: Key) -> list[Hold]:
        """The holds ahead of a message that is held, or would be held, under these keys."""
        queue = {hold.key: hold for case in case_keys if case is not None for hold in self._of(case)}
        mine = queue.get(own)
        return [
            hold for hold in queue.values() if hold.reason not in _ALONE and (mine is None or hold.number < mine.number)
        ]

    def early_ones(self, case_keys: Sequence[str | None]) -> bool:
        """Whether any early message waits under these keys."""
        return any(hold.reason in EARLY for case in case_keys if case is not None for hold in self._of(case))

    def put(self, case_key: str, key: Key, reason: str) -> None:
        """Holds a message. A message that is held already keeps its place."""
        self._new += 1
        place = self._take_out(key) or Hold(self._new, key, reason)
        place.reason = reason
        self._put(case_key, place)

    def end(self, key: Key) -> None:
        """Ends the hold of a message."""
        self._take_out(key)

    def rekey(self, early: str, case_id: str) -> bool:
        """Moves the queue of a reference to its case's id. True when any message was in it."""
        moved = list(self._of(early))
        for hold in moved:
            self._put(case_id, hold)
        self._queues.pop(early, None)
        return bool(moved)

    def _of(self, case_key: str) -> Iterable[Hold]:
        return self._queues.get(case_key, {}).values()

    def _put(self, case_key: str, hold: Hold) -> None:
        self._queues.setdefault(case_key, {})[hold.key] = hold
        self._where[hold.key] = case_key

    def _take_out(self, key: Key) -> Hold | None:
        case_key = self._where.pop(key, None)
        return None if case_key is None else self._queues[case_key].pop(key)


def may_pass(ahead: Sequence[Hold], *, opens: bool, brings: frozenset[str], case_is_there: bool) -> bool:
    """Whether a message may pass all these holds: they are early, and it is what they wait for.

    ``brings``: which of ``consent``, ``inskrivning`` and ``message`` the message contains.
    """
    first = [hold for hold in ahead if hold.reason != BEHIND]  # a message behind another only waits for its turn
    if not first or any(hold.reason not in EARLY for hold in first):
        return False
    if not case_is_there:
        return opens
    return all(hold.reason.removeprefix("awaits-") in brings for hold in first)


# --- refusals of messages that have waited too long -------------------------------------------------------------------

HSA_SILENT = Refused(
    "C-22",
    "HSA har inte svarat på om personen är legitimerad. Sänd på nytt när HSA svarar, eller registrera ett annat samtycke.",
    "HSA has not said whether the person is licensed. Send again when HSA answers, or register another consent.",
    "/data/decided_by",
)
SYSTEM_GONE = Refused(
    "unknown-system",
    "Systemet som sände meddelandet finns inte längre i katalogen.",
    "The system that sent the message is no longer in the directory.",
    "/source",
    403,
)
NOT_KEPT = Refused(
    "defect",
    "Hubben kan inte hantera meddelandet. Kontakta hubbens drift.",
    "The hub cannot handle the message. Contact the hub's operations.",
    "/",
    400,
)
OVERTAKEN = Refused(
    "D-4",
    "Ett senare meddelande om samma sak gäller redan i ärendet. Sänd på nytt om det här ändå ska gälla.",
    "A later message about the same already holds in the case. Send again if this one is to hold after all.",
    "/time",
)


def never_opened(openings: Iterable[str]) -> Refused:
    """The refusal of a message whose case was not opened in time; ``openings`` are the messages that open one."""
    names = tuple(openings)
    return Refused(
        "unknown-case",
        f"Ärendet som meddelandet hör till öppnades aldrig. Öppna det med {listed(names, 'eller')} och sänd meddelandet på nytt.",
        f"The case to which the message belongs was never opened. Open it with {listed(names, 'or')} and send the message again.",
        "/subject",
        404,
    )


def given_up(reason: str) -> Refused:
    """The refusal of a message that was held for this reason too long, where no rule's own refusal is known."""
    if reason == AWAITS_OPENING:
        return never_opened(openings())
    return {AWAITS_HSA: HSA_SILENT, AWAITS_SYSTEM: SYSTEM_GONE}.get(reason, NOT_KEPT)
