"""Writes a register's texts on one line within the bounds of our own messages. Imports nothing of the hub."""

from __future__ import annotations

from typing import Final

_MOST: Final = 300
"""Characters of a line in our messages (schemas/parts.py)."""


def one_line(text: str | None) -> str | None:
    """A text on one line, cut with an ellipsis where it is too long. None where nothing is left."""
    line = " ".join("".join(sign for sign in text or "" if sign.isprintable() or sign.isspace()).split())
    return (line if len(line) <= _MOST else line[: _MOST - 1] + "…") or None


def format_address(address: object) -> str | None:
    """An address on one line: c/o, street, postal code and city."""
    parts = [getattr(address, name, None) for name in ("care_of", "line1", "line2")]
    place = " ".join(filter(None, (getattr(address, "postal_code", None), getattr(address, "city", None))))
    return one_line(", ".join(filter(None, [*parts, place])))
