"""What a region and its municipalities agree on the clock of lag 2017:612. Imports the parts only."""

from __future__ import annotations

import re
from datetime import time
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, Strict, model_validator

from schemas.entry import Entry
from schemas.parts import Code, Flag

_CLOCK = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9])?")


def _wall_clock(value: object) -> object:
    """A local time of day; a time with a zone is refused, because it would move between summer and winter."""
    if isinstance(value, time) and value.tzinfo is None:
        return value
    if isinstance(value, str) and _CLOCK.fullmatch(value):
        return time.fromisoformat(value)
    raise ValueError(
        'ange ett klockslag inom citattecken, som "12:30"', 'give a time of the local day in quotes, as in "12:30"'
    )


LocalTime = Annotated[time, BeforeValidator(_wall_clock)]
"""A time of day in Europe/Stockholm."""
Days = Annotated[int, Strict(), Field(ge=0, le=365)]
Hours = Annotated[int, Strict(), Field(ge=1, le=8760)]
Year = Annotated[int, Field(ge=2000, le=2200)]
"""A calendar year; a text in JSON, where it is a member's name."""
Kronor = Annotated[int, Strict(), Field(ge=0, le=1_000_000)]


class Agreement(Entry):
    """What a region and its municipalities agree on the clock of lag 2017:612; the defaults are the law's own, where it
    has any.
    """

    start_days: Days = 3
    """Calendar days from the day of the notice to the first liable day (5:4)."""
    late_start_days: Days = 4
    """The same for a notice sent after ``cutoff`` (5:4)."""
    cutoff: LocalTime = time(12)
    """Local time; a notice sent strictly after it is late, at 12.00.00 it is not (5:4, the boundary is our reading)."""
    count_day_0: Flag = False
    """Whether the day of the notice is itself a day of the monthly average (4:4; Stockholm)."""
    method: Literal["per_case", "monthly_average"] = "per_case"
    """Whether each case is liable by itself (5:4) or a municipality's cases of a month together (4:4)."""
    average_days: float = Field(default=3, strict=True, ge=0, le=365, allow_inf_nan=False)
    """Days per case and month; above it the municipality owes (4:4; Skåne, Dalarna, Norrbotten)."""
    amounts: dict[Year, Kronor] = Field(default={2019: 7_800, 2020: 8_200, 2022: 9_300, 2023: 10_500})
    """Calendar year → kr per day, set yearly (5:6, 4:5); a year that is absent is unknown."""
    kvittens_hours: Hours = 24
    """Hours after which a kvittens that has not come is reported as overdue (D-9, our settling)."""
    admission_notice_hours: Hours = 24
    """Hours from the admission within which the inskrivningsmeddelande is given (2:3)."""
    subgoal_days: Days = 3
    """Calendar days after the day of the meeting within which each unit adds a sub-goal (Lifecare SP, our settling)."""
    follow_up_call_days: Days = 14
    """Calendar days before the day of the follow-up on which the coordinator is to call to it (Lifecare SP, our settling)."""
    call_days: Days = 3
    """Calendar days after the utskrivningsklar notice within which the SIP is called (4:3)."""
    vardkontakt_warn: LocalTime = time(12)
    """Local time on the day before the discharge date, when a fast vardkontakt that is still missing is told (2:5, our
    settling).
    """
    sip_positions: tuple[Code, ...] = ("sip_behovs",)
    """Codes of the ward's position on SIP that make one due (V-12, 4:1, 5:3)."""
    access_hours: Hours = 24
    """Hours for which an access by consent or menprovning is valid for the person who registered it (C-5, our settling)."""
    archive_hours: Hours = 72
    """Hours that a discharged case stays on the start list (C-54), and may be undone (V-17)."""

    @model_validator(mode="after")
    def _late_is_no_earlier(self) -> Self:
        if self.late_start_days < self.start_days:
            raise ValueError("late_start_days är mindre än start_days", "late_start_days is less than start_days")
        return self

    def amount(self, year: int) -> int | None:
        """Kr per liable day in a calendar year (5:6); None when it is not configured."""
        return self.amounts.get(year)
