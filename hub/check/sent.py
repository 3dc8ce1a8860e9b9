"""The models of what the hub sends natively: notices, receipts, announcements, problems. Imports the language only.

Unknown members pass: the hub may say more in a later version, and a good receiver reads on.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from hub.catalogue.entry import ERRORS
from schemas.identity_types import Hsa
from schemas.messages import HUB_SOURCE, NAME_OF, BilingualText, ReceiptCode
from schemas.moments import Moment
from schemas.parts import Code


def _from_text(value: Any) -> Any:
    """The value of an attribute that is JSON in a text, as CloudEvents' attributes are plain values."""
    try:
        if isinstance(value, str):
            return json.loads(value)
    except (ValueError, RecursionError):
        pass
    raise _fault("Ange JSON i en text", "Give JSON in a text")


def _fault(sv: str, en: str) -> PydanticCustomError:
    return PydanticCustomError("sent", "as the contract has it", {"sv": sv, "en": en})


def _digits(value: str) -> str:
    if not value.isascii() or not value.isdigit() or value.startswith("0"):
        raise _fault(
            "Ange numret som siffror i en text, utan inledande nolla",
            "Give the number as digits in a text, no leading zero",
        )
    return value


def _source(value: str) -> str:
    if value != HUB_SOURCE and not value.startswith("urn:hsa:"):
        raise _fault(
            f"Ange {HUB_SOURCE}, eller enheten som urn:hsa: och dess HSA-id",
            f"Give {HUB_SOURCE}, or the unit as urn:hsa: and its HSA-id",
        )
    return value


def _type(value: str) -> str:
    if value not in NAME_OF:
        raise _fault(
            "Ange en av de meddelandetyper som finns i contracts/", "Give one of the message types in contracts/"
        )
    return value


def _rule(value: str) -> str:
    if not value.startswith(ERRORS):
        raise _fault(f"Ange {ERRORS} och regeln", f"Give {ERRORS} and the rule")
    return value


Texts = Annotated[list[str], BeforeValidator(_from_text)]
Map = Annotated[dict[str, str], BeforeValidator(_from_text)]
DataType = Literal["application/json", "application/fhir+json"]


class _FromTheHub(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True, hide_input_in_errors=True)


class NoticeEvent(_FromTheHub):
    """The attributes of a notice (messages.md §2)."""

    specversion: Literal["1.0"]
    id: str
    source: Annotated[str, AfterValidator(_source)]
    type: Annotated[str, AfterValidator(_type)]
    subject: str
    time: Moment
    case: str
    sequence: Annotated[str, AfterValidator(_digits)]
    to: Texts
    awaits: Map
    state: Annotated[dict[str, dict[str, dict[str, str]]], BeforeValidator(_from_text)]
    may: Annotated[dict[str, list[str]], BeforeValidator(_from_text)]
    skipped: Annotated[list[int], BeforeValidator(_from_text)]
    names: Map | None = None
    prints: Texts | None = None
    remind: Texts | None = None
    replay: Literal["true"] | None = None
    actor: Hsa | None = None
    actorrole: Code | None = None
    datacontenttype: DataType | None = None


class _OwnEvent(_FromTheHub):
    specversion: Literal["1.0"]
    id: str
    source: Literal["urn:samverkan:hub"]
    time: Moment
    subject: str | None = None
    datacontenttype: DataType | None = None


class ReceiptEvent(_OwnEvent):
    """The attributes of a receipt that comes by the system's way out."""

    type: Literal["se.samverkan.receipt.v1"]


class AnnouncementEvent(_OwnEvent):
    """The attributes of an announcement (C-34)."""

    type: Literal["se.samverkan.announcement.v1"]


class ReceiptBody(_FromTheHub):
    """A receipt; one that is not ok says which rule, and what to do."""

    message: str
    code: ReceiptCode
    case: str | None = None
    sequence: int | None = Field(default=None, ge=1)
    rule: str | None = None
    text: BilingualText | None = None
    element: str | None = None
    warnings: list[str] = []
    repeat: bool = False


class Explained(ReceiptBody):
    """A receipt that is not ok."""

    rule: str
    text: BilingualText


class Problem(_FromTheHub):
    """A refusal over HTTP (RFC 9457), which is the receipt too where a message was refused."""

    type: Annotated[str, AfterValidator(_rule)]
    title: str
    status: int = Field(ge=400, le=599)
    detail: str
    rule: str
    text: BilingualText
    element: str | None = None
    message: str | None = None
    code: ReceiptCode | None = None


class AnnouncementBody(_FromTheHub):
    """What operations tells (C-34)."""

    text: BilingualText
