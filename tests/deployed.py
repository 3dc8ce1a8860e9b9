"""What deploy/ gives those who run the hub, read once for all tests that hold something against it. Imports YAML only."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]


@cache
def deployed(name: str) -> Any:
    """The content of a YAML file of deploy/; nobody changes it."""
    return yaml.load((ROOT / "deploy" / name).read_bytes(), Loader=yaml.CSafeLoader)
