"""What a process has to print: titles, labels and how values are read on paper (C-55). Pure; imports the case and the
language only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from hub.errors import Refused
from hub.processes.engine.case import Case
from schemas.swedish_time import day_in_words, moment_in_words
from schemas.words import word

Names = Callable[[str], str | None]
"""A person's name by HSA-id, where HSA has said it (C-60)."""
Formatted = Callable[[Any, Names], str]
Label = tuple[str, Formatted]
"""What stands before a value on paper, and how the value is read."""
Lines = tuple[tuple[str, str], ...]
"""Labels with what they say."""


@dataclass(frozen=True, slots=True)
class PrintedPart:
    """A heading with labelled texts."""

    heading: str
    lines: Lines


@dataclass(frozen=True, slots=True)
class PrintedSelection:
    """Which part of a document is printed."""

    meeting: str | None = None
    """Of a call, the id of its meeting; None: the call that was changed last."""
    version: int | None = None
    """Of a plan; None: the current one. Of a comparison, the later version."""
    from_version: int | None = None
    """Of a comparison, the earlier version; None: the one before."""
    ended: bool = True
    """Whether parts of the plan that have ended are printed (LC-10)."""


Content = Mapping[str, Any]
"""The case as it is shown (``whole``), with the plan's version or the comparison that the document needs."""


def prints_always(_: Case, __: Content) -> Refused | None:
    """The answer of a document that may be printed as soon as it is begun."""
    return None


@dataclass(frozen=True, slots=True)
class PrintedDocument:
    """A document that may be printed once it is begun."""

    title: Callable[[Content], str]
    parts: Callable[[Content, Names], tuple[PrintedPart, ...]]
    """What it says; empty when there is nothing of it yet."""
    is_final: Callable[[Case, Content], bool]
    """Whether it is marked as final (C-55)."""
    after: Callable[[Mapping[str, Any], Names], tuple[PrintedPart, ...]] = lambda _, __: ()
    """What stands last, after the signatures."""
    signatures: str | None = "Kvittenser"
    """The heading over those who have acted in the step of the document's name; None: they are not listed."""
    needs_plan: bool = False
    """Its content holds a version of the plan, under ``plan``."""
    compares: bool = False
    """Its content holds two versions of the plan compared, under ``comparison``."""
    refusal: Callable[[Case, Content], Refused | None] = prints_always
    """Why it is not printed now (PR-11)."""


def titled(text: str) -> Callable[[Content], str]:
    """A title that is the same in every region."""
    return lambda _: text


# --- how values are read ----------------------------------------------------------------------------------------------


def plain(value: Any, _: Names) -> str:
    """Text as it was written; a yes and a no in words."""
    return ("Ja" if value else "Nej") if isinstance(value, bool) else str(value)


def code(value: Any, _: Names) -> str:
    """A code's Swedish word."""
    return word(value)


def person(value: Any, names: Names) -> str:
    """A person's name and HSA-id, or the HSA-id alone where HSA has not said the name."""
    name = names(value)
    return value if name is None else f"{name} ({value})"


def day(value: Any, _: Names) -> str:
    """A date in words."""
    return day_in_words(date.fromisoformat(str(value)))


def moment(value: Any, _: Names) -> str:
    """A time in words, by the clock in Sweden."""
    return moment_in_words(datetime.fromisoformat(value) if isinstance(value, str) else value)


def each(formatted: Formatted) -> Formatted:
    """Several values after each other."""
    return lambda values, names: ", ".join(formatted(value, names) for value in values)


def lines(labels: Mapping[str, Label], said: Mapping[str, Any], names: Names, *fields: str) -> Lines:
    """The labelled texts of those of the fields that are said."""
    return tuple((labels[name][0], labels[name][1](said[name], names)) for name in fields if said.get(name) is not None)
