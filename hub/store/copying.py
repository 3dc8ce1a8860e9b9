"""Writes many rows with one binary COPY. Imports psycopg only.

The rows are made by hand, as bytes (PostgreSQL's documentation, COPY, «Binary Format»): psycopg's own way takes three times as
long for each, and the hub writes nine for a message.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

from psycopg import AsyncConnection, sql

_BEGIN: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_END: Final = b"\xff\xff"
_NULL: Final = b"\xff\xff\xff\xff"
_SIZES: Final = tuple(number.to_bytes(4, "big") for number in range(4096))
_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_TEXT: Final = (25).to_bytes(4, "big")
"""The type ``text`` in PostgreSQL's catalogue."""


async def copy(
    connection: AsyncConnection[tuple[Any, ...]], table: str, columns: tuple[str, ...], rows: Sequence[bytes]
) -> None:
    """Write rows, each made by ``row`` of the columns in this order."""
    if not rows:
        return
    async with connection.cursor().copy(_statement(table, columns)) as out:
        await out.write(b"".join((_BEGIN, *rows, _END)))


@cache  # a table has the same columns always, and a small batch would wait for the quoting of their names
def _statement(table: str, columns: tuple[str, ...]) -> bytes:
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    return sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(sql.Identifier(table), names).as_bytes(None)


def row(*columns: bytes | None) -> bytes:
    """A row of columns, each as its type's bytes: of ``bytea`` and JSON its own, of ``text`` UTF-8, of ``uuid`` its 16 bytes; else as
    below. None: no value.
    """
    parts = [len(columns).to_bytes(2, "big")]
    for column in columns:
        if column is None:
            parts.append(_NULL)
        else:
            size = len(column)
            parts.append(_SIZES[size] if size < len(_SIZES) else size.to_bytes(4, "big"))
            parts.append(column)
    return b"".join(parts)


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
