"""Replays: which rows of the outbox are told again, how far each replay has come, and how what is not sent yet is put back (D-7). Imports
psycopg and the store only.

A row stands untouched until its turn comes; then it is made ready to be sent (``dead_letters.replay``), and what it was before is kept. A
row is in one replay at a time, from when that begins until it is known what became of the row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from hub.store import dead_letters, in_hand, of_system, outbox, shards
from hub.store.transaction import array, keys

Connection = AsyncConnection[tuple[Any, ...]]
_PAGE = 1_000
_NEVER = datetime(9999, 1, 1, tzinfo=UTC)
_ANSWER = r"regexp_replace(coalesce(d.answer, ''), '(: |, | without an answer| \().*$', '')"
"""The kind of an answer: without what is of one row only."""
_KIND = "CASE d.kind WHEN 'notice' THEN m.name ELSE d.kind END"
_KEY = "d.system || ' ' || CASE d.kind WHEN 'notice' THEN d.case_id::text ELSE '#' || d.id END"
_WITH_MESSAGE = "outbox_row d LEFT JOIN message m ON m.source = d.source AND m.id = d.message AND d.kind = 'notice'"
_FITS = (
    "(%(system)s::text IS NULL OR d.system = %(system)s) AND (%(case)s::text IS NULL OR d.case_id::text = %(case)s)"
    f" AND (%(kind)s::text IS NULL OR {_KIND} = %(kind)s) AND (%(answer)s::text IS NULL OR {_ANSWER} = %(answer)s)"
    " AND (%(since)s::timestamptz IS NULL OR d.accepted_at >= %(since)s)"
    " AND (%(until)s::timestamptz IS NULL OR d.accepted_at < %(until)s) AND (%(rows)s::bigint[] IS NULL OR d.id = ANY(%(rows)s))"
)
_FREE = "NOT EXISTS (SELECT FROM replay_row r WHERE r.outbox_id = d.id AND r.outcome IS NULL AND r.revision IS NULL)"
"""No other replay is to tell the row."""


@dataclass(frozen=True, slots=True)
class RowFilter:
    """Which rows: those that fit all that is said."""

    system: str | None = None
    case: str | None = None
    kind: str | None = None
    """The name of the message, such as ``svu.inskrivning``; or ``receipt``, ``announcement``."""
    answer: str | None = None
    """The kind of the last answer, as ``groups`` has it."""
    since: datetime | None = None
    """Accepted from this moment on."""
    until: datetime | None = None
    """Accepted before this moment."""
    rows: tuple[int, ...] | None = None

    @property
    def values(self) -> dict[str, Any]:
        return {
            "system": self.system,
            "case": self.case,
            "kind": self.kind,
            "answer": self.answer,
            "since": self.since,
            "until": self.until,
            "rows": None if self.rows is None else list(self.rows),
        }

    @property
    def as_json(self) -> dict[str, Any]:
        """What is said, for people and the trail."""
        said = {name: value for name, value in self.values.items() if value is not None}
        return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in said.items()}


@dataclass(frozen=True, slots=True)
class FoundRow:
    """A row that may be told again."""

    id: int
    system: str
    key: str
    """Its system and case; a row of no case is one by itself."""


@dataclass(frozen=True, slots=True)
class Group:
    """Dead rows of one system that failed alike."""

    system: str
    answer: str
    count: int
    oldest: datetime
    newest: datetime
    behind: int
    """How many notices wait behind them."""
    replayed: int
    """How many of them were told again before, and failed again."""


@dataclass(frozen=True, slots=True)
class Replay:
    """A replay as it stands."""

    id: int
    at: datetime
    who: str
    why: str
    target: str
    """What it is called in the trail."""
    system: str
    """The receiving system."""
    own: bool
    """The system asked for it itself."""
    wanted: dict[str, Any]
    rate: float
    stop_after: int
    state: str
    ended_at: datetime | None
    ended: str | None
    """Why it stopped, or was undone."""
    total: int
    told: int
    """How many have been made ready to be sent so far."""
    sent: int
    failed: int
    passed_over: int
    """Skipped by operations, moved to another system or emptied by gallring meanwhile."""
    put_back: int
    waits: bool = field(default=False)
    """Whether the next of it must wait for its time."""

    @property
    def open(self) -> int:
        """How many are neither sent nor anything else yet."""
        return self.total - self.sent - self.failed - self.passed_over - self.put_back


_COLUMNS = (
    "id, at, who, why, target, system, own, wanted, rate, stop_after, state, ended_at, ended, total, told, sent, failed, passed_over,"
    " put_back, next_at > clock_timestamp() AS waits"
)


# --- what may be told again -------------------------------------------------------------------------------------------------


async def dead(connection: Connection, wanted: RowFilter, limit: int) -> list[FoundRow]:
    """Dead rows that no replay has, the oldest cases first, each case's in order."""
    found = await connection.cursor(row_factory=class_row(FoundRow)).execute(
        f"SELECT d.id, d.system, {_KEY} AS key FROM {_WITH_MESSAGE} WHERE d.state = 'dead' AND {_FITS}"  # noqa: S608 - constants
        f" AND {_FREE}"
        f" ORDER BY min(d.id) OVER (PARTITION BY {_KEY}), d.id LIMIT %(limit)s",
        wanted.values | {"limit": limit},
        prepare=False,
    )
    return await found.fetchall()


