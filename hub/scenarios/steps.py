"""The steps of a scenario as they are written. Imports the language."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, Discriminator, Field, StringConstraints, Tag

from hub.scenarios.expected import (
    Colours,
    ExpectedContent,
    ExpectedRefusal,
    MessageName,
    Notices,
    ReceiptOrOk,
    ShortName,
    Systems,
)
from hub.scenarios.moments import Late, Moment, Time
from hub.scenarios.part import ScenarioPart
from schemas.hub_messages import News
from schemas.identity_types import Kommunkod, Personnummer12
from schemas.parts import Line, MessageId


class _OfACase(ScenarioPart):
    case: ShortName | None = None
    """Which of the scenario's ``cases``; left out: the case of the last message that had one."""


class _Asks(ScenarioPart):
    """A person of a unit asks for something; left out are the plain things: the unit's first role and first person."""

    role: str | None = None
    actor: str | None = None
    """HSA-id."""
    refused: ExpectedRefusal | None = None
    """The answer is not given."""


class Send(_OfACase):
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
    """``ref:…``, a case id, or the ``as`` of a message whose case is meant; left out: the case of the step."""
    time: AwareDatetime | None = None
    late: Late | None = None
    """When the registers answer what the hub asks because of this message; left out: as the head and the world say."""
    data: dict[str, Any] = Field(default_factory=dict)
    """The body. A unit's short name stands for its HSA-id, and under ``message`` an ``as`` for that message's id."""
    receipt: ReceiptOrOk = Field(default="ok", validate_default=True)
    notices: Notices = None
    systems: Systems = Field(default_factory=dict)


class At(ScenarioPart):
    """Moves the clock, never back: deadlines pass and late registers answer on the way."""

    at: Moment
    """How long after the scenario's ``clock``, or the time."""
    notices: Notices = None
    systems: Systems = Field(default_factory=dict)
    receipts: dict[ShortName, ReceiptOrOk] = Field(default_factory=dict)
    """D-4: the final receipts of messages that were held, by their ``as``, as they stand then."""


class NewsIs(ScenarioPart):
    """As ``folkbokforing`` tells it, and who is told."""

    person: Personnummer12
    news: News
    personnummer: Personnummer12 | None = None
    name: Line | None = None
    address: str | None = None
    municipality: Kommunkod | None = None
    notices: Notices = None
    systems: Systems = Field(default_factory=dict)


class NewsStep(ScenarioPart):
    """The population register has news of a person, and the hub learns it by asking again (C-62, C-63)."""

    news: NewsIs


class State(_OfACase):
    """How the steps of the case stand: step → unit → colour, for the units that are named (C-30)."""

    state: dict[str, dict[ShortName, Colours]]


class Stands(_OfACase, ExpectedContent):
    """How the case stands, whoever reads it: its status, and what its process shows of it."""

    stands: ShortName | None
    """The process's own state of the case, as ``aktiv`` or ``underlag``; null: it is not looked at."""
    status: str | None = None
    """``open``, ``ended`` …"""


class History(_OfACase):
    """The accepted messages of the case, the hub's own included, in their order."""

    history: tuple[MessageName, ...]


class ExpectedDates(_OfACase):
    """What the case says of its time, by the names of the view's ``time``; null: nothing is said."""

    dates: dict[str, str | None]


class ExpectedDeadlines(_OfACase):
    """Deadline (``samtycke_upphor``, ``kvittens_forsenad/inskrivning``) → when it passes; null: it is not due at all."""

    deadlines: dict[str, Time | None]


class LiabilityIs(ScenarioPart):
    """From which day the municipality pays, and every condition that is not met."""

    starts: date | None = None
    unmet: tuple[Annotated[str, StringConstraints(pattern=r"^[a-z_]+$")], ...] | None = None
    """Exactly these; left out, it is not looked at."""
    municipality: Kommunkod | None = None


class ExpectedLiability(_OfACase):
    """What the law's clock says of the case (law 2017:612, law-and-lookups §1)."""

    liability: LiabilityIs


