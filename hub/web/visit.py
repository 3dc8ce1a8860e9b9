"""One visit to a page by somebody who is signed in: what they may, and what the page shows. Imports the other parts of the console.

A page is a function of a visit. ``page`` makes a route of one that reads, ``act`` of one that does something by a form.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import httpx
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from hub.ops_client.client import OpsAway, OpsClient, OpsRefused
from hub.web import page_templates
from hub.web.look import Look, look_of, switched
from hub.web.texts import Texts

COOKIE: Final = "hub-session"
_MARK: Final = "csrf"
_NO_FORM: Final = {
    "sv": "Formuläret går inte att läsa: ett fält är större än 4 MB, eller så är det skadat. En större katalog sätts i kraft med"
    " hub directory apply.",
    "en": "The form cannot be read: a field is larger than 4 MB, or it is damaged. A larger directory is put in force by"
    " hub directory apply.",
}
_TOKEN: Final = re.compile(r"[!-~]+")
_LONGEST: Final = 4_000
"""Characters of an address to come back to; of longer ones browsers and proxies lose some."""
Number = TypeVar("Number", int, float)


def part_of_path(said: str) -> str:
    """What somebody gave, as one part of an address of the operations API: it leads to no other place there."""
    found = quote(said, safe="")
    return found.replace(".", "%2E") if found in {".", ".."} else found


@dataclass(frozen=True, slots=True)
class Visit:
    """A request to the console, and who makes it."""

    request: Request
    ops: OpsClient
    look: Look
    t: Texts
    who: str = ""
    rights: frozenset[str] = frozenset()
    glass: dict[str, Any] | None = None
    """The glass that they have broken, while it is open."""

    @property
    def query(self) -> dict[str, str]:
        """The address's query, a name once."""
        return dict(self.request.query_params)

    @property
    def path(self) -> dict[str, Any]:
        """What the address's path names."""
        return self.request.path_params

    def part(self, name: str) -> str:
        """What the address's path names, as a part of an address of the operations API: it leads to no other place there."""
        return part_of_path(str(self.path[name]))

    @property
    def here(self) -> str:
        """The path of the page inside the console: ``/systems/ehr``."""
        return self.request.url.path.removeprefix(root_of(self.request)) or "/"

    @property
    def csrf(self) -> str:
        """What a form of this session carries; nobody makes it who does not hold the session's token."""
        return hmac.new((self.ops.token or "").encode(), _MARK.encode(), hashlib.sha256).hexdigest()

    def may(self, right: str) -> bool:
        """Whether they have a right; the operations API says so again of every call."""
        return right in self.rights

    @property
    def reads(self) -> bool:
        """Whether this visit may read what messages say. Each reading stands in the trail by the person's name, so it must be theirs: not a
        page that asks by itself for what is new, and not an address that another site has opened in their browser.
        """
        is_led_here = self.request.headers.get("sec-fetch-site") in {"cross-site", "same-site"}
        return self.glass is not None and self.may("see-bodies") and not self.ops.by_itself and not is_led_here

    def link(self, path: str, **query: Any) -> str:
        """The address of a page of the console, wherever it is mounted; empty values of the query are left out."""
        given = {name: value for name, value in query.items() if value not in (None, "")}
        return f"{root_of(self.request)}{path}" + (f"?{urlencode(given, doseq=True)}" if given else "")

    def show(self, template: str, status: int = 200, **context: Any) -> Response:
        """The page."""
        return page_templates.rendered(self, template, status, context)

    def go(self, path: str, **query: Any) -> Response:
        """On to another page, after an act."""
        return RedirectResponse(self.link(path, **query), 303)

    def back(self, form: FormData, done: str = "", **more: Any) -> Response:
        """Back to the page that the form's ``to`` names, where ``done`` (a key of the texts) is said."""
        path, _, query = inside(form.get("to")).partition("?")
        given = {name: value for name, value in parse_qsl(query) if name not in {"done", "count"}}
        return self.go(path, **{**given, "done": done, **more})


def inside(path: object) -> str:
    """An address inside the console; the first page for anything else."""
    is_inside = isinstance(path, str) and path.startswith("/") and not path.startswith(("//", "/\\"))
    return str(path) if is_inside and len(str(path)) <= _LONGEST else "/"


