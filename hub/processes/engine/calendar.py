"""What a process has for a calendar: meetings and days, without anything of the person (D-10). Pure; imports the language only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from schemas.swedish_time import local_day


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """A meeting, or a day on which something is due."""

    case: str
    """The id of its case."""
    key: str
    """What tells it from the case's other entries, for ever: a meeting's id."""
    title: str
    """What readers see in their calendar, in Swedish: what kind of entry it is, and the form of a meeting."""
    begins: datetime | date
    """When a meeting begins; the day of an entry without a time."""
    changed: datetime
    """When its version was made."""
    version: int
    """Counts its changes; the first version is 1."""
    by: str
    """HSA-id of the unit that called, or that coordinates."""
    ends: datetime | None = None
    """When a meeting ends, where it is said."""
    place: str | None = None
    link: str | None = None
    """Where those who come from afar find it."""
    category: str | None = None
    """The kind of entry in a word, by which readers give it a colour (LC l.428)."""
    taken_out: bool = False
    """It stands in the unit's calendar no more: it is recalled, or the unit is not called to it."""

    @property
    def is_meeting(self) -> bool:
        """Whether it has a time, and can be fetched by itself."""
        return isinstance(self.begins, datetime)

    @property
    def day(self) -> date:
        """The Swedish day on which it begins."""
        return local_day(self.begins) if isinstance(self.begins, datetime) else self.begins
