"""The ways in and out beside HTTP as an AsyncAPI 3.0 document: contracts/asyncapi.yaml. Imports the language and the examples.

What it says of topics, keys and webhooks is delivery.md §2 and §3; the bodies are the JSON Schemas beside it, and every message
has an example.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from hub.contracts import asyncapi_headers, examples
from schemas.messages import ANNOUNCEMENT_TYPE, FROM_THE_HUB, MESSAGES, RECEIPT_TYPE, Announcement, type_of

_JSON, _STRUCTURED = "application/json", "application/cloudevents+json"
_FHIR = {"fhir": "application/fhir+json", "fhir-xml": "application/fhir+xml"}
_SYSTEM = {"system": {"description": "The connected system's id in the directory, e.g. lund-omsorg"}}
_KEYS = {
    "act": "The subject: the case's id, or ref: and your own reference where the act opens a case; nothing about the person",
    "told": "The case, or the message's own id where there is no case; nothing about the person",
}
_RECEIPT = "The technical answer to one message, to its sender alone; never answered in its turn."

_PARTITIONER = "murmur2 of the key, as Java's client chooses it; librdkafka needs partitioner=murmur2_random"
_IN = (
    "One business act by one unit. Each system may write to its own topic alone (D-1, D-2). The key is the subject: the case's id, or"
    f" ref: and your own reference where the act opens a case; its partition by {_PARTITIONER} (another keeps the order too, and costs"
    " the hub more)."
)
_OUT = (
    "Notices in the order of each case (D-3), the receipts of what the system sent, announcements. The key is the case; its partition by"
    " murmur2 of the key."
)
_WEBHOOK = """\
The address that the directory gives the system: `out: {way: webhook, url: …, secrets: [whsec_…]}`. Each call carries one notice,
receipt or announcement, signed by the Standard Webhooks scheme; the next of the same case is sent when this one is acknowledged
(D-3), other cases meanwhile.

| the receiver answers | which means |
|---|---|
| 2xx | acknowledged; the body of the answer means nothing |
| 400, 409, 422 | this notice is refused for good: it is dead, and the later ones of its case wait until operations replays or skips it |
| 408, 425, 429, 5xx, nothing, or too late | tried again after 1 s, 5 s, 30 s, 2 min, 10 min, then hourly, for 72 h; `Retry-After` heeded |
| 410 | the receiver is no more: the system is paused until operations resumes it |
| any other, as 401, 404 or 3xx | the receiver is being changed: tried again for half an hour, then dead; redirects are not followed |

Waits and times are the usual ones; the directory may give a system others. The same notice may come again, after an answer that was
lost or a replay: its `webhook-id` and its `source` with `id` are as before. Under another `webhook-id` the same `source` and `id`
are a notice of its own: for another of your units."""

_PUSH = """\
The FHIR server of a system: `out: {way: fhir, base: …, token: …}` with `format: fhir` or `fhir-xml`. Each notice and announcement is a
message to `<base>/$process-message`; the answer is a message Bundle whose `MessageHeader.response` has the notice's
`MessageHeader.id` as its `identifier`. The next of the same case is sent when this one is acknowledged (D-3), other cases meanwhile.

| the receiver answers | which means |
|---|---|
| `response.code` ok, with 2xx | acknowledged (AA) |
| 202, or 204 | acknowledged: the receiver has the message in its custody, or has handled it without an answer; nothing more is awaited |
| `response.code` transient-error | tried again (AR), as after 5xx; `Retry-After` heeded |
| `response.code` fatal-error | refused for good (AE), as 400 of a webhook; operations sees what the OperationOutcome says |
| 2xx without an answer to this message | no acknowledgement: tried again for half an hour, then dead |
| any other status without such an answer, an OperationOutcome with 4xx or 5xx too | as by a webhook |

An answer has at most 256 KB, is not compressed, and comes whole within the call's time. The same notice may come again under the same
`MessageHeader.id`, after an answer that was lost or a replay: give the first answer again. Receipts of what the system sent come by
the same way; they are themselves responses, are never answered, and count as acknowledged by 2xx."""

_SUBSCRIPTION = """\
The endpoint of a system's own FHIR Subscription (Subscriptions R5 Backport 1.1, in R4), with `out: {way: subscription}` in the
directory. The system makes it at `/fhir/Subscription`; the topics stand in the CapabilityStatement.

After the handshake each notice, receipt and
announcement is an event of its own, in a Bundle of type history whose first entry is the Subscription's status.

