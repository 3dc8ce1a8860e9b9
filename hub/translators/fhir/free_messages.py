"""Communication between the units: ``meddelande`` with its file (C-40 to C-43), ``makulering`` (C-41, V-5) and
``felsant`` (C-33). Imports the shapes and the header's case.

``category`` says which of them it is. Receivers are ``recipient``; each unit that must acknowledge is an extension, because it need not
be a receiver. The file is in the payload, so that one Bundle contains the whole message.
"""

from __future__ import annotations

import base64
from typing import Any, Final

from hub.translators.fhir import names
from hub.translators.fhir.assembly import (
    Assembly,
    concept,
    instant,
    message_reference,
    text,
    unit_reference,
    write_encounter,
)
from hub.translators.fhir.bundle import View, code_of
from hub.translators.fhir.communication import answered
from hub.translators.fhir.header import subject
from hub.translators.fhir.resources import Communication, Encounter, EpisodeOfCare
from schemas.envelope import Message
from schemas.shared import Attachment, Felsant, Makulering, Meddelande

_SIGNATURES: Final = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"PK\x03\x04", "application/zip"),
)
"""First bytes of a file → its type, which att-1 requires; the sender's own statement is not trusted (C-42)."""


def _check(view: View, communication: Communication, category: str, rule: str) -> None:
    if all(code_of(one, names.CATEGORY) != category for one in communication.category):
        raise view.refused(rule, communication, ".category")
    if communication.status != "completed":
        raise view.refused(rule, communication, ".status")
    view.resolve(communication.encounter, Encounter, communication, ".encounter")
    view.organisation(communication.sender, communication, ".sender")


def read_message(view: View, communication: Communication) -> dict[str, Any]:
    """The fields of ``Meddelande``. Raises ``Refused`` without text, or with more than one file."""
    _check(view, communication, "meddelande", "C-40")
    fields: dict[str, Any] = {}
    texts = [part.contentString for part in communication.payload if part.contentString is not None]
    if texts:
        fields["text"] = "\n".join(texts)
    for index, part in enumerate(communication.payload):
        if part.contentString is not None:
            continue
        file = part.contentAttachment
        element = f".payload[{index}].content"
        if file is None or file.data is None or file.title is None or "attachment" in fields:
            raise view.refused("C-42", communication, element)
        fields["attachment"] = {"name": file.title, "content": "".join(file.data.split())}  # R4 allows line breaks
    if communication.recipient:
        fields["receivers"] = tuple(
            view.unit(unit, communication, f".recipient[{index}]") for index, unit in enumerate(communication.recipient)
        )
    elif view.value(communication, communication.extension, names.EXT_NO_RECEIVERS, "valueBoolean"):
        fields["receivers"] = ()
    place = f".extension('{names.EXT_SHALL_KVITTERA}').value"
    shall = [found for found in communication.extension if found.url == names.EXT_SHALL_KVITTERA]
    if shall:
        fields["kvittera"] = tuple(view.unit(found.valueReference, communication, place) for found in shall)
    elif view.value(communication, communication.extension, names.EXT_NOBODY_KVITTERAR, "valueBoolean"):
        fields["kvittera"] = ()
    return fields


def read_wrongly_sent(view: View, communication: Communication) -> dict[str, Any]:
    """The fields of ``Felsant`` (C-33). Raises ``Refused``."""
    _check(view, communication, "felsant", "C-33")
    return {"message": answered(view, communication, "C-33")} | _reason(communication)


def read_revocation(view: View, communication: Communication) -> dict[str, Any]:
    """The fields of ``Makulering``: of a message (C-41) or of the case (V-5). Raises ``Refused``."""
    _check(view, communication, "makulering", "C-41")
    fields = _reason(communication)
    if communication.inResponseTo:
        fields["message"] = answered(view, communication, "C-41")
    for index, reference in enumerate(communication.about):
        element = f".about[{index}]"
        episode = view.resolve(reference, EpisodeOfCare, communication, element)
        found = [reference.identifier] if reference.identifier is not None else []
        found += episode.identifier if episode is not None else []
        # A message can revoke its own case only.
        case = subject(view, view.one(Encounter)).removeprefix("ref:")
        if all(identifier.value != case for identifier in found):
            raise view.refused("V-5", communication, element)
        fields["case"] = True
    return fields


def _reason(communication: Communication) -> dict[str, Any]:
    texts = [part.contentString for part in communication.payload if part.contentString is not None]
    return {"reason": "\n".join(texts)} if texts else {}


def _communication(message: Message, category: str, encounter: str) -> dict[str, Any]:
    return {
        "resourceType": "Communication",
        "status": "completed",
        "category": [concept(names.CATEGORY, category)],
        "encounter": {"reference": encounter},
        "sent": instant(message.time),
        "sender": unit_reference(message.unit),
    }


def write_message(assembly: Assembly, message: Message, body: Meddelande, case: dict[str, str]) -> list[str]:
    """``meddelande``: text, file, receivers, and the units that must acknowledge (C-40, C-42)."""
    encounter = write_encounter(assembly, case)
    resource = _communication(message, "meddelande", encounter)
    extensions: list[dict[str, Any]] = []
    if body.receivers:
        resource["recipient"] = [unit_reference(unit) for unit in body.receivers]
    elif body.receivers is not None:
        extensions.append({"url": names.EXT_NO_RECEIVERS, "valueBoolean": True})
    if body.kvittera:
        extensions += [
            {"url": names.EXT_SHALL_KVITTERA, "valueReference": unit_reference(unit)} for unit in body.kvittera
        ]
    elif body.kvittera is not None:
        extensions.append({"url": names.EXT_NOBODY_KVITTERAR, "valueBoolean": True})
    if extensions:
        resource["extension"] = extensions
    resource["payload"] = [{"contentString": text(body.text)}]
    if body.attachment is not None:
        resource["payload"].append({"contentAttachment": _attachment(body.attachment)})
    return [assembly.add(resource), encounter]


def _attachment(file: Attachment) -> dict[str, str]:
    head = base64.b64decode(file.content[:16])
    kind = next((kind for start, kind in _SIGNATURES if head.startswith(start)), "application/octet-stream")
    return {"contentType": kind, "data": file.content, "title": text(file.name)}


def write_wrongly_sent(assembly: Assembly, message: Message, body: Felsant, case: dict[str, str]) -> list[str]:
    """``felsant``: which message was not for this unit (C-33)."""
    encounter = write_encounter(assembly, case)
    resource = _communication(message, "felsant", encounter)
    resource["inResponseTo"] = [message_reference(body.message, "Communication")]
    if body.reason is not None:
        resource["payload"] = [{"contentString": text(body.reason)}]
    return [assembly.add(resource), encounter]


def write_revocation(assembly: Assembly, message: Message, body: Makulering, case: dict[str, str]) -> list[str]:
    """``makulering``: of a message (C-41) or of the case (V-5)."""
    encounter = write_encounter(assembly, case)
    resource = _communication(message, "makulering", encounter)
    if body.message is not None:
        resource["inResponseTo"] = [message_reference(body.message, "Communication")]
    if body.case is not None:
        resource["about"] = [{"type": "EpisodeOfCare", "identifier": case}]
    if body.reason is not None:
        resource["payload"] = [{"contentString": text(body.reason)}]
    return [assembly.add(resource), encounter]
