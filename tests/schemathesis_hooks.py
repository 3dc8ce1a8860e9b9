"""What schemathesis cannot know from ``/openapi.json``, for ``tests/integration/test_schemathesis.py``: its hooks, which it loads itself.

A valid request names the reading unit once, a person number of a real date, a cursor of a page before and a span of a week at most: no
schema says that. A header that nobody knows is no fault in HTTP.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import schemathesis
from schemathesis import Case, GenerationMode, HookContext

from hub.routers import examples

READER = {"X-Unit": "SE2321000255-AVD12", "X-Role": "sjukskoterska", "X-Actor": "SE2321000255-SJUKSKOTERSKA1"}
KNOWN = {"unit": "SE2321000255-AVD12", "person": "SE2321000255-P02", "sender": "SE2321000255-AVD12"}


@schemathesis.hook
def filter_case(_: HookContext, case: Case) -> bool:
    """Without the header that nobody knows."""
    return "x-schemathesis-unknown-property" not in {name.lower() for name in case.headers or ()}


@schemathesis.hook
def before_call(_: HookContext, case: Case, kwargs: dict[str, Any]) -> None:
    """Makes a request that the document calls valid one that is."""
    _ = kwargs
    if case.meta is None or case.meta.generation.mode is not GenerationMode.POSITIVE:
        return
    if case.path in {"/fhir/Subscription", "/fhir/Subscription/{id}"} and case.method in {"POST", "PUT"}:
        # The schema of a resource is FHIR's own; and it writes XML as a text within an element.
        case.body, case.media_type = examples.SUBSCRIPTION, "application/fhir+json"
    if case.headers is not None and "X-Actor" in case.headers:
        case.headers.update(READER)
    for part in (case.query, case.path_parameters):
        for name in KNOWN.keys() & (part or {}).keys():
            part[name] = KNOWN[name]
    (case.query or {}).pop("cursor", None)
    if case.path == "/reconciliation":  # at most a week
        for part in (case.query, case.body):
            if isinstance(part, dict) and "since" in part:
                part["since"] = (datetime.now(UTC) - timedelta(days=1)).isoformat()
                part.pop("until", None)
    if isinstance(case.body, dict):
        for name in ("cursor", "archived"):  # a name filters the start list alone, not the archive
            case.body.pop(name, None)
        if "personnummer" in case.body and "{unit}" not in case.path:
            case.body["personnummer"] = "191212121212"