def number_of(given: Mapping[str, Any], name: str, kind: Callable[[str], Number]) -> Number:
    """The number that a query or a form gives under a name. Raises ``OpsRefused`` 400 where that is none."""
    try:
        return kind(str(given[name]))
    except (KeyError, ValueError):
        said = {"sv": f"Rätta {name}: ange ett tal.", "en": f"Correct {name}: give a number."}
        raise OpsRefused(400, "bad-query", said, f"/{name}") from None


def root_of(request: Request) -> str:
    """The path under which the console is mounted, a proxy's own before it."""
    return str(request.scope.get("root_path", "")).rstrip("/")


def stranger(request: Request) -> Visit:
    """A visit by nobody: of the pages that need no session."""
    client: httpx.AsyncClient = request.app.state.http
    look = look_of(request)
    address = None if request.client is None else request.client.host
    return Visit(request, OpsClient(client, visitor=address), look, Texts(look.language))


async def visitor(request: Request) -> Visit:
    """The visit of who is signed in. Raises ``OpsRefused`` 401 where nobody is. ``X-By-Itself`` marks what a page asks by itself."""
    nobody = stranger(request)
    token = request.cookies.get(COOKIE)
    if not token or not _TOKEN.fullmatch(token):
        raise OpsRefused(401, "signed-out")
    ops = replace(nobody.ops, token=token, by_itself=request.headers.get("x-by-itself") is not None)
    me = await ops.ask("/me")
    return Visit(request, ops, nobody.look, nobody.t, me["who"], frozenset(me["rights"]), me.get("glass"))


Page = Callable[[Visit], Awaitable[Response]]
Act = Callable[[Visit, FormData], Awaitable[Response]]


def page(path: str, shown: Page) -> Route:
    """The route of a page that reads."""

    async def answer(request: Request) -> Response:
        return switched(request) or await _answered(request, shown)

    return Route(path, answer, methods=["GET"])


def act(path: str, done: Act) -> Route:
    """The route of a form: refused where it does not come from a page of the console."""

    async def do(visit: Visit) -> Response:
        try:
            form = await visit.request.form(max_files=0, max_part_size=4 * 1024 * 1024)
        except HTTPException as error:
            raise OpsRefused(error.status_code, "bad-query", _NO_FORM, "/body") from None
        if not _from_here(visit, str(form.get(_MARK, ""))):
            return visit.show("refused.html", 403, rule="csrf", said=visit.t("refused.csrf"), element=None, about={})
        return await done(visit, form)

    async def answer(request: Request) -> Response:
        return await _answered(request, do)

    return Route(path, answer, methods=["POST"])


def deed(path: str, api: str, done: str) -> Route:
    """The route of a form that only says why: ``api`` is told the reason, and the page that the form names says that it is ``done``."""

    async def do(visit: Visit, form: FormData) -> Response:
        names = {name: visit.part(name) for name in visit.path}
        await visit.ops.say(api.format(**names), {"reason": str(form.get("reason", ""))})
        return visit.back(form, done)

    return act(path, do)


def _from_here(visit: Visit, mark: str) -> bool:
    origin = visit.request.headers.get("origin")
    same_host = origin is None or urlsplit(origin).netloc == visit.request.headers.get("host")
    return same_host and hmac.compare_digest(mark.encode(), visit.csrf.encode())


async def _answered(request: Request, shown: Page) -> Response:
    """What the page shows, or why it cannot."""
    visit = stranger(request)
    try:
        visit = await visitor(request)
        return await shown(visit)
    except OpsRefused as refused:
        if refused.status == 401:
            asked = visit.here + (f"?{request.url.query}" if request.url.query else "")
            return RedirectResponse(visit.link("/sign-in", to=asked if request.method == "GET" else None), 303)
        said = visit.t.of(refused.text) or visit.t("refused.unknown")
        if (
            refused.status == 404 and request.method == "GET"
        ):  # the element is a part of the API's address, which nobody wrote
            title = visit.t("refused.nothing")
            return visit.show("refused.html", 404, title=title, rule="", said=said, element=None, about=refused.about)
        return visit.show(
            "refused.html", refused.status, rule=refused.rule, said=said, element=refused.element, about=refused.about
        )
    except OpsAway:
        return visit.show("away.html", 503)
