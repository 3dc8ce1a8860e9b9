"""All that can be read in an Office package: every XML part of it, shown or hidden (C-42). Imports lxml only.

The libraries that write such files give their body only; here comments, notes, headers, hidden sheets, properties,
deleted text and embedded files are read too, in one pass that builds no tree, takes no DTD and knows no entity.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from lxml import etree

from hub.translators.files_kinds import OLD_OFFICE, Unfit, readable

_MOST_PARTS = 3_000
_MOST_BYTES = 40_000_000
_DEEPEST = 2

_MAIN = {
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml": "DOCX",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml": "XLSX",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml": "PPTX",
}
_OPEN_DOCUMENT = {
    b"application/vnd.oasis.opendocument.text": "ODT",
    b"application/vnd.oasis.opendocument.spreadsheet": "ODS",
}
_MACROS = re.compile(r"(?i)vbaproject|vbadata|macrosheets/|activex/|ctrlprops/|^basic/|^scripts/|^dialogs/")
_MARKUP = re.compile(r"(?i)\.(?:xml|rels|vml|svg|rdf|xhtml|html?)$")
_PROGRAM = (b"MZ", b"\x7fELF", b"%PDF-", b"#!", OLD_OFFICE)
_FETCHED = re.compile(r"/(?:attachedTemplate|oleObject|subDocument|frame|aFChunk)$")

_PARAGRAPH = frozenset({"p", "h", "si", "is"})
_UNSEEN = frozenset({"delText", "instrText", "delInstrText"})
_BREAKS = {"br": "\n", "cr": "\n", "line-break": "\n", "tab": "\t", "ptab": "\t", "s": " ", "noBreakHyphen": "-"}
_SAYING = frozenset(
    {"title", "descr", "name", "value", "string-value", "author", "initials", "text", "alt", "displayName", "Target"}
    | {"href", "tooltip", "location", "display", "creator", "userName", "content"}
)
_SAYING_VAL = frozenset({"alias", "tag", "docVar", "default", "statusText", "helpText", "result", "listEntry"})
_NUMBER = re.compile(r"[0-9](?:\.[0-9]+)?[eE]\+?[0-9]{1,2}")


class Package:
    """An opened package: what it is, and its texts. Raises ``Unfit``, or what zipfile and lxml raise when damaged."""

    def __init__(self, content: bytes, depth: int = 0, left: int = _MOST_BYTES) -> None:
        self._zip = zipfile.ZipFile(io.BytesIO(content))
        self._depth = depth
        self._left = left
        names = [part.filename for part in self._zip.infolist()]
        if len(names) > _MOST_PARTS or depth > _DEEPEST:
            raise Unfit("limits")
        if any(part.flag_bits & 1 for part in self._zip.infolist()):
            raise Unfit("encrypted")
        if content[-22:-18] != b"PK\x05\x06" or self._zip.comment or len(set(names)) != len(names):
            raise Unfit("two-in-one")
        self.kind = self._kind(set(names))
        if any(_MACROS.search(name) for name in names):
            raise Unfit("macros")

    def _kind(self, names: set[str]) -> str:
        if "[Content_Types].xml" in names:
            text = self._read("[Content_Types].xml")
            types = _Types()
            _parse(text, types)
            if types.macros:
                raise Unfit("macros")
            kinds = {_MAIN[one] for one in types.found if one in _MAIN}
            if len(kinds) == 1 and "mimetype" not in names:
                return kinds.pop()
        elif "mimetype" in names and "content.xml" in names:
            kind = _OPEN_DOCUMENT.get(self._read("mimetype").strip())
            if "META-INF/manifest.xml" in names and b"encryption-data" in self._read("META-INF/manifest.xml"):
                raise Unfit("encrypted")
            if kind is not None:
                return kind
        raise Unfit("kind", "ZIP")

    def texts(self) -> Iterator[str]:
        """Every text, paragraph by paragraph, those of embedded packages too."""
        for part in self._zip.infolist():
            yield part.filename
            content = self._read(part.filename)
            if content.startswith(_PROGRAM):
                raise Unfit("active")
            if content.startswith(b"PK\x03\x04"):
                inner = Package(content, self._depth + 1, self._left)
                yield from inner.texts()
                self._left = inner._left
            elif _MARKUP.search(part.filename) or content.lstrip(b"\xef\xbb\xbf\t\n\r ").startswith(b"<"):
                reader = _Reader()
                _parse(content, reader)
                yield from reader.texts
            else:
                yield readable(content)

    def _read(self, name: str) -> bytes:
        with self._zip.open(name) as part:
            content = part.read(self._left + 1)
        self._left -= len(content)
        if self._left < 0:
            raise Unfit("limits")
        return content


def _parse(content: bytes, target: Any) -> None:
    """Into a ``_Types`` or a ``_Reader``, part by part; the stubs of lxml know no such target."""
    if not content.strip():
        return
    parser = etree.XMLParser(target=target, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    parser.feed(content)
    parser.close()


class _NoDoctype:
    """What both readers of parts share: a document type is refused before anything in it is looked at."""

    def doctype(self, _name: str, _public: str | None, _system: str | None) -> None:
        raise Unfit("entities")

    def close(self) -> None:
        """The parser asks for it."""


class _Types(_NoDoctype):
    """The content types of a package."""

    def __init__(self) -> None:
        self.found: set[str] = set()
        self.macros = False

    def start(self, _tag: str, attributes: Mapping[str, str]) -> None:
        kind = attributes.get("ContentType", "")
        self.found.add(kind)
        self.macros |= "macroEnabled" in kind or "vbaProject" in kind or "macrosheet" in kind


class _Reader(_NoDoctype):
    """The texts of one part. What a paragraph's runs say is one text, whatever stands between them."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._open: list[list[str]] = [[]]
        self._unseen: list[str] = []
        self._in_unseen = False

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        space, _, name = tag.rpartition("}")
        if name == "script" or space.endswith(":script:1.0"):
            raise Unfit("macros")
        self._attributes(name, attributes)
        self._in_unseen = name in _UNSEEN
        if name in _PARAGRAPH:
            self._open.append([])
        elif len(self._open) == 1:
            self._end_text()
        elif name in _BREAKS and "val" not in attributes:
            self._open[-1].append(_BREAKS[name])

    def end(self, tag: str) -> None:
        name = tag.rpartition("}")[2]
        self._in_unseen = False
        if name in _PARAGRAPH and len(self._open) > 1:
            self._end_text()
            self._open.pop()
        elif len(self._open) == 1:
            self._end_text()

    def data(self, text: str) -> None:
        if self._in_unseen:
            self._unseen.append(text)
        elif not (text.isspace() and "\n" in text):  # how the part is laid out
            self._open[-1].append(text)

    def comment(self, text: str) -> None:
        self.texts.append(text)

    def _end_text(self) -> None:
        text = "".join(self._open[-1]).strip()
        self._open[-1].clear()
        if text:
            self.texts.append(str(int(Decimal(text))) if _NUMBER.fullmatch(text) else text)
        if self._unseen:
            self.texts.append("".join(self._unseen))
            self._unseen.clear()

    def _attributes(self, name: str, attributes: Mapping[str, str]) -> None:
        for key, value in attributes.items():
            short = key.rpartition("}")[2]
            if short in _SAYING or (short == "val" and name in _SAYING_VAL):
                self.texts.append(value)
        if attributes.get("TargetMode") == "External" and _FETCHED.search(attributes.get("Type", "")):
            raise Unfit("active")
