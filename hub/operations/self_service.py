"""What a system does for itself: a test notice, and a replay of what it was told since a time (D-7). Imports the store and the language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from uuid_utils import uuid7

from hub import clock
from hub.errors import Refused
from hub.intake.told_elsewhere import Elsewhere
from hub.operations import replays
from hub.store import announcements, credentials, operator_log, replayable
from hub.store.replayable import Connection, RowFilter
from schemas.directory import System
from schemas.messages import Announcement, BilingualText

MOST_REPLAYED: Final = 5_000
"""Notices in one replay; of more, the time is narrowed."""
FURTHEST: Final = timedelta(days=30)
"""How far back a system may replay by itself."""
TEST: Final = Announcement(
    text=BilingualText(
        sv="Prov av er anslutning, på er egen begäran. Inget behöver göras.",
        en="A test of your connection, which you asked for. Nothing need be done.",
    ),
    test=True,
)


async def send_test(connection: Connection, system: System, who: str, reason: str) -> str:
    """Write a test notice, which goes the whole way out of the system; return its id."""
    id_ = f"test-{uuid7()}"
    await announcements.add(connection, id_, TEST, [system.id], clock.now())
    await operator_log.record(connection, who, "test", system.id, reason)
    return id_


@dataclass(frozen=True, slots=True)
class ToldAgain:
    """What a replay sends again, or would."""

    replay: int | None
    """Its number; None of a dry run."""

    count: int
    cases: int
    gallrade: int
    """Notices that are left out, since their content has been removed."""
    until: datetime
    """The moment up to which it goes: what is accepted or sent later changes no count."""


async def replay(
    connection: Connection, system: System, since: datetime, until: datetime | None, expected: int | None
) -> ToldAgain:
    """Tell the system again what it was told from one moment up to another, or to now, marked as a replay. ``expected``: the number of a
    dry run before; None for the dry run. Raises ``Refused`` where there is more than one replay may hold, or another number than expected.
    """
    if since < clock.now() - FURTHEST:
        raise Refused(
            "too-far-back",
            f"Ange en tid inom {FURTHEST.days} dygn. Äldre sänds om av hubbens drift.",
            f"Give a moment within {FURTHEST.days} days. What is older is sent again by the hub's operations.",
            "/since",
        )
    await credentials.lock(connection, system.id)
    until = until or clock.now()
    wanted = RowFilter(system=system.id, since=since, until=until, as_of=until)
    rows, gallrade = await replayable.sent(connection, wanted, MOST_REPLAYED + 1)
    if len(rows) > MOST_REPLAYED:
        raise Refused(
            "too-many-to-replay",
            f"Fler än {MOST_REPLAYED} underrättelser har sänts sedan dess. Ange en senare tid.",
            f"More than {MOST_REPLAYED} notices were sent since then. Give a later moment.",
            "/since",
        )
    cases = len({row.key for row in rows})
    if expected is None:
        return ToldAgain(None, len(rows), cases, gallrade, until)
    if expected != len(rows):
        raise Refused(
            "another-count",
            f"Det är {len(rows)} underrättelser nu, inte {expected}. Prova först (utan expected), och ange antalet och until därifrån.",
            f"It is {len(rows)} notices now, not {expected}. Try first (without expected), and give the number and until of that.",
            "/expected",
        )
    number = None
    if rows:
        why = f"what it was sent since {since.isoformat()}, by the system itself"
        number = (
            await replays.begin(
                connection,
                Elsewhere(rows, frozenset()),
                wanted,
                system.id,
                why,
                replays.Limits(),
                of_sent=True,
                own=True,
            )
        ).id
    return ToldAgain(number, len(rows), cases, gallrade, until)
