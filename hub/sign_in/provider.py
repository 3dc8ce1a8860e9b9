"""The OpenID provider as the hub calls it: what it is (discovery), its keys, its tokens. Imports httpx, authlib, joserfc and the settings.

What it is and its keys are kept for an hour; a token that names a key that is not known has them fetched again, twice a minute at most.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

import httpx
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from hub.errors import Misconfigured, Refused
from hub.log import log
from hub.settings import OpenIdSettings

_KEPT_S: Final = 3600.0
_AGAIN_S: Final = 30.0
_ANSWER_S: Final = 10.0
_DISCOVERY: Final = "/.well-known/openid-configuration"


class Provider:
    """One OpenID provider."""

    def __init__(self, settings: OpenIdSettings, *, production: bool) -> None:
        if production and not settings.issuer.startswith("https://"):
            raise Misconfigured(
                "HUB_OPENID__ISSUER has no TLS: write https://…; http is only where HUB_PRODUCTION is false"
            )
        if production and not all(one.startswith("https://") for one in settings.allowed_redirects):
            raise Misconfigured(
                "HUB_OPENID__REDIRECT_URIS has an address without TLS: write https://…; http is only where HUB_PRODUCTION is false"
            )
        self.settings = settings
        self._production = production
        self._client: httpx.AsyncClient | None = None
        self._lock = asyncio.Lock()
        self._metadata: tuple[float, dict[str, Any]] | None = None
        self._keys: tuple[float, KeySet] | None = None

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.aclose()

    # --- what it is -------------------------------------------------------------------------------------------------------

    async def metadata(self) -> dict[str, Any]:
        """What the provider says of itself. Raises ``Refused`` 503 where it does not answer, or answers as another."""
        async with self._lock:
            if self._metadata is None or time.monotonic() - self._metadata[0] > _KEPT_S:
                found = await self._json("GET", self.settings.issuer.rstrip("/") + _DISCOVERY, "discovery")
                if found.get("issuer") != self.settings.issuer:
                    raise self._away("discovery", "another issuer")
                self._metadata = time.monotonic(), found
            return self._metadata[1]

    async def endpoint(self, name: str) -> str | None:
        """The address of one of its endpoints; None where it has none."""
        written = (await self.metadata()).get(name)
        if not isinstance(written, str):
            return None
        if not written.startswith("https://" if self._production else ("https://", "http://")):
            raise self._away(name, "no TLS")
        return written

    async def needed(self, name: str) -> str:
        """As ``endpoint``. Raises ``Refused`` 503 where it has none."""
        found = await self.endpoint(name)
        if found is None:
            raise self._away(name, "not offered")
        return found

    async def keys(self, kid: str | None) -> KeySet:
        """Its keys, fetched anew where none of those that are known has this name."""
        address = await self.needed("jwks_uri")
        async with self._lock:
            age = None if self._keys is None else time.monotonic() - self._keys[0]
            stranger = self._keys is not None and kid is not None and all(one.kid != kid for one in self._keys[1])
            if self._keys is None or age is None or age > _KEPT_S or (stranger and age > _AGAIN_S):
                written = await self._json("GET", address, "keys")
                try:
                    self._keys = time.monotonic(), KeySet.import_key_set({"keys": written["keys"]})
                except (JoseError, KeyError, TypeError, ValueError) as error:
                    raise self._away("keys", type(error).__name__) from None
            return self._keys[1]

    # --- what it is asked -------------------------------------------------------------------------------------------------

    async def post(self, endpoint: str, form: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
        """Ask one of its endpoints as this client: the status and the JSON. Raises ``Refused`` 503 where it does not answer."""
        address = await self.needed(endpoint)
        given = {**form, "client_id": self.settings.client_id}
        secret, auth = self.settings.client_secret.get_secret_value(), None
        ways = (await self.metadata()).get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        if secret and "client_secret_basic" not in ways:
            given["client_secret"] = secret
        elif secret:
            auth = httpx.BasicAuth(quote(self.settings.client_id, safe=""), quote(secret, safe=""))
        answered = await self._call("POST", address, endpoint, data=given, auth=auth)
        try:
            found = answered.json()
        except ValueError:
            raise self._away(endpoint, "no JSON") from None
        if answered.status_code >= 500 or not isinstance(found, dict):
            raise self._away(endpoint, str(answered.status_code))
        return answered.status_code, found

    async def user_info(self, access_token: str) -> dict[str, Any]:
        """What it says of who has signed in beyond the token; nothing where it has no such endpoint."""
        address = await self.endpoint("userinfo_endpoint")
        if address is None:
            return {}
        return await self._json("GET", address, "userinfo", headers={"authorization": f"Bearer {access_token}"})

    async def _json(self, method: str, address: str, what: str, **more: Any) -> dict[str, Any]:
        answered = await self._call(method, address, what, **more)
        try:
            found = answered.json()
        except ValueError:
            raise self._away(what, "no JSON") from None
        if answered.status_code != 200 or not isinstance(found, dict):
            raise self._away(what, str(answered.status_code))
        return found

    async def _call(self, method: str, address: str, what: str, **more: Any) -> httpx.Response:
        if self._client is None:
            trusted: ssl.SSLContext | bool = True
            if self.settings.ca_file:
                trusted = ssl.create_default_context(cafile=self.settings.ca_file)
            self._client = httpx.AsyncClient(timeout=_ANSWER_S, verify=trusted, trust_env=False)
        try:
            return await self._client.request(method, address, **more)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise self._away(what, type(error).__name__) from None

    def _away(self, what: str, reason: str) -> Refused:
        log.warning("openid_provider_away", what=what, reason=reason)
        return Refused(
            "provider-away",
            "Inloggningstjänsten svarar inte, eller inte som den ska. Försök igen om en stund; hubbens logg säger vad som felas.",
            "The sign-in service does not answer, or not as it should. Try again in a while; the hub's log says what fails.",
            "/",
            503,
        )
