"""The identity numbers of persons, their kinds and regional forms, read as written on the wire (C-60, C-61). Imports the standard
library and the OIDs only.
"""

# The rules are those of law-and-lookups.md §2, unless another source is named. No error and no ``repr`` contains the number
# itself, since both end up in logs (D-10).
#
# Own code instead of ``python-stdnum``, because that library accepts hyphens, colons and blanks, accepts a century of 01, knows no
# samordningsnummer with month 00 or day 60 and no reserve numbers. Numbers are not cached, because a number must not stay in
# memory longer than its message. A check takes about two microseconds.

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from schemas.oids import (
    FHIR_NATIONELLT_RESERVNUMMER,
    FHIR_NATIONELLT_RESERVNUMMER_MISSPELT,
    FHIR_PERSONNUMMER,
    FHIR_SAMORDNINGSNUMMER,
    OID_NATIONELLT_RESERVNUMMER,
    OID_PERSONNUMMER,
    OID_SAMORDNINGSNUMMER,
)
from schemas.swedish_time import STOCKHOLM as _STOCKHOLM_TIME

# Code → what is wrong and what the sender should do, in Swedish and English.
SENTENCES: Final = {
    "person-id-format": (
        "Ange personnummer eller samordningsnummer med 12 siffror utan bindestreck, eller ett reservnummer, 12 tecken.",
        "Give personnummer or samordningsnummer as 12 digits without hyphen, or a reserve number of 12 characters.",
    ),
    "person-id-date": (
        "Personens identitet börjar inte med ett verkligt datum (ååååmmdd): kontrollera år, månad och dag.",
        "The person's identity does not begin with a real date (yyyymmdd): check year, month and day.",
    ),
    "person-id-future": (
        "Födelsedatumet ligger i framtiden: kontrollera personens identitet.",
        "The date of birth is in the future: check the person's identity.",
    ),
    "person-id-check-digit": (
        "Kontrollsiffran stämmer inte: kontrollera personens identitet.",
        "The check digit is wrong: check the person's identity.",
    ),
    "person-id-serial": (
        "Födelsenumret 000 ges till ingen: kontrollera personens identitet.",
        "The birth number 000 is given to nobody: check the person's identity.",
    ),
    "person-id-system": (
        "Systemet för personens identitet är okänt eller anger ett annat slag av nummer än det angivna.",
        "The system of the person's identity is unknown, or names another kind of number than the one given.",
    ),
}


class IdentityError(ValueError):
    """A number is not valid.

    ``code`` names the reason, ``sv`` and ``en`` say what to do; none of them contains the number.
    """

    def __init__(self, code: str, sv: str, en: str) -> None:
        super().__init__(code, sv, en)
        self.code, self.sv, self.en = code, sv, en

    def __str__(self) -> str:
        return f"{self.code}: {self.en}"


def _wrong(code: str) -> IdentityError:
    return IdentityError(code, *SENTENCES[code])


class PersonIdKind(StrEnum):
    """The four kinds of identity numbers that the hub accepts (C-60, C-61)."""

    PERSONNUMMER = "personnummer"
    SAMORDNINGSNUMMER = "samordningsnummer"
    NATIONELLT_RESERVNUMMER = "nationellt_reservnummer"
    REGIONALT_RESERVNUMMER = "regionalt_reservnummer"


ROOT_OF_KIND: Final = MappingProxyType(
    {
        PersonIdKind.PERSONNUMMER: OID_PERSONNUMMER,
        PersonIdKind.SAMORDNINGSNUMMER: OID_SAMORDNINGSNUMMER,
        PersonIdKind.NATIONELLT_RESERVNUMMER: OID_NATIONELLT_RESERVNUMMER,
    }
)
SYSTEM_OF_KIND: Final = MappingProxyType(
    {
        PersonIdKind.PERSONNUMMER: FHIR_PERSONNUMMER,
        PersonIdKind.SAMORDNINGSNUMMER: FHIR_SAMORDNINGSNUMMER,
        PersonIdKind.NATIONELLT_RESERVNUMMER: FHIR_NATIONELLT_RESERVNUMMER,
    }
)
_ROOT_OF_SYSTEM: Final = {system: ROOT_OF_KIND[kind] for kind, system in SYSTEM_OF_KIND.items()} | {
    FHIR_NATIONELLT_RESERVNUMMER_MISSPELT: OID_NATIONELLT_RESERVNUMMER
}


@dataclass(frozen=True, slots=True)
class RegionalPattern:
    """The form of one region's reserve numbers: configuration, since each region decides for itself."""

    region: str
    """Länskod."""
    regex: str
    """Matches all twelve characters."""
    root: str
    """OID."""
    dated: bool = False
    """Whether the first eight digits are a real date that is not in the future."""
    luhn: bool = False
    """Whether Luhn holds over all twelve, with the letters' values."""
    letters: tuple[str, str] = ("", "")
    """The letters' values in Luhn: ``("KMX", "578")``."""


