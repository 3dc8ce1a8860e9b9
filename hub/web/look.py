"""How a person wants the console: its language and its colours, each kept in a cookie and changed by a query. Imports Starlette only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse

LANGUAGES: Final = {"sv": "Svenska", "en": "English"}
SCHEMES: Final = ("auto", "light", "dark")
_CHOICES: Final = {"lang": tuple(LANGUAGES), "scheme": SCHEMES}
_YEAR_S: Final = 365 * 86_400


@dataclass(frozen=True, slots=True)
class Look:
    """How the pages look for a person."""

    language: str
    scheme: str
    """``auto`` follows the person's machine."""


def look_of(request: Request) -> Look:
    """By the cookies; Swedish, and as the machine has it, where nothing is chosen."""
    chosen = {
        name: found if (found := request.cookies.get(f"hub-{name}")) in values else values[0]
        for name, values in _CHOICES.items()
    }
    return Look(chosen["lang"], chosen["scheme"])


def switched(request: Request) -> RedirectResponse | None:
    """The answer to an address that chooses a language or colours (``?lang=en``): the same address without the choice, which is kept."""
    asked = {name: request.query_params[name] for name in _CHOICES if name in request.query_params}
    if not asked or request.method != "GET":
        return None
    left = [(name, value) for name, value in request.query_params.multi_items() if name not in _CHOICES]
    answer = RedirectResponse(request.url.path + (f"?{urlencode(left)}" if left else ""), 303)
    for name, value in asked.items():
        if value in _CHOICES[name]:
            answer.set_cookie(
                f"hub-{name}",
                value,
                max_age=_YEAR_S,
                path=request.scope.get("root_path") or "/",
                samesite="lax",
                httponly=True,
            )
    return answer
