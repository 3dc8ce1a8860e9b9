"""Looks at the database's time. Imports the clock and the transaction only."""

from __future__ import annotations

import time

from hub import clock
from hub.store.transaction import Store


async def look(store: Store) -> None:
    """Take up the database's time as the hub's. Raises ``Unavailable``."""
    async with store.transaction() as connection:
        asked_at = time.monotonic()
        found = await connection.execute("SELECT clock_timestamp()")
        ((moment,),) = await found.fetchall()
        clock.heard(moment, asked_at, time.monotonic())