async def sent(connection: Connection, wanted: RowFilter, limit: int) -> tuple[list[FoundRow], int]:
    """Notices of a case, or since a moment, that were sent to a system and that no replay has: the oldest cases first, each case's in
    order; at the most ``limit``, of the newest. And how many more there are whose content has been removed.
    """
    of_case = wanted.case is not None
    ids, gallrade = await (_sent_of_case(connection, wanted) if of_case else _sent_since(connection, wanted, limit))
    found = await connection.cursor(
        row_factory=class_row(FoundRow)
    ).execute(
        f"SELECT d.id, d.system, {_KEY} AS key FROM {_WITH_MESSAGE} WHERE d.id = ANY(%(ids)s) AND {_FITS} AND {_FREE}"  # noqa: S608
        f" ORDER BY min(d.id) OVER (PARTITION BY {_KEY}), d.id",
        wanted.values | {"ids": ids[:limit]},
        prepare=False,
    )
    return await found.fetchall(), gallrade


async def _sent_since(connection: Connection, wanted: RowFilter, limit: int) -> tuple[list[int], int]:
    """From the newest back: what is older than is wanted is not looked at."""
    system, since, until = wanted.system, wanted.since, wanted.until
    assert system is not None
    assert since is not None
    ids: list[int] = []
    gallrade = 0
    before: int | None = None
    while len(ids) < limit:
        page = await of_system.told(connection, system, before, _PAGE)
        fit = [
            row
            for row in page
            if row.kind == "notice" and row.state == "sent" and since <= row.accepted_at < (until or _NEVER)
        ]
        gallrade += sum(row.gallrad for row in fit)
        ids += [row.id for row in fit if not row.gallrad]
        if len(page) < _PAGE or page[-1].accepted_at < since - of_system.LATE:
            break
        before = page[-1].id
    return ids, gallrade


async def _sent_of_case(connection: Connection, wanted: RowFilter) -> tuple[list[int], int]:
    found = await connection.execute(
        "SELECT id, told->'gallrad' IS NOT NULL FROM outbox WHERE case_id = %s AND system = %s AND kind = 'notice' AND state = 'sent'",
        (wanted.case, wanted.system),
    )
    rows = await found.fetchall()
    return [id_ for id_, gallrad in rows if not gallrad], sum(gallrad for _, gallrad in rows)


