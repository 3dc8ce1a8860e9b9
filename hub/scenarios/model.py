"""A scenario as it is written (messages.md §6): the project's and its vendors' common test language.

Imports the language.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, StringConstraints, Tag

from hub.scenarios.reading import Unusable, locate, read
from schemas.identity_types import Kommunkod, Personnummer12
from schemas.parts import MessageId

ShortName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
"""A unit's name in the world (``lund_avd12``), or a message's in the scenario (``admission``)."""
RuleId = Annotated[str, StringConstraints(pattern=r"^[A-Z]{1,2}-\d{1,2}$")]
"""A rule of processes.md or a promise of delivery.md: ``V-3``, ``C-10``, ``D-2``."""
Rule = Annotated[str, StringConstraints(pattern=r"^([A-Z]{1,2}-\d{1,2}|[a-z]+(-[a-z]+)*)$")]
"""What a receipt names: a rule's id, or a technical reason such as ``unknown-field``."""
MessageName = Annotated[str, StringConstraints(pattern=r"^([a-z]+\.)?[a-z0-9_]+$")]
Pointer = Annotated[str, StringConstraints(pattern=r"^(/[^/]+)+$")]
Colour = Literal["red", "yellow", "green", "grey", "blue"]
"""C-30; a unit's colour is red when one of its roles is, else yellow, green or grey."""

_DURATION = re.compile(r"\+(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?")


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=False)


class ExpectedReceipt(_Strict):
    """What the sender is answered; what is left out is not looked at."""

    code: Literal["ok", "transient-error", "fatal-error"]
    rule: Rule | None = None
    element: Annotated[str, StringConstraints(pattern=r"^/")] | None = None
    """JSON pointer into the message."""
    repeat: bool | None = None
    """D-2: the first answer, given again."""
    warnings: tuple[str, ...] | None = None


class ExpectedNotice(_Strict):
    """What one unit is told as a result of a step: what is awaited of it, if anything."""

    awaits: Literal["kvittens", "svar", "justering", "godkannande"] | None = None
    tells: tuple[MessageName, ...] | None = None
    """Exactly these messages, in the order in which they come; left out, it is not looked at."""
    holds: dict[Pointer, Any] = Field(default_factory=dict)
    """JSON pointer into a notice's data → the value that one of the unit's notices has there."""
    lacks: tuple[Pointer, ...] = ()
    """JSON pointers to what none of them has, however it is reached."""


class Send(_Strict):
    """A unit's system sends a message; left out are the plain things: the unit's first role and actor, the time now."""

    send: MessageName
    as_: ShortName | None = Field(default=None, alias="as")
    """A name for this message, used in later steps."""
    from_: ShortName = Field(alias="from")
    """The acting unit."""
    role: str | None = None
    """Written as ``role: null``, the message goes without one."""
    actor: str | None = None
    """HSA-id."""
    id: MessageId | None = None
    subject: str | None = None
    """``ref:…``, a case id, or the ``as`` of a message whose case is meant; left out: the scenario's case."""
    time: AwareDatetime | None = None
    data: dict[str, Any] = Field(default_factory=dict)
    """The body. A unit's short name stands for its HSA-id, and under ``message`` an ``as`` for that message's id."""
    receipt: Annotated[Literal["ok"] | ExpectedReceipt, Field(union_mode="left_to_right")] = "ok"
    notices: dict[ShortName, ExpectedNotice] | None = None
    """Exactly these units are told; left out, it is not looked at, and ``{}`` means that nobody is."""

    @property
    def expected(self) -> ExpectedReceipt:
        """The receipt, in its long form."""
        return ExpectedReceipt(code="ok") if self.receipt == "ok" else self.receipt


def _duration(text: object) -> object:
    """``+26h``, ``+1d12h``, ``+90m`` → what passes on the clock."""
    found = _DURATION.fullmatch(text) if isinstance(text, str) else None
    if found is None or not any(found.groups()):
        raise ValueError("say how long after the scenario's clock, as +26h, +1d12h or +90m")
    days, hours, minutes = (int(part or 0) for part in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes)


