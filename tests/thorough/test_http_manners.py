"""How the API answers what none of its routes does: another method, another address, an error of its own, a format that there is
not; a problem in both languages, and under ``/fhir`` an OperationOutcome.
"""

import asyncio
import contextlib

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from hub.errors import Refused, Unavailable
from hub.intake.process_pool import ProcessPool
from hub.routers import content_types, errors
from hub.routers.content_types import BUNDLES

JSON, XML = BUNDLES
RAISED = {
    "refused": Refused("C-9", "Nej.", "No.", "/", 403),
    "busy": Unavailable("busy", retry_after=7),
    "broken": RuntimeError("191212121212"),
}


DONE: list[str] = []
"""What the address that stands still has come to."""


@pytest.fixture
async def client():
    async with calling(answer_s=60) as made:
        yield made


@contextlib.asynccontextmanager
async def calling(answer_s):
    """A client of an API that has the hub's manners."""
    api = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    for prefix in ("", "/fhir"):
        routes = APIRouter(prefix=prefix)

        @routes.get("/things/{what}")
        async def get(what: str, prefix: str = prefix) -> dict[str, str]:
            if what in RAISED:
                raise RAISED[what]
            if what == "standing-still":
                DONE.append(f"begun {prefix}")
                await asyncio.sleep(3)
                DONE.append(f"done {prefix}")
            return {"what": what}

        @routes.post("/things/{what}")
        async def post(what: str) -> dict[str, str]:
            return {"what": what}

        nested = APIRouter()
        nested.include_router(routes)
        api.include_router(nested)
    pool = ProcessPool()
    errors.install(api, pool, answer_s)
    transport = httpx.ASGITransport(app=api, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://hub") as made:
        yield made


@pytest.mark.parametrize("prefix", ["", "/fhir"])
async def test_a_call_is_answered_in_time_also_when_what_it_needs_stands_still_and_what_was_begun_is_done(prefix):
    async with calling(answer_s=1) as client:
        answer = await client.get(f"{prefix}/things/standing-still")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    kind = "application/fhir+json" if prefix else "application/problem+json"
    assert answer.headers["content-type"].startswith(kind)
    assert DONE[-1] == f"begun {prefix}"
    async with asyncio.timeout(30):
        while DONE[-1] != f"done {prefix}":
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("prefix", ["", "/fhir"])
async def test_a_method_that_an_address_does_not_take_is_405_with_all_those_that_it_takes(client, prefix):
    for method in ("PUT", "DELETE", "PATCH", "TRACE"):
        answer = await client.request(method, f"{prefix}/things/a")
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST, HEAD, OPTIONS")
    answer = await client.options(f"{prefix}/things/a")
    assert (answer.status_code, answer.headers["allow"], answer.content) == (204, "GET, POST, HEAD, OPTIONS", b"")


@pytest.mark.parametrize("prefix", ["", "/fhir"])
async def test_head_is_answered_as_get_without_its_body(client, prefix):
    whole = await client.get(f"{prefix}/things/a")
    head = await client.head(f"{prefix}/things/a")
    assert (head.status_code, head.content, head.headers) == (200, b"", whole.headers)
    assert (await client.head(f"{prefix}/nowhere")).status_code == 404


@pytest.mark.parametrize(("what", "status"), [("refused", 403), ("busy", 503), ("broken", 500)])
async def test_every_error_is_a_problem_in_both_languages_and_under_fhir_an_outcome_in_the_format_asked_for(
    client, what, status
):
    problem = await client.get(f"/things/{what}")
    assert (problem.status_code, problem.headers["content-type"]) == (status, "application/problem+json")
    told = problem.json()
    assert told["status"] == status and told["rule"] and told["text"]["sv"] and told["text"]["en"] == told["detail"]
    outcome = await client.get(f"/fhir/things/{what}")
    assert (outcome.status_code, outcome.headers["content-type"]) == (status, JSON)
    assert outcome.json()["issue"][0]["details"]["text"] == told["text"]["sv"]
    for how in ({"headers": {"accept": XML}}, {"params": {"_format": "xml"}}):
        in_xml = await client.get(f"/fhir/things/{what}", **how)
        assert (in_xml.status_code, in_xml.headers["content-type"]) == (status, XML)
        assert etree.fromstring(in_xml.content).tag == "{http://hl7.org/fhir}OperationOutcome"
    assert "191212121212" not in problem.text + outcome.text
    assert [answer.headers.get("retry-after") for answer in (problem, outcome)] == ["7" if what == "busy" else None] * 2


async def test_an_address_with_a_slash_at_its_end_is_told_so_and_nothing_is_redirected(client):
    answer = await client.post("/things/a/", content=b"x")
    assert answer.status_code == 404
    assert "slash" in answer.json()["text"]["en"]


# --- which format ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accept", "format_", "otherwise", "media"),
    [
        (None, None, XML, XML),
        ("*/*", None, XML, XML),
        ("application/*", None, JSON, JSON),
        ("application/json", None, XML, JSON),
        ("text/xml", None, JSON, XML),
        ("application/fhir+json;q=0.2, application/fhir+xml", None, JSON, XML),
        ("application/fhir+xml, application/fhir+json", None, JSON, XML),
        ("*/*;q=0.5, application/fhir+xml;q=0.1", None, XML, JSON),
        ("application/fhir+json;q=0, */*", None, JSON, XML),
        ("text/html, application/xhtml+xml, */*;q=0.8", None, JSON, JSON),
        ("application/fhir+xml; fhirVersion=4.0", None, JSON, XML),
        ("application/fhir+json", "xml", JSON, XML),
        ("text/html", "application/fhir json", XML, JSON),
    ],
)
def test_the_format_of_an_answer_is_what_was_asked_for(accept, format_, otherwise, media):
    assert content_types.wanted(accept, format_, otherwise) == media


@pytest.mark.parametrize(
    ("accept", "format_"),
    [
        ("text/html", None),
        ("application/fhir+json;q=0", None),
        ("application/fhir+json; fhirVersion=5.0", None),
        ("*/*;q=0", None),
        (None, "ttl"),
        ("application/fhir+json", "ttl"),
    ],
)
def test_what_there_is_not_is_406_with_what_there_is(accept, format_):
    with pytest.raises(Refused) as refused:
        content_types.wanted(accept, format_, JSON)
    assert refused.value.status == 406
    assert JSON in refused.value.sv and XML in refused.value.en


@given(st.text(max_size=80), st.sampled_from(BUNDLES))
def test_any_accept_is_heeded_or_refused(accept, otherwise):
    try:
        found = content_types.wanted(accept, None, otherwise)
    except Refused as refused:
        found = refused.status
    assert found in {*BUNDLES, 406}
