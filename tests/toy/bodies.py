"""The bodies of the toy's own messages: what ``schemas/svu.py`` is to SVU."""

from datetime import datetime

from pydantic import Field

from schemas.identity_types import KnownHsa
from schemas.parts import Line, Moment, Part, Patient


class Start(Part):
    """``toy.start``: opens a case of a person; ``linked`` are ids of cases that it tells when it ends."""

    patient: Patient
    linked: tuple[str, ...] = ()
    saved: bool = False
    """Units that are added read it, and are told nothing."""
    coordinator: KnownHsa | None = None


class Call(Part):
    """``toy.call``: calls units to a meeting, or recalls it."""

    meeting: Line
    receivers: tuple[KnownHsa, ...] = ()
    start: Moment | None = None
    recalled: bool = False


class Edit(Part):
    """A goal, as it shall be; ``version`` is the one that it was written on, 0 for a new one."""

    element: Line
    text: Line | None = None
    version: int = 0
    follow_up: datetime | None = None


class Plan(Part):
    """``toy.plan``: edits of goals, in their order."""

    edits: tuple[Edit, ...] = Field(min_length=1)


class Draft(Part):
    """``toy.draft``: a goal, or a meeting too, that only the sender's unit knows of."""

    element: Line
    text: Line
    start: Moment | None = None


class End(Part):
    """``toy.end``: the case has ended."""


class Reopen(Part):
    """``toy.reopen``: the case is open again."""


class Standing(Part):
    """``toy.standing``, from the hub: how things stand, for units that came in."""

    units: tuple[KnownHsa, ...]
    meetings: tuple[Line, ...] = ()
    goals: dict[str, Line] = Field(default_factory=dict)


class News(Part):
    """``toy.news``, from the hub: what has happened in a linked case."""

    case: str
    news: Line


MESSAGES = {
    "toy.start": Start,
    "toy.call": Call,
    "toy.plan": Plan,
    "toy.draft": Draft,
    "toy.end": End,
    "toy.reopen": Reopen,
    "toy.standing": Standing,
    "toy.news": News,
}
