"""Writes a message as a FHIR R4 message Bundle: as a notice to a receiving system, or as the request of an EHR. Imports the table.

One writer serves both: a notice is the message as it was sent, with the hub as source, the units as destinations, and the extensions
of the notice (messages.md §2) as extensions of the header. It uses plain dicts, because a notice is written once per system.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import msgspec

from hub.translators.fhir import names
from hub.translators.fhir.assembly import Assembly, fhir_id, instant, unit_reference
from hub.translators.fhir.people import write_actor, write_unit
from hub.translators.fhir.table import TABLE
from schemas.envelope import Message
from schemas.messages import HUB_SOURCE, NoticeExtensions

HUB_APPLICATION: Final = {"name": "Samverkan", "endpoint": HUB_SOURCE}
REFERENCE_SYSTEM: Final = "urn:samverkan:reference"
"""The default system of a sender's own reference."""

_encode: Final = msgspec.json.Encoder().encode


def write_notice(message: Message, notice: NoticeExtensions, *, created: datetime) -> bytes:
    """The notice of an accepted message to one system, R4 JSON. ``created``: when it is written, with its zone.

    The same message, ``notice`` and ``created`` give the same bytes, and the ids do not depend on ``created``. Raises
    ``ValueError`` for a name that has no FHIR form (``names.WRITES``).
    """
    key = Assembly(message.source, message.id, notice.case, str(notice.sequence), *notice.to)
    case = {"system": names.CASE, "value": notice.case}
    header = _header(key, message, case, HUB_APPLICATION, _extensions(notice))
    header["destination"] = [
        {"endpoint": f"urn:hsa:{unit}", "receiver": unit_reference(unit)} for unit in notice.to
    ] or [{"endpoint": HUB_SOURCE}]
    return _encode(key.bundle(header, created))


def write_request(
    message: Message,
    *,
    created: datetime | None = None,
    endpoint: str = "https://ehr.example/fhir",
    reference_system: str = REFERENCE_SYSTEM,
) -> bytes:
    """The Bundle that a sender's system sends: for the sandbox, the benchmark and the contract examples."""
    assembly = Assembly(message.source, message.id)
    own = message.subject.startswith("ref:")
    case = {"system": reference_system if own else names.CASE, "value": message.subject.removeprefix("ref:")}
    header = _header(assembly, message, case, {"endpoint": endpoint}, [])
    header["destination"] = [HUB_APPLICATION]
    return _encode(assembly.bundle(header, created or message.time))


def _header(
    assembly: Assembly, message: Message, case: dict[str, str], source: dict[str, str], extensions: list[Any]
) -> dict[str, Any]:
    """The Bundle: the header and all entries."""
    act = TABLE.get(message.name)
    if act is None:
        raise ValueError(f"no FHIR form for {message.name}")
    header: dict[str, Any] = {"resourceType": "MessageHeader", "id": fhir_id(message.id)}
    if header["id"] != message.id:
        extensions.append({"url": names.EXT_MESSAGE_ID, "valueString": message.id})
    if is_saved(message.data):
        extensions.append({"url": names.EXT_DRAFT, "valueBoolean": True})
    if extensions:
        header["extension"] = extensions
    header["eventCoding"] = {"system": names.EVENT, "code": message.name}
    header["source"] = source
    who: dict[str, Any] = {"display": "Samverkan"}
    if message.unit != HUB_SOURCE:
        unit = write_unit(assembly, message.unit)
        header["sender"] = who = {"reference": unit}
        if message.actor is not None:
            who = {"reference": write_actor(assembly, message.actor, message.role, unit)}
            header["author"] = who
    focus = act.write(assembly, message, message.data, case)
    header["focus"] = [{"reference": url} for url in focus]
    assembly.add(
        {
            "resourceType": "Provenance",
            "target": [{"reference": focus[0]}],
            "recorded": instant(message.time),
            "agent": [{"who": who}],
        }
    )
    return header


def is_saved(body: Any) -> bool:
    """Whether the message is saved, not sent: SVU's ``draft`` (C-52), SIP's ``send`` (C-56)."""
    return getattr(body, "draft", False) is True or getattr(body, "send", True) is False


def _extensions(notice: NoticeExtensions) -> list[Any]:
    """The extensions of a notice (messages.md §2) as extensions of the header."""
    extensions: list[Any] = [
        {"url": names.EXT_CASE, "valueIdentifier": {"system": names.CASE, "value": notice.case}},
        {"url": names.EXT_SEQUENCE, "valuePositiveInt": notice.sequence},
    ]
    for unit, act in notice.awaits.items():
        extensions.append(_compound(names.EXT_AWAITS, unit, {"act": act}))
    for step, units in notice.state.items():
        for unit, roles in units.items():
            for role, colour in roles.items():
                extensions.append(_compound(names.EXT_STATE, unit, {"step": step, "role": role, "colour": colour}))
    for unit, acts in notice.may.items():
        may = [{"url": "act", "valueCode": act} for act in acts]
        extensions.append({"url": names.EXT_MAY, "extension": [{"url": "unit", "valueString": unit}, *may]})
    extensions += [{"url": names.EXT_PRINTS, "valueString": document} for document in notice.prints]
    extensions += [{"url": names.EXT_REMIND, "valueString": code} for code in notice.remind]
    extensions += [{"url": names.EXT_SKIPPED, "valuePositiveInt": number} for number in notice.skipped]
    for person, name in notice.names.items():
        parts = [{"url": "person", "valueString": person}, {"url": "name", "valueString": name}]
        extensions.append({"url": names.EXT_STAFF, "extension": parts})
    if notice.replay:
        extensions.append({"url": names.EXT_REPLAY, "valueBoolean": True})
    return extensions


def _compound(url: str, unit: str, codes: dict[str, str]) -> dict[str, Any]:
    parts = [{"url": part, "valueCode": code} for part, code in codes.items()]
    return {"url": url, "extension": [{"url": "unit", "valueString": unit}, *parts]}
