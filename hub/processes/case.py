"""What a case is: a fold of its events. Imports nothing but the standard library and pydantic's JSON.

``evolve`` is the only thing that changes a case, and it never fails: whatever may be wrong was refused before the
event.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import asdict, dataclass, field
from typing import Any

from pydantic_core import from_json, to_json

Event = tuple[str, dict[str, Any]]
"""(name, facts): plain data, kept with the message that caused it."""


@dataclass(slots=True)
class Case:
    """One run of one process for one person; every field is plain data, so that it is its own JSON."""

    id: str
    process: str = "svu"
    profile: str = "mina_planer"
    status: str = "open"
    """open · discharged (V-16) · revoked (V-5) · refused (the register said protected or deceased, C-62, C-63)."""
    sequence: int = 0
    person: dict[str, str] = field(default_factory=dict)
    """personnummer, name, address, phone: what the case shows (C-60)."""
    opened_by: str = ""
    information: bool | None = None
    samtycke: str | None = None
    """given · refused · menprovning; None before it is registered and after it was withdrawn (C-24)."""
    consent_until: str | None = None
    """The last day on which the consent holds (C-23)."""
    consent_at: int | None = None
    """The sequence of the ``samtycke`` that stands."""
    blocked: bool = False
    """C-62: protected identity was learnt while the case was open; no consent can be registered."""
    deceased: bool = False
    """C-63."""
    published: bool = False
    """V-2: before an inskrivning is published nobody outside slutenvard is told or sees anything."""
    addressed: str | None = None
    """The last outcome of law-and-lookups §4, or None while the registers have not answered."""
    participants: dict[str, dict[str, Any]] = field(default_factory=dict)
    """unit → {party, roles (C-4), since (sequence), by (id of the message that brought it in)}."""
    access: dict[str, list[str]] = field(default_factory=dict)
    """unit that takes no part → [ground, time]: it may read (C-5)."""
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
    """admitted, published (times), estimated (day), klar {date, physician, at, source, message}, discharged {date, kind, to, at}, archived
    (the time when it leaves the start list, C-54)."""
    placement: dict[str, str] = field(default_factory=dict)
    """Law 5:2: municipality, stated_by."""
    registered: str | None = None
    """The municipality of folkbokforing (5:2)."""
    vardkontakter: list[dict[str, Any]] = field(default_factory=list)
    """V-7: {person, unit, kallelseansvarig, responsibility, sequence}."""
    fields: dict[str, dict[str, list[Any]]] = field(default_factory=dict)
    """document (kartlaggning, stallningstagande.slutenvard …) → field → [version, sequence, unit, complete]; the words
    themselves stand in the message with that sequence (C-50, C-51)."""
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
    listed: dict[str, bool] = field(default_factory=dict)
    """unit → whether its list says «att göra», as the store's lists stand: bookkeeping."""
    told: dict[str, list[int]] = field(default_factory=dict)
    """system → [last sequence it was told, up to which number it knows all, first and last of own later ones…]: the
    delivery's bookkeeping, from which ``skipped`` comes."""

    def dump(self) -> bytes:
        """JSON for the store; the threads have rows of their own."""
        return to_json({name: getattr(self, name) for name in KEPT if getattr(self, name) != PLAIN[name]})

    @classmethod
    def load(cls, raw: bytes) -> Case:
        """The inverse of ``dump``."""
        return cls(**from_json(raw))

    def copy(self) -> Case:
        """One to try things on."""
        return deepcopy(self)

    def shape(self, unit: str) -> tuple[object, ...]:
        """Everything that a row's guards and the colours look at, for one unit: two cases of one shape look alike to
        it.
        """
        participant = self.participants.get(unit)
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
            unit in self.unanswered,
            unit in self.access,
            None if participant is None else (participant["party"], *participant["roles"]),
            *[(name, step["act"], bool(step["awaits"]), unit in step["awaits"]) for name, step in self.steps.items()],
            *[(name, *[field for field in written if written[field][3]]) for name, written in self.fields.items()],
            *(self.steps["stallningstagande"]["done"] if "stallningstagande" in self.steps else ()),
            *[tuple(sorted({self.participants[u]["party"] for u in step["awaits"]})) for step in self.steps.values()],
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

    def todo(self) -> dict[str, bool]:
        """Unit → whether something awaits it, for those whose lists show the case: before anything is published
        slutenvard alone (V-2); a revoked case disappears (V-5).
        """
        if self.status in {"revoked", "refused"}:
            return {}
        awaited = {unit for step in self.steps.values() for unit in step["awaits"]}
        return {
            unit: unit in awaited or unit in self.unanswered
            for unit, participant in self.participants.items()
            if self.published or participant["party"] == "slutenvard"
        }

    @property
    def standing(self) -> list[int]:
        """The sequences of the messages that stand now: what one who comes in needs to catch up (C-10)."""
        found = {step["sequence"] for step in self.steps.values()}
        found.update(written[1] for document in self.fields.values() for written in document.values())
        found.update(contact["sequence"] for contact in self.vardkontakter)
        found.update(self.contacts.values())
        found.update(number for number in (self.consent_at, self.outsiders) if number is not None)
        return sorted(found)

    @property
    def in_manual_queue(self) -> bool:
        """Someone has to see to the addressing by hand (law-and-lookups §4)."""
        return self.addressed is not None and self.addressed not in FOUND and self.status == "open"

    @property
    def all_receivers_known(self) -> bool:
        """True when the registers have named both receivers, so that no step waits for one not yet added (V-6)."""
        return self.addressed in FOUND


