"""Tries the held messages that are due (D-4). Imports the arrivals and the store."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from hub.intake.arrival import Arrival
from hub.intake.stored import stored_arrival
from hub.store import edits, held, inbox
from hub.store.transaction import Store
from schemas.directory import Directory

_AT_ONCE = 100


async def retry(
    store: Store,
    directory: Directory,
    submit: Callable[[Sequence[Arrival]], Awaitable[object]],
    now: datetime,
) -> int:
    """Submits every held message that is due, those of one case together and in their order; returns how many.

    Raises ``Unavailable`` when the store does not answer. A message that was not tried is due again after half a minute.
    """
    tried = 0
    while True:
        async with store.transaction() as connection:
            due = await held.claim(connection, now, _AT_ONCE)
            rows = await inbox.load(connection, [one.key for one in due])
            edited = await edits.edited(connection, list(rows)) if rows else set()
        by_case: dict[str, list[Arrival]] = {}
        for one in due:
            by_case.setdefault(one.case_key, []).append(
                stored_arrival(rows[one.key], one, directory, edited=one.key in edited)
            )
        await asyncio.gather(*[submit(arrivals) for arrivals in by_case.values()])
        tried += len(due)
        if len(due) < _AT_ONCE:
            return tried
