"""The published schema of scenarios accepts every scenario that is published, as an author's editor would."""

import json
from functools import cache
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from hub.scenarios.reading import content_of

FOLDER = Path(__file__).parents[2] / "contracts"
SCENARIOS = sorted((FOLDER / "scenarios").glob("*.yaml"))


@cache
def _format_of_scenarios() -> Draft202012Validator:
    return Draft202012Validator(json.loads((FOLDER / "scenarios" / "schema.json").read_bytes()))


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_the_schema_of_the_format_accepts_every_scenario(path: Path):
    content, _ = content_of(path)
    assert [error.message for error in _format_of_scenarios().iter_errors(content)] == []
