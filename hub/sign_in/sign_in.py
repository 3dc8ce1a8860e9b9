"""Signing in, from the first call to the session. Imports the provider, the tokens, the store and the operations' rights.

Three secrets belong to a sign-in in a browser: ``state`` goes by the browser's address, ``proof`` stays with who began (a cookie), and
``code_verifier`` (PKCE) never leaves the hub. So a code that is caught on its way, or an address that is sent to somebody else, signs
nobody in.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from hub import clock
from hub.errors import Refused
from hub.log import log
from hub.operations.rights import Right, rights_of
from hub.settings import OpenIdSettings
from hub.sign_in import person as persons
from hub.sign_in import tokens
from hub.sign_in.provider import Provider
from hub.store import operator_log, operator_sessions, sign_ins
from hub.store.transaction import Store
from schemas.person_numbers import holds_person_number

_SIGN_IN_FOR: Final = timedelta(minutes=10)
"""So long somebody may be at the provider."""
_MOST_UNDER_WAY: Final = 5_000
_AT_PROVIDER: Final = "ended at the sign-in service"
_OWN_PATH: Final = re.compile(r"/(?![/\\])[!-\[\]-~]{0,2000}")
"""An address on the console's own host."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in that has begun: where the browser goes, and what who began keeps."""

    authorization_url: str
    state: str
    proof: str
    until: datetime


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
    """Signing in at one provider, or at none."""

    def __init__(self, store: Store, settings: OpenIdSettings | None, *, production: bool) -> None:
        self.store = store
        self._settings = settings
        self._provider = None if settings is None else Provider(settings, production=production)
        self._roles = {} if settings is None else persons.roles_by_name(settings)

    async def close(self) -> None:
        """Close the connections to the provider."""
        if self._provider is not None:
            await self._provider.close()

    # --- in a browser -----------------------------------------------------------------------------------------------------

    async def begin(self, redirect_uri: str, next_: str) -> Begun:
        """Begin a sign-in. ``next_``: where the browser goes when it is done. Raises ``Refused``."""
        settings, provider = self.at_provider()
        if redirect_uri not in settings.allowed_redirects:
            raise Refused(
                "redirect-uri",
                "Hit får inloggningstjänsten inte sända webbläsaren. Adressen ska stå i HUB_OPENID__REDIRECT_URIS.",
                "The sign-in service may not send the browser here. The address shall stand in HUB_OPENID__REDIRECT_URIS.",
                "/redirect_uri",
                400,
            )
        if _OWN_PATH.fullmatch(next_) is None or holds_person_number(next_):
            raise Refused(
                "redirect-uri",
                "Ange i next en sida på samma värd, som börjar med ett snedstreck, utan personnummer.",
                "Give in next a page of the same host, which begins with a slash, without a personal identity number.",
                "/next",
                400,
            )
        address = await provider.needed("authorization_endpoint")
        state, proof, nonce, verifier = (secrets.token_urlsafe(48) for _ in range(4))
        until = clock.now() + _SIGN_IN_FOR
        async with self.store.transaction() as connection:
            await sign_ins.sweep(connection)
            await self._has_room(connection)
            await sign_ins.keep(connection, state, proof, sign_ins.SignIn(nonce, verifier, redirect_uri, next_), until)
        url = prepare_grant_uri(
            address,
            client_id=settings.client_id,
            response_type="code",
            redirect_uri=redirect_uri,
            scope=settings.scope,
            state=state,
            nonce=nonce,
            code_challenge=create_s256_code_challenge(verifier),
            code_challenge_method="S256",
        )
        return Begun(url, state, proof, until)

    async def complete(self, state: str, proof: str, code: str) -> SignedIn:
        """Take the code with which the browser has come back. Raises ``Refused``."""
        _, provider = self.at_provider()
        async with self.store.transaction() as connection:
            found = await sign_ins.take(connection, state, proof)
        if found is None:
            raise _unknown("/state")
        status, answered = await provider.post(
            "token_endpoint",
            {
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": found.redirect_uri,
                "code_verifier": found.code_verifier,
            },
        )
        if status != 200:
            raise tokens.refusal(tokens.Untrue(f"the provider refuses the code: {_error(answered)}"))
        return await self._session(provider, answered, found.nonce, found.next)

    # --- on a device, as the command line ---------------------------------------------------------------------------------

    async def begin_device(self) -> DeviceBegun:
        """Begin a sign-in that somebody makes in a browser elsewhere (RFC 8628). Raises ``Refused``."""
        settings, provider = self.at_provider()
        async with self.store.transaction() as connection:
            await sign_ins.sweep(connection)
            await self._has_room(connection)
        status, answered = await provider.post("device_authorization_endpoint", {"scope": settings.scope})
        offered = _offered(answered) if status == 200 else None
        if offered is None:
            raise tokens.refusal(tokens.Untrue(f"the provider signs no device in: {_error(answered)}"))
        device_code, user_code, address, interval_s, lasts_s = offered
        until = clock.now() + timedelta(seconds=lasts_s)
        device, whole = secrets.token_urlsafe(48), answered.get("verification_uri_complete")
        async with self.store.transaction() as connection:
            await sign_ins.keep_device(connection, device, device_code, interval_s, until)
        return DeviceBegun(device, user_code, address, whole if isinstance(whole, str) else None, interval_s, until)

    async def complete_device(self, device: str) -> SignedIn:
        """Ask whether somebody has signed the device in. Raises ``Refused`` 409 ``sign-in-awaited`` as long as nobody has, and 429
        where it is asked too often.
        """
        _, provider = self.at_provider()
        async with self.store.transaction() as connection:
            found = await sign_ins.device_asks(connection, device)
        if found is None:
            raise _unknown("/device")
        if found.too_soon:
            raise Refused(
                "sign-in-awaited",
                "Fråga inte oftare än vad interval säger.",
                "Ask no more often than interval says.",
                "/device",
                429,
            )
        status, answered = await provider.post(
            "token_endpoint",
            {"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": found.device_code},
        )
        said = None if status == 200 else _error(answered)
        if said in {"authorization_pending", "slow_down"}:
            if said == "slow_down":
                async with self.store.transaction() as connection:
                    await sign_ins.slow_down(connection, device, 5.0)
            raise Refused(
                "sign-in-awaited",
                "Ingen har loggat in än. Öppna adressen i en webbläsare och ange koden.",
                "Nobody has signed in yet. Open the address in a browser and enter the code.",
                "/device",
                409,
            )
        async with self.store.transaction() as connection:
            is_first = await sign_ins.device_ends(connection, device)
        if said is not None:
            raise tokens.refusal(tokens.Untrue(f"the provider refuses the device: {said}"))
        if not is_first:
            raise _unknown("/device")
        return await self._session(provider, answered, None, "/")

    # --- its end ----------------------------------------------------------------------------------------------------------

    async def end_session_url(self) -> str | None:
        """Where the browser goes to sign out at the provider too; None where there is no such place."""
        if self._settings is None or self._provider is None:
            return None
        try:
            address = await self._provider.endpoint("end_session_endpoint")
        except Refused:  # whoever signs out is signed out here, whether the provider answers or not
            return None
        if address is None:
            return None
        more = {"client_id": self._settings.client_id}
        if self._settings.after_sign_out:
            more["post_logout_redirect_uri"] = self._settings.after_sign_out
        return _with_query(address, more)

    async def ended_at_provider(self, logout_token: str) -> int:
        """End the sessions of which the provider says that they have ended (Back-Channel Logout); how many. Raises ``Refused`` 400 of a
        token that is not what it should be, or that was taken before.
        """
        _, provider = self.at_provider()
        try:
            told = await tokens.logged_out(provider, logout_token)
        except tokens.Untrue as untrue:
            raise _no_logout(str(untrue)) from None
        async with self.store.transaction() as connection:
            if not await sign_ins.logout_is_new(connection, told.jti, told.until):
                raise _no_logout("it was taken before")
            ended = await operator_sessions.end_of_provider(
                connection, told.subject, told.provider_session, _AT_PROVIDER
            )
            for one in ended:
                await operator_log.record(connection, one.who, "sign out", f"session {one.id}", _AT_PROVIDER)
        return len(ended)

    # --- what they share --------------------------------------------------------------------------------------------------

    def at_provider(self) -> tuple[OpenIdSettings, Provider]:
        """The provider. Raises ``Refused`` 409 where the installation has none."""
        if self._settings is None or self._provider is None:
            raise Refused(
                "no-sign-in",
                "Här loggar ingen in: installationen har ingen inloggningstjänst (HUB_OPENID__…). Program anropar med en egen nyckel"
                " (hub operators token).",
                "Nobody signs in here: the installation has no sign-in service (HUB_OPENID__…). Programs call with a token of their own"
                " (hub operators token).",
                "/",
                409,
            )
        return self._settings, self._provider

    async def _has_room(self, connection: sign_ins.Connection) -> None:
        if await sign_ins.under_way(connection) >= _MOST_UNDER_WAY:
            raise Refused(
                "too-often",
                "För många inloggningar pågår. Försök igen om en stund.",
                "Too many sign-ins are under way. Try again in a while.",
                "/",
                429,
            )

    async def _session(self, provider: Provider, answered: dict[str, Any], nonce: str | None, next_: str) -> SignedIn:
        """The session of whom the provider's tokens tell."""
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
        until = clock.now() + timedelta(seconds=settings.session_s)
        if not person.roles:
            async with self.store.transaction() as connection:
                await operator_log.record(connection, person.who, "sign in refused", "sign-in", "no role of the hub's")
            raise persons.no_role()
        roles = sorted(person.roles)
        async with self.store.transaction() as connection:
            begun = await operator_sessions.begin(
                connection,
                person.who,
                person.roles,
                until,
                timedelta(seconds=settings.idle_s),
                subject=person.subject,
                provider_session=person.provider_session,
            )
            await operator_log.record(
                connection, person.who, "sign in", f"session {begun.id}", f"as {', '.join(roles)}"
            )
        return SignedIn(begun.token, person.who, roles, rights_of(person.roles), until, next_)


