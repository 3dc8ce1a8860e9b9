"""Times, durations and shares as people read them. Imports the clock and Markup only.

Times are Swedish, with their zone, in both languages.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from markupsafe import Markup

from hub import clock

SWEDEN: Final = ZoneInfo("Europe/Stockholm")
_MONTHS: Final = {
    "sv": ("jan", "feb", "mars", "apr", "maj", "juni", "juli", "aug", "sep", "okt", "nov", "dec"),
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "June", "July", "Aug", "Sep", "Oct", "Nov", "Dec"),
}
_NOW: Final = {"sv": "nu", "en": "now"}
_UNITS: Final = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def swedish(moment: str | datetime) -> datetime:
    """A moment of the operations API in Swedish time."""
    found = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    try:
        return found.astimezone(SWEDEN)
    except OverflowError:  # the first and the last day that there are
        return found


def time_of(moment: str | datetime | None, language: str) -> Markup:
    """``27 nov 08:15:32 CET``, with the whole of it for machines; the year where it is another."""
    if moment is None:
        return Markup("–")
    found = swedish(moment)
    year = "" if found.year == clock.now().astimezone(SWEDEN).year else f" {found.year}"
    return Markup('<time datetime="{}">{}{} {} <span class="zone">{}</span></time>').format(
        found.isoformat(timespec="seconds"),
        f"{found.day} {_MONTHS[language][found.month - 1]}",
        year,
        f"{found:%H:%M:%S}",
        found.tzname(),
    )


_WRITTEN: Final = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) (CES?T)")


def times_in(sentence: str, language: str) -> str:
    """A sentence of the operations API, with its times (``2026-11-27 08:15:32 CET``) as the console writes them."""

    def shown(found: re.Match[str]) -> str:
        day = date.fromisoformat(found[1])
        year = "" if day.year == clock.now().astimezone(SWEDEN).year else f" {day.year}"
        return f"{day.day} {_MONTHS[language][day.month - 1]}{year} {found[2]} {found[3]}"

    return _WRITTEN.sub(shown, sentence)


def clock_of(moment: str | datetime, language: str) -> Markup:
    """The time of the day alone: ``08:15:32 CET``."""
    _ = language
    found = swedish(moment)
    return Markup('<time datetime="{}">{} <span class="zone">{}</span></time>').format(
        found.isoformat(timespec="seconds"), f"{found:%H:%M:%S}", found.tzname()
    )


def during(start: datetime, end: datetime | None, language: str) -> Markup:
    """``27 nov 08:00–09:00``, a whole day ``27 nov``; without an end until now. In Swedish time, as both are."""
    day = f"{start.day} {_MONTHS[language][start.month - 1]}"
    begins, ends = f"{start:%H:%M}", _NOW[language] if end is None else f"{end:%H:%M}"
    if begins == ends == "00:00":
        return Markup('<time datetime="{}">{}</time>').format(f"{start:%Y-%m-%d}", day)
    ends = "24:00" if ends == "00:00" else ends
    return Markup('<time datetime="{}">{} {}–{}</time>').format(start.isoformat(timespec="seconds"), day, begins, ends)


def duration(seconds: float | None) -> str:
    """The two greatest units: ``2 d 3 h``, ``45 s``; below a second ``120 ms``."""
    if seconds is None:
        return "–"
    if 0 < seconds < 1:
        return f"{max(1, round(seconds * 1000))} ms"
    left, parts = int(seconds), list[str]()
    for unit, size in _UNITS:
        if left >= size or (unit == "s" and not parts):
            parts.append(f"{left // size} {unit}")
            left %= size
    return " ".join(parts[:2])


def since(moment: str | datetime | None) -> str:
    """How long ago."""
    return "–" if moment is None else duration(max(0.0, (clock.now() - swedish(moment)).total_seconds()))


def percent(share: float | None, language: str) -> str:
    """``99,7 %``, in English ``99.7%``; never 100 where something is missing."""
    if share is None:
        return "–"
    shown = f"{min(99.9, round(share * 100, 1)) if share < 1 else 100:g}"
    return f"{shown}%" if language == "en" else f"{shown} %".replace(".", ",")
