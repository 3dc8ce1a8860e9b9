"""How an address of the register is shown. Imports nothing of the hub."""

from __future__ import annotations


def one_line(address: object) -> str:
    """An address as one line: c/o, street, postal code and city."""
    parts = [getattr(address, name, None) for name in ("care_of", "line1", "line2")]
    place = " ".join(filter(None, (getattr(address, "postal_code", None), getattr(address, "city", None))))
    return ", ".join(filter(None, [*parts, place]))
