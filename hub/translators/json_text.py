"""Reads JSON, refuses repeated members, and names errors by line and character. Imports jiter, msgspec and the errors only.

A repeated member is refused: some readers take the first and others the last, and it may be the patient.
"""

from __future__ import annotations

import re
from typing import Any, Final

import jiter
import msgspec

from hub.errors import Refused

_MARK: Final = b"\xef\xbb\xbf"
_WHERE = re.compile(r" at line (\d+) column (\d+)$")
_RAW_LIST = msgspec.json.Decoder(list[msgspec.Raw])

_REASONS: Final[tuple[tuple[str, str, str], ...]] = (
    ("EOF", "texten tar slut för tidigt", "the text ends too early"),
    ("trailing comma", "ett komma för mycket", "a comma too many"),
    ("trailing characters", "något står efter slutet", "something stands after the end"),
    ("expected `:`", "kolon saknas", "a colon is missing"),
    ("expected `,`", "komma eller slutparentes saknas", "a comma or a closing bracket is missing"),
    ("key must be", "ett namn ska stå inom citattecken", "a name stands in quotes"),
    ("control character", "ett styrtecken i en text", "a control character in a text"),
    ("invalid escape", "ett okänt tecken efter omvänt snedstreck", "an unknown character after a backslash"),
    ("invalid unicode", "tecknet är inte UTF-8", "the character is not UTF-8"),
    ("lone leading surrogate", "ett halvt surrogatpar", "half a surrogate pair"),
    ("unexpected end of hex escape", "ett halvt surrogatpar", "half a surrogate pair"),
    ("recursion limit", "för djupt nästlat", "nested too deep"),
    ("invalid number", "ett tal har fel form", "a number is malformed"),
    ("number out of range", "ett tal är för stort", "a number is too large"),
    ("UTF-16", "texten är UTF-16", "the text is UTF-16"),
    ("", "här väntades ett värde", "a value was expected here"),
)
"""Beginning of the parser's reason → our sentence; the first that fits is used."""


def read(raw: bytes, element: str = "/") -> Any:
    """Parse the JSON. Raises ``Refused`` 400 with line and character: ``not-json`` or ``member-twice``."""
    try:
        return jiter.from_json(without_mark(raw), allow_inf_nan=False, catch_duplicate_keys=True)
    except ValueError as error:
        raise _refusal(without_mark(raw), str(error), element) from None


def without_mark(raw: bytes) -> bytes:
    """The text without the byte order mark (BOM) that editors and PowerShell put first."""
    return raw.removeprefix(_MARK)


def split(raw: bytes) -> list[bytes] | None:
    """The elements of a JSON list, each as its own bytes; None when the text is not a list."""
    try:
        return [bytes(part) for part in _RAW_LIST.decode(without_mark(raw))]
    except (msgspec.DecodeError, RecursionError):
        return None


def _refusal(raw: bytes, said: str, element: str) -> Refused:
    place = _WHERE.search(said)
    line, column = (int(place[1]), int(place[2])) if place else (1, 1)
    # The parser counts bytes, people count characters.
    before = raw.split(b"\n", line)[line - 1][: max(column, 1)] if raw else b""
    character = max(len(before.decode("utf-8", "ignore")), 1)
    if said.startswith("Detected duplicate key"):  # the parser's sentence repeats the key, which may be a name (D-10)
        return Refused(
            "member-twice",
            f"Samma fält står två gånger i ett objekt: rad {line}, tecken {character}. Behåll det som gäller.",
            f"The same member stands twice in one object: line {line}, character {character}. Keep the one that holds.",
            element,
            400,
        )
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        said = "UTF-16"
    sv, en = next((sv, en) for begins, sv, en in _REASONS if said.startswith(begins))
    return Refused(
        "not-json",
        f"Innehållet är inte giltig JSON i UTF-8: rad {line}, tecken {character}, {sv}.",
        f"The body is not valid JSON in UTF-8: line {line}, character {character}, {en}.",
        element,
        400,
    )