FOUND = frozenset({"listed", "listed_in_another_region", "by_hand"})
KEPT = tuple(name for name in Case.__dataclass_fields__ if name != "threads")
PLAIN = {name: getattr(Case(""), name) for name in KEPT}
"""What a field holds when nothing has happened to it; such a field takes no room in the store."""


def _opened(case: Case, *, process: str, profile: str, unit: str, person: dict[str, str]) -> None:
    case.process, case.profile, case.opened_by = process, profile, unit
    case.person = dict(person)


def _joined(case: Case, *, unit: str, party: str, roles: list[str], by: str) -> None:
    case.participants[unit] = {"party": party, "roles": list(roles), "since": case.sequence, "by": by}


def _left(case: Case, *, unit: str) -> None:
    del case.participants[unit]
    case.unanswered.pop(unit, None)
    for standing in case.steps.values():
        if unit in standing["awaits"]:
            standing["awaits"].remove(unit)


def _role_changed(case: Case, *, unit: str, role: str, change: str) -> None:
    roles = case.participants[unit]["roles"]
    if change == "tillagd":
        roles.append(role)
    else:
        roles.remove(role)


def _informed(case: Case, *, given: bool) -> None:
    case.information = given


def _consented(case: Case, *, outcome: str, at: str, until: str | None = None) -> None:  # noqa: ARG001 - the clock's
    case.samtycke, case.consent_until, case.consent_at = outcome, until, case.sequence


def _withdrawn(case: Case, *, at: str) -> None:  # noqa: ARG001 - the clock's
    case.samtycke = case.consent_until = case.consent_at = None


def _blocked(case: Case, *, at: str) -> None:
    """C-62: address and personal contacts go at once."""
    case.blocked = True
    _withdrawn(case, at=at)
    for name in ("address", "phone"):
        case.person.pop(name, None)
    case.outsiders = None
    case.contacts.clear()


def _named(case: Case, **person: str) -> None:
    case.person.update(person)


def _died(case: Case) -> None:
    case.deceased = True


def _published(case: Case, *, at: str) -> None:
    case.published = True
    case.dates["published"] = at


def _admitted(case: Case, *, at: str) -> None:
    case.dates["admitted"] = at


def _estimated(case: Case, *, date: str) -> None:
    case.dates["estimated"] = date


def _klar(case: Case, **facts: str) -> None:
    case.dates["klar"] = facts


def _klar_ended(case: Case, *, at: str) -> None:  # noqa: ARG001 - the clock's
    case.dates.pop("klar", None)


def _placed(case: Case, *, municipality: str, stated_by: str) -> None:
    case.placement = {"municipality": municipality, "stated_by": stated_by}


def _folkbokford(case: Case, *, municipality: str) -> None:
    case.registered = municipality


def _sip_called(case: Case, *, at: str) -> None:
    case.dates["sip_called"] = at


def _stepped(
    case: Case,
    *,
    step: str,
    source: str,
    message: str,
    at: str,
    act: str | None,
    awaits: list[str],
    done: dict[str, list[Any]] | None = None,
) -> None:
    case.steps[step] = {
        "sequence": case.sequence,
        "source": source,
        "message": message,
        "at": at,
        "act": act,
        "awaits": list(awaits),
        "done": dict(done or {}),
    }


def _awaited(case: Case, *, step: str, units: list[str]) -> None:
    awaits = case.steps[step]["awaits"]
    awaits.extend(unit for unit in units if unit not in awaits)


def _acted(case: Case, *, step: str, unit: str, actor: str | None, role: str | None, time: str) -> None:
    standing = case.steps[step]
    standing["awaits"].remove(unit)
    standing["done"][unit] = [actor, role, time]


def _threaded(case: Case, *, thread: str, unit: str, to: list[str] | None, awaits: list[str], file: bool) -> None:
    case.threads[thread] = {
        "sequence": case.sequence,
        "unit": unit,
        "to": to,
        "awaits": list(awaits),
        "done": {},
        "revoked": False,
    }
    for each in awaits:
        case.unanswered[each] = case.unanswered.get(each, 0) + 1
    case.counts["messages"] = case.counts.get("messages", 0) + 1
    if file:
        case.counts["files"] = case.counts.get("files", 0) + 1


def _answered(case: Case, unit: str) -> None:
    if case.unanswered.get(unit, 0) > 1:
        case.unanswered[unit] -= 1
    else:
        case.unanswered.pop(unit, None)


