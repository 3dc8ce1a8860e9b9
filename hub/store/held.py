"""Held messages (D-4), one row each, queued by case; ``hub.intake.holds`` says what their order promises. Imports psycopg, the
inbox and the transaction only.

Statements that run on a timer read only the rows that are due. Every function runs inside the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg.rows import class_row

from hub.store.inbox import Connection, Key
from hub.store.transaction import Conflict
from hub.store.transaction import keys as texts
from schemas.messages import HUB_SOURCE

SEEN_AHEAD = 500
"""The most held messages of one case that a transaction reads; no transaction can handle as many."""
WOKEN = 100
"""The most held messages of one case that become due together when the message before them is handled."""
_CLAIM = timedelta(seconds=30)
"""For how long a hub that tries a held message has it alone; if that hub dies, another tries it afterwards."""
_COUNTED = 10_000


@dataclass(slots=True)
class Held:
    """A held message, without its body."""

    source: str
    message: str
    case_key: str
    """The case's id; as long as there is no case, the sender's system and reference."""
    reason: str
    since: datetime
    due_at: datetime
    attempts: int
    """Attempts with this reason."""
    id: int
    """Increases in order of arrival, over all hubs."""
    reason_since: datetime

    @property
    def key(self) -> Key:
        """(source, id) of the message."""
        return self.source, self.message


async def add(connection: Connection, key: Key, case_key: str, reason: str, now: datetime, waits_s: float) -> None:
    """Hold a new message, last in its case's queue, and try it after ``waits_s`` seconds."""
    await connection.execute(
        "INSERT INTO held (source, message, case_key, reason, since, reason_since, due_at)"
        " VALUES (%(source)s, %(message)s, %(case)s, %(reason)s, %(now)s, %(now)s, %(now)s + make_interval(secs => %(s)s))",
        {"source": key[0], "message": key[1], "case": case_key, "reason": reason, "now": now, "s": waits_s},
    )


async def reschedule(
    connection: Connection, key: Key, case_key: str, reason: str, now: datetime, waits_s: Sequence[float]
) -> None:
    """Set the next attempt of a message that must be held longer; it keeps its place in the queue.

    ``waits_s``: seconds before each attempt with the same reason; another reason starts from the first.
    Raises ``Conflict`` when another hub has handled the message.
    """
    done = await connection.execute(
        "UPDATE held SET case_key = %(case)s, reason = %(reason)s,"
        " reason_since = CASE WHEN reason = %(reason)s THEN reason_since ELSE %(now)s END,"
        " attempts = CASE WHEN reason = %(reason)s THEN attempts + 1 ELSE 0 END,"
        " due_at = %(now)s + make_interval(secs => (%(waits)s::float8[])"
        "[least(CASE WHEN reason = %(reason)s THEN attempts + 2 ELSE 1 END, cardinality(%(waits)s::float8[]))])"
        " WHERE source = %(source)s AND message = %(message)s",
        {"source": key[0], "message": key[1], "case": case_key, "reason": reason, "now": now, "waits": list(waits_s)},
    )
    if done.rowcount == 0:
        raise Conflict("held_no_more")


async def end(connection: Connection, keys: Sequence[Key]) -> set[str]:
    """Hold these messages no longer; return the case keys of their queues."""
    found = await connection.execute(
        "DELETE FROM held h USING unnest(%s::text[], %s::text[]) AS k (source, message)"
        " WHERE h.source = k.source AND h.message = k.message RETURNING h.case_key",
        (texts(k[0] for k in keys), texts(k[1] for k in keys)),
    )
    return {case_key for (case_key,) in await found.fetchall()}


async def rekey(connection: Connection, opened: Sequence[tuple[str, str]]) -> None:
    """Move messages that were held before their case was opened to the case's queue: (earlier key, case id)."""
    await connection.execute(
        "UPDATE held h SET case_key = k.case_id FROM unnest(%s::text[], %s::text[]) AS k (early, case_id)"
        " WHERE h.case_key = k.early",
        (texts(early for early, _ in opened), texts(case_id for _, case_id in opened)),
    )


async def wake(connection: Connection, case_keys: Iterable[str], now: datetime) -> None:
    """Make the first held messages of these cases due: what they waited for has come, or is settled."""
    await connection.execute(
        "UPDATE held SET due_at = least(due_at, %s) WHERE id IN (SELECT h.id FROM unnest(%s::text[]) AS k (case_key)"
        " CROSS JOIN LATERAL (SELECT id FROM held WHERE case_key = k.case_key ORDER BY id LIMIT %s) AS h)",
        (now, texts(sorted(case_keys)), WOKEN),
    )


async def try_now(connection: Connection, key: Key, now: datetime) -> None:
    """Make one held message due."""
    await connection.execute("UPDATE held SET due_at = %s WHERE source = %s AND message = %s", (now, *key))


_QUEUES = (
    "SELECT h.* FROM unnest(%s::text[]) AS k (case_key)"
    " CROSS JOIN LATERAL (SELECT * FROM held WHERE case_key = k.case_key AND source <> %s"
    " ORDER BY id LIMIT %s) AS h"
)


async def queues(connection: Connection, case_keys: Iterable[str]) -> list[Held]:
    """The first ``SEEN_AHEAD`` held messages of each queue, without the hub's own, for which no message waits."""
    found = await connection.cursor(row_factory=class_row(Held)).execute(
        _QUEUES, (texts(case_keys), HUB_SOURCE, SEEN_AHEAD)
    )
    return await found.fetchall()


_DUE = (
    "UPDATE held SET due_at = %s WHERE id IN"
    " (SELECT id FROM held WHERE due_at <= %s ORDER BY due_at, id LIMIT %s FOR UPDATE SKIP LOCKED) RETURNING *"
)


async def claim(connection: Connection, now: datetime, limit: int) -> list[Held]:
    """Take messages that are due, in order of arrival; no other hub takes them for 30 s."""
    found = await connection.cursor(row_factory=class_row(Held)).execute(_DUE, (now + _CLAIM, now, limit))
    return sorted(await found.fetchall(), key=lambda held: held.id)


async def oldest(connection: Connection, limit: int = 500) -> list[Held]:
    """Held messages in order of arrival, for operations."""
    found = await connection.cursor(row_factory=class_row(Held)).execute(
        "SELECT * FROM held ORDER BY id LIMIT %s", (limit,)
    )
    return await found.fetchall()


async def named(connection: Connection, message: str) -> list[Held]:
    """The held messages with an id; two senders may use the same id."""
    found = await connection.cursor(row_factory=class_row(Held)).execute(
        "SELECT * FROM held WHERE message = %s ORDER BY id", (message,)
    )
    return await found.fetchall()


async def numbered(connection: Connection, number: int) -> list[Held]:
    """The held message with a number, if there is one."""
    found = await connection.cursor(row_factory=class_row(Held)).execute("SELECT * FROM held WHERE id = %s", (number,))
    return await found.fetchall()


_GAUGE = "SELECT (SELECT count(*) FROM (SELECT FROM held LIMIT %s) AS h), (SELECT since FROM held ORDER BY id LIMIT 1)"


async def gauge(connection: Connection) -> tuple[int, datetime | None]:
    """The number of held messages, counted up to 10 000, and since when the oldest is held: for the metrics."""
    row = await (await connection.execute(_GAUGE, (_COUNTED,))).fetchone()
    assert row is not None
    return row[0], row[1]
