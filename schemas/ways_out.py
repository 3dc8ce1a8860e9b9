"""How a connected system is reached: by topic or by webhook, how long it is tried and how it is spared. Imports nothing of
ours but the directory's entries.
"""

from __future__ import annotations

import base64
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints, ValidationError
from pydantic_core import Url

from schemas.entry import Entry


class Delivery(Entry):
    """How one system is spared (D-5) and how long it is tried (D-6)."""

    timeout_s: float = Field(default=10.0, gt=0, le=120)
    concurrency: int = Field(default=8, ge=1, le=256)
    schedule_s: tuple[float, ...] = (1, 5, 30, 120, 600, 3600)
    """Waits between the tries; the last one is repeated until ``give_up_s``."""
    give_up_s: float = Field(default=72 * 3600.0, gt=0)
    """Seconds from the first try until a notice that never came through is dead."""
    deploy_s: float = Field(default=1800.0, gt=0)
    """Seconds for which answers that speak of the receiver (3xx, 401, 403, 404 …) are taken for a deploy of its own."""
    breaker_failures: int = Field(default=5, ge=1)
    breaker_open_s: float = Field(default=10.0, gt=0)


class KafkaOut(Entry):
    """Topic ``hub.out.<system>``, key = case."""

    way: Literal["kafka"]


def _can_sign(text: str) -> str:
    """What Standard Webhooks signs with; the refusal does not repeat it."""
    try:
        if text.startswith("whsec_") and len(base64.b64decode(text.removeprefix("whsec_"), validate=True)) >= 18:
            return text
    except ValueError:  # binascii's own is one
        pass
    raise ValueError("a secret is whsec_ and at least 18 bytes in base64; this one is cut or changed, copy it whole")


Secret = Annotated[str, AfterValidator(_can_sign)]


class WebhookOut(Entry):
    """CloudEvents over HTTP, signed by the Standard Webhooks scheme; every secret in the list signs, so that they can
    rotate.
    """

    way: Literal["webhook"]
    url: Annotated[str, StringConstraints(pattern=r"^https?://", max_length=500)]
    secrets: tuple[Secret, ...] = Field(min_length=1)


def fault_of_address(url: str) -> str | None:
    """Why nobody can be called at an address, or None; whether the hub may call there is the installation's setting."""
    try:
        parts = Url(url)
    except ValidationError:
        return "cannot be read as an address"
    if parts.username or parts.password:
        return "holds a user or a password: the signature proves the hub"
    if parts.fragment is not None:
        return "has a part after #, which no server gets"
    host = (parts.host or "").removesuffix(".")
    labels = [] if host.startswith("[") else host.split(".")
    if not parts.port or any(not one or one.startswith("-") or one.endswith("-") for one in labels):
        return "has no server or port that can be called"
    return None
