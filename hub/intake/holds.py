"""What is held in the cases at hand, who waits for whom, and for how long (D-4). Imports the errors and the store's rows.

The theory. Messages of one case come by several topics, partitions and connections, so any of them may come first.

* There is **one queue per case**, in the order of arrival. Before the case is there it stands under the sender's system and
  reference; the transaction that opens the case moves it to the case's id. A message that still stands under its reference
  (it was held while another hub opened the case) is moved when it is next tried; until then both are read as one queue, and
  since everybody waits only for lower numbers, no two can wait for each other.
* A message waits while anything stands **ahead of it** in the queue, with three exceptions. What is *early* (it waits for the
  opening, for information and consent, or for the published inskrivning) lets by exactly what it waits for, else it would
  wait for ever. What the hub itself says (a register's answer, a deadline) waits for nobody and nobody waits for it: the
  law's clock and a protected identity suffer no delay. And nobody waits for a system that has left the directory, nor for a
  makulering whose message has not come: it concerns that message alone, and a slip in an id must not stop a case.
* What went by may have been *done* later than what it passed. A held message never takes back a later act (by its ``time``):
  it is then refused, for an old yes must not replace a new no.
* **Nothing is lost, nothing is handled twice**: a hold ends in the transaction that writes the message's answer, and an answer
  is written once; a hub that comes second finds it and does nothing.
* **Everything is tried again**: when the one ahead is settled, when what was missed has come, when its schedule says so. And
  **nothing waits for ever**: after 72 h it is refused by the rule that it missed, its sender is told, the next one goes on.
* What may never be: a message that waits for one that waits for it, a hold without a message or of an answered one, a case
  that stands still because of a message that nobody can settle.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.errors import Refused
from hub.intake.arrival import Waited
from hub.store.held import Held
from hub.store.inbox import Key

SCHEDULE_S = (1.0, 5.0, 30.0, 120.0, 600.0, 3600.0)
"""Waits between the tries of a held message, the last one repeated."""
BEHIND_S = (3600.0,)
"""The one ahead wakes it when it is settled; this is for what nobody foresaw."""
AT_THE_MOST = timedelta(hours=72)

AWAITS_OPENING = "awaits-opening"
"""It came before the message that opens its case."""
AWAITS_CONSENT = "awaits-consent"
"""It came before the information or the consent that it needs (V-4, C-20)."""
AWAITS_INSKRIVNING = "awaits-inskrivning"
"""It came before its case, which was then opened without a published inskrivning (V-2)."""
AWAITS_MESSAGE = "awaits-message"
"""It revokes a free message that has not come (C-41)."""
AWAITS_HSA = "awaits-hsa"
"""HSA has to say first whether someone is licensed (C-22)."""
NAMES_CHANGED = "names-changed"
"""Its file was looked into for other names than the case has now (C-42)."""
AWAITS_SYSTEM = "awaits-system"
"""The system that sent it is not in the directory now."""
BEHIND = "behind-held"
"""Another message of its case is held ahead of it."""
DEFECT = "defect:"
"""With the name of our error: never its text, which may quote the message."""

EARLY = frozenset({AWAITS_OPENING, AWAITS_CONSENT, AWAITS_INSKRIVNING, AWAITS_MESSAGE})
_ALONE = frozenset({AWAITS_SYSTEM, AWAITS_MESSAGE})
"""Nobody waits for these."""


def too_long(waited: Waited, reason: str, now: datetime) -> bool:
    """Whether a message may wait no more. The early ones count from their arrival, the others from when they could be
    tried: one that stood behind another for days has its own time.
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
"""Numbers of this batch's own come after all that the store has given."""


class Holds:
    """The queues of the cases that a batch is about, kept up as its messages are handled."""

    def __init__(self, found: Iterable[Held] = ()) -> None:
        self._queues: dict[str, dict[Key, Hold]] = {}
        self._where: dict[Key, str] = {}
        self._new = _NEW
        for one in found:
            self._put(one.case_key, Hold(one.id, one.key, one.reason))

    def __bool__(self) -> bool:
        return bool(self._where)

    def ahead(self, case_keys: Sequence[str | None], own: Key) -> list[Hold]:
        """What stands ahead of a message that is, or would be, held under these keys."""
        queue = {hold.key: hold for case in case_keys if case is not None for hold in self._of(case)}
        mine = queue.get(own)
        return [
            hold for hold in queue.values() if hold.reason not in _ALONE and (mine is None or hold.number < mine.number)
        ]

    def early_ones(self, case_keys: Sequence[str | None]) -> bool:
        """Whether something waits here for what a message may have brought."""
        return any(hold.reason in EARLY for case in case_keys if case is not None for hold in self._of(case))

    def put(self, case_key: str, key: Key, reason: str) -> None:
        """A message is held, or held again: it keeps its place."""
        self._new += 1
        place = self._take_out(key) or Hold(self._new, key, reason)
        place.reason = reason
        self._put(case_key, place)

    def end(self, key: Key) -> None:
        """A message is held no more."""
        self._take_out(key)

    def rekey(self, early: str, case_id: str) -> bool:
        """The case came to be: one queue, under its id. True where something waited for it."""
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
    """Whether a message may go ahead of all these: they are early, and it is what they wait for.

    ``brings``: of ``consent``, ``inskrivning`` and ``message`` what the message holds.
    """
    first = [hold for hold in ahead if hold.reason != BEHIND]  # those behind wait for nothing of their own
    if not first or any(hold.reason not in EARLY for hold in first):
        return False
    if not case_is_there:
        return opens
    return all(hold.reason.removeprefix("awaits-") in brings for hold in first)


# --- what is said to one that has waited too long ---------------------------------------------------------------------

NEVER_OPENED = Refused(
    "unknown-case",
    "Ärendet som meddelandet hör till öppnades aldrig. Öppna det med svu.inskrivning och sänd meddelandet på nytt.",
    "The case to which the message belongs was never opened. Open it with svu.inskrivning and send the message again.",
    "/subject",
    404,
)
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


def given_up(reason: str) -> Refused:
    """The refusal of one that waited too long for this; for information and consent the rule that missed them is known."""
    known = {AWAITS_OPENING: NEVER_OPENED, AWAITS_HSA: HSA_SILENT, AWAITS_SYSTEM: SYSTEM_GONE}
    return known.get(reason, NOT_KEPT)
