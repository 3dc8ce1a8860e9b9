"""The header ``Retry-After`` of an HTTP answer, of a receiver's and of a register's alike (RFC 9110 10.2.3). Pure; imports
the standard library only.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_LONGEST_S = 24 * 3600.0


def retry_after(header: str | None, now: datetime) -> float | None:
    """Seconds of a ``Retry-After`` (a number, or a date in one of HTTP's three forms), a day at the most; None when it is
    absent or unreadable.
    """
    if header is None:
        return None
    try:
        seconds = float(header) if header.strip().isdigit() else (_date(header.strip()) - now).total_seconds()
    except (TypeError, ValueError, OverflowError):
        return None
    return min(max(seconds, 0.0), _LONGEST_S)


def _date(header: str) -> datetime:
    """Of the three forms the oldest (asctime's) names no zone and means UTC."""
    try:
        return datetime.strptime(" ".join(header.split()), "%a %b %d %H:%M:%S %Y").replace(tzinfo=UTC)
    except ValueError:
        return parsedate_to_datetime(header)
