"""What a case is, whatever its process: plain data that its events have brought about (events.py), and beside it the state of
its process. Imports the standard library and pydantic's JSON only.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import MISSING, dataclass, field, fields
from datetime import datetime
from functools import cache
from operator import attrgetter
from typing import Any

from pydantic_core import from_json

from hub.processes.engine.awaited import Awaited
from hub.processes.engine.element import Element
from schemas.plain_json import plain_json

Event = tuple[str, dict[str, Any]]
"""(name, facts): plain data, kept with the message that caused it."""


@dataclass(slots=True)
class StandingConsent:
    """The consent of one kind, as it stands (C-20 to C-24)."""

    outcome: str | None = None
    """given · refused · menprovning; None before it is registered and after it was withdrawn (C-24)."""
    until: str | None = None
    """The last day on which it holds (C-23)."""
    at: int | None = None
    """The sequence of the ``samtycke`` that stands."""
    record: dict[str, Any] = field(default_factory=dict)
    """The ``samtycke`` that stands, in the words of its message: every admission notice shows it."""
    shared_until: int | None = None
    """The sequence with which the consent to share was lost (refused, withdrawn, expired); None while it stands. Units that
    came in later see what a refused consent lets them see (``disclosure``)."""
    registered_until: int | None = None
    """The sequence with which any consent at all was lost (C-24): units that came in later are told nothing until one is
    registered."""


NO_CONSENT = StandingConsent()
"""Read where no consent of a kind was ever registered; never changed."""


@dataclass(slots=True)
class Case:
    """One run of one process for one person; every field is plain data, so that it is its own JSON."""

    id: str
    process: str = ""
    profile: str = ""
    state: Any = None
    """The typed state of the process (``Process.state``)."""
    status: str = "open"
    """open, or one of the process's closed statuses (``Process.closed``)."""
    sequence: int = 0
    person: dict[str, str] = field(default_factory=dict)
    """personnummer, name, address, phone: what the case shows (C-60)."""
    former_numbers: list[str] = field(default_factory=list)
    """Personnummer that the person had before: they still mean the same person (C-60)."""
    opened_by: str = ""
    information: bool | None = None
    """C-20: whether the person was informed; None before."""
    information_reason: str | None = None
    """Why the person was not."""
    information_at: int | None = None
    """The sequence of the message that brought the ``information`` that stands."""
    consents: dict[str, StandingConsent] = field(default_factory=dict)
    """Kind of consent → how it stands. A process with one kind has it under the empty text."""
    narrow: bool = False
    """This is the case as units see it that are shown what a refused consent lets them see; never so in the store."""
    blocked: bool = False
    """C-62: protected identity was learnt while the case was open; no consent can be registered."""
    deceased: bool = False
    """C-63."""
    published: bool = False
    """Before a case is published only some units are told or see anything (``Process.sees_unpublished``)."""
    published_at: str | None = None
    """When it was published first."""
    addressed: str | None = None
    """The last outcome of law-and-lookups §4, or None while the registers have not answered."""
    registered: str | None = None
    """The municipality of folkbokforing (law 2017:612 5:2)."""
    participants: dict[str, dict[str, Any]] = field(default_factory=dict)
    """unit → {party, roles (C-4), since (sequence), by (id of the message that brought it in, or that asked it for what its
    system knew already), asked (that message's sequence, where it is not ``since``), for_information (where nothing older
    than it is asked of it, C-10)}."""
    gone: dict[str, str] = field(default_factory=dict)
    """unit that left → its party: what it did was done for that party (V-15)."""
    access: dict[str, list[str]] = field(default_factory=dict)
    """unit that takes no part → [ground, time]: it may read, by its choice (C-5) or since it got a message (C-43)."""
    granted: dict[str, list[str]] = field(default_factory=dict)
    """«unit actor role» of a person whose unit takes no part → [ground, time, until]: that person may read, by consent or
    menprovning (C-5)."""
    steps: dict[str, dict[str, Any]] = field(default_factory=dict)
    """step → {sequence, source, message, at} of the message that it stands by, and ``writing`` while the parties write in it
    together; absent = not begun."""
    awaited: dict[str, Awaited] = field(default_factory=dict)
    """key → an act that is awaited, or was, and of whom."""
    elements: dict[str, Element] = field(default_factory=dict)
    """address → a part of the case that was loaded, or is new. Each has a row of its own."""
    unanswered: dict[str, int] = field(default_factory=dict)
    """unit → how many elements await its act (C-40: free messages)."""
    counts: dict[str, int] = field(default_factory=dict)
    """elements, and of them messages and files (C-42)."""
    links: dict[str, dict[str, str]] = field(default_factory=dict)
    """id of a linked case → {process, and each of its news with when it happened} (sip-messages.md §9)."""
    archived: str | None = None
    """When the case leaves the start list, or left it (C-54)."""
    outsiders: int | None = None
    """The sequence of the ``narstaende`` that stands (C-15)."""
    contacts: dict[str, int] = field(default_factory=dict)
    """person → the sequence of the ``kontakt`` that stands (SA-5)."""
    disputed: dict[str, str] = field(default_factory=dict)
    """actor → what HSA said against a person who acted in the case (C-3)."""
    fired: dict[str, str] = field(default_factory=dict)
    """deadline (``name`` or ``name/key``) → the time that it had when it was told (D-9)."""
    due: dict[str, str] = field(default_factory=dict)
    """deadline → when it passes: what the process's clock says now, computed anew after each message."""
    listed: dict[str, list[str]] = field(default_factory=dict)
    """unit → what awaits which of its roles (``att_gora``), as the store's lists stand: bookkeeping."""
    unheard: dict[str, list[int]] = field(default_factory=dict)
    """system → the numbers of messages that stand and that it was not told: it is sent them when they may be told later."""
    kept: dict[str, int] = field(default_factory=dict)
    """unit → the number of the last act that only this unit may know of; under the empty text the last act before the newest
    unbroken run of such acts (PR-1, LC-6). Empty when no act was ever kept."""
    gallrad: str | None = None
    """The day on which its content was removed by the region's rule; then nothing else of it is left but what the store's rows say."""
    told: dict[str, list[int]] = field(default_factory=dict)
    """system → [last sequence it was told, up to which number it knows all, first and last of own later ones…]: the
    delivery's bookkeeping, from which ``skipped`` comes."""

    def dump(self) -> bytes:
        """JSON for the store; the elements have rows of their own, and what is as at the beginning takes no room."""
        kept = {n: v for n, v in zip(KEPT, _all(self), strict=True) if v or (v is False and n in TRISTATE)}
        kept["state"] = _without_defaults(self.state)
        return plain_json(kept)

    @classmethod
    def load(cls, raw: bytes | str, state_of: Callable[[str, dict[str, Any]], Any]) -> Case:
        """The inverse of ``dump``; ``state_of`` makes a process's typed state of its plain JSON."""
        kept: dict[str, Any] = from_json(raw)
        kept["state"] = state_of(kept["process"], kept["state"])
        for name, kind in (("awaited", Awaited), ("consents", StandingConsent)):
            if name in kept:
                kept[name] = {key: kind(**one) for key, one in kept[name].items()}
        return cls(**kept)

    def copy(self) -> Case:
        """One to try things on."""
        return pickle.loads(pickle.dumps(self, -1))  # type: ignore[no-any-return]  # noqa: S301 - bytes of our own, a third of deepcopy's time

    def consent(self, kind: str = "") -> StandingConsent:
        """The consent of a kind as it stands."""
        return self.consents.get(kind, NO_CONSENT)

    @property
    def samtycke(self) -> str | None:
        """The outcome of the consent of a process that has one kind."""
        return self.consent().outcome

    def last_known_to(self, unit: str) -> int:
        """The number of the last act that a unit may know of."""
        if not self.kept or self.sequence > max(self.kept.values()):
            return self.sequence
        return max(self.kept[""], self.kept.get(unit, 0))

    def open_awaits(self, element: Element) -> list[str]:
        """The units whose act an element still awaits: those that took part when it came, and still do."""
        awaited = element.awaited
        if element.removed or awaited is None:
            return []
        return [
            unit
            for unit in awaited.by
            if unit in self.participants and self.participants[unit]["since"] <= awaited.sequence
        ]

    def readable_by(self, unit: str, actor: str | None, role: str, now: datetime) -> str | None:
        """C-5: the ground on which a person whose unit takes no part reads the case, or None."""
        ground, _, until = self.granted.get(reader(unit, actor, role), ("", "", ""))
        if until and now < datetime.fromisoformat(until):
            return ground
        found = self.access.get(unit)
        return found[0] if found is not None and found[0] in FOR_THE_UNIT else None

    def has_left(self, now: datetime) -> bool:
        """Whether the case has left the start list (C-54)."""
        return self.archived is not None and now >= datetime.fromisoformat(self.archived)

    @property
    def numbers(self) -> tuple[str, ...]:
        """The personnummer that the person has and had."""
        now = self.person.get("personnummer")
        return (*self.former_numbers, *([] if now is None else [now]))

    @property
    def in_manual_queue(self) -> bool:
        """Someone has to see to the addressing by hand (law-and-lookups §4)."""
        return self.addressed is not None and self.addressed not in FOUND and self.status == "open"

    @property
    def all_receivers_known(self) -> bool:
        """True when the registers have named both receivers, so that no step waits for one not yet added (V-6)."""
        return self.addressed in FOUND


def _without_defaults(state: Any) -> dict[str, Any]:
    """The fields of a process's state that are not as at the beginning."""
    if state is None:
        return {}
    found = {}
    for name, default in _fields_of(type(state)):  # type: ignore[arg-type] # mypy takes a type for unhashable
        value = getattr(state, name)
        if value if default is MISSING else value != default:
            found[name] = value
    return found


@cache  # asked for each case that is written
def _fields_of(kind: Any) -> tuple[tuple[str, Any], ...]:
    """The fields of a process's state with their defaults."""
    return tuple((one.name, one.default) for one in fields(kind))


def reader(unit: str, actor: str | None, role: str) -> str:
    """The key of one person's access."""
    return f"{unit} {actor or ''} {role}"


FOR_THE_UNIT = frozenset({"aktivt_val", "meddelande"})
"""The grounds that are a whole unit's; consent and menprovning are one person's."""
FOUND = frozenset({"listed", "listed_in_another_region", "by_hand"})
KEPT = tuple(name for name in Case.__dataclass_fields__ if name not in {"elements", "state"})
TRISTATE = frozenset({"information"})
"""Fields in which no is something else than nothing."""
_all = attrgetter(*KEPT)
