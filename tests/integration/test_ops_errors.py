"""The error catalogue over HTTP: for operations, and for whoever met a refusal, whose ``type`` leads there."""

import httpx
import pytest

from hub.catalogue.catalogue import catalogue
from hub.http_api import api_of
from tests.integration.test_views import directory, served
from tests.operators import Person, signed_in


@pytest.fixture
async def hub(database):
    async with served(database, directory()) as found:
        yield found.hub


@pytest.fixture
async def vendor(hub):
    transport = httpx.ASGITransport(app=api_of(hub), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://hub") as client:
        yield client


async def test_the_type_of_a_problem_leads_to_what_it_means_and_what_to_do_without_a_token(vendor):
    refused = await vendor.post("/messages", json={})
    assert refused.status_code == 401 and refused.headers["content-type"] == "application/problem+json"
    found = (await vendor.get(refused.json()["type"])).json()
    assert found["id"] == refused.json()["rule"] == "unauthenticated"
    assert found["link"] == refused.json()["type"] == "/errors/unauthenticated"
    assert found["who"] == ["sender"] and "hub directory rotate" in found["what_to_do"]["en"]


async def test_operations_finds_an_error_by_kind_by_who_must_act_and_by_words(hub):
    reader = await signed_in(hub, "lasare")
    whole = await reader.ask("/errors")
    assert [one["id"] for one in whole["rows"]] == list(catalogue()) and whole["next"] is None
    assert {one["kind"] for one in (await reader.ask("/errors", kind="held"))["rows"]} == {"held"}
    certificates = await reader.ask("/errors", kind="delivery", who="receiver", text="certifikat")
    assert [one["id"] for one in certificates["rows"]] == ["delivery.certificate-not-trusted"]
    one = await reader.ask("/errors/V-3")
    assert {said["element"] for said in one["refusals"]} >= {"/data/reason", "/type"}
    assert (await reader.ask("/errors/V-333", status=404))["rule"] == "not-found"
    assert (await reader.ask("/errors", status=400, kind="nonsense"))["rule"] == "bad-query"


async def test_operations_reads_it_signed_in_only(hub):
    stranger = Person(hub, None)
    assert (await stranger.ask("/errors", status=401))["type"] == "/errors/signed-out"
    assert (await stranger.ask("/errors/V-3", status=401))["rule"] == "signed-out"
