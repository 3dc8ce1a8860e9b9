"""A database filled with copies of real cases: what a hub has stored after years, in minutes.

Every row of a case that the hub itself has handled is copied under other ids, by ``generate_series``; the indexes are built afterwards,
which is many times faster than keeping them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from psycopg import sql

TABLES = ("cases", "message", "element", "deadline", "participation", "calendar", "outbox_row")
"""Those that have rows of a case."""
_CASE = "md5('copy-' || n)::uuid"
_OF_ANOTHER: dict[str, str] = {
    "cases.id": _CASE,
    "cases.ref": "ref || '-' || n",
    "cases.person": "left(person, 8) || lpad((n %% 10000)::text, 4, '0')",
    "cases.state": f"replace(state::text, %(case)s, ({_CASE})::text)::json",
    "message.id": "id || '-' || n",
    "message.received_at": "received_at - (%(copies)s - n) * interval '1 second'",
}
"""How a column of a copy differs from its original; ``case_id`` everywhere besides. ``n``: the number of the copy."""
_OUTBOX = {
    # Below all that the hub gives itself, each copy after the one before it.
    "id": "(n - %(copies)s - 1) * 1000 + row_number() OVER (PARTITION BY n ORDER BY id)",
    "message": "message || '-' || n",
    "accepted_at": "accepted_at - (%(copies)s - n) * interval '1 second'",
}
_SENT = (
    "INSERT INTO sent_range (system, first, last, at, answer) SELECT system, min(id), max(id), min(accepted_at), 'kafka'"
    " FROM outbox_row WHERE id < 0 AND state = 'fresh' GROUP BY system, id / 1000"
)
"""The marks of the copied rows: a range for each system and copy, as the lanes write one for each sending."""
_OF = {"cases": "id"}
_ORIGINAL = sql.SQL("CREATE TEMP TABLE original AS SELECT * FROM {table} WHERE {of} = {case}::uuid")
_CHUNK = 20_000
"""Copies in one statement."""


def fill(
    url: str, case: str, copies: int, otherwise: Mapping[str, str] | None = None, after: Sequence[str] = ()
) -> None:
    """So many copies of a case, each a second later than the one before; vacuumed and analysed. ``otherwise``: how further columns differ
    from their original, as ``table.column``. ``after``: statements that follow while nothing is counted and no index is built.
    """
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")  # no trigger counts what is no work of the hub
        connection.execute("SET maintenance_work_mem = '1GB'")
        references = _without_references(connection)
        built = [statement for table in TABLES for statement in _without_indexes(connection, table)] + references
        values = {"case": case, "copies": copies}
        for table in TABLES:
            connection.execute("DROP TABLE IF EXISTS original")
            of = sql.Identifier(_OF.get(table, "case_id"))
            connection.execute(_ORIGINAL.format(table=sql.Identifier(table), of=of, case=sql.Literal(case)))
            statement = _copying(connection, table, otherwise or {})
            for first in range(1, copies + 1, _CHUNK):
                last = min(copies, first + _CHUNK - 1)
                connection.execute(statement, values | {"first": first, "last": last})
        connection.execute(_SENT)
        for statement in after:
            connection.execute(statement)  # type: ignore[arg-type]
        for statement in built:
            connection.execute(statement)
        for table in (*TABLES, "sent_range"):
            connection.execute(sql.SQL("VACUUM (ANALYZE, FREEZE) {}").format(sql.Identifier(table)))
        connection.execute("CHECKPOINT")


def _copying(connection: psycopg.Connection[Any], table: str, otherwise: Mapping[str, str]) -> sql.Composed:
    columns = [
        name
        for (name,) in connection.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = %s"
            " AND is_generated = 'NEVER' ORDER BY ordinal_position",
            (table,),
        )
    ]
    changed = _OF_ANOTHER | {f"{table}.{name}": how for name, how in _OUTBOX.items() if table == "outbox_row"}
    changed |= {f"{table}.case_id": _CASE, **otherwise}
    taken = [
        sql.SQL(changed[f"{table}.{name}"]) if f"{table}.{name}" in changed else sql.Identifier(name)  # type: ignore[arg-type]
        for name in columns
    ]
    return sql.SQL(
        "INSERT INTO {table} ({columns}) SELECT {taken} FROM original, generate_series(%(first)s::int, %(last)s::int) AS n"
    ).format(
        table=sql.Identifier(table),
        columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
        taken=sql.SQL(", ").join(taken),
    )


def _without_references(connection: psycopg.Connection[Any]) -> list[str]:
    """Drops what refers to the tables' keys, which would keep them; the statements that build it anew."""
    found = connection.execute(
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE contype = 'f' AND confrelid = ANY(%s::regclass[])",
        (list(TABLES),),
    ).fetchall()
    for table, name, _ in found:
        connection.execute(sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(*map(sql.Identifier, (table, name))))
    return [f"ALTER TABLE {table} ADD CONSTRAINT {name} {how}" for table, name, how in found]


def _without_indexes(connection: psycopg.Connection[Any], table: str) -> list[str]:
    """Drops the table's keys and indexes, and the references to them; the statements that build them anew."""
    keys = connection.execute(
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE confrelid = %(table)s::regclass OR (conrelid = %(table)s::regclass AND contype IN ('p', 'u'))"
        " ORDER BY contype <> 'f'",
        {"table": table},
    ).fetchall()
    for of, name, _ in keys:
        connection.execute(sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(*map(sql.Identifier, (of, name))))
    indexes = connection.execute("SELECT indexname, indexdef FROM pg_indexes WHERE tablename = %s", (table,)).fetchall()
    for name, _ in indexes:
        connection.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))
    built = [f"ALTER TABLE {of} ADD CONSTRAINT {name} {how}" for of, name, how in reversed(keys)]
    return built + [how for _, how in indexes]
