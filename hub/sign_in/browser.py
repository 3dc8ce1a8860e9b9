"""Signing in in a browser: by the authorization code, with PKCE. Imports the sign-in and the store.

Three secrets belong to it: ``state`` goes by the browser's address, ``proof`` stays with who began (a cookie), and ``code_verifier`` never
leaves the hub. So a code that is caught on its way, or an address that is sent to somebody else, signs nobody in.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from hub import clock
from hub.errors import Refused
from hub.sign_in import tokens
from hub.sign_in.sign_in import SignedIn, SignIn, unknown, word_of
from hub.store import sign_ins
from schemas.person_numbers import holds_person_number

_LASTS: Final = timedelta(minutes=10)
"""So long somebody may be at the provider."""
_OWN_PATH: Final = re.compile(r"/(?![/\\])[!-\[\]-~]{0,2000}")
"""An address on the console's own host."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in that has begun: where the browser goes, and what who began keeps."""

    authorization_url: str
    state: str
    proof: str
    until: datetime


async def begin(sign_in: SignIn, redirect_uri: str, next_: str) -> Begun:
    """Begin a sign-in. ``next_``: where the browser goes when it is done. Raises ``Refused``."""
    provider = sign_in.at_provider()
    _check(provider.settings.allowed_redirects, redirect_uri, next_)
    address = await provider.needed("authorization_endpoint")
    state, proof, nonce, verifier = (secrets.token_urlsafe(48) for _ in range(4))
    until = clock.now() + _LASTS
    async with sign_in.store.transaction() as connection:
        await sign_ins.sweep(connection)
        kept = sign_ins.SignInBegun(nonce, verifier, redirect_uri, next_)
        await sign_ins.keep(connection, state, proof, kept, until)
    url = prepare_grant_uri(
        address,
        client_id=provider.settings.client_id,
        response_type="code",
        redirect_uri=redirect_uri,
        scope=provider.settings.scope,
        state=state,
        nonce=nonce,
        code_challenge=create_s256_code_challenge(verifier),
        code_challenge_method="S256",
    )
    return Begun(url, state, proof, until)


def _check(allowed: frozenset[str], redirect_uri: str, next_: str) -> None:
    if redirect_uri not in allowed:
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


async def complete(sign_in: SignIn, state: str, proof: str, code: str) -> SignedIn:
    """Take the code with which the browser has come back. Raises ``Refused``."""
    provider = sign_in.at_provider()
    async with sign_in.store.transaction() as connection:
        found = await sign_ins.take(connection, state, proof)
    if found is None:
        raise unknown("/state")
    asked = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": found.redirect_uri,
        "code_verifier": found.code_verifier,
    }
    status, answered = await provider.post("token_endpoint", asked)
    if status != 200:
        raise tokens.refusal(tokens.Untrue(f"the provider refuses the code: {word_of(answered)}"))
    return await sign_in.session(answered, found.nonce, found.next)
