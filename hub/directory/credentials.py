"""The directory with the credentials that are in force at a moment. Pure; imports the language and the store's plain rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from hub.store.credentials import Credential, Kind, named
from schemas.directory import Directory, System
from schemas.ways_out import FhirOut, WebhookOut


def in_force(directory: Directory, rotated: Iterable[Credential], at: datetime) -> Directory:
    """The directory as it was applied, without the credentials that have ended by then, and with those that rotation has added.

    A way out keeps the credentials of the directory where it would have none at all: an unsigned call is worse than an old signature.
    """
    of: defaultdict[str, list[Credential]] = defaultdict(list)
    for one in rotated:
        of[one.system].append(one)
    if not of:
        return directory
    systems = tuple(_with(system, of[system.id], at) if system.id in of else system for system in directory.systems)
    return directory.with_systems(systems)


def values(system: System, rotated: Iterable[Credential], kind: Kind, at: datetime) -> list[str]:
    """The credentials of a kind that are valid for a system then, those that rotation has added last."""
    mine = [one for one in rotated if (one.system, one.kind) == (system.id, kind)]
    ended = {one.sha256 for one in mine if one.until is not None and one.until <= at}
    found = [value for its, sha, value in named(system) if its == kind and sha not in ended]
    return found + [one.value for one in mine if one.value is not None and one.is_valid(at) and one.value not in found]


def _with(system: System, rotated: list[Credential], at: datetime) -> System:
    out = system.out
    if isinstance(out, WebhookOut) and (secrets := values(system, rotated, "secret", at)):
        out = out.model_copy(update={"secrets": tuple(secrets)})
    if isinstance(out, FhirOut) and (bearers := values(system, rotated, "bearer", at)):
        out = out.model_copy(update={"token": bearers[-1]})
    return system.model_copy(update={"out": out, "token_sha256": tuple(values(system, rotated, "token", at))})
