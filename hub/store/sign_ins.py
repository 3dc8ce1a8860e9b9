"""What is under way of signing in: in a browser, by a device's code, and the logout tokens that were taken. Imports psycopg only.

Each is known by the SHA-256 of its secret, lives for minutes, and is taken once, by whichever process of the hub comes first.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import class_row

Connection = AsyncConnection[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class SignInBegun:
    """One sign-in under way in a browser."""

    nonce: str
    code_verifier: str
    redirect_uri: str
    next: str


async def keep(connection: Connection, state: str, proof: str, one: SignInBegun, until: datetime) -> None:
    """Keep a sign-in until the browser comes back."""
    await connection.execute(
        "INSERT INTO sign_in (state_sha256, proof_sha256, nonce, code_verifier, redirect_uri, next, until)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s)",
        (_hash(state), _hash(proof), one.nonce, one.code_verifier, one.redirect_uri, one.next, until),
    )


async def take(connection: Connection, state: str, proof: str) -> SignInBegun | None:
    """The sign-in with a state, which ends with this; None where there is none, it is too late, or the proof is another's."""
    found = await connection.execute(
        "DELETE FROM sign_in WHERE state_sha256 = %s RETURNING nonce, code_verifier, redirect_uri, next, proof_sha256, now() < until",
        (_hash(state),),
    )
    row = await found.fetchone()
    if row is None or not row[5] or not hmac.compare_digest(row[4], _hash(proof)):
        return None
    return SignInBegun(*row[:4])


async def keep_device(
    connection: Connection, device: str, device_code: str, interval_s: float, until: datetime
) -> None:
    """Keep the provider's code of a device until somebody has signed in."""
    await connection.execute(
        "INSERT INTO device_sign_in (device_sha256, device_code, interval_s, until) VALUES (%s, %s, %s, %s)",
        (_hash(device), device_code, interval_s, until),
    )


@dataclass(frozen=True, slots=True)
class DeviceSignIn:
    """One device that asks whether somebody has signed in."""

    device_code: str
    too_soon: bool
    """Whether it has asked sooner than the provider lets it."""


async def device_asks(connection: Connection, device: str) -> DeviceSignIn | None:
    """The device with a secret, which is noted to have asked; None where there is none, or it is too late."""
    found = await connection.cursor(row_factory=class_row(DeviceSignIn)).execute(
        "UPDATE device_sign_in AS d SET asked_at = now() FROM ("
        "  SELECT device_sha256, coalesce(now() < asked_at + interval_s * interval '1 second', false) AS too_soon"
        "  FROM device_sign_in WHERE device_sha256 = %s AND now() < until FOR UPDATE) AS before"
        " WHERE d.device_sha256 = before.device_sha256 RETURNING d.device_code, before.too_soon",
        (_hash(device),),
    )
    return await found.fetchone()


async def slow_down(connection: Connection, device: str, by_s: float) -> None:
    """The provider asks to be asked less often."""
    await connection.execute(
        "UPDATE device_sign_in SET interval_s = interval_s + %s WHERE device_sha256 = %s", (by_s, _hash(device))
    )


async def device_ends(connection: Connection, device: str) -> bool:
    """Forget a device; whether it was there."""
    found = await connection.execute("DELETE FROM device_sign_in WHERE device_sha256 = %s", (_hash(device),))
    return found.rowcount == 1


async def logout_is_new(connection: Connection, jti: str, until: datetime) -> bool:
    """Note a logout token; whether it is seen for the first time."""
    found = await connection.execute(
        "INSERT INTO logout_token (jti_sha256, until) VALUES (%s, %s) ON CONFLICT DO NOTHING", (_hash(jti), until)
    )
    return found.rowcount == 1


async def sweep(connection: Connection) -> None:
    """Remove what is too old to be taken."""
    for table in ("sign_in", "device_sign_in", "logout_token"):
        await connection.execute("DELETE FROM " + table + " WHERE until < now()")  # noqa: S608 - constants


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
