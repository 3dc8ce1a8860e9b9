"""What contracts/ publishes, read once for all tests that hold something against it. Imports yaml only."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parents[1] / "contracts"


@cache
def asyncapi() -> dict[str, Any]:
    """The AsyncAPI document; nobody changes it."""
    found: dict[str, Any] = yaml.load((FOLDER / "asyncapi.yaml").read_bytes(), Loader=yaml.CSafeLoader)
    return found