async def groups(connection: Connection, system: str | None) -> list[Group]:
    """The dead rows of a system, or of all, by system and kind of answer; the largest first."""
    found = await connection.cursor(row_factory=class_row(Group)).execute(
        f"SELECT d.system, {_ANSWER} AS answer, count(*) AS count, min(d.accepted_at) AS oldest, max(d.accepted_at) AS newest,"  # noqa: S608
        " sum((SELECT count(*) FROM outbox_row o WHERE d.kind = 'notice' AND o.case_id = d.case_id AND o.system = d.system"
        "  AND o.kind = 'notice' AND o.behind AND o.sequence > d.sequence))::bigint AS behind,"
        " count(*) FILTER (WHERE d.revision > 0) AS replayed"
        " FROM outbox_row d WHERE d.state = 'dead' AND (%(system)s::text IS NULL OR d.system = %(system)s)"
        " GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2",
        {"system": system},
        prepare=False,
    )
    return await found.fetchall()


# --- a replay begins, goes on, ends -----------------------------------------------------------------------------------------


async def add(
    connection: Connection,
    rows: Sequence[FoundRow],
    wanted: RowFilter,
    *,
    who: str,
    why: str,
    own: bool,
    rate: float,
    stop_after: int,
) -> Replay:
    """Begin a replay of these rows of one system, in their order. One that another replay has taken meanwhile is left to that: ``total``
    is how many this one has. The caller's transaction has the replay to itself.
    """
    for (old,) in await (
        await connection.execute(
            "SELECT DISTINCT replay FROM replay_row WHERE outbox_id = ANY(%s) AND outcome IS NULL AND revision IS NOT NULL ORDER BY 1",
            ([row.id for row in rows],),
        )
    ).fetchall():
        await taken(connection, old)
        await settle(connection, old)  # what has died in it is free for this one
    found = await connection.execute(
        "INSERT INTO replay (who, why, target, system, own, wanted, rate, stop_after) VALUES (%s, %s, '', %s, %s, %s, %s, %s)"
        " RETURNING id",
        (who, why, rows[0].system, own, Jsonb(wanted.as_json), rate, stop_after),
    )
    ((id_,),) = await found.fetchall()
    put = await connection.execute(
        "INSERT INTO replay_row (replay, place, outbox_id, key) SELECT %s, n.place, n.id, n.key"
        " FROM unnest(%s::bigint[], %s::text[]) WITH ORDINALITY AS n (id, key, place) ORDER BY n.id ON CONFLICT DO NOTHING",
        (id_, array(str(row.id) for row in rows), keys(row.key for row in rows)),
    )
    target = str(wanted.rows[0]) if wanted.rows and len(wanted.rows) == 1 else wanted.system or f"replay {id_}"
    await connection.execute("UPDATE replay SET total = %s, target = %s WHERE id = %s", (put.rowcount, target, id_))
    begun = await taken(connection, id_)
    assert begun is not None
    return begun


async def unsettled(connection: Connection) -> list[int]:
    """The replays of which something is left to do, or to be known."""
    found = await connection.execute(
        "SELECT id FROM replay WHERE state = 'running' UNION SELECT replay FROM replay_row WHERE outcome IS NULL"
        " AND revision IS NOT NULL ORDER BY 1"
    )
    return [id_ for (id_,) in await found.fetchall()]


async def running_to(connection: Connection, systems: Sequence[str]) -> list[tuple[int, str]]:
    """The replays to these systems that are under way: (number, system)."""
    found = await connection.execute(
        "SELECT id, system FROM replay WHERE state = 'running' AND system = ANY(%s) ORDER BY id", (array(systems),)
    )
    return [(id_, system) for id_, system in await found.fetchall()]


async def taken(connection: Connection, id_: int, *, wait: bool = True) -> Replay | None:
    """A replay, for this transaction alone; None where there is none, or where another transaction has it and this does not ``wait``."""
    found = await connection.cursor(row_factory=class_row(Replay)).execute(
        f"SELECT {_COLUMNS} FROM replay WHERE id = %s FOR UPDATE" + ("" if wait else " SKIP LOCKED"),  # noqa: S608 - constants
        (id_,),
    )
    return await found.fetchone()


