"""Every text of an Office package: each XML part of it, shown or hidden (C-42). Imports the readers of parts.

The libraries that write such files read only the body. Here comments, notes, headers, hidden sheets, properties, attributes,
deleted text and embedded files are read too.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping

from hub.attachments.kinds import OLD_OFFICE, Unfit, readable
from hub.attachments.markup import MarkupPart, NoDoctype, Slide, parse
from hub.attachments.sheet import Formats, Sheet, Strings

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
_SLIDE = re.compile(r"ppt/slides?[A-Za-z]*/")
_PROGRAM = (b"MZ", b"\x7fELF", b"%PDF-", b"#!", OLD_OFFICE)

_APART = "\n¦\n"
"""Put between texts that do not follow each other, so that no number is found across them."""


class Package:
    """An opened package: its kind and its texts. Raises ``Unfit``, or what zipfile and lxml raise on a damaged file."""

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
        self._types = _Types()
        self.kind = self._kind(set(names))
        if any(_MACROS.search(name) for name in names):
            raise Unfit("macros")

    def _kind(self, names: set[str]) -> str:
        if "[Content_Types].xml" in names:
            parse(self._read("[Content_Types].xml"), self._types)
            if self._types.macros:
                raise Unfit("macros")
            kinds = {_MAIN[one] for one in self._types.found if one in _MAIN}
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
        """Every text, part by part, those of embedded packages too."""
        strings, formats = Strings(), Formats()
        for name, reader in ((self._types.strings, strings), (self._types.styles, formats)):
            if name in self._zip.namelist():
                parse(self._read(name), reader)
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
                own = part.filename.lower().startswith("customxml/")
                read = MarkupPart(outspoken=own)
                if part.filename in self._types.sheets:
                    read = Sheet(strings.strings, formats)
                elif _SLIDE.match(part.filename):
                    read = Slide()
                parse(content, read)
                yield "\n".join(read.texts)
                yield _APART.join(dict.fromkeys(read.hidden))
            else:
                yield readable(content)

    def _read(self, name: str) -> bytes:
        with self._zip.open(name) as part:
            content = part.read(self._left + 1)
        self._left -= len(content)
        if self._left < 0:
            raise Unfit("limits")
        return content


class _Types(NoDoctype):
    """The content types of a package, and the parts that are needed to read a workbook's cells."""

    def __init__(self) -> None:
        self.found: set[str] = set()
        self.macros = False
        self.sheets: set[str] = set()
        self.strings = self.styles = ""

    def start(self, _tag: str, attributes: Mapping[str, str]) -> None:
        kind, name = attributes.get("ContentType", ""), attributes.get("PartName", "").removeprefix("/")
        self.found.add(kind)
        self.macros |= "macroEnabled" in kind or "vbaProject" in kind or "macrosheet" in kind
        if kind.endswith("spreadsheetml.worksheet+xml"):
            self.sheets.add(name)
        elif kind.endswith("spreadsheetml.sharedStrings+xml"):
            self.strings = name
        elif kind.endswith("spreadsheetml.styles+xml"):
            self.styles = name
