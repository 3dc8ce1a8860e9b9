"""The SIPs of the demo as a table, ``sip_acts.yaml``: per profile the units, the plots and what each unit sends. Imports YAML and
pydantic only.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

from hub import yaml_text

FILE = Path(__file__).with_name("sip_acts.yaml")
SipPart = Literal["opener", "partner", "wrong", "colleague"]
End = Literal["ended", "revoked", "death", "refused"]


class _TableRow(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SipAct(_TableRow):
    """A message that a unit sends; ``sip_acts.yaml`` says what the fields mean."""

    by: SipPart
    send: str
    data: dict[str, Any]
    ends: tuple[Literal["goes_on"] | End, ...] = Field(default=(), alias="in")
    when: tuple[str, ...] = ()
    awaited: str | None = None
    refused: str | None = None
    world: Literal["deceased"] | None = None
    shows: str | None = None
    writes_on: Literal["first"] | None = None

    def is_in(self, end: End) -> bool:
        """Whether the act belongs to SIPs that end so."""
        return not self.ends or end in self.ends or ("goes_on" in self.ends and end != "refused")


class SipTable(_TableRow):
    """The SIPs of one profile."""

    region: str
    opener: str
    partner: str
    guest: str | None = None
    wrong: str | None = None
    partner_is_found: bool = False
    """The registers name the partner (S-3)."""
    plots: tuple[str, ...]
    acts: tuple[SipAct, ...]
    answers: tuple[SipAct, ...] = ()
    closes: tuple[str, ...] = ()

    def acts_of(self, part: SipPart) -> list[SipAct]:
        """What one of the units sends, in this order."""
        return [act for act in self.acts if act.by == part]

    def answer_of(self, part: SipPart, awaited: str, number: int) -> SipAct | None:
        """What it sends when it is awaited for the ``number``-th time, from 0."""
        rows = [act for act in self.answers if (act.by, act.awaited) == (part, awaited)]
        return rows[min(number, len(rows) - 1)] if rows else None


@cache
def tables() -> dict[str, SipTable]:
    """Profile → its SIPs."""
    # The loader is yaml's safe one.
    content = yaml.load(FILE.read_text(encoding="utf-8"), yaml_text.Loader)  # noqa: S506
    return {profile: SipTable.model_validate(table) for profile, table in content.items()}


class SipPlan(_TableRow):
    """What befalls one SIP; the unit that opens it knows it alone."""

    number: int
    profile: str
    end: End
    crossing: bool
    link: Literal["svu", "by_call"] | None


_ENDS: tuple[End, ...] = ("ended", "revoked", "death", "refused")
_LINKS: tuple[Literal["svu", "by_call"], ...] = ("svu", "by_call")


def sip_plan(number: int) -> SipPlan:
    """The plan of a SIP by its number, from 1: the profiles in turn, and in each its plots in turn."""
    names = list(tables())
    turn, at = divmod(number - 1, len(names))
    plots = tables()[names[at]].plots
    words = plots[turn % len(plots)].split()
    return SipPlan(
        number=number,
        profile=names[at],
        end=next(end for end in _ENDS if end in words),
        crossing="crossing" in words,
        link=next((link for link in _LINKS if link in words), None),
    )
