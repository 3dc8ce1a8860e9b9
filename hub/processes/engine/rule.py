"""What a process is made of: rules, guards, effects, and the context that they look at. Pure; imports the language, the
errors and the case.

A rule is one row: *this message, from this party, when these guards hold, leads to these effects, is told to these,
because of these rule ids* (architecture.md §3). Adding to a process means rules, guards and profile answers, never
machinery.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from string import Formatter
from typing import TYPE_CHECKING, Any, Literal

from hub.errors import Refused
from hub.processes.engine.case import Case, Event
from schemas.directory import Directory, Unit
from schemas.envelope import Message
from schemas.messages import Question
from schemas.parts import Part

if TYPE_CHECKING:
    from hub.processes.engine.process import Process

HUB_PARTY = "hub"


@lru_cache(maxsize=8)
def _as_text(now: datetime) -> str:
    """One moment serves a whole batch."""
    return now.isoformat()


def acting_role(role: str | None, unit: Unit) -> str:
    """The role that the sender acts in: one of the unit's active ones; left out, it is the unit's only one (C-3)."""
    if role is None and len(unit.roles) == 1:
        return next(iter(unit.roles))
    if role is None or role not in unit.roles:
        raise Refused(
            "C-3",
            "Ange actorrole: en av enhetens aktiva roller i katalogen.",
            "Give actorrole: one of the unit's active roles in the directory.",
            "/actorrole",
        )
    return role


@dataclass(frozen=True, slots=True)
class HubMessage:
    """A message of the hub's own to which a decision leads."""

    name: str
    data: Part
    case: str
    """The id of the case that it is about: the case decided on, or another one."""


@dataclass(frozen=True, slots=True)
class LinkableCase:
    """Another case that a message may link its own with, as it stood when the message was taken up; it is not locked."""

    id: str
    process: str
    status: str
    units: frozenset[str]
    """HSA-ids of the units that take part in it."""
    numbers: tuple[str, ...]
    """The personnummer that its person has and had."""


@dataclass(slots=True)
class Context:
    """What a guard or an effect sees: the process, the case, the message in hand, who sent it."""

    process: Process
    case: Case
    message: Message
    data: Any
    name: str
    """The message's name; of a part handled inside another message, the part's."""
    party: str
    directory: Directory
    profile: Any
    """The process's answers for the case's region (``Process.profiles``)."""
    now: datetime
    """When the hub received the message; the notices are told then."""
    events: list[Event] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    asks: list[Question] = field(default_factory=list)
    joined: list[str] = field(default_factory=list)
    hub_messages: list[HubMessage] = field(default_factory=list)
    """Messages of the hub's own: in this case right after this message, in another case after the commit."""
    others: Collection[str] = ()
    """Ids of the person's other open cases of the process, where the rule looks at them (``looks_at_others``)."""
    linkable: Sequence[LinkableCase] = ()
    """The cases that the message names, and the person's open ones where its rule links cases (``links_cases``)."""
    counted: bool = False
    """The case has given the message its number."""
    memo: dict[str, Any] = field(default_factory=dict)
    """What the checks of one message have found out together, so that a long message is walked once."""

    @property
    def unit(self) -> str:
        """HSA-id of the acting unit."""
        return self.message.unit

    @property
    def at(self) -> str:
        """``now``, as events hold it."""
        return _as_text(self.now)

    @property
    def role(self) -> str:
        """The role acted in (C-3)."""
        return acting_role(self.message.role, self.directory.unit_by_hsa[self.unit])

    def emit(self, name: str, /, **facts: Any) -> None:
        """An event happened; the case changes at once, so that the next effect sees it."""
        self.events.append((name, facts))
        self.process.events[name](self.case, **facts)


class Fault:
    """A guard's no, where the guard computes the place or the words of its refusal. It counts as False.

    ``element``: JSON pointer into the message, in place of the guard's own. ``words``: what the guard's sentences name in
    braces, such as the codes that exist.
    """

    __slots__ = ("element", "words")

    def __init__(self, element: str | None = None, /, **words: str) -> None:
        self.element = element
        self.words = words

    def __bool__(self) -> Literal[False]:
        return False


def codes(known: Iterable[str]) -> str:
    """The codes that exist, as a refusal lists them."""
    return ", ".join(sorted(known))


Condition = Callable[[Context], "bool | Fault"]


@dataclass(frozen=True, slots=True)
class Guard:
    """A named condition with the rule that it enforces and the sentence that tells the sender what to do."""

    name: str
    rule: str
    holds: Condition
    sv: str
    en: str
    element: str | None
    early: str = ""
    """What the condition misses where that may still be on its way, by another topic, partition or connection (D-4):
    ``consent`` and ``inskrivning`` before anything is published, the free ``message`` that is named at any time."""

    def refusal(self, context: Context, verdict: bool | Fault) -> Refused:
        """What the sender is answered when the condition does not hold; ``verdict`` is what it answered."""
        early = self.early if self.early == "message" or not context.case.published else ""
        sv, en, element = self.sv, self.en, self.element
        if isinstance(verdict, Fault):
            sv, en, element = sv.format(**verdict.words), en.format(**verdict.words), verdict.element or element
        return Refused(self.rule, sv, en, element, warnings=list(context.warnings), early=early)


