"""The JSON of plain data of the hub's own: a case's state, events, what a notice tells. Imports msgspec only.

pydantic asks each value what it is, and takes two to four times as long; models are its own to write.
"""

from __future__ import annotations

from typing import Final

import msgspec

_encode: Final = msgspec.json.Encoder().encode


def plain_json(value: object) -> bytes:
    """Compact JSON in UTF-8 of texts, numbers, lists, dictionaries, and dataclasses of these."""
    return _encode(value)