async def settle(connection: Connection, id_: int) -> bool:
    """Write what has become of the rows that are on their way; True where something has."""
    return await _count(
        connection,
        id_,
        "UPDATE replay_row r SET outcome = n.outcome FROM (SELECT r.place, CASE WHEN o.id IS NULL OR o.revision <> r.revision"
        "  THEN 'gone' WHEN o.state IN ('sent', 'dead', 'skipped') THEN o.state END AS outcome"
        "  FROM replay_row r LEFT JOIN outbox_row o ON o.id = r.outbox_id"
        "  WHERE r.replay = %(id)s AND r.outcome IS NULL AND r.revision IS NOT NULL) n"
        " WHERE r.replay = %(id)s AND r.place = n.place AND n.outcome IS NOT NULL RETURNING r.outcome",
        {"id": id_},
    )


async def _count(connection: Connection, id_: int, statement: str, values: dict[str, Any]) -> bool:
    """Count the outcomes that a statement writes; False where it writes none."""
    outcomes = [outcome for (outcome,) in await (await connection.execute(statement, values)).fetchall()]
    if outcomes:
        await connection.execute(
            "UPDATE replay SET sent = sent + %s, failed = failed + %s, passed_over = passed_over + %s, put_back = put_back + %s"
            " WHERE id = %s",
            (
                outcomes.count("sent"),
                outcomes.count("dead"),
                outcomes.count("skipped") + outcomes.count("gone"),
                outcomes.count("put-back"),
                id_,
            ),
        )
    return bool(outcomes)


@dataclass(frozen=True, slots=True)
class Course:
    """How far a replay has come. A row of no case counts as a case by itself."""

    failed_cases: int
    cases_on_their_way: int
    """Of which something is ready to be sent and not sent yet."""
    rows_on_their_way: int
    behind: int
    """How many of these rows stand behind one that failed."""


async def course(connection: Connection, id_: int) -> Course:
    """How far a replay has come."""
    found = await connection.cursor(row_factory=class_row(Course)).execute(
        "SELECT (SELECT count(DISTINCT key) FROM replay_row WHERE replay = %(id)s AND outcome = 'dead') AS failed_cases,"
        " count(DISTINCT r.key) AS cases_on_their_way, count(*) AS rows_on_their_way, count(*) FILTER (WHERE o.behind) AS behind"
        " FROM replay_row r JOIN outbox_row o ON o.id = r.outbox_id"
        " WHERE r.replay = %(id)s AND r.outcome IS NULL AND r.revision IS NOT NULL",
        {"id": id_},
    )
    one = await found.fetchone()
    assert one is not None
    return one


async def left(connection: Connection, id_: int, limit: int) -> list[tuple[int, int, str]]:
    """(place, row id, case) of the rows whose turn has not come, the next first."""
    found = await connection.execute(
        "SELECT place, outbox_id, key FROM replay_row WHERE replay = %s AND outcome IS NULL AND revision IS NULL"
        " ORDER BY place LIMIT %s",
        (id_, limit),
    )
    return [(place, row, key) for place, row, key in await found.fetchall()]


