"""What a system has sent and was told in a time, and by their ids; what its last own list differed in. Imports psycopg and the store only.

Everything is of one system: an id of another's is found no more than one that nobody has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from psycopg import AsyncConnection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from hub.store import notice_search, search
from hub.store.inbox import Key
from hub.store.transaction import keys as texts
from hub.store.walk import Pace

Connection = AsyncConnection[tuple[Any, ...]]
_LONGEST_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class BookedMessage:
    """A message of the system's."""

    source: str
    id: str
    name: str | None
    received_at: datetime
    code: str | None
    """Of its receipt; None while it is held."""
    rule: str | None
    case_id: str | None

    @property
    def outcome(self) -> str:
        """What the hub did with it."""
        return "held" if self.code is None else "accepted" if self.code == "ok" else "refused"


@dataclass(frozen=True, slots=True)
class BookedNotice:
    """A notice, receipt or announcement to the system."""

    id: int
    name: int
    """The number in its ``webhook-id``."""
    kind: str
    message: str
    case_id: str | None
    sequence: int | None
    accepted_at: datetime
    state: str
    sent_at: datetime | None


_MESSAGE: Final = (
    "SELECT m.source, m.id, m.name, m.received_at, m.receipt->>'code' AS code, m.receipt->>'rule' AS rule,"
    " m.case_id::text FROM message m"
)
_NOTICE: Final = (
    "SELECT id, coalesce(known_as, id) AS name, kind, message, case_id::text, sequence, accepted_at, state, sent_at"
    " FROM outbox"
)


async def sent(
    connection: Connection, system: str, since: datetime, until: datetime, limit: int
) -> list[BookedMessage]:
    """What the system sent in a time, oldest first."""
    found = await connection.cursor(row_factory=class_row(BookedMessage)).execute(
        f"{_MESSAGE} WHERE m.system = %s AND m.received_at >= %s AND m.received_at < %s ORDER BY m.received_at LIMIT %s",
        (system, since, until, limit),
        prepare=False,
    )
    return await found.fetchall()


async def with_keys(connection: Connection, system: str, keys: Sequence[Key]) -> list[BookedMessage]:
    """The system's messages with these keys."""
    found = await connection.cursor(row_factory=class_row(BookedMessage)).execute(
        f"{_MESSAGE} JOIN unnest(%s::text[], %s::text[]) AS k (source, id) USING (source, id) WHERE m.system = %s",
        (texts(source for source, _ in keys), texts(id_ for _, id_ in keys), system),
        prepare=False,
    )
    return await found.fetchall()


async def told(
    connection: Connection, system: str, since: datetime, until: datetime, limit: int
) -> list[BookedNotice] | None:
    """What the system was told, or is to be told, of what was accepted in a time, oldest first; None where it takes too long."""
    wanted = notice_search.NoticesWanted(search.MessagesWanted(since=since, until=until), (system,))
    walked = await notice_search.walk(connection, wanted, None, limit, Pace(_LONGEST_S))
    if walked.reached is not None and len(walked.rows) < limit:
        return None
    found = await connection.cursor(row_factory=class_row(BookedNotice)).execute(
        f"{_NOTICE} WHERE id = ANY(%s) ORDER BY id",
        (list(walked.rows),),
    )
    return await found.fetchall()


async def with_names(connection: Connection, system: str, names: Sequence[int]) -> list[BookedNotice]:
    """The system's rows by the number in their ``webhook-id``."""
    found = await connection.cursor(row_factory=class_row(BookedNotice)).execute(
        f"{_NOTICE} WHERE system = %(system)s AND kind IN ('notice', 'receipt', 'announcement')"
        " AND ((id = ANY(%(names)s) AND known_as IS NULL) OR known_as = ANY(%(names)s))",
        {"system": system, "names": list(names)},
    )
    return await found.fetchall()


@dataclass(frozen=True, slots=True)
class LastList:
    """What a system's last own list and the hub's books differed in."""

    at: datetime
    since: datetime
    until: datetime
    found: dict[str, Any]


async def keep(connection: Connection, system: str, since: datetime, until: datetime, found: dict[str, Any]) -> None:
    """Keep what the list that has come differs in; the one before is forgotten."""
    await connection.execute(
        "INSERT INTO reconciliation (system, since, until, found) VALUES (%s, %s, %s, %s) ON CONFLICT (system) DO UPDATE"
        " SET at = now(), since = excluded.since, until = excluded.until, found = excluded.found",
        (system, since, until, Jsonb(found)),
    )


async def last(connection: Connection, system: str) -> LastList | None:
    """What the system's last own list differed in; None where it never sent one."""
    found = await connection.cursor(row_factory=class_row(LastList)).execute(
        "SELECT at, since, until, found FROM reconciliation WHERE system = %s", (system,)
    )
    return await found.fetchone()
