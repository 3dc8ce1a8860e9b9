"""What a case is: plain data that its events have brought about (events.py). Imports nothing but the standard library and
pydantic's JSON.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Any

from pydantic_core import from_json, to_json

Event = tuple[str, dict[str, Any]]
"""(name, facts): plain data, kept with the message that caused it."""


@dataclass(slots=True)
class Case:
    """One run of one process for one person; every field is plain data, so that it is its own JSON."""

    id: str
    process: str = ""
    profile: str = ""
    status: str = "open"
    """open · discharged (V-16) · revoked (V-5) · refused (the register said protected or deceased, C-62, C-63)."""
    sequence: int = 0
    person: dict[str, str] = field(default_factory=dict)
    """personnummer, name, address, phone: what the case shows (C-60)."""
    former_numbers: list[str] = field(default_factory=list)
    """Personnummer that the person had before: they still mean the same person (C-60)."""
    opened_by: str = ""
    information: bool | None = None
    samtycke: str | None = None
    """given · refused · menprovning; None before it is registered and after it was withdrawn (C-24)."""
    consent_until: str | None = None
    """The last day on which the consent holds (C-23)."""
    consent_at: int | None = None
    """The sequence of the ``samtycke`` that stands."""
    information_at: int | None = None
    """The sequence of the message that brought the ``information`` that stands."""
    records: dict[str, dict[str, Any]] = field(default_factory=dict)
    """``information`` and ``samtycke`` as they stand, in the words of their messages: every admission notice shows them."""
    shared_until: int | None = None
    """The sequence with which the consent to share was lost (refused, withdrawn, expired); None while it stands. Who came
    in later sees what V-3 lets alone (``disclosure``)."""
    registered_until: int | None = None
    """The same of any consent at all (C-24): who came in later is told nothing until one is registered."""
    narrow: bool = False
    """This is the case as one sees it who is shown what V-3 lets alone; never so in the store."""
    blocked: bool = False
    """C-62: protected identity was learnt while the case was open; no consent can be registered."""
    deceased: bool = False
    """C-63."""
    published: bool = False
    """V-2: before an inskrivning is published nobody outside slutenvard is told or sees anything."""
    addressed: str | None = None
    """The last outcome of law-and-lookups §4, or None while the registers have not answered."""
    participants: dict[str, dict[str, Any]] = field(default_factory=dict)
    """unit → {party, roles (C-4), since (sequence), by (id of the message that brought it in, or that asked it for what its
    system knew already), asked (that message's sequence, where it is not ``since``), for_information (where nothing older
    than it is asked of it, C-10)}."""
    gone: dict[str, str] = field(default_factory=dict)
    """unit that left → its party: what it adjusted was adjusted by that party (V-15)."""
    access: dict[str, list[str]] = field(default_factory=dict)
    """unit that takes no part → [ground, time]: it may read, by its choice (C-5) or since it got a message (C-43)."""
    granted: dict[str, list[str]] = field(default_factory=dict)
    """«unit actor role» of one who takes no part → [ground, time, until]: that person may read, by consent or menprovning
    (C-5)."""
    steps: dict[str, dict[str, Any]] = field(default_factory=dict)
    """step → {sequence, source, message, at, act, awaits [units], done {unit: [actor, role, time]}}; absent = not begun."""
    threads: dict[str, dict[str, Any]] = field(default_factory=dict)
    """«id source» of a ``meddelande`` → {sequence, unit, to, awaits, done, revoked}. Kept beside the case's row, one row
    each, and loaded when a message names them, so that a case's cost does not grow with its messages."""
    unanswered: dict[str, int] = field(default_factory=dict)
    """unit → how many free messages await its kvittens (C-40)."""
    counts: dict[str, int] = field(default_factory=dict)
    """messages, files (C-42)."""
    dates: dict[str, Any] = field(default_factory=dict)
    """admitted, published (times), estimated and stated (the day that stands, and the one that the inskrivning said),
    klar {date, physician, at, source, message}, discharged {date, kind, to, at}, archived (the time when it leaves the
    start list, C-54)."""
    placement: dict[str, str] = field(default_factory=dict)
    """Law 5:2: municipality, stated_by."""
    registered: str | None = None
    """The municipality of folkbokforing (5:2)."""
    vardkontakter: list[dict[str, Any]] = field(default_factory=list)
    """V-7: {person, unit, kallelseansvarig, responsibility, sequence}."""
    fields: dict[str, dict[str, list[Any]]] = field(default_factory=dict)
    """document (kartlaggning, stallningstagande.slutenvard …) → field → [version, sequence, unit, complete, and of the
    stallningstagande a fingerprint of the words]; the words themselves stand in the message with that sequence (C-50,
    C-51)."""
    sip_position: str | None = None
    klarmarkerad: bool = False
    sip_approved: bool | None = None
    """V-13: what outpatient care answered last; None before."""
    outsiders: int | None = None
    """The sequence of the ``narstaende`` that stands (C-15)."""
    contacts: dict[str, int] = field(default_factory=dict)
    """person → the sequence of the ``kontakt`` that stands (SA-5)."""
    disputed: dict[str, str] = field(default_factory=dict)
    """actor → what HSA said against a person who acted in the case (C-3)."""
    fired: dict[str, str] = field(default_factory=dict)
    """deadline (``name`` or ``name/step``) → the time that it had when it was told (D-9)."""
    due: dict[str, str] = field(default_factory=dict)
    """deadline → when it passes: what the law's clock says now, computed anew after each message."""
    listed: dict[str, list[str]] = field(default_factory=dict)
    """unit → what awaits which of its roles (``att_gora``), as the store's lists stand: bookkeeping."""
    unheard: dict[str, list[int]] = field(default_factory=dict)
    """system → the numbers of messages that stood when it was passed over: what it is sent if they may be told later."""
    told: dict[str, list[int]] = field(default_factory=dict)
    """system → [last sequence it was told, up to which number it knows all, first and last of own later ones…]: the
    delivery's bookkeeping, from which ``skipped`` comes."""

    def dump(self) -> bytes:
        """JSON for the store; the threads have rows of their own, and what is as at the beginning takes no room."""
        return to_json({n: v for n, v in zip(KEPT, _all(self), strict=True) if v or (v is False and n in TRISTATE)})

    @classmethod
    def load(cls, raw: bytes) -> Case:
        """The inverse of ``dump``."""
        return cls(**from_json(raw))

    def copy(self) -> Case:
        """One to try things on."""
        return deepcopy(self)

    def outline(self) -> tuple[object, ...]:
        """Everything that a row's guards and the colours look at, but for what is one unit's."""
        parties = self.participants
        return (
            self.profile,
            self.status,
            self.information,
            self.samtycke,
            self.blocked,
            self.published,
            self.all_receivers_known,
            self.klarmarkerad,
            self.sip_approved,
            "klar" in self.dates,
            *[
                (name, s["act"], *(sorted({parties[u]["party"] for u in s["awaits"]}) if s["awaits"] else ()))
                for name, s in self.steps.items()
            ],
            *[(name, *[field for field in written if written[field][3]]) for name, written in self.fields.items()],
            *(self.steps["stallningstagande"]["done"] if "stallningstagande" in self.steps else ()),
        )

    def shape(self, unit: str, outline: tuple[object, ...] | None = None) -> tuple[object, ...]:
        """Two cases of one shape look alike to a unit; ``outline`` where it is at hand already."""
        participant = self.participants.get(unit)
        return (
            outline or self.outline(),
            unit in self.unanswered,
            unit in self.access,
            None if participant is None else (participant["party"], *participant["roles"]),
            *[unit in step["awaits"] for step in self.steps.values()],
        )

    def open_awaits(self, thread: dict[str, Any]) -> list[str]:
        """The units whose kvittens a free message still awaits: those that were there when it came, and still are."""
        if thread["revoked"]:
            return []
        return [
            unit
            for unit in thread["awaits"]
            if unit in self.participants and self.participants[unit]["since"] <= thread["sequence"]
        ]

    def readable_by(self, unit: str, actor: str | None, role: str, now: datetime) -> str | None:
        """C-5: the ground on which one whose unit takes no part reads the case, or None."""
        ground, _, until = self.granted.get(reader(unit, actor, role), ("", "", ""))
        if until and now < datetime.fromisoformat(until):
            return ground
        found = self.access.get(unit)
        return found[0] if found is not None and found[0] in FOR_THE_UNIT else None

    @property
    def standing(self) -> list[int]:
        """The sequences of the messages that stand now: what one who comes in needs to catch up (C-10)."""
        found = {step["sequence"] for step in self.steps.values()}
        if self.fields:
            found.update(written[1] for document in self.fields.values() for written in document.values())
        if self.vardkontakter or self.contacts:
            found.update(contact["sequence"] for contact in self.vardkontakter)
            found.update(self.contacts.values())
        found.update(number for number in (self.consent_at, self.outsiders) if number is not None)
        return sorted(found)

    def has_left(self, now: datetime) -> bool:
        """Whether the discharged case has left the start list (C-54)."""
        left = self.dates.get("archived")
        return left is not None and now >= datetime.fromisoformat(left)

    @property
    def caller(self) -> str | None:
        """The fast vardkontakt who calls to the SIP (V-7); a unit that left has none."""
        return next((v["person"] for v in self.vardkontakter if v["kallelseansvarig"]), None)

    @property
    def in_manual_queue(self) -> bool:
        """Someone has to see to the addressing by hand (law-and-lookups §4)."""
        return self.addressed is not None and self.addressed not in FOUND and self.status == "open"

    @property
    def all_receivers_known(self) -> bool:
        """True when the registers have named both receivers, so that no step waits for one not yet added (V-6)."""
        return self.addressed in FOUND


def reader(unit: str, actor: str | None, role: str) -> str:
    """The key of one person's access."""
    return f"{unit} {actor or ''} {role}"


FOR_THE_UNIT = frozenset({"aktivt_val", "meddelande"})
"""The grounds that are a whole unit's; consent and menprovning are one person's."""
FOUND = frozenset({"listed", "listed_in_another_region", "by_hand"})
KEPT = tuple(name for name in Case.__dataclass_fields__ if name != "threads")
TRISTATE = frozenset({"information", "sip_approved"})
"""Fields in which no is something else than nothing."""
_all = attrgetter(*KEPT)
