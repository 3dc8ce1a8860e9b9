"""The outbox: notices, receipts and announcements to send, and look-ups to make. Imports psycopg and the transaction only.

The table decides; a hub keeps rows in memory only so that it need not read them again. A row that the owner of its shard writes is
``fresh``, and is touched no more when all goes well: a range of sent rows covers it (``sent_range``). Any other row, and a row
that has failed or was changed by hand, is ``waiting`` and is marked itself. The table is ``outbox_row``; the view ``outbox`` shows
each row in the state in which it is: waiting, sent, dead or skipped.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from hub.store.inbox import uuid_bytes
from hub.store.rows_to_write import RowsToWrite, RowType, int2, int4, int8, timestamptz, write
from hub.store.transaction import array, keys
from schemas.envelope import Message
from schemas.messages import Announcement, CaseMessage, NoticeExtensions, Question, Receipt

Connection = AsyncConnection[tuple[Any, ...]]
LOOKUP = "hub-"
"""Before the name of what is asked, in place of a system."""
REGISTERS = f"{LOOKUP}registers"
LICENCES = f"{LOOKUP}licences"
VERIFICATIONS = f"{LOOKUP}verifications"
LOOKUPS = (LICENCES, REGISTERS, VERIFICATIONS)
"""The ``system`` of look-ups, which the hub makes itself: licences, for which a menprovning waits; addressing and renewed
questions about a person; verifications of staff, for which nothing waits.
"""

CASES = "hub-cases"
"""The ``system`` of the hub's own messages to a case, to which a message in another case led."""


@dataclass(slots=True, eq=False)
class OutboxRow:
    """One row of the outbox; ``message`` is None when the intake's message is no longer in memory."""

    id: int
    kind: Literal["notice", "receipt", "lookup", "announcement", "case"]
    system: str
    case_id: str | None
    sequence: int | None
    source: str
    message_id: str
    told: bytes
    """What the row holds, by its kind, as JSON (``schemas.messages.as_json``)."""
    body: bytes | None
    """The notice's data, where they differ from the message's (the hub filled in what a register knew); else None."""
    accepted_at: datetime
    due_at: datetime
    attempts: int = 0
    message: Message | None = None
    not_before: datetime | None = None
    """The earliest time of the next attempt that the receiver allows (``Retry-After``); holds for a probe too."""
    first_tried_at: datetime | None = None
    refused_since: datetime | None = None
    """Since when the receiver has refused every attempt for reasons of its own, as during a deployment (D-6)."""
    follows: int = 0
    """The sequence of the case's notice that this system gets before this one; 0 when this is its first (D-3)."""
    revision: int = 0
    """How often the row was made ready to be sent once more, by a replay: a mark of an earlier sending is not of this one."""
    known_as: int | None = None
    """The row in whose place this one was written when it moved to another system and back; None: it is the first."""
    size: int = 0
    """Bytes of the message in memory; 0 when unknown."""
    shard: int = 0
    """The shard of its case (``hub.store.shards``)."""
    fresh: bool = False
    """Written by the owner of its shard, and untouched since: it is marked by a range of rows when it is sent."""
    previous: int = 0
    """Of a fresh row: the fresh row of its system before it, written in the same transaction; 0 when it is the first."""

    @property
    def content(self) -> NoticeExtensions | Receipt | Question | Announcement | CaseMessage:
        """What the row holds, read from its JSON."""
        return _KINDS[self.kind].model_validate_json(self.told)

    @property
    def webhook_id(self) -> str:
        """By this the receiver knows what it has had: the same at every attempt, also after the row was written anew."""
        return f"out-{self.known_as or self.id}"

    def failed(self, now: datetime, able_since: datetime, *, refused: bool = False) -> None:
        """Note a failed attempt; ``refused``: the answer concerns the receiver and not this notice.

        Only time in which the hub could try counts towards giving up (D-6): ``first_tried_at`` moves forward by the time from
        when this attempt was due until ``able_since``, when the hub could send again.
        """
        lost = max(able_since - self.due_at, timedelta()) if self.attempts else timedelta()
        self.first_tried_at = now if self.first_tried_at is None else min(now, self.first_tried_at + lost)
        if not refused:
            self.refused_since = None
        else:
            self.refused_since = now if self.refused_since is None else min(now, self.refused_since + lost)


