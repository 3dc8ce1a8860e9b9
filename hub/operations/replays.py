"""Replays (D-7): a dry run with its count, the beginning, the pace, the stop after the first failures, the undoing. Imports the store, the
language, the log and the metrics.

The first cases of a replay go alone, as many as may fail; the rest follows, no faster than its rate, when one of them has been taken. So a
receiver that refuses what it is told again has at the most so many to refuse, and what waits for its turn stands untouched.
"""

from __future__ import annotations

import asyncio
import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from hub import clock, metrics
from hub.errors import Misconfigured, Refused
from hub.log import log
from hub.operations import reason as reasons
from hub.operations.known import is_known
from hub.shards import PROOF_S
from hub.store import operator_log, replays
from hub.store.replays import Connection, FoundRow, Group, Replay, RowFilter
from hub.store.transaction import Conflict, Store
from schemas.messages import MESSAGES

RATE: Final = 50.0
"""Rows a second, where nothing else is said."""
FASTEST: Final = 1_000.0
STOP_AFTER: Final = 5
_KINDS: Final = frozenset(MESSAGES) | {"receipt", "announcement"}
MOST: Final = 100_000
"""Rows in one replay; of more, the time is narrowed."""
_ON_THEIR_WAY_S: Final = 2.0
"""So many seconds' rows of one replay may be ready to be sent and not sent yet. More would all be sent at once when a receiver that was
paused or away comes back, and what is ready is not put back from so easily.
"""
_BURST_S: Final = 0.5
"""So many seconds' rows are made ready at once."""
_CASE: Final = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LARGEST_CASE: Final = 500
"""Rows that are read beyond them, so that a case goes as a whole."""
ANOTHERS: Final = Refused(
    "replayed-already",
    "En annan omsändning tog några av underrättelserna i samma stund. Prova igen, utan expected.",
    "Another replay took some of the notices at this moment. Try again, with a dry run first.",
    "/",
    409,
)


# --- what operations asks -------------------------------------------------------------------------------------------------


async def groups(store: Store, system: str | None) -> list[Group]:
    """The dead rows of a system, or of all, by what they failed of."""
    if system is not None:
        await is_known(store, system)
    async with store.transaction() as connection:
        return await replays.groups(connection, system)


@dataclass(frozen=True, slots=True)
class Limits:
    """How fast a replay goes, and after how many cases that fail at its beginning it stops."""

    rate: float = RATE
    stop_after: int = STOP_AFTER