class At(_Strict):
    """Moves the clock to this long after the scenario's ``clock``, never back: deadlines pass on the way."""

    at: Annotated[
        timedelta,
        BeforeValidator(_duration, json_schema_input_type=Annotated[str, Field(pattern=f"^{_DURATION.pattern}$")]),
    ]
    notices: dict[ShortName, ExpectedNotice] | None = None
    """Exactly these units are told of deadlines that passed; left out, it is not looked at."""
    receipts: dict[ShortName, Annotated[Literal["ok"] | ExpectedReceipt, Field(union_mode="left_to_right")]] = Field(
        default_factory=dict
    )
    """D-4: the final receipts of messages that were held, by their ``as``, as they stand then."""


class LiabilityIs(_Strict):
    """From which day the municipality pays, and every condition that is not met."""

    starts: date | None = None
    unmet: tuple[Annotated[str, StringConstraints(pattern=r"^[a-z_]+$")], ...] | None = None
    """Exactly these; left out, it is not looked at."""
    municipality: Kommunkod | None = None


class ExpectedLiability(_Strict):
    """What the law's clock says of the case (law 2017:612, law-and-lookups §1)."""

    liability: LiabilityIs


class NewsIs(_Strict):
    """As ``folkbokforing`` tells it, and who is told."""

    person: Personnummer12
    news: Literal["protected", "deceased", "moved", "new_number"]
    personnummer: Personnummer12 | None = None
    address: str | None = None
    municipality: Kommunkod | None = None
    notices: dict[ShortName, ExpectedNotice] | None = None


class NewsStep(_Strict):
    """The population register has news of a person, and the hub learns it by asking again (C-62, C-63)."""

    news: NewsIs


class State(_Strict):
    """How the steps of the case stand: step → unit → colour, for the units that are named (C-30)."""

    state: dict[str, dict[ShortName, Colour]]


class History(_Strict):
    """The accepted messages of the case, the hub's own included, in their order."""

    history: tuple[MessageName, ...]


def _kind(step: object) -> str | None:
    """Which step it is: the one that its own key names."""
    if isinstance(step, BaseModel):
        return f"{type(step).__name__.lower()} step"
    keys = [
        key for key in ("send", "at", "state", "history", "liability", "news") if isinstance(step, dict) and key in step
    ]
    return f"{keys[0]} step" if len(keys) == 1 else None


Step = Annotated[
    Annotated[Send, Tag("send step")]
    | Annotated[At, Tag("at step")]
    | Annotated[State, Tag("state step")]
    | Annotated[History, Tag("history step")]
    | Annotated[ExpectedLiability, Tag("liability step")]
    | Annotated[NewsStep, Tag("news step")],
    Discriminator(
        _kind,
        custom_error_type="unknown_step",
        custom_error_message="a step is one of send, at, state, history, liability and news",
    ),
]


class Scenario(_Strict):
    """One scenario; ``rules`` are those that it shows, from which contracts/rules.md says where each is shown."""

    scenario: Annotated[str, StringConstraints(min_length=5, max_length=120)]
    rules: tuple[RuleId, ...] = Field(min_length=1)
    profile: Literal["mina_planer", "prator", "samsa", "lifecare", "cosmic_link"] = "mina_planer"
    """The region's answers (processes.md §4), whatever the world's directory says."""
    world: ShortName = "standard"
    clock: AwareDatetime
    steps: tuple[Step, ...] = Field(min_length=1)


class ScenarioFile:
    """A scenario with the file that it stands in, so that every fault can be shown in its place."""

    def __init__(self, path: Path) -> None:
        """Reads the file; raises ``Unusable``."""
        self.path = path
        self.scenario, self._tree = read(path, Scenario)

    def line(self, step: int) -> int:
        """The line on which a step (from 0) begins."""
        return locate(self._tree, ("steps", step))[0]

    def fault(self, step: int, element: str, text: str) -> Unusable:
        """A step that cannot be played as it is written."""
        line, pointer = locate(self._tree, ("steps", step, element))
        return Unusable(self.path, line, pointer, text)

    @property
    def tree(self) -> yaml.Node:
        """The YAML tree."""
        return self._tree
