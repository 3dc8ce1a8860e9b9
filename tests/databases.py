"""Databases for tests, made of a migrated template: one that is given back as it was is emptied and given to another test, which costs a
tenth of making one. Imports psycopg only.
"""

from __future__ import annotations

import uuid
from typing import Any, Protocol

import psycopg
from psycopg import sql

_SHAPE = """
SELECT md5(concat(
 (SELECT string_agg(concat_ws(' ', oid, relname, relkind, relpersistence, reloptions), ',' ORDER BY oid) FROM pg_class
   WHERE relnamespace = 'public'::regnamespace),
 (SELECT string_agg(concat_ws(' ', attrelid, attnum, attname, atttypid, atttypmod, attnotnull, attisdropped), ',' ORDER BY attrelid, attnum)
   FROM pg_attribute JOIN pg_class c ON c.oid = attrelid WHERE relnamespace = 'public'::regnamespace),
 (SELECT string_agg(concat_ws(' ', oid, pg_get_expr(adbin, adrelid)), ',' ORDER BY oid) FROM pg_attrdef),
 (SELECT string_agg(concat_ws(' ', oid, convalidated), ',' ORDER BY oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace),
 (SELECT string_agg(concat_ws(' ', oid, tgenabled), ',' ORDER BY oid) FROM pg_trigger),
 (SELECT string_agg(concat_ws(' ', oid, md5(prosrc)), ',' ORDER BY oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace),
 (SELECT string_agg(concat_ws(' ', ev_class, md5(ev_action::text)), ',' ORDER BY r.oid) FROM pg_rewrite r
   JOIN pg_class c ON c.oid = ev_class WHERE relnamespace = 'public'::regnamespace),
 (SELECT string_agg(nspname, ',' ORDER BY nspname) FROM pg_namespace WHERE nspname !~ '^pg_(toast_)?temp'),
 (SELECT string_agg(setconfig::text, ',') FROM pg_db_role_setting s JOIN pg_database d ON d.oid = setdatabase
   WHERE datname = current_database())
))
"""
"""Everything of a database but its rows, in one word; a copy has its template's."""
_TABLES = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') ORDER BY relname"
_ALONE = (
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
_LARGE_BYTES = 12 * 1024 * 1024
"""A database that has grown by so much is not emptied but removed."""


class Server(Protocol):
    def url(self, database: str = "postgres") -> str: ...
    def create_database(self, name: str, template: str = "template1") -> str: ...
    def drop_database(self, name: str) -> None: ...


class Databases:
    """The databases of one server that are copies of ``template``, by their names."""

    def __init__(self, server: Server, template: str) -> None:
        self._server, self._template = server, template
        self._free: list[str] = []
        with self._connected(template) as connection:
            self._shape = _word(connection, _SHAPE)
            self._size = int(_word(connection, "SELECT pg_database_size(current_database())"))
            tables = [name for (name,) in connection.execute(_TABLES)]
            self._rows = {name: found for name in tables if (found := _copied(connection, name))}
            """What the migrations put into tables."""
            self._sequences = connection.execute(
                "SELECT schemaname || '.' || sequencename, start_value FROM pg_sequences WHERE schemaname = 'public'"
            ).fetchall()
            self._tables = [name for name in tables if name not in self._rows]

    def take(self) -> str:
        """One that is as the template is; nobody else has it until it is given back."""
        if self._free:
            return self._free.pop()
        name = f"test_{uuid.uuid4().hex[:12]}"
        self._server.create_database(name, self._template)
        return name

    def give_back(self, name: str) -> None:
        """A test has ended; what it left is removed."""
        try:
            kept = self._emptied(name)
        except psycopg.Error:
            kept = False
        if kept:
            self._free.append(name)
        else:
            self._server.drop_database(name)

    def close(self) -> None:
        """Removes those that nobody has."""
        while self._free:
            self._server.drop_database(self._free.pop())

    def _emptied(self, name: str) -> bool:
        """Whether it is as the template is by now; False: another than its rows was changed, or it is large."""
        with self._connected(name) as connection:
            connection.execute(_ALONE)
            if _word(connection, _SHAPE) != self._shape:
                return False
            if int(_word(connection, "SELECT pg_database_size(current_database())")) > self._size + _LARGE_BYTES:
                return False
            asked = sql.SQL(" UNION ALL ").join(
                sql.SQL("(SELECT {} FROM {} LIMIT 1)").format(sql.Literal(one), sql.Identifier(one))
                for one in self._tables
            )
            used = [one for (one,) in connection.execute(asked)]
            used += [one for one, rows in self._rows.items() if _copied(connection, one) != rows]
            with connection.transaction():
                if used:
                    connection.execute(
                        sql.SQL("TRUNCATE {} CASCADE").format(sql.SQL(", ").join(map(sql.Identifier, used)))
                    )
                for one, rows in self._rows.items():
                    if _copied(connection, one) != rows:
                        with connection.cursor().copy(
                            sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(one))
                        ) as copy:
                            copy.write(rows)
                for sequence, start in self._sequences:
                    connection.execute("SELECT setval(%s, %s, false)", (sequence, start))
        return True

    def _connected(self, name: str) -> psycopg.Connection[Any]:
        return psycopg.connect(self._server.url(name).replace("+psycopg", ""), autocommit=True)


def _word(connection: psycopg.Connection[Any], statement: str) -> str:
    return str(connection.execute(statement).fetchone()[0])  # type: ignore[index]


def _copied(connection: psycopg.Connection[Any], table: str) -> bytes:
    """All rows of a table, as COPY writes them."""
    with connection.cursor().copy(sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(table))) as copy:
        return b"".join(bytes(part) for part in copy)
