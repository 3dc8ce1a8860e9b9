"""The types of days and moments in messages, limited to the years that a stay can have. Imports pydantic and the standard library
only.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Annotated, Final

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SerializationInfo,
    SerializerFunctionWrapHandler,
    WrapSerializer,
)
from pydantic_core import PydanticCustomError

FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2099
"""Days outside of these years are refused. Systems send the first or last day of the calendar for "not set" and "until further
notice", and no deadline can be computed from such a day.
"""

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(?P<zone>[Zz]|[+-][0-9]{2}:[0-9]{2})?"
)
_DAY_PATTERN: Final = "(19|20)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_HOUR_AND_MINUTE: Final = "([01][0-9]|2[0-3]):[0-5][0-9]"
_TIME_PATTERN: Final = rf"{_HOUR_AND_MINUTE}:([0-5][0-9]|60)(\.[0-9]+)?"
"""For the JSON Schemas: many validators pass over ``format``, and a moment without its zone must not pass them."""
_KEPT_FRACTION: Final = len("2026-03-02T09:00:00.123456")
"""The store keeps microseconds; .NET and Go write seven and nine digits."""

YEARS: Final = {
    "sv": f"Ange ett år från {FIRST_YEAR} till {LAST_YEAR}; utelämna fältet där inget datum finns",
    "en": f"Give a year from {FIRST_YEAR} to {LAST_YEAR}; leave the field out where there is no date",
}
_DAY_FORM = {
    "sv": "Ange en dag som finns i kalendern, som text: ÅÅÅÅ-MM-DD",
    "en": "Give a day that the calendar has, as text: YYYY-MM-DD",
}
_MOMENT_FORM = {
    "sv": "Ange datum, klockslag med sekunder och tidszon, som text: 2026-03-02T09:00:00+01:00",
    "en": "Give date, time of day with seconds and zone, as text: 2026-03-02T09:00:00+01:00",
}
_NO_ZONE = {
    "sv": "Tidszonen saknas. Lägg till den sist i tiden: Z, +01:00 eller +02:00",
    "en": "The time zone is missing. Add it at the end of the time: Z, +01:00 or +02:00",
}
_NO_SUCH_TIME = {
    "sv": "Ange en dag, ett klockslag och en tidszon som finns: 2026-03-02T09:00:00+01:00",
    "en": "Give a day, a time of day and a zone that exist: 2026-03-02T09:00:00+01:00",
}


def can_be_of_a_stay(when: date) -> bool:
    """Whether a day, or a moment in its own zone, lies in the years that a stay can have."""
    return FIRST_YEAR <= when.year <= LAST_YEAR


def _of_a_stay(when: date) -> date:
    if not can_be_of_a_stay(when):
        raise PydanticCustomError("year_of_no_stay", "{en}", YEARS)
    return when


def _day(value: object) -> object:
    """A day as text or ``date``; numbers and moments are refused."""
    if type(value) is str and _DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    elif type(value) is date:
        return value
    raise PydanticCustomError("day_form", "{en}", _DAY_FORM)


def _moment(value: object) -> object:
    """A moment as text (RFC 3339) or ``datetime``; a leap second becomes the second before it."""
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise PydanticCustomError("moment_without_zone", "{en}", _NO_ZONE)
        return value
    found = _MOMENT.fullmatch(value) if type(value) is str else None
    if found is None:
        raise PydanticCustomError("moment_form", "{en}", _MOMENT_FORM)
    zone = found["zone"]
    if zone is None:
        raise PydanticCustomError("moment_without_zone", "{en}", _NO_ZONE)
    text = found[0][: -len(zone)][:_KEPT_FRACTION]
    if text[17:19] == "60":
        text = f"{text[:17]}59"
    try:
        return datetime.fromisoformat(text.replace("t", "T") + ("+00:00" if zone in "Zz" else zone))
    except ValueError:
        raise PydanticCustomError("moment_form", "{en}", _NO_SUCH_TIME) from None


CANONICAL: Final = {"moments": "UTC"}
"""The context of serialisation in which equal moments are written equally, whatever their zones."""


def in_utc(when: datetime) -> datetime:
    """The same moment in UTC."""
    return when.astimezone(UTC)


def _as_sent(when: datetime, write: SerializerFunctionWrapHandler, info: SerializationInfo) -> object:
    """The moment in the sender's zone; in UTC when messages are compared."""
    return write(in_utc(when) if info.context is CANONICAL else when)


Day = Annotated[
    date,
    BeforeValidator(_day),
    AfterValidator(_of_a_stay),
    Field(json_schema_extra={"pattern": f"^{_DAY_PATTERN}$"}),
]
"""A calendar day in Europe/Stockholm."""

Moment = Annotated[
    datetime,
    BeforeValidator(_moment),
    AfterValidator(_of_a_stay),
    WrapSerializer(_as_sent),
    Field(json_schema_extra={"pattern": f"^{_DAY_PATTERN}[Tt]{_TIME_PATTERN}([Zz]|[+-]{_HOUR_AND_MINUTE})$"}),
]
"""A moment with its zone; without one it is refused, because it could mean several moments."""
