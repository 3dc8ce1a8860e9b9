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
from datetime import datetime, timedelta
from typing import Final

from hub import clock, metrics
from hub.errors import Refused
from hub.intake.told_elsewhere import Elsewhere, systems_now, to_system
from hub.log import log
from hub.operations import reason as reasons
from hub.operations.known import is_known, the_directory
from hub.shards import PROOF_S
from hub.store import operator_log, replayable, replays
from hub.store.replayable import FoundRow, Group, RowFilter
from hub.store.replays import Connection, Replay
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
KEPT: Final = timedelta(days=400)
"""For so long it is known which rows a replay had, and how they had been sent before; the trail says for ever that there was one."""
_SWEPT_EVERY: Final = timedelta(hours=1)
_SWEPT_AT_ONCE: Final = 5_000
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
        return await replayable.groups(connection, system)


@dataclass(frozen=True, slots=True)
class Limits:
    """How fast a replay goes, and after how many cases that fail at its beginning it stops."""

    rate: float = RATE
    stop_after: int = STOP_AFTER


@dataclass(frozen=True, slots=True)
class Aim:
    """To whom it is told again. By what way, in what format and at which address is always the directory's of now: an address that it no
    longer has is not sent to.
    """

    target: str = "as-was"
    """``as-was``: to the system that each was to; ``as-directory-now``: to the one that serves its unit now."""
    to: str | None = None
    """With ``as-directory-now``: only what is this system's now."""

    @property
    def is_now(self) -> bool:
        """Whether the directory of now says to whom."""
        return self.target == "as-directory-now"

    @property
    def element(self) -> str:
        """By which element one system is chosen."""
        return "to" if self.is_now else "system"


AS_WAS: Final = Aim()


@dataclass(frozen=True, slots=True)
class Counted:
    """What a replay would send again."""

    count: int
    cases: int
    """Of how many cases; two systems' notices of one case are of one."""
    gallrade: int
    """How many are left out, since gallring has removed what they said."""
    as_of: datetime | None
    """When the last of them had died, or was sent: given with the replay, what dies or is sent later changes no number."""
    groups: tuple[tuple[str, str, int], ...]
    """(system to which it would go, kind of answer, how many), the largest first."""
    unserved: int = 0
    """How many are left out, since no system serves their unit now."""
    behind: int = 0
    """How many notices wait behind those that are dead."""

    @property
    def systems(self) -> dict[str, int]:
        """System → how many, the largest first."""
        found: Counter[str] = Counter()
        for system, _, count in self.groups:
            found[system] += count
        return dict(found.most_common())


async def count(store: Store, wanted: RowFilter, *, of_sent: bool = False, aim: Aim = AS_WAS) -> Counted:
    """The dry run: what would be told again of what is dead, or with ``of_sent`` of what a system was sent. Raises ``Refused``."""
    await _may_be_meant(store, wanted, of_sent=of_sent)
    async with store.transaction() as connection:
        rows, gallrade = await _fitting(connection, wanted, of_sent=of_sent)
    to = await _to(store, rows, aim)
    each = Counter((system, row.answer) for row in rows for system in to[row.id]).most_common()
    groups = tuple((system, answer, number) for (system, answer), number in each)
    told = [row for row in rows if to[row.id]]
    unserved = len(rows) - len(told) if aim.to is None else 0
    behind = 0
    if not of_sent:
        async with store.transaction() as connection:
            behind = await replayable.behind(connection, [row.id for row in told])
    cases = len({row.case_id for row in told if row.case_id is not None})
    as_of = max((row.settled_at for row in rows if row.settled_at is not None), default=None)
    return Counted(len(told), cases, gallrade, as_of if wanted.rows is None else None, groups, unserved, behind)


async def _to(store: Store, rows: Sequence[FoundRow], aim: Aim) -> dict[int, set[str]]:
    """Row → the systems to which it would go."""
    if not aim.is_now:
        return {row.id: {row.system} for row in rows}
    known = await the_directory(store)
    return {row.id: {one for one in systems_now(row, known) if aim.to in {None, one}} for row in rows}


