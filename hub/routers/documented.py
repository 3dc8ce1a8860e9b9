"""What ``/openapi.json`` says of each answer beyond its status: the JSON of the views, the headers, what is no JSON. Imports the
schemas of the answers and the HTTP edge.
"""

from __future__ import annotations

from typing import Any, Final

from hub.routers import answers, examples, http
from hub.translators import native

_OF_VIEWS: Final[dict[str, answers.Schema]] = {
    "/units/{unit}/cases": answers.CASES,
    "/units/{unit}/contacts/cases": answers.CASES,
    "/units/{unit}/contacts/{person}/cases": answers.CASES,
    "/search": answers.SEARCH,
    "/cases/{id}": answers.CASE,
    "/cases/{id}/trace": answers.TRACE,
    "/cases/{id}/versions/{step}": answers.VERSIONS,
    "/cases/{id}/versions/{step}/{n}": answers.VERSION,
    "/cases/{id}/fields/{document}/{field}": answers.FIELD,
    "/cases/{id}/messages": answers.MESSAGES,
    "/cases/{id}/organisations": answers.ORGANISATIONS,
    "/cases/{id}/plan": answers.PLAN,
    "/cases/{id}/plan/compare": answers.COMPARED,
    "/cases/{id}/plan/fields/{field}": answers.PLAN_FIELD,
    "/cases/{id}/plan/keywords": answers.KEYWORDS,
    "/cases/{id}/proposals": answers.PROPOSALS,
    "/citizens/plans": answers.CITIZEN_PLANS,
    "/inbox": answers.FETCHED,
    "/self": answers.SELF,
    "/self/messages": answers.OWN_MESSAGES,
    "/self/notices": answers.OWN_NOTICES,
    "/reconciliation": answers.RECONCILIATION,
    "/self/test": answers.OWN_TEST,
    "/self/replay": answers.OWN_REPLAY,
    "/self/replays": answers.OWN_REPLAYS,
    "/self/rotate": answers.OWN_CREDENTIAL,
    "/inbox/ack": answers.ACKED,
    "/health/live": answers.LIVE,
    "/health/ready": answers.READY,
}
"""Address → the JSON that it answers with when all is well (and when the hub is not ready, which is said in the same form)."""
_BYTES: Final = {"type": "string", "format": "binary"}
_FORMS: Final[dict[str, answers.Schema]] = {
    "application/pdf": _BYTES,
    "*/*": _BYTES,
    "text/calendar": answers.TEXT,
    "text/plain": answers.TEXT,
}


def _header(description: str, **schema: Any) -> dict[str, Any]:
    return {"description": description, "required": True, "schema": {"type": "string", **schema}}


_HEADERS: Final[dict[str, dict[str, Any]]] = {
    "401": {"WWW-Authenticate": _header("How to authenticate.", const="Bearer")},
    "415": {"Accept-Encoding": _header("The packings that are read.")},
    "429": {"Retry-After": _header("Seconds until it may be asked again.", pattern="^[0-9]+$")},
    "503": {"Retry-After": _header("Seconds until it may be sent again.", pattern="^[0-9]+$")},
}
"""Status → the headers that it always has."""
_OF_CASES: Final = {
    "Cache-Control": _header("Nothing is kept.", const="no-store"),
    "X-Content-Type-Options": _header("The content is what its type says.", const="nosniff"),
}
_SAVED: Final = {"Content-Disposition": _header("The name to save it by.")}
_READY: Final = "/health/ready"


def complete(path: str, operation: dict[str, Any]) -> None:
    """Completes one operation, in place: its answers, and an example of each parameter and body."""
    _exemplify(path, operation)
    for status, said in operation["responses"].items():
        content = said.setdefault("content", {})
        for media, form in _FORMS.items():
            if media in content:
                content[media] = {"schema": form}
        if path in _OF_VIEWS and (status == "200" or path == _READY) and native.JSON in content:
            content[native.JSON]["schema"] = _OF_VIEWS[path]
        headers = dict(_HEADERS.get(status, {})) if http.PROBLEM in content or path.startswith("/fhir") else {}
        if status == "200" and operation.get("tags") in (["cases"], ["citizens"]):
            headers |= _OF_CASES if native.JSON in content else _OF_CASES | _SAVED
        if headers:
            said["headers"] = headers


def _exemplify(path: str, operation: dict[str, Any]) -> None:
    """Without examples a page of documentation makes up random ones from the patterns."""
    for parameter in operation.get("parameters", ()):
        name = parameter["name"]
        in_fhir = path.startswith("/fhir/") and (name, parameter["in"]) == ("id", "path")
        example = examples.DEFINITIONS.get(path.split("/")[2]) if in_fhir else None
        example = example or (None if "default" in parameter["schema"] else examples.PARAMETERS.get(name))
        if example is not None:
            parameter["example"] = example
    if path in examples.BODIES and "requestBody" in operation:
        operation["requestBody"]["content"][native.JSON]["example"] = examples.BODIES[path]
