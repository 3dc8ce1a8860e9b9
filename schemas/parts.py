"""The parts of messages: texts, codes, the patient, the consent. Imports pydantic and the identity types only.

Every text has a maximum length and no control characters, so that the store accepts every message that passed these types.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, NoReturn

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, Strict, StringConstraints
from pydantic_core import PydanticCustomError

from schemas.identity_types import Hsa, Personnummer12
from schemas.moments import Day, Moment

_ALLOWED_CONTROLS = frozenset("\t\n\r")


def _printable(text: str) -> str:
    """Refuse control characters: PostgreSQL cannot store U+0000, and no screen shows the others."""
    if text.isprintable():
        return text
    for sign in text:
        if (sign < " " and sign not in _ALLOWED_CONTROLS) or "\x7f" <= sign < "\xa0" or "\ud800" <= sign <= "\udfff":
            raise PydanticCustomError("control_character", "{en}", _CONTROL_CHARACTER)
    return text


_CONTROL_CHARACTER = {
    "sv": "Texten innehåller ett styrtecken. Ta bort det; bara radbrytning och tabb får finnas",
    "en": "The text holds a control character. Remove it; only line breaks and tabs may be there",
}
_NOTHING_TO_READ = {
    "sv": "Texten är tom. Skriv något som går att läsa, eller utelämna fältet där det inte krävs",
    "en": "The text is empty. Write something that can be read, or leave the field out where it is not required",
}
_DRAWN_AS_NOTHING: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Characters that Unicode counts as letters or symbols and that no screen shows: fillers of hangul and braille."""


def _readable(text: str) -> str:
    """Refuse a text of only blanks and invisible characters (V-4)."""
    for sign in text:
        if (sign.isalnum() or unicodedata.category(sign)[0] in "PS") and sign not in _DRAWN_AS_NOTHING:
            return text
    raise PydanticCustomError("nothing_to_read", "{en}", _NOTHING_TO_READ)


class Part(BaseModel):
    """A frozen part of a message; unknown fields are refused with their place (messages.md §1)."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    def json_bytes(
        self, *, exclude_none: bool = False, exclude_defaults: bool = False, context: Mapping[str, str] | None = None
    ) -> bytes:
        """The JSON in UTF-8. ``model_dump_json`` makes a text of pydantic's bytes, of which every caller would make bytes again:
        that is half of its cost.
        """
        return self.__pydantic_serializer__.to_json(
            self, exclude_none=exclude_none, exclude_defaults=exclude_defaults, context=context
        )

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> NoReturn:
            # Some code asks any body for a field that only some have. pydantic would look for private and further fields first,
            # which no part has, and takes ten times as long to say no.
            raise AttributeError(name)


_UNSEEN: Final = (
    r"\s\u00ad\u0300-\u036f\u061c\u115f\u1160\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    r"\ue000-\uf8ff\ufe00-\ufe0f\ufeff\uffa0"
)
_SEEN: Final[dict[str, Any]] = {
    "pattern": f"[^{_UNSEEN}]",
    "not": {"pattern": r"[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]"},
}
"""For the JSON Schemas, in what every dialect of regular expressions has: something that is seen, and no control character.
``_readable`` is stricter for characters that no dialect has a class of, as private use beyond the first plane.
"""

Line = Annotated[
    str,
    StringConstraints(min_length=1, max_length=300),
    AfterValidator(_printable),
    AfterValidator(_readable),
    Field(json_schema_extra=_SEEN),
]
Text = Annotated[
    str,
    StringConstraints(min_length=1, max_length=20_000),
    AfterValidator(_printable),
    AfterValidator(_readable),
    Field(json_schema_extra=_SEEN),
]
Code = Annotated[str, StringConstraints(min_length=1, max_length=60, pattern=r"^[a-z0-9][a-z0-9_.-]*$")]
MessageId = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9][A-Za-z0-9\-._:]*$")]
"""The sender's own id: a FHIR id, a UUID or the like; never anything about the person (D-10)."""

CaseId = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
"""The hub's id of a case."""

Flag = Annotated[bool, Strict()]
"""``true`` or ``false``; no word or number is accepted for them."""


def _whole(value: object) -> object:
    """JSON Schema counts 1.0 as a whole number, and some clients write every number so."""
    return int(value) if type(value) is float and value.is_integer() else value


Version = Annotated[int, Strict(), Field(ge=0, le=2**53), BeforeValidator(_whole)]
"""The version of a document or an element; 0 for none. A text of digits is no number."""


def _yes(value: object) -> object:
    if value is not True:
        raise PydanticCustomError("only_true", "{en}", _ONLY_TRUE)
    return value


_ONLY_TRUE = {
    "sv": "Ange true, utan citattecken, eller utelämna fältet",
    "en": "Give true, without quotes, or leave the field out",
}
Yes = Annotated[Literal[True], BeforeValidator(_yes)]
"""``true``; the field is left out for a no."""


def exactly_one_of(*names: str) -> dict[str, Any]:
    """The JSON Schema of an object in which exactly one of the fields stands and is not null."""
    return {"oneOf": [given(name) for name in names]}


def given(name: str) -> dict[str, Any]:
    """The JSON Schema of an object in which a field stands and is not null."""
    return {"required": [name], "properties": {name: {"not": {"type": "null"}}}}


class Patient(Part):
    """The person whom the case is about (C-60). ``address`` is the folkbokforingsadress."""

    personnummer: Personnummer12
    name: Line | None = None
    address: Line | None = None
    phone: Line | None = None


class Information(Part):
    """C-20: what the person was told, oral and written; ``no`` needs its reason. With ``patient`` it opens an SVU
    (V-1).
    """

    given: Flag
    reason: Text | None = None
    patient: Patient | None = None


Outcome = Literal["given", "refused", "menprovning"]


class Samtycke(Part):
    """C-21 to C-25: the person's consent, its refusal, or the menprovning in its place."""

    outcome: Outcome
    kind: Code | None = None
    scope: Text | None = None
    holds_for: tuple[Hsa, ...] | None = None
    others: Text | None = None
    valid_from: Day | None = None
    valid_to: Day | None = None
    given_by: Line | None = None
    how: Code | None = None
    comment: Text | None = None
    decided_by: Hsa | None = None
    form_kept_by: Hsa | None = None
    npo: Flag | None = None


Change = Literal["tillagd", "borttagen", "uttrade"]

__all__ = [
    "CaseId",
    "Change",
    "Code",
    "Day",
    "Flag",
    "Information",
    "Line",
    "MessageId",
    "Moment",
    "Outcome",
    "Part",
    "Patient",
    "Samtycke",
    "Text",
    "Version",
    "Yes",
    "exactly_one_of",
    "given",
]
