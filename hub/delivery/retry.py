"""When a failed attempt is repeated, and which time counts as time of trying (D-6). Imports the language only."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from hub import clock
from schemas.ways_out import Delivery

_JITTER = 0.2
"""Each wait varies by this share up and down, so that systems that failed together are not all tried at the same moment."""
_STOPPED = timedelta(seconds=90)
"""A lane whose loop has not run for this long was stopped, with its process or its machine."""


def next_attempt(
    delivery: Delivery,
    attempts: int,
    first_tried_at: datetime,
    now: datetime,
    retry_after_s: float | None = None,
    refused_since: datetime | None = None,
) -> datetime | None:
    """The time of the next attempt after ``attempts`` failed ones; None when the time of trying is over and the row is dead.

    ``first_tried_at`` leaves out time in which the hub could not try (``OutboxRow.failed``), and time before the first
    attempt does not count. ``refused_since``: since when the receiver has refused every attempt for reasons of its own.
    """
    if (now - first_tried_at).total_seconds() >= delivery.give_up_s:
        return None
    if refused_since is not None and (now - refused_since).total_seconds() >= delivery.deploy_s:
        return None
    wait = delivery.schedule_s[min(attempts - 1, len(delivery.schedule_s) - 1)]
    wait *= 1 + random.uniform(-_JITTER, _JITTER)  # noqa: S311 - not for secrets
    return now + timedelta(seconds=max(wait, retry_after_s or 0))


class AbleSince:
    """Since when this hub has been able to send to a system; earlier time does not count as time of trying (D-6)."""

    def __init__(self) -> None:
        self.at = self._checked_at = clock.now()

    def reset(self) -> None:
        """The hub could not send until now: its database was away, or its locks were lost."""
        self.at = clock.now()

    def check(self) -> None:
        """Call at every round of the lane: a long gap between two calls means that the process was stopped."""
        now = clock.now()
        if now - self._checked_at > _STOPPED:
            self.at = now
        self._checked_at = now