async def replay(
    store: Store,
    wanted: RowFilter,
    who: str,
    reason: str,
    *,
    expected: int | None,
    limits: Limits = Limits(),
    of_sent: bool = False,
) -> str:
    """Tell dead rows again, or with ``of_sent`` what a system was sent. ``expected``: the number that a dry run gave; None for the dry run.
    Raises ``Misconfigured`` where nothing or too much fits, or another number than expected.
    """
    if expected is not None or reason:
        reasons.check(reason)
    if not (0 < limits.rate <= FASTEST and 0 < limits.stop_after <= MOST):  # not a number is in no range either
        raise Misconfigured(f"--rate takes up to {FASTEST:g} a second, --stop-after up to {MOST} cases")
    if any(not 0 < row < 2**63 for row in wanted.rows or ()):
        raise Misconfigured("a row is a number from `hub dead list`")
    if wanted == RowFilter():
        raise Misconfigured("say what is to be sent again: rows, --system, --case, --kind, --answer or --since")
    if of_sent and (wanted.system is None or (wanted.since is None and wanted.case is None)):
        raise Misconfigured("--sent wants a --system, and --since or --case: what it was sent is sent again")
    if of_sent and wanted.answer is not None:
        raise Misconfigured("--answer is of what is dead; leave it out with --sent")
    if wanted.kind is not None and wanted.kind not in _KINDS:
        raise Misconfigured(f"there is no message {wanted.kind}; --kind takes one of: {', '.join(sorted(_KINDS))}")
    if wanted.case is not None and not _CASE.fullmatch(wanted.case):
        raise Misconfigured("--case takes the id of a case, as `hub dead list` and `hub timeline` show it")
    if wanted.system is not None:
        await is_known(store, wanted.system)
    so_far = None
    if expected is None and wanted.until is None and wanted.rows is None:
        wanted = replace(wanted, until=(so_far := clock.now()))  # what comes from now on changes no count
    async with store.transaction() as connection:
        if of_sent:
            rows, gallrade = await replays.sent(connection, wanted, MOST + 1)
        else:
            rows, gallrade = await replays.dead(connection, wanted, MOST + 1), 0
        of_each = Counter(row.system for row in rows)
        if len(of_each) > 1:  # D-5: one system's trouble would hold up the others'
            raise Misconfigured(
                f"what fits is to {len(of_each)} systems, and a replay is to one; say --system: {_each(of_each)}"
            )
        if missing := sorted(set(wanted.rows or ()) - {row.id for row in rows}):
            raise Misconfigured(_NOT_THERE.format(row=missing[0], what="sent" if of_sent else "dead"))
        if len(rows) > MOST:
            raise Misconfigured(f"more than {MOST} rows fit; say less at a time, as with --until")
        if expected is None:
            return _would(rows, gallrade, so_far)
        if not rows:
            raise Misconfigured("nothing fits that no other replay has; see `hub dead list` and `hub dead replays`")
        if expected != len(rows):
            raise Misconfigured(
                f"{len(rows)} rows fit now, not {expected}: look again without --run, or leave out with --until what comes meanwhile"
            )
        try:
            begun = await begin(connection, rows, wanted, who, reason, limits)
        except Refused as refused:
            raise Misconfigured(f"{refused.en} `hub dead replays` names it") from None
    return (
        f"replay {begun.id}: {begun.total} are sent again, marked as replay, at most {begun.rate:g} a second; it stops when the first"
        f" {begun.stop_after} fail. `hub dead replays` says how it stands, `hub dead undo {begun.id}` puts back what is not sent yet"
    )


_NOT_THERE = "row {row} is not {what}, or another replay has it; see `hub dead list` and `hub dead replays`"


def _each(of: Counter[str]) -> str:
    return ", ".join(f"{system} ({count})" for system, count in of.most_common(20))


def _would(rows: Sequence[FoundRow], gallrade: int, until: datetime | None) -> str:
    of = f", of {len({row.key for row in rows})} cases, to {rows[0].system}" if rows else ""
    left_out = f"; {gallrade} are left out, since gallring has removed what they said" if gallrade else ""
    so_far = "" if until is None else f" --until {until.isoformat()}"
    how = f". It begins with{so_far} --run {len(rows)} --reason …" if rows else ""
    return f"would be sent again: {len(rows)}{of}{left_out}{how}"


async def begin(
    connection: Connection,
    rows: Sequence[FoundRow],
    wanted: RowFilter,
    who: str,
    reason: str,
    limits: Limits,
    *,
    own: bool = False,
) -> Replay:
    """Begin a replay, and write it to the trail; its first rows are ready to be sent when the transaction is committed. Raises ``Refused``
    where another replay takes some of the rows at this moment.
    """
    begun = await replays.add(
        connection, rows, wanted, who=who, why=reason, own=own, rate=limits.rate, stop_after=limits.stop_after
    )
    if begun.total != len(rows):
        raise replace(ANOTHERS)
    said = f"{reason} (replay {begun.id}: {begun.total}, at most {begun.rate:g} a second)"
    await operator_log.record(connection, who, "replay", begun.target, said)
    await advance(connection, begun)
    return begun


async def undo(store: Store, id_: int, who: str, reason: str) -> str:
    """Put back what a running replay has not sent yet; return when nothing more of it begins to be sent."""
    reasons.check(reason)
    async with store.transaction() as connection:
        one = await replays.taken(connection, id_)
        if one is None:
            raise Misconfigured(f"there is no replay {id_}; see `hub dead replays`")
        if one.state != "running":
            raise Misconfigured(f"replay {id_} is {one.state}: nothing of it waits to be sent")
        ended = await _end(connection, one, "undone", reason)
        said = f"{reason} (replay {id_}: {_counts(ended)})"
        await operator_log.record(connection, who, "undo replay", one.target, said)
    await asyncio.sleep(PROOF_S)  # so long a lane may send what it has in memory without asking
    with_reader = f"; {ended.open} are with their reader, or in a call, and may still be taken" if ended.open else ""
    return f"replay {id_} is undone: {_counts(ended)}{with_reader}"


