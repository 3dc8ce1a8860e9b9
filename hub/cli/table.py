"""Tables for people: columns of a fixed width, at most 100 characters a line, one sentence where there is nothing. Imports typer and the
language only.
"""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import typer

from schemas.swedish_time import clock_with_zone

WIDTH = 100
"""Characters in a line; only an id that is longer makes a line longer, since it must be whole to be copied."""
_ROOM = 32
"""Characters that the last column needs beside the others; with less it stands on a line of its own."""


def moment(at: datetime | str | None) -> str:
    """A moment for people, also one that is written in ISO 8601: Swedish time, the zone named."""
    return "" if at is None else clock_with_zone(datetime.fromisoformat(at) if isinstance(at, str) else at)


def number_of(count: int, one: str, more: str = "") -> str:
    """``1 case``, ``2 cases``: a number with its word; ``more`` is the word for several, where it is not with an s."""
    return f"{count} {one if count == 1 else more or one + 's'}"


def lines(headings: Sequence[str], rows: Iterable[Sequence[object]], width: int = WIDTH) -> list[str]:
    """The rows under their headings. The last column is text: it is wrapped, the others are not."""
    cells = [[("" if cell is None else str(cell)) for cell in row] for row in rows]
    *fixed, last = [list(column) for column in zip(headings, *cells, strict=True)]
    widths = [max(map(len, column)) for column in fixed]
    left = sum(widths) + 2 * len(widths)
    below = width - left < _ROOM and max(map(len, last)) > width - left
    found = []
    for number, text in enumerate(last):
        start = "  ".join(column[number].ljust(width) for column, width in zip(fixed, widths, strict=True))
        room = width - 4 if below else width - left
        first, *more = textwrap.wrap(text, room, break_long_words=False, break_on_hyphens=False) or [""]
        if below:
            found += [start.rstrip(), *([f"    {first}"] if first else [])]
        else:
            found.append(f"{start}  {first}".rstrip() if fixed else first)
        found += [(" " * (4 if below else left)) + one for one in more]
    return found


def say(text: str, indent: int) -> None:
    """Print a text. On a terminal it is wrapped to its width, what follows its first line indented by so many characters; a program
    that reads it gets one line.
    """
    if sys.stdout.isatty():
        width = shutil.get_terminal_size().columns
        wrapped = textwrap.wrap(
            text, width, subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False
        )
        text = "\n".join(wrapped)
    typer.echo(text)


def show(title: str, headings: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a titled table; nothing where there are no rows."""
    if rows:
        typer.echo("\n".join([title, *(f"  {line}" for line in lines(headings, rows, WIDTH - 2)), ""]))


def show_json(found: Sequence[Mapping[str, object]] | Mapping[str, object]) -> None:
    """Print for machines: JSON, times in ISO 8601."""
    typer.echo(json.dumps(found, ensure_ascii=False, indent=1, default=_plain))


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