async def replay(
    store: Store,
    wanted: RowFilter,
    who: str,
    reason: str,
    *,
    expected: int,
    limits: Limits = Limits(),
    of_sent: bool = False,
    aim: Aim = AS_WAS,
) -> Replay:
    """Tell dead rows again, or with ``of_sent`` what a system was sent. ``expected``: the number that a dry run gave. Raises ``Refused``
    where nothing or too much fits, or another number than expected.
    """
    reason = reasons.given(reason)
    may_be(limits)
    await _may_be_meant(store, wanted, of_sent=of_sent)
    async with store.transaction() as connection:
        rows, _ = await _fitting(connection, wanted, of_sent=of_sent)
        to = await _to(store, rows, aim)
        of_each = Counter(system for row in rows for system in to[row.id])
        if len(of_each) > 1:  # D-5: one system's trouble would hold up the others'
            each = ", ".join(f"{system} ({number})" for system, number in of_each.most_common(20))
            raise Refused(
                "several-systems",
                f"Det som passar går till {len(of_each)} system, och en omsändning går till ett. Ange {aim.element}: {each}.",
                f"What fits is to {len(of_each)} systems, and a replay is to one. Say {aim.element}: {each}.",
                f"/{aim.element}",
            )
        rows = [row for row in rows if to[row.id]]
        if not rows:
            raise nothing_fits()
        if expected != len(rows):
            raise Refused(
                "another-count",
                f"Nu passar {len(rows)} rader, inte {expected}. Prova igen, utan expected, och ange antalet och as_of därifrån.",
                f"{len(rows)} rows fit now, not {expected}. Try again, without expected, and give the number and as_of of that.",
                "/expected",
            )
        elsewhere = Elsewhere(rows, frozenset())
        if aim.is_now:
            elsewhere = await to_system(connection, rows, await the_directory(store), next(iter(of_each)))
        return await begin(connection, elsewhere, wanted, who, reason, limits, of_sent=of_sent, aim=aim)


def nothing_fits() -> Refused:
    """The refusal of a replay that would send nothing."""
    return Refused(
        "nothing-to-replay",
        "Inget passar som ingen annan omsändning redan har.",
        "Nothing fits that no other replay has.",
        "/",
    )


def no_such_replay(id_: int) -> Refused:
    """The refusal of a replay that is not there."""
    return Refused("unknown-replay", f"Det finns ingen omsändning {id_}.", f"There is no replay {id_}.", "/replay", 404)


def may_be(limits: Limits) -> None:
    """Raises ``Refused`` 400 where a replay cannot go like this; not a number is in no range either."""
    if not 0 < limits.rate <= FASTEST:
        raise Refused(
            "replay-limits",
            f"Ange en fart (rate) på högst {FASTEST:g} i sekunden.",
            f"Give a rate of up to {FASTEST:g} a second.",
            "/rate",
            400,
        )
    if not 0 < limits.stop_after <= MOST:
        raise Refused(
            "replay-limits",
            f"Ange efter hur många misslyckade ärenden den stannar (stop_after), högst {MOST}.",
            f"Say after how many failed cases it stops (stop_after), up to {MOST} cases.",
            "/stop_after",
            400,
        )


async def _may_be_meant(store: Store, wanted: RowFilter, *, of_sent: bool) -> None:
    """Raises ``Refused`` where what is asked for cannot be meant."""
    if any(not 0 < row < 2**63 for row in wanted.rows or ()):
        raise _unclear("rows", "en rad är ett tal ur listan över döda", "a row is a number from the list of the dead")
    if replace(wanted, as_of=None) == RowFilter():
        raise _unclear(
            "rows",
            "ange vad som ska sändas om: rows, system, case, kind, answer eller since",
            "say what is to be sent again: rows, system, case, kind, answer or since",
        )
    if of_sent and wanted.system is None:
        raise _missing(
            "system",
            "ange till vilket system; det som är sänt (sent) sänds om till ett system i taget",
            "say to which system; what was sent (sent) is sent again to one system at a time",
        )
    if of_sent and wanted.since is None and wanted.case is None:
        raise _missing(
            "since",
            "ange från vilken tid det som är sänt (sent) ska sändas om, eller i vilket ärende (case)",
            "say from which moment on what was sent (sent) is sent again, or of which case (case)",
        )
    if of_sent and wanted.answer is not None:
        raise _unclear(
            "answer",
            "det gäller det som är dött; utelämna det med sent",
            "it is of what is dead; leave it out with sent",
        )
    if wanted.kind is not None and wanted.kind not in _KINDS:
        known = ", ".join(sorted(_KINDS))
        raise _unclear(
            "kind",
            f"det finns inget sådant meddelande; ange ett av: {known}",
            f"there is no such message; give one of: {known}",
        )
    if wanted.case is not None and not _CASE.fullmatch(wanted.case):
        raise _unclear(
            "case",
            "ange ärendets id, som listan över döda och tidslinjen visar det",
            "give the id of a case, as the list of the dead and its timeline show it",
        )
    if wanted.system is not None:
        await is_known(store, wanted.system)


def _unclear(element: str, sv: str, en: str) -> Refused:
    return Refused("replay-filter", f"Rätta {element}: {sv}.", f"Correct {element}: {en}.", f"/{element}", 400)


def _missing(element: str, sv: str, en: str) -> Refused:
    return Refused("replay-filter", f"{element} saknas: {sv}.", f"{element} is missing: {en}.", f"/{element}", 400)


