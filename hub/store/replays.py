"""Replays: how each goes on, and how what is not sent yet is put back (D-7). Imports psycopg and the store only.

A row stands untouched until its turn comes; then it is made ready to be sent (``dead_letters.replay``), and what it was before is kept. A
row is in one replay at a time, from when that begins until it is known what became of the row.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from hub.store import dead_letters, in_hand, outbox, shards
from hub.store.replayable import KIND, FoundRow, RowFilter
from hub.store.transaction import array, keys

Connection = AsyncConnection[tuple[Any, ...]]


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
    aim: str
    """``as-was``: to the system that each was to; ``as-directory-now``: to the one that serves its unit now."""
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
    def of(self) -> str | None:
        """What it tells again: ``dead`` or ``sent``; None of one that was begun before this was noted."""
        return self.wanted.get("of") or ("sent" if self.own else None)

    @property
    def open(self) -> int:
        """How many are neither sent nor anything else yet."""
        return self.total - self.sent - self.failed - self.passed_over - self.put_back


_COLUMNS = (
    "id, at, who, why, target, system, own, wanted, rate, stop_after, aim, state, ended_at, ended, total, told, sent, failed, passed_over,"
    " put_back, next_at > clock_timestamp() AS waits"
)


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
    of_sent: bool,
    aim: str = "as-was",
    written: Collection[int] = (),
) -> Replay:
    """Begin a replay of these rows of one system, in their order. One that another replay has taken meanwhile is left to that: ``total``
    is how many this one has. The caller's transaction has the replay to itself. ``written``: the rows that were written for it.
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
        "INSERT INTO replay (who, why, target, system, own, wanted, rate, stop_after, aim)"
        " VALUES (%s, %s, '', %s, %s, %s, %s, %s, %s) RETURNING id",
        (
            who,
            why,
            rows[0].system,
            own,
            Jsonb(wanted.as_json | {"of": "sent" if of_sent else "dead"}),
            rate,
            stop_after,
            aim,
        ),
    )
    ((id_,),) = await found.fetchall()
    put = await connection.execute(
        "INSERT INTO replay_row (replay, place, outbox_id, key, written) SELECT %s, n.place, n.id, n.key, n.id = ANY(%s::bigint[])"
        " FROM unnest(%s::bigint[], %s::text[]) WITH ORDINALITY AS n (id, key, place) ORDER BY n.id ON CONFLICT DO NOTHING",
        (id_, list(written), array(str(row.id) for row in rows), keys(row.key for row in rows)),
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
    written = await connection.execute(
        "SELECT outbox_id FROM replay_row WHERE replay = %s AND place = ANY(%s) AND written", (one.id, places)
    )
    now = await dead_letters.replay(connection, ids, [id_ for (id_,) in await written.fetchall()])
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
    await in_hand.let_go(connection, list(now))  # a reader that had it from an earlier replay has it no more
    systems = await connection.execute("SELECT DISTINCT system FROM outbox_row WHERE id = ANY(%s)", (list(now),))
    await in_hand.tell(connection, [system for (system,) in await systems.fetchall()])


async def passed_over(connection: Connection, id_: int) -> list[int]:
    """The rows of a replay that were something else when their turn came."""
    found = await connection.execute(
        "SELECT outbox_id FROM replay_row WHERE replay = %s AND outcome IN ('skipped', 'gone') ORDER BY place", (id_,)
    )
    return [row for (row,) in await found.fetchall()]


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
    before. What a reader has in its hands, or what is in a call, counts as sent if it is acknowledged (``sent_after_all``), however late.
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
    back = await _restore(connection, id_, "r.outcome IS NULL AND o.state = 'waiting'")
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
    await _restore(
        connection, id_, "r.outcome = 'dead' AND r.before->>'state' IN ('sent', 'skipped') AND o.state = 'dead'"
    )


async def _restore(connection: Connection, id_: int, which: str) -> list[int]:
    """Make rows of a replay what they were before; what follows a dead one waits for it again. Return their places."""
    found = await connection.execute(
        f"UPDATE outbox_row o SET {_BEFORE} FROM replay_row r WHERE r.replay = %(id)s AND r.revision IS NOT NULL AND {which}"  # noqa: S608
        " AND o.id = r.outbox_id AND o.revision = r.revision"
        " RETURNING r.place, o.state, o.kind, o.system, o.case_id::text, o.shard",
        {"id": id_, "before": dead_letters.NOT_REPLAYED, "after": dead_letters.REPLAYED},
    )
    back = await found.fetchall()
    cases: dict[str, set[str]] = defaultdict(set)
    with_dead: dict[str, set[str]] = defaultdict(set)
    for _, state, kind, system, case, _ in back:
        if kind == "notice":
            cases[system].add(case)
            if state == "dead":
                with_dead[system].add(case)
    for system, its in sorted(cases.items()):
        if with_dead[system]:
            await dead_letters.block_followers(connection, system, sorted(with_dead[system]))
        await dead_letters.release_followers(connection, system, sorted(its))
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
            " told = replace(told::text, %s, %s)::json WHERE id = %s AND state IN ('dead', 'sent', 'skipped')"
            " RETURNING kind, system, case_id::text, shard",
            (moment, answer, dead_letters.NOT_REPLAYED, dead_letters.REPLAYED, id_),
        )
        for kind, system, case, shard in await done.fetchall():
            taken_.add(id_)
            if kind == "notice":
                await dead_letters.release_followers(connection, system, [case])
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


