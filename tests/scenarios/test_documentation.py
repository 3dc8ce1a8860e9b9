"""The documentation of the language (contracts/README.md): its examples can be read, and show every key there is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import TypeAdapter

from hub import yaml_text
from hub.scenarios.expected import ExpectedMessage, ExpectedNotice, ExpectedReceipt, ExpectedRefusal
from hub.scenarios.model import Scenario
from hub.scenarios.part import ScenarioPart
from hub.scenarios.steps import STEPS, LiabilityIs, NewsIs, Step
from tests.scenarios.test_scenarios import FOLDER

BLOCKS = re.findall(r"```yaml\n(.*?)```", (FOLDER.parent / "README.md").read_text(encoding="utf-8"), re.DOTALL)
MODELS = (
    Scenario,
    *STEPS.values(),
    ExpectedReceipt,
    ExpectedNotice,
    ExpectedMessage,
    ExpectedRefusal,
    LiabilityIs,
    NewsIs,
)


def _read(block: str) -> Any:
    content = yaml_text.load(block.encode())
    if isinstance(content, dict):
        return Scenario.model_validate(content)
    return TypeAdapter(tuple[Step, ...]).validate_python(content)


def _parts(value: Any) -> Iterator[ScenarioPart]:
    if isinstance(value, ScenarioPart):
        yield value
        value = [getattr(value, name) for name in type(value).model_fields]
    elif isinstance(value, dict):
        value = list(value.values())
    for inner in value if isinstance(value, list | tuple) else ():
        yield from _parts(inner)


PARTS = [part for block in BLOCKS for part in _parts(_read(block))]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_an_example_shows_every_key_of(model: type[ScenarioPart]):
    shown = set().union(*(part.model_fields_set for part in PARTS if type(part) is model))
    assert shown == set(model.model_fields)


def test_every_step_is_among_the_models_whose_keys_are_shown():
    assert {type(part) for part in PARTS} == set(MODELS)
