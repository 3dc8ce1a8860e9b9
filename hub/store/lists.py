"""The units' lists over all cases (C-31, C-32, C-54): pages, totals, changes. Imports psycopg and the store only.

No statement is prepared, so that each is planned for its own values: a unit with ten cases needs another plan than a unit with a
hundred thousand. Cases that a unit may not see have no row in ``participation``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from psycopg import AsyncConnection

from hub.processes.engine.case import Case
from hub.processes.engine.process import load_case, process_of_case
from hub.store import inbox
from hub.store.inbox import InboxRow
from hub.store.sort_name import folded

Connection = AsyncConnection[tuple[Any, ...]]
Sort = Literal["changed", "name", "personnummer"]

COUNTED = 10_000
"""Totals are exact up to this number; beyond it the list says that there are more."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The filters, the order and the page that a unit asks for."""

    unit: str
    sort: Sort = "changed"
    archived: bool | None = False
    """False: the start list (C-54); True: the archive; None: both."""
    to_do: Sequence[str] | None = None
    """Only cases that await one of these of the unit, as «step/act/role»; None: all cases."""
    process: str | None = None
    """None: the cases of all processes."""
    status: str | None = None
    name: str | None = None
    personnummer: str | None = None
    """The whole number or its beginning; the person's former numbers are searched too (C-60)."""
    named: Sequence[str] | None = None
    """Only cases in which one of these is named, as «as what/HSA-id» (``Process.named_in``)."""
    changed_since: datetime | None = None
    after: tuple[datetime | None, str] | None = None
    """The last row of the page before: (time of change, when sorted by change; case id)."""
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Found:
    """One case of a list."""

    case: Case
    changed_at: datetime
    archived: bool
    messages: Mapping[int, InboxRow] = field(default_factory=dict)
    """Sequence → the messages that the row in the list shows (``Sections.needed_in_a_list``)."""


_PARTS = re.compile(r"[\s,]+")
"""Separates the parts of a name, which are searched one by one: ``sort_name`` has the family name first."""
_LEFT = "coalesce(c.archived_at <= now(), false)"
_ORDER = {
    "changed": "c.changed_at DESC, c.id DESC",
    "name": "c.sort_name, c.id",
    "personnummer": "c.person, c.id",
}
_AFTER = {
    "changed": "(c.changed_at, c.id) < (%(key)s, %(after)s::uuid)",
    "name": "(c.sort_name, c.id) > ((SELECT sort_name FROM cases WHERE id = %(after)s::uuid), %(after)s::uuid)",
    "personnummer": "(c.person, c.id) > ((SELECT person FROM cases WHERE id = %(after)s::uuid), %(after)s::uuid)",
}
_CONDITIONS = {
    "to_do": "p.att_gora <> '{}' AND p.att_gora && %(to_do)s::text[]",
    "status": "c.status = %(status)s",
    "name": "c.sort_name LIKE ALL(%(name)s)",
    "personnummer": "(c.person >= %(personnummer)s AND c.person < %(personnummer)s || '~'"
    " OR (c.former IS NOT NULL AND c.former @> '{}' AND EXISTS"
    " (SELECT FROM unnest(c.former) AS one WHERE starts_with(one, %(personnummer)s))))",
    "named": "c.id IN (SELECT id FROM named)",
    "changed_since": "c.changed_at > %(changed_since)s",
}


_NAMED = "WITH named AS MATERIALIZED (SELECT id FROM cases WHERE named IS NOT NULL AND named && %(named)s::text[]) "
"""Selects the cases of a named person first: they are few, which the planner cannot know."""


_ON_START_LIST = (
    "(p.archived_at IS NULL OR p.archived_at > now())",
    "(c.archived_at IS NULL OR c.archived_at > now())",
)
_ARCHIVED = ("(p.archived_at IS NULL OR p.archived_at <= now())", "c.archived_at <= now()")
"""C-54: conditions on (participation, case). The case's time decides; the participation's time has an index."""


_INDEXED = "unit, case_id, archived_at, process"
"""The columns of ``participation`` that one index holds, so that a unit's rows are read without the table."""


def _statement(wanted: Wanted, *, few: bool = False) -> tuple[str, str, dict[str, Any]]:
    """(text before SELECT, text after the columns, values).

    ``few``: read the unit's own rows first, whatever the planner estimates.
    """
    own, of_case = {None: ("true", "true"), True: _ARCHIVED, False: _ON_START_LIST}[wanted.archived]
    own = f"p.unit = %(unit)s AND {own}" + (" AND p.process = %(process)s" if wanted.process else "")
    where = [own, of_case]
    where += [condition for name, condition in _CONDITIONS.items() if getattr(wanted, name) not in (None, "")]
    values = {
        "unit": wanted.unit,
        "to_do": None if wanted.to_do is None else list(wanted.to_do),
        "process": wanted.process,
        "status": wanted.status,
        "name": None if wanted.name is None else [f"%{_plain(part)}%" for part in _PARTS.split(wanted.name) if part],
        "personnummer": wanted.personnummer,
        "named": None if wanted.named is None else list(wanted.named),
        "changed_since": wanted.changed_since,
    }
    first, table = _NAMED if wanted.named else "", "participation"
    if few:
        table = "mine"
        first = f"WITH mine AS MATERIALIZED (SELECT {_INDEXED} FROM participation p WHERE {own}) "  # noqa: S608
    return first, f"FROM {table} p JOIN cases c ON c.id = p.case_id WHERE " + " AND ".join(where), values


