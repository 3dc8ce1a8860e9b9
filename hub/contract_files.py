"""Where the contracts for vendors lie, for whoever reads them: rules, scenarios, worlds, schemas, WSDL. Imports the errors only.

There is one copy. In a checkout ``hub/published`` is a link to ``contracts/``; a wheel carries the files themselves there.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Final

from hub.errors import Misconfigured

FOLDER: Final = Path(str(files("hub") / "published"))
"""The contracts' folder; pip unpacks a wheel, so it is a folder on disk there too."""


def contract_file(name: str) -> Path:
    """The path of one file, ``name`` as under ``contracts/``: ``worlds/standard.yaml``. Raises ``Misconfigured`` without it."""
    path = FOLDER / name
    if not path.is_file():
        raise Misconfigured(
            f"{path} is missing: install the hub whole, with its contracts (pip install --force-reinstall samverkan-hub)"
        )
    return path
