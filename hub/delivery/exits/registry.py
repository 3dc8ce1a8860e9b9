"""The registry of ways out: the exit of each way that the directory may name. Imports the exits.

A new way out is one entry in ``EXITS``; CONTRIBUTING.md says what else belongs to it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hub.delivery.exits import kafka
from hub.delivery.exits.addresses import Allowed
from hub.delivery.exits.fhir import FhirExit
from hub.delivery.exits.subscription import SubscriptionExit
from hub.delivery.exits.webhook import WebhookExit
from hub.delivery.outgoing import Exit
from hub.store.transaction import Store


@dataclass(frozen=True, slots=True)
class ExitResources:
    """What the installation gives the exits."""

    kafka_client: Mapping[str, Any]
    """As ``settings.kafka_client`` gives it."""
    partitions_of: Callable[[str], int | None]
    """Topic → how many of its partitions are written to, from the first; None: all."""
    addresses: Allowed
    """The addresses that are called over HTTP."""
    store: Store
    """Where Subscriptions are kept."""


async def _webhook(resources: ExitResources) -> Exit:
    return WebhookExit(resources.addresses)


async def _fhir(resources: ExitResources) -> Exit:
    return FhirExit(resources.addresses)


async def _subscription(resources: ExitResources) -> Exit:
    return SubscriptionExit(resources.addresses, resources.store)


async def _kafka(resources: ExitResources) -> Exit:
    return await kafka.connect(resources.kafka_client, resources.partitions_of)


EXITS: Mapping[str, Callable[[ExitResources], Awaitable[Exit]] | None] = {
    "kafka": _kafka,
    "webhook": _webhook,
    "fhir": _fhir,
    "inbox": None,
    "subscription": _subscription,
}
"""Way (``System.out.way``) → opens its exit; None: kept until acknowledged, so nothing is sent (``pull_inbox``). Raises
``Misconfigured`` when the exit cannot work.
"""


async def open_exits(resources: ExitResources) -> dict[str, Exit]:
    """Open the exits of all ways that send."""
    return {way: await opens(resources) for way, opens in EXITS.items() if opens is not None}
