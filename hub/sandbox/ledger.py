"""The demo's ledger: what happened in every stay and every SIP, from the parties' events and the store. Imports the wire, the plans and
the store's live view; never loaded in production.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable

from hub.processes.registry import ANSWERS
from hub.sandbox.broken import Broken
from hub.sandbox.mine import Mine
from hub.sandbox.played import EXPECTED, Played, Trail
from hub.sandbox.sip_table import SipPlan
from hub.sandbox.sips import Sip
from hub.sandbox.stay_plan import StayPlan
from hub.sandbox.stays import Stay
from hub.sandbox.wire import ReceivedNotice, SenderAnswer
from hub.store.live_view import CaseView
from schemas.directory import Directory
from schemas.envelope import Message

_RATE_S = 10.0


class Ledger:
    """All stays and SIPs. The parties write it, the view and the summary read it."""

    def __init__(
        self,
        mine: Mine | None = None,
        tell: Callable[[Message, SenderAnswer, str | None], None] | None = None,
        broken: Broken | None = None,
    ) -> None:
        """``mine``: the systems that a person plays; ``tell``: told of every act, its answer, and the demo's name for the case;
        ``broken``: the systems that are broken on purpose.
        """
        self.mine = mine or Mine()
        self.broken = broken or Broken()
        self._tell = tell
        self.played: dict[str, Played] = {}
        """Reference → the stay or SIP."""
        self.counts: Counter[str] = Counter()
        """admitted, SIPs, messages, notices, kvittens, held, replaced, and those of ``AT_FAULT``."""
        self.fates: Counter[str] = Counter()
        self.acts: Counter[str] = Counter()
        """Accepted messages by name."""
        self.refusals: Counter[tuple[str, str]] = Counter()
        """(message, rule)."""
        self.happened: Counter[str] = Counter()
        """What happened in the settled stays and SIPs → how often."""
        self.faults: list[str] = []
        self.seconds: deque[float] = deque(maxlen=2000)
        self.paused: set[str] = set()
        """The systems that a person has paused (`hub pause`)."""
        self.was_paused: set[str] = set()
        """Those that were paused at any time; what came late there is no fault of the demo."""
        self._by_message: dict[str, Played] = {}
        self._trails: dict[str, Trail] = {}
        self._unsettled: dict[str, Played] = {}
        self._recent: dict[str, deque[float]] = {}

    # --- events of the parties -----------------------------------------------------------------------------------

    def admitted(self, plan: StayPlan, ward: str, system: str, message: str) -> Stay:
        """A ward's system is about to send an admission."""
        stay = Stay(plan.number, ward, system, message, time.monotonic(), plan=plan)
        self._begun(stay)
        self._count("admitted")
        return stay

    def opened(self, plan: SipPlan, unit: str, system: str, message: str, partner: str | None, *, linked: bool) -> Sip:
        """A unit's system is about to send an initiativ."""
        sip = Sip(plan.number, unit, system, message, time.monotonic(), plan=plan, partner=partner, linked=linked)
        self._begun(sip)
        self._count("SIPs")
        return sip

    def _begun(self, played: Played) -> None:
        self.played[played.reference] = self._unsettled[played.reference] = self._by_message[played.message] = played

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
        if self._tell is not None:
            self._tell(message, answer, self._reference(answer.case or message.subject, stay))
        if answer.code != "ok":
            self._refused(message, answer)
        else:
            self.acts[message.name] += 1
            trail = self.trail(answer.case)
            trail.acts[message.name] += 1
            trail.latest_act = message.name
            trail.numbers.setdefault(system, set()).add(answer.sequence or 0)
        if message.name == "kvittens":
            self._count("kvittens")
            asked = getattr(message.data, "message", "")
            self.trail(message.subject).pending.pop((message.unit, asked), None)
        elif message.name in ANSWERS:
            self._no_longer_asked(self.trail(message.subject), message.unit, {ANSWERS[message.name]})

    def _no_longer_asked(self, trail: Trail, unit: str, acts: Collection[str], but: str | None = None) -> None:
        """Nothing of the acts is awaited of the unit any more, except by the message ``but``."""
        for key, act in list(trail.pending.items()):
            if key[0] == unit and act in acts and key[1] != but:
                del trail.pending[key]

    def _refused(self, message: Message, answer: SenderAnswer) -> None:
        rule = answer.rule or "?"
        self.refusals[message.name, rule] += 1
        if self._was_held_up(message.subject):
            self._count("refused-held-up")
        if (message.name, rule) in EXPECTED or ("*", rule) in EXPECTED:
            return
        if self.with_me(message.subject):  # what a person does there, the demo cannot know beforehand
            self._count("refused-with-me")
        elif not self._was_held_up(message.subject):  # where it was, what was told late is answered late
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
                self._no_longer_asked(trail, unit, {"justering"})
            if "red" not in steps.values():
                self._no_longer_asked(trail, unit, {"svar", "godkannande"}, but=notice.message)
        trail.told.add(notice.name)
        if notice.name == "frist" and notice.facts.get("name"):
            trail.frister.add(notice.facts["name"])
        if notice.name == "folkbokforing":
            trail.news = notice.facts.get("news")
        return True

    def showed(self, case: str, what: str) -> None:
        """Something of the plan of a SIP has happened."""
        self.trail(case).shown.add(what)

    def waits(self, case: str, unit: str, act: str) -> None:
        """A unit waits for others before it sends its next message of a SIP."""
        self.trail(case).waits[unit] = act

    def in_hand(self, case: str, change: int) -> None:
        """A party begins (``change`` 1) or ends (-1) work in a case."""
        self.trail(case).hands += change

    def faulty(self, what: str, fault: str | None = None) -> None:
        """A receiver got something unreadable, or with a wrong signature."""
        self._count(what)
        self.faults.append(fault or what)

    def crossed_by_nothing(self, system: str, unit: str, case: str) -> None:
        """A unit's kvittens was refused, and the newer message that must have replaced what it acknowledges has not come."""
        if system in self.was_paused:
            self._count("late-by-a-pause")
        elif not self._was_held_up(case):
            self.failed(f"a kvittens of {unit} in {case} was refused, and nothing newer has come")

    def failed(self, what: str) -> None:
        """A party of the demo failed, which is a defect of the demo."""
        self._count("failed")
        self.faults.append(what)

    # --- rows of the store -------------------------------------------------------------------------------------

    def worth_a_look(self) -> list[str]:
        """The ids of the cases to read from the store: not yet addressed, or about to be settled."""
        return [
            one.case
            for one in self._unsettled.values()
            if one.case and (one.over or not one.is_begun or self.mine or self.broken)
        ]

    def pauses(self, systems: set[str]) -> None:
        """Take in which systems are paused now."""
        self.paused = systems
        self.was_paused |= systems

    def looked_at(self, views: Iterable[CaseView]) -> tuple[list[Played], list[Played]]:
        """Take in the store's rows; return (those that are addressed now, those that are settled now)."""
        by_case = {view.case: view for view in views}
        addressed, settled = [], []
        for one in list(self._unsettled.values()):
            was_begun = one.is_begun
            one.view = by_case.get(one.case or "", one.view)
            if isinstance(one, Stay):
                one.manual = one.manual or (one.view is not None and one.view.manual is not None)
            if one.is_begun and not was_begun:
                addressed.append(one)
            one.fate = one.found_fate(self.trail(one.case), self.mine)
            if one.fate is not None:
                self._settle(one)
                settled.append(one)
        return addressed, settled

    def _settle(self, one: Played) -> None:
        one.seconds = time.monotonic() - one.at
        del self._unsettled[one.reference]
        self.fates[one.fate or ""] += 1
        if one.fate in {"discharged", "consent refused"}:
            self.seconds.append(one.seconds)
        trail = self.trail(one.case)
        for system, numbers in trail.numbers.items():
            # The next notice names skipped numbers, so after the last notice of a system nothing counts as missing.
            if missing := set(range(min(numbers), trail.last.get(system, 0))) - numbers:
                self._count("gaps")
                self.faults.append(
                    f"{system} was not told of {sorted(missing)} of {one.case}, nor that they are skipped"
                )
        self.happened.update(one.happened(trail))

    # --- what a person plays ----------------------------------------------------------------------------------------

    def with_me(self, case: str) -> bool:
        """Whether a system that a person plays takes part in a case, or has opened it."""
        if not self.mine:
            return False
        one = next((one for one in self._unsettled.values() if one.case == case), None)
        return one is None or self.waits_for_me(one)

    def waits_for_me(self, one: Played) -> bool:
        """Whether a system that a person plays has been told of a stay or a SIP, which ends only when that has answered."""
        return one.view is not None and any(system in self.mine for system, _, _ in one.view.notices)

    def only_i_am_awaited(self, directory: Directory) -> bool:
        """Whether all that is left waits for what a person plays, and for no unit of the demo."""
        mine, left = self.mine.units(directory), self._unsettled.values()
        return bool(left) and all(
            self.waits_for_me(one) and one.view and mine.issuperset(one.view.awaits) for one in left
        )

    # --- what is broken on purpose ------------------------------------------------------------------------------------

    def _was_held_up(self, case: str) -> bool:
        """Whether a system that was broken in this run takes part in a case, or has opened it."""
        if not self.broken.ever:
            return False
        one = next((one for one in self._unsettled.values() if one.case == case), None)
        return one is None or one.view is None or any(system in self.broken.ever for system, _, _ in one.view.notices)

    def waits_for_broken(self, one: Played) -> bool:
        """Whether a stay or a SIP waits for a system that was broken in this run: a notice to it is not sent, or an act of its units is
        awaited, or it is to send what it is silent about. Nothing that was sent is missing there.
        """
        if one.system in self.broken.now and self.broken.hows[one.system] == "silent":
            return True
        if one.view is None:
            return False
        trail = self.trail(one.case)
        if any(
            state == "sent" and (system, number) not in trail.notices and system not in self.mine
            for system, number, state in one.view.notices
        ):
            return False
        return any(system in self.broken.ever and state != "sent" for system, _, state in one.view.notices) or any(
            unit in self.broken.units for unit in one.view.awaits
        )

    def only_broken_are_awaited(self) -> bool:
        """Whether all that is left waits for what is broken now."""
        left = self._unsettled.values()
        return bool(self.broken.now) and bool(left) and all(self.waits_for_broken(one) for one in left)

    def held_up(self) -> int:
        """How many wait for what was broken in this run."""
        if not self.broken.ever:
            return 0
        return sum(self.waits_for_broken(one) for one in self._unsettled.values())

    def _reference(self, case: str, one: Played | None) -> str | None:
        found = one or next((one for one in self._unsettled.values() if one.case == case), None)
        return None if found is None else found.reference

    # --- queries -------------------------------------------------------------------------------------

    @property
    def under_way(self) -> int:
        """The number of stays and SIPs that are not settled."""
        return len(self._unsettled)

    def stay(self, case: str) -> Stay | None:
        """The stay of a case."""
        return next((s for s in self._unsettled.values() if isinstance(s, Stay) and s.case == case), None)

    def unsettled(self) -> list[Played]:
        """Those that are not settled, oldest first."""
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
        """Forget the oldest settled ones, all but ``keep``: a demo may run for days."""
        for reference in list(self.played)[: max(0, len(self.played) - keep)]:
            if reference not in self._unsettled:
                one = self.played.pop(reference)
                self._by_message.pop(one.message, None)
                self._trails.pop(one.case or "", None)

    def _count(self, what: str) -> None:
        self.counts[what] += 1
        self._recent.setdefault(what, deque(maxlen=10_000)).append(time.monotonic())
