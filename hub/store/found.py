"""What a search shows of messages and notices: what they are, when, whose, and what became of them; never what they say. Imports psycopg
and the store only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from psycopg import AsyncConnection
from psycopg.rows import class_row

from hub.store.inbox import Key
from hub.store.transaction import keys as texts

Connection = AsyncConnection[tuple[Any, ...]]


@dataclass(slots=True)
class FoundMessage:
    """One message."""

    source: str
    id: str
    system: str
    received_at: datetime
    name: str | None
    case_id: str | None
    sequence: int | None
    code: str | None
    """Of its receipt; None while it is held."""
    rule: str | None
    element: str | None
    gallrad: bool
    """What it said has been removed."""
    told: Mapping[str, int] = field(default_factory=dict)
    """State → how many notices of it are in that state."""

    @property
    def outcome(self) -> str:
        """What the hub did with it."""
        return "held" if self.code is None else "accepted" if self.code == "ok" else "refused"


@dataclass(slots=True)
class FoundNotice:
    """One row of the outbox."""

    id: int
    name: int
    """The number in its ``webhook-id``."""
    kind: str
    system: str
    units: list[str]
    source: str
    message: str
    case_id: str | None
    sequence: int | None
    accepted_at: datetime
    state: str
    behind: bool
    attempts: int
    answer: str | None
    sent_at: datetime | None
    due_at: datetime


_MESSAGE: Final = (
    "SELECT m.source, m.id, m.system, m.received_at, m.name, m.case_id::text, m.sequence, m.receipt->>'code' AS code,"
    " m.receipt->>'rule' AS rule, m.receipt->>'element' AS element, m.raw = '' AS gallrad"
    " FROM unnest(%s::text[], %s::text[]) AS k (source, id) JOIN message m USING (source, id)"
)
_TOLD: Final = (
    "SELECT o.case_id::text, o.sequence, o.state, count(*) FROM unnest(%s::uuid[], %s::int[]) AS k (case_id, sequence)"
    " JOIN outbox o USING (case_id, sequence) WHERE o.kind = 'notice' GROUP BY 1, 2, 3"
)


async def messages(connection: Connection, keys: Sequence[Key]) -> dict[Key, FoundMessage]:
    """Messages by key, each with how many were told of it."""
    found = await connection.cursor(row_factory=class_row(FoundMessage)).execute(
        _MESSAGE, (texts(source for source, _ in keys), texts(id_ for _, id_ in keys))
    )
    messages = {(one.source, one.id): one for one in await found.fetchall()}
    numbered = [one for one in messages.values() if one.sequence is not None]
    counted = await connection.execute(_TOLD, ([one.case_id for one in numbered], [one.sequence for one in numbered]))
    told: dict[tuple[str, int], dict[str, int]] = {}
    for case, sequence, state, count in await counted.fetchall():
        told.setdefault((case, sequence), {})[state] = count
    for one in numbered:
        one.told = told.get((one.case_id or "", one.sequence or 0), {})
    return messages


async def notices(connection: Connection, ids: Sequence[int]) -> list[FoundNotice]:
    """Rows of the outbox, the newest first."""
    found = await connection.cursor(row_factory=class_row(FoundNotice)).execute(
        "SELECT id, coalesce(known_as, id) AS name, kind, system, ARRAY(SELECT json_array_elements_text(CASE kind WHEN 'notice'"
        " THEN told->'to' ELSE '[]' END)) AS units, source, message, case_id::text, sequence, accepted_at, state, behind, attempts,"
        " answer, sent_at, due_at FROM outbox WHERE id = ANY(%s) ORDER BY id DESC",
        (list(ids),),
    )
    return await found.fetchall()
