"""Turns a validation error into a refusal: the JSON pointer, what is wrong there and what to write instead, in both languages.
Imports the language and the errors only.

No sentence repeats a value or a key of the message: both may be personal (D-10).
"""

from __future__ import annotations

import re
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from hub.errors import Refused

_UNREADABLE = 400
Sentence = tuple[str, str]
"""Swedish and English, without the full stop."""

_CODE = r"^[a-z0-9][a-z0-9_.-]*$"
_ID = r"^[A-Za-z0-9][A-Za-z0-9\-._:]*$"

PATTERNS: Final[Mapping[str, Sentence]] = {
    _CODE: (
        "Ange en kod av dessa tecken: a–z, 0–9, understreck, punkt och bindestreck, först en bokstav eller siffra",
        "Give a code of these characters: a–z, 0–9, underscore, full stop and hyphen, a letter or digit first",
    ),
    _ID: (
        "Ange ett id av dessa tecken: A–Z, a–z, 0–9, bindestreck, punkt, understreck och kolon, först en bokstav eller siffra",
        "Give an id of these characters: A–Z, a–z, 0–9, hyphen, full stop, underscore and colon, a letter or digit first",
    ),
    r"^(ref:[A-Za-z0-9][A-Za-z0-9\-._:]*|[A-Za-z0-9][A-Za-z0-9\-._]*)$": (
        "Ange ärendets id från hubben, eller ref: och direkt därefter en egen referens av dessa tecken: A–Z, a–z, 0–9, - . _ :",
        "Give the case's id from the hub, or ref: and right after it a reference of your own of these characters: A–Z, a–z, 0–9, - . _ :",
    ),
    r"^urn:hsa:[A-Za-z0-9]+-[A-Za-z0-9]{1,18}$": (
        "Ange den sändande enheten som urn:hsa: och dess HSA-id",
        "Give the sending unit as urn:hsa: and its HSA-id",
    ),
    r"^[^/\\\x00-\x1f]+$": (
        "Ange filens namn utan mapp: inget snedstreck och inga styrtecken",
        "Give the file's name without a folder: no slash, no backslash and no control characters",
    ),
    # Of SIP:
    r"^[A-Za-z0-9][A-Za-z0-9.-]*$": (
        "Ange ett id av dessa tecken: A–Z, a–z, 0–9, punkt och bindestreck, först en bokstav eller siffra",
        "Give an id of these characters: A–Z, a–z, 0–9, full stop and hyphen, a letter or digit first",
    ),
    r"^(plan|[a-z]{1,15}/[A-Za-z0-9][A-Za-z0-9.-]{0,63})$": (
        "Ange plan, eller delens slag och id med snedstreck emellan, som delmal/5f3a",
        "Give plan, or the element's kind and id with a slash between, as delmal/5f3a",
    ),
    r"^[a-z]{1,15}(/[A-Za-z0-9][A-Za-z0-9.-]{0,63})?$": (
        "Ange ett dokument, som plan, eller en antecknings adress, som anteckning/5f3a",
        "Give a document, as plan, or the address of a note, as anteckning/5f3a",
    ),
    r"^([01][0-9]|2[0-3]):[0-5][0-9]$": ("Ange klockslaget som 10:00", "Give the time of the day as 10:00"),
    r"^[A-Za-z0-9][A-Za-z0-9._-]*$": ("Ange ärendets id från hubben", "Give the case's id from the hub"),
    # Of the directory:
    r"^[a-z0-9][a-z0-9-]*$": (
        "Ange ett id av dessa tecken: a–z, 0–9 och bindestreck, först en bokstav eller siffra",
        "Give an id of these characters: a–z, 0–9 and hyphen, a letter or digit first",
    ),
    r"^[A-Z]{2,6}(16)?[0-9]{10}$": (
        "Ange det som står före bindestrecket i ett HSA-id: landskod och tio siffror",
        "Give what stands before the hyphen of an HSA-id: letters of the country and ten digits",
    ),
    r"^https?://": (
        "Ange en adress som börjar med https://",
        "Give an address that begins with https://",
    ),
    r"^[a-z0-9.-]{1,253}$": (
        "Ange en servers namn med små bokstäver, utan https:// och port",
        "Give the name of a server in small letters, without https:// and port",
    ),
    r"^[0-9a-f]{64}$": (
        "Ange nyckelns SHA-256 i 64 tecken 0–9 och a–f",
        "Give the token's SHA-256 in 64 characters 0–9 and a–f",
    ),
    r"^\d{6}$": ("Ange befattningskoden i sex siffror", "Give the befattning's code in six digits"),
}
"""Every pattern of the language and of the directory → its description in words."""


