"""What follows from a case's change: its units' lists (C-31) and its deadlines (D-9). Imports psycopg and the rules' plain
case only.

Nearly every change is a new case, so that is one statement; arrays as text cost the hub least.
"""

from __future__ import annotations

from collections.abc import Container, Sequence

from hub.processes.engine.case import Case
from hub.processes.shared.disclosure import listed
from hub.store.inbox import Connection
from hub.store.transaction import array


async def follow(
    connection: Connection, changed: Sequence[Case], rewound: Container[str], known: Container[str]
) -> None:
    """Brings lists and deadlines in line with cases that changed; ``rewound`` are those whose deadlines did, ``known``
    those that were there before. What the lists show already stands in the case (``listed``).
    """
    fresh, turned, gone = [], [], []
    for case in changed:
        now = listed(case)
        before, case.listed = case.listed, now
        if now != before:
            fresh += [(unit, case.id, awaited) for unit, awaited in now.items() if unit not in before]
            turned += [
                (unit, case.id, awaited) for unit, awaited in now.items() if before.get(unit, awaited) != awaited
            ]
            gone += [(unit, case.id) for unit in before if unit not in now]
    if gone:
        await connection.execute(
            "DELETE FROM participation p USING unnest(%s::text[], %s::uuid[]) AS n (unit, case_id)"
            " WHERE p.unit = n.unit AND p.case_id = n.case_id",
            (array(unit for unit, _ in gone), array(case for _, case in gone)),
        )
    if turned:
        await connection.execute(
            "UPDATE participation p SET att_gora = n.awaited::text[] FROM unnest(%s::text[], %s::uuid[], %s::text[])"
            " AS n (unit, case_id, awaited) WHERE p.unit = n.unit AND p.case_id = n.case_id",
            _arrays(turned),
        )
    wound = [case for case in changed if case.id in rewound]
    if again := [case.id for case in wound if case.id in known]:
        await connection.execute("DELETE FROM deadline WHERE case_id = ANY(%s::uuid[])", (array(again),))
    due = [(case.id, key, at) for case in wound for key, at in case.due.items()]
    if fresh or due:
        await connection.execute(
            "WITH listed AS (INSERT INTO participation (unit, case_id, att_gora)"
            " SELECT unit, case_id, awaited::text[] FROM unnest(%s::text[], %s::uuid[], %s::text[])"
            " AS n (unit, case_id, awaited))"
            " INSERT INTO deadline (case_id, key, due_at) SELECT * FROM unnest(%s::uuid[], %s::text[], %s::timestamptz[])",
            (
                *_arrays(fresh),
                array(case for case, _, _ in due),
                array(key for _, key, _ in due),
                array(at for _, _, at in due),
            ),
        )


def _arrays(rows: Sequence[tuple[str, str, list[str]]]) -> tuple[str, str, str]:
    return (
        array(unit for unit, _, _ in rows),
        array(case for _, case, _ in rows),
        array(f'"{array(awaited)}"' for _, _, awaited in rows),  # codes alone: nothing in them needs quoting
    )