_NEW = RowType(
    "new_outbox_row",
    "id bigint, kind text, system text, case_id uuid, sequence integer, source text, message text, told json, body bytea,"
    " accepted_at timestamptz, due_at timestamptz, follows integer, shard smallint, state text",
)
_ADD = _NEW.insert("outbox_row")
# Only the owner of a shard has fresh rows in it.
_ADD_PROVED = _NEW.insert(
    "outbox_row",
    state="CASE WHEN n.state = 'fresh' AND n.shard NOT IN (SELECT id FROM owned) THEN 'waiting' ELSE n.state END",
)
BLOCK = 100_000
"""So many ids are reserved for the rows of a transaction."""


async def reserve_ids(connection: Connection) -> int:
    """Reserve a block of ids for new rows and return the first.

    Call it while the cases are locked: then the later rows of a case have higher ids.
    """
    row = await (await connection.execute("SELECT nextval('outbox_block')")).fetchone()
    assert row is not None
    return int(row[0])


def new(items: Sequence[OutboxRow]) -> RowsToWrite:
    """New rows to write; they wait to be sent. Of those that are fresh, the ones in shards that are no longer the caller's wait in the
    table, where its shards are proved in the same statement.
    """
    return RowsToWrite(_NEW, items, _row_of, _ADD, _ADD_PROVED)


async def add(connection: Connection, items: Sequence[OutboxRow]) -> None:
    """Write new rows, and nothing else; they wait to be sent."""
    await write(connection, new(items))


def _row_of(item: OutboxRow) -> bytes:
    accepted_at = timestamptz(item.accepted_at)
    return _NEW.row(
        int8(item.id),
        item.kind.encode(),
        item.system.encode(),
        uuid_bytes(item.case_id),
        None if item.sequence is None else int4(item.sequence),
        item.source.encode(),
        item.message_id.encode(),
        item.told,
        item.body,
        accepted_at,
        accepted_at if item.due_at is item.accepted_at else timestamptz(item.due_at),
        int4(item.follows),
        int2(item.shard),
        b"fresh" if item.fresh else b"waiting",
    )


_KINDS: dict[str, type[NoticeExtensions | Receipt | Question | Announcement | CaseMessage]] = {
    "notice": NoticeExtensions,
    "receipt": Receipt,
    "lookup": Question,
    "announcement": Announcement,
    "case": CaseMessage,
}
ROW_COLUMNS = (
    "id, kind, system, case_id::text, sequence, source, message AS message_id, told::text, body, accepted_at, due_at, attempts,"
    " first_tried_at, refused_since, follows, revision, known_as, shard"
)
WAITING = "state = 'waiting' AND NOT behind"
"""The condition of rows that wait in the table by themselves; a row after a dead one of its case may not be sent (D-6)."""
STORED_UNSENT = (WAITING, "behind", "state = 'dead'")
"""Conditions of the rows that are not sent and say so themselves, each as an index has it; ``fresh_unsent`` gives the others."""
UNSENT = "(state = 'waiting' OR (state = 'fresh' AND NOT is_sent(system, id)))"
"""The condition of rows that are not sent, nor dead or skipped."""


async def due(connection: Connection, system: str, *, limit: int) -> list[OutboxRow]:
    """The hub's own work of a kind that is due, the earliest due first: look-ups, or messages to other cases."""
    cursor = connection.cursor(row_factory=dict_row)
    found = await cursor.execute(
        f"SELECT {ROW_COLUMNS} FROM outbox_row WHERE system = %s AND kind IN ('lookup', 'case') AND state = 'waiting' AND due_at <= now()"  # noqa: S608 - constant
        " ORDER BY due_at, id LIMIT %s",
        (system, limit),
    )
    return [row_from(columns) for columns in await found.fetchall()]


def row_from(columns: dict[str, Any]) -> OutboxRow:
    """A row from the columns that ``ROW_COLUMNS`` selects."""
    return OutboxRow(told=columns.pop("told").encode(), **columns)


async def bodies(connection: Connection, ids: Sequence[int]) -> dict[int, tuple[bytes | None, int]]:
    """Row id → (body, revision) as they are now; the body is None where the notice shows the message unchanged."""
    found = await connection.execute("SELECT id, body, revision FROM outbox_row WHERE id = ANY(%s)", (list(ids),))
    return {id_: (None if body is None else bytes(body), revision) for id_, body, revision in await found.fetchall()}


async def unsent(connection: Connection, case_id: str) -> list[tuple[int, str, str]]:
    """A case's notices that are not sent, dead ones included: (row id, source of the message, id of the message)."""
    found = await connection.execute(
        "SELECT id, source, message FROM outbox WHERE case_id = %s AND kind = 'notice' AND state IN ('waiting', 'dead')",
        (case_id,),
    )
    return [(id_, source, message) for id_, source, message in await found.fetchall()]


