"""Reads the HTTP header ``Retry-After`` of receivers and registers (RFC 9110 10.2.3). Pure; imports the standard library only."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_LONGEST_S = 24 * 3600.0


def retry_after(header: str | None, now: datetime) -> float | None:
    """The seconds of a ``Retry-After`` (a number, or a date in one of HTTP's three forms), at most a day; None when it is absent
    or unreadable.
    """
    if header is None:
        return None
    try:
        seconds = float(header) if header.strip().isdigit() else (_date(header.strip()) - now).total_seconds()
    except (TypeError, ValueError, OverflowError):
        return None
    return min(max(seconds, 0.0), _LONGEST_S)


def _date(header: str) -> datetime:
    """A date in one of HTTP's three forms; the oldest, asctime's, has no zone and means UTC."""
    try:
        return datetime.strptime(" ".join(header.split()), "%a %b %d %H:%M:%S %Y").replace(tzinfo=UTC)
    except ValueError:
        return parsedate_to_datetime(header)