# Forms and OIDs from the Swedish base profiles (HL7Sweden/basprofiler-r4, PatientIdentifierConformancePatternSE):
# offered to the configuration, and in force only where it names them. Luhn over twelve, and the letters' values, are from a secondary
# source (tbillas/SwedishIdentifier); the examples there hold.
STOCKHOLM: Final = RegionalPattern("01", r"99(?:18|19|20)[0-9]{8}", "1.2.752.97.3.1.3", luhn=True)
VASTRA_GOTALAND: Final = RegionalPattern(
    "14",
    r"(?:18|19|20)[0-9]{6}[KMX](?:0[6-9]|[1-8][0-9])[0-9]",
    "1.2.752.113.11.0.2.1.1.1",
    dated=True,
    luhn=True,
    letters=("KMX", "578"),
)
VARMLAND: Final = RegionalPattern("17", r"(?:18|19|20)[0-9]{6}S[FUXPL][0-9][A-UW-Z1-9]", "1.2.752.74.9.2", dated=True)
KNOWN_REGIONAL_PATTERNS: Final = (STOCKHOLM, VASTRA_GOTALAND, VARMLAND)


@dataclass(frozen=True, slots=True)
class PersonId:
    """A valid identity, made by ``parse_person_id``. Its ``repr`` and ``str`` hide the number."""

    kind: PersonIdKind
    value: str = field(repr=False)
    regional_root: str | None = None
    """The OID of a regional reserve number; ``None`` for the national kinds."""

    @property
    def root(self) -> str:
        """The OID in SOAP contracts."""
        return self.regional_root or ROOT_OF_KIND[self.kind]

    @property
    def system(self) -> str:
        """The identifier system in the Swedish FHIR base profiles; ``urn:oid:`` for a regional number."""
        return f"urn:oid:{self.regional_root}" if self.regional_root else SYSTEM_OF_KIND[self.kind]

    @classmethod
    def from_system(cls, system: str, value: str, regional_patterns: tuple[RegionalPattern, ...] = ()) -> PersonId:
        """Read an identifier by its FHIR system (also the misspelt one) or its OID, with or without ``urn:oid:``.

        Raises ``IdentityError`` when the number is wrong, the system is unknown, or the system is that of another kind of number.
        """
        root = _ROOT_OF_SYSTEM.get(system, system.removeprefix("urn:oid:"))
        known = root in _ROOT_OF_SYSTEM.values() or any(root == pattern.root for pattern in regional_patterns)
        if not known:
            raise _wrong("person-id-system")
        person = parse_person_id(value, tuple(p for p in regional_patterns if p.root == root))
        if person.root != root:
            raise _wrong("person-id-system")
        return person


# The sum of two digits in Luhn, the first doubled: five look-ups check ten digits.
_PAIR: Final = {f"{a}{b}": (a * 2 - 9 if a > 4 else a * 2) + b for a in range(10) for b in range(10)}
_WORTH: Final = {chr(n): n - 48 if n < 58 else n for n in (*range(48, 58), *range(65, 91))}
_ONCE: Final = {c: sum(map(int, str(worth))) for c, worth in _WORTH.items()}
_TWICE: Final = {c: sum(map(int, str(worth * 2))) for c, worth in _WORTH.items()}
_DAYS: Final = (31, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)  # month 00: unknown, any day
_NATIONAL_RESERVE = re.compile(r"[0-9]{8}[A-HJ-NPR-UX-Z]{2}[0-9A-HJ-NPR-UX-Z][0-9]")
_latest_today = ["00000000"]  # a day in the past: the clock is read only for a birth after it


def luhn10(ten: str) -> bool:
    return (_PAIR[ten[:2]] + _PAIR[ten[2:4]] + _PAIR[ten[4:6]] + _PAIR[ten[6:8]] + _PAIR[ten[8:]]) % 10 == 0


def _luhn12(twelve: str) -> bool:
    """Luhn in which a letter is one place with its ASCII code as value: the digits of each product are summed."""
    return (sum(map(_TWICE.__getitem__, twelve[::2])) + sum(map(_ONCE.__getitem__, twelve[1::2]))) % 10 == 0


def _real_date(year: int, month: int, day: int) -> bool:
    if month > 12 or day > _DAYS[month]:
        return False
    return month != 2 or day < 29 or (year % 4 == 0 and (year % 100 != 0 or year % 400 == 0))


