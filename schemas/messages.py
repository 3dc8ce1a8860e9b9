"""Every message by name (messages.md §2–5), the receipt, and the extensions of a notice. Imports the bodies only.

``MESSAGES`` is the only list of names: the readers, the JSON Schemas in ``contracts/`` and the rules use it.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from schemas import hub_messages, shared, sip, svu
from schemas.parts import Information, Part, Samtycke


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


class Announcement(Part):
    """``announcement``: what operations tells every connected system, tied to no case (C-34); nothing is answered."""

    text: BilingualText
    test: bool = False
    """A system has asked for it, to try its way out; nobody need read it."""


def _map(values: dict[str, Any]) -> dict[str, Any]:
    """The JSON Schema of an object whose values all have one schema."""
    return {"type": "object", "additionalProperties": values}


_TEXT = {"type": "string"}


class NoticeExtensions(Part):
    """The extensions of a notice (messages.md §2): what the hub adds to the message that it passes on."""

    model_config = ConfigDict(title="Told")  # the title in contracts/, which vendors may have made a class of

    case: str
    sequence: int = Field(ge=1)
    to: tuple[str, ...]
    # Only the hub itself makes these four, thousands a second, so they are neither checked nor copied.
    awaits: Annotated[Any, WithJsonSchema(_map(_TEXT))] = Field(default_factory=dict)
    """unit → the act that is awaited of it: kvittens · svar · justering · godkannande."""
    state: Annotated[Any, WithJsonSchema(_map(_map(_map(_TEXT))))] = Field(default_factory=dict)
    """step → unit → role → colour (C-30)."""
    may: Annotated[Any, WithJsonSchema(_map({"type": "array", "items": _TEXT}))] = Field(default_factory=dict)
    """unit → the names of the messages that it may send now."""
    names: Annotated[Any, WithJsonSchema(_map(_TEXT))] = Field(default_factory=dict)
    """HSA-id → name of the staff in the message, as far as HSA has given it (C-60)."""
    prints: tuple[str, ...] = ()
    """What the unit owes on paper, ``<document>[/<meeting or version>]/<personen or utomstaende-n>`` (sip-messages.md §8)."""
    remind: tuple[str, ...] = ()
    """Codes of which the units are reminded: ``kva:AU124`` (P-19)."""
    skipped: tuple[int, ...] = ()
    replay: bool = False


def as_json(content: Part) -> bytes:
    """The JSON that the outbox keeps of what the hub made itself. A receipt is kept as it is sent, without what is as usual."""
    return content.json_bytes(exclude_none=True, exclude_defaults=isinstance(content, Receipt))


class Question(Part):
    """A look-up in the outbox: ``adressering`` or ``folkbokforing`` of a person, or ``verifiering`` of staff who acted for a unit
    in a role or were named by it.
    """

    question: Literal["adressering", "verifiering", "folkbokforing"]
    person: str | None = None
    county: str | None = None
    """Länskod of the region in which the case was opened."""
    actor: str | None = None
    role: str | None = None
    unit: str | None = None
    concerns: Literal["actor", "responsible_physician", "decided_by", "fast_vardkontakt", "samordningsansvarig"] = (
        "actor"
    )


class CaseMessage(Part):
    """A message of the hub's own in the outbox, on its way to another case than the one that led to it."""

    name: str
    data: dict[str, Any]
    """The body, as native JSON."""


MESSAGES: dict[str, type[Part]] = {
    "information": Information,
    "samtycke": Samtycke,
    "aterkallelse": shared.Aterkallelse,
    "atkomst": shared.Atkomst,
    "deltagare": shared.Deltagare,
    "roll": shared.Roll,
    "narstaende": shared.Narstaende,
    "kontakt": shared.Kontakt,
    "kvittens": shared.Kvittens,
    "felsant": shared.Felsant,
    "meddelande": shared.Meddelande,
    "makulering": shared.Makulering,
    "avliden": shared.Avliden,
    "uppslag": shared.Uppslag,
    "utskrift": shared.Utskrift,
    "adressering": hub_messages.Adressering,
    "folkbokforing": hub_messages.Folkbokforing,
    "frist": hub_messages.Frist,
    "verifiering": hub_messages.Verifiering,
    "svu.inskrivning": svu.Inskrivning,
    "svu.beraknad_utskrivning": svu.BeraknadUtskrivning,
    "svu.utskrivningsklar": svu.Utskrivningsklar,
    "svu.utskrivningsklar_avbruten": svu.UtskrivningsklarAvbruten,
    "svu.fast_vardkontakt": svu.FastVardkontakt,
    "svu.kartlaggning": svu.Kartlaggning,
    "svu.stallningstagande": svu.Stallningstagande,
    "svu.klarmarkering": svu.Klarmarkering,
    "svu.sip_stallning": svu.SipStallning,
    "svu.justering": svu.Justering,
    "svu.utskrivning": svu.Utskrivning,
    "svu.utskrivning_angrad": svu.UtskrivningAngrad,
    "sip.initiativ": sip.Initiativ,
    "sip.svar": sip.Svar,
    "sip.kallelse": sip.Kallelse,
    "sip.kallelse_andrad": sip.KallelseAndrad,
    "sip.kallelsesvar": sip.Kallelsesvar,
    "sip.samordningsansvarig": sip.Samordningsansvarig,
    "sip.kartlaggning": sip.SipKartlaggning,
    "sip.mote": sip.Mote,
    "sip.plan": sip.Plan,
    "sip.delning": sip.Delning,
    "sip.las": sip.Las,
    "sip.godkannande_start": sip.GodkannandeStart,
    "sip.godkannande": sip.Godkannande,
    "sip.upprattande": sip.Upprattande,
    "sip.uppfoljning": sip.Uppfoljning,
    "sip.uppdatering": sip.Uppdatering,
    "sip.utvardering": sip.Utvardering,
    "sip.avslut": sip.Avslut,
    "sip.aterstallning": sip.Aterstallning,
    "sip.lage": sip.Lage,
    "koppling": sip.Koppling,
}
"""name → body."""

FROM_THE_HUB = frozenset({"adressering", "folkbokforing", "frist", "koppling", "sip.lage", "verifiering"})
"""Names that only the hub itself may use; a message from outside with such a name is refused."""

HUB_SOURCE = "urn:samverkan:hub"
RECEIPT_TYPE = "se.samverkan.receipt.v1"
ANNOUNCEMENT_TYPE = "se.samverkan.announcement.v1"


def type_of(name: str) -> str:
    """The CloudEvents ``type`` of a message by its name: ``se.samverkan.<name>.v1``."""
    return f"se.samverkan.{name}.v1"


NAME_OF = {type_of(name): name for name in MESSAGES}
"""CloudEvents ``type`` → name."""
