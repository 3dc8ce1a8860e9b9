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
    """open · refused (the register said protected or deceased, C-62, C-63)."""
    sequence: int = 0
    person: dict[str, str] = field(default_factory=dict)
    """personnummer, name, address, phone: what the case shows (C-60)."""
    opened_by: str = ""
    information: bool | None = None
    samtycke: str | None = None
    published: bool = False
    """V-2: before an inskrivning is published nobody outside slutenvard is told or sees anything."""
    addressed: str | None = None
    """The last outcome of law-and-lookups §4, or None while the registers have not answered."""
    participants: dict[str, dict[str, Any]] = field(default_factory=dict)
    """unit → {party, roles (C-4), since (sequence), by (id of the message that brought it in)}."""
    steps: dict[str, dict[str, Any]] = field(default_factory=dict)
    """step → {sequence, source, message, act, awaits [units], done {unit: [actor, role, time]}}; absent = not begun."""
    disputed: dict[str, str] = field(default_factory=dict)
    """actor → what HSA said against a person who acted in the case (C-3)."""
    told: dict[str, list[int]] = field(default_factory=dict)
    """system → [last sequence it was told, up to which number it knows all, own later ones…]: the delivery's bookkeeping,
    from which ``skipped`` comes."""

    def dump(self) -> bytes:
        """JSON for the store."""
        return to_json(asdict_shallow(self))

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
            self.published,
            self.all_receivers_known,
            None if participant is None else (participant["party"], *participant["roles"]),
            *[(name, step["act"], bool(step["awaits"]), unit in step["awaits"]) for name, step in self.steps.items()],
        )

    @property
    def in_manual_queue(self) -> bool:
        """Someone has to see to the addressing by hand (law-and-lookups §4)."""
        return self.addressed is not None and self.addressed not in FOUND and self.status == "open"

    @property
    def all_receivers_known(self) -> bool:
        """True when the registers have named both receivers, so that no step waits for one not yet added (V-6)."""
        return self.addressed in FOUND


FOUND = frozenset({"listed", "listed_in_another_region", "by_hand"})
FIELDS = tuple(Case.__dataclass_fields__)


def asdict_shallow(case: Case) -> dict[str, Any]:
    """The case's fields without copying what lies in them (``dataclasses.asdict`` copies everything)."""
    return {name: getattr(case, name) for name in FIELDS}


def _opened(case: Case, *, process: str, profile: str, unit: str, person: dict[str, str]) -> None:
    case.process, case.profile, case.opened_by = process, profile, unit
    case.person = dict(person)


def _joined(case: Case, *, unit: str, party: str, roles: list[str], by: str) -> None:
    case.participants[unit] = {"party": party, "roles": list(roles), "since": case.sequence, "by": by}


def _left(case: Case, *, unit: str) -> None:
    del case.participants[unit]
    for standing in case.steps.values():
        if unit in standing["awaits"]:
            standing["awaits"].remove(unit)


def _informed(case: Case, *, given: bool) -> None:
    case.information = given


def _consented(case: Case, *, outcome: str) -> None:
    case.samtycke = outcome


def _named(case: Case, **person: str) -> None:
    case.person.update(person)


def _published(case: Case) -> None:
    case.published = True


def _stepped(case: Case, *, step: str, source: str, message: str, act: str | None, awaits: list[str]) -> None:
    case.steps[step] = {
        "sequence": case.sequence,
        "source": source,
        "message": message,
        "act": act,
        "awaits": list(awaits),
        "done": {},
    }


def _awaited(case: Case, *, step: str, units: list[str]) -> None:
    awaits = case.steps[step]["awaits"]
    awaits.extend(unit for unit in units if unit not in awaits)


def _acted(case: Case, *, step: str, unit: str, actor: str | None, role: str | None, time: str) -> None:
    standing = case.steps[step]
    standing["awaits"].remove(unit)
    standing["done"][unit] = [actor, role, time]


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
    "informed": _informed,
    "consented": _consented,
    "named": _named,
    "published": _published,
    "stepped": _stepped,
    "awaited": _awaited,
    "acted": _acted,
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
    """Everything that is folded from events (``told`` is the delivery's bookkeeping)."""
    whole = asdict(case)
    del whole["told"]
    return whole
