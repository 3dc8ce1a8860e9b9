"""The outbox: what remains to be told or asked outside. Imports psycopg and the transaction only.

The table is the truth; what a hub has in memory besides is only there so that it need not be read again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from psycopg import AsyncConnection
from psycopg.rows import dict_row
from pydantic_core import to_json

from hub.store.inbox import uuid_bytes
from hub.store.transaction import array, copy, keys
from schemas.envelope import Message
from schemas.messages import Announcement, Question, Receipt, Told

Connection = AsyncConnection[tuple[Any, ...]]
REGISTERS = "hub-registers"
LICENCES = "hub-licences"
VERIFICATIONS = "hub-verifications"
LOOKUPS = (LICENCES, REGISTERS, VERIFICATIONS)
"""The ``system`` of look-ups, since the one who does them is the hub itself: whether one is licensed, for which a
menprovning waits; who is to be addressed, or a person asked about afresh; and what is only looked at afterwards.
"""


@dataclass(slots=True, eq=False)
class OutboxRow:
    """One row of the outbox; ``message`` is there while it is still in memory from its intake."""

    id: int
    kind: Literal["notice", "receipt", "lookup", "announcement"]
    system: str
    case_id: str | None
    sequence: int | None
    source: str
    message_id: str
    told: Told | Receipt | Question | Announcement
    """The notice's extensions, the receipt, the question, or what operations announces."""
    body: bytes | None
    """The notice's data where it is not simply the message's (what the register knew was filled in)."""
    accepted_at: datetime
    due_at: datetime
    attempts: int = 0
    message: Message | None = None
    not_before: datetime | None = None
    """What the receiver asked for (``Retry-After``): not even a probe may be sooner."""
    first_tried_at: datetime | None = None
    refused_since: datetime | None = None
    """Since when the receiver answers as one that is being set up anew (D-6)."""
    follows: int = 0
    """The number of the case that this system was told before this one; 0: this is its first (D-3)."""
    revision: int = 0
    """How often the row has been rewritten since it was made: what is in memory of another revision is not sent (C-62)."""
    size: int = 0
    """Bytes of the message while it is in memory, as far as they are known."""

    def failed(self, now: datetime, able_since: datetime, *, refused: bool = False) -> None:
        """A try has come to nothing; ``refused``: what was answered speaks of the receiver.

        What is given up after a time is given up after a time in which it was tried: from the moment when this try was due
        until ``able_since``, when somebody could make it again, nothing counts (D-6).
        """
        lost = max(able_since - self.due_at, timedelta()) if self.attempts else timedelta()
        self.first_tried_at = now if self.first_tried_at is None else min(now, self.first_tried_at + lost)
        if not refused:
            self.refused_since = None
        else:
            self.refused_since = now if self.refused_since is None else min(now, self.refused_since + lost)


_COLUMNS = {
    "id": "int8",
    "kind": "text",
    "system": "text",
    "case_id": "bytea",
    "sequence": "int4",
    "source": "text",
    "message": "text",
    "told": "bytea",
    "body": "bytea",
    "accepted_at": "timestamptz",
    "due_at": "timestamptz",
    "follows": "int4",
}


async def block(connection: Connection) -> int:
    """The first of 100 000 ids for new rows, taken while the cases are locked: so a case's later rows have higher
    ids.
    """
    row = await (await connection.execute("SELECT nextval('outbox_block')")).fetchone()
    assert row is not None
    return int(row[0])


async def add(connection: Connection, items: Sequence[OutboxRow]) -> None:
    """New rows, waiting."""
    await copy(
        connection,
        "outbox",
        list(_COLUMNS),
        list(_COLUMNS.values()),
        [
            (
                i.id,
                i.kind,
                i.system,
                uuid_bytes(i.case_id),
                i.sequence,
                i.source,
                i.message_id,
                to_json(i.told, exclude_none=True),
                i.body,
                i.accepted_at,
                i.due_at,
                i.follows,
            )
            for i in items
        ],
    )


