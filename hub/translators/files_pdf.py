"""All that can be read in a PDF: its pages, notes, fields, title and other metadata (C-42). Imports pypdf only."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Iterator
from typing import Any

from pypdf import PdfReader
from pypdf.errors import FileNotDecryptedError
from pypdf.generic import (
    ArrayObject,
    ByteStringObject,
    DictionaryObject,
    IndirectObject,
    StreamObject,
    TextStringObject,
)

from hub.translators.files_kinds import Unfit, readable

MOST_PAGES = 200
_MOST_OBJECTS = 50_000
_DEEPEST = 60

_ACTIVE_KEYS = frozenset(
    {"/JS", "/JavaScript", "/EmbeddedFiles", "/EF", "/XFA", "/RichMediaContent", "/RichMediaSettings"}
)
_ACTIVE_KINDS = frozenset({"/JavaScript", "/Launch", "/ImportData", "/SubmitForm", "/RichMedia", "/EmbeddedFile"})
_DATE = re.compile(r"D:[0-9]{4,14}(?:Z|[-+][0-9]{2}'?)?[0-9']*")
_TAG = re.compile(r"<[^>]*>")


def pdf_texts(content: bytes) -> Iterator[str]:
    """The texts, one by one; raises ``Unfit``, or whatever pypdf raises on a damaged file."""
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # its warnings could quote the file
    if not content.rstrip(b"\0\t\n\r ").endswith(b"%%EOF"):
        raise Unfit("damaged")
    reader = PdfReader(io.BytesIO(content), strict=False)
    if reader.is_encrypted:
        raise Unfit("encrypted")
    yield from _objects(reader)
    try:
        pages = len(reader.pages)
    except FileNotDecryptedError as error:
        raise Unfit("encrypted") from error
    if pages > MOST_PAGES:
        raise Unfit("limits")
    for page in reader.pages:
        yield page.extract_text()


def _objects(reader: PdfReader) -> Iterator[str]:
    """Every text that is no drawing: titles, authors, notes, fields, bookmarks, what pictures show."""
    numbers = {number for generation in reader.xref.values() for number in generation} | set(reader.xref_objStm)
    if len(numbers) > _MOST_OBJECTS:
        raise Unfit("limits")
    yield from _strings(reader.trailer, 0)
    for number in sorted(numbers - {0}):
        found = reader.get_object(IndirectObject(number, 0, reader))
        if found is None:
            continue
        yield from _strings(found, 0)
        if isinstance(found, StreamObject) and found.get("/Type") == "/Metadata":
            text = found.get_data().decode("utf-8", "replace")
            yield text
            yield _TAG.sub("", text)


def _strings(value: Any, depth: int) -> Iterator[str]:
    if depth > _DEEPEST:
        raise Unfit("limits")
    if isinstance(value, DictionaryObject):
        if not _ACTIVE_KEYS.isdisjoint(value) or {
            value.raw_get(k) for k in ("/S", "/Subtype", "/Type") if k in value
        } & (_ACTIVE_KINDS):
            raise Unfit("active")
        for key in value:
            yield from _strings(value.raw_get(key), depth + 1)
    elif isinstance(value, ArrayObject):
        for one in list.__iter__(value):
            yield from _strings(one, depth + 1)
    elif isinstance(value, TextStringObject):
        if not _DATE.fullmatch(value):
            yield str(value)
    elif isinstance(value, ByteStringObject):
        yield readable(bytes(value))