def _codes(context: Mapping[str, Any]) -> Sentence:
    expected = str(context.get("expected"))
    found = re.findall(r"'([^']*)'", expected) or [expected]  # numbers and true have no quotes there
    if len(found) == 1:
        return f"Ange {found[0]}", f"Give {found[0]}"
    listed = ", ".join(found[:-1])
    return f"Ange en av koderna {listed} eller {found[-1]}", f"Give one of the codes {listed} or {found[-1]}"


def _tag(context: Mapping[str, Any]) -> str:
    """The name of the field that selects one of several models."""
    return str(context["discriminator"]).strip("'")


def _fixed(sv: str, en: str) -> Callable[[Mapping[str, Any]], Sentence]:
    return lambda _: (sv, en)


SENTENCES: Final[Mapping[str, Callable[[Mapping[str, Any]], Sentence]]] = {
    "string_type": _fixed("Ange en text inom citattecken", "Give a text in quotes"),
    "string_too_short": _fixed(
        "Fältet är tomt. Ange ett värde, eller utelämna det", "It is empty. Give a value, or leave it out"
    ),
    "string_too_long": lambda c: (
        f"Texten är för lång: högst {c['max_length']} tecken",
        f"The text is too long: {c['max_length']} characters at most",
    ),
    "string_pattern_mismatch": lambda c: PATTERNS[c["pattern"]],
    "bool_type": _fixed("Ange true eller false, utan citattecken", "Give true or false, without quotes"),
    "int_type": _fixed("Ange ett heltal, utan citattecken", "Give a whole number, without quotes"),
    "int_parsing": _fixed("Ange ett heltal", "Give a whole number"),
    "float_type": _fixed("Ange ett tal, utan citattecken", "Give a number, without quotes"),
    "finite_number": _fixed("Ange ett ändligt tal", "Give a finite number"),
    "greater_than": lambda c: (f"Ange mer än {c['gt']:g}", f"Give more than {c['gt']:g}"),
    "greater_than_equal": lambda c: (f"Ange minst {c['ge']}", f"Give {c['ge']} at least"),
    "less_than_equal": lambda c: (f"Ange högst {c['le']}", f"Give {c['le']} at most"),
    "literal_error": _codes,
    "union_tag_not_found": lambda c: (f"Ange fältet {_tag(c)}", f"Give the field {_tag(c)}"),
    "union_tag_invalid": lambda c: (
        f"Ange i fältet {_tag(c)} en av koderna {c['expected_tags']}",
        f"Give in the field {_tag(c)} one of the codes {c['expected_tags']}",
    ),
    "model_type": _fixed("Ange ett objekt: { … }", "Give an object: { … }"),
    "dict_type": _fixed("Ange ett objekt: { … }", "Give an object: { … }"),
    "tuple_type": _fixed("Ange en lista: [ … ]", "Give a list: [ … ]"),
    "too_short": lambda c: (f"Ange minst {c['min_length']} i listan", f"Give {c['min_length']} at least in the list"),
    "too_long": lambda c: (f"Ange högst {c['max_length']} i listan", f"Give {c['max_length']} at most in the list"),
}
"""Pydantic's types of error that the models can raise → the sentence; the models' own errors bring theirs as ``sv`` and ``en``."""

_ELSE: Sentence = (
    "Värdet är inte av det slag som fältet har i contracts/schemas",
    "The value is not of the kind that the field has in contracts/schemas",
)


def sentence(kind: str, context: Mapping[str, Any]) -> Sentence:
    """What is wrong and what to do, for the type and the context of one error."""
    if "sv" in context and "en" in context:
        return str(context["sv"]).rstrip("."), str(context["en"]).rstrip(".")
    found = SENTENCES.get(kind)
    return _ELSE if found is None else found(context)


@dataclass(frozen=True, slots=True)
class Place:
    """The place of an error: its pointer, without names that the sender chose, and the model that contains it."""

    pointer: str
    around: type[BaseModel]
    number: int | None
    """The position of the member, from 1, where the sender chose its name."""


