"""Signing in at one provider, or at none: what the ways of it share, and the session in the end. Imports the provider, the tokens, the
store and the operations' rights.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hub import clock
from hub.errors import Refused
from hub.operations.rights import Right, rights_of
from hub.settings import OpenIdSettings
from hub.sign_in import person as persons
from hub.sign_in import tokens
from hub.sign_in.provider import Provider
from hub.store import operator_log, operator_sessions
from hub.store.transaction import Store


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Somebody who is signed in; ``token`` is shown this once."""

    token: str
    who: str
    roles: list[str]
    rights: frozenset[Right]
    until: datetime
    next: str


class SignIn:
    """Signing in at the provider of the settings."""

    def __init__(self, store: Store, settings: OpenIdSettings | None, *, production: bool) -> None:
        self.store = store
        self.provider = None if settings is None else Provider(settings, production=production)
        self._roles = {} if settings is None else persons.roles_by_name(settings)

    async def close(self) -> None:
        """Close the connections to the provider."""
        if self.provider is not None:
            await self.provider.close()

    def at_provider(self) -> Provider:
        """The provider. Raises ``Refused`` 409 where the installation has none."""
        if self.provider is None:
            raise Refused(
                "no-sign-in",
                "Här loggar ingen in: installationen har ingen inloggningstjänst (HUB_OPENID__…). Program anropar med en egen nyckel"
                " (hub operators token).",
                "Nobody signs in here: the installation has no sign-in service (HUB_OPENID__…). Programs call with a token of their own"
                " (hub operators token).",
                "/",
                409,
            )
        return self.provider

    async def session(self, answered: dict[str, Any], nonce: str | None, next_: str) -> SignedIn:
        """The session of whom the provider's tokens tell. Raises ``Refused``."""
        provider = self.at_provider()
        settings = provider.settings
        access_token = answered.get("access_token")
        try:
            claims = await tokens.signed_in(provider, answered.get("id_token"), nonce, access_token)
        except tokens.Untrue as untrue:
            raise tokens.refusal(untrue) from None
        asked = (settings.name_claim, settings.roles_claim)
        if any(persons.at(claims, one) is None for one in asked) and isinstance(access_token, str):
            more = await provider.user_info(access_token)
            if more.get("sub") == claims["sub"]:
                claims = {**more, **claims}
        person = persons.person_of(claims, settings, self._roles)
        roles, lasts, idle = (
            sorted(person.roles),
            timedelta(seconds=settings.session_s),
            timedelta(seconds=settings.idle_s),
        )
        until = clock.now() + lasts
        async with self.store.transaction() as connection:
            who = person.who
            if await operator_sessions.is_of_another(connection, who, person.subject):
                who = f"{who} ({person.subject[:4]})"
            if roles:
                begun = await operator_sessions.begin(
                    connection,
                    who,
                    person.roles,
                    until,
                    idle,
                    subject=person.subject,
                    provider_session=person.provider_session,
                )
                target, reason = f"session {begun.id}", f"as {', '.join(roles)}"
                await operator_log.record(connection, who, "sign in", target, reason)
            else:
                await operator_log.record(connection, who, "sign in refused", "sign-in", "no role of the hub's")
        if not roles:
            raise persons.no_role()
        return SignedIn(begun.token, who, roles, rights_of(person.roles), until, next_)


def unknown(element: str) -> Refused:
    """The refusal of a sign-in that is not under way."""
    return Refused(
        "sign-in-unknown",
        "Inloggningen är inte känd här: den är redan använd, för gammal eller begynt i en annan webbläsare. Logga in igen.",
        "The sign-in is not known here: it was used already, is too old, or was begun in another browser. Sign in again.",
        element,
        409,
    )


def word_of(answered: dict[str, Any]) -> str:
    """The provider's word for what is wrong, where it is one of the standard's."""
    said = answered.get("error")
    return said if isinstance(said, str) and re.fullmatch(r"[a-z_]{1,40}", said) else "no word of it"
