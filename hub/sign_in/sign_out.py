"""Signing out at the provider, and its word that somebody has signed out there (Back-Channel Logout 1.0). Imports the sign-in, the tokens
and the store.
"""

from __future__ import annotations

from urllib.parse import urlencode

from hub.errors import Refused
from hub.log import log
from hub.sign_in import person, tokens
from hub.sign_in.sign_in import SignIn
from hub.store import operator_log, operator_sessions, sign_ins
from hub.trail_words import AT_PROVIDER


async def end_session_url(sign_in: SignIn) -> str | None:
    """Where the browser goes to sign out at the provider too; None where there is no such place."""
    if sign_in.provider is None:
        return None
    try:
        address = await sign_in.provider.endpoint("end_session_endpoint")
    except Refused:  # whoever signs out is signed out here, whether the provider answers or not
        return None
    if address is None:
        return None
    settings = sign_in.provider.settings
    more = {"client_id": settings.client_id}
    if settings.after_sign_out is not None:
        more["post_logout_redirect_uri"] = settings.after_sign_out
    return f"{address}{'&' if '?' in address else '?'}{urlencode(more)}"


async def ended_at_provider(sign_in: SignIn, logout_token: str) -> int:
    """End the sessions of which the provider says that they have ended; how many. Raises ``Refused`` 400 of a token that is not what it
    should be, or that was taken before.
    """
    provider = sign_in.at_provider()
    try:
        told = await tokens.logged_out(provider, logout_token)
    except tokens.Untrue as untrue:
        raise _refusal(str(untrue)) from None
    issuer = provider.settings.issuer
    subject, session = (
        None if one is None else person.known_as(issuer, one) for one in (told.subject, told.provider_session)
    )
    async with sign_in.store.transaction() as connection:
        if not await sign_ins.logout_is_new(connection, told.jti, told.until):
            raise _refusal("it was taken before")
        ended = await operator_sessions.end_of_provider(connection, subject, session, AT_PROVIDER)
        for one in ended:
            await operator_log.record(connection, one.who, "sign out", f"session {one.id}", AT_PROVIDER)
    return len(ended)


def _refusal(why: str) -> Refused:
    log.warning("logout_token_refused", reason=why)
    return Refused(
        "logout-token",
        "Detta är inget logout_token från inloggningstjänsten för den här hubben, eller så är det redan använt.",
        "This is no logout_token of the sign-in service for this hub, or it was used already.",
        "/logout_token",
        400,
    )