async def tell(connection: Connection, one: Replay, rows: Sequence[tuple[int, int, str]]) -> None:
    """Make these rows of a replay ready to be sent, and keep what they are until now; note when the next may follow. Time that was not used
    is not made up for, but for as much as lies between two looks.
    """
    ids, places = [row for _, row, _ in rows], [place for place, _, _ in rows]
    await connection.execute("SELECT FROM outbox_row WHERE id = ANY(%s) ORDER BY id FOR UPDATE", (ids,))
    found = await connection.execute(
        "SELECT id, jsonb_build_object('state', state, 'sent_at', sent_at, 'answer', answer, 'attempts', attempts,"
        " 'first_tried_at', first_tried_at, 'refused_since', refused_since, 'marked', position(%s IN told::text) > 0)::text"
        " FROM outbox WHERE id = ANY(%s)",
        (dead_letters.REPLAYED, ids),
    )
    before: dict[int, str] = dict(await found.fetchall())
    now = await dead_letters.replay(connection, ids)
    await connection.execute(
        "UPDATE replay_row r SET before = n.before, revision = n.revision FROM"
        " unnest(%s::bigint[], %s::jsonb[], %s::int[]) AS n (id, before, revision)"
        " WHERE r.replay = %s AND r.place = ANY(%s) AND r.outbox_id = n.id",
        (list(now), [before[id_] for id_ in now], list(now.values()), one.id, places),
    )
    await _count(
        connection,
        one.id,
        "UPDATE replay_row r SET outcome = coalesce((SELECT 'skipped' FROM outbox_row o WHERE o.id = r.outbox_id"
        " AND o.state = 'skipped'), 'gone') WHERE r.replay = %(id)s AND r.place = ANY(%(places)s) AND r.revision IS NULL"
        " RETURNING r.outcome",
        {"id": one.id, "places": places},
    )
    await connection.execute(
        "UPDATE replay SET told = told + %(rows)s, next_at = greatest(next_at, clock_timestamp() - interval '0.4 second')"
        " + make_interval(secs => %(rows)s / rate) WHERE id = %(id)s",
        {"id": one.id, "rows": len(now)},
    )
    systems = await connection.execute("SELECT DISTINCT system FROM outbox_row WHERE id = ANY(%s)", (list(now),))
    await in_hand.tell(connection, [system for (system,) in await systems.fetchall()])


async def end(connection: Connection, id_: int, state: str, why: str | None) -> None:
    """The replay is over."""
    await connection.execute(
        "UPDATE replay SET state = %s, ended_at = now(), ended = %s WHERE id = %s", (state, why, id_)
    )


_BEFORE = (
    "state = r.before->>'state', behind = false, sent_at = (r.before->>'sent_at')::timestamptz, answer = r.before->>'answer',"
    " attempts = (r.before->>'attempts')::int, first_tried_at = (r.before->>'first_tried_at')::timestamptz,"
    " refused_since = (r.before->>'refused_since')::timestamptz,"
    " said = CASE WHEN o.answer IS NULL OR o.answer = r.before->>'answer' THEN o.said END,"
    " told = CASE WHEN (r.before->>'marked')::boolean THEN o.told ELSE replace(o.told::text, %(after)s, %(before)s)::json END"
)


async def put_back(connection: Connection, id_: int) -> None:
    """Put what is not sent yet back as it was before the replay: rows whose turn has not come stay as they are; one that waits to be sent
    is dead again, before what follows it in its case, or sent. One that had been sent and that its receiver refuses now counts as sent as
    before. What a reader has in its hands stays there; what is in a call counts as sent if that succeeds (``sent_after_all``).
    """
    found = await connection.execute(
        "SELECT DISTINCT o.shard FROM replay_row r JOIN outbox_row o ON o.id = r.outbox_id AND o.revision = r.revision"
        " WHERE r.replay = %s AND r.outcome IS NULL AND r.revision IS NOT NULL",
        (id_,),
    )
    await shards.change_shards(connection, [shard for (shard,) in await found.fetchall()])
    await connection.execute(  # in their order, as a reader's acknowledgement locks them
        "SELECT FROM outbox_row o WHERE o.id IN (SELECT outbox_id FROM replay_row WHERE replay = %s AND outcome IS NULL"
        " AND revision IS NOT NULL) ORDER BY o.id FOR UPDATE",
        (id_,),
    )
    await settle(connection, id_)
    back = await _restore(
        connection,
        id_,
        "r.outcome IS NULL AND o.state = 'waiting' AND NOT EXISTS (SELECT FROM in_hand h WHERE h.id = o.id AND h.until > now())",
    )
    await _count(
        connection,
        id_,
        "UPDATE replay_row SET outcome = 'put-back' WHERE replay = %(id)s AND outcome IS NULL"
        " AND (revision IS NULL OR place = ANY(%(places)s)) RETURNING outcome",
        {"id": id_, "places": back},
    )
    await keep_as_sent(connection, id_)
    await settle(connection, id_)  # what was settled at this moment by another


async def keep_as_sent(connection: Connection, id_: int) -> None:
    """What had been sent before the replay, and is refused now, counts as sent as before: a replay holds up no case that flowed."""
    await _restore(connection, id_, "r.outcome = 'dead' AND r.before->>'state' = 'sent' AND o.state = 'dead'")


