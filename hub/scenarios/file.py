"""A scenario with the file that it stands in: reads it with its beginning and its world, and tells all its faults at once.

Imports the model and the world.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from hub.scenarios.model import Scenario
from hub.scenarios.moments import Late
from hub.scenarios.names import NameCheck
from hub.scenarios.part import did_you_mean
from hub.scenarios.reading import FileFault, Place, Unusable, content_of, faults_of, locate
from hub.scenarios.steps import Step
from hub.scenarios.world import World, load, world_of

_STEP: TypeAdapter[Step] = TypeAdapter(Step)


@dataclass(frozen=True, slots=True)
class WrittenStep:
    """A step with the file and the line where it stands; ``number`` is counted from 1, as people do."""

    path: Path
    number: int
    line: int
    step: Step


class ScenarioFile:
    """A scenario as its file and the files of its beginning say it."""

    def __init__(self, path: Path, before: tuple[Path, ...] = ()) -> None:
        """Reads the file; raises ``Unusable`` with all its faults. ``before``: the files that begin with this one."""
        self.path = path
        content, self._tree = content_of(path)
        self._faults: list[FileFault] = []
        try:
            self.scenario = Scenario.model_validate(content)
            steps = dict(enumerate(self.scenario.steps))
        except ValidationError as error:
            self._faults += faults_of(path, self._tree, error)
            self.scenario = _as_far_as_it_can_be_read(content)
            steps = _readable(content.get("steps"))
        self.begun = self._beginning(before)
        begun = () if self.begun is None else self.begun.steps
        self.steps: tuple[WrittenStep, ...] = begun + tuple(
            WrittenStep(path, number + 1, self._line(number), step) for number, step in steps.items()
        )
        self._look_at_the_names(steps)
        if self._faults:
            raise Unusable(self._faults)

    @property
    def world(self) -> World:
        """The world in which it is played."""
        return load(world_of(self.path, self._said("world")))

    @property
    def profile(self) -> str | dict[str, str] | None:
        """The answers of all regions, or of those named."""
        said: str | dict[str, str] | None = self._said("profile")
        return said

    @property
    def clock(self) -> datetime:
        """When it begins."""
        clock: datetime = self._said("clock")
        return clock

    @property
    def cases(self) -> dict[str, str]:
        """Name of a case → the reference under which it is opened."""
        before = {} if self.begun is None else self.begun.cases
        return before | {name: ref or f"ref:{name}" for name, ref in self.scenario.cases.items()}

    @property
    def late(self) -> Mapping[str, Late]:
        """Personnummer or HSA-id → when the register answers."""
        before = {} if self.begun is None else self.begun.late
        return {**before, **self.scenario.late}

    def _said(self, name: str) -> Any:
        """What this file says of itself, or else its beginning."""
        if name in self.scenario.model_fields_set or self.begun is None:
            return getattr(self.scenario, name)
        return self.begun._said(name)  # noqa: SLF001 - another of the same class

    def _line(self, step: int) -> int:
        return locate(self._tree, ("steps", step))[0]

    def _fault(self, place: Place, text: str) -> None:
        self._faults.append(FileFault(self.path, *locate(self._tree, place), text))

    def _beginning(self, before: tuple[Path, ...]) -> ScenarioFile | None:
        name = self.scenario.begins
        if name is None:
            return None
        path = self.path.parent / name
        chain = (*before, self.path)
        if path.resolve() in {one.resolve() for one in chain}:
            self._fault(("begins",), f"the beginnings go round: {' begins with '.join(p.name for p in (*chain, path))}")
        elif not path.exists():
            near = did_you_mean(name, (one.name for one in self.path.parent.glob("*.yaml")))
            self._fault(("begins",), f"there is no file {name} beside this one{near}")
        else:
            try:
                return ScenarioFile(path, chain)
            except Unusable as unusable:
                self._faults += unusable.faults
        return None

    def _look_at_the_names(self, steps: Mapping[int, Step]) -> None:
        """Everything that the steps name is there: units, messages, cases, steps of a process."""
        if self.scenario.begins is not None and self.begun is None:
            return  # what its beginning would have named is not known
        no_clock = self.scenario.clock is None
        if no_clock and (self.scenario.begins is None or "clock" in self.scenario.model_fields_set):
            self._fault(("clock",), "Field required: the time when the scenario begins")
        name = self._said("world")
        try:
            world = load(world_of(self.path, name))
        except Unusable as unusable:
            own = [fault for fault in unusable.faults if fault.path == self.path]
            self._faults += [fault for fault in unusable.faults if fault.path != self.path]
            for fault in own:
                self._fault(("world",), fault.text)
            return
        begun = [] if self.begun is None else [written.step for written in self.begun.steps]
        check = NameCheck(name, world, self._said("clock"), frozenset(self.cases), begun)
        check.head(self.scenario)
        for number, step in steps.items():
            check.step(number, step)
        for place, text in check.faults:
            self._fault(place, text)


def _as_far_as_it_can_be_read(content: Mapping[str, Any]) -> Scenario:
    """What stands before the steps of a file with faults, so that the names in its steps can be looked at all the same."""
    found: dict[str, Any] = {"scenario": "", "rules": (), "steps": ()}
    for name in ("begins", "profile", "world", "cases", "clock"):
        field = Scenario.model_fields[name]
        try:
            found[name] = TypeAdapter[Any](field.annotation or Any).validate_python(content[name])
        except (KeyError, ValidationError):
            found[name] = field.get_default(call_default_factory=True)
    return Scenario.model_construct(_fields_set=set(content), **found)


def _readable(steps: Any) -> dict[int, Step]:
    """The steps by their number from 0, each without the keys that have faults; one that needs such a key is left out."""
    found = {}
    for number, step in enumerate(steps if isinstance(steps, list) else ()):
        try:
            found[number] = _STEP.validate_python(step)
        except ValidationError as error:
            at_fault = {part for fault in error.errors() for part in fault["loc"][1:2]}
            with contextlib.suppress(ValidationError, AttributeError):
                sound = {key: value for key, value in step.items() if key not in at_fault}
                found[number] = _STEP.validate_python(sound)
    return found
