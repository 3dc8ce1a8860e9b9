"""By what cases are sorted and found by name (C-31). Pure: imports the standard library only."""

from __future__ import annotations

import re
from typing import Final

_FAMILY_NAME: Final = re.compile(r"^(.*\S)\s+(\S+)\Z", re.DOTALL)
_SWEDISH: Final = str.maketrans("åäö", "{|}")
"""The characters after z, by which å, ä and ö come last, in this order, by code point."""


def folded(text: str) -> str:
    """Without capitals, in Swedish order by code point."""
    return text.lower().translate(_SWEDISH)


def sort_name(name: str) -> str:
    """The name as it is sorted: the family name first, whether it stands first, before a comma, or last."""
    name = name.strip(" ")
    family, comma, given = name.partition(",")
    if comma:
        return folded(f"{family.rstrip()} {given.lstrip()}")
    parts = _FAMILY_NAME.match(name)
    return folded(name if parts is None else f"{parts[2]} {parts[1]}")
