"""Whether an extra of the package is installed. Imports the errors only."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, distribution, requires

from hub.errors import Misconfigured

PACKAGE = "samverkan-hub"


def needs(extra: str) -> None:
    """Raise ``Misconfigured``, which says what to install, when a distribution that the extra asks for is not there."""
    asked = [line.split(";") for line in requires(PACKAGE) or ()]
    names = [re.split(r"[^\w.-]", need)[0] for need, *marks in asked if any(_is_of(extra, mark) for mark in marks)]
    if missing := [name for name in names if not _is_installed(name)]:
        raise Misconfigured(
            f"this command needs {', '.join(missing)}, which the hub alone does not: pip install '{PACKAGE}[{extra}]'"
        )


def _is_of(extra: str, mark: str) -> bool:
    return re.search(rf"\bextra\s*==\s*['\"]{extra}['\"]", mark) is not None


def _is_installed(name: str) -> bool:
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True
