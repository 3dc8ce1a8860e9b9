"""What the regions' rules of gallring would remove, counted. Imports the store."""

from __future__ import annotations

from typing import Final

from hub import clock
from hub.errors import Refused
from hub.operations.rights import Operator
from hub.store import gallring_counts
from hub.store.gallring_counts import DueContent, TakesTooLong
from hub.store.transaction import Store
from schemas.directory import Directory

_MOST_S: Final = 25.0
"""Seconds that each of its statements may take over the network; at the machine itself, as on a standby, it may take any time."""


async def counted(store: Store, directory: Directory, operator: Operator) -> DueContent:
    """Every old case is read: one counts at a time. Raises ``Refused`` 409 while another does, and where it takes too long."""
    async with store.transaction() as connection:
        if not await gallring_counts.alone(connection):
            raise _not_counted(
                "Någon annan räknar just nu. Vänta tills den är klar, och fråga igen.",
                "Somebody else is counting now. Wait until that is done, and ask again.",
            )
        try:
            most_s = None if operator.session is None else _MOST_S
            return await gallring_counts.counted(connection, directory, clock.now(), most_s)
        except TakesTooLong:
            raise _not_counted(
                "Det är för många ärenden för att räknas här. Kör hub gallring på databasen själv, eller på en kopia som bara läses.",
                "There are too many cases to be counted here. Run hub gallring on the database itself, or on a standby.",
            ) from None


def _not_counted(sv: str, en: str) -> Refused:
    return Refused("not-counted", sv, en, "/", 409)
