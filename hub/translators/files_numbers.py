"""Does a file's name or text hold a person's number, however it is written? (C-42). Imports the language only.

``find_person_numbers`` knows the usual forms; here are those that people and programs write besides: with spaces and
dots, letter-spaced, with other digits and dashes. A real date and a right check digit are enough: better a file too
many sent back than a number too many sent on. Only what is written as a recent date and a time of day is let through.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, timedelta

from schemas.person_numbers import find_person_numbers

_DASH = re.compile("[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]")
_OTHER_DIGIT = re.compile(r"(?![0-9])\d")
_INVISIBLE = re.compile("[\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")

_LETTER_SPACED = re.compile(r"(?<![0-9] )(?<![0-9])(?:[0-9] (?:[-+] )?){9,11}[0-9](?! ?[0-9])")

_LOOSE = re.compile(
    r"(?<![0-9])(?P<year>(?:18|19|20)?[0-9]{2})(?P<between>[ ./_-]?)(?P<month>[0-9]{2})(?P=between)(?P<day>[0-9]{2})"
    r"(?P<sign> {0,3}[-+._/]? {0,3})(?P<serial>[0-9]{2} ?[0-9]{2})(?![0-9])"
)
"""A date and four digits, the date's parts together or apart."""

_TIME = re.compile(r"(?:[01][0-9]|2[0-3])[0-5][0-9]")
_RECENT = timedelta(days=2 * 365)


def holds_number(text: str) -> bool:
    """Whether a person's number stands in the text, in any form that a reader would know it by."""
    text = _plain(text)
    return (
        bool(find_person_numbers(text))
        or any(find_person_numbers(match[0].replace(" ", "")) for match in _LETTER_SPACED.finditer(text))
        or any(_is_number(match) for match in _LOOSE.finditer(text))
    )


def _plain(text: str) -> str:
    """The digits and dashes that a reader sees, as ASCII, and nothing unseen between them."""
    if text.isascii():
        return text
    text = _DASH.sub("-", _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)))
    return _OTHER_DIGIT.sub(lambda digit: str(unicodedata.digit(digit[0])), text)


def _is_number(match: re.Match[str]) -> bool:
    day = match["year"] + match["month"] + match["day"]
    serial = match["serial"].replace(" ", "")
    sign = match["sign"].strip()
    if sign not in {"-", "+"} and _TIME.fullmatch(serial) and _is_recent(day):
        return False
    return bool(find_person_numbers(f"{day}{'+' if sign == '+' else '-'}{serial}"))


def _is_recent(day: str) -> bool:
    """A day of the last two years, or to come: what stands after it may be a time."""
    try:
        day_ = date.fromisoformat(day if len(day) == 8 else f"20{day}")
    except ValueError:
        return False
    return day_ > date.today() - _RECENT  # noqa: DTZ011 - a day more or less is no matter
