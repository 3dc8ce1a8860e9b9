"""The demo's clock: the moment now, and the day that it is in Sweden. Imports ``schemas.swedish_time`` only.

Every day in a message is a Swedish one. Between midnight and one o'clock (two in summer) UTC still has the day before, on which the
patient had not come.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

from schemas.swedish_time import local_day


def now() -> datetime:
    """The moment now, in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """The day that it is now in Sweden."""
    return local_day(now())
