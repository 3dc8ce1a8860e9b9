"""The wall clock and the calendar in Sweden (law-and-lookups §1)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

STOCKHOLM: Final = ZoneInfo("Europe/Stockholm")


def local_day(moment: datetime) -> date:
    """The calendar day in Sweden of a moment with its zone."""
    return moment.astimezone(STOCKHOLM).date()
