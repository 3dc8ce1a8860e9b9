"""Communication: ``sip.lage``, the case as it stands, from the hub to units that come in (E-8). Imports the shapes.

The state is one file of JSON in the payload, in the form of sip-messages.md §4: it has for every field who wrote it, when and in which
version, for which R4 has no elements.
"""

from __future__ import annotations

import base64
from typing import Any, Final

from pydantic_core import from_json, to_json

from hub.translators.fhir import names
from hub.translators.fhir.assembly import Assembly, concept, instant, unit_reference, write_encounter
from hub.translators.fhir.bundle import View, code_of
from hub.translators.fhir.resources import Communication
from schemas.envelope import Message
from schemas.sip import Lage

_CATEGORY: Final = "lage"
_JSON: Final = "application/json"


def read_state(view: View, communication: Communication) -> dict[str, Any]:
    """The fields of ``Lage``. Raises ``Refused`` unless there is one file of JSON."""
    files = [part.contentAttachment for part in communication.payload if part.contentAttachment is not None]
    if all(code_of(one, names.CATEGORY) != _CATEGORY for one in communication.category) or len(files) != 1:
        raise view.refused("state-file", communication, ".payload")
    try:
        state = from_json(base64.b64decode(files[0].data or ""))
    except ValueError:
        raise view.refused("state-file", communication, ".payload[0].content.data") from None
    if not isinstance(state, dict):
        raise view.refused("state-file", communication, ".payload[0].content.data")
    units = tuple(
        view.unit(one, communication, f".recipient[{index}]") for index, one in enumerate(communication.recipient)
    )
    return {**state, "units": units}


def write_state(assembly: Assembly, message: Message, body: Lage, case: dict[str, str]) -> list[str]:
    """``sip.lage``: the state as a file of JSON, the units that come in as recipients."""
    encounter = write_encounter(assembly, case, in_stay=False)
    state = to_json(body.model_dump(mode="json", exclude={"units"}, exclude_none=True))
    file = {"contentType": _JSON, "data": base64.b64encode(state).decode(), "title": "lage.json"}
    communication: dict[str, Any] = {
        "resourceType": "Communication",
        "status": "completed",
        "category": [concept(names.CATEGORY, _CATEGORY)],
        "encounter": {"reference": encounter},
        "sent": instant(message.time),
    }
    if body.units:
        communication["recipient"] = [unit_reference(unit) for unit in body.units]
    communication["payload"] = [{"contentAttachment": file}]
    return [assembly.add(communication), encounter]
