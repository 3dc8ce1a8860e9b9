"""Cases that are linked with each other: an SVU and the SIP of the same person (sip-messages.md §9, law 4:3 and 5:3). Imports the engine
and the shared rules only.

A link is told as the hub's own message ``koppling`` in the other case: its id, its process, what has happened and when, and
nothing of its content.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from hub.processes.engine.case import Case
from hub.processes.engine.rule import HUB_PARTY, Context, Effect, Guard, HubMessage, LinkableCase, Rule
from hub.processes.shared.audience import everyone_else
from hub.processes.shared.disclosure import scope
from schemas.sip import Koppling


def _linked(case: Case, *, other: str, process: str) -> None:
    case.links.setdefault(other, {"process": process})


def _heard(case: Case, *, other: str, process: str, news: str, at: str) -> None:
    case.links.setdefault(other, {"process": process})[news] = at


LINKS: dict[str, Callable[..., None]] = {"linked": _linked, "heard": _heard}
"""Event → what it does to the case; never fails."""


def names_in(field: str) -> Callable[[Any], Iterable[str]]:
    """The case that a field of the data names (``Rule.names_cases``)."""

    def named(data: Any) -> Iterable[str]:
        id_ = getattr(data, field)
        return () if id_ is None else (id_,)

    return named


def can_be_linked(field: str, process: str, rule: str) -> Guard:
    """The check that the case named in a field is one of the process, of the same person, in which the unit takes part."""

    def the_named_case_can_be_linked(s: Context) -> bool:
        id_ = getattr(s.data, field)
        patient = getattr(s.data, "patient", None)
        numbers = {*s.case.numbers, *(() if patient is None else (patient.personnummer,))}
        return id_ is None or any(
            one.id == id_ and one.process == process and s.unit in one.units and not numbers.isdisjoint(one.numbers)
            for one in s.linkable
        )

    title = process.upper()
    return Guard(
        "the_named_case_can_be_linked",
        rule,
        the_named_case_can_be_linked,
        f"Ärendet är ingen {title} för samma person där enheten deltar. Ange ett sådant ärendes id, eller utelämna fältet.",
        f"The case is no {title} of the same person in which the unit takes part. Give the id of such a case, or leave it out.",
        f"/data/{field}",
    )


def link(s: Context, other: str, process: str) -> None:
    """The case is linked with another from now on, once."""
    if other not in s.case.links:
        s.emit("linked", other=other, process=process)


def open_case_of(s: Context, process: str) -> LinkableCase | None:
    """The person's open case of a process in which the unit takes part; None where there is none, or more than one."""
    found = [one for one in s.linkable if one.process == process and one.status == "open" and s.unit in one.units]
    return found[0] if len(found) == 1 else None


def tell_linked(s: Context, news: str, at: str | None = None) -> None:
    """The linked cases are told, after the commit, what has happened in this one; nothing where it may not be shared."""
    if not s.case.published or not _may_be_shared(s.case):
        return
    for other in s.case.links:
        told = Koppling.model_validate({"case": s.case.id, "process": s.process.name, "news": news, "at": at or s.at})
        s.hub_messages.append(HubMessage("koppling", told, other))


def _may_be_shared(case: Case) -> bool:
    return all(consent.outcome != "refused" for consent in case.consents.values())


def hear(s: Context) -> None:
    s.emit("heard", other=s.data.case, process=s.data.process, news=s.data.news, at=s.data.at.isoformat())


def those_who_see_all(s: Context) -> list[str]:
    """The units that may be shown the whole case: with a refused consent nobody is told of another case."""
    return [unit for unit in everyone_else(s) if scope(s.case, unit) == "all"]


def koppling(statuses: frozenset[str], *effects: Effect) -> Rule:
    """The rule of ``koppling``; ``effects`` are the process's own, after the news was heard."""
    return replace(_KOPPLING, effects=(hear, *effects), in_status=statuses)


_KOPPLING = Rule("koppling", frozenset({HUB_PARTY}), ("S-2", "V-18"), (hear,), those_who_see_all)
