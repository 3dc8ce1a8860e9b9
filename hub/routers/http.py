"""The parts that every HTTP way in shares: who is calling, how much may be sent, how an answer looks. Imports the
intake and the language.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from typing import TypeVar
from uuid import uuid4

from fastapi import Request
from fastapi.responses import JSONResponse, Response

from hub import clock
from hub.catalogue.entry import link
from hub.errors import Refused, Unavailable
from hub.intake.arrival import Arrival
from hub.intake.queue import Intake
from hub.routers import unpacking
from schemas.directory import CitizenService, Directory, System
from schemas.messages import BilingualText, Receipt
from schemas.rules import RULES

RETRY_AFTER_S = 5
_TOKEN = re.compile(r"[!-~]+")
"""A token is without blanks; RFC 6750 allows still fewer characters."""
PROBLEM = "application/problem+json"
Connected = TypeVar("Connected", System, CitizenService)


def authorization(request: Request) -> str | None:
    """The header ``Authorization``; None without one. Raises ``Refused`` 401 where it stands twice: who calls must not depend on which
    one a proxy has put first.
    """
    given = request.headers.getlist("authorization")
    if len(given) > 1:
        raise _unauthenticated(
            "Huvudet Authorization står mer än en gång. Sänd det en gång.",
            "The header Authorization is there more than once. Send it once.",
        )
    return given[0] if given else None


def authenticate(authorization: str | None, directory: Directory) -> System:
    """The system behind the bearer token of the header ``Authorization``; the directory knows only the token's hash. Raises
    ``Refused`` 401, or 403 where the system is not connected over HTTP.
    """
    system = authenticate_connected(authorization, directory)
    if "http" not in system.ways_in:
        raise Refused(
            "way-not-open",
            "Systemet är inte anslutet över HTTP i katalogen.",
            "The system is not connected over HTTP in the directory.",
            "/authorization",
            403,
        )
    return system


def authenticate_connected(authorization: str | None, directory: Directory) -> System:
    """As ``authenticate``, whichever ways in the system has: for what it asks of itself and is told. Raises ``Refused`` 401."""
    return _behind(authorization, directory.system_by_token)


def authenticate_citizen_service(authorization: str | None, directory: Directory) -> CitizenService:
    """The citizen service behind the bearer token; raises ``Refused`` 401."""
    return _behind(authorization, directory.citizen_service_by_token)


def _behind(authorization: str | None, known: Mapping[str, Connected]) -> Connected:
    """Who has the token; ``known`` is by the token's hash."""
    if not (authorization or "").strip():
        raise _unauthenticated(
            "Huvudet Authorization saknas. Ange Authorization: Bearer och systemets nyckel.",
            "The header Authorization is missing. Give Authorization: Bearer and the system's token.",
        )
    scheme, _, token = (authorization or "").strip().partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or _TOKEN.fullmatch(token) is None:
        raise _unauthenticated(
            "Huvudet Authorization är inte ordet Bearer, ett blanksteg och en nyckel utan blanksteg.",
            "The header Authorization is not the word Bearer, a blank, and a token without blanks.",
        )
    hashed = hashlib.sha256(token.encode()).hexdigest()
    found = known.get(hashed)
    # The dictionary finds by hash, so the time it takes says nothing about the token; compare_digest guards the hash
    # itself.
    if found is None or not any(hmac.compare_digest(hashed, own) for own in found.token_sha256):
        raise _unauthenticated(
            "Nyckeln är inte känd här. Se efter att det är den som gäller nu, och att anropet går till rätt hubb (test, produktion).",
            "The token is not known here. See that it is the one in force, and that the call is to the right hub (test, production).",
        )
    return found


def _unauthenticated(sv: str, en: str) -> Refused:
    return Refused("unauthenticated", sv, en, "/authorization", 401)


def content_type(request: Request) -> str | None:
    """The declared content type of the body; None without one."""
    return request.headers.get("content-type") or None


def arrival(system: System, body: bytes, media: str, attributes: dict[str, str] | None = None) -> Arrival:
    """A message that came over HTTP, as the intake takes it."""
    return Arrival(
        system=system,
        raw=body,
        media_type=media,
        attributes=attributes,
        received_at=clock.now(),
        place=f"http/{uuid4()}",
        by_outbox=False,
    )


