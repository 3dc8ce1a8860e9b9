"""Who has signed in, as the trail names them, and the roles that the provider gives them. Imports the rights, the settings and the
person numbers.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from hub.errors import Misconfigured, Refused
from hub.log import log
from hub.operations.rights import ROLES
from hub.settings import OpenIdSettings
from schemas.person_numbers import holds_person_number

_MOST_CHARACTERS: Final = 100
_UNSHOWN: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""Controls, among them those that turn the direction of what stands beside them."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who has signed in at the provider."""

    who: str
    subject: str
    provider_session: str | None
    """Both as ``known_as`` has them."""
    roles: frozenset[str]


def roles_by_name(settings: OpenIdSettings) -> dict[str, str]:
    """The provider's name of each role → the hub's. Raises ``Misconfigured`` of a role that the hub does not have."""
    found = {role: role for role in ROLES} if not settings.roles.strip() else {}
    for written in filter(None, (one.strip() for one in settings.roles.split(","))):
        theirs, sign, ours = (part.strip() for part in written.rpartition("="))
        if not sign or not theirs or ours not in ROLES:
            raise Misconfigured(
                "HUB_OPENID__ROLES is wrong: write their-name=role, with commas between; the roles are "
                + ", ".join(ROLES)
            )
        found[theirs] = ours
    return found


def at(claims: Mapping[str, Any], path: str) -> Any:
    """A claim by its name, or by the names on the way to it with dots between; None where there is none."""
    if path in claims:
        return claims[path]
    found: Any = claims
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found


def person_of(claims: Mapping[str, Any], settings: OpenIdSettings, roles: Mapping[str, str]) -> Person:
    """Who the claims tell of. Raises ``Refused`` 403 where the name cannot be shown, or no role is one of the hub's."""
    session = claims.get("sid")
    return Person(
        _shown(at(claims, settings.name_claim)),
        known_as(settings.issuer, claims["sub"]),
        known_as(settings.issuer, session) if isinstance(session, str) and session else None,
        _roles(at(claims, settings.roles_claim), roles),
    )


def known_as(issuer: str, name: str) -> str:
    """The provider's name of a person or a session as the hub keeps it: hashed, since some providers name people by their personal
    identity number.
    """
    return hashlib.sha256(f"{issuer}\n{name}".encode()).hexdigest()


def no_role() -> Refused:
    """The refusal of somebody whom the provider gives no role of the hub's."""
    return Refused(
        "no-role",
        "Du har ingen roll i hubben. Be den som delar ut behörigheter hos er om en: " + ", ".join(ROLES) + ".",
        "You have no role in the hub. Ask whoever grants rights in your organisation for one: "
        + ", ".join(ROLES)
        + ".",
        "/roles",
        403,
    )


def _shown(name: Any) -> str:
    if not isinstance(name, str) or not name.strip() or len(name) > _MOST_CHARACTERS or _UNSHOWN.search(name):
        log.warning("sign_in_refused", reason="the claim of HUB_OPENID__NAME_CLAIM is no name")
        raise _unnamed(
            "Inloggningstjänsten säger inte vad du heter, och det du gör ska bära ditt namn. Säg till dem som sköter hubben.",
            "The sign-in service does not say your name, and what you do shall bear it. Tell those who run the hub.",
        )
    if holds_person_number(name):
        log.warning("sign_in_refused", reason="the claim of HUB_OPENID__NAME_CLAIM holds a personal identity number")
        raise _unnamed(
            "Namnet från inloggningstjänsten innehåller ett personnummer, som inte får stå i spåret. Säg till dem som sköter hubben:"
            " HUB_OPENID__NAME_CLAIM ska nämna ett namn.",
            "The name from the sign-in service holds a personal identity number, which must not stand in the trail. Tell those who run"
            " the hub: HUB_OPENID__NAME_CLAIM shall name a name.",
        )
    return " ".join(name.split())


def _unnamed(sv: str, en: str) -> Refused:
    return Refused("shown-name", sv, en, "/name", 403)


def _roles(given: Any, names: Mapping[str, str]) -> frozenset[str]:
    """The hub's roles among what the provider gives: a list of names, one name, or an object whose members are the names."""
    several = [given] if isinstance(given, str) else given if isinstance(given, list | dict) else ()
    return frozenset(names[one] for one in several if isinstance(one, str) and one in names)