def _is_future(yyyymmdd: str, today: date | None) -> bool:
    """Whether a date is after today in Sweden. The texts compare like dates; an unknown month or day, 00, is early."""
    if today is not None:
        return yyyymmdd > today.strftime("%Y%m%d")
    if yyyymmdd > _latest_today[0]:
        _latest_today[0] = datetime.now(_STOCKHOLM_TIME).strftime("%Y%m%d")
        return yyyymmdd > _latest_today[0]
    return False


def _digits(text: str, today: date | None) -> PersonIdKind:
    """Personnummer or samordningsnummer, from twelve ASCII digits; Luhn over the last ten. Born 1800–2099.

    A samordningsnummer has day + 60; an unknown day (60) or month (00) is part of its form.
    """
    year, month, day = int(text[:4]), int(text[4:6]), int(text[6:8])
    coordination = day >= 60
    born = day - 60 if coordination else day
    if not (1800 <= year < 2100 and _real_date(year, month, born) and (coordination or (month and born))):
        raise _wrong("person-id-date")
    if not luhn10(text[2:]):
        raise _wrong("person-id-check-digit")
    if text[8:11] == "000":
        raise _wrong("person-id-serial")
    if _is_future(f"{text[:6]}{born:02}" if coordination else text[:8], today):
        raise _wrong("person-id-future")
    return PersonIdKind.SAMORDNINGSNUMMER if coordination else PersonIdKind.PERSONNUMMER


def _is_national_series(series: int) -> bool:
    return series == 0 or 22 <= series <= 98


def _national_reserve(text: str, today: date | None) -> None:
    """A national reserve number of the right form: ``XXYYMMDDNNGC``.

    Inera's "Nationellt ReservID" 1.0: XX is the century of birth + 3, + 6 … + 78 (22–98), or 00 where the date of birth
    is unknown (then MM is 20–99 and DD 40–59, a serial). NN are letters, G a letter where the sex is unknown, else a
    digit. The check digit is Luhn over the eleven before it, a letter counting as **one place with its ASCII code** as
    value (A: 65, or 130 where doubled; the digits are summed). Read so, both known examples are valid, 98240301AA06 of
    the Swedish base profiles and 22950606FH20; with the code as two places the first is not.
    """
    series, month, day = int(text[:2]), int(text[4:6]), int(text[6:8])
    if not _is_national_series(series):
        raise _wrong("person-id-date")
    if series == 0:
        if month < 20 or not 40 <= day <= 59:
            raise _wrong("person-id-date")
    else:
        century = 18 + series % 3  # 21, 24 … 18; 22, 25 … 19; 23, 26 … 20
        if not (month and day and _real_date(century * 100 + int(text[2:4]), month, day)):
            raise _wrong("person-id-date")
        if _is_future(f"{century}{text[2:8]}", today):
            raise _wrong("person-id-future")
    if not _luhn12(text):
        raise _wrong("person-id-check-digit")


def _regional(text: str, pattern: RegionalPattern, today: date | None) -> None:
    if pattern.dated:
        year, month, day = (int(text[:4]), int(text[4:6]), int(text[6:8])) if text[:8].isdigit() else (0, 0, 0)
        if not (month and day and _real_date(year, month, day)):
            raise _wrong("person-id-date")
        if _is_future(text[:8], today):
            raise _wrong("person-id-future")
    if pattern.luhn and not _luhn12(text.translate(str.maketrans(*pattern.letters)).upper()):
        raise _wrong("person-id-check-digit")


@lru_cache(maxsize=64)
def _compiled(regex: str) -> re.Pattern[str]:
    return re.compile(regex, re.ASCII)


def parse_person_id(
    text: str, regional_patterns: tuple[RegionalPattern, ...] = (), *, today: date | None = None
) -> PersonId:
    """Read a person's identity as written on the wire: exactly twelve characters, no hyphen (C-60, C-61).

    A text in the form of a national reserve number is checked as one (SF, SU … are also Värmland's letters), then a text in a
    region's own form by that form's rule, then twelve digits. ``today``: the Swedish date, else from the clock.
    Raises ``IdentityError``.
    """
    if len(text) != 12 or not (text.isascii() and text.isalnum()):
        raise _wrong("person-id-format")
    digits = text.isdigit()
    national = not digits and _NATIONAL_RESERVE.fullmatch(text) is not None
    if not (national and _is_national_series(int(text[:2]))):
        for pattern in regional_patterns:
            if _compiled(pattern.regex).fullmatch(text):
                _regional(text, pattern, today)
                return PersonId(PersonIdKind.REGIONALT_RESERVNUMMER, text, pattern.root)
    if digits:
        return PersonId(_digits(text, today), text)
    if not national:
        raise _wrong("person-id-format")
    _national_reserve(text, today)
    return PersonId(PersonIdKind.NATIONELLT_RESERVNUMMER, text)
