"""A printed document as plain facts that a view fills in (C-55). Imports the standard library only.

Every text is shown as it is given: nothing in it is read as markup.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

NOT_FINAL = "UTKAST – EJ SLUTGILTIG, utskrift av pågående dokument"
"""Stands on every page of a document that is not locked or approved (C-55)."""

FINAL = "SLUTGILTIG"
"""Stands on every page of a document that is (C-55)."""


@dataclass(frozen=True, slots=True)
class PrintedPatient:
    """The patient. ``protected``: neither address, phone nor contacts are printed, whatever is filled in (C-62)."""

    name: str
    personnummer: str
    address: str | None = None
    phone: str | None = None
    protected: bool = False


@dataclass(frozen=True, slots=True)
class Printed:
    """Who printed it, for whom and why (C-55, SA). ``at`` has a time zone and is shown in Swedish time."""

    by: str
    unit: str
    for_whom: str
    why: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a head, as many cells in each; an empty cell is shown as a dash."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def __post_init__(self) -> None:
        if any(len(row) != len(self.head) for row in self.rows):
            raise ValueError(f"a row has not {len(self.head)} cells")


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with labelled texts, then paragraphs, then a table; an empty section is not shown.

    ``contacts``: it holds addresses, phones or relatives, and is left out for a protected person (C-62).
    """

    heading: str
    fields: tuple[tuple[str, str], ...] = ()
    paragraphs: tuple[str, ...] = ()
    table: Table | None = None
    contacts: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """One printable document. ``final``: it is locked or approved, as its process says (C-55)."""

    title: str
    final: bool
    case: str
    patient: PrintedPatient
    printed: Printed
    sections: tuple[Section, ...] = ()


def signatures(rows: tuple[tuple[str, str, str, str], ...], heading: str = "Kvittenser") -> Section:
    """The table of acknowledgements or adjustments: unit, role, person, time; empty cells where one is awaited."""
    return Section(heading, table=Table(("Enhet", "Roll", "Person", "Tid"), rows))
