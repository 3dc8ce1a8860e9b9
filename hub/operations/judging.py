"""Messages that operations hands to the rules, decided in the transaction of their act (D-4). Imports the intake and the shards."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from hub import clock
from hub.intake.arrival import Arrival
from hub.intake.commit import handle_in
from hub.intake.handled import Handled
from hub.shards import Shards
from hub.store.inbox import Connection
from hub.store.transaction import Store
from schemas.directory import Directory


async def judge(
    connection: Connection, store: Store, arrivals: Sequence[Arrival], directory: Directory, who: str
) -> Handled:
    """Decide on the messages as the intake does, in the caller's transaction. What they lead to is told to the hubs that deliver it. Raises
    ``Conflict`` where a hub was handling one of them: roll back, and read anew.
    """
    shards = Shards(store, who, takes_part=False)
    with shards.writing() as begins:
        return await handle_in(connection, arrivals, directory, NothingKnown(), clock.now(), shards, begins)


class NothingKnown:
    """What the registers said is not remembered here: what must be known of them is asked for by the hubs."""

    def person(self, personnummer: str, county: str, news: datetime | None = None) -> None:  # noqa: ARG002 - the protocol's
        """Nothing."""
        return

    def actor(self, actor: str, role: str) -> None:  # noqa: ARG002 - the protocol's
        """Nothing."""
        return

    def name(self, person: str) -> str | None:
        _ = person
        return None

    def asking(self, actor: str, role: str) -> None:  # noqa: ARG002 - the protocol's
        """Nothing is asked."""
        return
