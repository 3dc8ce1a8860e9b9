"""Operations refuses a held message (D-4). Imports the intake, which decides on it as on any other."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from hub import clock
from hub.errors import Misconfigured, Refused
from hub.intake.commit import handle_in
from hub.intake.stored import stored_arrival
from hub.operations.reason import check
from hub.operations.waiting import named
from hub.shards import Shards
from hub.store import directory as directories
from hub.store import inbox, operator_log
from hub.store.transaction import Conflict, Store


async def refuse(store: Store, message: str, who: str, reason: str) -> str:
    """Refuses a held message: its sender gets a receipt with the reason, and the messages behind it go on."""
    check(reason)
    current = await directories.current(store)
    if current is None:
        raise Misconfigured("there is no directory")
    for _ in range(_TRIES):
        with suppress(Conflict):  # a hub was trying it: what stands now is read again
            async with store.transaction() as connection:
                found = await named(connection, message)
                rows = await inbox.load(connection, [one.key for one in found])
                arrivals = [stored_arrival(rows[one.key], one, current[1]) for one in found]
                for arrival in arrivals:
                    arrival.refused, arrival.defect = REFUSED, None
                shards = Shards(store, who, takes_part=False)
                with shards.writing() as begins:
                    handled = await handle_in(
                        connection, arrivals, current[1], NothingKnown(), clock.now(), shards, begins
                    )
                if all(receipt.rule != REFUSED.rule for receipt in handled.receipts):
                    raise Misconfigured(f"{message} has been handled meanwhile; see `hub timeline {message}`")
                await operator_log.record(connection, who, "refuse", message, reason)
            return f"{message} is refused; its sender is told"
    raise Misconfigured(f"{message} is being tried all the time; pause its sender, or try again")


REFUSED = Refused(
    "operations",
    "Driften har avvisat meddelandet. Kontakta hubbens drift.",
    "Operations has refused the message. Contact the hub's operations.",
)
_TRIES = 20


class NothingKnown:
    """For a batch that decides nothing."""

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
