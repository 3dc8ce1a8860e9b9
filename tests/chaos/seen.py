"""What a receiver sees, in the words of a history: a CloudEvent by Kafka, by a webhook or from the inbox, or a FHIR Bundle, alone or in
a Subscription's notification. Imports FHIR's names and the history.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from hub.translators.fhir import names
from tests.chaos.history import HUB, Notice, Receipt

_RECEIPT = "se.samverkan.receipt.v1"
_FRIST = "se.samverkan.frist.v1"


def event(system: str, way: str, id_: str, attributes: dict[str, Any], data: Any) -> Notice | Receipt | None:
    """A native notice or receipt; None for anything else that the hub sends."""
    if attributes["type"] == _RECEIPT:
        return receipt(system, data)
    if "case" not in attributes:
        return None
    return Notice(
        system,
        way,
        id_,
        attributes["source"],
        attributes["id"],
        attributes["case"],
        int(attributes["sequence"]),
        content=_short(data),
        skipped=tuple(json.loads(attributes.get("skipped", "[]"))),
        replay=str(attributes.get("replay", "false")).lower() == "true",
        awaited=tuple(json.loads(attributes.get("awaits", "{}"))),
        deadline=_deadline(data) if attributes["type"] == _FRIST else None,
    )


def receipt(system: str, told: dict[str, Any]) -> Receipt:
    """A receipt as JSON; a refusal over HTTP (problem+json) has the same names."""
    return Receipt(
        system, told["message"], told.get("code", "ok"), told.get("case"), told.get("sequence"), told.get("rule")
    )


def bundle(system: str, content: dict[str, Any], way: str = "fhir", event: str = "") -> Notice | Receipt:
    """A FHIR message: a notice, or the answer to a message; ``event``: what it is in a Subscription."""
    resources = [entry["resource"] for entry in content["entry"]]
    header = resources[0]
    told = dict(_extensions(header))
    case, sequence = told.get(names.EXT_CASE, {}).get("value"), int(told.get(names.EXT_SEQUENCE, 0))
    if (response := header.get("response")) is not None:
        return Receipt(system, response["identifier"], response["code"], case, sequence or None)
    urls = {entry["fullUrl"]: entry["resource"] for entry in content["entry"]}
    sender = urls.get(header.get("sender", {}).get("reference"))
    extensions = header["extension"]
    return Notice(
        system,
        way,
        content["id"],
        HUB if sender is None else f"urn:hsa:{sender['identifier'][0]['value']}",
        told.get(names.EXT_MESSAGE_ID, header["id"]),
        case,
        sequence,
        content=_short(resources[1:]),
        skipped=tuple(each["valuePositiveInt"] for each in extensions if each["url"] == names.EXT_SKIPPED),
        replay=told.get(names.EXT_REPLAY, False),
        awaited=tuple(
            part["valueString"]
            for each in extensions
            if each["url"] == names.EXT_AWAITS
            for part in each["extension"]
            if part["url"] == "unit"
        ),
        event=event,
    )


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a Subscription, as far as a notification or an answer to ``$events`` tells of it."""

    number: int
    notice: str | None = None
    """The id of the Bundle that it is about; None: it does not say."""
    bundle: dict[str, Any] | None = None
    gone: bool = False
    """The hub keeps the Bundle no longer."""

    def with_bundle(self, bundle: dict[str, Any]) -> Event:
        return replace(self, bundle=bundle)


@dataclass(frozen=True, slots=True)
class Notification:
    """What the hub says of a Subscription."""

    subscription: str
    """Its id."""
    count: int
    """Of its events since its start."""
    events: tuple[Event, ...] = ()


def notification(content: dict[str, Any]) -> Notification:
    """A notification of any kind, or an answer to ``$events``."""
    first, *entries = content["entry"]
    by_url = {entry["fullUrl"]: entry for entry in entries}
    numbered = [
        {part["name"]: part for part in one["part"]}
        for one in first["resource"]["parameter"]
        if one["name"] == "notification-event"
    ]
    return replace(status(first["resource"]), events=tuple(_event(parts, by_url) for parts in numbered))


def _event(parts: dict[str, Any], by_url: dict[str, Any]) -> Event:
    number = int(parts["event-number"]["valueString"])
    if (focus := parts.get("focus")) is None:
        return Event(number)
    url = focus["valueReference"]["reference"]
    entry = by_url[url]
    return Event(number, url.rpartition("/")[2], entry.get("resource"), entry["response"]["status"] == "410")


def status(parameters: dict[str, Any]) -> Notification:
    """How a Subscription stands."""
    told = {one["name"]: one for one in parameters["parameter"]}
    return Notification(
        told["subscription"]["valueReference"]["reference"].rpartition("/")[2],
        int(told["events-since-subscription-start"]["valueString"]),
    )


def resources(searchset: dict[str, Any]) -> list[dict[str, Any]]:
    """What a search has found."""
    return [entry["resource"] for entry in searchset.get("entry", ())]


def _extensions(resource: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for each in resource.get("extension", ()):
        yield each["url"], next((value for name, value in each.items() if name.startswith("value")), None)


def _deadline(data: dict[str, Any]) -> str:
    return " ".join(str(data.get(name) or "-") for name in ("name", "step", "of", "due"))


def _short(said: Any) -> str:
    return hashlib.blake2b(json.dumps(said, sort_keys=True).encode(), digest_size=8).hexdigest()
