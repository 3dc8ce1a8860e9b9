"""The units that a SIP's initiativ or call is sent to (P-3, P-4), as participants of CareTeam or Appointment. Imports the shapes."""

from __future__ import annotations

from typing import Any, Final

from hub.translators.fhir import names
from hub.translators.fhir.assembly import concept
from hub.translators.fhir.bundle import View, code_of
from hub.translators.fhir.shapes import Concept, Extension, Resource
from schemas.sip_parts import ReceivingUnit

RECEIVER: Final = "receiver"


def read_receiver(
    view: View, of: Resource, unit: str, extensions: list[Extension], types: list[Concept], element: str
) -> dict[str, Any]:
    """The fields of ``ReceivingUnit``. ``element``: the place of the participant in the resource. Raises ``Refused``."""
    fields: dict[str, Any] = {"unit": unit}
    found = [one for one in extensions if one.url == names.EXT_KVITTERA]
    if found:
        if len(found) > 1 or found[0].valueBoolean is None:
            raise view.refused("extension-value", of, f"{element}.extension('{names.EXT_KVITTERA}').value")
        fields["kvittera"] = found[0].valueBoolean
    professions = [code for one in types if (code := code_of(one, names.PROFESSION)) is not None]
    return {**fields, "professions": tuple(professions)}


def receiver_types(receiver: ReceivingUnit) -> list[dict[str, Any]]:
    """The concepts of a receiver: that it is one, and the professions that are wanted."""
    return [
        concept(names.PARTICIPANT, RECEIVER),
        *(concept(names.PROFESSION, profession) for profession in receiver.professions),
    ]


def receiver_extensions(receiver: ReceivingUnit) -> dict[str, Any]:
    """The participant's extensions: whether the unit shall acknowledge; nothing where the message does not say."""
    if receiver.kvittera is None:
        return {}
    return {"extension": [{"url": names.EXT_KVITTERA, "valueBoolean": receiver.kvittera}]}
