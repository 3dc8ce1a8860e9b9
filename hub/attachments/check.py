"""Checks whether a file may be sent along with a message (C-42). Imports the readers of each kind and the errors only.

Pure: bytes in, a fault or None out; it writes nothing. A hostile file can make it take long and much memory, so the hub calls
it in another process with limits (``hub.attachments.scanner``), never in its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from hub.attachments.kinds import EXTENSIONS, Unfit, kind_of, picture_texts, text_of
from hub.attachments.person_names import PersonName, holds_name, names
from hub.attachments.person_numbers import holds_number
from hub.errors import Refused

_MOST_TEXT = 10_000_000
"""Characters of text in one file at the most."""

_TAKEN_SV = "PDF, PNG, JPEG, TIFF, DOCX, XLSX, PPTX, ODT, ODS eller ren text (.txt)"
_TAKEN_EN = "PDF, PNG, JPEG, TIFF, DOCX, XLSX, PPTX, ODT, ODS or plain text (.txt)"
_OTHER_SV = "Är det ett annat nummer, skriv det med mellanslag i grupper eller med kolon i klockslag."
_OTHER_EN = "If it is some other number, write it in groups with spaces, or a time of day with a colon."
_NUMBER_SV = (
    "Filens text eller egenskaper (titel, författare, kommentarer, dolda delar) innehåller ett personnummer. "
    f"Ta bort det och sänd meddelandet på nytt. {_OTHER_SV}"
)
_NUMBER_EN = (
    "The file's text or properties (title, author, comments, hidden parts) hold a personal identity number. "
    f"Remove it and send the message again. {_OTHER_EN}"
)
_PERSON_SV = (
    "Filens text eller egenskaper (titel, författare, kommentarer, dolda delar) innehåller patientens eller en "
    "närståendes namn. Ta bort det och sänd meddelandet på nytt."
)
_PERSON_EN = (
    "The file's text or properties (title, author, comments, hidden parts) hold the name of the patient or of a "
    "relative. Remove it and send the message again."
)

_SAID = {
    "name-number": (
        f"Filens namn innehåller ett personnummer. Döp om filen och sänd meddelandet på nytt. {_OTHER_SV}",
        f"The file's name holds a personal identity number. Rename the file and send the message again. {_OTHER_EN}",
    ),
    "name-person": (
        "Filens namn innehåller patientens eller en närståendes namn. Döp om filen och sänd meddelandet på nytt.",
        "The file's name holds the name of the patient or of a relative. Rename the file and send the message again.",
    ),
    "name": (
        "Filens namn innehåller osynliga tecken. Döp om filen och sänd meddelandet på nytt.",
        "The file's name holds invisible signs. Rename the file and send the message again.",
    ),
    "extension": (
        "Filens namn slutar inte som dess innehåll ({0}). Ge den rätt filändelse och sänd meddelandet på nytt.",
        "The file's name does not end as its content ({0}) does. Give it the right ending and send the message again.",
    ),
    "number": (
        _NUMBER_SV,
        _NUMBER_EN,
    ),
    "person": (_PERSON_SV, _PERSON_EN),
    "kind": (
        f"Filer av den här typen ({{0}}) tas inte emot. Sänd den som {_TAKEN_SV}.",
        f"Files of this kind ({{0}}) are not accepted. Send it as {_TAKEN_EN}.",
    ),
    "encrypted": (
        "Filen är krypterad eller lösenordsskyddad, så dess text kan inte kontrolleras. Sänd den utan skydd.",
        "The file is encrypted or protected by a password, so its text cannot be checked. Send it without protection.",
    ),
    "macros": (
        "Filen innehåller makron. Spara den utan makron, eller som PDF, och sänd meddelandet på nytt.",
        "The file holds macros. Save it without macros, or as PDF, and send the message again.",
    ),
    "active": (
        "Filen innehåller skript, program eller inbäddade filer. Spara den utan dem och sänd meddelandet på nytt.",
        "The file holds scripts, programs or embedded files. Save it without them and send the message again.",
    ),
    "entities": (
        "Filen innehåller en dokumenttyp eller entiteter. Spara den på nytt, helst som PDF, och sänd den igen.",
        "The file holds a document type or entities. Save it anew, preferably as PDF, and send it again.",
    ),
    "two-in-one": (
        "Filen innehåller mer än sitt eget innehåll. Spara den på nytt i ett vanligt program och sänd den igen.",
        "The file holds more than its own content. Save it anew in an ordinary program and send it again.",
    ),
    "limits": (
        "Filen är för stor att kontrollera (för många sidor eller delar). Dela upp den och sänd delarna var för sig.",
        "The file is too large to check (too many pages or parts). Divide it and send the parts one by one.",
    ),
    "damaged": (
        "Filen är skadad eller ofullständig, så dess text kan inte kontrolleras. Spara den på nytt och sänd den igen.",
        "The file is damaged or incomplete, so its text cannot be checked. Save it anew and send it again.",
    ),
    "time": (
        "Filen kunde inte läsas i tid. Spara den på nytt, gärna enklare eller som PDF, och sänd den igen.",
        "The file could not be read in time. Save it anew, simpler or as PDF, and send it again.",
    ),
}

_INVISIBLE = re.compile("[\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


def check(name: str, content: bytes, people: Iterable[str] = ()) -> Unfit | None:
    """Why the file is unfit, or None; ``people`` are the names of the patient and of the listed relatives.

    Raises nothing but ``MemoryError``. The fault says that something was found, never what.
    """
    try:
        sought = names(people)
        if holds_number(name):
            return Unfit("name-number")
        if holds_name(name, sought):
            return Unfit("name-person")
        if _INVISIBLE.search(name):
            return Unfit("name")
        kind, texts = _opened(content)
        if name.rpartition(".")[2].lower() not in EXTENSIONS[kind]:
            return Unfit("extension", kind)
        return _read(texts, sought)
    except Unfit as unfit:
        return unfit
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - whatever a library raises: a file that cannot be read cannot be checked
        return Unfit("damaged")


def load() -> None:
    """Imports the readers, so that no file has to wait for that."""
    from hub.attachments import office, pdf  # noqa: F401


def _opened(content: bytes) -> tuple[str, Iterator[str]]:
    """The file's kind, and its texts, which are read as they are asked for."""
    kind = kind_of(content)
    if kind == "PDF":
        from hub.attachments.pdf import pdf_texts

        return kind, pdf_texts(content)
    if kind == "ZIP":
        from hub.attachments.office import Package

        package = Package(content)
        return package.kind, package.texts()
    if kind == "TXT":
        return kind, iter((text_of(content) or "",))
    return kind, picture_texts(kind, content)


def _read(texts: Iterable[str], sought: tuple[PersonName, ...]) -> Unfit | None:
    total = 0
    for text in texts:
        total += len(text)
        if total > _MOST_TEXT:
            return Unfit("limits")
        if holds_number(text):
            return Unfit("number")
        if holds_name(text, sought):
            return Unfit("person")
    return None


def refusal(unfit: Unfit) -> Refused:
    """The refusal: what is wrong and what to do, and nothing of the file's content (C-42, D-10)."""
    sv, en = _SAID[unfit.code]
    element = (
        "/data/attachment/name"
        if unfit.code in {"name-number", "name-person", "name", "extension"}
        else "/data/attachment/content"
    )
    return Refused("C-42", sv.format(unfit.detail or "okänd"), en.format(unfit.detail or "unknown"), element)
