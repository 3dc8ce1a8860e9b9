"""The small types that messages are made of: texts, codes, the patient. Imports pydantic and the identity types only.

Every text is bounded and free of control characters, so that nothing which passed the language can fail in the store.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, StringConstraints
from pydantic_core import PydanticCustomError

from schemas.identity_types import Hsa, Personnummer12

_ALLOWED_CONTROLS = frozenset("\t\n\r")


def _printable(text: str) -> str:
    """Refuses control characters (PostgreSQL cannot keep U+0000, and no screen shows the others)."""
    if text.isprintable():
        return text
    for sign in text:
        if (sign < " " and sign not in _ALLOWED_CONTROLS) or "\x7f" <= sign < "\xa0" or "\ud800" <= sign <= "\udfff":
            raise PydanticCustomError("control_character", "text holds a control character")
    return text


class Part(BaseModel):
    """A frozen part of a message; unknown fields are refused with their name (messages.md §1)."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


Line = Annotated[str, StringConstraints(min_length=1, max_length=300), AfterValidator(_printable)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=20_000), AfterValidator(_printable)]
Code = Annotated[str, StringConstraints(min_length=1, max_length=60, pattern=r"^[a-z0-9][a-z0-9_.-]*$")]
MessageId = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9][A-Za-z0-9\-._:]*$")]
"""The sender's own id: a FHIR id, a UUID or the like; never anything about the person (D-10)."""

Moment = AwareDatetime
"""A time with its zone; one without is refused, since nobody can know which was meant."""

Day = date
"""A calendar day in Europe/Stockholm."""


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

    given: bool
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
    npo: bool | None = None


Change = Literal["tillagd", "borttagen", "uttrade"]

__all__ = [
    "Change",
    "Code",
    "Day",
    "Information",
    "Line",
    "MessageId",
    "Moment",
    "Outcome",
    "Part",
    "Patient",
    "Samtycke",
    "Text",
    "datetime",
]
