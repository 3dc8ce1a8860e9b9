"""What a system does for itself: a test notice, and a replay of what it was told since a time (D-7). Imports the store and the language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from uuid_utils import uuid7

from hub import clock
from hub.errors import Refused
from hub.store import announcements, credentials, of_system, operator_log
from hub.store.of_system import Connection, ToldRow
from schemas.directory import System
from schemas.messages import Announcement, BilingualText

MOST_REPLAYED: Final = 5_000
"""Notices in one replay; of more, the time is narrowed."""
REPLAYED_A_SECOND: Final = 50.0
FURTHEST: Final = timedelta(days=30)
"""How far back a system may replay by itself."""
_PAGE: Final = 1_000
_LATE: Final = timedelta(minutes=10)
"""By so much the moments of rows may differ from the order of their ids."""
TEST: Final = Announcement(
    text=BilingualText(
        sv="Prov av er anslutning, på er egen begäran. Inget behöver göras.",
        en="A test of your connection, which you asked for. Nothing need be done.",
    ),
    test=True,
)


async def send_test(connection: Connection, system: System) -> str:
    """Write a test notice, which goes the whole way out of the system; return its id."""
    id_ = f"test-{uuid7()}"
    await announcements.add(connection, id_, TEST, [system.id], clock.now())
    await operator_log.record(connection, system.id, "test", system.id, "asked for by the system itself")
    return id_


@dataclass(frozen=True, slots=True)
class Replay:
    """What a replay sends again, or would."""

    count: int
    cases: int
    done: bool
    gallrade: int
    """Notices that are left out, since their content has been removed."""
    until: datetime
    """The moment up to which it goes: what is told meanwhile changes no count."""


async def replay(
    connection: Connection, system: System, since: datetime, until: datetime | None, expected: int | None
) -> Replay:
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
    told = await _between(connection, system.id, since, until)
    rows = [row for row in told if not row.gallrad]
    gallrade = len(told) - len(rows)
    if len(rows) > MOST_REPLAYED:
        raise Refused(
            "too-many-to-replay",
            f"Fler än {MOST_REPLAYED} underrättelser har sänts sedan dess. Ange en senare tid.",
            f"More than {MOST_REPLAYED} notices were sent since then. Give a later moment.",
            "/since",
        )
    cases = len({row.case_id for row in rows})
    if expected is None:
        return Replay(len(rows), cases, done=False, gallrade=gallrade, until=until)
    if expected != len(rows):
        raise Refused(
            "another-count",
            f"Det är {len(rows)} underrättelser nu, inte {expected}. Prova först (utan expected), och ange antalet och until därifrån.",
            f"It is {len(rows)} notices now, not {expected}. Try first (without expected), and give the number and until of that.",
            "/expected",
        )
    count = await of_system.replay(connection, [row.id for row in rows], REPLAYED_A_SECOND)
    await operator_log.record(
        connection, system.id, "replay", system.id, f"{count} notices since {since.isoformat()}, by the system itself"
    )
    return Replay(count, cases, done=True, gallrade=gallrade, until=until)


async def _between(connection: Connection, system: str, since: datetime, until: datetime) -> list[ToldRow]:
    """The notices that were sent to the system and accepted from one moment up to another, at the most one more than a replay may hold."""
    found: list[ToldRow] = []
    before: int | None = None
    while len(found) <= MOST_REPLAYED:
        page = await of_system.told(connection, system, before, _PAGE)
        found += [
            row for row in page if row.kind == "notice" and row.state == "sent" and since <= row.accepted_at < until
        ]
        if len(page) < _PAGE or page[-1].accepted_at < since - _LATE:
            break
        before = page[-1].id
    return found[: MOST_REPLAYED + 1]
