"""Every act of operations says why. Imports the errors only."""

from __future__ import annotations

from hub.errors import Misconfigured


def check(reason: str) -> None:
    """Raises ``Misconfigured`` where nothing is said."""
    if not reason.strip():
        raise Misconfigured("say why with --reason: it is kept in the trail")