An event has one number, the same at every attempt; 2xx acknowledges it, and every other answer is taken as a webhook's is. While an
endpoint fails, the Subscription stands at error and the hub goes on trying; `$status` and `$events` say what has come about. Without an
active Subscription for its kind a notice is kept, and the later ones of its case wait behind it."""


def _first_line(model: type[Any]) -> str:
    return (model.__doc__ or "").strip().splitlines()[0]


def _message(
    name: str, title: str, summary: str, media_type: str, headers: str, payload: dict[str, Any]
) -> dict[str, Any]:
    """One message without its examples; ``headers`` names a schema of the components."""
    return {
        "name": name,
        "title": title,
        "summary": summary,
        "contentType": media_type,
        "headers": {"$ref": f"#/components/schemas/{headers}"},
        "payload": payload,
    }


def _file(name: str) -> dict[str, Any]:
    return {"$ref": f"schemas/{name}.json"}


def _event(around: str, body: dict[str, Any], media_type: str, type_: str | None = None) -> dict[str, Any]:
    """A structured event: the attributes by the schema ``around``, its data by ``body``."""
    said: dict[str, Any] = {"datacontenttype": {"const": media_type}, "data": body}
    if type_ is not None:
        said["type"] = {"const": type_}
    return {"allOf": [_file(around), {"required": ["data", "datacontenttype"], "properties": said}]}


_TEXT = {"type": "string", "description": "A FHIR message Bundle in XML"}
_BUNDLES = {"fhir": {"$ref": "#/components/schemas/bundle"}, "fhir-xml": _TEXT}


def _of_kafka() -> dict[str, dict[str, Any]]:
    """The records of hub.in and hub.out, in CloudEvents' binary mode."""
    found = {
        f"{name}.act": _message(type_of(name), name, _first_line(model), _JSON, "act", _file(name))
        for name, model in MESSAGES.items()
        if name not in FROM_THE_HUB
    }
    found |= {
        f"{name}.notice": _message(type_of(name), name, _first_line(model), _JSON, "notice", _file(name))
        for name, model in MESSAGES.items()
    }
    found["receipt"] = _message(RECEIPT_TYPE, "receipt", _RECEIPT, _JSON, "receipt", _file("receipt"))
    found["announcement"] = _message(
        ANNOUNCEMENT_TYPE, "announcement", _announced(), _JSON, "announcement", _file("announcement")
    )
    for form, media_type in _FHIR.items():
        told = {"act": "Any act", "notice": "Any notice", "receipt": "A receipt", "announcement": "An announcement"}
        for kind, what in told.items():
            headers = "bundle-act" if kind == "act" else kind
            summary = f"{what} as a FHIR message Bundle; contracts/fhir has one of each kind."
            found[f"{form}.{kind}"] = _message(
                f"{form}.{kind}", f"{kind} as FHIR", summary, media_type, headers, _BUNDLES[form]
            )
    keys = {way: {"type": "string", "description": said} for way, said in _KEYS.items()}
    return {
        name: {**message, "bindings": {"kafka": {"key": keys["act" if name.endswith(".act") else "told"]}}}
        for name, message in found.items()
    }


def _of_webhooks() -> dict[str, dict[str, Any]]:
    """The calls to a webhook, in CloudEvents' structured mode, or a FHIR Bundle alone where the directory says ``body: bundle``."""
    found = {
        examples.call_of(f"{name}.notice"): _message(
            type_of(name),
            name,
            _first_line(model),
            _STRUCTURED,
            "call",
            _event("notice", _file(name), _JSON, type_of(name)),
        )
        for name, model in MESSAGES.items()
    }
    around = _event("receipt-event", _file("receipt"), _JSON)
    found[examples.call_of("receipt")] = _message(RECEIPT_TYPE, "receipt", _RECEIPT, _STRUCTURED, "call", around)
    around = _event("announcement-event", _file("announcement"), _JSON)
    found[examples.call_of("announcement")] = _message(
        ANNOUNCEMENT_TYPE, "announcement", _announced(), _STRUCTURED, "call", around
    )
    for form, media_type in _FHIR.items():
        for kind, around_it in (
            ("notice", "notice"),
            ("receipt", "receipt-event"),
            ("announcement", "announcement-event"),
        ):
            payload = _event(around_it, _BUNDLES[form], media_type)
            summary = f"A FHIR message Bundle in an event, to a system whose format is {form}."
            name = examples.call_of(f"{form}.{kind}")
            found[name] = _message(name, f"{kind} as FHIR", summary, _STRUCTURED, "call", payload)
        name = f"{form}.bundle.call"
        summary = (
            "A FHIR message Bundle alone, where the directory says `body: bundle`: it says all that the event would."
        )
        found[name] = _message(name, "Bundle alone", summary, media_type, "call", _BUNDLES[form])
    return found


