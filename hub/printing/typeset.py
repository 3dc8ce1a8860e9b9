"""From the facts of a document to its pages, by typst and the layout in ``document.typ``. Imports the facts and typst.

The facts travel as JSON beside the layout, so no text of theirs can become markup; only the fonts of our wheels are
used, and the fonts are in the PDF. What comes out is tagged, has title and language, and its text can be read out.
"""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from hub.printing.document import FINAL, NOT_FINAL, Document, Printed, PrintedPatient, Section, Table
from schemas.swedish_time import moment_in_words

if TYPE_CHECKING:
    import typst


_ONE_AT_A_TIME = Lock()
"""A compiler is not for two threads; a document takes some 30 ms."""

_STANDARDS: tuple[typst.PDFStandard, ...] = ("ua-1", "a-2a")
"""For everybody (PDF/UA-1, lag 2018:1937), and for archives (PDF/A-2a)."""

_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")
"""Control signs, signs that turn the direction of writing, and halves of signs: none can be printed."""

_OWN_USE = re.compile("[\ue000-\uf8ff\U000f0000-\U0010ffff]")
"""Signs that mean something to one program alone; an archive takes none (PDF/A)."""
_BOX = "□"
_UNSHOWN = re.compile(r'the text `"([^"`]+)"` could not be displayed')
_NO_FONT_HAS: dict[int, str] = {}

_BREAK = "\u200b"
"""A place where a line may be broken, without a sign."""
_HSA = re.compile(r"\b[A-Z]{2,6}[0-9]{10,12}-[A-Z0-9]+")
_PROSE = re.compile(r"\A(?:(?![a-zà-ÿ])[^\W\d])*[a-zà-ÿ][^\W\d]*[.,;:!?)]*")
"""A word of a language, which the layout divides by the rules of Swedish; codes and addresses it does not."""
_AFTER_THE_HYPHEN = re.compile(r"(?<=[0-9]-)(?=\w)")
_AFTER_A_SIGN = re.compile(r"(?<=[-/.@_:])(?=\w)")
_LINE, _BESIDE = 60, 30
"""How many signs a line has room for: to the right of a label, and so in the two columns at the top."""
_DAY = re.compile(r"[0-9]{1,2} [a-z]+ [0-9]{4}")
_TABLE, _EDGES, _NARROWEST, _LONGEST = 98, 2, 14, 36
"""Signs: how wide a table is; what the edges of a cell take; the narrowest column; the longest word that one is made wide enough for."""
_DIVIDED = 20
"""Letters from which on the layout divides a word."""
_OF_CAPITALS = 1.15
"""How much wider a sign is in what has no small letters."""


def render(document: Document) -> bytes:
    """The document as PDF, A4; from any thread. Raises ``ValueError`` when ``printed.at`` has no time zone."""
    facts, at = json.dumps(_facts(document), ensure_ascii=False), _at(document)
    with _ONE_AT_A_TIME:
        return _set(facts, at)


def text_of(document: Document) -> str:
    """Everything that stands on the pages, a line each, without the places to break in long words."""
    return "\n".join(_texts(_facts(document))).replace("\u200b", "")


def _texts(fact: Any) -> list[str]:
    if isinstance(fact, str):
        return [fact]
    inner = fact.values() if isinstance(fact, dict) else fact if isinstance(fact, list) else ()
    return [text for one in inner for text in _texts(one)]


def _set(facts: str, at: datetime) -> bytes:
    """Sets the pages; signs that no font of ours has are found in doing so, and stand as an empty box from then on."""
    import typst

    while True:
        shown = facts.translate(_NO_FONT_HAS)
        try:
            pdf = _compiler().compile(
                _layout(), sys_inputs={"facts": shown}, format="pdf", timestamp=at, pdf_standards=[*_STANDARDS]
            )
        except typst.TypstError as error:
            missing = {ord(sign) for text in _UNSHOWN.findall(error.diagnostic) for sign in _signs(text)}
            if not missing.difference(_NO_FONT_HAS, map(ord, _BOX)):
                raise
            _NO_FONT_HAS.update(dict.fromkeys(missing, _BOX))
        else:
            assert isinstance(pdf, bytes)
            return pdf


def _signs(text: str) -> str:
    """The text that typst quotes in its message."""
    return re.sub(r"\\u\{([0-9a-f]+)\}", lambda code: chr(int(code[1], 16)), text)


@cache
def _layout() -> bytes:
    return (resources.files("hub.printing") / "document.typ").read_bytes()


