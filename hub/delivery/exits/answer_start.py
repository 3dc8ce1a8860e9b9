"""The start of what a receiver said when it did not take a notice, for operations, without what is personal or secret (D-10).
Imports the person numbers only.
"""

from __future__ import annotations

import re
from typing import Final

from schemas.person_numbers import find_person_numbers

READ: Final = 4_096
"""Bytes of a body that are looked at."""
_KEPT: Final = 200
"""Characters that are kept."""
_MARKUP = re.compile(r"<(script|style)\b.*?(</\1\s*>|$)|<[^<>]*>", re.IGNORECASE | re.DOTALL)
_LOOKED_AT: Final = 600
"""Characters that are searched for what must be hidden."""
_HIDDEN = re.compile(
    r"(?<![\w.+-])[\w.+-]+@[\w.-]+"  # an address of e-mail
    r"|\bSE\d{10}-[0-9A-Za-z]+"  # an HSA-id: whether of a person or of a unit, its form does not tell
    r"|\b(?:bearer|basic)\s+[^\s\"',;<>]+"
    r"|\b(?:token|api[-_]?key|secret|password|authorization)\b[\"']?\s*[:=]\s*[\"']?[^\s\"',;<>]+"
    r"|(?:\d[ -]?){6,}",
    re.IGNORECASE,
)
_RUN = re.compile(r"[0-9A-Za-z_\-+/=.~%]{16,}")
"""What may be a token or an id: it is hidden when it has a digit."""


def start_of(body: bytes) -> str:
    """A plain line of at most 200 characters; empty where the body is no text."""
    text = body[:READ].decode("utf-8", "replace")
    if text.count("\ufffd") > 4 or "\x00" in text:
        return ""
    text = _MARKUP.sub(" ", text).strip()[:_LOOKED_AT]
    for start, end in reversed(find_person_numbers(text)):
        text = f"{text[:start]}[…]{text[end:]}"
    text = _RUN.sub(lambda run: "[…]" if any(map(str.isdigit, run[0])) else run[0], _HIDDEN.sub("[…]", text))
    text = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return text if len(text) <= _KEPT else f"{text[: _KEPT - 1]}…"
