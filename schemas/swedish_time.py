"""Days and moments by Swedish time, and in Swedish words (law-and-lookups §1). Imports the standard library only."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

STOCKHOLM: Final = ZoneInfo("Europe/Stockholm")


def local_day(moment: datetime) -> date:
    """The calendar day of a moment in Sweden."""
    return moment.astimezone(STOCKHOLM).date()


def end_of_day(day: date) -> datetime:
    """The midnight in Sweden that ends a day, in UTC. The day may have 23 or 25 hours."""
    return datetime.combine(day + timedelta(days=1), time(), STOCKHOLM).astimezone(UTC)


_MONTHS: Final = (
    "januari", "februari", "mars", "april", "maj", "juni", "juli", "augusti", "september", "oktober", "november",
    "december",
)  # fmt: skip


def day_in_words(day: date) -> str:
    """25 november 2026."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def clock_with_zone(moment: datetime) -> str:
    """2026-11-25 22:26:03 CET: the clock in Sweden, to the second, with the zone that it shows then. For operations."""
    return f"{moment.astimezone(STOCKHOLM):%Y-%m-%d %H:%M:%S %Z}"


def moment_in_words(moment: datetime) -> str:
    """25 november 2026 kl. 22.26, in Swedish time."""
    local = moment.astimezone(STOCKHOLM)
    return f"{day_in_words(local.date())} kl. {local:%H.%M}"