@cache
def _compiler() -> typst.Compiler:
    """One for all, since each keeps some memory; the wheels' fonts only, so that a page looks the same everywhere."""
    import font_source_sans_pro
    import typst

    fonts = typst.Fonts(include_system_fonts=False, font_paths=[Path(font_source_sans_pro.font_directory)])
    return typst.Compiler(_layout(), font_paths=fonts)


def _at(document: Document) -> datetime:
    if document.printed.at.tzinfo is None:
        raise ValueError("printed.at needs a time zone")
    return document.printed.at.astimezone(UTC).replace(microsecond=0)


def _facts(document: Document) -> dict[str, Any]:
    """The facts that the layout reads: every text cleaned, empty texts and those that may not be shown left out."""
    return {
        "title": _clean(document.title),
        "final": document.final,
        "mark": FINAL if document.final else NOT_FINAL,
        "case": _clean(document.case),
        "name": _clean(document.patient.name),
        "number": _clean(_number(document.patient)),
        "patient": _patient(document.patient),
        "printed": _printed(document.printed),
        "sections": [
            _section(section)
            for section in document.sections
            if (section.fields or section.paragraphs or section.table)
            and not (section.contacts and document.patient.protected)
        ],
    }


def _number(patient: PrintedPatient) -> str:
    number = patient.personnummer
    return f"{number[:8]}-{number[8:]}" if re.fullmatch(r"\d{12}", number) else number


def _patient(patient: PrintedPatient) -> list[list[str]]:
    rows = [("Namn", patient.name), ("Personnummer", _number(patient))]
    if not patient.protected:
        rows += [("Adress", patient.address or ""), ("Telefon", patient.phone or "")]
    return [[label, _clean(text, _BESIDE)] for label, text in rows if text]


def _printed(printed: Printed) -> list[list[str]]:
    rows = [
        ("Utskriftsdatum", moment_in_words(printed.at)),
        ("Av", f"{printed.by}, {printed.unit}"),
        ("För", printed.for_whom),
        ("Ändamål", printed.why),
    ]
    return [[label, _clean(text, _BESIDE)] for label, text in rows if text]


def _section(section: Section) -> dict[str, Any]:
    return {
        "heading": _clean(section.heading),
        "fields": [[_clean(label), _clean(text) or "–"] for label, text in section.fields],
        "paragraphs": [clean for text in section.paragraphs if (clean := _clean(text))],
        "table": None if section.table is None else _table(section.table),
    }


def _table(table: Table) -> dict[str, Any]:
    """Each column has room for its longest word, and of what is left a part by how long its texts are."""
    columns = list(zip(table.head, *table.rows, strict=True))
    words = [max(min(max(map(_longest_word, column)), _LONGEST) + _EDGES, _NARROWEST) for column in columns]
    beyond = [
        max(min(max(map(len, column)), 2 * _LONGEST) - word, 0) for column, word in zip(columns, words, strict=True)
    ]
    left = max(_TABLE - sum(words), 0)
    widths = [word + left * more / max(sum(beyond), 1) for word, more in zip(words, beyond, strict=True)]
    room = [int(width * min(_TABLE / sum(widths), 1)) - _EDGES for width in widths]
    rows = [
        [_clean(cell, wide) or "–" for cell, wide in zip(row, room, strict=True)] for row in (table.head, *table.rows)
    ]
    return {"widths": widths, "head": rows[0], "rows": rows[1:]}


def _longest_word(text: str) -> int:
    """The width of the widest word, in signs; a day is read as one word (the layout keeps it together)."""
    words = _DAY.sub(lambda day: day[0].replace(" ", "-"), text).split()
    return max((min(_width(word), _DIVIDED) if _PROSE.fullmatch(word) else _width(word) for word in words), default=0)


def _width(word: str) -> int:
    return len(word) if re.search("[a-z]", word) else math.ceil(len(word) * _OF_CAPITALS)


def _clean(text: str, room: int = _LINE) -> str:
    """The text without signs that cannot be printed. What is no word of a language and longer than ``room`` has places to break:
    an HSA-id after its hyphen alone.
    """
    clean = _UNSEEN.sub(
        "", _OWN_USE.sub(_BOX, text).replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    ).strip()
    return re.sub(r"\S+", lambda word: _with_breaks(word[0], room) if _width(word[0]) > room else word[0], clean)


def _with_breaks(word: str, room: int) -> str:
    if _PROSE.fullmatch(word) and len(word) <= _LINE:
        return word
    parts = (_AFTER_THE_HYPHEN if _HSA.search(word) else _AFTER_A_SIGN).split(word)
    return _BREAK.join(part[at : at + room] for part in parts for at in range(0, len(part), room))