_KINDS: dict[str, type[Told | Receipt | Question | Announcement]] = {
    "notice": Told,
    "receipt": Receipt,
    "lookup": Question,
    "announcement": Announcement,
}
ITEM = (
    "id, kind, system, case_id::text, sequence, source, message AS message_id, told::text, body, accepted_at, due_at, attempts,"
    " first_tried_at, refused_since, follows, revision"
)
TURN = "state = 'waiting' AND NOT behind"
"""What may be sent as soon as what it follows has been: not what waits behind a dead one of its case (D-6)."""


async def due(connection: Connection, system: str, *, limit: int) -> list[OutboxRow]:
    """Look-ups whose time has come, the longest due first: they have no order of their own."""
    cursor = connection.cursor(row_factory=dict_row)
    found = await cursor.execute(
        f"SELECT {ITEM} FROM outbox WHERE system = %s AND kind = 'lookup' AND state = 'waiting' AND due_at <= now()"  # noqa: S608 - constant
        " ORDER BY due_at LIMIT %s",
        (system, limit),
    )
    return [item(row) for row in await found.fetchall()]


def item(row: dict[str, Any]) -> OutboxRow:
    """A row as ``ITEM`` selects it."""
    row["told"] = _KINDS[row["kind"]].model_validate_json(row["told"])
    return OutboxRow(**row)


async def bodies(connection: Connection, ids: Sequence[int]) -> dict[int, tuple[bytes | None, int]]:
    """What rows show that is not what was sent, as it stands now: row id → (body, revision)."""
    found = await connection.execute("SELECT id, body, revision FROM outbox WHERE id = ANY(%s)", (list(ids),))
    return {id_: (None if body is None else bytes(body), revision) for id_, body, revision in await found.fetchall()}


async def unsent(connection: Connection, case_id: str) -> list[tuple[int, str, str]]:
    """A case's notices that are still to go out, dead ones included: (row id, source and id of the message)."""
    found = await connection.execute(
        "SELECT id, source, message FROM outbox WHERE case_id = %s AND kind = 'notice' AND state IN ('waiting', 'dead')",
        (case_id,),
    )
    return [(id_, source, message) for id_, source, message in await found.fetchall()]


async def rewrite(connection: Connection, id_: int, body: bytes | None) -> None:
    """Another body for a row that is still to go out; None: as the message was sent."""
    await connection.execute("UPDATE outbox SET body = %s, revision = revision + 1 WHERE id = %s", (body, id_))


async def sent(connection: Connection, ids: Sequence[int], at: Sequence[datetime], answers: Sequence[str]) -> None:
    """The receivers have them, by the proof that their way out gives (the broker's ack, a 2xx)."""
    await connection.execute(
        "SET LOCAL synchronous_commit = off"
    )  # a mark lost in a crash means only that it is sent again
    await connection.execute(
        "UPDATE outbox o SET state = 'sent', sent_at = n.at, answer = n.answer, attempts = o.attempts + 1"
        " FROM unnest(%s::bigint[], %s::timestamptz[], %s::text[]) AS n (id, at, answer)"
        " WHERE o.id = n.id AND o.state = 'waiting'",
        (array(map(str, ids)), array(a.isoformat() for a in at), keys(answers)),
    )


async def retry(connection: Connection, items: Sequence[OutboxRow], due_at: datetime, answer: str) -> None:
    """An attempt ``failed`` and another one follows."""
    await connection.execute(
        "UPDATE outbox o SET due_at = %s, attempts = o.attempts + 1, answer = %s, first_tried_at = n.first,"
        " refused_since = n.refused FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[]) AS n (id, first, refused)"
        " WHERE o.id = n.id AND o.state = 'waiting'",
        (due_at, answer, [i.id for i in items], [i.first_tried_at for i in items], [i.refused_since for i in items]),
    )


async def done(connection: Connection, id_: int, answer: str) -> None:
    """A look-up is finished."""
    await connection.execute(
        "UPDATE outbox SET state = 'sent', sent_at = now(), attempts = attempts + 1, answer = %s WHERE id = %s",
        (answer, id_),
    )
