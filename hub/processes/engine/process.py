"""What a process owns: its table, its steps, who sees what, its deadlines, and its part of the views. Pure; imports the
rules, the case and the language only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any, Literal

from hub.errors import Refused
from hub.processes.engine.awaited import Awaited
from hub.processes.engine.calendar import CalendarEntry
from hub.processes.engine.case import NO_CONSENT, Case, StandingConsent
from hub.processes.engine.contents import StepContents
from hub.processes.engine.diagram import Picture, Pictures, ProfileQuestion, RuleBook
from hub.processes.engine.documents import PrintedDocument
from hub.processes.engine.element import Element
from hub.processes.engine.month import MonthlyAverage
from hub.processes.engine.plan_views import PlanViews
from hub.processes.engine.proposals import Proposals
from hub.processes.engine.record import Act
from hub.processes.engine.rule import Context, Guard, Rule
from hub.processes.engine.sections import Sections
from schemas.agreement import Agreement
from schemas.directory import Directory, Unit
from schemas.envelope import Message
from schemas.parts import Part

Evolve = Callable[..., None]
History = Iterable[Iterable[Sequence[Any]]]
"""One list of events ``[name, facts]`` per accepted message of a case, in sequence order."""
Addressing = Literal["adds", "suggests", "person"]
"""adds: the units that the registers name come in. suggests: the opener is told of them, and adds them or not. person: name, address,
protected identity and death are taken from the answer, and no unit.
"""


def no_deadlines(_: Case, __: Agreement) -> dict[str, datetime]:
    """The deadlines of a process that has none."""
    return {}


def hears_everything(_: Case, __: str) -> bool:
    """The answer of a process in which every participating unit is told alike."""
    return True


def no_position(_: Case, __: str) -> tuple[object, ...]:
    """The position of a unit in a process that knows of units what the engine knows."""
    return ()


def names_no_more(_: Case, __: str) -> bool:
    """The trace of a narrowly shown case names what the rules' flags say."""
    return False


def all_of_it_is_shown(_: Case, __: str, ___: Iterable[Sequence[Any]]) -> bool:
    """The answer of a process that shows or hides the acts of a narrowly shown case by their names alone."""
    return True


def written_by_nobody(_: Case, __: str) -> set[str]:
    """The writers of a process without documents."""
    return set()


def no_average(_: Iterable[History], __: int, ___: int, ____: Agreement) -> MonthlyAverage | None:
    """The monthly average of a process that has none."""
    return None


def counted_in_no_month(_: Case) -> str | None:
    """The month of a case of a process that has no figures."""
    return None


def the_only_kind(_: Any) -> str:
    """The kind of consent of a process that has one kind."""
    return ""


def concerns_nobody(_: Case, __: str) -> list[str]:
    """Whom a deadline concerns in a process that has none."""
    return []


def shows_every_element(_: Case, __: str, ___: Element) -> bool:
    """The answer of a process in which every unit that reads a case reads all its parts."""
    return True


def nobody_owes(_: Case, __: str) -> Sequence[str]:
    """Who owes what a deadline is about, in a process where awaited acts alone are owed."""
    return ()


def keeps_nothing_apart(case: Case, _: str) -> Case:
    """The answer of a process in which nothing is one unit's alone."""
    return case


def nobody_outside_reads(_: Case, __: Unit, ___: Directory) -> bool:
    """The answer of a process that only units that take part, or have a ground of their own, may read."""
    return False


def has_no_clock(_: Sequence[Act], __: Agreement, ___: date) -> Mapping[str, Any] | None:
    """The answer of a process in which no law counts days."""
    return None


def nothing_more(_: Context, __: str) -> None:
    """What a process does when a deadline passes that it only tells."""


def has_no_calendar(_: Case, __: str) -> Iterable[CalendarEntry]:
    """The meetings of a process that has none."""
    return ()


def says_no_more(_: Case, __: Message, ___: str, ____: Directory) -> Mapping[str, tuple[str, ...]]:
    """The answer of a process whose notices say the message alone."""
    return {}


def draws_nothing(_: Mapping[str, str]) -> tuple[Picture, ...]:
    """The diagrams of a process that has none."""
    return ()


