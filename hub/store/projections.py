"""Derives the units' lists (C-31), their calendars and the deadlines (D-9) from changed cases. Imports psycopg and the rules' case only.

Most changes are new cases: what is new is written with the other new rows of the transaction. Arrays are sent as text, which costs the hub
least.
"""

from __future__ import annotations

from collections.abc import Container, Sequence

from hub.processes.engine.case import Case
from hub.processes.engine.process import has_no_calendar, process_of_case
from hub.processes.shared.disclosure import listed, readable
from hub.store import calendar
from hub.store.inbox import Connection
from hub.store.rows_to_write import Insert
from hub.store.transaction import array

_LIST = (
    "INSERT INTO participation (unit, case_id, att_gora, process)"
    " SELECT unit, case_id, awaited::text[], process FROM unnest(%s::text[], %s::uuid[], %s::text[], %s::text[])"
    " AS n (unit, case_id, awaited, process)"
)
_DEADLINES = (
    "INSERT INTO deadline (case_id, key, due_at) SELECT * FROM unnest(%s::uuid[], %s::text[], %s::timestamptz[])"
)


async def update(
    connection: Connection, changed: Sequence[Case], rewound: Container[str], known: Container[str]
) -> list[Insert]:
    """Write what is altered in the lists, calendars and deadlines of changed cases, and take out what has gone; return what is new in
    them, to be written.

    ``rewound``: ids of the cases whose deadlines changed; ``known``: ids of the cases that are not new. What the lists show
    at present is kept in the case itself (``listed``).
    """
    added, altered, removed = [], [], []
    processes: list[str] = []
    for case in changed:
        now = listed(case)
        before, case.listed = case.listed, now
        if now != before:
            new = [(unit, case.id, awaited) for unit, awaited in now.items() if unit not in before]
            added += new
            processes += [case.process] * len(new)
            altered += [
                (unit, case.id, awaited) for unit, awaited in now.items() if before.get(unit, awaited) != awaited
            ]
            removed += [(unit, case.id) for unit in before if unit not in now]
    if removed:
        await connection.execute(
            "DELETE FROM participation p USING unnest(%s::text[], %s::uuid[]) AS n (unit, case_id)"
            " WHERE p.unit = n.unit AND p.case_id = n.case_id",
            (array(unit for unit, _ in removed), array(case for _, case in removed)),
        )
    if altered:
        await connection.execute(
            "UPDATE participation p SET att_gora = n.awaited::text[] FROM unnest(%s::text[], %s::uuid[], %s::text[])"
            " AS n (unit, case_id, awaited) WHERE p.unit = n.unit AND p.case_id = n.case_id",
            _arrays(altered),
        )
    if planned := [case for case in changed if process_of_case(case).calendar is not has_no_calendar]:
        await _update_calendars(connection, planned)
    rescheduled = [case for case in changed if case.id in rewound]
    if again := [case.id for case in rescheduled if case.id in known]:
        await connection.execute("DELETE FROM deadline WHERE case_id = ANY(%s::uuid[])", (array(again),))
    due = [(case.id, key, at) for case in rescheduled for key, at in case.due.items()]
    to_write = []
    if added:
        to_write.append(Insert(_LIST, (*_arrays(added), array(processes))))
    if due:
        to_write.append(Insert(_DEADLINES, tuple(array(one[column] for one in due) for column in range(3))))
    return to_write


async def _update_calendars(connection: Connection, changed: Sequence[Case]) -> None:
    """A unit has in its calendar what it may see of the case, as long as the case is in its list (C-24, C-54)."""
    held = [
        (unit, entry)
        for case in changed
        for unit in case.listed
        for entry in process_of_case(case).calendar(readable(case, unit, "deltar"), unit)
        if not entry.taken_out
    ]
    await calendar.keep(connection, [case.id for case in changed], held)


def _arrays(rows: Sequence[tuple[str, str, list[str]]]) -> tuple[str, str, str]:
    return (
        array(unit for unit, _, _ in rows),
        array(case for _, case, _ in rows),
        array(f'"{array(awaited)}"' for _, _, awaited in rows),  # codes only, which need no quoting
    )
