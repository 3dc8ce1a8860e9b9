"""The demo's ledger: what happened in every stay, from the parties' events and the store. Imports the wire, the stay plans and the
store's live view; never loaded in production.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Iterable

from hub.sandbox.stay_plan import StayPlan
from hub.sandbox.stays import EXPECTED, Stay, Trail, fate_of, happenings
from hub.sandbox.wire import ReceivedNotice, SenderAnswer
from hub.store.live_view import CaseView
from schemas.envelope import Message

_RATE_S = 10.0


class Ledger:
    """All stays. The parties write it, the view and the summary read it."""

    def __init__(self) -> None:
        self.stays: dict[int, Stay] = {}
        self.counts: Counter[str] = Counter()
        """admitted, messages, notices, kvittens, held, replaced, and those of ``AT_FAULT``."""
        self.fates: Counter[str] = Counter()
        self.acts: Counter[str] = Counter()
        """Accepted messages by name."""
        self.refusals: Counter[tuple[str, str]] = Counter()
        """(message, rule)."""
        self.happened: Counter[str] = Counter()
        """What happened in the settled stays → how often."""
        self.faults: list[str] = []
        self.seconds: deque[float] = deque(maxlen=2000)
        self._by_message: dict[str, Stay] = {}
        self._trails: dict[str, Trail] = {}
        self._unsettled: dict[int, Stay] = {}
        self._recent: dict[str, deque[float]] = {}

    # --- events of the parties -----------------------------------------------------------------------------------

    def admitted(self, plan: StayPlan, ward: str, system: str, message: str) -> Stay:
        """A ward's system is about to send an admission."""
        stay = Stay(plan.number, plan, ward, system, message, time.monotonic())
        self.stays[stay.number] = self._unsettled[stay.number] = self._by_message[message] = stay
        self._count("admitted")
        return stay

    def held(self, message: str) -> None:
        """The hub holds a message."""
        self._count("held")
        stay = self._by_message.get(message)
        if stay is not None and stay.answer is None:
            stay.answer = SenderAnswer(message, "transient-error")

    def acted(self, system: str, message: Message, answer: SenderAnswer) -> None:
        """A party's message has its final receipt."""
        self._count("messages")
        stay = self._by_message.get(message.id)
        if stay is not None:
            stay.answer = answer
        if answer.code != "ok":
            self._refused(message, answer)
        else:
            self.acts[message.name] += 1
            trail = self.trail(answer.case)
            trail.acts[message.name] += 1
            trail.numbers.setdefault(system, set()).add(answer.sequence or 0)
        if message.name == "kvittens":
            self._count("kvittens")
            asked = getattr(message.data, "message", "")
            self.trail(message.subject).pending.pop((message.unit, asked), None)
        elif message.name == "svu.justering":
            self._adjusted(message)

    def _adjusted(self, message: Message) -> None:
        pending = self.trail(message.subject).pending
        for key in [key for key, act in pending.items() if key[0] == message.unit and act == "justering"]:
            del pending[key]

    def _refused(self, message: Message, answer: SenderAnswer) -> None:
        rule = answer.rule or "?"
        self.refusals[message.name, rule] += 1
        if (message.name, rule) not in EXPECTED and ("*", rule) not in EXPECTED:
            self._count("refused-unexpectedly")
            self.faults.append(f"{message.name} of {message.unit} in {message.subject}: refused by {rule}")

    def replaced(self, case: str, unit: str, message: str) -> None:
        """A newer message has replaced one that a unit was to acknowledge."""
        self._count("replaced")
        self.trail(case).pending.pop((unit, message), None)

    def noticed(self, system: str, notice: ReceivedNotice) -> bool:
        """A notice arrived; False when the system has had it before."""
        self._count("notices")
        trail = self.trail(notice.case)
        if (system, notice.sequence) in trail.notices:
            self._count("doubled")
            self.faults.append(f"{system} got #{notice.sequence} of {notice.case} twice")
            return False
        trail.notices.add((system, notice.sequence))
        if notice.sequence < trail.last.get(system, 0):
            self._count("out-of-order")
            self.faults.append(f"{system} got #{notice.sequence} of {notice.case} after #{trail.last[system]}")
        trail.last[system] = max(notice.sequence, trail.last.get(system, 0))
        trail.numbers.setdefault(system, set()).update((notice.sequence, *notice.skipped))
        if notice.sequence >= trail.latest:
            trail.colours = {**(trail.colours if notice.sequence == trail.latest else {}), **notice.state}
            trail.latest = notice.sequence
        for unit, act in notice.awaits.items():
            trail.pending[unit, notice.message] = act
        for unit, steps in notice.state.items():
            if steps.get("stallningstagande") != "red":
                for key in [k for k, act in trail.pending.items() if k[0] == unit and act == "justering"]:
                    del trail.pending[key]
        if notice.name == "frist" and notice.facts.get("name"):
            trail.frister.add(notice.facts["name"])
        if notice.name == "folkbokforing":
            trail.news = notice.facts.get("news")
        return True

    def in_hand(self, case: str, change: int) -> None:
        """A party begins (``change`` 1) or ends (-1) work in a case."""
        self.trail(case).hands += change

    def faulty(self, what: str, fault: str | None = None) -> None:
        """A receiver got something unreadable, or with a wrong signature."""
        self._count(what)
        self.faults.append(fault or what)

    def failed(self, what: str) -> None:
        """A party of the demo failed, which is a defect of the demo."""
        self._count("failed")
        self.faults.append(what)

    # --- rows of the store -------------------------------------------------------------------------------------

    def worth_a_look(self) -> list[str]:
        """The ids of the cases to read from the store: not yet addressed, or about to be settled."""
        stays = [stay for stay in self._unsettled.values() if stay.case is not None]
        return [s.case for s in stays if s.case and (s.over or s.view is None or s.view.addressing is None)]

    def looked_at(self, views: Iterable[CaseView]) -> tuple[list[Stay], list[Stay]]:
        """Take in the store's rows; return (stays that are addressed now, stays that are settled now)."""
        by_case = {view.case: view for view in views}
        addressed, settled = [], []
        for stay in list(self._unsettled.values()):
            before = stay.view
            stay.view = by_case.get(stay.case or "", before)
            stay.manual = stay.manual or (stay.view is not None and stay.view.manual is not None)
            if stay.view is not None and stay.view.addressing is not None and (not before or not before.addressing):
                addressed.append(stay)
            stay.fate = fate_of(stay, self.trail(stay.case))
            if stay.fate is not None:
                self._settle(stay)
                settled.append(stay)
        return addressed, settled

    def _settle(self, stay: Stay) -> None:
        stay.seconds = time.monotonic() - stay.at
        del self._unsettled[stay.number]
        self.fates[stay.fate or ""] += 1
        if stay.fate in {"discharged", "consent refused"}:
            self.seconds.append(stay.seconds)
        trail = self.trail(stay.case)
        for system, numbers in trail.numbers.items():
            # The next notice names skipped numbers, so after the last notice of a system nothing counts as missing.
            if missing := set(range(min(numbers), trail.last.get(system, 0))) - numbers:
                self._count("gaps")
                self.faults.append(
                    f"{system} was not told of {sorted(missing)} of {stay.case}, nor that they are skipped"
                )
        self.happened.update(happenings(stay, trail))

    # --- queries -------------------------------------------------------------------------------------

    @property
    def under_way(self) -> int:
        """The number of stays that are not settled."""
        return len(self._unsettled)

    def unsettled(self) -> list[Stay]:
        """The stays that are not settled, oldest first."""
        return list(self._unsettled.values())

    def trail(self, case: str | None) -> Trail:
        """What was seen of a case on the wire."""
        return Trail() if case is None else self._trails.setdefault(case, Trail())

    def rate(self, what: str) -> float:
        """How often per second, over the last ten seconds."""
        times = self._recent.get(what)
        if not times:
            return 0.0
        since = time.monotonic() - _RATE_S
        while times and times[0] < since:
            times.popleft()
        return len(times) / _RATE_S

    def forget(self, keep: int) -> None:
        """Forget the oldest settled stays, all but ``keep``: a demo may run for days."""
        for number in list(self.stays)[: max(0, len(self.stays) - keep)]:
            if number not in self._unsettled:
                stay = self.stays.pop(number)
                self._by_message.pop(stay.message, None)
                self._trails.pop(stay.case or "", None)

    def _count(self, what: str) -> None:
        self.counts[what] += 1
        self._recent.setdefault(what, deque(maxlen=10_000)).append(time.monotonic())