@dataclass(frozen=True, slots=True)
class Newcomer:
    """What a step asks of units that come in (C-13)."""

    parties: frozenset[str]
    """The parties that answer it."""
    always: bool = False
    """Also when nobody else is awaited any more."""
    anew: bool = False
    """Also of a unit that had answered before it left and comes in again."""


@dataclass(frozen=True)
class Process:
    """A process: its steps in the order shown, its table, and everything that only it knows."""

    name: str
    title: str
    """What people call it, in both languages."""
    steps: tuple[str, ...]
    """Its steps in the order shown, in every region that has no other (``steps_by_profile``)."""
    rules: tuple[Rule, ...]
    opening_rule: str
    """The rule that says which messages open a case, and whose."""
    profiles: Mapping[str, Any]
    """Region's profile → the process's frozen row of answers for it."""
    state: Callable[..., Any]
    """The dataclass of its own state of a case; every field has a default."""
    events: Mapping[str, Evolve]
    """Event → what it does to the case: the engine's and the process's own, joined (never fails)."""
    closed: Mapping[str, Callable[[Case], Refused]]
    """Status of a case → how a message is refused whose rule does not admit it; each such status has its refusal."""
    addressing: Callable[[Any], Addressing]
    """What the registers' answer does, by the region's answers."""
    lasting: frozenset[str]
    """The statuses in which there is a case: units outside may know of it, and the registers' news reach it."""
    sees_unpublished: Callable[[Case, str], bool]
    """Whether a unit is told of the case, and may act in it, before it is published."""
    visible: Callable[[Case, str], Case]
    """The case as a participating unit may see it: the case itself where nothing of it is hidden."""
    still_awaits: Callable[[Case, Awaited], bool]
    """Whether an act is still awaited of anybody: a unit named, or something else that only the process knows."""
    standing: Callable[[Case], Iterable[int]]
    """The sequences of the messages that stand in its own state: what units that come in need to catch up (C-10)."""
    outline: Callable[[Case], tuple[object, ...]]
    """Everything of its own state that the guards of its rules and the colours look at, but for what is one unit's."""
    newcomer: Callable[[Context, str], Newcomer]
    """What a step asks of units that come in."""
    narrowed: Callable[[Case], Case]
    """The case as units see it where the consent allows the admission alone (V-3)."""
    position: Callable[[Case, str], tuple[object, ...]] = no_position
    """What of its own state the guards and the colours look at and is one unit's: what the unit is in the case."""
    hears: Callable[[Case, str], bool] = hears_everything
    """Whether a participating unit is told what the others are told."""
    also_named: Callable[[Case, str], bool] = names_no_more
    """Whether the trace of a narrowly shown case names a message that its rule does not let it name."""
    shows_act: Callable[[Case, str, Iterable[Sequence[Any]]], bool] = all_of_it_is_shown
    """Whether a narrowly shown case shows an act with these events, of the acts that its rules' flags let it show (PR-2)."""
    reads_unpublished: Callable[[Case, str], bool] | None = None
    """Whether a participating unit reads the case before it is published, told of it or not (SA-2); None: those who are told."""
    writers: Callable[[Case, str], set[str]] = written_by_nobody
    """The units that have written in a step in which the parties write together."""
    consent_kind: Callable[[Any], str] = the_only_kind
    """Of the data of a samtycke or an aterkallelse, the kind of consent that it is about."""
    sharing_kind: Callable[[Any], str] = the_only_kind
    """By the region's answers, the kind of consent that lets units share what they know of the person."""
    steps_by_profile: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Region's profile → its steps, where they are others."""
    one_open_per_person: Guard | None = None
    """The guard that refuses a second open case of a person, in whichever region; the store holds it to that. None: a person may
    have several."""
    catch_up: Callable[[Case, Sequence[str]], tuple[str, Part]] | None = None
    """The message of the hub that tells units that came in how things stand; None: they get the messages that stand."""
    named: Mapping[str, Callable[[Case], Iterable[str]]] = field(default_factory=dict)
    """As what persons are named in a case by which it is found (C-31): ``fast_vardkontakt`` … → their HSA-ids."""
    counted_in: Callable[[Case], str | None] = counted_in_no_month
    """The month (YYYY-MM) in whose figures the case stands, or None."""
    monthly_average: Callable[[Iterable[History], int, int, Agreement], MonthlyAverage | None] = no_average
    """(histories of the month's cases, year, month, agreement) → what the month comes to; None of a process without such figures."""
    law_clock: Callable[[Sequence[Act], Agreement, date], Mapping[str, Any] | None] = has_no_clock
    """(history, agreement, the day of today) → what the law's clock says of the case; None where it has none."""
    deadlines: Callable[[Case, Agreement], dict[str, datetime]] = no_deadlines
    """Deadline → when it passes, in UTC (D-9)."""
    concerned: Callable[[Case, str], list[str]] = concerns_nobody
    """The participating units that are told when a deadline passes."""
    owing: Callable[[Case, str], Sequence[str]] = nobody_owes
    """The units that owe what a deadline is about, where it is no awaited act."""
    passed: Callable[[Context, str], None] = nothing_more
    """An effect of the deadline with a key, beside that it is told: what an expired consent ends (P-15)."""

    shows_element: Callable[[Case, str, Element], bool] = shows_every_element
    """Whether a unit that reads the case may see a part of it: whatever lists parts asks ``disclosure.shown_elements`` (LC-6)."""

    calendar: Callable[[Case, str], Iterable[CalendarEntry]] = has_no_calendar
    """The meetings and days of the case, as a unit may see it, that stand in the unit's calendar: past and recalled ones too."""

    extras: Callable[[Case, Message, str, Directory], Mapping[str, tuple[str, ...]]] = says_no_more
    """What the notice of a message says to a unit beside it, by the notice's extension: ``prints`` (what it owes on paper) and
    ``remind`` (codes of which it is reminded, P-19)."""

    without_kept: Callable[[Case, str], Case] = keeps_nothing_apart
    """The case without what of its state is another unit's alone, for a unit that takes no part and reads it (PR-1)."""
    reads_from_outside: Callable[[Case, Unit, Directory], bool] = nobody_outside_reads
    """Whether a unit that takes no part reads the case without any more ground (C-6)."""

    sections: Sections = field(default_factory=Sections)
    """What the views show beside the core (C-30, C-31)."""
    contents: StepContents = field(default_factory=StepContents)
    """How its steps are read, version by version (C-50, C-51)."""
    plan: PlanViews = field(default_factory=PlanViews)
    """How its plan is read, where it has one."""
    proposals: Proposals = field(default_factory=Proposals)
    """What it proposes for a message before it is written (P-4)."""
    shown_to_person: Callable[[Case, Sequence[Act], Directory], dict[str, Any] | None] | None = None
    """What of a case the person may be shown at 1177, of acts that are kept to no unit (P-17); None: nothing, in any region."""
    documents: Mapping[str, PrintedDocument] = field(default_factory=dict)
    """What can be printed, by the name in the address (C-55)."""
    pictures: Pictures = draws_nothing
    """What contracts/<name>.md draws."""
    rule_book: RuleBook = field(default_factory=RuleBook)
    """What contracts/rules.md says beyond the rows and guards."""
    differences: tuple[ProfileQuestion, ...] = ()
    """What contracts/profiles.md says of how its regions differ."""

    def __post_init__(self) -> None:
        statuses = {"open", *self.lasting, *self.closed}
        unsaid = {status for rule in self.rules for status in statuses - rule.in_status} - self.closed.keys()
        if unsaid:
            raise ValueError(f"{self.name} has rules that do not admit {sorted(unsaid)}, and no refusal in ``closed``")
        named = [rule.message for rule in self.rules]
        if twice := {name for name in named if named.count(name) > 1}:
            raise ValueError(f"{self.name} has more than one rule for {sorted(twice)}")
        if unknown := self.steps_by_profile.keys() - self.profiles.keys():
            raise ValueError(f"{self.name} has steps for the profiles {sorted(unknown)}, which it does not answer for")
        steps = {*self.steps, *(step for steps in self.steps_by_profile.values() for step in steps)}
        if strange := {step for rule in self.rules for step in rule.writes} - steps:
            raise ValueError(f"{self.name} has rules that write {sorted(strange)}, which are no steps of it")

    @cached_property
    def _by_name(self) -> Mapping[str, Rule]:
        return {rule.message: rule for rule in self.rules}

    @cached_property
    def sharing_kinds(self) -> Mapping[str, str]:
        """Region's profile → the kind of consent that lets units share."""
        return {profile: self.sharing_kind(answers) for profile, answers in self.profiles.items()}

    def rule(self, message: str) -> Rule | None:
        """The rule of a message by name, or None when the process has none."""
        return self._by_name.get(message)

    def parts(self, message: Message) -> Sequence[tuple[Rule, Any, bool]]:
        """The rule and data of each message that this one carries inside, then its own; whether the data is carried inside."""
        rule = self.rule(message.name)
        if rule is None:
            return ()
        own = (rule, message.data, False)
        if not rule.embeds:
            return (own,)
        found = []
        for name, inner in self._embedded[message.name]:
            if (data := getattr(message.data, name)) is not None:
                found += [(inner, one, True) for one in (data if isinstance(data, tuple) else (data,))]
        return [*found, own]

    @cached_property
    def _embedded(self) -> Mapping[str, Sequence[tuple[str, Rule]]]:
        """Message → the messages that it may carry inside, with their rules."""
        known = self._by_name
        return {rule.message: [(name, known[name]) for name in rule.embeds if name in known] for rule in self.rules}

    @cached_property
    def openings(self) -> tuple[str, ...]:
        """The messages that open a case."""
        return tuple(rule.message for rule in self.rules if rule.opens)

    @cached_property
    def step_messages(self) -> Mapping[str, frozenset[str]]:
        """Step → the messages that write its content."""
        found: dict[str, set[str]] = {}
        for rule in self.rules:
            for step in rule.writes:
                found.setdefault(step, set()).add(rule.message)
        return {step: frozenset(found[step]) for step in self.steps if step in found}

    def may_read_unpublished(self, case: Case, unit: str) -> bool:
        """Whether a participating unit reads the case before it is published."""
        return (self.reads_unpublished or self.sees_unpublished)(case, unit)

    def named_in(self, case: Case) -> list[str]:
        """The persons by whom a case is found, each as «as what/HSA-id»."""
        return [f"{what}/{person}" for what, persons in self.named.items() for person in dict.fromkeys(persons(case))]

    def has_document(self, case: Case, name: str) -> bool:
        """Whether the case's region prints a document of the process."""
        known: frozenset[str] | None = getattr(self.profiles[case.profile], "documents", None)
        return name in self.documents and (known is None or name in known)

    def steps_of(self, case: Case) -> tuple[str, ...]:
        """The steps of a case in the order shown, as its region has them."""
        return self.steps_by_profile.get(case.profile, self.steps)


