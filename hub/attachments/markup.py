"""The texts of one XML part of an Office or Open Document package, shown or hidden (C-42). Imports lxml and the files' kinds.

One pass, without a tree, a document type or entities. The runs of a paragraph make one text, whatever lies between them. Each text
has a line of its own, and the cells of a row have tabs between.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from lxml import etree

from hub.attachments.kinds import Unfit

_FETCHED = re.compile(r"/(?:attachedTemplate|oleObject|subDocument|frame|aFChunk)$")
_PARAGRAPH = frozenset({"p", "h", "si", "is"})
_TABLE, _ROW = frozenset({"tbl", "table"}), frozenset({"tr", "table-row"})
_CELL = frozenset({"tc", "table-cell", "covered-table-cell"})
_UNSEEN = frozenset({"delText", "instrText", "delInstrText"})
_BREAKS = {"br": "\n", "cr": "\n", "line-break": "\n", "tab": "\t", "ptab": "\t", "s": " ", "noBreakHyphen": "-"}
_SAYING = frozenset(
    {"title", "descr", "name", "value", "string-value", "author", "initials", "text", "alt", "displayName", "Target"}
    | {"href", "tooltip", "location", "display", "creator", "userName", "content", "instr", "v", "formatCode"}
)
_SAYING_VAL = frozenset({"alias", "tag", "docVar", "default", "statusText", "helpText", "result", "listEntry"})
_POWER_OF_TEN = re.compile(r"[0-9](?:\.[0-9]+)?[eE]\+?[0-9]{1,2}")
_MEASURE = re.compile(r"[-+]?[0-9]{0,11}(?:\.[0-9]*)?")
"""A bare number with fewer digits than a personal identity number with its century: a position, a size, an id of a program."""


def parse(content: bytes, target: Any) -> None:
    """Feeds a part to one of the readers below; the type stubs of lxml know no such target."""
    if not content.strip():
        return
    parser = etree.XMLParser(target=target, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    parser.feed(content)
    parser.close()


class NoDoctype:
    """The base of the readers: it refuses a document type before anything in it is read."""

    def doctype(self, _name: str, _public: str | None, _system: str | None) -> None:
        """Refuses it."""
        raise Unfit("entities")

    def close(self) -> None:
        """Required by the parser."""


class MarkupPart(NoDoctype):
    """The texts of one part in their order, and the hidden ones: attributes, fields, deletions, comments.

    ``outspoken``: every attribute counts as a text, bare numbers too.
    """

    def __init__(self, *, outspoken: bool = False) -> None:
        self.texts: list[str] = []
        self.hidden: list[str] = []
        self._outspoken = outspoken
        self._open: list[list[tuple[str, bool]]] = [[]]
        self._unseen = False
        self._tables = Tables()

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""
        space, _, name = tag.rpartition("}")
        if name == "script" or space.endswith(":script:1.0"):
            raise Unfit("macros")
        self._attributes(name, attributes)
        self._unseen = name in _UNSEEN
        self._tables.start(name)
        if name in _PARAGRAPH:
            self._open.append([])
        elif len(self._open) == 1:
            self._end_text()
        elif name in _BREAKS and "val" not in attributes:
            self._open[-1].append((_BREAKS[name], True))
        elif name == "sym":
            self._open[-1].append((_sign(attributes), True))

    def end(self, tag: str) -> None:
        """An element ends."""
        name = tag.rpartition("}")[2]
        self._unseen = False
        if name in _PARAGRAPH and len(self._open) > 1:
            self._end_text()
            self._open.pop()
        elif len(self._open) == 1:
            self._end_text()
        self.hidden += self._tables.end(name)

    def data(self, text: str) -> None:
        """A text, or the white space between elements."""
        if self._unseen or not (text.isspace() and "\n" in text):  # white space that only lays out the part
            self._open[-1].append((text, not self._unseen))

    def comment(self, text: str) -> None:
        """A comment is read too."""
        self.hidden.append(text)

    def _end_text(self) -> None:
        said = self._open[-1]
        if not said:
            return
        self._open[-1] = []
        text = "".join(one for one, seen in said if seen).strip()
        if text:
            shown = str(int(Decimal(text))) if _POWER_OF_TEN.fullmatch(text) else text
            self.texts.append(shown)
            self._tables.say(shown)
        if not all(seen for _, seen in said):  # the text before the deletion, and the deleted text alone
            self.hidden.append("".join(one for one, _ in said))
            self.hidden.append("".join(one for one, seen in said if not seen))

    def _attributes(self, name: str, attributes: Mapping[str, str]) -> None:
        for key, value in attributes.items():
            short = key.rpartition("}")[2]
            says = self._outspoken or short in _SAYING or (short == "val" and name in _SAYING_VAL)
            if says or not _MEASURE.fullmatch(value):
                self.hidden.append(value)
        if attributes.get("TargetMode") == "External" and _FETCHED.search(attributes.get("Type", "")):
            raise Unfit("active")


class Slide(MarkupPart):
    """A slide. The texts of its shapes are read a second time in the order of their positions: from above, then from the left."""

    def __init__(self) -> None:
        super().__init__()
        self._shapes: list[tuple[int, int, int]] = []
        """Distance from above and from the left, and how many texts came before the shape."""
        self._seeks = False

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""
        super().start(tag, attributes)
        name = tag.rpartition("}")[2]
        if name == "sp":
            self._shapes.append((0, 0, len(self.texts)))
            self._seeks = True
        elif name == "off" and self._seeks:
            down, across = (int(attributes.get(key, "0")) for key in ("y", "x"))
            self._shapes[-1] = (down, across, self._shapes[-1][2])
            self._seeks = False

    def close(self) -> None:
        """The slide has ended."""
        ends = [*(first for _, _, first in self._shapes[1:]), len(self.texts)]
        placed = sorted((*shape, end) for shape, end in zip(self._shapes, ends, strict=False))
        self.hidden.append("\n".join(text for _, _, first, end in placed for text in self.texts[first:end]))


class Tables:
    """The columns of the open tables: the cells below each other are read as one text too."""

    def __init__(self) -> None:
        self._open: list[list[list[str]]] = []
        self._column = -1

    def start(self, name: str) -> None:
        """An element begins."""
        if name in _TABLE:
            self._open.append([])
        elif name in _ROW:
            self._column = -1
        elif name in _CELL and self._open:
            self._column += 1
            if self._column == len(self._open[-1]):
                self._open[-1].append([])

    def say(self, text: str) -> None:
        """Adds a text to the open cell, if any."""
        if self._open and 0 <= self._column < len(self._open[-1]):
            self._open[-1][self._column].append(text)

    def end(self, name: str) -> list[str]:
        """An element ends. Returns the columns, where it was a table."""
        if name not in _TABLE or not self._open:
            return []
        self._column = -1
        return ["\n".join(column) for column in self._open.pop() if len(column) > 1]


def _sign(attributes: Mapping[str, str]) -> str:
    """The character of a symbol font: its position in the font is that of the letter or digit that was typed."""
    code = next((value for key, value in attributes.items() if key.rpartition("}")[2] == "char"), "")
    return chr(int(code, 16) & 0xFF) if re.fullmatch(r"[0-9A-Fa-f]{1,4}", code) else ""
