"""Gives each cell of a table its column's heading as a label: on a telephone the cells stand below each other. Imports Markup."""

from __future__ import annotations

import re
from itertools import chain, repeat
from typing import Final

from markupsafe import Markup, escape

_HEADING: Final = re.compile(r"<th\b[^>]*>(.*?)</th>", re.DOTALL)
_ROW: Final = re.compile(r"<tr\b.*?</tr>", re.DOTALL)
_CELL: Final = re.compile(r"<t[dh]\b")


def labelled(table: Markup) -> Markup:
    """The head and the body of a table, each cell of the body with its heading in ``data-label``."""
    head, at, body = str(table).partition("<tbody")
    headings = [Markup(one).striptags() for one in _HEADING.findall(head)]  # noqa: S704 - the template's own markup

    def row(found: re.Match[str]) -> str:
        its = chain(headings, repeat(""))
        return _CELL.sub(lambda cell: f'{cell[0]} data-label="{escape(next(its))}"', found[0])

    return Markup(head + at + _ROW.sub(row, body))  # noqa: S704 - made of the template's own markup, what is added is escaped
