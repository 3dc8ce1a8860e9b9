"""The rows of a COPY made by hand are the bytes that psycopg makes of the same values."""

from __future__ import annotations

from datetime import UTC, datetime

import psycopg
from hypothesis import given
from hypothesis import strategies as st
from psycopg import pq
from psycopg._copy_base import _format_row_binary
from psycopg.adapt import Transformer

from hub.store import copying

TEXTS = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"))
COLUMNS = st.one_of(
    st.tuples(st.just("text"), st.none() | TEXTS),
    st.tuples(st.just("bytea"), st.none() | st.binary()),
    st.tuples(st.just("bytea"), st.sampled_from([bytes(4095), bytes(4096), bytes(70_000)])),
    st.tuples(st.just("int2"), st.integers(-(2**15), 2**15 - 1)),
    st.tuples(st.just("int4"), st.integers(-(2**31), 2**31 - 1)),
    st.tuples(st.just("int8"), st.integers(-(2**63), 2**63 - 1)),
    st.tuples(
        st.just("timestamptz"),
        st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.timezones()),  # noqa: DTZ001
    ),
    st.tuples(st.just("text[]"), st.lists(TEXTS, max_size=4)),
)
BY_HAND = {
    "text": copying.text,
    "bytea": lambda value: value,
    "int2": copying.int2,
    "int4": copying.int4,
    "int8": copying.int8,
    "timestamptz": copying.timestamptz,
    "text[]": copying.texts,
}


@given(st.lists(COLUMNS, min_size=1, max_size=17))
def test_a_row_by_hand_is_a_row_by_psycopg(columns):
    transformer = Transformer()
    types = psycopg.adapters.types
    transformer.set_dumper_types(
        [types["text"].array_oid if kind == "text[]" else types[kind].oid for kind, _ in columns], pq.Format.BINARY
    )
    theirs = bytearray()
    values = [value.astimezone(UTC) if isinstance(value, datetime) else value for _, value in columns]
    _format_row_binary(values, transformer, theirs)
    assert copying.row(*(BY_HAND[kind](value) for kind, value in columns)) == bytes(theirs)
