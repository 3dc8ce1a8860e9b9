"""The dead rows as operations lists them (D-6). Imports psycopg and the store only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from hub.store.outbox import TRIED_AT, Connection
from hub.store.replayable import ANSWER, FITS, KIND, WITH_MESSAGE, RowFilter


@dataclass(slots=True)
class DeadLetter:
    """A dead row as shown to operations."""

    id: int
    kind: str
    name: str
    """The message's name; of what is no notice its kind."""
    system: str
    case_id: str | None
    sequence: int | None
    message: str
    answer: str | None
    group: str
    """The kind of its last answer: what is of one row only is left out."""
    attempts: int
    accepted_at: datetime
    said: str | None
    """The start of what the receiver said last, without what is personal or secret."""
    first_tried_at: datetime | None
    """Later than the first attempt by the time in which the hub itself could not try."""
    tried_at: datetime | None
    """When it was tried last."""
    behind: int
    """How many notices of its case wait for it."""
    behind_since: datetime | None
    """When the oldest of these was accepted."""
    replayed: int
    """How often it was made ready to be told again."""
    replay: int | None
    """The running replay that is to tell it."""


async def listed(connection: Connection, wanted: RowFilter, after: int = 0, limit: int = 500) -> list[DeadLetter]:
    """The dead rows that fit, with ids above ``after``, oldest first."""
    found = await connection.cursor(row_factory=class_row(DeadLetter)).execute(
        "SELECT d.id, d.kind, d.name, d.system, d.case_id::text, d.sequence, d.message, d.answer, d.of AS group, d.attempts,"  # noqa: S608
        f" d.accepted_at, d.said, d.first_tried_at, {TRIED_AT} AS tried_at, w.behind, w.behind_since,"
        " d.revision AS replayed, (SELECT r.replay FROM replay_row r WHERE r.outbox_id = d.id AND r.outcome IS NULL"
        f"  AND r.revision IS NULL) AS replay FROM (SELECT d.*, {KIND} AS name, {ANSWER} AS of FROM {WITH_MESSAGE}"
        f" WHERE d.state = 'dead' AND d.id > %(after)s AND {FITS} ORDER BY d.id LIMIT %(limit)s) d CROSS JOIN LATERAL"
        " (SELECT count(*) AS behind, min(o.accepted_at) AS behind_since FROM outbox o WHERE o.case_id = d.case_id"
        "  AND o.system = d.system AND o.kind = 'notice' AND o.state = 'waiting' AND d.kind = 'notice'"
        "  AND o.sequence > d.sequence) w ORDER BY d.id",
        wanted.values | {"after": after, "limit": limit},
        prepare=False,
    )
    return await found.fetchall()
