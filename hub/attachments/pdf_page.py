"""The text of a PDF's pages, in the order in which a person reads it (C-42). Imports pypdfium2 only.

A page is a set of characters, each with a position; the order in which they are drawn says nothing. So the characters are put into
lines by their positions, for each direction of writing, and the words below each other into columns. The text that pdfium itself
finds is read too. Notes and form fields are read where the page shows them.
"""

from __future__ import annotations

import ctypes
import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

import pypdfium2
from pypdfium2 import raw

_TURN = math.pi / 60
"""Characters whose directions differ by less than this may be in one line."""


_WORD_GAP = 0.95
"""Of a character's size: two characters that begin farther apart than this belong to different words."""


@dataclass(slots=True)
class Sign:
    """One character, or the word that begins with it: how far down its line is, where in the line it begins, its size."""

    text: str
    down: float
    along: float
    size: float


def page_texts(content: bytes) -> Iterator[str]:
    """The texts of all pages; raises ``PdfiumError`` when the file cannot be read."""
    with pypdfium2.PdfDocument(content) as pdf:
        for number in range(len(pdf)):
            page = pdf[number]
            raw.FPDFPage_Flatten(page, raw.FLAT_NORMALDISPLAY)
            page.close()
            page = pdf[number]  # with notes and fields drawn into it
            text = page.get_textpage()
            yield text.get_text_range()
            for signs in _signs(text).values():
                words = _words(signs)
                yield "\n".join(
                    " ".join(word.text for word in line) for _, line in groupby(words, lambda one: one.down)
                )
                yield _columns(words)
            text.close()
            page.close()


def _signs(page: pypdfium2.PdfTextPage) -> dict[int, list[Sign]]:
    """The characters by their direction."""
    x, y, matrix = ctypes.c_double(), ctypes.c_double(), raw.FS_MATRIX()
    found: dict[int, list[Sign]] = defaultdict(list)
    for number in range(page.count_chars()):
        code = raw.FPDFText_GetUnicode(page, number)
        if code < ord(" ") or raw.FPDFText_IsGenerated(page, number) == 1:
            continue
        raw.FPDFText_GetCharOrigin(page, number, x, y)
        raw.FPDFText_GetMatrix(page, number, matrix)
        turn = math.atan2(matrix.b, matrix.a)
        right, up = math.cos(turn), math.sin(turn)
        size = raw.FPDFText_GetFontSize(page, number) * math.hypot(matrix.a, matrix.b)
        along, down = x.value * right + y.value * up, x.value * up - y.value * right
        found[round(turn / _TURN)].append(Sign(chr(code), down, along, size or 1.0))
    return found


def _words(signs: list[Sign]) -> list[Sign]:
    """The words, line by line and from left to right: characters close together make one word."""
    signs.sort(key=lambda sign: sign.down)
    line: float | None = None
    for sign in signs:  # a line is half a character thick, from its first character on
        line = sign.down if line is None or sign.down - line > sign.size / 2 else line
        sign.down = line
    signs.sort(key=lambda sign: (sign.down, sign.along))
    words: list[Sign] = []
    end = 0.0
    for sign in signs:
        if words and words[-1].down == sign.down and sign.along - end < _WORD_GAP * sign.size:
            words[-1].text += sign.text
        else:
            words.append(sign)
        end = sign.along
    return words


def _columns(words: list[Sign]) -> str:
    """The words that begin below each other, from above to below."""
    columns: list[list[Sign]] = []
    for word in sorted(words, key=lambda word: word.along):
        if not columns or word.along - columns[-1][0].along > word.size / 3:
            columns.append([])
        columns[-1].append(word)
    below = (sorted(column, key=lambda word: word.down) for column in columns if len(column) > 1)
    return "\n\n".join("\n".join(word.text for word in column) for column in below)
