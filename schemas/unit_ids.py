"""The ids of units and areas: HSA-id, organisationsnummer, länskod and kommunkod (law-and-lookups.md §2). Imports the standard
library, and from the identities their error and Luhn.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from schemas.identities import IdentityError, luhn10

# Code → what is wrong and what the sender should do, in Swedish and English.
SENTENCES: Final = {
    "hsa-id-format": (
        "Ange HSA-id som SE + organisationsnummer, 10 siffror + bindestreck + 1–18 tecken A–Z 0–9, högst 31 tecken.",
        "Give the HSA-id as SE + organisation number, 10 digits + hyphen + 1–18 of A–Z 0–9, 31 characters at most.",
    ),
    "orgnr-format": (
        "Ange organisationsnummer med 10 siffror utan bindestreck, den tredje minst 2.",
        "Give the organisation number as 10 digits without hyphen, the third at least 2.",
    ),
    "orgnr-check-digit": (
        "Organisationsnumrets kontrollsiffra stämmer inte.",
        "The check digit of the organisation number is wrong.",
    ),
    "lanskod": ("Ange SCB:s länskod med två siffror.", "Give SCB's two-digit county code."),
    "kommunkod": ("Ange SCB:s kommunkod med fyra siffror.", "Give SCB's four-digit municipality code."),
}


def _wrong(code: str) -> IdentityError:
    return IdentityError(code, *SENTENCES[code])


ALL_PREFIXES: Final = ("SE", "TSTNMT", "IFV")
"""Sweden's prefix, and those that the national test environments use instead."""


@lru_cache(maxsize=64)
def _hsa_pattern(prefixes: tuple[str, ...]) -> re.Pattern[str]:
    """The organisation number of ten digits, or with 16 before it, as in Inera's own ids."""
    return re.compile(f"(?:{'|'.join(re.escape(p.upper()) for p in prefixes)})(?:16)?[0-9]{{10}}-[A-Z0-9]{{1,18}}")


@lru_cache(maxsize=65536)
def parse_hsa_id(text: str, prefixes: tuple[str, ...] = ("SE",)) -> str:
    """An HSA-id in capitals, so that ids can be compared. ``prefixes``: those allowed; in a test also ``TSTNMT`` and ``IFV``.

    Luhn is not checked, because test environments invent organisation numbers. Raises ``IdentityError``.
    """
    upper = text.upper() if text.isascii() else ""
    if len(upper) > 31 or not _hsa_pattern(prefixes).fullmatch(upper):
        raise _wrong("hsa-id-format")
    return upper


@lru_cache(maxsize=65536)
def organisation_in(hsa_id: str) -> tuple[str, str]:
    """(the prefix of an HSA-id up to the hyphen, the organisation number in it) (C-4)."""
    prefix = hsa_id.partition("-")[0]
    return prefix, prefix[-10:]


@lru_cache(maxsize=4096)
def parse_organisationsnummer(text: str) -> str:
    """Ten digits, the third at least 2 (which is what tells it from a person's), Luhn. Raises ``IdentityError``."""
    if len(text) != 10 or not (text.isascii() and text.isdigit()) or text[2] < "2":
        raise _wrong("orgnr-format")
    if not luhn10(text):
        raise _wrong("orgnr-check-digit")
    return text


LANSKODER: Final = frozenset(f"{n:02}" for n in range(1, 26)) - {"02", "11", "15", "16"}
"""The 21 län of SCB; the four that are missing were merged."""


def parse_lanskod(text: str) -> str:
    """Two digits that SCB uses for a län. Raises ``IdentityError``."""
    if text not in LANSKODER:
        raise _wrong("lanskod")
    return text


def parse_kommunkod(text: str) -> str:
    """Four digits: a länskod, then the municipality (never 00, which is the whole län). Raises ``IdentityError``."""
    if len(text) != 4 or not (text.isascii() and text.isdigit()) or text[:2] not in LANSKODER or text[2:] == "00":
        raise _wrong("kommunkod")
    return text
