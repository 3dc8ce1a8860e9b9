"""What a scenario expects of receipts, notices and colours. Imports the language of scenarios only."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, StringConstraints, Tag

from hub.scenarios.part import ScenarioPart

ShortName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
"""A unit's name in the world (``lund_avd12``), or a message's or a case's in the scenario (``admission``)."""
ReceiptRule = Annotated[str, StringConstraints(pattern=r"^([A-Z]{1,2}-\d{1,2}|[a-z]+(-[a-z]+)*)$")]
"""What a receipt names: a rule's id, or a technical reason such as ``unknown-field``."""
MessageName = Annotated[str, StringConstraints(pattern=r"^([a-z]+\.)?[a-z0-9_]+$")]
Pointer = Annotated[str, StringConstraints(pattern=r"^(/[^/]+)+$")]
"""A JSON pointer; ``*`` stands for every element of a list."""
Holds = dict[Pointer, Any]
"""Pointer → the value that stands there. A mapping holds when each of its keys does; a list is the whole list."""
Among = dict[Pointer, tuple[Any, ...]]
"""Pointer to a list → values that are each like one of its elements, in any order; a mapping is like one that has its keys."""
Colour = Literal["red", "yellow", "green", "grey", "blue"]
"""C-30; a unit's colour is red when one of its roles is, else blue, yellow, green or grey."""
Awaited = Literal["kvittens", "svar", "justering", "godkannande"]


class ExpectedContent(ScenarioPart):
    """What is in an answer or in a notice's data; what is left out is not looked at."""

    holds: Holds = Field(default_factory=dict)
    """Pointer → what stands there."""
    lacks: tuple[Pointer, ...] = ()
    """Pointers at which nothing stands."""
    among: Among = Field(default_factory=dict)
    """Pointer to a list → what is each among its elements."""
    not_among: Among = Field(default_factory=dict)
    """Pointer to a list → what none of its elements is like."""


def _form(colours: object) -> str:
    return "per role" if isinstance(colours, dict) else "per unit"


Colours = Annotated[
    Annotated[Colour, Tag("per unit")] | Annotated[dict[str, Colour], Tag("per role")], Discriminator(_form)
]
"""A unit's colour, or role → its colour for the roles that are named."""


class ExpectedReceipt(ScenarioPart):
    """What the sender is answered; what is left out is not looked at. ``ok`` is short for the code."""

    code: Literal["ok", "transient-error", "fatal-error"]
    rule: ReceiptRule | None = None
    element: Annotated[str, StringConstraints(pattern=r"^/")] | None = None
    """JSON pointer into the message."""
    repeat: bool | None = None
    """D-2: the first answer, given again."""
    warnings: tuple[str, ...] | None = None


ReceiptOrOk = Annotated[
    ExpectedReceipt,
    BeforeValidator(
        lambda said: {"code": "ok"} if said == "ok" else said, json_schema_input_type=Literal["ok"] | ExpectedReceipt
    ),
]


class ExpectedMessage(ExpectedContent):
    """One notice as its receiver gets it; what is left out is not looked at."""

    message: MessageName
    to: tuple[ShortName, ...] | None = None
    """Exactly these units of the system, in any order."""
    awaits: Awaited | None = None
    """What is awaited of the unit; null: nothing. Of a system's notice: of each of its units."""
    may: tuple[MessageName, ...] = ()
    """Among what the unit may do now."""
    may_not: tuple[MessageName, ...] = ()
    skipped: tuple[int, ...] | None = None
    """The numbers that the system is told that it was not sent."""
    replay: bool | None = None
    prints: tuple[str, ...] | None = None
    """Exactly what the notice says that is owed on paper, in any order."""
    remind: tuple[str, ...] | None = None
    """Exactly the codes of which the notice reminds, in any order."""
    state: dict[str, Colours] = Field(default_factory=dict)
    """Step → the colour that the notice says."""


class ExpectedNotice(ExpectedContent):
    """What one unit is told as a result of a step: what is awaited of it, if anything, and what its notices hold: ``holds`` and
    ``among`` of one of them, ``lacks`` and ``not_among`` of all.
    """

    awaits: Awaited | None = None
    tells: tuple[MessageName, ...] | None = None
    """Exactly these messages, in the order in which they come; left out, it is not looked at."""
    gets: tuple[ExpectedMessage, ...] | None = None
    """The same, and what each of them holds."""
    may: tuple[MessageName, ...] = ()
    """Among what the unit may do now, by the last of its notices."""
    may_not: tuple[MessageName, ...] = ()
    skipped: tuple[int, ...] | None = None
    """The numbers that its system is told that it was not sent, in all the notices of the step."""
    prints: tuple[str, ...] | None = None
    """Exactly what its notices say that is owed on paper, in any order."""
    remind: tuple[str, ...] | None = None
    """Exactly the codes of which its notices remind, in any order."""
    state: dict[str, Colours] = Field(default_factory=dict)
    """Step → the unit's colour, by the last of its notices."""


Notices = dict[ShortName, ExpectedNotice] | None
"""Exactly these units are told; left out, it is not looked at, and ``{}`` means that nobody is."""
SystemId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*$")]
Systems = dict[SystemId, tuple[ExpectedMessage, ...]]
"""A connected system → exactly the notices that it gets, in their order; systems that are not named are not looked at."""


class ExpectedRefusal(ScenarioPart):
    """Why an answer is not given."""

    rule: ReceiptRule
    element: Annotated[str, StringConstraints(pattern=r"^/")] | None = None
