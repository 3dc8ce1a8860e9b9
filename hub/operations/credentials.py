"""Rotates the credentials of a system: a new one is made, the old stays valid for a time. Imports the directory and the store."""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from hub import clock
from hub.directory.credentials import values
from hub.errors import Refused
from hub.operations.known import no_such_system, the_directory
from hub.operations.reason import given
from hub.store import credentials, operator_log
from hub.store.credentials import Connection, Credential, Kind, named, sha256
from hub.store.transaction import Store
from schemas.directory import System
from schemas.ways_out import FhirOut, WebhookOut

OLD_FOR: Final = timedelta(days=7)
"""For how long the old one is valid beside the new, unless it is said otherwise."""
_AT_ONCE: Final = timedelta(seconds=2)
"""So soon after another rotation ended the former ones, its own credential is not in force in every hub."""
LEAD: Final = timedelta(hours=1)
"""After which time the hub shows a new bearer token: the system must know it first."""


@dataclass(frozen=True, slots=True)
class NewCredential:
    """A new credential; ``value`` is shown this once."""

    kind: Kind
    value: str
    since: datetime
    old_until: datetime


async def rotate(
    connection: Connection, system: System, kind: str, old_for: timedelta, who: str, reason: str
) -> NewCredential:
    """Make a new credential of a kind; of the others the one in force ends after ``old_for``. Two are valid at a time: raises ``Refused``
    409 while the former rotation is under way, unless the others are to end at once. Of several that are made at the same time all but
    the first are refused: each would end the one before, which nobody has used yet.
    """
    kind = _its(system, kind)
    await credentials.lock(connection, system.id)
    now = clock.now()
    mine = [one for one in await credentials.of(connection, system.id) if one.kind == kind]
    if any(one.until is not None and now - _AT_ONCE < one.until <= now for one in mine):
        raise Refused(
            "rotation-under-way",
            f"Ett annat byte gjordes nyss, och dess hemlighet gäller. Vänta {_AT_ONCE.seconds} sekunder innan den byts igen.",
            f"Another rotation was made just now, and its credential is in force. Wait {_AT_ONCE.seconds} seconds before it is rotated.",
            "/kind",
            409,
        )
    going = [one for one in mine if one.until is not None and one.until > now]
    if (going or any(one.since > now for one in mine)) and old_for > timedelta():
        raise Refused(
            "rotation-under-way",
            "Ett byte pågår redan: den förra gäller ännu. Vänta tills den har upphört, eller låt den upphöra nu (old_for_s: 0).",
            "A rotation is under way: the former one is valid still. Wait until it has ended, or let it end now (old_for_s: 0).",
            "/kind",
            409,
        )
    since = now + min(LEAD, old_for) if kind == "bearer" else now
    old_until = max(now + old_for, since)
    shown = _secret() if kind == "secret" else secrets.token_urlsafe(32)
    await credentials.end(connection, [one.id for one in mine if one.until is None or one.until > now], old_until)
    await credentials.add(
        connection, system.id, kind, sha256(shown) if kind == "token" else shown, sha256(shown), since, who
    )
    await operator_log.record(connection, who, f"rotate {kind}", system.id, reason)
    return NewCredential(kind, shown, since, old_until)


def kinds(system: System) -> tuple[Kind, ...]:
    """The kinds of credentials that a system has."""
    found: list[Kind] = ["token"] if system.token_sha256 else []
    found += ["secret"] if isinstance(system.out, WebhookOut) else []
    found += ["bearer"] if isinstance(system.out, FhirOut) else []
    return tuple(found)


def _its(system: System, kind: str) -> Kind:
    """The kind of credential, if the system has one such. Raises ``Refused`` 404."""
    for one in (have := kinds(system)):
        if one == kind:
            return one
    raise Refused(
        "no-such-credential",
        f"Systemet använder ingen sådan hemlighet; det har {', '.join(have) or 'ingen'}.",
        f"The system uses no such credential; it has {', '.join(have) or 'none'}.",
        "/kind",
        404,
    )


def _secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


@dataclass(frozen=True, slots=True)
class ListedCredential:
    """A credential that is valid, or will be, without its value."""

    system: str
    kind: Kind
    known_as: str
    """The first 16 characters of its SHA-256."""
    since: datetime
    until: datetime | None
    who: str | None


async def listed(connection: Connection, system: System) -> list[ListedCredential]:
    """The credentials of a system that have not ended, with their time; nothing of their value."""
    now = clock.now()
    known = await credentials.of(connection, system.id)
    return [
        ListedCredential(one.system, one.kind, one.sha256[:16], one.since, one.until, one.who)
        for one in known
        if (one.until is None or one.until > now) and (one.value is not None or _is_named(system, one))
    ]


def _is_named(system: System, one: Credential) -> bool:
    return any((kind, sha) == (one.kind, one.sha256) for kind, sha, _ in named(system))


@dataclass(frozen=True, slots=True)
class EndedCredential:
    """A credential that has ended."""

    system: str
    kind: Kind
    known_as: str


async def end(connection: Connection, system: System, known_as: str, who: str, reason: str) -> EndedCredential:
    """End one credential now. Raises ``Refused`` where it is the last of its kind, or none is known so."""
    await credentials.lock(connection, system.id)
    now = clock.now()
    known = await credentials.of(connection, system.id)
    found = [one for one in known if one.sha256.startswith(known_as) and (one.until is None or one.until > now)]
    if len(found) != 1 or len(known_as) < _KNOWN_BY:
        raise Refused(
            "unknown-credential",
            f"Ingen giltig hemlighet hos {system.id} är känd så; listan över hemligheter säger hur de är kända.",
            f"No one credential of {system.id} is known so; the list of credentials says how they are known.",
            "/known_as",
            404,
        )
    (one,) = found
    left = [
        each
        for each in values(system, known, one.kind, now)
        if each not in {one.value, one.sha256} and sha256(each) != one.sha256
    ]
    if not left:
        raise Refused(
            "last-credential",
            f"Det är systemets enda {one.kind}: byt den först, och låt den gamla upphöra nu (old_for_s: 0).",
            f"It is the only {one.kind} of the system: rotate it first, and let the old one end now (old_for_s: 0).",
            "/known_as",
        )
    await credentials.end(connection, [one.id], now)
    await operator_log.record(connection, who, f"end {one.kind}", system.id, reason)
    return EndedCredential(system.id, one.kind, one.sha256[:16])


_KNOWN_BY: Final = 8
"""The fewest characters by which a credential is named."""


async def rotate_by_hand(
    store: Store, system: str, kind: str, old_for_s: float, who: str, reason: str
) -> NewCredential:
    """``rotate`` for operations."""
    reason = given(reason)
    found = await _named(store, system)
    async with store.transaction() as connection:
        return await rotate(connection, found, kind, timedelta(seconds=old_for_s), who, reason)


async def end_by_hand(store: Store, system: str, known_as: str, who: str, reason: str) -> EndedCredential:
    """``end`` for operations."""
    reason = given(reason)
    found = await _named(store, system)
    async with store.transaction() as connection:
        return await end(connection, found, known_as, who, reason)


async def of_systems(store: Store, system: str | None) -> list[ListedCredential]:
    """The credentials of a system, or of all."""
    systems = [await _named(store, system)] if system else list((await the_directory(store)).systems)
    async with store.transaction() as connection:
        return [one for each in systems for one in await listed(connection, each)]


async def _named(store: Store, system: str) -> System:
    found = (await the_directory(store)).system_by_id.get(system)
    if found is None:
        raise no_such_system(system)
    return found