def place(model: type[BaseModel], path: Sequence[int | str], prefix: str = "", content: Any = None) -> Place:
    """The place of an error's ``loc`` in a model. A name that is not a field of the model becomes ``?``, with its position in the
    ``content`` that was read.
    """
    pointer, around, number = prefix, model, None
    inside: Any = model
    for part in path:
        if part == "[key]":  # pydantic means the name itself
            continue
        if isinstance(part, int) and content is not None and not isinstance(content, list):  # one alone (``Consents``)
            inside = _element(inside)
            continue
        if isinstance(inside, type) and issubclass(inside, BaseModel):
            around = inside
        if isinstance(part, int):
            inside, known = _element(inside), True
        elif isinstance(inside, type) and issubclass(inside, BaseModel):
            field = inside.model_fields.get(part)
            known = field is not None
            inside = None if field is None else _bare(field.annotation)
        else:
            inside, known = _element(inside), False
        if not known and isinstance(content, dict) and part in content:
            number = list(content).index(part) + 1
        content = _within(content, part)
        pointer += f"/{part}" if known else "/?"
    return Place(pointer, around, number)


def _within(content: Any, part: int | str) -> Any:
    if isinstance(content, dict):
        return content.get(part)
    return content[part] if isinstance(content, list) and isinstance(part, int) and part < len(content) else None


def _bare(annotation: Any) -> Any:
    """A field's type without ``None`` and annotations."""
    while True:
        origin = get_origin(annotation)
        if origin is Annotated:
            annotation = get_args(annotation)[0]
        elif origin in (Union, types.UnionType):
            annotation = next(part for part in get_args(annotation) if part is not type(None))
        else:
            return annotation


def _element(annotation: Any) -> Any:
    """The type of the elements of a list, or of the values of a dict."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is tuple:
        return _bare(inner[0])
    return _bare(inner[1]) if origin is dict else None


def refusal(model: type[BaseModel], error: ValidationError, prefix: str = "", content: Any = None) -> Refused:
    """The refusal for a validation error: it names all missing fields, or else the first error.

    ``content``: the JSON that was read; the position of an unknown name is taken from it.
    """
    found = error.errors(include_url=False, include_context=True, include_input=False)
    if found[0]["type"] == "missing":
        missing = [one["loc"] for one in found if one["type"] == "missing"]
        return _missing([place(model, loc, prefix, content).pointer for loc in missing])
    return _one(model, found[0], prefix, content)


def every(model: type[BaseModel], error: ValidationError, prefix: str = "", content: Any = None) -> list[Refused]:
    """As ``refusal``, one for each of the errors, for who writes a message and wants to know them all at once."""
    found = error.errors(include_url=False, include_context=True, include_input=False)
    return [_one(model, fault, prefix, content) for fault in found]


def _one(model: type[BaseModel], fault: ErrorDetails, prefix: str, content: Any) -> Refused:
    where = place(model, fault["loc"], prefix, content)
    if fault["type"] == "missing":
        return _missing([where.pointer])
    if fault["type"] == "extra_forbidden":
        return _unknown(where)
    sv, en = sentence(fault["type"], fault.get("ctx") or {})
    element = where.pointer or "/"
    rule = "C-60" if element.endswith("/personnummer") else "invalid-value"
    at_sv, at_en = ("", "") if where.number is None else (f" (nr {where.number})", f" (number {where.number})")
    return Refused(rule, f"{element}{at_sv}: {sv}.", f"{element}{at_en}: {en}.", element, _UNREADABLE)


def _missing(pointers: Sequence[str]) -> Refused:
    listed = ", ".join(pointers)
    if len(pointers) == 1:
        sv, en = f"Fältet {listed} saknas.", f"The field {listed} is missing."
    else:
        sv, en = f"Fälten {listed} saknas.", f"The fields {listed} are missing."
    return Refused("missing-field", sv, en, pointers[0], _UNREADABLE)


def _unknown(where: Place) -> Refused:
    around = where.pointer.rpartition("/")[0] or "/"
    names = ", ".join(where.around.model_fields)
    has_sv = f"Fälten som finns där är {names}." if names else "Där finns inga fält."
    has_en = f"The fields there are {names}." if names else "There are no fields there."
    at_sv, at_en = (
        ("Ett fält", "A field") if where.number is None else (f"Fält {where.number}", f"Field {where.number}")
    )
    return Refused(
        "unknown-field",
        f"{at_sv} i {around} är okänt: ta bort det eller rätta namnet. {has_sv}",
        f"{at_en} of {around} is unknown: remove it or correct its name. {has_en}",
        where.pointer,
        _UNREADABLE,
    )
