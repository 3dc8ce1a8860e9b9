"""Signing a device in, as the command line: somebody enters its code in a browser elsewhere (RFC 8628). Imports the sign-in and the
store.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from hub import clock
from hub.errors import Refused
from hub.sign_in import tokens
from hub.sign_in.sign_in import SignedIn, SignIn, unknown, word_of
from hub.store import sign_ins

_GRANT: Final = "urn:ietf:params:oauth:grant-type:device_code"
_SLOWER_S: Final = 5.0
"""What ``slow_down`` adds to the seconds between questions."""


@dataclass(frozen=True, slots=True)
class DeviceBegun:
    """A device's sign-in that has begun; ``device`` is its secret, by which it asks."""

    device: str
    user_code: str
    verification_uri: str
    verification_uri_complete: str | None
    interval_s: float
    until: datetime


async def begin(sign_in: SignIn) -> DeviceBegun:
    """Begin a sign-in of a device. Raises ``Refused``."""
    provider = sign_in.at_provider()
    status, answered = await provider.post("device_authorization_endpoint", {"scope": provider.settings.scope})
    offered = _offered(answered) if status == 200 else None
    if offered is None:
        raise tokens.refusal(tokens.Untrue(f"the provider signs no device in: {word_of(answered)}"))
    device_code, user_code, address, interval_s, lasts_s = offered
    until = clock.now() + timedelta(seconds=lasts_s)
    device, whole = secrets.token_urlsafe(48), answered.get("verification_uri_complete")
    async with sign_in.store.transaction() as connection:
        await sign_ins.sweep(connection)
        await sign_ins.keep_device(connection, device, device_code, interval_s, until)
    return DeviceBegun(device, user_code, address, whole if isinstance(whole, str) else None, interval_s, until)


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


async def complete(sign_in: SignIn, device: str) -> SignedIn:
    """Ask whether somebody has signed the device in. Raises ``Refused`` 409 ``sign-in-awaited`` as long as nobody has, and 429
    where it is asked too often.
    """
    provider = sign_in.at_provider()
    async with sign_in.store.transaction() as connection:
        found = await sign_ins.device_asks(connection, device)
    if found is None:
        raise unknown("/device")
    if found.too_soon:
        raise _awaited("Fråga inte oftare än vad interval säger.", "Ask no more often than interval says.", 429)
    status, answered = await provider.post("token_endpoint", {"grant_type": _GRANT, "device_code": found.device_code})
    said = None if status == 200 else word_of(answered)
    if said in {"authorization_pending", "slow_down"}:
        if said == "slow_down":
            async with sign_in.store.transaction() as connection:
                await sign_ins.slow_down(connection, device, _SLOWER_S)
        raise _awaited(
            "Ingen har loggat in än. Öppna adressen i en webbläsare och ange koden.",
            "Nobody has signed in yet. Open the address in a browser and enter the code.",
            409,
        )
    async with sign_in.store.transaction() as connection:
        is_first = await sign_ins.device_ends(connection, device)
    if said is not None:
        raise tokens.refusal(tokens.Untrue(f"the provider refuses the device: {said}"))
    if not is_first:
        raise unknown("/device")
    return await sign_in.session(answered, None, "/")


def _awaited(sv: str, en: str, status: int) -> Refused:
    return Refused("sign-in-awaited", sv, en, "/device", status)