class ViewStep(_OfACase, _Asks, ExpectedContent):
    """A unit reads the case as it stands (C-30, C-31)."""

    view: ShortName
    """The unit that reads."""
    choice: bool = False
    """C-5: the deliberate choice of one whose organisation takes part."""


class GetStep(_OfACase, _Asks, ExpectedContent):
    """A unit reads one part of the case: what ``GET /cases/{id}/…`` answers."""

    get: Annotated[str, StringConstraints(pattern=r"^[a-z]+(/[^/?\s]+)*(\?[a-z_]+=[^?&\s]+(&[a-z_]+=[^?&\s]+)*)?$")]
    """The address below the case's: ``versions/kartlaggning/2``, ``meetings/m-1.ics``, ``plan?version=1``."""
    from_: ShortName = Field(alias="from")
    choice: bool = False


class PrintStep(_OfACase, _Asks):
    """A unit prints a document of the case (C-55)."""

    document: str = Field(alias="print")
    """Which document."""
    from_: ShortName = Field(alias="from")
    choice: bool = False
    for_whom: Line | None = None
    why: Line | None = None
    meeting: str | None = None
    version: int | None = None
    from_version: int | None = None
    ended: bool = True
    holds: tuple[str, ...] = ()
    """Texts that stand on the pages."""
    lacks: tuple[str, ...] = ()


class SearchStep(_Asks, ExpectedContent):
    """A unit searches for a person (C-31)."""

    search: str
    """The personnummer, or a reserve number."""
    from_: ShortName = Field(alias="from")
    cases: tuple[ShortName, ...] | None = None
    """Exactly these of the scenario's ``cases`` are found, in any order."""


class PersonStep(ExpectedContent):
    """What the person is shown at 1177 (P-17), as ``plans``."""

    shown_at_1177: str
    """The personnummer, or a reserve number."""


class ListStep(_Asks, ExpectedContent):
    """A unit reads its start list (C-31, C-54)."""

    list_: ShortName = Field(alias="list")
    """The unit that reads."""
    archived: bool = False
    """The archive in place of the start list."""
    cases: tuple[ShortName, ...] | None = None
    """Exactly these of the scenario's ``cases`` are in it, in any order."""


STEPS: dict[str, type[ScenarioPart]] = {
    "send": Send,
    "at": At,
    "news": NewsStep,
    "state": State,
    "stands": Stands,
    "dates": ExpectedDates,
    "deadlines": ExpectedDeadlines,
    "liability": ExpectedLiability,
    "history": History,
    "view": ViewStep,
    "get": GetStep,
    "list": ListStep,
    "search": SearchStep,
    "shown_at_1177": PersonStep,
    "print": PrintStep,
}
"""A step's own key → what it is."""


def _kind(step: object) -> str | None:
    """Which step it is: the one that its own key names."""
    if isinstance(step, BaseModel):
        return next(f"{key} step" for key, model in STEPS.items() if isinstance(step, model))
    keys = [key for key in STEPS if isinstance(step, dict) and key in step]
    return f"{keys[0]} step" if len(keys) == 1 else None


Step = Annotated[
    Annotated[Send, Tag("send step")]
    | Annotated[At, Tag("at step")]
    | Annotated[NewsStep, Tag("news step")]
    | Annotated[State, Tag("state step")]
    | Annotated[Stands, Tag("stands step")]
    | Annotated[ExpectedDates, Tag("dates step")]
    | Annotated[ExpectedDeadlines, Tag("deadlines step")]
    | Annotated[ExpectedLiability, Tag("liability step")]
    | Annotated[History, Tag("history step")]
    | Annotated[ViewStep, Tag("view step")]
    | Annotated[GetStep, Tag("get step")]
    | Annotated[ListStep, Tag("list step")]
    | Annotated[SearchStep, Tag("search step")]
    | Annotated[PersonStep, Tag("shown_at_1177 step")]
    | Annotated[PrintStep, Tag("print step")],
    Discriminator(
        _kind,
        custom_error_type="unknown_step",
        custom_error_message=f"a step has exactly one of the keys {', '.join(STEPS)}",
    ),
]
