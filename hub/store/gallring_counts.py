"""Counts what gallring would remove, and what it passes over, for operations. Imports psycopg, the store and the language only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg.errors import QueryCanceled
from psycopg.rows import class_row

from hub.store.gallring import Connection, busy
from schemas.directory import Directory

OLDEST = 1_000
"""So many of the cases that are due are asked whether anything in them is not settled."""


@dataclass(frozen=True, slots=True)
class DueMonth:
    """The closed cases of a process that are due, and that changed last in a month."""

    process: str
    month: str
    """YYYY-MM, in Swedish time."""
    cases: int
    messages: int


@dataclass(frozen=True, slots=True)
class DueContent:
    """What is due to be removed, and what is not removed although it is old."""

    months: list[DueMonth]
    unsettled: int
    """Of the oldest cases that are due, those in which something is not settled: they are passed over until it is."""
    open_as_long: dict[str, int]
    """Process → open cases that have not changed for as long: they are never removed."""


_DUE = (
    "FROM cases c JOIN unnest(%(units)s::text[], %(processes)s::text[], %(before)s::timestamptz[]) AS k (unit, process, before)"
    " ON k.process = c.process AND k.unit = CASE WHEN c.state->>'opened_by' = ANY(%(units)s::text[])"
    "  THEN c.state->>'opened_by' ELSE '' END AND c.changed_at < k.before WHERE c.gallrad_at IS NULL AND "
)


class TakesTooLong(Exception):  # noqa: N818 - named for what happened
    """A statement took longer than it may."""


async def alone(connection: Connection) -> bool:
    """Whether nobody else counts: until the transaction ends nobody does."""
    row = await (await connection.execute("SELECT pg_try_advisory_xact_lock(hashtext('gallring_counts'))")).fetchone()
    return row is not None and bool(row[0])


async def counted(connection: Connection, directory: Directory, now: datetime, most_s: float | None) -> DueContent:
    """Count by the rules of a directory. Reads every old case: it may take minutes with millions. ``most_s``: seconds that a statement
    may take; None: any. Raises ``TakesTooLong``, after which the transaction does nothing more.
    """
    await connection.execute(f"SET LOCAL statement_timeout = {int((most_s or 0) * 1000)}")
    try:
        return await _counted(connection, directory, now)
    except QueryCanceled:
        raise TakesTooLong from None


async def _counted(connection: Connection, directory: Directory, now: datetime) -> DueContent:
    rules = _rules(directory, now)
    values: dict[str, Any] = {
        "units": [unit for unit, _, _ in rules],
        "processes": [process for _, process, _ in rules],
        "before": [before for _, _, before in rules],
    }
    months = await connection.cursor(row_factory=class_row(DueMonth)).execute(
        "SELECT c.process, to_char(c.changed_at AT TIME ZONE 'Europe/Stockholm', 'YYYY-MM') AS month, count(*) AS cases,"
        f" sum(c.sequence)::bigint AS messages {_DUE} c.status <> 'open' GROUP BY 1, 2 ORDER BY 1, 2",
        values,
    )
    found = await months.fetchall()
    oldest = await connection.execute(
        f"SELECT c.id::text {_DUE} c.status <> 'open' ORDER BY c.changed_at LIMIT {OLDEST}", values
    )
    unsettled = await busy(connection, [id_ for (id_,) in await oldest.fetchall()], now)
    still_open = await connection.execute(
        f"SELECT c.process, count(*) {_DUE} c.status = 'open' GROUP BY 1 ORDER BY 1", values
    )
    return DueContent(found, len(unsettled), dict(await still_open.fetchall()))


def _rules(directory: Directory, now: datetime) -> list[tuple[str, str, datetime]]:
    """(unit, process, the moment before which its cases are due); the unit is empty for those that the directory does not have."""
    processes = sorted({name for region in directory.regions for name in region.gallring or ()})
    units = ["", *directory.unit_by_hsa]
    days = [(unit, process, directory.gallring_days(unit, process)) for unit in units for process in processes]
    return [(unit, process, now - timedelta(days=number)) for unit, process, number in days if number is not None]
