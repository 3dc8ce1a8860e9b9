"""Examples for the documentation page (``/docs``): one message and its receipts, of an invented unit. Imports the language
only.
"""

from __future__ import annotations

from typing import Any, Final

from schemas.messages import BilingualText, Receipt, type_of

_ID: Final = "kvittens-4711"
_CASE: Final = "0198a1f0-6c7d-7b3a-9d53-4d2f0c7b1a90"
DATA: Final = {"message": "inskrivning-4711"}
EVENT: Final = {
    "specversion": "1.0",
    "id": _ID,
    "source": "urn:hsa:SE2321000255-VC1",
    "type": type_of("kvittens"),
    "subject": _CASE,
    "time": "2026-03-02T09:00:00+01:00",
    "actor": "SE2321000255-P02",
    "actorrole": "distriktsskoterska",
    "data": DATA,
}
"""An acknowledgement as a structured event."""
ATTRIBUTES: Final = {name: value for name, value in EVENT.items() if name != "data"}
"""Its attributes, as binary mode has them."""


def _shown(receipt: Receipt) -> dict[str, Any]:
    return receipt.model_dump(mode="json", exclude_none=True, exclude_defaults=True)


ACCEPTED: Final = _shown(Receipt(message=_ID, code="ok", case=_CASE, sequence=2))
"""The receipt of a message that was accepted (200)."""
HELD: Final = _shown(
    Receipt(
        message=_ID,
        code="transient-error",
        rule="held",
        text=BilingualText(
            sv="Meddelandet är mottaget och bevarat men kan inte hanteras ännu. Sänd det inte igen; slutligt svar följer.",
            en="The message is received and kept but cannot be handled yet. Do not send it again; a final answer follows.",
        ),
    )
)
"""The receipt of a message that waits (202)."""
_BACKPORT: Final = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition"
PARAMETERS: Final[dict[str, str]] = {
    "id": _CASE,
    "unit": "SE2321000255-VC1",
    "person": "SE2321000255-P02",
    "step": "inskrivning",
    "n": "1",
    "document": "inskrivning",
    "field": "aktuellt_tillstand",
    "message": "inskrivning-4711",
    "meeting": "m-1",
    "error": "V-4",
    "sender": "SE2321000255-AVD12",
    "X-Unit": "SE2321000255-VC1",
    "X-Actor": "SE2321000255-P02",
    "X-Role": "distriktsskoterska",
    "X-Ground": "aktivt_val",
}
"""Parameter → a value that a reader of the documentation can try. Of a query all others have a default, or may be left out."""
DEFINITIONS: Final = {
    "StructureDefinition": "Consent",
    "MessageDefinition": "kvittens",
    "OperationDefinition": "process-message",
    "Bundle": "out-4711",
    "Subscription": "3f1c2a8e-5b7d-4e21-9a40-6d2f8c1b7e55",
}
"""Kind of definition, or of a resource → the id of one."""
SUBSCRIPTION: Final = {
    "resourceType": "Subscription",
    "status": "requested",
    "reason": "All that the system is told",
    "criteria": "urn:samverkan:fhir:SubscriptionTopic:all",
    "channel": {
        "extension": [{"url": f"{_BACKPORT}/backport-heartbeat-period", "valueUnsignedInt": 300}],
        "type": "rest-hook",
        "endpoint": "https://system.example/notices",
        "payload": "application/fhir+json",
        "_payload": {"extension": [{"url": f"{_BACKPORT}/backport-payload-content", "valueCode": "full-resource"}]},
        "header": ["Authorization: Bearer the-token-that-your-endpoint-asks-for"],
    },
}
"""What a system sends to make a Subscription."""
BODIES: Final[dict[str, dict[str, Any]]] = {
    "/reconciliation": {
        "since": "2026-03-02T08:00:00+01:00",
        "until": "2026-03-02T09:00:00+01:00",
        "sent": [{"id": "m-1", "outcome": "accepted"}],
        "taken": [{"id": "out-4711"}],
    },
    "/self/replay": {"since": "2026-03-02T08:00:00+01:00"},
    "/self/rotate": {"kind": "token", "old_for_s": 604_800},
    "/inbox/ack": {"acks": [{"id": "out-4711"}, {"id": "out-4712", "outcome": "read"}]},
    "/search": {"personnummer": "191212121212"},
    "/citizens/plans": {"personnummer": "191212121212"},
    "/units/{unit}/cases": {"name": "Tolvan", "status": "open"},
    "/cases/{id}/print/{document}": {"for_whom": "Patienten", "why": "Vill ha den på papper"},
}
"""Address → a body; the person is one of the numbers that Skatteverket publishes for tests."""