@dataclass(frozen=True, slots=True)
class DeviceBegun:
    """A device's sign-in that has begun; ``device`` is its secret, by which it asks."""

    device: str
    user_code: str
    verification_uri: str
    verification_uri_complete: str | None
    interval_s: float
    until: datetime


def _unknown(element: str) -> Refused:
    return Refused(
        "sign-in-unknown",
        "Inloggningen är inte känd här: den är redan använd, för gammal eller begynt i en annan webbläsare. Logga in igen.",
        "The sign-in is not known here: it was used already, is too old, or was begun in another browser. Sign in again.",
        element,
        409,
    )


def _no_logout(why: str) -> Refused:
    log.warning("logout_token_refused", reason=why)
    return Refused(
        "logout-token",
        "Detta är inget logout_token från inloggningstjänsten för den här hubben, eller så är det redan använt.",
        "This is no logout_token of the sign-in service for this hub, or it was used already.",
        "/logout_token",
        400,
    )


def _error(answered: dict[str, Any]) -> str:
    """The provider's word for what is wrong, where it is one of the standard's."""
    said = answered.get("error")
    return said if isinstance(said, str) and re.fullmatch(r"[a-z_]{1,40}", said) else "no word of it"


def _offered(answered: dict[str, Any]) -> tuple[str, str, str, float, float] | None:
    """What the provider offers a device: its code, the person's, the address, seconds between questions, seconds that it lasts."""
    codes = [answered.get(one) for one in ("device_code", "user_code", "verification_uri")]
    interval_s, lasts_s = answered.get("interval", 5), answered.get("expires_in")
    if not all(isinstance(one, str) and one for one in codes):
        return None
    if not isinstance(interval_s, int | float) or not isinstance(lasts_s, int | float):
        return None
    device_code, user_code, address = map(str, codes)
    return device_code, user_code, address, min(max(float(interval_s), 1.0), 60.0), min(float(lasts_s), 1800.0)


def _with_query(address: str, more: dict[str, str]) -> str:
    return f"{address}{'&' if '?' in address else '?'}{urlencode(more)}"
