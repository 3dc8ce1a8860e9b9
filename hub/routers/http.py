"""What every HTTP way in shares: who is calling, how much may be sent, how an answer looks. Imports the language and
the errors only.
"""

from __future__ import annotations

import hashlib
import hmac

from fastapi import Request
from fastapi.responses import JSONResponse, Response

from hub.errors import Refused, Unavailable
from schemas.directory import Directory, System
from schemas.messages import Receipt

RETRY_AFTER_S = 5


def authenticate(request: Request, directory: Directory) -> System:
    """The system behind the bearer token, of which the directory knows only the hash; raises ``Refused`` 401."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    hashed = hashlib.sha256(token.strip().encode()).hexdigest()
    system = directory.system_by_token.get(hashed) if kind.lower() == "bearer" and token else None
    # The dictionary finds by hash, so the time it takes says nothing about the token; compare_digest guards the hash
    # itself.
    if system is None or not any(hmac.compare_digest(hashed, known) for known in system.token_sha256):
        raise Refused(
            "unauthenticated",
            "Ange Authorization: Bearer med systemets nyckel.",
            "Give Authorization: Bearer with the system's token.",
            "/authorization",
            401,
        )
    if "http" not in system.ways_in:
        raise Refused(
            "way-not-open",
            "Systemet är inte anslutet över HTTP i katalogen.",
            "The system is not connected over HTTP in the directory.",
            "/authorization",
            403,
        )
    return system


async def body_of(request: Request, most: int) -> bytes:
    """The body, read no further than ``most`` bytes; raises ``Refused`` 413."""
    parts: list[bytes] = []
    size = 0
    declared = request.headers.get("content-length", "0")
    if declared.isdigit() and int(declared) > most:
        raise too_large(most)
    async for part in request.stream():
        size += len(part)
        if size > most:
            raise too_large(most)
        parts.append(part)
    return b"".join(parts)


def too_large(most: int) -> Refused:
    """The refusal of a body over the limit (bytes)."""
    return Refused(
        "too-large",
        f"Innehållet är större än {most // 1024} kB. Dela upp det.",
        f"The body is larger than {most // 1024} kB. Split it.",
        "/",
        413,
    )


def problem(refused: Refused) -> JSONResponse:
    """``application/problem+json`` for what was refused before it became a message."""
    content = {
        "type": f"urn:samverkan:rule:{refused.rule}",
        "title": refused.en,
        "status": refused.status,
        "rule": refused.rule,
        "text": {"sv": refused.sv, "en": refused.en},
        "element": refused.element,
    }
    headers = {"WWW-Authenticate": "Bearer"} if refused.status == 401 else None
    return JSONResponse(content, refused.status, headers, media_type="application/problem+json")


def unavailable(error: Unavailable) -> JSONResponse:
    """503: nothing was taken in, send again."""
    content = {
        "type": "urn:samverkan:rule:unavailable",
        "title": "The hub cannot take messages in right now. Send again.",
        "status": 503,
        "rule": "unavailable",
        "text": {
            "sv": "Hubben kan inte ta emot just nu. Sänd igen.",
            "en": "The hub cannot take messages in right now. Send again.",
        },
    }
    wait = str(int(error.retry_after or RETRY_AFTER_S))
    return JSONResponse(content, 503, {"Retry-After": wait}, media_type="application/problem+json")


def answer(receipt: Receipt, status: int) -> Response:
    """A receipt as an HTTP answer: plain JSON when ok, a problem that says all when not (messages.md §2)."""
    content = receipt.model_dump(mode="json", exclude_none=True, exclude_defaults=True) | {"code": receipt.code}
    if status < 300:
        return JSONResponse(content, status)
    title = receipt.text.en if receipt.text else ""
    content |= {"type": f"urn:samverkan:rule:{receipt.rule}", "title": title, "status": status}
    return JSONResponse(content, status, media_type="application/problem+json")
