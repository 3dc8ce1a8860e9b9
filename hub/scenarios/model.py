"""A scenario as it is written (messages.md §6): the project's and its vendors' common test language.

Imports the language. The steps stand in ``steps``, what they expect of notices and answers in ``expected``.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AwareDatetime, ConfigDict, Field, StringConstraints
from pydantic_core import InitErrorDetails

from hub.scenarios.expected import ShortName
from hub.scenarios.moments import Late
from hub.scenarios.part import ScenarioPart, did_you_mean
from hub.scenarios.steps import STEPS, Step
from schemas.directory import ProfileName

RuleId = Annotated[str, StringConstraints(pattern=r"^[A-Z]{1,2}-\d{1,2}$")]
"""A rule of processes.md or a promise of delivery.md: ``V-3``, ``C-10``, ``D-2``."""
Reference = Annotated[str, StringConstraints(pattern=r"^ref:[A-Za-z0-9][A-Za-z0-9\-._:]*$")]


def _clock_or_beginning(schema: dict[str, Any]) -> None:
    schema["anyOf"] = [{"required": ["clock"]}, {"required": ["begins"]}]


class Scenario(ScenarioPart):
    """One scenario; ``rules`` are those that it shows, from which contracts/rules.md says where each is shown."""

    model_config = ConfigDict(json_schema_extra=_clock_or_beginning)

    scenario: Annotated[str, StringConstraints(min_length=5, max_length=120)]
    rules: tuple[RuleId, ...] = Field(min_length=1)
    begins: Annotated[str, StringConstraints(pattern=r"\.yaml$")] | None = None
    """Another scenario's file in the same folder: its steps are played first, and its clock, world, profile, cases and late
    registers hold where this file says nothing of its own."""
    profile: ProfileName | dict[ShortName, ProfileName] | None = None
    """The answers (processes.md §4) of all regions, or of the regions named; what is left out is as the world says."""
    world: ShortName = "standard"
    cases: dict[ShortName, Reference | None] = Field(default_factory=dict)
    """Name of a case → the reference under which its sender opens it; null: ``ref:`` and the name."""
    late: dict[str, Late] = Field(default_factory=dict)
    """Personnummer or HSA-id → when the register answers; what is left out is as the world says."""
    clock: AwareDatetime | None = None
    """The time when it begins; left out where ``begins`` says it."""
    steps: tuple[Step, ...] = Field(min_length=1)

    @classmethod
    def _fault(cls, one: Any) -> InitErrorDetails:
        """Of a step without a key of its own, says which key is near."""
        if one["type"] == "unknown_step" and isinstance(one["input"], dict):
            near = [said for key in one["input"] if key not in STEPS and (said := did_you_mean(key, STEPS))]
            one = one | {"msg": one["msg"] + "".join(near[:1])}
        return super()._fault(one)
