"""Writes rows of several tables with one statement. Imports psycopg, the shards and the transaction.

A statement of its own for each table costs a message to the server and back, which is most of what a small batch costs. The rows are
made by hand, as bytes (PostgreSQL's ``record_send`` and ``array_send``): psycopg's own way takes three times as long for each, and the
hub writes nine for a message.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from weakref import WeakKeyDictionary

import psycopg
from psycopg import AsyncConnection
from psycopg.adapt import Buffer, Dumper
from psycopg.pq import Format

from hub.store.shards import STILL_OWNED, ShardState, epochs_of, states_of

Connection = AsyncConnection[tuple[Any, ...]]
_NULL: Final = b"\xff\xff\xff\xff"
_SIZES: Final = tuple(number.to_bytes(4, "big") for number in range(4096))
_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_OIDS: Final = {
    "bytea": 17, "bigint": 20, "smallint": 21, "integer": 23, "text": 25, "json": 114, "text[]": 1009, "timestamptz": 1184, "uuid": 2950,
}  # fmt: skip
"""The types of columns by their numbers in PostgreSQL's catalogue, which are the same in every database."""
_MOST_BYTES: Final = 4 * 1024 * 1024
"""Of new rows in one statement: the server holds them some five times over while it writes them."""
_TEXT: Final = _OIDS["text"].to_bytes(4, "big")


class RowType:
    """A composite type of the database's (migration 0043), of which rows are sent."""

    def __init__(self, name: str, columns: str) -> None:
        """``columns``: as the type was created with."""
        self.name = name
        self.columns = [one.split(" ")[0] for one in columns.split(", ")]
        self._oids = [_OIDS[one.split(" ")[1]].to_bytes(4, "big") for one in columns.split(", ")]
        self._count = len(self._oids).to_bytes(4, "big")

    def insert(self, table: str, **instead: str) -> str:
        """The statement that adds rows ``n`` to a table of the same columns. ``instead``: column → what is written in its place."""
        columns = ", ".join(self.columns)
        values = ", ".join(instead.get(column, f"n.{column}") for column in self.columns)
        return f"INSERT INTO {table} ({columns}) SELECT {values} FROM unnest(%s::{self.name}[]) AS n"  # noqa: S608 - names of ours

    def row(self, *columns: bytes | None) -> bytes:
        """A new row of columns, each as its type's bytes: of ``bytea`` and JSON its own, of ``text`` UTF-8, of ``uuid`` its 16 bytes; else
        as below. None: no value.
        """
        parts = [self._count]
        for oid, column in zip(self._oids, columns, strict=True):
            parts.append(oid)
            if column is None:
                parts.append(_NULL)
            else:
                size = len(column)
                parts.append(_SIZES[size] if size < len(_SIZES) else size.to_bytes(4, "big"))
                parts.append(column)
        return b"".join(parts)


@dataclass(frozen=True, slots=True)
class RowsToWrite:
    """Rows of one type."""

    type: RowType
    items: Sequence[Any]
    row: Callable[[Any], bytes]
    """Makes the row of an item (``RowType.row``)."""
    statement: str
    """Writes the rows, which are its ``%s``."""
    proved: str = ""
    """The same together with a proof of shards, which it may ask as ``owned``; empty where that makes no difference."""


@dataclass(frozen=True, slots=True)
class Insert:
    """A statement that writes new rows of other tables in its own way."""

    statement: str
    values: Sequence[Any]


async def write(
    connection: Connection, *new: RowsToWrite | Insert, known: Mapping[int, ShardState] | None = None
) -> dict[int, ShardState]:
    """Write all of it with one statement, or with several where it is very much; raises psycopg's error where a row's key is there already.

    ``known``: the caller's shards, to be proved with it (``shards.still_owned``); those that still are the caller's are returned.
    """
    pieces: list[tuple[str, Sequence[Any]]] = []
    size = 0
    for one in new:
        if isinstance(one, Insert):
            pieces.append((one.statement, one.values))
        elif one.items:
            number = (await _types_of(connection))[one.type.name]
            text = one.proved if known and one.proved else one.statement
            for rows in _parts([one.row(item) for item in one.items]):
                array = _array(number, rows)
                if size + len(array) > _MOST_BYTES and pieces:
                    await _write(connection, pieces, known)
                    pieces, size = [], 0
                pieces.append((text, (array,)))
                size += len(array)
    return await _write(connection, pieces, known) if pieces else {}


