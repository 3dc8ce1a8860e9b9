"""The CapabilityStatement of the hub: one operation, the definitions that can be read, Subscriptions and their topics, two formats, the
events that are read and told. Imports the names, the table's definitions, the elements' list and the topics.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from hub.translators.fhir import names
from hub.translators.fhir.definitions import KINDS, OPERATION, OPERATION_URL, SINCE, message_url
from hub.translators.fhir.profile_elements import RESOURCES
from hub.translators.fhir.profiles import url_of
from hub.translators.fhir.subscription import IG, PROFILE, topics

_TOPIC: Final = f"{IG}/StructureDefinition/capabilitystatement-subscriptiontopic-canonical"
_SERVER: Final = f"{IG}/CapabilityStatement/backport-subscription-server-r4"
_SUBSCRIPTIONS: Final = (
    "A system's own, by its own token. criteria is one of the topics; the topic of all kinds takes the filter "
    "MessageHeader?event=<kind>,<kind>. The channel is rest-hook, its payload empty, id-only or full-resource. A kind of notice goes by "
    "one Subscription; without an active one it is kept and waits."
)
_NOTICES: Final = "The message Bundles to which notifications refer: what the system was told, and nothing else."
_ONLY_IN_MESSAGES: Final = "Only inside message Bundles: there is no interaction with it."


def capabilities(base: str) -> bytes:
    """The statement in JSON. ``base``: the address of this hub's ``/fhir``."""
    operation = {
        "name": OPERATION,
        "definition": OPERATION_URL,
        "documentation": (
            "One message Bundle, its MessageHeader.eventCoding of the system "
            f"{names.EVENT}: {', '.join(sorted(names.READS))}. "
            "The answer is a message Bundle with MessageHeader.response, or an OperationOutcome."
        ),
    }
    security = {
        "cors": False,
        "description": (
            "Authorization: Bearer with the system's token, on $process-message, Subscription and Bundle; what is read of definitions "
            "needs none."
        ),
    }
    readable = [{"type": kind, "interaction": [{"code": "read"}], "versioning": "no-version"} for kind in KINDS]
    carried = [
        {"type": kind, "supportedProfile": [url_of(kind)], "documentation": _ONLY_IN_MESSAGES}
        for kind in RESOURCES
        if kind != "Bundle"
    ]
    notices = {
        "type": "Bundle", "supportedProfile": [url_of("Bundle")], "interaction": [{"code": "read"}], "documentation": _NOTICES,
    }  # fmt: skip
    resources = [*readable, _subscription(), notices, *carried]
    events = [{"mode": "receiver", "definition": message_url(name)} for name in sorted(names.READS)]
    events += [{"mode": "sender", "definition": message_url(name)} for name in sorted(names.WRITES)]
    transport = {"system": "http://terminology.hl7.org/CodeSystem/message-transport", "code": "http"}
    statement: dict[str, Any] = {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": SINCE,
        "kind": "instance",
        "software": {"name": "Samverkan hub"},
        "implementation": {
            "description": "The message hub for Swedish discharge coordination (SVU) and individual plans (SIP).",
            "url": base,
        },
        "instantiates": [_SERVER],
        "fhirVersion": "4.0.1",
        "format": [names.JSON, names.XML],
        "rest": [
            {
                "mode": "server",
                "security": security,
                "resource": resources,
                "operation": [operation],
            }
        ],
        "messaging": [
            {
                "endpoint": [{"protocol": transport, "address": f"{base}/${OPERATION}"}],
                "documentation": "As receiver over HTTP and Kafka; as sender to each system over the way that the directory says.",
                "supportedMessage": events,
            }
        ],
    }
    return msgspec.json.encode(statement)


def _subscription() -> dict[str, Any]:
    """What can be done with Subscriptions, and on which topics."""
    operations = [
        {"name": name, "definition": f"{IG}/OperationDefinition/backport-subscription-{name}"}
        for name in ("status", "events")
    ]
    searches = [
        {"name": name, "definition": f"http://hl7.org/fhir/SearchParameter/Subscription-{name}", "type": kind}
        for name, kind in (("url", "uri"), ("status", "token"), ("criteria", "string"))
    ]
    return {
        "extension": [{"url": _TOPIC, "valueCanonical": topic} for topic in topics()],
        "type": "Subscription",
        "supportedProfile": [PROFILE],
        "documentation": _SUBSCRIPTIONS,
        "interaction": [{"code": code} for code in ("create", "read", "update", "delete", "search-type")],
        "versioning": "no-version",
        "updateCreate": False,
        "searchParam": searches,
        "operation": operations,
    }
