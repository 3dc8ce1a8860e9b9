"""What time it is: the database's time, so that all processes on all machines have the same, whatever their own clocks say.

Between two looks at the database time goes on with the machine's monotonic clock, which nobody sets. Before the first look it is the
machine's own time. Imports the standard library only.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime

_since_s = time.time() - time.monotonic()
"""The time at which the monotonic clock showed 0, in seconds since 1970."""


def now() -> datetime:
    """The time now, in UTC."""
    return datetime.fromtimestamp(time.monotonic() + _since_s, UTC)


def heard(moment: datetime, asked_at: float, answered_at: float) -> None:
    """Take up the database's time: it was ``moment`` somewhere between the two, which are seconds of ``time.monotonic``.

    Where what is known already may be right, within the time that the answer took, it stays: so time does not jump to and fro.
    """
    global _since_s  # noqa: PLW0603 - a process has one time
    since_s = moment.timestamp() - (asked_at + answered_at) / 2
    if abs(since_s - _since_s) > (answered_at - asked_at) / 2:
        _since_s = since_s


def machine_ahead_s() -> float:
    """By how many seconds this machine's own clock is ahead of the database's; negative where it is behind."""
    return time.time() - time.monotonic() - _since_s
