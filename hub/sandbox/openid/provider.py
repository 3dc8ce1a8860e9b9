"""The provider itself: who is signed in, which codes are out, what is signed. Imports joserfc, httpx and the demo people.

What it keeps is in memory. It asks of its client what a strict provider asks: its secret, the exact address to come back to, PKCE by S256.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.jwk import ECKey

from hub.sandbox.openid.people import PEOPLE, DemoPerson

CODE_S: Final = 60.0
TOKEN_S: Final = 300
DEVICE_S: Final = 600.0
INTERVAL_S: Final = 1.0
_LETTERS: Final = "BCDFGHJKLMNPQRSTVWXZ"
_LOGOUT: Final = "http://schemas.openid.net/event/backchannel-logout"


class WrongRequest(Exception):  # noqa: N818 - the standard's own word for what is wrong
    """What is asked is refused; the text is the word of the standard."""


@dataclass(frozen=True, slots=True)
class Client:
    """Who may ask: the hub."""

    id: str
    secret: str
    redirect_uris: tuple[str, ...]
    after_sign_out: tuple[str, ...] = ()
    backchannel_logout_uri: str = ""


@dataclass(slots=True)
class _Code:
    redirect_uri: str
    challenge: str
    nonce: str | None
    subject: str
    session: str
    until: float


@dataclass(slots=True)
class _Device:
    user_code: str
    until: float
    asked_at: float = 0.0
    subject: str | None = None
    session: str = ""


@dataclass
class DemoProvider:
    """One provider with one client."""

    issuer: str
    client: Client
    people: dict[str, DemoPerson] = field(default_factory=lambda: {one.subject: one for one in PEOPLE})
    key: ECKey = field(
        default_factory=lambda: ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True)
    )
    _codes: dict[str, _Code] = field(default_factory=dict)
    _devices: dict[str, _Device] = field(default_factory=dict)
    _sessions: dict[str, str] = field(default_factory=dict)
    """Sessions at the provider, each with its person."""

    def metadata(self) -> dict[str, Any]:
        """What it says of itself (OpenID Connect Discovery 1.0)."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "device_authorization_endpoint": f"{self.issuer}/device_authorization",
            "jwks_uri": f"{self.issuer}/jwks",
            "end_session_endpoint": f"{self.issuer}/end_session",
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code", "urn:ietf:params:oauth:grant-type:device_code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            "code_challenge_methods_supported": ["S256"],
            "backchannel_logout_supported": True,
            "backchannel_logout_session_supported": True,
        }

    def keys(self) -> dict[str, Any]:
        """Its public keys."""
        return {"keys": [self.key.as_dict(private=False)]}

    # --- a browser --------------------------------------------------------------------------------------------------------

    def check(self, asked: Mapping[str, str]) -> None:
        """Raises ``WrongRequest`` of a request that is not to be answered by sending the browser back."""
        if asked.get("client_id") != self.client.id or asked.get("redirect_uri") not in self.client.redirect_uris:
            raise WrongRequest("invalid_request")
        if asked.get("response_type") != "code" or "openid" not in asked.get("scope", "").split():
            raise WrongRequest("invalid_request")
        if asked.get("code_challenge_method") != "S256" or not asked.get("code_challenge"):
            raise WrongRequest("invalid_request")

    def code(self, asked: Mapping[str, str], subject: str) -> tuple[str, str]:
        """Somebody has chosen who they are: the code with which the browser goes back, and the session."""
        self.check(asked)
        session, code = self._begin(subject), secrets.token_urlsafe(24)
        self._codes[code] = _Code(
            asked["redirect_uri"],
            asked["code_challenge"],
            asked.get("nonce"),
            subject,
            session,
            time.monotonic() + CODE_S,
        )
        return code, session

    def _begin(self, subject: str) -> str:
        if subject not in self.people:
            raise WrongRequest("access_denied")
        session = secrets.token_urlsafe(16)
        self._sessions[session] = subject
        return session

    # --- a device ---------------------------------------------------------------------------------------------------------

    def device(self) -> dict[str, Any]:
        """A device asks for its codes (RFC 8628)."""
        code, letters = secrets.token_urlsafe(24), "".join(secrets.choice(_LETTERS) for _ in range(8))
        user_code = f"{letters[:4]}-{letters[4:]}"
        self._devices[code] = _Device(user_code, time.monotonic() + DEVICE_S)
        return {
            "device_code": code,
            "user_code": user_code,
            "verification_uri": f"{self.issuer}/device",
            "verification_uri_complete": f"{self.issuer}/device?user_code={user_code}",
            "expires_in": int(DEVICE_S),
            "interval": INTERVAL_S,
        }

    def waits(self, user_code: str) -> bool:
        """Whether a device with this code waits for somebody."""
        return self._waiting(user_code) is not None

    def sign_device_in(self, user_code: str, subject: str) -> str:
        """Somebody has chosen who they are for a device: the session. Raises ``WrongRequest``."""
        found = self._waiting(user_code)
        if found is None:
            raise WrongRequest("expired_token")
        found.session = self._begin(subject)
        found.subject = subject
        return found.session

    def _waiting(self, user_code: str) -> _Device | None:
        written = user_code.strip().upper()
        return next(
            (
                one
                for one in self._devices.values()
                if one.user_code == written and one.subject is None and one.until > time.monotonic()
            ),
            None,
        )

    # --- tokens -----------------------------------------------------------------------------------------------------------

    def tokens(self, client: tuple[str, str] | None, form: Mapping[str, str]) -> dict[str, Any]:
        """What the client asks for with a code, its own or a device's. Raises ``WrongRequest``."""
        self.authenticate(client)
        if form.get("grant_type") == "authorization_code":
            code = self._codes.pop(form.get("code", ""), None)  # once only, whatever comes of it
            if code is None or code.until < time.monotonic() or code.redirect_uri != form.get("redirect_uri"):
                raise WrongRequest("invalid_grant")
            if create_s256_code_challenge(form.get("code_verifier", "")) != code.challenge:
                raise WrongRequest("invalid_grant")
            return self._answer(code.subject, code.session, code.nonce)
        if form.get("grant_type") != "urn:ietf:params:oauth:grant-type:device_code":
            raise WrongRequest("unsupported_grant_type")
        device = self._devices.get(form.get("device_code", ""))
        if device is None or device.until < time.monotonic():
            raise WrongRequest("expired_token")
        before, device.asked_at = device.asked_at, time.monotonic()
        if device.asked_at - before < INTERVAL_S / 2:
            raise WrongRequest("slow_down")
        if device.subject is None:
            raise WrongRequest("authorization_pending")
        del self._devices[form["device_code"]]
        return self._answer(device.subject, device.session, None)

    def authenticate(self, client: tuple[str, str] | None) -> None:
        """Raises ``WrongRequest`` where it is not the client that asks."""
        if client is None or not secrets.compare_digest(":".join(client), f"{self.client.id}:{self.client.secret}"):
            raise WrongRequest("invalid_client")

    def _answer(self, subject: str, session: str, nonce: str | None) -> dict[str, Any]:
        access_token = secrets.token_urlsafe(24)
        return {
            "access_token": access_token,
            "token_type": "Bearer",
            "expires_in": TOKEN_S,
            "id_token": self.signed(self.claims(subject, session, nonce)),
        }

    def claims(self, subject: str, session: str, nonce: str | None) -> dict[str, Any]:
        """What an id token says of somebody."""
        person, now = self.people[subject], int(time.time())
        found: dict[str, Any] = {
            "iss": self.issuer,
            "sub": person.subject,
            "aud": self.client.id,
            "iat": now,
            "exp": now + TOKEN_S,
            "sid": session,
            "name": person.name,
            "roles": list(person.roles),
        }
        return found if nonce is None else found | {"nonce": nonce}

    def signed(self, claims: dict[str, Any], kind: str = "JWT") -> str:
        """A token of these claims."""
        return jwt.encode({"alg": "ES256", "kid": self.key.kid, "typ": kind}, claims, self.key)

    # --- the end ----------------------------------------------------------------------------------------------------------

    def logout_token(self, subject: str, session: str) -> str:
        """What the client is told when a session has ended (Back-Channel Logout 1.0)."""
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "sub": subject,
            "aud": self.client.id,
            "iat": now,
            "exp": now + 120,
            "jti": secrets.token_urlsafe(16),
            "sid": session,
            "events": {_LOGOUT: {}},
        }
        return self.signed(claims, "logout+jwt")

    async def end(self, session: str) -> None:
        """A session ends; the client is told, and whether it answers is its own affair."""
        subject = self._sessions.pop(session, None)
        if subject is None or not self.client.backchannel_logout_uri:
            return
        async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
            try:
                form = {"logout_token": self.logout_token(subject, session)}
                await client.post(self.client.backchannel_logout_uri, data=form)
            except httpx.TransportError:
                return