async def _fitting(connection: Connection, wanted: RowFilter, *, of_sent: bool) -> tuple[list[FoundRow], int]:
    """The rows that fit, and how many more have been removed. Raises ``Refused`` where one that was named does not, or too many do."""
    if of_sent:
        rows, gallrade = await replayable.sent(connection, wanted, MOST + 1)
    else:
        rows, gallrade = await replayable.dead(connection, wanted, MOST + 1), 0
    if missing := sorted(set(wanted.rows or ()) - {row.id for row in rows}):
        raise _is_not(missing[0], of_sent=of_sent)
    if len(rows) > MOST:
        raise Refused(
            "too-many-to-replay",
            f"Fler än {MOST} rader passar. Ange mindre på en gång, som med until.",
            f"More than {MOST} rows fit. Say less at a time, as with until.",
            "/until",
        )
    return rows, gallrade


def _is_not(row: int, *, of_sent: bool) -> Refused:
    sv, en, rule = ("sänd", "sent", "not-sent") if of_sent else ("död", "dead", "not-dead")
    return Refused(
        rule,
        f"Rad {row} är inte {sv}, eller en annan omsändning har den.",
        f"Row {row} is not {en}, or another replay has it.",
        "/rows",
    )


async def begin(
    connection: Connection,
    found: Elsewhere,
    wanted: RowFilter,
    who: str,
    reason: str,
    limits: Limits,
    *,
    of_sent: bool,
    aim: Aim = AS_WAS,
    own: bool = False,
) -> Replay:
    """Begin a replay, and write it to the trail; its first rows are ready to be sent when the transaction is committed. Raises ``Refused``
    where another replay takes some of the rows at this moment.
    """
    if not found.rows:
        raise nothing_fits()
    begun = await replays.add(
        connection,
        found.rows,
        wanted,
        who=who,
        why=reason,
        own=own,
        rate=limits.rate,
        stop_after=limits.stop_after,
        of_sent=of_sent,
        aim=aim.target,
        written=found.written,
    )
    if begun.total != len(found.rows):
        raise replace(ANOTHERS)
    said = f"{reason} (replay {begun.id}: {begun.total}, at most {begun.rate:g} a second)"
    await operator_log.record(connection, who, "replay", begun.target, said)
    await advance(connection, begun)
    if wanted.rows is not None and (passed := await replays.passed_over(connection, begun.id)):
        raise _is_not(passed[0], of_sent=of_sent)  # another of operations gave it up at this moment
    return begun


async def undo(store: Store, id_: int, who: str, reason: str) -> Replay:
    """Put back what a running replay has not sent yet; return how it stands when nothing more of it begins to be sent."""
    reason = reasons.given(reason)
    async with store.transaction() as connection:
        one = await replays.taken(connection, id_)
        if one is None:
            raise no_such_replay(id_)
        if one.state != "running":
            raise Refused(
                "replay-ended",
                f"Omsändning {id_} är {_ENDED[one.state]}: inget av den väntar på att sändas.",
                f"Replay {id_} is {one.state}: nothing of it waits to be sent.",
                "/replay",
            )
        ended = await _end(connection, one, "undone", reason)
        said = f"{reason} (replay {id_}: {counts(ended)})"
        await operator_log.record(connection, who, "undo replay", one.target, said)
    await asyncio.sleep(PROOF_S)  # so long a lane may send what it has in memory without asking
    return ended


_ENDED: Final = {"done": "klar", "stopped": "stannad", "undone": "ångrad"}


def counts(one: Replay) -> str:
    """How many of a replay came to what."""
    passed_over = f", {one.passed_over} passed over" if one.passed_over else ""
    return f"{one.sent} of {one.total} sent, {one.failed} failed{passed_over}, {one.put_back} put back"


# --- how a replay goes on -------------------------------------------------------------------------------------------------


class Replayer:
    """Looks after all replays; of several processes one does what there is to do of a replay."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._swept_at: datetime | None = None

    async def look(self) -> None:
        """Let every replay go on that may, and remove what ended long ago. Raises ``Unavailable`` when the database does not answer."""
        if self._swept_at is None or clock.now() - self._swept_at > _SWEPT_EVERY:
            async with self._store.transaction() as connection:
                if await replays.sweep(connection, clock.now() - KEPT, _SWEPT_AT_ONCE) < _SWEPT_AT_ONCE:
                    self._swept_at = clock.now()
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
    on_their_way = course.rows_on_their_way - course.behind  # what is behind a failed one goes nowhere
    if one.waits or on_their_way >= max(1, one.rate * _ON_THEIR_WAY_S):
        return None
    if chosen := _whole_cases(next_ones, _burst(one), cases):
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
    await operator_log.record(connection, "hub", "stop replay", one.target, f"{why} (replay {one.id}: {counts(ended)})")
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
