"""What a process has to print: titles, labels and how values are read on paper (C-55). Pure; imports the case and the
language only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

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
class PrintedDocument:
    """A document that may be printed once it is begun."""

    title: str
    parts: Callable[[Mapping[str, Any], Names], tuple[PrintedPart, ...]]
    """What it says, of the case as it is shown (``whole``); empty when there is nothing of it yet."""
    is_final: Callable[[Case], bool]
    """Whether it is marked as final (C-55)."""
    after: Callable[[Mapping[str, Any], Names], tuple[PrintedPart, ...]] = lambda _, __: ()
    """What stands last, after the signatures."""


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
