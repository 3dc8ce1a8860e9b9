"""What is held (D-4): a row each, under the case that it is about; ``hub.intake.holds`` says what the order promises. Imports
psycopg, the inbox and the transaction only.

Nothing here that runs on a timer looks at more rows than those that have come due. Every function works inside a
transaction of the caller.
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
"""Of what is held in one case, so many are looked at; more than one transaction can settle."""
WOKEN = 100
"""Of one case, so many are tried at once when what was ahead of them is settled."""
_CLAIM = timedelta(seconds=30)
"""A hub that has taken a held message to try it has it alone for so long; should it die, another tries then."""
_COUNTED = 10_000


@dataclass(slots=True)
class Held:
    """A held message; nothing of its body."""

    source: str
    message: str
    case_key: str
    """The case's id; before there is a case, the sender's system and reference."""
    reason: str
    since: datetime
    due_at: datetime
    attempts: int
    """Tries with this reason."""
    id: int
    """The order of arrival, over all hubs."""
    reason_since: datetime

    @property
    def key(self) -> Key:
        """(source, id) of the message."""
        return self.source, self.message


async def add(connection: Connection, key: Key, case_key: str, reason: str, now: datetime, waits_s: float) -> None:
    """Holds a new message at the end of its case's queue; it is tried after ``waits_s`` seconds."""
    await connection.execute(
        "INSERT INTO held (source, message, case_key, reason, since, reason_since, due_at)"
        " VALUES (%(source)s, %(message)s, %(case)s, %(reason)s, %(now)s, %(now)s, %(now)s + make_interval(secs => %(s)s))",
        {"source": key[0], "message": key[1], "case": case_key, "reason": reason, "now": now, "s": waits_s},
    )


async def again(
    connection: Connection, key: Key, case_key: str, reason: str, now: datetime, waits_s: Sequence[float]
) -> None:
    """One that was tried and still waits keeps its place; the schedule (seconds) begins anew with another reason.

    Raises ``Conflict`` when it is held no more: another hub was first.
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
    """The holds of these messages are over; returns the case keys under which they waited."""
    found = await connection.execute(
        "DELETE FROM held h USING unnest(%s::text[], %s::text[]) AS k (source, message)"
        " WHERE h.source = k.source AND h.message = k.message RETURNING h.case_key",
        (texts(k[0] for k in keys), texts(k[1] for k in keys)),
    )
    return {case_key for (case_key,) in await found.fetchall()}


async def rekey(connection: Connection, opened: Sequence[tuple[str, str]]) -> None:
    """(early key, case id): what was held before its case waits in the case's own queue from now on."""
    await connection.execute(
        "UPDATE held h SET case_key = k.case_id FROM unnest(%s::text[], %s::text[]) AS k (early, case_id)"
        " WHERE h.case_key = k.early",
        (texts(early for early, _ in opened), texts(case_id for _, case_id in opened)),
    )


async def wake(connection: Connection, case_keys: Iterable[str], now: datetime) -> None:
    """The first ones that are held in these cases are tried at once: what they waited for is there, or is settled."""
    await connection.execute(
        "UPDATE held SET due_at = least(due_at, %s) WHERE id IN (SELECT h.id FROM unnest(%s::text[]) AS k (case_key)"
        " CROSS JOIN LATERAL (SELECT id FROM held WHERE case_key = k.case_key ORDER BY id LIMIT %s) AS h)",
        (now, texts(sorted(case_keys)), WOKEN),
    )


async def try_now(connection: Connection, key: Key, now: datetime) -> None:
    """What a held message waited for has come."""
    await connection.execute("UPDATE held SET due_at = %s WHERE source = %s AND message = %s", (now, *key))


_QUEUES = (
    "SELECT h.* FROM unnest(%s::text[]) AS k (case_key)"
    " CROSS JOIN LATERAL (SELECT * FROM held WHERE case_key = k.case_key AND source <> %s"
    " ORDER BY id LIMIT %s) AS h"
)


async def queues(connection: Connection, case_keys: Iterable[str]) -> list[Held]:
    """What is held under these keys, of each the first ``SEEN_AHEAD``; not the hub's own, for which nobody waits."""
    found = await connection.cursor(row_factory=class_row(Held)).execute(
        _QUEUES, (texts(case_keys), HUB_SOURCE, SEEN_AHEAD)
    )
    return await found.fetchall()


_DUE = (
    "UPDATE held SET due_at = %s WHERE id IN"
    " (SELECT id FROM held WHERE due_at <= %s ORDER BY due_at, id LIMIT %s FOR UPDATE SKIP LOCKED) RETURNING *"
)


async def claim(connection: Connection, now: datetime, limit: int) -> list[Held]:
    """Those whose time has come, in the order in which they came: this hub has them alone for half a minute."""
    found = await connection.cursor(row_factory=class_row(Held)).execute(_DUE, (now + _CLAIM, now, limit))
    return sorted(await found.fetchall(), key=lambda held: held.id)


async def oldest(connection: Connection, limit: int = 500) -> list[Held]:
    """What is held, in the order in which it came: as operations sees it."""
    found = await connection.cursor(row_factory=class_row(Held)).execute(
        "SELECT * FROM held ORDER BY id LIMIT %s", (limit,)
    )
    return await found.fetchall()


async def named(connection: Connection, message: str) -> list[Held]:
    """Held messages by their id alone: two senders may use the same."""
    found = await connection.cursor(row_factory=class_row(Held)).execute(
        "SELECT * FROM held WHERE message = %s ORDER BY id", (message,)
    )
    return await found.fetchall()


_GAUGE = "SELECT (SELECT count(*) FROM (SELECT FROM held LIMIT %s) AS h), (SELECT since FROM held ORDER BY id LIMIT 1)"


async def gauge(connection: Connection) -> tuple[int, datetime | None]:
    """How many messages are held (10 000 means that many or more), and since when the oldest."""
    row = await (await connection.execute(_GAUGE, (_COUNTED,))).fetchone()
    assert row is not None
    return row[0], row[1]
