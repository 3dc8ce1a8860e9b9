"""Finds person numbers in texts, for the redaction of logs (D-10) and for C-42. Imports the standard library and the identities
only.
"""

from __future__ import annotations

import re
from datetime import date

from schemas.identities import KNOWN_REGIONAL_PATTERNS, IdentityError, RegionalPattern, parse_person_id

_CANDIDATE = re.compile(
    # A digit before the number makes it part of a longer one, except in %20191212121212, where %20 is an escaped blank.
    r"(?=[0-9]{6})(?:(?<![0-9%])(?<!%[0-9A-Fa-f])|(?<=%[0-9A-Fa-f]{2}))"
    r"(?:(?P<day>[0-9]{8}|[0-9]{6})(?:[-+‐‑–−]|%2[BbDd])?(?P<rest>[0-9]{4})(?![0-9])"
    r"|[0-9]{8}-?[A-Za-z][0-9A-Za-z]{3}(?![0-9A-Za-z]))"
)
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def find_person_numbers(
    text: str, regional_patterns: tuple[RegionalPattern, ...] = KNOWN_REGIONAL_PATTERNS
) -> list[tuple[int, int]]:
    """The places of person numbers in a text, as (start, end): for the redaction of logs (D-10) and for C-42.

    Ten or twelve digits, with or without hyphen or plus, with a real date (future ones too: a typing error may still
    point at someone) and the check digit; national and the given regional reserve numbers, with or without hyphen.
    Organisation numbers are not found: their "month" is 20 or more.
    """
    return [match.span() for match in _CANDIDATE.finditer(text) if _looks_real(match, regional_patterns)]


def holds_person_number(text: str) -> bool:
    """Whether an id or a value of a log line holds a person number; a UUID does not, though its digits may look like one (D-10)."""
    return bool(find_person_numbers(_UUID.sub("", text)))


def _looks_real(match: re.Match[str], patterns: tuple[RegionalPattern, ...]) -> bool:
    day, rest = match["day"], match["rest"]
    texts = (
        [match[0].replace("-", "").upper()]
        if day is None
        else [c + day + rest for c in (("",) if len(day) == 8 else ("18", "19", "20"))]
    )
    for text in texts:
        try:
            parse_person_id(text, patterns, today=date.max)
        except IdentityError:
            continue
        return True
    return False