def _plain(name: str) -> str:
    """A part of a name, folded like ``sort_name``, with LIKE's special characters escaped."""
    return folded(name).replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")


async def page(connection: Connection, wanted: Wanted) -> tuple[list[Found], int]:
    """(the next rows, one more than the limit when there are more; the total, counted up to ``COUNTED`` + 1).

    With a narrow filter one query gives both. Otherwise the total decides which plan finds the rows faster.
    """
    narrow = bool(wanted.name or wanted.personnummer or wanted.named)
    if narrow and wanted.after is None:
        rows = await _rows(connection, wanted, few=False, counted=True)
        total = rows[0][3] if rows else 0
    else:
        total = await _total(connection, wanted)
        few = not narrow and wanted.status is None and wanted.to_do is None and total <= COUNTED
        rows = await _rows(connection, wanted, few=few, counted=False)
    return await _with_messages(connection, [row[:3] for row in rows]), min(total, COUNTED + 1)


async def _rows(
    connection: Connection, wanted: Wanted, *, few: bool, counted: bool
) -> list[tuple[str, datetime, bool, int]]:
    first, source, values = _statement(wanted, few=few)
    if wanted.after is not None:
        source += f" AND {_AFTER[wanted.sort]}"
        values |= {"key": wanted.after[0], "after": wanted.after[1]}
    count = "count(*) OVER ()" if counted else "0"
    found = await connection.execute(
        f"{first}SELECT c.state::text, c.changed_at, {_LEFT}, {count} {source}"
        f" ORDER BY {_ORDER[wanted.sort]} LIMIT %(limit)s",
        {**values, "limit": wanted.limit + 1},
        prepare=False,
    )
    return [(state, changed_at, left, total) for state, changed_at, left, total in await found.fetchall()]


async def _total(connection: Connection, wanted: Wanted) -> int:
    first, source, values = _statement(wanted)
    row = await (
        await connection.execute(
            f"{first}SELECT count(*) FROM (SELECT 1 {source} LIMIT {COUNTED + 1}) AS counted",  # noqa: S608 - constants
            values,
            prepare=False,
        )
    ).fetchone()
    assert row is not None
    return int(row[0])


async def changed(connection: Connection, wanted: Wanted) -> tuple[list[tuple[str, datetime]], datetime]:
    """C-32: (the changed cases as (case, time), oldest change first, one more than the limit when there are more; the time to
    ask from next).

    The time is 5 s ago, because a transaction that is not yet committed carries the time at which it began.
    """
    first, source, values = _statement(wanted)
    if wanted.after is not None:
        source += " AND (c.changed_at, c.id) > (%(key)s, %(after)s::uuid)"
        values |= {"key": wanted.after[0], "after": wanted.after[1]}
    found = await connection.execute(
        f"{first}SELECT c.id::text, c.changed_at {source} ORDER BY c.changed_at, c.id LIMIT %(limit)s",
        {**values, "limit": wanted.limit + 1},
        prepare=False,
    )
    rows = await found.fetchall()
    row = await (await connection.execute("SELECT now() - interval '5 seconds'")).fetchone()
    assert row is not None
    return [(id_, at) for id_, at in rows], row[0]


async def of_person(connection: Connection, personnummer: str) -> list[Found]:
    """A person's cases, active and archived, newest change first, found by former numbers too; revoked and refused cases are
    left out (V-5).
    """
    found = await connection.execute(
        f"SELECT c.state::text, c.changed_at, {_LEFT} FROM cases c WHERE (c.person = %(number)s"  # noqa: S608 - constant
        " OR (c.former IS NOT NULL AND c.former @> ARRAY[%(number)s::text]))"
        " AND c.status NOT IN ('revoked', 'refused') ORDER BY c.changed_at DESC LIMIT 500",
        {"number": personnummer},
        prepare=False,
    )
    return await _with_messages(connection, await found.fetchall())


async def _with_messages(connection: Connection, rows: Sequence[tuple[str, datetime, bool]]) -> list[Found]:
    """The cases with the messages that their rows show, in one look-up."""
    read = [(load_case(state), changed_at, left) for state, changed_at, left in rows]
    needed = [
        (case.id, number) for case, _, _ in read for number in process_of_case(case).sections.needed_in_a_list(case)
    ]
    messages: dict[str, dict[int, InboxRow]] = {}
    for (id_, number), row in (await inbox.at(connection, needed)).items():
        messages.setdefault(id_, {})[number] = row
    return [Found(case, changed_at, left, messages.get(case.id, {})) for case, changed_at, left in read]