def _of_pushes() -> dict[str, dict[str, Any]]:
    """The calls to a system's $process-message."""
    summary = "A notice, receipt or announcement as a FHIR message."
    return {
        f"{form}.push": _message(f"{form}.push", "FHIR message", summary, media_type, "push", _BUNDLES[form])
        for form, media_type in _FHIR.items()
    }


def _of_subscriptions() -> dict[str, dict[str, Any]]:
    """The calls to the endpoint of a Subscription."""
    summary = "A handshake, a heartbeat, or one event: empty, with the notice's address, or with the notice."
    notification = {
        "fhir": {"$ref": "#/components/schemas/notification"},
        "fhir-xml": {**_TEXT, "description": "The same in XML"},
    }
    return {
        f"{form}.notification": _message(
            f"{form}.notification", "Notification", summary, media_type, "notified", notification[form]
        )
        for form, media_type in _FHIR.items()
    }


def _announced() -> str:
    return _first_line(Announcement).removeprefix("``announcement``: ")


def document(folder: Path) -> bytes:
    """contracts/asyncapi.yaml; the acts of its examples are those of ``valid/`` in the folder."""
    messages = _of_kafka() | _of_webhooks() | _of_pushes() | _of_subscriptions()
    shown = examples.of_every_message(folder)
    in_ = [name for name in messages if name.endswith(".act")]
    calls = [name for name in messages if name.endswith(".call")]
    pushes, notifications = [*_of_pushes()], [*_of_subscriptions()]
    out = [name for name in messages if name not in {*in_, *calls, *pushes, *notifications}]

    def listed(names: list[str]) -> dict[str, Any]:
        return {name: {"$ref": f"#/components/messages/{name}"} for name in names}

    content = {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Samverkan hub",
            "version": "1.0.0",
            "description": "Discharge coordination by messages. What goes over HTTP to the hub is in openapi of a running hub"
            " (/openapi.json). Generated by `hub contracts`; do not edit.",
        },
        "defaultContentType": _JSON,
        "channels": {
            "in": {"address": "hub.in.{system}", "description": _IN, "parameters": _SYSTEM, "messages": listed(in_)},
            "out": {"address": "hub.out.{system}", "description": _OUT, "parameters": _SYSTEM, "messages": listed(out)},
            "webhook": {
                "address": None,
                "title": "The system's webhook",
                "description": _WEBHOOK,
                "messages": listed(calls),
            },
            "fhir": {
                "address": None,
                "title": "The system's $process-message",
                "description": _PUSH,
                "messages": listed(pushes),
            },
            "subscription": {
                "address": None,
                "title": "The endpoint of the system's Subscription",
                "description": _SUBSCRIPTION,
                "messages": listed(notifications),
            },
        },
        "operations": {
            "act": {"action": "receive", "channel": {"$ref": "#/channels/in"}},
            "tell": {"action": "send", "channel": {"$ref": "#/channels/out"}},
            "call": {
                "action": "send",
                "channel": {"$ref": "#/channels/webhook"},
                "bindings": {"http": {"method": "POST", "bindingVersion": "0.3.0"}},
            },
            "push": {
                "action": "send",
                "channel": {"$ref": "#/channels/fhir"},
                "bindings": {"http": {"method": "POST", "bindingVersion": "0.3.0"}},
            },
            "notify": {
                "action": "send",
                "channel": {"$ref": "#/channels/subscription"},
                "bindings": {"http": {"method": "POST", "bindingVersion": "0.3.0"}},
            },
        },
        "components": {
            "messages": {name: {**message, "examples": shown[name]} for name, message in messages.items()},
            "schemas": asyncapi_headers.schemas(),
        },
    }
    head = "# Generated by `hub contracts`; do not edit.\n"
    return (head + yaml.dump(content, Dumper=_NoAnchors, sort_keys=False, allow_unicode=True, width=118)).encode()


class _NoAnchors(yaml.CSafeDumper):
    """No anchors: a reader of AsyncAPI need not know YAML's."""

    def ignore_aliases(self, data: Any) -> bool:
        _ = data
        return True
