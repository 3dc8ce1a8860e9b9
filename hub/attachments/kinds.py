"""The kind of a file by its content alone, and whether it holds anything beside (C-42). Imports filetype only.

A file that is of two kinds at once, or has something after its end, is refused: the receiver might open something else than what
was checked.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import filetype

EXTENSIONS = {
    "PDF": ("pdf",),
    "PNG": ("png",),
    "JPEG": ("jpg", "jpeg"),
    "TIFF": ("tif", "tiff"),
    "TXT": ("txt",),
    "DOCX": ("docx",),
    "XLSX": ("xlsx",),
    "PPTX": ("pptx",),
    "ODT": ("odt",),
    "ODS": ("ods",),
}
"""The kinds that are accepted, and the endings that their names may have."""

OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PNG = b"\x89PNG\r\n\x1a\n"
_ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")
_MOST_PIXELS = 120_000_000
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]")
_MARKUP = re.compile(
    r"<(?:(script|html|head|body|iframe|!doctype html)|(svg)|(\?xml|!doctype|!entity))\b", re.IGNORECASE
)
_STANDALONE = frozenset((0x01, *range(0xD0, 0xD9)))
"""JPEG markers without a length."""


@dataclass(frozen=True, slots=True)
class Unfit(Exception):  # noqa: N818 - it is the file that is unfit
    """Why a file is refused: a code of ``check.py``, and a word of ours, never one of the file's."""

    code: str
    detail: str = ""


def kind_of(content: bytes) -> str:
    """A key of ``EXTENSIONS``, or ``ZIP`` for a package that must be opened to tell. Raises ``Unfit``."""
    if content.startswith(b"PK\x03\x04"):
        return "ZIP"
    kind = _by_its_beginning(content)
    if zipfile.is_zipfile(io.BytesIO(content)):
        raise Unfit("two-in-one")
    return kind


def _by_its_beginning(content: bytes) -> str:
    if content.startswith(b"%PDF-"):
        return "PDF"
    if content.startswith(_PNG):
        return "PNG"
    if content.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if content.startswith((b"II*\0", b"MM\0*")):
        return "TIFF"
    if content.startswith(OLD_OFFICE):
        raise Unfit("encrypted") if _ENCRYPTED_PACKAGE in content else Unfit("kind", "DOC/XLS/PPT/MSG")
    if (text := text_of(content)) is not None:
        if content.startswith(b"#!"):
            raise Unfit("kind", "script")
        if text.lstrip().startswith("{\\rtf"):
            raise Unfit("kind", "RTF")
        if (markup := _MARKUP.search(text)) is not None:
            raise Unfit("kind", ("HTML", "SVG", "XML")[(markup.lastindex or 1) - 1])
        return "TXT"
    guess = filetype.guess(content)
    raise Unfit("kind", "" if guess is None else str(guess.extension).upper())


def text_of(content: bytes) -> str | None:
    """Plain text in UTF-8, UTF-16 with its mark, or Windows-1252; None when the content is none of them."""
    for encoding in ("utf-16",) if content.startswith((b"\xff\xfe", b"\xfe\xff")) else ("utf-8-sig", "cp1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return None if _CONTROL.search(text) else text
    return None


def picture_texts(kind: str, content: bytes) -> Iterator[str]:
    """The texts in a picture's file: comments, EXIF, XMP. Raises ``Unfit`` when the file is damaged."""
    try:
        if kind == "PNG":
            yield from _png(content)
        elif kind == "JPEG":
            yield from _jpeg(content)
        else:
            yield readable(content)
    except (struct.error, IndexError, zlib.error) as error:
        raise Unfit("damaged") from error


_RUNS = re.compile(rb"[\x20-\x7e\x80-\xff]{6,}")


def readable(content: bytes) -> str:
    """The runs of printable characters in bytes, of one or two bytes each; short runs are left out."""
    runs = _RUNS.findall(content) + (_RUNS.findall(content.replace(b"\0", b"")) if b"\0" in content else [])
    said = b"\n".join(runs)
    if said.isascii():
        return said.decode("ascii")
    return said.decode("utf-8", "replace") + "\n" + said.decode("latin-1")


def _png(content: bytes) -> Iterator[str]:
    at, end, name = len(_PNG), len(content), b""
    while name != b"IEND":
        length, name = struct.unpack_from(">I4s", content, at)
        data = content[at + 8 : at + 8 + length]
        at += 12 + length
        if at > end or zlib.crc32(name + data) != struct.unpack_from(">I", content, at - 4)[0]:
            raise Unfit("damaged")
        if name == b"IHDR":
            _is_no_giant(*struct.unpack_from(">II", data))
        elif name != b"IDAT":
            yield readable(data)
            if name in {b"zTXt", b"iTXt"}:
                yield readable(_inflated(data))
    if at != end:
        raise Unfit("two-in-one")


def _inflated(data: bytes) -> bytes:
    """The first megabyte of the compressed text in a PNG's text chunk, which begins somewhere after its keyword."""
    for start in re.finditer(rb"\0", data):
        for skip in (1, 2):
            try:
                return zlib.decompressobj().decompress(data[start.end() + skip - 1 :], 1_000_000)
            except zlib.error:
                continue
    return b""


def _jpeg(content: bytes) -> Iterator[str]:
    """A JPEG, and further JPEGs that a telephone may put after it."""
    at = 0
    while content[at : at + 3] == b"\xff\xd8\xff":
        at += 2
        while (marker := content[at + 1]) != 0xD9:
            if content[at] != 0xFF:
                raise Unfit("damaged")
            at += 1 if marker == 0xFF else 2
            if marker == 0xFF or marker in _STANDALONE:
                continue
            length = struct.unpack_from(">H", content, at)[0]
            if length < 2:
                raise Unfit("damaged")
            segment = content[at + 2 : at + length]
            at += length
            if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:
                _is_no_giant(*struct.unpack_from(">HH", segment, 1))
            elif marker >= 0xE0:
                yield readable(segment)
            elif marker == 0xDA:  # the picture itself: up to the next marker that does not belong to it
                found = re.compile(rb"\xff(?![\x00\xd0-\xd7\xff])").search(content, at)
                if found is None:
                    raise Unfit("damaged")
                at = found.start()
        at += 2
        while content[at : at + 1] == b"\0":
            at += 1
    if at != len(content):
        raise Unfit("two-in-one")


def _is_no_giant(high: int, wide: int) -> None:
    if high * wide > _MOST_PIXELS:
        raise Unfit("limits")
