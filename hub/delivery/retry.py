"""When a failed attempt is made again (D-6). Imports the language only."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from schemas.ways_out import Delivery

_JITTER = 0.2
"""A wait varies by this share to both sides, so that systems that failed together do not come back together."""


def next_attempt(
    delivery: Delivery,
    attempts: int,
    first_tried_at: datetime,
    now: datetime,
    retry_after_s: float | None = None,
    refused_since: datetime | None = None,
) -> datetime | None:
    """The time of the next attempt after ``attempts`` failed ones, or None when the time is up and the row is dead.

    The time counts from the first try, however long the row waited before it, and without the time in which nobody could try
    it (``Item.failed``). ``refused_since``: since when the receiver answers as one that is being set up anew.
    """
    if (now - first_tried_at).total_seconds() >= delivery.give_up_s:
        return None
    if refused_since is not None and (now - refused_since).total_seconds() >= delivery.deploy_s:
        return None
    wait = delivery.schedule_s[min(attempts - 1, len(delivery.schedule_s) - 1)]
    wait *= 1 + random.uniform(-_JITTER, _JITTER)  # noqa: S311 - not for secrets
    return now + timedelta(seconds=max(wait, retry_after_s or 0))
