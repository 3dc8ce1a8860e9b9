"""Every message by name (messages.md §3–5): its body as a frozen model. Imports the parts only.

``MESSAGES`` is the one list from which the readers, the JSON Schemas in ``contracts/`` and the rules' tables take
names.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from schemas.identity_types import Hsa, Kommunkod, Lanskod
from schemas.parts import Change, Code, Day, Information, Line, MessageId, Moment, Part, Patient, Samtycke, Text


class Inskrivning(Part):
    """``svu.inskrivning``: the admission notice (V-4, law 2017:612 2:1-2:3).

    May embed information and samtycke, so that an EHR pushes one message. A draft may lack any field (C-56).
    """

    patient: Patient | None = None
    admitted_at: Moment | None = None
    estimated_discharge: Day | None = None
    reason: Text | None = None
    information: Information | None = None
    samtycke: Samtycke | None = None
    draft: bool = False


class Kvittens(Part):
    """``kvittens``: one unit acknowledges a message that awaits it; ``message`` is the id that the notice bore (C-2)."""

    message: MessageId
    comment: Text | None = None


class Deltagare(Part):
    """``deltagare``: a unit is added, removed or leaves (C-10 to C-14)."""

    unit: Hsa
    change: Change
    kvittera: bool = True


AddressingOutcome = Literal[
    "listed",
    "listed_in_another_region",
    "only_in_queue",
    "unlisted",
    "region_unknown",
    "protected",
    "not_found",
    "deceased",
    "reserve_number",
    "lookup_unavailable",
]
"""law-and-lookups §4; every one but the first two puts the case in the manual queue."""


class Adressering(Part):
    """``adressering``, from the hub itself: who was found for the person, or which outcome of law-and-lookups §4."""

    outcome: AddressingOutcome
    health_centre: Hsa | None = None
    municipality: Kommunkod | None = None
    municipality_unit: Hsa | None = None
    county: Lanskod | None = None
    name: Line | None = None
    address: Line | None = None
    why: tuple[Line, ...] = ()
    """One short sentence per question asked, for the live view and the timeline; nothing personal."""


VerificationOutcome = Literal["verified", "unknown", "no_befattning", "role_not_given"]


class Verifiering(Part):
    """``verifiering``, from the hub itself: what HSA said of the person who acted for ``unit`` in ``role`` (C-3)."""

    unit: Hsa
    actor: Hsa
    role: Code
    outcome: VerificationOutcome


class BilingualText(Part):
    """One sentence that says what to do, in both languages; nothing personal (D-10)."""

    sv: str
    en: str


ReceiptCode = Literal["ok", "transient-error", "fatal-error"]


class Receipt(Part):
    """``receipt``: the technical answer to one message, to its sender alone (messages.md §2)."""

    message: str
    code: ReceiptCode
    case: str | None = None
    sequence: int | None = None
    rule: str | None = None
    text: BilingualText | None = None
    element: str | None = None
    warnings: tuple[str, ...] = ()
    repeat: bool = False

    @model_validator(mode="after")
    def _explains_itself(self) -> Receipt:
        if self.code != "ok" and (self.rule is None or self.text is None):
            raise PydanticCustomError("unexplained", "a receipt that is not ok names its rule and says what to do")
        return self


def _map(values: dict[str, Any]) -> dict[str, Any]:
    """The JSON Schema of an object with values of one kind."""
    return {"type": "object", "additionalProperties": values}


_TEXT = {"type": "string"}


class Told(Part):
    """The extensions of a notice (messages.md §2): what the hub adds to the message that it passes on."""

    case: str
    sequence: int = Field(ge=1)
    to: tuple[str, ...]
    # Only the hub itself makes these three, thousands a second: they are neither checked again nor copied.
    awaits: Annotated[Any, WithJsonSchema(_map(_TEXT))] = Field(default_factory=dict)
    """unit → what it is to answer with: kvittens · svar · justering · godkannande."""
    state: Annotated[Any, WithJsonSchema(_map(_map(_map(_TEXT))))] = Field(default_factory=dict)
    """step → unit → role → colour (C-30)."""
    may: Annotated[Any, WithJsonSchema(_map({"type": "array", "items": _TEXT}))] = Field(default_factory=dict)
    """unit → the names of what it may do now."""
    skipped: tuple[int, ...] = ()
    replay: bool = False


class Question(Part):
    """What the registers are to be asked, as a row of the outbox holds it: ``adressering`` of a person, or
    ``verifiering`` of one who acted for a unit in a role.
    """

    question: Literal["adressering", "verifiering"]
    person: str | None = None
    county: str | None = None
    """The länskod of the region in which the case was opened."""
    actor: str | None = None
    role: str | None = None
    unit: str | None = None


MESSAGES: dict[str, type[Part]] = {
    "information": Information,
    "samtycke": Samtycke,
    "kvittens": Kvittens,
    "deltagare": Deltagare,
    "adressering": Adressering,
    "verifiering": Verifiering,
    "svu.inskrivning": Inskrivning,
}
"""name → body."""

FROM_THE_HUB = frozenset({"adressering", "verifiering"})
"""Names that only the hub itself may use; a message of such a name from outside is refused."""

HUB_SOURCE = "urn:samverkan:hub"
RECEIPT_TYPE = "se.samverkan.receipt.v1"


def type_of(name: str) -> str:
    """The CloudEvents ``type`` of a message by its name: ``se.samverkan.<name>.v1``."""
    return f"se.samverkan.{name}.v1"


NAME_OF = {type_of(name): name for name in MESSAGES}
"""CloudEvents ``type`` → name."""
