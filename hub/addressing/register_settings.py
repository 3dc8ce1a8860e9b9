"""The callers of the registers as the settings describe them. Imports the registers, the store and the settings only."""

from __future__ import annotations

from hub.addressing.register_watch import RegisterWatch
from hub.addressing.registers import Registers
from hub.addressing.soap_client import CallerSettings
from hub.settings import Settings
from hub.store.registers import Answers
from hub.store.transaction import Store
from hub.translators.soap.envelope import are_there
from hub.translators.soap.listing import Actor


def ttl_of(settings: Settings) -> tuple[float, float]:
    """For how many seconds an answer of the listing's register is good: one that is found, one that is not."""
    if settings.registers is None:
        return 0.0, 0.0
    return settings.registers.listing.ttl_positive, settings.registers.listing.ttl_negative


def secret_of(settings: Settings) -> bytes:
    """With which the keys of what is kept about persons are hashed; all hubs on a database have the same."""
    return b"" if settings.registers is None else settings.registers.key_secret.encode()


def registers_of(settings: Settings, store: Store, watch: RegisterWatch) -> Registers | None:
    """The registers; None where none are set. Raises ``Misconfigured`` when the contracts are not in the package."""
    if settings.registers is None:
        return None
    are_there()
    found = settings.registers
    one, two, three = (
        CallerSettings(**register.model_dump()) for register in (found.folkbokforing, found.listing, found.hsa)
    )
    return Registers(
        folkbokforing=one,
        listing=two,
        hsa=three,
        actor=Actor(found.actor),
        cache=Answers(store),
        key_secret=found.key_secret.encode(),
        on_lookup=watch.looked_up,
        on_failure=watch.failed,
    )
