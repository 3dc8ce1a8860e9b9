"""Writes what a Subscription is told, and answers about it: Bundles whose first entry is its status (Subscriptions R5 Backport 1.1,
R4: Parameters). Imports the Subscription and the ids.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

import msgspec

from hub import clock
from hub.translators.fhir import every_fault, faults, names, reference
from hub.translators.fhir.assembly import Assembly, instant
from hub.translators.fhir.subscription import IG, Content, Status
from hub.translators.fhir.xml_writer import as_xml

NotificationType = Literal["handshake", "heartbeat", "event-notification", "query-status", "query-event"]
_BUNDLE: Final = f"{IG}/StructureDefinition/backport-subscription-notification-r4"
_STATUS: Final = f"{IG}/StructureDefinition/backport-subscription-status-r4"
_ERROR: Final = "urn:samverkan:subscription-error"


@dataclass(frozen=True, slots=True)
class SubscriptionState:
    """What a notification says of its Subscription."""

    id: str
    base: str
    """The address of this hub's ``/fhir``, as the system calls it."""
    topic: str
    status: Status
    fault: str | None
    """Why it was last not told."""
    events: int
    """The number of its newest event."""

    @property
    def url(self) -> str:
        return f"{self.base}/Subscription/{self.id}"


@dataclass(frozen=True, slots=True)
class SubscriptionEvent:
    """One event: a notice, receipt or announcement."""

    number: int
    notice: str
    """The id of its Bundle: ``out-4711``."""
    at: datetime | None
    """When it came about; None where it is no longer kept."""
    bundle: bytes | None
    """The message Bundle in JSON; None where it is not told, or is no longer kept."""


def write_notification(
    state: SubscriptionState,
    kind: NotificationType,
    content: Content,
    events: Sequence[SubscriptionEvent],
    *,
    at: datetime,
    media_type: str,
) -> bytes:
    """A history Bundle: the status, and what of the events ``content`` allows. An event has the same ids whenever it is told."""
    key = Assembly(state.id, kind, *[str(event.number) for event in events] or [at.isoformat()])
    status = key.add({**status_parameters(state, kind, content, events), "id": f"{key.bundle_id}-status"})
    first = {
        "fullUrl": status,
        "resource": key.entries[0]["resource"],
        "request": {"method": "GET", "url": f"{state.url}/$status"},
        "response": {"status": "200"},
    }
    entries = [] if content == "empty" else [_entry(state, content, event) for event in events]
    return _encoded(
        {
            "resourceType": "Bundle",
            "id": key.bundle_id,
            "meta": {"profile": [_BUNDLE]},
            "type": "history",
            "timestamp": instant(at),
            "entry": [first, *entries],
        },
        media_type,
    )


def status_parameters(
    state: SubscriptionState, kind: NotificationType, content: Content, events: Sequence[SubscriptionEvent] = ()
) -> dict[str, Any]:
    """The status of a Subscription as Parameters."""
    told: list[dict[str, Any]] = [{"name": "subscription", "valueReference": {"reference": state.url}}]
    if content != "empty":
        told.append({"name": "topic", "valueCanonical": state.topic})
    told += [
        {"name": "status", "valueCode": state.status},
        {"name": "type", "valueCode": kind},
        {"name": "events-since-subscription-start", "valueString": str(state.events)},
    ]
    for event in events:
        part: list[dict[str, Any]] = [{"name": "event-number", "valueString": str(event.number)}]
        if event.at is not None:
            part.append({"name": "timestamp", "valueInstant": instant(event.at)})
        if content != "empty":
            part.append({"name": "focus", "valueReference": {"reference": f"{state.base}/Bundle/{event.notice}"}})
        told.append({"name": "notification-event", "part": part})
    if state.fault is not None:
        coding = {"system": _ERROR, "code": "not-told"}
        told.append({"name": "error", "valueCodeableConcept": {"coding": [coding], "text": state.fault}})
    return {"resourceType": "Parameters", "meta": {"profile": [_STATUS]}, "parameter": told}


def _entry(state: SubscriptionState, content: Content, event: SubscriptionEvent) -> dict[str, Any]:
    url = f"{state.base}/Bundle/{event.notice}"
    if content == "id-only":
        return {"fullUrl": url, "request": {"method": "GET", "url": url}, "response": {"status": "200"}}
    if event.bundle is None:
        return {"fullUrl": url, "request": {"method": "GET", "url": url}, "response": {"status": "410"}}
    resource = {**msgspec.json.decode(event.bundle), "id": event.notice}
    return {
        "fullUrl": url,
        "resource": resource,
        "request": {"method": "POST", "url": "Bundle"},
        "response": {"status": "201"},
    }


def write_bundle(bundle: bytes, notice: str, media_type: str) -> bytes:
    """A notice's message Bundle, from JSON, under the id by which a notification refers to it."""
    return _encoded({**msgspec.json.decode(bundle), "id": notice}, media_type)


def write_resource(tree: dict[str, Any], media_type: str) -> bytes:
    """One resource, as a Subscription."""
    return _encoded(tree, media_type)


def write_searchset(base: str, found: Sequence[dict[str, Any]], media_type: str) -> bytes:
    """The answer to a search; a resource without an id, as a status, has no address."""
    entries = [
        {
            **({"fullUrl": f"{base}/{one['resourceType']}/{one['id']}"} if "id" in one else {}),
            "resource": one,
            "search": {"mode": "match"},
        }
        for one in found
    ]
    return _encoded(
        {"resourceType": "Bundle", "type": "searchset", "total": len(found)} | ({"entry": entries} if entries else {}),
        media_type,
    )


def bundle_in_json(body: bytes, media_type: str) -> bytes:
    """A notice's Bundle in JSON, whichever of the two it was written in."""
    return reference.from_xml(body) if media_type == names.XML else body


def write_events(
    state: SubscriptionState, content: Content, events: Sequence[SubscriptionEvent], media_type: str
) -> bytes:
    """The answer to ``$events``."""
    return write_notification(state, "query-event", content, events, at=clock.now(), media_type=media_type)


def read_parameters(body: bytes, media_type: str) -> dict[str, list[str]]:
    """Name → values of the Parameters of an operation that is invoked by POST. Raises ``Refused``."""
    found: dict[str, list[str]] = {}
    for one in every_fault.kept_resource(body, media_type, "Parameters").get("parameter", ()):
        value = next((str(one[name]) for name in one if name.startswith("value")), None)
        if value is None:
            raise faults.missing("Parameters.parameter.value")
        found.setdefault(one["name"], []).append(value)
    return found


def _encoded(tree: dict[str, Any], media_type: str) -> bytes:
    body = msgspec.json.encode(tree)
    return as_xml(body) if media_type == names.XML else body
