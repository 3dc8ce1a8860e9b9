"""The texts of a worksheet: its cells as their number formats show them, by rows and by columns (C-42). Imports the markup only."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

from hub.attachments.markup import MarkupPart, NoDoctype

_FIRST_DAY = date(1899, 12, 30)
_LAST_DAY = 2_958_465
"""31 December 9999, in the days of a worksheet."""
_DATES = frozenset({14, 15, 16, 17, 22, 27, 30, 36, 50, 57})
"""Formats that a worksheet may use without describing them."""
_UNREAD = re.compile(r'"[^"]*"|\[[^\[\]]*\]|\\.|[_*].')
_LITERAL = re.compile(r'"([^"]*)"|\\(.)')
_PLACES = re.compile(r"[0#?]")
_HALF_A_NUMBER = re.compile(r"[0-9]{5,7}")


class Strings(NoDoctype):
    """The strings that cells share, by number; the runs of a string are one text."""

    def __init__(self) -> None:
        self.strings: list[str] = []
        self._now: list[str] = []
        self._open = False

    def start(self, tag: str, _attributes: Mapping[str, str]) -> None:
        """An element begins."""
        name = tag.rpartition("}")[2]
        self._open = name == "t"
        if name == "si":
            self._now = []

    def end(self, tag: str) -> None:
        """An element ends."""
        self._open = False
        if tag.rpartition("}")[2] == "si":
            self.strings.append("".join(self._now))

    def data(self, text: str) -> None:
        """A text, or the white space between elements."""
        if self._open:
            self._now.append(text)


class Formats(NoDoctype):
    """The number formats, by the cells' style."""

    def __init__(self) -> None:
        self.styles: list[int] = []
        self.codes: dict[int, str] = {}
        self._in_cells = False

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""
        name = tag.rpartition("}")[2]
        if name == "numFmt":
            self.codes[int(attributes.get("numFmtId", "0"))] = attributes.get("formatCode", "")
        self._in_cells = name == "cellXfs" or (self._in_cells and name != "cellStyles")
        if name == "xf" and self._in_cells:
            self.styles.append(int(attributes.get("numFmtId", "0")))

    def end(self, tag: str) -> None:
        """An element ends."""
        if tag.rpartition("}")[2] == "cellXfs":
            self._in_cells = False

    def shown(self, value: str, style: int) -> str:
        """A number as its cell shows it. A number that no format changes is put apart, where it could be half of a personal
        identity number: sheets are full of amounts and article numbers of six and of four digits, and no person reads two such
        cells as one number.
        """
        number = self.styles[style] if 0 <= style < len(self.styles) else 0
        code = self.codes.get(number, "")
        try:
            exact = Decimal(value)
            whole = int(exact)
        except (InvalidOperation, ValueError, OverflowError):
            return value
        if number in _DATES or _is_date(code):
            return str(_FIRST_DAY + timedelta(days=whole)) if 0 < whole <= _LAST_DAY else value
        if _PLACES.search(code) and whole >= 0:
            return _masked(whole, code)
        text = str(whole) if exact == whole and abs(exact.adjusted()) < 20 else value
        return f"¦{text}¦" if _HALF_A_NUMBER.fullmatch(text) else text


class Sheet(MarkupPart):
    """A worksheet: ``texts`` are its rows and columns as shown; everything else is read as in any part."""

    def __init__(self, strings: Sequence[str], formats: Formats) -> None:
        super().__init__()
        self._strings, self._formats = strings, formats
        self._rows: list[list[str]] = []
        self._columns: dict[str, list[str]] = {}
        self._cell: dict[str, str] | None = None
        self._value: list[str] = []
        self._in_value = False

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""
        name = tag.rpartition("}")[2]
        if name == "row":
            self._rows.append([])
        if name == "c":
            self._cell, self._value = dict(attributes), []
        elif self._cell is not None:
            self._in_value = name in {"v", "t"}
        else:
            super().start(tag, attributes)

    def end(self, tag: str) -> None:
        """An element ends."""
        name = tag.rpartition("}")[2]
        if self._cell is None:
            super().end(tag)
        elif name == "c":
            self._show(self._cell)
            self._cell = None
        self._in_value = False

    def data(self, text: str) -> None:
        """A text, or the white space between elements."""
        if self._in_value:
            self._value.append(text)
        elif self._cell is None:
            super().data(text)
        elif not text.isspace():  # a formula
            self.hidden.append(text)

    def close(self) -> None:
        """The worksheet has ended."""
        self.texts += ["\t".join(row) for row in self._rows]
        self.hidden += ["\n".join(column) for column in self._columns.values() if len(column) > 1]

    def _show(self, cell: Mapping[str, str]) -> None:
        value = "".join(self._value)
        if not value:
            return
        kind = cell.get("t", "n")
        if kind == "s":
            number = int(value)
            value = self._strings[number] if 0 <= number < len(self._strings) else ""
        elif kind == "n":
            value = self._formats.shown(value, int(cell.get("s", "0")))
        if not self._rows:
            self._rows.append([])
        self._rows[-1].append(value)
        self._columns.setdefault(cell.get("r", "").rstrip("0123456789"), []).append(value)


def _is_date(code: str) -> bool:
    said = _UNREAD.sub("", code).lower()
    return "y" in said and ("d" in said or "m" in said)


def _masked(whole: int, code: str) -> str:
    """The number in the places of its format, with the format's leading zeros and the characters between."""
    code = _LITERAL.sub(lambda found: (found[1] or found[2] or "").replace("0", ""), code.partition(";")[0])
    code = re.sub(r"\[[^\[\]]*\]|[_*].|,", "", code).partition(".")[0]
    digits = list(str(whole))
    shown: list[str] = []
    first = _PLACES.search(code)
    for at in range(len(code) - 1, -1, -1):
        if code[at] not in "0#?":
            shown.append(code[at])
            continue
        if digits:
            shown.append(digits.pop())
        elif code[at] == "0":
            shown.append("0")
        if first is not None and at == first.start():
            shown += reversed(digits)
    return "".join(reversed(shown))
