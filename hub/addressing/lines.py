"""How what a register says is shown: on one line that our own bounds take, cut and marked where it is longer. Imports nothing
of the hub.
"""

from __future__ import annotations

from typing import Final

_MOST: Final = 300
"""Characters of a line in our messages (schemas/parts.py)."""


def fitting(text: str | None) -> str | None:
    """A text of a register as one line; what is cut off shows as an ellipsis. None where nothing is left."""
    line = " ".join("".join(sign for sign in text or "" if sign.isprintable() or sign.isspace()).split())
    return (line if len(line) <= _MOST else line[: _MOST - 1] + "…") or None


def one_line(address: object) -> str | None:
    """An address as one line: c/o, street, postal code and city."""
    parts = [getattr(address, name, None) for name in ("care_of", "line1", "line2")]
    place = " ".join(filter(None, (getattr(address, "postal_code", None), getattr(address, "city", None))))
    return fitting(", ".join(filter(None, [*parts, place])))
