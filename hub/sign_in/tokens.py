"""What the provider has signed, verified: who has signed in, and whose session has ended. Imports authlib, joserfc and the provider."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from authlib.oidc.core import CodeIDToken
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.util import to_bytes

from hub import clock
from hub.errors import Refused
from hub.log import log
from hub.sign_in.provider import Provider

_ALGORITHMS: Final = [f"{kind}{size}" for kind in ("RS", "PS", "ES") for size in (256, 384, 512)] + ["EdDSA"]
"""Signatures by a key of the provider's own: neither ``none`` nor what is signed by a secret that both have."""
_LEEWAY_S: Final = 60
"""By how much the provider's clock may differ from the hub's."""
_LOGOUT: Final = "http://schemas.openid.net/event/backchannel-logout"
_MOST_CHARACTERS: Final = 20_000


class Untrue(Exception):  # noqa: N818 - named for what the token is
    """A token that is not what it should be; the text says why, with nothing of the token in it."""


async def signed_in(provider: Provider, token: Any, nonce: str | None, access_token: str | None) -> dict[str, Any]:
    """The claims of an id token: signed by the provider, for this client, now, and for this sign-in (``nonce``). Raises ``Untrue``."""
    decoded = await _decoded(provider, token)
    claims = _claims(provider, decoded, nonce, access_token)
    if "events" in claims:
        raise Untrue("it is a logout token")
    return dict(claims)


@dataclass(frozen=True, slots=True)
class Logout:
    """Whose session has ended at the provider."""

    jti: str
    until: datetime
    """When the token can be shown no more."""
    subject: str | None
    provider_session: str | None


async def logged_out(provider: Provider, token: Any) -> Logout:
    """What a logout token says (OpenID Connect Back-Channel Logout 1.0, 2.6). Raises ``Untrue``."""
    decoded = await _decoded(provider, token)
    claims = decoded.claims
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(_LOGOUT), dict):
        raise Untrue("it is no logout token")
    if "nonce" in claims:
        raise Untrue("a logout token has no nonce")
    subject, session, jti = (claims.get(name) for name in ("sub", "sid", "jti"))
    if not isinstance(jti, str) or not jti:
        raise Untrue("jti is missing")
    if not all(one is None or (isinstance(one, str) and one) for one in (subject, session)) or not (subject or session):
        raise Untrue("it names neither a person nor a session")
    registry = jwt.JWTClaimsRegistry(
        int(clock.now().timestamp()),
        _LEEWAY_S,
        iss={"essential": True, "value": provider.settings.issuer},
        aud={"essential": True, "value": provider.settings.client_id},
        exp={"essential": True},
        iat={"essential": True},
    )
    try:
        registry.validate(claims)
        until = datetime.fromtimestamp(claims["exp"] + 2 * _LEEWAY_S, UTC)
    except (JoseError, ValueError, OverflowError, OSError) as error:
        raise Untrue(_why(error)) from None
    return Logout(jti, until, subject, session)


async def _decoded(provider: Provider, token: Any) -> jwt.Token:
    """The token with its signature verified. Raises ``Untrue``."""
    if not isinstance(token, str) or not token or len(token) > _MOST_CHARACTERS:
        raise Untrue("there is none")
    try:
        header = jws.extract_compact(to_bytes(token)).headers()
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise Untrue(_why(error)) from None
    kid = header.get("kid")
    keys = await provider.keys(kid if isinstance(kid, str) else None)
    try:
        return jwt.decode(token, keys, algorithms=_ALGORITHMS)
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise Untrue(_why(error)) from None


def _claims(provider: Provider, decoded: jwt.Token, nonce: str | None, access_token: str | None) -> CodeIDToken:
    issuer, client = provider.settings.issuer, provider.settings.client_id
    claims = CodeIDToken(
        decoded.claims,
        decoded.header,
        {"iss": {"essential": True, "value": issuer}, "aud": {"essential": True, "value": client}},
        {"nonce": nonce, "client_id": client, "access_token": access_token},
    )
    try:
        claims.validate(int(clock.now().timestamp()), _LEEWAY_S)
    except (JoseError, ValueError, TypeError, OverflowError) as error:
        raise Untrue(_why(error)) from None
    audience = claims["aud"]
    if isinstance(audience, list) and len(audience) > 1 and claims.get("azp") != client:
        raise Untrue("it is for several, and not asked for by this client")
    if not isinstance(claims["sub"], str) or not claims["sub"]:
        raise Untrue("sub is missing")
    return claims


def _why(error: Exception) -> str:
    """The kind of a fault; its text may quote the token."""
    claim = getattr(error, "claim", None) or getattr(error, "claim_name", None)
    return f"{type(error).__name__}{f' {claim}' if isinstance(claim, str) else ''}"


def refusal(untrue: Untrue) -> Refused:
    """What is said of a sign-in whose token is not what it should be; the log says why."""
    log.warning("sign_in_refused", reason=str(untrue))
    return Refused(
        "sign-in-refused",
        "Inloggningen godtogs inte. Logga in igen; händer det igen, säg till dem som sköter hubben: loggen säger varför.",
        "The sign-in was not accepted. Sign in again; if it happens again, tell those who run the hub: its log says why.",
        "/code",
        403,
    )
