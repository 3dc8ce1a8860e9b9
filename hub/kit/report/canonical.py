"""JSON in one form only, so that the same content is the same bytes and has the same digest. Imports nothing of the hub.

As RFC 8785 writes it: keys sorted, no spaces, nothing escaped that need not be. Numbers are whole: a fraction is refused, since
languages write it differently.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any


def canonical(value: Any) -> bytes:
    """The bytes of a value. Raises ``ValueError`` for a fraction, and for a text that is no Unicode."""
    _look_for_fractions(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest(content: bytes) -> str:
    """``sha256:`` and the hexadecimal digits."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _look_for_fractions(value: Any) -> None:
    if isinstance(value, float):
        raise ValueError("a report holds whole numbers only")  # noqa: TRY004 - of JSON, whose numbers are one type
    if isinstance(value, Mapping):
        for inner in value.values():
            _look_for_fractions(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            _look_for_fractions(inner)
