"""A timeline as a Bundle of AuditEvents, in the manner of MedCom's EHMI Delivery Status (EDS): a messaging event with its subtype, sender
and receiver as agents, the hub as the message service handler that observed it, the message as entity. Imports the shapes.

The codes are the hub's own, with EDS's beside them where it has one; nothing of the person is in it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final, Protocol

from pydantic_core import to_json

from hub.translators.fhir import names
from hub.translators.fhir.assembly import instant, text, unit_reference

_EDS: Final = "http://medcomehmi.dk/ig/dk-ehmi-terminology/CodeSystem/"
_TYPE: Final = {
    "system": f"{_EDS}ehmi-delivery-status-types",
    "code": "ehmiMessaging",
    "display": "EHMI messaging event",
}
_EDS_SUBTYPES: Final = {
    "acted": ("msg-created", "Message created"),
    "received": ("msg-received", "Message received"),
    "sent": ("msg-sent", "Message sent"),
    "acknowledged": ("msg-received-and-finalized", "Message received and finalized"),
}
_FAILED: Final = {"tried": "4", "dead": "8", "missed": "4"}
"""Kind → AuditEvent's outcome: 4 a minor failure, which is tried again or was late; 8 a serious one. All else is 0, success."""
_SECURITY_SOURCE: Final = "http://terminology.hl7.org/CodeSystem/security-source-type"


class DeliveryEvent(Protocol):
    """One thing that happened (``hub.operations.timeline.entry``)."""

    @property
    def at(self) -> datetime: ...
    @property
    def lane(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def sv(self) -> str: ...
    @property
    def message(self) -> str | None: ...
    @property
    def type(self) -> str | None: ...
    @property
    def case(self) -> str | None: ...
    @property
    def system(self) -> str | None: ...
    @property
    def units(self) -> tuple[str, ...]: ...
    @property
    def outcome(self) -> str | None: ...
    @property
    def rule(self) -> str | None: ...
    @property
    def answer(self) -> str | None: ...
    @property
    def who(self) -> str | None: ...
    @property
    def deadline(self) -> str | None: ...


def write(wanted: str, entries: Iterable[DeliveryEvent]) -> bytes:
    """The Bundle of what happened to a message or a case, one AuditEvent an entry, in their order."""
    events = [_event(one) for one in entries]
    return to_json(
        {
            "resourceType": "Bundle",
            "type": "collection",
            "identifier": {"system": names.MESSAGE, "value": wanted},
            "entry": [
                {"fullUrl": f"urn:samverkan:delivery-status:{number}", "resource": event}
                for number, event in enumerate(events, 1)
            ],
        }
    )


def _event(one: DeliveryEvent) -> dict[str, Any]:
    subtype = [{"system": names.DELIVERY_STATUS, "code": one.kind}]
    if one.kind in _EDS_SUBTYPES:
        code, display = _EDS_SUBTYPES[one.kind]
        subtype.append({"system": f"{_EDS}ehmi-delivery-status-sub-types", "code": code, "display": display})
    refused = one.outcome == "refused"
    return {
        "resourceType": "AuditEvent",
        "type": _TYPE,
        "subtype": subtype,
        "action": "E",
        "recorded": instant(one.at),
        "outcome": "8" if refused else _FAILED.get(one.kind, "0"),
        "outcomeDesc": text(one.sv),
        "agent": _agents(one),
        "source": {
            "observer": {"display": "Samverkan hub"},
            "type": [{"system": _SECURITY_SOURCE, "code": "4", "display": "Application Server"}],
        },
        **({"entity": entities} if (entities := _entities(one)) else {}),
    }


def _agents(one: DeliveryEvent) -> list[dict[str, Any]]:
    """Who did it, and of a notice the units to which it goes."""
    doer: dict[str, Any] = {"name": text(one.who or one.lane), "requestor": True}
    if one.kind == "kvittens":
        doer["who"] = unit_reference(one.units[0])
        return [doer]
    receiver = {
        "system": f"{_EDS}ehmi-delivery-status-participation-role-type",
        "code": "ehmiReceiver",
        "display": "Receiver",
    }
    return [
        doer,
        *({"type": {"coding": [receiver]}, "who": unit_reference(unit), "requestor": False} for unit in one.units),
    ]


def _entities(one: DeliveryEvent) -> list[dict[str, Any]]:
    """The message with its type, and the case, with what was answered."""
    details = [
        {"type": name, "valueString": text(value)}
        for name, value in (
            ("ehmiMessageType", one.type),
            ("outcome", one.outcome),
            ("rule", one.rule),
            ("answer", one.answer),
            ("deadline", one.deadline),
        )
        if value
    ]
    found: list[dict[str, Any]] = []
    if one.message:
        found.append(
            {
                "what": {"identifier": {"system": names.MESSAGE, "value": one.message}},
                "type": {
                    "system": f"{_EDS}ehmi-delivery-status-entity-type",
                    "code": "ehmiMessage",
                    "display": "Message",
                },
            }
        )
    if one.case:
        found.append({"what": {"identifier": {"system": names.CASE, "value": one.case}}})
    if found and details:
        found[0]["detail"] = details
    return found
