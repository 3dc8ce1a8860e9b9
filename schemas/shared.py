"""The bodies of the messages that several processes share (messages.md §3). Imports the parts and the identity types only."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from schemas.identity_types import Hsa
from schemas.parts import Change, Code, Day, Flag, Line, MessageId, Part, Text, Version, Yes, exactly_one_of
from schemas.sip_parts import Eid


class Aterkallelse(Part):
    """``aterkallelse``: the consent is withdrawn (C-24)."""

    reason: Text | None = None
    kind: Code | None = None


class Atkomst(Part):
    """``atkomst``: a unit that takes no part reads the case, on a stated ground; logged (C-5, C-7).

    By consent or menprovning it is the acting person's in the acting role, for a time or until a message with ``ends``.
    """

    ground: Literal["samtycke", "menprovning", "aktivt_val"]
    ends: Flag = False
    """True: the access on this ground ends."""
    comment: Text | None = None


class Kvittens(Part):
    """``kvittens``: one unit acknowledges a message that awaits it; ``message`` is the id that the notice bore (C-2)."""

    message: MessageId
    comment: Text | None = None


class Deltagare(Part):
    """``deltagare``: a unit is added, removed or leaves (C-10 to C-14)."""

    unit: Hsa
    change: Change
    kvittera: Flag = True


class Roll(Part):
    """``roll``: a role comes to, or leaves, a participating unit of the sender's own organisation (C-12)."""

    unit: Hsa
    role: Code
    change: Literal["tillagd", "borttagen"]


class Outsider(Part):
    """A person or a body without an account (C-15). ``person_objects``: the person does not want them to take part."""

    name: Line
    relation: Line
    phone: Line | None = None
    person_objects: Flag = False


class Narstaende(Part):
    """``narstaende``: people and bodies outside the system, the whole list as it stands now (C-15)."""

    people: tuple[Outsider, ...] = Field(max_length=50)


class Kontakt(Part):
    """``kontakt``: a contact person of the case (SA-5)."""

    person: Hsa
    unit: Hsa | None = None
    role: Code | None = None
    phone: Line | None = None
    email: Line | None = None
    change: Literal["tillagd", "andrad", "borttagen"] = "tillagd"


class Felsant(Part):
    """``felsant``: a receiving unit says that a message was not for it (C-33)."""

    message: MessageId
    reason: Text | None = None


FILE_MAX_BYTES = 600_000
"""The largest file, in bytes: its message then stays below the default limit of a broker (C-42)."""


def _base64(text: str) -> str:
    try:
        size = len(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        raise PydanticCustomError("not_base64", "{en}", _NOT_BASE64) from None
    if not 0 < size <= FILE_MAX_BYTES:
        raise PydanticCustomError("file_size", "{en}", _FILE_SIZE)
    return text


_BASE64 = "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"
_NOT_BASE64 = {
    "sv": "Ange filens innehåll som base64 utan radbrytningar",
    "en": "Give the file's content as base64 without line breaks",
}
_FILE_SIZE = {
    "sv": f"En fil har minst 1 och högst {FILE_MAX_BYTES} byte",
    "en": f"A file has at least 1 and at most {FILE_MAX_BYTES} bytes",
}


class Attachment(Part):
    """One file (C-42): its type is told from its content, and no person's number may stand in its name or its text."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=120, pattern=r"^[^/\\\x00-\x1f]+$")]
    content: Annotated[
        str,
        StringConstraints(max_length=4 * (FILE_MAX_BYTES // 3 + 1)),
        AfterValidator(_base64),
        Field(json_schema_extra={"contentEncoding": "base64", "minLength": 4, "pattern": _BASE64}),
    ]
    """The bytes, in base64."""


class Meddelande(Part):
    """``meddelande``: a free message to the participating units (C-40).

    ``receivers``: all when left out; ``kvittera``: who shall acknowledge, all receivers but one's own when left out,
    nobody when empty.
    """

    text: Text
    receivers: tuple[Hsa, ...] | None = Field(default=None, max_length=500)
    kvittera: tuple[Hsa, ...] | None = Field(default=None, max_length=500)
    attachment: Attachment | None = None


class Makulering(Part):
    """``makulering``: a message of one's own (C-41), or the whole case (V-5), is revoked."""

    model_config = ConfigDict(json_schema_extra=exactly_one_of("message", "case"))

    message: MessageId | None = None
    case: Yes | None = None
    reason: Text | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> Makulering:
        if (self.message is None) == (self.case is None):
            raise PydanticCustomError("one_of", "{en}", _MESSAGE_OR_CASE)
        return self


_MESSAGE_OR_CASE = {
    "sv": "Ange antingen ett meddelande (message) eller hela ärendet (case), inte båda",
    "en": "Name either a message (message) or the whole case (case), not both",
}


class Avliden(Part):
    """``avliden``: a participant says that the person has died (C-63)."""

    date: Day | None = None


class Uppslag(Part):
    """``uppslag``: folkbokforing is asked afresh about the person."""


class Utskrift(Part):
    """``utskrift``: a document was printed, or shown at 1177, for whom and why: a trace only (C-55)."""

    document: Literal[
        "inskrivning",
        "kartlaggning",
        "stallningstagande",
        "utskrivning",
        "meddelande",
        "samtycke",
        "kallelse",
        "plan",
        "uppfoljning",
        "utvardering",
        "arende",
    ]
    meeting: Eid | None = None
    """Of a kallelse."""
    version: Version | None = None
    """Of a plan; left out: the one that stands."""
    ended: Flag | None = None
    """LC: with the parts of the plan that have ended."""
    for_whom: Line | None = None
    why: Line | None = None
    served: Literal["print", "1177"] = "print"