async def body_of(request: Request, most: int) -> bytes:
    """The body, unpacked where it is packed, read no further than ``most`` bytes; raises ``Refused`` 413, 415."""
    coding = unpacking.of(request.headers.get("content-encoding"))
    parts: list[bytes] = []
    size = 0
    declared = request.headers.get("content-length", "0")
    if declared.isdigit() and int(declared) > most:
        raise too_large(most)
    stream = request.stream() if coding is None else unpacking.unpacked(request.stream(), most)
    async for part in stream:
        size += len(part)
        if size > most:
            raise too_large(most)
        parts.append(part)
    return b"".join(parts)


async def submit(intake: Intake, arrivals: Sequence[Arrival]) -> list[Receipt]:
    """Hands messages to the intake, which answers when they are committed. Raises ``Unavailable``."""
    if intake.full:
        raise Unavailable("busy", retry_after=1)
    return await intake.submit(arrivals)


def status_of(arrival: Arrival, receipt: Receipt) -> int:
    """The HTTP status of a receipt (messages.md §2): 200 ok, 202 held and kept, else as the refusal says."""
    if receipt.code == "ok":
        return 200
    if receipt.code == "transient-error":
        return 202
    if arrival.refused is not None:
        return arrival.refused.status
    return {"unknown-case": 404, "gallrat": 410, "unknown-unit": 403, "unknown-type": 400}.get(receipt.rule or "", 409)


def too_large(most: int) -> Refused:
    """The refusal of a body over the limit (bytes)."""
    return Refused(
        "too-large",
        f"Innehållet är större än {most // 1000} kB.",
        f"The body is larger than {most // 1000} kB.",
        "/",
        413,
    )


def headers_of(refused: Refused) -> dict[str, str]:
    """The headers that belong to a status: how to authenticate (401), how a body may be packed (415), when to ask again (429)."""
    found: dict[str, str] = {}
    if refused.status == 401:
        found["WWW-Authenticate"] = "Bearer"
    if refused.status == 415:
        found["Accept-Encoding"] = ", ".join(unpacking.READ)
    if refused.status == 429:
        found["Retry-After"] = "1"
    return found


def problem(refused: Refused, claimed_id: str | None = None) -> JSONResponse:
    """``application/problem+json`` for a request that was refused before it became a message; ``claimed_id``: the id of the
    message that it would have become.
    """
    content = {
        "type": link(refused.rule),
        "title": _title(refused.rule, refused.en),
        "status": refused.status,
        "detail": refused.en,
        "rule": refused.rule,
        "text": {"sv": refused.sv, "en": refused.en},
        "element": refused.element,
    }
    if claimed_id is not None:
        content["message"] = claimed_id
    return JSONResponse(content, refused.status, headers_of(refused), media_type=PROBLEM)


def receipt_of(refused: Refused) -> Receipt:
    """The refusal as a receipt of no message, for formats whose errors are written from receipts."""
    text = BilingualText(sv=refused.sv, en=refused.en)
    return Receipt(message="", code="fatal-error", rule=refused.rule, text=text, element=refused.element)


def _title(rule: str, sentence: str) -> str:
    """What the rule says, the same each time as RFC 9457 asks; the sentence about this message where the rule has no text."""
    return RULES[rule].en if rule in RULES else sentence


def unavailable() -> Refused:
    """503: nothing was taken in, send again."""
    return Refused(
        "unavailable",
        "Hubben kan inte ta emot just nu. Sänd igen.",
        "The hub cannot take messages in right now. Send again.",
        "/",
        503,
    )


def answer(receipt: Receipt, status: int) -> Response:
    """A receipt as an HTTP answer: plain JSON when ok, a problem that says all when not (messages.md §2)."""
    content = receipt.model_dump(mode="json", exclude_none=True, exclude_defaults=True) | {"code": receipt.code}
    if status < 300:
        return JSONResponse(content, status)
    sentence = receipt.text.en if receipt.text else ""
    content |= {"type": link(receipt.rule or ""), "status": status, "detail": sentence}
    content["title"] = _title(receipt.rule or "", sentence)
    return JSONResponse(content, status, media_type=PROBLEM)
