"""The world that a scenario runs in: a directory, short names for its units, and what the registers would answer.

Imports the language and the contracts' folder only. The files stand under contracts/worlds; every person in them is fictitious (C-64).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, StringConstraints, model_validator

from hub.contract_files import FOLDER
from hub.processes.engine.process import PROCESSES
from hub.processes.shared.registers import LICENSED, STAFF, outcome_of
from hub.scenarios.expected import ShortName
from hub.scenarios.moments import Late
from hub.scenarios.part import ScenarioPart
from hub.scenarios.reading import FileFault, Unusable, read
from schemas.directory import Directory
from schemas.hub_messages import AddressingOutcome, Adressering, VerificationOutcome, Verifiering
from schemas.identity_types import Hsa, Kommunkod, Lanskod, Personnummer12
from schemas.messages import Question
from schemas.parts import Line


class PersonAnswer(ScenarioPart):
    """What the registers answer about one person (law-and-lookups.md §4)."""

    outcome: AddressingOutcome
    health_centre: Hsa | ShortName | None = None
    """Where the person is listed; the centre need not be in the directory."""
    municipality: Kommunkod | None = None
    """Of registration; its receiving unit is the directory's (V-2)."""
    county: Lanskod | None = None
    name: Line | None = None
    address: Line | None = None
    known: bool = False
    """The hub asked about this person lately and need not ask again: the answer is there when the message comes."""
    late: Late | None = None
    """When the answer comes, where it does not come at once: after so many steps, so long after the question, at a time."""


class ActorAnswer(ScenarioPart):
    """What HSA answers about one who acts (C-3)."""

    outcome: VerificationOutcome
    known: bool = False
    """HSA was asked lately; else the hub asks after the first message, and vouched for till then."""
    licensed: bool = True
    """Whether HSA knows a licence (C-22)."""
    late: Late | None = None
    """As of a person."""


def names_a_case(field: str) -> bool:
    """Whether a case stands in a field of a message or an answer: ``case``, or a process by which a linked case is named."""
    return field == "case" or field in PROCESSES