async def _restore(connection: Connection, id_: int, which: str) -> list[int]:
    """Make rows of a replay what they were before; what follows a dead one waits for it again. Return their places."""
    found = await connection.execute(
        f"UPDATE outbox_row o SET {_BEFORE} FROM replay_row r WHERE r.replay = %(id)s AND r.revision IS NOT NULL AND {which}"  # noqa: S608
        " AND o.id = r.outbox_id AND o.revision = r.revision"
        " RETURNING r.place, o.state, o.kind, o.system, o.case_id::text, o.shard",
        {"id": id_, "before": dead_letters.NOT_REPLAYED, "after": dead_letters.REPLAYED},
    )
    back = await found.fetchall()
    cases = {(system, case): False for _, _, kind, system, case, _ in back if kind == "notice"}
    cases |= {(system, case): True for _, state, kind, system, case, _ in back if kind == "notice" and state == "dead"}
    for (system, case), has_dead in sorted(cases.items()):
        if has_dead:
            await dead_letters.block_followers(connection, system, [case])
        await dead_letters.release_followers(connection, system, case)
    await shards.tell(connection, {shard for *_, shard in back})
    return [place for place, *_ in back]


async def sent_after_all(
    connection: Connection, rows: Sequence[tuple[int, int]], at: Sequence[datetime], answers: Sequence[str]
) -> set[int]:
    """Of rows (id, revision) that were acknowledged and that no mark fits any more: those that were put back while they were in the call
    count as sent; return their ids.
    """
    found = await connection.execute(
        "SELECT r.replay, r.place, r.outbox_id, n.at, n.answer FROM unnest(%s::bigint[], %s::int[], %s::timestamptz[], %s::text[])"
        " AS n (id, revision, at, answer) JOIN replay_row r ON r.outbox_id = n.id AND r.revision = n.revision"
        " JOIN outbox_row o ON o.id = n.id AND o.revision = n.revision WHERE r.outcome = 'put-back' ORDER BY 1, 2",
        outbox.mark_arrays(rows, at, answers),
    )
    taken_: set[int] = set()
    for replay, place, id_, moment, answer in await found.fetchall():
        done = await connection.execute(
            "UPDATE outbox_row SET state = 'sent', sent_at = %s, answer = %s, attempts = attempts + 1,"
            " told = replace(told::text, %s, %s)::json WHERE id = %s AND state IN ('dead', 'sent')"
            " RETURNING kind, system, case_id::text, shard",
            (moment, answer, dead_letters.NOT_REPLAYED, dead_letters.REPLAYED, id_),
        )
        for kind, system, case, shard in await done.fetchall():
            taken_.add(id_)
            if kind == "notice":
                await dead_letters.release_followers(connection, system, case)
            await shards.tell(connection, [shard])
            counted = await connection.execute(
                "UPDATE replay_row SET outcome = 'sent' WHERE replay = %s AND place = %s AND outcome = 'put-back'",
                (replay, place),
            )
            if counted.rowcount:  # it is acknowledged once more otherwise
                await connection.execute(
                    "UPDATE replay SET sent = sent + 1, put_back = put_back - 1 WHERE id = %s", (replay,)
                )
    return taken_


# --- what is asked ------------------------------------------------------------------------------------------------------------


async def listed(
    connection: Connection, *, own_of: str | None = None, before: int | None = None, limit: int = 50
) -> list[Replay]:
    """The newest replays, the newest first; ``own_of``: those that a system asked for itself."""
    found = await connection.cursor(row_factory=class_row(Replay)).execute(
        f"SELECT {_COLUMNS} FROM replay WHERE (%(own)s::text IS NULL OR (own AND system = %(own)s))"  # noqa: S608 - constant
        " AND (%(before)s::bigint IS NULL OR id < %(before)s) ORDER BY id DESC LIMIT %(limit)s",
        {"own": own_of, "before": before, "limit": limit},
    )
    return await found.fetchall()
