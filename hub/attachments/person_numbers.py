"""Finds personal identity numbers in a file's name or text, in any form (C-42). Imports the language only.

``find_person_numbers`` finds the usual forms. Here are the others that people and programs write: with spaces and dots, spaced out
or one digit a box, across the end of a line or a tab, with other digits and dashes. A real date and a right check digit are enough:
a file too many sent back does less harm than a number too many sent on. Only a recent date with a time of day passes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import date, timedelta

from schemas.person_numbers import find_person_numbers

_DASH = re.compile("[\u00af\u02d7\u06d4\u2010-\u2015\u2043\u207b\u2212\u23af\u2500\u2796\u30fc\ufe58\ufe63\uff0d]")
_OTHER_DIGIT = re.compile(r"(?![0-9])\d")
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]"
)
_BLANKS = re.compile(r"\s+")

_BOXES = re.compile(r"(?<![0-9])[0-9](?:(?: ?[|] ?| )(?:[-+] ?)?[0-9](?![0-9])){9,}")
"""Single digits with something between them, ten or more."""
_NO_DIGIT = re.compile("[^0-9]")

_LOOSE = re.compile(
    r"(?<![0-9])(?P<year>(?:(?:18|19|20) ?)?[0-9]{2})(?P<between>[ ./_-]?)(?P<month>[0-9]{2})(?P=between)(?P<day>[0-9]{2})"
    r"(?P<sign> {0,3}[-+._/]? {0,3})(?P<serial>[0-9]{2} ?[0-9]{2})(?![0-9])"
)
"""A date and four digits, the date's parts together or apart."""

_FOURS = re.compile(r"(?<![0-9])(?<![0-9][ ._-])([0-9]{4})[ ._-]([0-9]{4})[ ._+-]([0-9]{4})(?![ ._-]?[0-9])")
"""Twelve digits in groups of four, and no longer row of them, as a card's number is."""

_BROKEN = re.compile(
    r"(?<![0-9+-])(?=([0-9][0-9+-]{0,12}) *[\n\t\r\f\v]\s*([-+]?[0-9]{1,11}(?:[-+][0-9]{0,4})?)(?![0-9+-]))"
)
"""The digits before the end of a line or a tab, and those after it; neither is consumed, since a third part may follow."""
_HALVES = frozenset({(6, 4), (8, 4), (4, 8), (2, 10), (10, 2), (6, 6)})
"""How many digits are before and after, where no hyphen shows that they belong together."""

_TIME = re.compile(r"(?:[01][0-9]|2[0-3])[0-5][0-9]")
_RECENT = timedelta(days=2 * 365)


def holds_number(text: str) -> bool:
    """Whether the text holds a personal identity number in any form that a reader would recognise."""
    text = plain(text)
    flat = _BLANKS.sub(" ", text)
    return (
        bool(find_person_numbers(flat))
        or any(_is_number(match) for match in _LOOSE.finditer(flat))
        or any(find_person_numbers("".join(match.groups())) for match in _FOURS.finditer(flat))
        or any(find_person_numbers(digits) for digits in _boxed(flat))
        or any(_is_broken_number(*match.groups()) for match in _BROKEN.finditer(text))
    )


def plain(text: str) -> str:
    """The text in its simplest letters, digits and dashes, without invisible characters."""
    if text.isascii():
        return text
    text = _DASH.sub("-", _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)))
    return _OTHER_DIGIT.sub(lambda digit: str(unicodedata.digit(digit[0], "")), text)


def _boxed(text: str) -> Iterator[str]:
    """The numbers that a row of boxes can hold: at its beginning or at its end."""
    for match in _BOXES.finditer(text):
        digits = _NO_DIGIT.sub("", match[0])
        for length in (10, 12):
            if len(digits) >= length:
                yield digits[:length]
                yield digits[-length:]


def _is_number(match: re.Match[str]) -> bool:
    day = match["year"].replace(" ", "") + match["month"] + match["day"]
    serial = match["serial"].replace(" ", "")
    sign = match["sign"].strip()
    if match["between"] == " " in match["serial"] and _counts(match):
        return False
    if sign not in {"-", "+"} and _TIME.fullmatch(serial) and _is_recent(day):
        return False
    return bool(find_person_numbers(f"{day}{'+' if sign == '+' else '-'}{serial}"))


def _counts(match: re.Match[str]) -> bool:
    """Whether the pairs of digits are part of a longer row of numbers, such as numbered lines or pages."""
    text = match.string
    return bool(re.search(r"[0-9] $", text[max(0, match.start() - 2) : match.start()])) or bool(
        re.match(r" [0-9]", text[match.end() : match.end() + 2])
    )


def _is_broken_number(before: str, after: str) -> bool:
    halves = len(_NO_DIGIT.sub("", before)), len(_NO_DIGIT.sub("", after))
    signed = not (before.isdigit() and after.isdigit())
    return (signed or halves in _HALVES) and bool(find_person_numbers(before + after))


def _is_recent(day: str) -> bool:
    """Whether a day is in the last two years or to come: the digits after it may be a time of day."""
    try:
        day_ = date.fromisoformat(day if len(day) == 8 else f"20{day}")
    except ValueError:
        return False
    return day_ > date.today() - _RECENT  # noqa: DTZ011 - a day more or less is no matter
