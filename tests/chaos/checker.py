"""Judges a history from outside (delivery.md §1): what the hub has promised, against what senders and receivers saw.

Pure; knows nothing of how the hub works. The promises, and the kinds of ``Violation`` that break them:

* D-1 ``lost``: a message that was acknowledged, or its notice, came to nothing, and nothing that operations sees explains it; or an event
  that a Subscription counts cannot be had.
  ``no-receipt``: a message that was acknowledged has no answer and is not held. ``refused``: one that the rules accept was refused.
* D-2 ``twice``: a message in two cases or at two places, one reference that opened two cases, two messages at one place.
  ``two-ids``: one notice under two ids, or one id for two notices; so too with the numbers of a Subscription's events.
  ``two-answers``: receipts that disagree. ``changed``: a repeat that says something else.
* D-3 ``out-of-order``: the first occurrences of a case's numbers at a system do not come in order. A number that a notice has named as
  ``skipped`` may be told later, when the receiver may see it.
* D-4, D-6 ``unexplained``: something waits at the end, and no held or dead entry and no pause says why.
* D-9 ``deadline``: one that passed was not told, or was told twice.
* ``misdirected``: somebody got what was not for them, or what nobody sent.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tests.chaos.history import HUB, History, Receipt, Sent

LASTING = frozenset({"twice", "two-ids", "two-answers", "changed", "out-of-order", "misdirected", "refused"})
"""Kinds that no later message can mend; of the others something may still be on its way."""
_FINAL = {"ok", "fatal-error"}
Key = tuple[str, str]
Place = tuple[str, int]
"""(case, sequence)."""


@dataclass(frozen=True, slots=True)
class Violation:
    kind: str
    text: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.text}"


def violations(history: History) -> list[Violation]:
    """Every promise that the history breaks; none when all is well."""
    return list(dict.fromkeys(_Check(history).all()))


class _Check:
    def __init__(self, history: History) -> None:
        self.history = history
        self.sent: dict[Key, Sent] = {}
        self.contents: dict[Key, set[str]] = defaultdict(set)
        self.acknowledged: set[Key] = set()
        for one in history.sent:
            self.sent.setdefault(one.key, one)
            self.contents[one.key].add(one.content)
            if one.acknowledged:
                self.acknowledged.add(one.key)
        self.of_system = {(one.system, one.id): one for one in history.sent}
        self.receipts: dict[Key, list[Receipt]] = defaultdict(list)
        self.places: dict[Key, set[Place]] = defaultdict(set)
        """Where messages stand, as receipts and notices say."""
        self.had: dict[str, set[Place]] = defaultdict(set)
        self.passed: dict[tuple[str, str], set[int]] = defaultdict(set)
        """(system, case) → the numbers of which the hub has said that the system does not get them."""
        self.held = {(w.source, w.message) for w in history.waits if w.kind == "held"}
        self.dead_receipts = {(w.system, w.message) for w in history.waits if w.kind == "dead" and w.sequence is None}
        self.paused = {w.system for w in history.waits if w.kind == "paused"}
        self.skipped = {
            (w.system, w.case, w.sequence) for w in history.waits if w.kind == "skipped" and w.sequence is not None
        }
        self.dead: dict[tuple[str, str | None], int] = {}
        """(system, case) → the first sequence that was given up."""
        for w in history.waits:
            if w.kind == "dead" and w.sequence is not None:
                first = self.dead.get((w.system, w.case), w.sequence)
                self.dead[w.system, w.case] = min(first, w.sequence)

    def all(self) -> Iterator[Violation]:
        yield from self._receipts_are_for_their_senders()
        yield from self._each_message_has_one_answer()
        yield from self._nothing_is_in_effect_twice()
        yield from self._each_notice_has_one_id()
        yield from self._notices_are_for_their_receivers()
        yield from self._each_case_comes_in_order()
        yield from self._nothing_accepted_is_lost()
        yield from self._waits_are_explained()
        yield from self._deadlines_are_told_once()

    def _receipts_are_for_their_senders(self) -> Iterator[Violation]:
        for receipt in self.history.receipts:
            one = self.of_system.get((receipt.system, receipt.message))
            if one is None:
                yield Violation(
                    "misdirected", f"{receipt.system} got a receipt for {receipt.message}, which it never sent"
                )
                continue
            self.receipts[one.key].append(receipt)
            if receipt.code == "ok" and receipt.case is not None and receipt.sequence is not None:
                self.places[one.key].add((receipt.case, receipt.sequence))
        for notice in self.history.notices:
            self.places[notice.source, notice.message].add((notice.case, notice.sequence))
            self.had[notice.system].add((notice.case, notice.sequence))
            self.passed[notice.system, notice.case].update(notice.skipped)

    def _each_message_has_one_answer(self) -> Iterator[Violation]:
        for key, one in self.sent.items():
            final = [r for r in self.receipts[key] if r.code in _FINAL]
            if len(self.contents[key]) > 1:
                final = [r for r in final if r.rule != "id-reused"]
            answers = {(r.code, r.case, r.sequence) if r.code == "ok" else (r.code, None, None) for r in final}
            if len(answers) > 1:
                yield Violation("two-answers", f"{key} of {one.system} was answered {sorted(answers, key=str)}")
            if answers == {("fatal-error", None, None)} and self.places[key]:
                yield Violation("two-answers", f"{key} was refused, and others were told of it")
            if one.right and answers == {("fatal-error", None, None)}:
                yield Violation(
                    "refused", f"{key} of {one.system}, by {one.way}: {sorted({str(r.rule) for r in final})}"
                )
            given_up = one.system in self.paused or (one.system, one.id) in self.dead_receipts
            if key in self.acknowledged and not final and key not in self.held and not given_up:
                yield Violation(
                    "no-receipt", f"{key} of {one.system}, by {one.way}, was acknowledged and has no answer"
                )

    def _nothing_is_in_effect_twice(self) -> Iterator[Violation]:
        at: dict[Place, set[Key]] = defaultdict(set)
        opened: dict[tuple[str, str], set[str]] = defaultdict(set)
        for key, places in self.places.items():
            if len(places) > 1:
                yield Violation("twice", f"{key} stands at {sorted(places)}")
            for place in places:
                at[place].add(key)
            one = self.sent.get(key)
            if one is not None and one.subject.startswith("ref:"):
                opened[one.system, one.subject].update(case for case, _ in places)
        yield from (Violation("twice", f"{place} holds {sorted(keys)}") for place, keys in at.items() if len(keys) > 1)
        for (system, ref), cases in opened.items():
            if len(cases) > 1:
                yield Violation("twice", f"{ref} of {system} opened the cases {sorted(cases)}")

    def _each_notice_has_one_id(self) -> Iterator[Violation]:
        ids: dict[tuple[str, Place], set[str]] = defaultdict(set)
        of_id: dict[tuple[str, str], set[Place]] = defaultdict(set)
        contents: dict[tuple[str, Place], set[str]] = defaultdict(set)
        numbers: dict[tuple[str, str, Place], set[str]] = defaultdict(set)
        for n in self.history.notices:
            place = n.case, n.sequence
            ids[n.system, place].add(n.id)
            of_id[n.system, n.id].add(place)
            contents[n.system, place].add(n.content)
            if n.event:
                of_id[n.system, f"event {n.event}"].add(place)
                numbers[n.system, n.event.partition("/")[0], place].add(n.event)
        for (system, place), found in ids.items():
            if len(found) > 1:
                yield Violation("two-ids", f"{system} got {place} under {sorted(found)}")
        for (system, _, place), events in numbers.items():
            if len(events) > 1:
                yield Violation("two-ids", f"{system} got {place} as the events {sorted(events)}")
        for (system, id_), places in of_id.items():
            if len(places) > 1:
                yield Violation("two-ids", f"{system} got {sorted(places)} under the one id {id_}")
        for (system, place), said in contents.items():
            if len(said) > 1:
                yield Violation("changed", f"{system} got {place} with {len(said)} contents")

    def _notices_are_for_their_receivers(self) -> Iterator[Violation]:
        for n in self.history.notices:
            one = self.sent.get((n.source, n.message))
            if one is None:
                if n.source != HUB:
                    yield Violation("misdirected", f"{n.system} got {n.message} of {n.source}, which nobody sent")
            elif n.system not in one.tells and n.system not in one.may_tell:
                yield Violation("misdirected", f"{n.system} got {n.message} of {one.system}, which is not for it")

    def _each_case_comes_in_order(self) -> Iterator[Violation]:
        last: dict[tuple[str, str], int] = {}
        seen: set[tuple[str, Place]] = set()
        for n in self.history.notices:
            if (n.system, (n.case, n.sequence)) in seen:
                continue
            seen.add((n.system, (n.case, n.sequence)))
            before = last.get((n.system, n.case), 0)
            if n.sequence > before:
                last[n.system, n.case] = n.sequence
            elif n.sequence not in self.passed[n.system, n.case]:  # what was left out may be told later
                yield Violation("out-of-order", f"{n.system} got {n.sequence} of {n.case} after {before}")

    def _nothing_accepted_is_lost(self) -> Iterator[Violation]:
        for key, one in self.sent.items():
            for case, sequence in self.places[key]:
                for system in one.tells:
                    if (case, sequence) not in self.had[system] and not self._explained(system, case, sequence):
                        yield Violation("lost", f"{system} never got {sequence} of {case}: {one.id} of {one.system}")
        yield from self._no_number_is_missing()

    def _no_number_is_missing(self) -> Iterator[Violation]:
        """Between a system's first and last notice of a case each number came, is its own act, or was said to be skipped."""
        own: dict[tuple[str, str], set[int]] = defaultdict(set)
        for key, places in self.places.items():
            if key in self.sent:
                for case, sequence in places:
                    own[self.sent[key].system, case].add(sequence)
        numbers: dict[tuple[str, str], set[int]] = defaultdict(set)
        for system, places in self.had.items():
            for case, sequence in places:
                numbers[system, case].add(sequence)
        for (system, case), came in numbers.items():
            known = came | own[system, case] | self.passed[system, case]
            # What a notice that was let go by hand would have said to be skipped, nobody told.
            untold = max((n for its, c, n in self.skipped if (its, c) == (system, case)), default=0)
            for number in range(max(min(came), untold), max(came)):
                if number not in known and not self._explained(system, case, number):
                    yield Violation(
                        "lost", f"{system} got {max(came)} of {case} and never {number}, which nobody skipped"
                    )

    def _explained(self, system: str, case: str, sequence: int) -> bool:
        """Whether operations sees why a notice has not come."""
        if system in self.paused or (system, case, sequence) in self.skipped:
            return True
        first_dead = self.dead.get((system, case))
        return first_dead is not None and first_dead <= sequence

    def _waits_are_explained(self) -> Iterator[Violation]:
        for w in self.history.waits:
            if w.kind == "unread":
                yield Violation("lost", f"{w.system} cannot get {w.message}, which its Subscription counts")
            if w.kind == "waiting" and not (
                w.system in self.paused
                or (w.case is not None and w.sequence is not None and self._explained(w.system, w.case, w.sequence))
            ):
                what = f"{w.sequence} of {w.case}" if w.case else f"{w.message}"
                yield Violation("unexplained", f"{what} still waits for {w.system}")

    def _deadlines_are_told_once(self) -> Iterator[Violation]:
        told: dict[tuple[str, str], set[Place]] = defaultdict(set)
        by: dict[tuple[str, str], set[str]] = defaultdict(set)
        for n in self.history.notices:
            if n.deadline is not None:
                told[n.case, n.deadline].add((n.case, n.sequence))
                by[n.case, n.deadline.split()[0]].add(n.system)
        for (case, deadline), places in told.items():
            if len(places) > 1:
                yield Violation("deadline", f"{deadline} of {case} was told at {sorted(places)}")
        for one in self.history.deadlines:
            yield from self._missing(one.case, one.name, by[one.case, one.name], one.tells)

    def _missing(self, case: str, name: str, told: set[str], tells: Iterable[str]) -> Iterator[Violation]:
        for system in tells:
            if system not in told and system not in self.paused and (system, case) not in self.dead:
                yield Violation("deadline", f"{name} of {case} passed, and {system} was not told")
