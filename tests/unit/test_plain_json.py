"""Plain data are written as pydantic writes them, so that rows of earlier hubs and later ones are alike."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import from_json, to_json

from hub.processes.engine.awaited import Awaited
from hub.processes.engine.case import Case, StandingConsent
from schemas.identity_types import EVERY_PUBLISHED_FORM
from schemas.messages import MESSAGES, NAME_OF
from schemas.moments import CANONICAL
from schemas.plain_json import plain_json

VALID = Path("contracts/valid")

TEXTS = st.text(st.characters(blacklist_categories=("Cs",)), max_size=30)
SCALARS = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | TEXTS
PLAIN = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.tuples(inner, inner) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)
AWAITED = st.builds(
    Awaited, TEXTS, TEXTS, st.lists(TEXTS, max_size=2), TEXTS, TEXTS, st.integers(1, 99), TEXTS,
    st.dictionaries(TEXTS, st.lists(TEXTS, max_size=3), max_size=2),
)  # fmt: skip


@given(PLAIN)
def test_plain_data_are_the_same_bytes(value: Any):
    assert plain_json(value) == to_json(value)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_comes_back_as_the_same_number(value: float):
    assert from_json(plain_json(value)) == value


@given(AWAITED, st.dictionaries(TEXTS, TEXTS, max_size=2))
def test_a_case_comes_back_as_it_was(awaited: Awaited, record: dict[str, str]):
    case = Case("c", "svu", awaited={"tid": awaited}, consents={"": StandingConsent("given", record=record)})
    again = Case.load(case.dump(), lambda _, __: None)
    assert (again.awaited, again.consents) == (case.awaited, case.consents)


@pytest.mark.parametrize("file", sorted(VALID.glob("*.json")), ids=lambda file: file.stem)
def test_a_body_is_the_same_bytes_as_pydantics_text(file: Path):
    event = from_json(file.read_bytes())
    data = MESSAGES[NAME_OF[event["type"]]].model_validate(event["data"], context={"identities": EVERY_PUBLISHED_FORM})
    assert data.json_bytes(exclude_none=True) == data.model_dump_json(exclude_none=True).encode()
    compared = data.model_dump_json(exclude_defaults=True, context=CANONICAL).encode()
    assert data.json_bytes(exclude_defaults=True, context=CANONICAL) == compared
