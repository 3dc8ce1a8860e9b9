"""Every text of a PDF: its pages, notes, fields, title and other metadata, now and in earlier revisions (C-42). Imports pypdf and
the reader of pages.

An update of a PDF is appended, and the text that it replaces stays in the file. So each revision is read like the file itself. A
page is read by what it shows (``pdf_page``) and by the strings that it is drawn with, because a font may map its characters to
anything.
"""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Iterator
from typing import Any

from pypdf import PdfReader
from pypdf.errors import DependencyError, FileNotDecryptedError, LimitReachedError, PyPdfError
from pypdf.generic import (
    ArrayObject,
    ByteStringObject,
    DictionaryObject,
    IndirectObject,
    StreamObject,
    TextStringObject,
)

from hub.attachments.kinds import Unfit, readable
from hub.attachments.pdf_page import page_texts

MOST_PAGES = 200
_MOST_OBJECTS = 50_000
_MOST_REVISIONS = 30
_DEEPEST = 60

_ACTIVE_KEYS = frozenset(
    {"/JS", "/JavaScript", "/EmbeddedFiles", "/EF", "/XFA", "/RichMediaContent", "/RichMediaSettings"}
)
_ACTIVE_KINDS = frozenset({"/JavaScript", "/Launch", "/ImportData", "/SubmitForm", "/RichMedia", "/EmbeddedFile"})
_DATE = re.compile(r"D:[0-9]{4,14}(?:Z|[-+][0-9]{2}'?)?[0-9']*")
_TAG = re.compile(r"<[^<>]*>")
_END = re.compile(rb"startxref\s+[0-9]+\s+%%EOF[\r\n]*")
_LINEARIZED = re.compile(rb"/Linearized\b")
_CERTIFICATES_TIME = re.compile(rb"\x17\x0d[0-9]{12}Z|\x18\x0f[0-9]{14}Z")
"""UTCTime and GeneralizedTime in DER: the dates between which a certificate is valid."""
_SHOWS = re.compile(rb"\bT[jJ]\b|['\"]\s")
_DRAWN = re.compile(rb"\(((?:[^\\()]|\\.)*)\)|<([0-9A-Fa-f\s]*)>", re.DOTALL)
_ESCAPED = re.compile(rb"\\([0-7]{1,3}|\r\n|.)", re.DOTALL)


def pdf_texts(content: bytes) -> Iterator[str]:
    """The texts, one by one; raises ``Unfit``, or whatever the libraries raise on a damaged file."""
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # its warnings could quote the file
    if not content.rstrip(b"\0\t\n\r ").endswith(b"%%EOF"):
        raise Unfit("damaged")
    yield from _state(content)
    earlier = [content[: found.end()] for found in _END.finditer(content)][:-1]
    if earlier and _LINEARIZED.search(content, 0, 1_024):
        del earlier[0]  # the first of its ends closes the head of the file and is no revision
    if len(earlier) > _MOST_REVISIONS:
        raise Unfit("limits")
    for state in earlier:
        yield from _state(state)


def _state(content: bytes) -> Iterator[str]:
    try:
        reader = PdfReader(io.BytesIO(content), strict=False)
        if reader.is_encrypted:
            raise Unfit("encrypted")
        yield from _objects(reader)
        pages = len(reader.pages)
    except (
        FileNotDecryptedError,
        DependencyError,
    ) as error:  # pypdf has no decryption for it, or the password is missing
        raise Unfit("encrypted") from error
    if pages > MOST_PAGES:
        raise Unfit("limits")
    yield from page_texts(content)


def _objects(reader: PdfReader) -> Iterator[str]:
    """Every text outside the pages: titles, authors, notes, fields, bookmarks, texts of pictures, strings that are drawn."""
    numbers = {number for generation in reader.xref.values() for number in generation} | set(reader.xref_objStm)
    if len(numbers) > _MOST_OBJECTS:
        raise Unfit("limits")
    values: list[str] = []
    yield from _strings(reader.trailer, 0, values)
    for number in sorted(numbers - {0}):
        found = reader.get_object(IndirectObject(number, 0, reader))
        if found is None:
            continue
        yield from _strings(found, 0, values)
        if isinstance(found, StreamObject):
            yield from _stream(found)
    yield " ".join(values)  # a form may have a field for each digit


def _stream(stream: StreamObject) -> Iterator[str]:
    if stream.get("/Type") == "/Metadata":
        text = stream.get_data().decode("utf-8", "replace")
        yield text
        yield _TAG.sub("", text)
    elif stream.get("/Subtype") != "/Image" and "/Length1" not in stream:
        try:
            data = stream.get_data()
        except LimitReachedError as error:
            raise Unfit("limits") from error
        except (PyPdfError, NotImplementedError):  # a compression that only pictures and fonts use
            return
        if _SHOWS.search(data):
            drawn = [_text(found[1], found[2]) for found in _DRAWN.finditer(data)]
            yield "".join(drawn)
            yield " ".join(drawn)


def _text(literal: bytes | None, hexadecimal: bytes | None) -> str:
    """A string of a drawing, read by its bytes in the encoding of simple fonts."""
    if hexadecimal is not None:
        digits = b"".join(hexadecimal.split())
        raw = bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode())
    else:
        raw = _ESCAPED.sub(_unescaped, literal or b"")
    return (
        raw.decode("utf-16", "replace")
        if raw.startswith((b"\xfe\xff", b"\xff\xfe"))
        else raw.decode("cp1252", "replace")
    )


def _unescaped(found: re.Match[bytes]) -> bytes:
    sign = found[1]
    if sign.isdigit():
        return bytes([int(sign, 8) & 0xFF])
    return b"" if sign in {b"\n", b"\r", b"\r\n"} else sign


def _strings(value: Any, depth: int, values: list[str]) -> Iterator[str]:
    """The strings of an object; the values of form fields are added to ``values`` too."""
    if depth > _DEEPEST:
        raise Unfit("limits")
    if isinstance(value, DictionaryObject):
        if not _ACTIVE_KEYS.isdisjoint(value) or {
            value.raw_get(k) for k in ("/S", "/Subtype", "/Type") if k in value
        } & (_ACTIVE_KINDS):
            raise Unfit("active")
        for key in value:
            said = value.raw_get(key)
            if key == "/V" and isinstance(said, TextStringObject):
                values.append(str(said))
            yield from _strings(said, depth + 1, values)
    elif isinstance(value, ArrayObject):
        for one in list.__iter__(value):
            yield from _strings(one, depth + 1, values)
    elif isinstance(value, TextStringObject | ByteStringObject):
        yield _said(value)


def _said(value: TextStringObject | ByteStringObject) -> str:
    raw = value.original_bytes
    if _CERTIFICATES_TIME.search(raw):
        return readable(_CERTIFICATES_TIME.sub(b"\n", raw))
    if isinstance(value, ByteStringObject):
        return readable(bytes(value))
    return "" if _DATE.fullmatch(value) else str(value)