async def _write(
    connection: Connection, pieces: Sequence[tuple[str, Sequence[Any]]], known: Mapping[int, ShardState] | None
) -> dict[int, ShardState]:
    named = [f"put{number} AS ({text})" for number, (text, _) in enumerate(pieces)]
    values = [value for _, values in pieces for value in values]
    if not known:
        await connection.execute(f"WITH {', '.join(named)} SELECT", values)
        return {}
    found = await connection.execute(
        f"WITH owned AS ({STILL_OWNED}), {', '.join(named)} SELECT id, epoch, changes FROM owned",  # noqa: S608 - of ours
        [*epochs_of(known), *values],
    )
    return states_of(await found.fetchall())


def _parts(rows: Sequence[bytes]) -> Iterable[Sequence[bytes]]:
    """The rows in parts of no more than ``_MOST_BYTES``, or one row; nearly always all of them."""
    start = size = 0
    for number, row in enumerate(rows):
        if size + len(row) > _MOST_BYTES and number > start:
            yield rows[start:number]
            start, size = number, 0
        size += len(row)
    yield rows[start:] if start else rows


# --- arrays of rows -----------------------------------------------------------------------------------------------------


class _Array(bytes):
    """An array as PostgreSQL's bytes, of a type that the statement names."""


class _ArrayDumper(Dumper):
    format = Format.BINARY
    oid = 0

    def dump(self, obj: _Array) -> Buffer:
        return obj


psycopg.adapters.register_dumper(_Array, _ArrayDumper)


def _array(type_: bytes, rows: Sequence[bytes]) -> _Array:
    head = [int4(1), int4(0), type_, int4(len(rows)), int4(1)]
    for row in rows:
        head.append(int4(len(row)))
        head.append(row)
    return _Array(b"".join(head))


_types: WeakKeyDictionary[Connection, dict[str, bytes]] = WeakKeyDictionary()


async def _types_of(connection: Connection) -> dict[str, bytes]:
    """The numbers of the tables' types, which each database gives by itself; asked once on a connection."""
    if (found := _types.get(connection)) is None:
        rows = await connection.execute(
            "SELECT typname, oid::bigint FROM pg_type WHERE typname LIKE ANY(ARRAY['new\\_%', 'changed\\_%']) AND pg_type_is_visible(oid)"
        )
        found = {name: oid.to_bytes(4, "big") for name, oid in await rows.fetchall()}
        if found:  # a database that is being restored has none yet
            _types[connection] = found
    return found


# --- columns ------------------------------------------------------------------------------------------------------------


def text(value: str | None) -> bytes | None:
    """A ``text`` that may be missing."""
    return None if value is None else value.encode()


def int2(value: int) -> bytes:
    """An ``int2``."""
    return value.to_bytes(2, "big", signed=True)


def int4(value: int) -> bytes:
    """An ``int4``."""
    return value.to_bytes(4, "big", signed=True)


def int8(value: int) -> bytes:
    """An ``int8``."""
    return value.to_bytes(8, "big", signed=True)


def timestamptz(value: datetime) -> bytes:
    """A ``timestamptz``: microseconds since the year 2000."""
    since = value - _EPOCH
    return ((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds).to_bytes(8, "big", signed=True)


def texts(values: Iterable[str]) -> bytes:
    """A ``text[]`` of one dimension."""
    parts = [value.encode() for value in values]
    if not parts:
        return int4(0) + int4(0) + _TEXT
    head = int4(1) + int4(0) + _TEXT + int4(len(parts)) + int4(1)
    return head + b"".join(int4(len(part)) + part for part in parts)
