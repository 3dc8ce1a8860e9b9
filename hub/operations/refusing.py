"""Operations refuses a held message (D-4). Imports the intake, which decides on it as on any other."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from hub.errors import Refused
from hub.intake.stored import stored_arrival
from hub.operations.judging import judge
from hub.operations.known import the_directory
from hub.operations.reason import given, shown
from hub.operations.waiting import named
from hub.store import inbox, operator_log
from hub.store.transaction import Conflict, Store


@dataclass(frozen=True, slots=True)
class RefusedMessage:
    """A held message that operations has refused; its sender is told."""

    message: str


async def refuse(store: Store, which: int | str, who: str, reason: str) -> RefusedMessage:
    """Refuses a held message: its sender gets a receipt with the reason, and the messages behind it go on. ``which``: its number, or the
    id that it bears.
    """
    reason = given(reason)
    directory = await the_directory(store)
    for _ in range(TRIES):
        with suppress(Conflict):  # a hub was trying it: what stands now is read again
            async with store.transaction() as connection:
                found = await named(connection, which)
                rows = await inbox.load(connection, [one.key for one in found])
                arrivals = [stored_arrival(rows[one.key], one, directory) for one in found]
                for arrival in arrivals:
                    arrival.refused, arrival.defect = REFUSED, None
                handled = await judge(connection, store, arrivals, directory, who)
                if not handled.settled:  # a hub, or another of operations, has answered it at this moment
                    raise handled_meanwhile(found[0].message)
                await operator_log.record(connection, who, "refuse", found[0].message, reason)
            return RefusedMessage(found[0].message)
    raise being_tried()


def handled_meanwhile(message: str) -> Refused:
    """The refusal of an act on a message that a hub has handled at the same moment."""
    return Refused(
        "handled-meanwhile",
        f"{shown(message)} har hanterats under tiden; tidslinjen säger hur.",
        f"{shown(message)} has been handled meanwhile; its timeline says how.",
        "/message",
    )


def being_tried() -> Refused:
    """The refusal of an act on a message that a hub tries at every moment."""
    return Refused(
        "being-tried",
        "Meddelandet försöks hela tiden. Prova igen om en stund, eller pausa den som sänder.",
        "The message is being tried all the time. Try again in a while, or pause its sender.",
        "/message",
    )


REFUSED = Refused(
    "operations",
    "Driften har avvisat meddelandet. Kontakta hubbens drift.",
    "Operations has refused the message. Contact the hub's operations.",
)
TRIES = 20