PROCESSES: dict[str, Process] = {}
"""Name → process. ``hub.processes.registry`` fills it; the cases' own process is looked up here."""


def all_steps() -> tuple[str, ...]:
    """The steps of every process in every region."""
    rows = [row for process in PROCESSES.values() for row in (process.steps, *process.steps_by_profile.values())]
    return tuple(dict.fromkeys(step for row in rows for step in row))


def process_of_case(case: Case) -> Process:
    """The process that a case runs."""
    return PROCESSES[case.process]


def load_case(raw: bytes | str) -> Case:
    """A case from the JSON that the store keeps (``Case.dump``)."""
    return Case.load(raw, lambda process, state: PROCESSES[process].state(**state))


def sharing_kind(case: Case) -> str:
    """The kind of consent that lets units share, in the case's region."""
    return PROCESSES[case.process].sharing_kinds.get(case.profile, "")


def sharing_consent(case: Case) -> StandingConsent:
    """The consent that lets units share what they know of the person, as it stands."""
    return case.consents.get(sharing_kind(case), NO_CONSENT)


def standing(case: Case) -> list[int]:
    """The sequences of the messages that stand now: what units that come in need to catch up (C-10)."""
    found = {step["sequence"] for step in case.steps.values()}
    found.update(case.contacts.values())
    found.update(consent.at for consent in case.consents.values() if consent.at is not None)
    if case.outsiders is not None:
        found.add(case.outsiders)
    found.update(process_of_case(case).standing(case))
    return sorted(found)


def listed(names: Iterable[str], last: str) -> str:
    """Names in a sentence: ``a, b eller c``."""
    *before, end = names
    return f"{', '.join(before)} {last} {end}" if before else end