def _thread_acted(case: Case, *, thread: str, unit: str, actor: str | None, role: str | None, time: str) -> None:
    found = case.threads[thread]
    found["awaits"].remove(unit)
    found["done"][unit] = [actor, role, time]
    _answered(case, unit)


def _thread_revoked(case: Case, *, thread: str) -> None:
    found = case.threads[thread]
    for unit in case.open_awaits(found):
        _answered(case, unit)
    found["revoked"] = True


def _vardkontakt(case: Case, *, change: str, person: str, unit: str, at: str, **facts: Any) -> None:  # noqa: ARG001
    others = [v for v in case.vardkontakter if (v["person"], v["unit"]) != (person, unit)]
    if change != "borttagen":
        others.append({"person": person, "unit": unit, **facts, "sequence": case.sequence})
    case.vardkontakter = others


def _wrote(case: Case, *, document: str, field: str, unit: str, complete: bool) -> None:
    written = case.fields.setdefault(document, {})
    version = written[field][0] + 1 if field in written else 1
    written[field] = [version, case.sequence, unit, complete]


def _positioned(case: Case, *, code: str, at: str) -> None:  # noqa: ARG001 - the clock's
    case.sip_position = code


def _marked(case: Case, *, ready: bool) -> None:
    case.klarmarkerad = ready


def _sip_answered(case: Case, *, approves: bool) -> None:
    case.sip_approved = approves


def _listed(case: Case) -> None:
    case.outsiders = case.sequence


def _contact(case: Case, *, person: str, change: str) -> None:
    if change == "borttagen":
        case.contacts.pop(person, None)
    else:
        case.contacts[person] = case.sequence


def _accessed(case: Case, *, unit: str, ground: str, at: str) -> None:
    case.access[unit] = [ground, at]


def _discharged(case: Case, *, archived: str, **facts: str) -> None:
    case.status = "discharged"
    case.dates["discharged"] = facts
    case.dates["archived"] = archived


def _discharge_undone(case: Case, *, at: str) -> None:  # noqa: ARG001 - the clock's
    case.status = "open"
    case.dates.pop("discharged")
    case.dates.pop("archived", None)
    case.steps.pop("utskrivning", None)


def _revoked(case: Case) -> None:
    """V-5: it disappears; the history is kept, and nothing waits for anybody."""
    case.status = "revoked"
    case.unanswered.clear()
    for standing in case.steps.values():
        standing["awaits"] = []


def _fired(case: Case, *, key: str, due: str) -> None:
    case.fired[key] = due


def _addressed(case: Case, *, outcome: str) -> None:
    case.addressed = outcome


def _turned_away(case: Case, *, rule: str) -> None:  # noqa: ARG001 - the history says by which rule
    case.status = "refused"
    # C-62: nothing that points to a person with protected identity stays in what the hub shows.
    case.person = {}
    for standing in case.steps.values():
        standing["awaits"] = []


def _verified(case: Case, *, actor: str, outcome: str) -> None:
    if outcome == "verified":
        case.disputed.pop(actor, None)
    else:
        case.disputed[actor] = outcome


EVOLVE: dict[str, Callable[..., None]] = {
    "opened": _opened,
    "joined": _joined,
    "left": _left,
    "role_changed": _role_changed,
    "informed": _informed,
    "consented": _consented,
    "withdrawn": _withdrawn,
    "blocked": _blocked,
    "named": _named,
    "died": _died,
    "published": _published,
    "admitted": _admitted,
    "estimated": _estimated,
    "klar": _klar,
    "klar_ended": _klar_ended,
    "placed": _placed,
    "folkbokford": _folkbokford,
    "sip_called": _sip_called,
    "stepped": _stepped,
    "awaited": _awaited,
    "acted": _acted,
    "threaded": _threaded,
    "thread_acted": _thread_acted,
    "thread_revoked": _thread_revoked,
    "vardkontakt": _vardkontakt,
    "wrote": _wrote,
    "positioned": _positioned,
    "marked": _marked,
    "sip_answered": _sip_answered,
    "listed": _listed,
    "contact": _contact,
    "accessed": _accessed,
    "discharged": _discharged,
    "discharge_undone": _discharge_undone,
    "revoked": _revoked,
    "fired": _fired,
    "addressed": _addressed,
    "turned_away": _turned_away,
    "verified": _verified,
}


def evolve(case: Case, event: Event) -> None:
    """Brings one event into the case."""
    EVOLVE[event[0]](case, **event[1])


def fold(case_id: str, history: Iterable[Iterable[Event]]) -> Case:
    """The case from its whole history: one list of events per accepted message, in sequence order."""
    case = Case(case_id)
    for events in history:
        case.sequence += 1
        for event in events:
            evolve(case, event)
    return case


def rules_part(case: Case) -> dict[str, Any]:
    """Everything that is folded from events and kept in the case's own row."""
    whole = asdict(case)
    for bookkeeping in ("told", "due", "listed", "threads"):
        del whole[bookkeeping]
    return whole
