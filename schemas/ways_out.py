"""How the hub delivers to a connected system: by topic, webhook, FHIR message or pull inbox, with which waits, how many calls and how
long. Imports the directory's entries only.
"""

from __future__ import annotations

import base64
import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, Strict, StringConstraints

from schemas.entry import Entry

Seconds = Annotated[float, Strict(), Field(allow_inf_nan=False)]
_DAY_S = 86_400.0


class Delivery(Entry):
    """How the load on one system is limited (D-5), and how long the hub tries to deliver (D-6)."""

    timeout_s: Seconds = Field(default=10.0, gt=0, le=120)
    concurrency: int = Field(default=8, strict=True, ge=1, le=256)
    schedule_s: tuple[Annotated[Seconds, Field(ge=0.05, le=_DAY_S)], ...] = Field(
        default=(1, 5, 30, 120, 600, 3600), min_length=1, max_length=50
    )
    """Seconds between attempts; the last is repeated until ``give_up_s``."""
    give_up_s: Seconds = Field(default=3 * _DAY_S, gt=0, le=30 * _DAY_S)
    """Seconds from the first attempt until a notice that was never acknowledged is dead."""
    deploy_s: Seconds = Field(default=1800.0, gt=0, le=30 * _DAY_S)
    """Seconds for which answers that concern the receiver (3xx, 401, 403, 404 …) count as a deployment of its own."""
    breaker_failures: int = Field(default=5, strict=True, ge=1, le=1000)
    breaker_open_s: Seconds = Field(default=10.0, gt=0, le=_DAY_S)


class KafkaOut(Entry):
    """Topic ``hub.out.<system>``, key = case."""

    way: Literal["kafka"]


def _can_sign(text: str) -> str:
    """Check that Standard Webhooks can sign with the secret; the refusal does not repeat it."""
    try:
        if text.startswith("whsec_") and len(base64.b64decode(text.removeprefix("whsec_"), validate=True)) >= 18:
            return text
    except ValueError:  # binascii.Error is a ValueError
        pass
    raise ValueError(
        "en hemlighet är whsec_ och minst 18 byte i base64; den här är avklippt eller ändrad, kopiera den hel",
        "a secret is whsec_ and at least 18 bytes in base64; this one is cut or changed, copy it whole",
    )


Secret = Annotated[str, AfterValidator(_can_sign)]


class WebhookOut(Entry):
    """Over HTTP, signed by the Standard Webhooks scheme; every secret in the list signs, so that they can rotate."""

    way: Literal["webhook"]
    url: Annotated[str, StringConstraints(pattern=r"^https?://", max_length=500)]
    """``hub.delivery.exits.addresses`` decides whether the address can and may be called."""
    secrets: tuple[Secret, ...] = Field(min_length=1)
    body: Literal["event", "bundle"] | None = None
    """``event``, also when left out: a structured CloudEvent around the content. ``bundle``: the FHIR Bundle alone, under its own
    media type, for a system whose format is FHIR. None is not written down, so that a hub of the former version reads the directory.
    """


def _is_token(text: str) -> str:
    """Check that the text can stand after ``Bearer`` (RFC 6750); the refusal does not repeat it."""
    if re.fullmatch(r"[A-Za-z0-9._~+/-]{16,4096}=*", text):
        return text
    raise ValueError(
        "en nyckel är minst 16 bokstäver, siffror och ._~+/- ; den här är avklippt eller ändrad, kopiera den hel",
        "a token is at least 16 letters, digits and ._~+/- ; this one is cut or changed, copy it whole",
    )


def _is_base(text: str) -> str:
    """Check that an operation can be put after the address."""
    if re.search(r"[?#]|\$process-message/?$", text):
        raise ValueError(
            "en base är en adress utan fråga, som hubben lägger till /$process-message",
            "a base is an address without query, to which the hub adds /$process-message",
        )
    return text


class FhirOut(Entry):
    """As a FHIR message to the system's ``<base>/$process-message``, which answers with a message; the format is FHIR's."""

    way: Literal["fhir"]
    base: Annotated[str, StringConstraints(pattern=r"^https?://", max_length=500), AfterValidator(_is_base)]
    """The base of its FHIR server; addresses are checked as those of webhooks."""
    token: Annotated[str, AfterValidator(_is_token)]
    """The bearer token by which the system knows the hub."""

    @property
    def url(self) -> str:
        """The address of the operation."""
        return f"{self.base.rstrip('/')}/$process-message"


class InboxOut(Entry):
    """The system fetches its notices itself (``GET /inbox``), and each is kept until it acknowledges it."""

    way: Literal["inbox"]
    lease_s: Seconds = Field(default=60.0, ge=1, le=3600)
    """Seconds for which fetched notices are in one reader's hands; what is not acknowledged by then is given again."""


class SubscriptionOut(Entry):
    """By the system's own FHIR Subscriptions, which it makes and changes itself at ``/fhir/Subscription``; the format is FHIR's.
    Without an active one its notices are kept and wait.
    """

    way: Literal["subscription"]
    hosts: tuple[Annotated[str, StringConstraints(pattern=r"^[a-z0-9.-]{1,253}$")], ...] = ()
    """The servers that its Subscriptions may name, so that a leaked token alone leads no notice elsewhere; none: whatever the hub may
    call.
    """


Out = KafkaOut | WebhookOut | FhirOut | InboxOut | SubscriptionOut
"""The ways out that a directory may name."""


def credentials(out: Out) -> tuple[str, ...]:
    """What a way out signs or presents, in the order of the directory."""
    match out:
        case WebhookOut():
            return out.secrets
        case FhirOut():
            return (out.token,)
        case KafkaOut() | InboxOut() | SubscriptionOut():
            return ()


def address(out: Out) -> str | None:
    """Where a way out calls over HTTP, as far as the directory says it."""
    return out.url if isinstance(out, WebhookOut | FhirOut) else None