def _counts(one: Replay) -> str:
    passed_over = f", {one.passed_over} passed over" if one.passed_over else ""
    return f"{one.sent} of {one.total} sent, {one.failed} failed{passed_over}, {one.put_back} put back"


# --- how a replay goes on -------------------------------------------------------------------------------------------------


class Replayer:
    """Looks after all replays; of several processes one does what there is to do of a replay."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def look(self) -> None:
        """Let every replay go on that may. Raises ``Unavailable`` when the database does not answer."""
        async with self._store.transaction() as connection:
            found = await replays.unsettled(connection)
        for id_ in found:
            try:
                async with self._store.transaction() as connection:
                    one = await replays.taken(connection, id_, wait=False)
                    ended = None if one is None else await advance(connection, one)
            except Conflict:
                continue  # what it wanted was another's at this moment
            if ended is not None and ended.state == "stopped":
                metrics.replays_stopped.inc()
                log.error(
                    "replay_stopped", replay=id_, system=ended.system, failed=ended.failed, put_back=ended.put_back
                )


async def advance(connection: Connection, one: Replay) -> Replay | None:
    """Write what has become of a replay's rows, end it, or make the next ready; the caller has it to itself. Return it where it ended."""
    has_news = await replays.settle(connection, one.id)
    if one.state != "running":
        if has_news:  # a reader has refused what it still had in its hands
            await replays.keep_as_sent(connection, one.id)
        return None
    if has_news:
        one = await _again(connection, one)
    course = await replays.course(connection, one.id)
    if not one.sent and course.failed_cases >= one.stop_after:
        return await _stop(connection, one, course.failed_cases)
    next_ones = await replays.left(connection, one.id, _burst(one) + _LARGEST_CASE)
    if not next_ones and course.behind == course.rows_on_their_way:
        return await _end(connection, one, "done", None)
    if one.sent and one.failed and has_news:
        await replays.keep_as_sent(connection, one.id)
    cases = math.inf if one.sent else one.stop_after - course.failed_cases - course.cases_on_their_way
    if one.waits or course.rows_on_their_way >= max(1, one.rate * _ON_THEIR_WAY_S):
        return None
    if chosen := _whole_cases(next_ones, _burst(one) if one.sent else MOST, cases):
        await replays.tell(connection, one, chosen)
    return None


def _burst(one: Replay) -> int:
    return max(1, math.ceil(one.rate * _BURST_S))


def _whole_cases(rows: Sequence[tuple[int, int, str]], most: int, cases: float) -> list[tuple[int, int, str]]:
    """The first of the rows, each case's together: up to so many cases, and no further case after so many rows."""
    chosen: list[tuple[int, int, str]] = []
    for row in rows:
        if not chosen or row[2] != chosen[-1][2]:
            if cases < 1 or len(chosen) >= most:
                break
            cases -= 1
        chosen.append(row)
    return chosen


async def _stop(connection: Connection, one: Replay, failed: int) -> Replay:
    why = f"the first {failed} failed" if failed > 1 else "the first failed"
    ended = await _end(connection, one, "stopped", why)
    await operator_log.record(
        connection, "hub", "stop replay", one.target, f"{why} (replay {one.id}: {_counts(ended)})"
    )
    return ended


async def _end(connection: Connection, one: Replay, state: str, why: str | None) -> Replay:
    """Put back what is not sent, and close the replay."""
    await replays.put_back(connection, one.id)
    await replays.end(connection, one.id, state, why)
    return await _again(connection, one)


async def _again(connection: Connection, one: Replay) -> Replay:
    found = await replays.taken(connection, one.id)
    assert found is not None
    return found