async def rewrite(connection: Connection, id_: int, body: bytes | None) -> None:
    """Replace the body of a row that is not sent; None: show the message unchanged. A call that is under way with the former body tells
    the receiver, who knows the notice by its id, so its mark is good.
    """
    await connection.execute("UPDATE outbox_row SET body = %s WHERE id = %s", (body, id_))


async def mark_sent(
    connection: Connection, rows: Sequence[tuple[int, int]], at: Sequence[datetime], answers: Sequence[str]
) -> set[int]:
    """Mark rows (id, revision) as sent one by one: their way out has acknowledged them (the broker's ack, a 2xx); return the ids of those
    that are marked now. One that has another revision by now is not what was sent: it is replayed.
    """
    found = await connection.execute(
        "UPDATE outbox_row o SET state = 'sent', behind = false, sent_at = n.at, answer = n.answer, attempts = o.attempts + 1"
        " FROM unnest(%s::bigint[], %s::int[], %s::timestamptz[], %s::text[]) AS n (id, revision, at, answer)"
        " WHERE o.id = n.id AND o.revision = n.revision AND o.state IN ('fresh', 'waiting') RETURNING o.id",
        mark_arrays(rows, at, answers),
    )
    return {id_ for (id_,) in await found.fetchall()}


def mark_arrays(
    rows: Sequence[tuple[int, int]], at: Sequence[datetime], answers: Sequence[str]
) -> tuple[str, str, str, str]:
    """Marks as the arrays that a statement takes: ids, revisions, times, answers."""
    return (
        array(str(id_) for id_, _ in rows),
        array(str(revision) for _, revision in rows),
        array(a.isoformat() for a in at),
        keys(answers),
    )


async def make_waiting(connection: Connection, system: str, shards: Collection[int]) -> None:
    """Let a system's fresh rows of these shards wait by themselves: no lane sends them any more, since the system fetches them."""
    await connection.execute(
        "UPDATE outbox_row SET state = 'waiting' WHERE id IN (SELECT id FROM fresh_unsent(%s) WHERE shard = ANY(%s))",
        (system, list(shards)),
    )


FAILED = (
    "failures = (CASE WHEN jsonb_array_length(coalesce(o.failures, '[]')) >= 20 THEN o.failures - 0"
    " ELSE coalesce(o.failures, '[]') END) || jsonb_build_array(jsonb_build_array(clock_timestamp(), %(answer)s::text)),"
    " said = nullif(%(said)s::text, '')"
)
"""Adds a failed attempt to a row's last twenty, and keeps what the receiver said of it last; written when one fails, so that what
goes well costs nothing.
"""
TRIED_AT = "(d.failures->-1->>0)::timestamptz"
"""When the last failed attempt of a row ``d`` was; null of one that has none."""


async def retry(
    connection: Connection, items: Sequence[OutboxRow], due_at: datetime, answer: str, said: str = ""
) -> None:
    """Write a failed attempt (``OutboxRow.failed``), what the receiver said of it, and the time of the next."""
    await connection.execute(
        "UPDATE outbox_row o SET state = 'waiting', due_at = %(due)s, attempts = o.attempts + 1, answer = %(answer)s,"  # noqa: S608
        " first_tried_at = n.first,"
        f" refused_since = n.refused, {FAILED}"
        " FROM unnest(%(ids)s::bigint[], %(first)s::timestamptz[], %(refused)s::timestamptz[]) AS n (id, first, refused)"
        " WHERE o.id = n.id AND o.state IN ('fresh', 'waiting')",
        {
            "due": due_at,
            "answer": answer,
            "said": said,
            "ids": [i.id for i in items],
            "first": [i.first_tried_at for i in items],
            "refused": [i.refused_since for i in items],
        },
    )


async def done(connection: Connection, answers: Mapping[int, str]) -> None:
    """Mark rows of the hub's own work as done, each with its outcome: look-ups, or messages to other cases."""
    await connection.execute(
        "UPDATE outbox_row o SET state = 'sent', sent_at = now(), attempts = attempts + 1, answer = d.answer"
        " FROM unnest(%s::bigint[], %s::text[]) AS d (id, answer) WHERE o.id = d.id",
        (array(map(str, sorted(answers))), keys(answers[id_] for id_ in sorted(answers))),
    )