async def sweep(connection: Connection, before: datetime, limit: int) -> int:
    """Remove rows of replays that ended before a moment, at most so many, and the replays that have none left; return how many rows."""
    done = await connection.execute(
        "DELETE FROM replay_row WHERE (replay, place) IN (SELECT r.replay, r.place FROM replay p JOIN replay_row r ON r.replay = p.id"
        " WHERE p.state <> 'running' AND p.ended_at < %s ORDER BY r.replay, r.place LIMIT %s)",
        (before, limit),
    )
    await connection.execute(
        "DELETE FROM replay p WHERE p.state <> 'running' AND p.ended_at < %s"
        " AND NOT EXISTS (SELECT FROM replay_row r WHERE r.replay = p.id)",
        (before,),
    )
    return done.rowcount


# --- what is asked ------------------------------------------------------------------------------------------------------------


async def listed(
    connection: Connection,
    *,
    own_of: str | None = None,
    system: str | None = None,
    state: str | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[Replay]:
    """The newest replays, the newest first; ``own_of``: those that a system asked for itself; ``system``: those to one."""
    found = await connection.cursor(row_factory=class_row(Replay)).execute(
        f"SELECT {_COLUMNS} FROM replay WHERE (%(own)s::text IS NULL OR (own AND system = %(own)s))"  # noqa: S608 - constant
        " AND (%(system)s::text IS NULL OR system = %(system)s) AND (%(state)s::text IS NULL OR state = %(state)s)"
        " AND (%(before)s::bigint IS NULL OR id < %(before)s) ORDER BY id DESC LIMIT %(limit)s",
        {"own": own_of, "system": system, "state": state, "before": before, "limit": limit},
    )
    return await found.fetchall()


async def one(connection: Connection, id_: int) -> Replay | None:
    """One replay as it stands."""
    found = await connection.cursor(row_factory=class_row(Replay)).execute(
        f"SELECT {_COLUMNS} FROM replay WHERE id = %s",  # noqa: S608 - constant
        (id_,),
    )
    return await found.fetchone()


@dataclass(frozen=True, slots=True)
class ReplayedRow:
    """A row of a replay as operations is shown it."""

    place: int
    row: int
    source: str | None
    message: str | None
    name: str | None
    """The message's name; of what is no notice its kind."""
    case_id: str | None
    sequence: int | None
    outcome: str | None
    told: bool
    answer: str | None
    """What it came to in this replay; None until it has been tried in it."""


async def rows_of(connection: Connection, id_: int, outcome: str | None, after: int, limit: int) -> list[ReplayedRow]:
    """The rows of a replay in their order: those with an outcome; for ``open`` with none yet, for ``passed-over`` those that were skipped
    or gone when their turn came.
    """
    found = await connection.cursor(row_factory=class_row(ReplayedRow)).execute(
        f"SELECT r.place, r.outbox_id AS row, d.source, d.message, {KIND} AS name, d.case_id::text, d.sequence, r.outcome,"  # noqa: S608 - constant
        " r.revision IS NOT NULL AS told, CASE WHEN r.outcome IN ('sent', 'dead')"
        " OR (r.outcome IS NULL AND r.revision = d.revision AND d.attempts > 0) THEN d.answer END AS answer"
        " FROM replay_row r LEFT JOIN outbox d ON d.id = r.outbox_id"
        " LEFT JOIN message m ON m.source = d.source AND m.id = d.message AND d.kind = 'notice'"
        " WHERE r.replay = %(id)s AND r.place > %(after)s"
        " AND (%(outcome)s::text IS NULL OR (%(outcome)s = 'open' AND r.outcome IS NULL) OR r.outcome = %(outcome)s"
        "  OR (%(outcome)s = 'passed-over' AND r.outcome IN ('skipped', 'gone')))"
        " ORDER BY r.place LIMIT %(limit)s",
        {"id": id_, "outcome": outcome, "after": after, "limit": limit},
        prepare=False,
    )
    return await found.fetchall()