def guard(rule: str, *, sv: str, en: str, element: str | None = None, early: str = "") -> Callable[[Condition], Guard]:
    """Makes a guard of a function; the function's name is the guard's. Sentences with ``{words}`` need a ``Fault``."""
    words = [{name for _, name, _, _ in Formatter().parse(text) if name is not None} for text in (sv, en)]
    if words[0] != words[1]:
        raise ValueError(f"the sentences of a guard of {rule} name different words: {sorted(words[0] ^ words[1])}")

    def wrap(holds: Condition) -> Guard:
        return Guard(holds.__name__, rule, holds, sv, en, element, early)

    return wrap


Effect = Callable[[Context], None]
Tells = Callable[[Context], list[str]]
Changes = Callable[[Message, Case], Mapping[str, Any]]
"""Fields of the message's data that are shown otherwise than they were sent, with what is shown."""

OPEN = frozenset({"open"})
NOTHING: frozenset[str] = frozenset()


def never(_: Context) -> bool:
    """The predicate that nobody meets."""
    return False


def brings_nothing(_: Any) -> frozenset[str]:
    """The answer of a message that no early message waits for."""
    return NOTHING


def replaces_nothing(_: Case, __: Any, ___: bool) -> int | None:
    """The answer of a message that adds to what stands, or may always be said again."""
    return None


def needs_no_licence(_: Any, __: str | None) -> Mapping[str, str]:
    """The answer of a message for which nobody has to be licensed."""
    return {}


def changes_nothing(_: Message, __: Case) -> Mapping[str, Any]:
    """The answer of a message that is shown as it was sent."""
    return {}


def names_no_case(_: Any) -> Iterable[str]:
    """The answer of a message that names no other case."""
    return ()


def touches_nothing(_: Any) -> Iterable[str]:
    """The answer of a message that reads and changes no element."""
    return ()


def touches_no_more(_: Case, __: Any) -> Iterable[str]:
    """The answer of a message that touches the same elements in every case."""
    return ()


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of a process's table."""

    message: str
    parties: frozenset[str]
    rules: tuple[str, ...]
    effects: tuple[Effect, ...]
    tells: Tells
    guards: tuple[Guard, ...] = ()
    """About the case alone: they also answer «what may this unit do now?»."""
    checks: tuple[Guard, ...] = ()
    """About what the message says."""
    opens: bool = False
    embeds: tuple[str, ...] = ()
    """Messages that this one may carry in a field of the same name, handled before it and together with it."""
    in_status: frozenset[str] = OPEN
    """The statuses of the case in which it is accepted."""
    from_outside: Condition = never
    """Whether a unit that takes no part may send it (C-5)."""

    # --- what the message is, for those who load, order and show messages ---
    looks_at_others: bool = False
    """Its guards look at the person's other open cases of the process: they are read under a lock on the person."""
    links_cases: bool = False
    """It may link its case with another open one of the person's: those of all processes are read for it."""
    names_cases: Callable[[Any], Iterable[str]] = names_no_case
    """Of its data, the ids of other cases with which it links its own: they are read for it."""
    brings_units_in: bool = False
    """Units may come in with it: the messages that stand are loaded for them (C-10)."""
    carries_consent: bool = False
    """It may bring a samtycke, as itself or inside: units may be shown more than before (C-13)."""
    names_a_message: bool = False
    """``data.message`` is the id of an earlier message: the element that the id names is loaded."""
    touches: Callable[[Any], Iterable[str]] = touches_nothing
    """Of its data, the addresses of the elements that it reads or changes: they are loaded for it. An address that ends with ``/``
    or a blank is a beginning, and stands for all that go on from it."""
    touches_also: Callable[[Case, Any], Iterable[str]] = touches_no_more
    """The same, of a case and its data: what else it reads in a region. What the case's events may change before the message is
    handled must not decide it, because several messages are loaded at once.
    """
    is_talk: bool = False
    """It is said beside the steps: a case may have it by the thousand, and neither its documents nor its deadlines need it."""
    is_news_of_the_person: bool = False
    """The population register's news of the person: what is remembered of the person no longer holds (C-62)."""
    brings: Callable[[Any], frozenset[str]] = brings_nothing
    """What early messages wait for and this one's data holds: ``consent``, ``inskrivning``, ``message`` (D-4)."""
    replaces: Callable[[Case, Any, bool], int | None] = replaces_nothing
    """The sequence of the act in the case that this one's data would replace by saying something else, or None (D-4). The bool:
    the data is carried inside another message."""
    licensed: Callable[[Any, str | None], Mapping[str, str]] = needs_no_licence
    """(its data, who acted) → element and HSA-id of each person whom HSA must know as licensed before it is decided (C-22)."""
    writes: tuple[str, ...] = ()
    """The steps whose content it writes: it makes a version of them (C-50)."""

    # --- what of it is shown (disclosure) ---
    shown_narrowly: bool = False
    """It is read also where the consent allows the admission alone (V-3)."""
    named_narrowly: bool = False
    """It is named in the trace, and not read, where the consent allows the admission alone."""
    shows: Changes = changes_nothing
    """How it is read: fields that are added or left out, as the case stands."""
    completes: Changes = changes_nothing
    """How a notice tells it, beside ``shows``: completed with what stands in the case."""
    hides: Mapping[str, Any] = field(default_factory=dict)
    """Fields that point to a person with protected identity → what is shown in their place (C-62)."""

    def addresses(self, case: Case, data: Any) -> Iterable[str]:
        """The addresses, and beginnings of addresses, of the elements that are to be loaded for data of its message."""
        named = getattr(data, "message", None) if self.names_a_message else None
        yield from self.touches(data)
        yield from self.touches_also(case, data)
        if named is not None:
            yield f"meddelande/{named} "
