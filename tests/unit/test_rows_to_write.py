"""Rows made by hand are what PostgreSQL reads: every column comes back as it went in, whatever else its statement writes."""

from __future__ import annotations

from datetime import UTC, datetime

import psycopg
from hypothesis import given
from hypothesis import strategies as st
from psycopg import pq
from psycopg.adapt import Transformer

from hub.store import rows_to_write
from hub.store.rows_to_write import RowType

TEXTS = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"))
COLUMNS = st.one_of(
    st.tuples(st.just("text"), st.none() | TEXTS),
    st.tuples(st.just("bytea"), st.none() | st.binary()),
    st.tuples(st.just("bytea"), st.sampled_from([bytes(4095), bytes(4096), bytes(70_000)])),
    st.tuples(st.just("smallint"), st.integers(-(2**15), 2**15 - 1)),
    st.tuples(st.just("integer"), st.integers(-(2**31), 2**31 - 1)),
    st.tuples(st.just("bigint"), st.integers(-(2**63), 2**63 - 1)),
    st.tuples(
        st.just("timestamptz"),
        st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.timezones()),  # noqa: DTZ001
    ),
    st.tuples(st.just("text[]"), st.lists(TEXTS, max_size=4)),
)
BY_HAND = {
    "text": rows_to_write.text,
    "bytea": lambda value: value,
    "smallint": rows_to_write.int2,
    "integer": rows_to_write.int4,
    "bigint": rows_to_write.int8,
    "timestamptz": rows_to_write.timestamptz,
    "text[]": rows_to_write.texts,
}
CATALOGUE = {"smallint": "int2", "integer": "int4", "bigint": "int8"}


@given(st.lists(COLUMNS, min_size=1, max_size=17))
def test_a_row_by_hand_is_a_row_by_psycopg(columns):
    """``record_send``: how many columns, and of each its type, its length and its bytes."""
    types = psycopg.adapters.types
    theirs = [len(columns).to_bytes(4, "big")]
    for kind, value in columns:
        oid = types["text"].array_oid if kind == "text[]" else types[CATALOGUE.get(kind, kind)].oid
        transformer = Transformer()
        transformer.set_dumper_types([oid], pq.Format.BINARY)
        at = value.astimezone(UTC) if isinstance(value, datetime) else value
        (column,) = transformer.dump_sequence([at], [psycopg.adapt.PyFormat.BINARY])
        size = -1 if column is None else len(column)
        theirs += [oid.to_bytes(4, "big"), size.to_bytes(4, "big", signed=True), column or b""]
    table = RowType("new_some", ", ".join(f"c{number} {kind}" for number, (kind, _) in enumerate(columns)))
    assert table.row(*(BY_HAND[kind](value) for kind, value in columns)) == b"".join(map(bytes, theirs))
