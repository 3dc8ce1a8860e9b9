"""Times as people write them in a scenario: after the clock (``+26h``), or on the wall clock in Sweden. Imports the calendar."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import BeforeValidator, Field

from schemas.swedish_time import STOCKHOLM

_DURATION = re.compile(r"\+(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")
_STEPS = re.compile(r"([1-9]\d?) steps?")
_DURATION_PATTERN = r"^\+(\d+d)?(\d+h)?(\d+m)?(\d+s)?$"
_TIME_PATTERN = r"^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?$"
_STEPS_PATTERN = r"^[1-9]\d? steps?$"


def duration(text: str) -> timedelta | None:
    """``+26h``, ``+1d12h``, ``+90m``, ``+45s`` → the time that passes; a day is 24 hours. None where the text is no such."""
    found = _DURATION.fullmatch(text)
    if found is None or not any(found.groups()):
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def wall_clock(text: str) -> datetime | None:
    """A date and a time; without a zone it is the wall clock in Sweden. None where the text is no such.

    Raises ``ValueError`` for a time that the wall clock never shows, or shows twice, on a night when it changes.
    """
    try:
        said = datetime.fromisoformat(text) if re.fullmatch(_TIME_PATTERN, text) else None
    except ValueError:
        return None
    if said is None or said.tzinfo is not None:
        return said
    first, second = (said.replace(tzinfo=STOCKHOLM, fold=fold) for fold in (0, 1))
    if first.astimezone(UTC).astimezone(STOCKHOLM).replace(tzinfo=None) != said:
        raise ValueError(f"the clocks in Sweden never show {text}: they are put forward that night")
    if first.utcoffset() != second.utcoffset():
        either = " or ".join(one.isoformat() for one in (first, second))
        raise ValueError(f"the clocks in Sweden show {text} twice, for they are put back that night: write {either}")
    return first


def _moment(text: object) -> object:
    found = (duration(text) or wall_clock(text)) if isinstance(text, str) else text
    if not isinstance(found, timedelta | datetime):
        raise ValueError(  # noqa: TRY004 - a fault of the file
            "say how long after the scenario's clock, as +26h, +1d12h, +90m or +45s, or the time in Sweden, as 2026-03-02T14:30"
        )
    return found


def _time(text: object) -> object:
    found = wall_clock(text) if isinstance(text, str) else text
    if not isinstance(found, datetime | None):
        raise ValueError(  # noqa: TRY004
            "say the time in Sweden, as 2026-03-02T14:30, or with its zone, as 2026-03-02T13:30:00Z"
        )
    return found


def _late(text: object) -> object:
    found = text
    if isinstance(text, str):
        steps = _STEPS.fullmatch(text)
        found = int(steps[1]) if steps else duration(text) or wall_clock(text)
    if not isinstance(found, int | timedelta | datetime):
        raise ValueError(  # noqa: TRY004
            "say when the register answers: after 2 steps, +3h after the question, or the time in Sweden, as 2026-03-02T14:30"
        )
    return found


def _text(*patterns: str) -> object:
    """What the JSON Schema says of such a text."""
    return Annotated[str, Field(pattern="|".join(patterns))]


Moment = Annotated[
    timedelta | datetime, BeforeValidator(_moment, json_schema_input_type=_text(_DURATION_PATTERN, _TIME_PATTERN))
]
"""How long after the scenario's clock, or a time."""
Time = Annotated[datetime, BeforeValidator(_time, json_schema_input_type=_text(_TIME_PATTERN))]
"""A time, on the wall clock in Sweden where it has no zone."""
Late = Annotated[
    int | timedelta | datetime,
    BeforeValidator(_late, json_schema_input_type=_text(_STEPS_PATTERN, _DURATION_PATTERN, _TIME_PATTERN)),
]
"""When a register answers: after so many steps, so long after the question, or at a time."""
