"""Reads and writes FHIR R4 message Bundles, without clock and I/O. Imports the language, the errors, msgspec, lxml and
fhir.resources.

One module reads and writes each group of resources; ``table`` lists the messages, ``names`` the hub's URIs, ``paths`` the place of
each field. See fhir.md and ``contracts/fhir/``.
"""

from hub.translators.fhir.announcement import write_announcement
from hub.translators.fhir.answer import ReceiverAnswer, read_answer
from hub.translators.fhir.capabilities import capabilities
from hub.translators.fhir.definitions import KINDS, definition
from hub.translators.fhir.names import JSON, READS, WRITES, XML
from hub.translators.fhir.notification import (
    NotificationType,
    SubscriptionEvent,
    SubscriptionState,
    bundle_in_json,
    read_parameters,
    status_parameters,
    write_bundle,
    write_events,
    write_notification,
    write_resource,
    write_searchset,
)
from hub.translators.fhir.reader import MAX_BYTES, Glimpse, glimpse, is_lean, read
from hub.translators.fhir.response import write_response
from hub.translators.fhir.subscription import (
    MAX_SUBSCRIPTION,
    SubscriptionAsked,
    SubscriptionChannel,
    channel_of,
    read_subscription,
    subscription_tree,
    topic,
    unfit,
)
from hub.translators.fhir.writer import write_notice, write_request
from hub.translators.fhir.xml_writer import as_xml, load_elements

__all__ = [
    "JSON",
    "KINDS",
    "MAX_BYTES",
    "MAX_SUBSCRIPTION",
    "READS",
    "WRITES",
    "XML",
    "Glimpse",
    "NotificationType",
    "ReceiverAnswer",
    "SubscriptionAsked",
    "SubscriptionChannel",
    "SubscriptionEvent",
    "SubscriptionState",
    "as_xml",
    "bundle_in_json",
    "capabilities",
    "channel_of",
    "definition",
    "glimpse",
    "is_lean",
    "load_elements",
    "read",
    "read_answer",
    "read_parameters",
    "read_subscription",
    "status_parameters",
    "subscription_tree",
    "topic",
    "unfit",
    "write_announcement",
    "write_bundle",
    "write_events",
    "write_notice",
    "write_notification",
    "write_request",
    "write_resource",
    "write_response",
    "write_searchset",
]