class World(ScenarioPart):
    """Everything that is not said in the scenario itself."""

    world: Annotated[str, StringConstraints(min_length=5)]
    """What it is a world of."""
    names: dict[ShortName, Hsa]
    """Short name → unit. A unit that is not in the directory may have one too, to show that it is refused."""
    staff: dict[ShortName, tuple[Hsa, ...]]
    """Unit → those who act for it; the first does where a step names nobody."""
    hsa: dict[Hsa, ActorAnswer] = Field(default_factory=dict)
    """Those of whom HSA says something of interest; everybody else was verified lately."""
    directory: Directory
    persons: dict[Personnummer12, PersonAnswer]

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        faults = [one.en for one in self.directory.faults()]
        faults += [f"unit {hsa} is served by no system: nobody would be told" for hsa in self.directory.unserved]
        faults += [f"staff of {name}, which names lacks" for name in self.staff if name not in self.names]
        named = set(self.names.values())
        faults += [f"unit {unit.hsa} has no short name" for unit in self.directory.units if unit.hsa not in named]
        known = self.directory.unit_by_hsa
        faults += [
            f"{name} has no staff" for name, hsa in self.names.items() if hsa in known and not self.staff.get(name)
        ]
        if len(named) < len(self.names):
            faults.append("two short names stand for one unit")
        if faults:
            raise ValueError("; ".join(faults))
        return self

    def short(self, hsa: str) -> str:
        """A unit's short name; its HSA-id when it has none."""
        return next((name for name, unit in self.names.items() if unit == hsa), hsa)

    def with_ids(self, value: Any, messages: Mapping[str, str], cases: Mapping[str, str], key: str = "") -> Any:
        """Data with ids for names: a message's under ``message``, a case's under ``case`` and the names of processes, a unit's
        anywhere.
        """
        if isinstance(value, Mapping):
            return {name: self.with_ids(inner, messages, cases, str(name)) for name, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self.with_ids(inner, messages, cases, key) for inner in value]
        if not isinstance(value, str):
            return value
        if key == "message" and value in messages:
            return messages[value]
        if names_a_case(key) and value in cases:
            return cases[value]
        return self.names.get(value, value)

    def answer(self, person: str) -> Adressering:
        """What the registers say; nobody of that number is known to them when the world does not have one."""
        found = self.persons.get(person, _NOBODY)
        centre = found.health_centre
        answer = Adressering(
            outcome=found.outcome,
            health_centre=None if centre is None else self.names.get(centre, centre),
            municipality=found.municipality,
            municipality_unit=self.directory.receiving_unit.get(found.municipality or ""),
            county=found.county,
            name=found.name,
            address=found.address,
        )
        return answer.model_copy(update={"outcome": outcome_of(answer, self.directory)})

    def reply(self, question: Question) -> Adressering | Verifiering | None:
        """The registers' answer to a question of the hub, as the message that the hub makes of it; None when there is
        nothing to tell (folkbokforing has no news).
        """
        if question.question == "folkbokforing":
            return None
        if question.question == "adressering":
            return self.answer(question.person or "")
        asked = question.model_dump(include={"unit", "actor", "role", "concerns"})
        outcome = self.verdict(question.actor or "", question.role or "")
        return Verifiering.model_validate({**asked, "outcome": outcome})

    def verdict(self, actor: str, role: str) -> VerificationOutcome:
        """What HSA says of one who acts in a role, or is to be licensed."""
        found = self.hsa.get(actor)
        if found is None:
            return "verified"
        if role == LICENSED and found.outcome != "unknown":
            return "verified" if found.licensed else "not_licensed"
        if role == STAFF and found.outcome == "role_not_given":
            return "verified"
        return found.outcome

    def under(self, profile: str | Mapping[str, str] | None) -> World:
        """The same world where every region has this profile, or each region that is named its own."""
        if profile is None:
            return self
        own = {} if isinstance(profile, str) else profile
        every = profile if isinstance(profile, str) else None
        regions = [
            {**region.model_dump(), "profile": own.get(region.id, every or region.profile)}
            for region in self.directory.regions
        ]
        directory = self.directory.model_dump() | {"regions": regions}
        return self.model_copy(update={"directory": Directory.model_validate(directory)})


class Lately:
    """What the hub knows of a world without asking (``hub.intake.hub_messages.Known``); it learns as the scenario goes on."""

    def __init__(self, world: World) -> None:
        """At the beginning only what the world says is known."""
        self._world = world
        self._actors: dict[tuple[str, str], str] = {}

    def person(self, personnummer: str, county: str, news: datetime | None = None) -> Adressering | None:
        """Whom to address, where the registers were asked before the scenario began; the same in every county."""
        _ = county, news
        found = self._world.persons.get(personnummer)
        return self._world.answer(personnummer) if found is not None and found.known else None

    def actor(self, actor: str, role: str) -> str | None:
        """What HSA said of one who acts; None when it is to be asked."""
        found = self._world.hsa.get(actor)
        if found is None:
            return "verified"
        return self._world.verdict(actor, role) if found.known else self._actors.get((actor, role))

    def name(self, person: str) -> str | None:
        """A world names no staff."""
        _ = person
        return None

    def asking(self, actor: str, role: str) -> None:
        """The question has been written down."""
        self._actors[actor, role] = "asked"

    def learn(self, answer: Adressering | Verifiering) -> None:
        """What an answer teaches for later messages. (Persons are asked about anew: each case has its own opening.)"""
        if isinstance(answer, Verifiering):
            self._actors[answer.actor, answer.role] = answer.outcome


_NOBODY = PersonAnswer(outcome="not_found")


@lru_cache(maxsize=8)
def load(path: Path) -> World:
    """Reads a world; raises ``Unusable``."""
    return read(path, World)


def world_of(scenario: Path, name: str) -> Path:
    """The world's file: in ``worlds`` beside the folder of the scenario, else among the project's own."""
    for folder in (*scenario.resolve().parents[:3], FOLDER):
        path = folder / "worlds" / f"{name}.yaml"
        if path.exists():
            return path
    raise Unusable(
        [FileFault(scenario, None, "/world", f"there is no world {name}: worlds/{name}.yaml was looked for")]
    )
