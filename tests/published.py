"""What contracts/ publishes, read once for all tests that hold something against it. Imports yaml and
the scenarios only.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from hub.scenarios import ScenarioFile, files_in

FOLDER = Path(__file__).parents[1] / "contracts"


@cache
def asyncapi() -> dict[str, Any]:
    """The AsyncAPI document; nobody changes it."""
    found: dict[str, Any] = yaml.load((FOLDER / "asyncapi.yaml").read_bytes(), Loader=yaml.CSafeLoader)
    return found


@cache
def scenario(name: str) -> ScenarioFile:
    """The scenario of a file; reading them all, each with what it begins with, takes half a second."""
    return ScenarioFile(FOLDER / "scenarios" / name)


def scenarios() -> dict[str, ScenarioFile]:
    """File name → the scenario."""
    return {path.name: scenario(path.name) for path in files_in([FOLDER / "scenarios"])}
