"""The console asked for what cannot be: by the addresses that somebody guesses and the forms that somebody makes, signed in and through
``/console``.
"""

import asyncio
import re
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from hub.http_api import api_of
from hub.ops_client.client import OpsAway, OpsClient, OpsRefused
from hub.store import operator_sessions
from tests.integration.test_views import directory, served
from tests.operators import EVERY_ROLE, signed_in


@pytest.fixture
async def place(database):
    async with served(database, directory()) as made:
        yield made


async def browser(hub):
    """The console for somebody who may do everything, and what its forms carry."""
    async with hub.store.transaction() as connection:
        begun = await operator_sessions.begin(
            connection, "Disa Drift", EVERY_ROLE, datetime.now(UTC) + timedelta(hours=1)
        )
    client = httpx.AsyncClient(
        transport=httpx.ASGITransport(app=api_of(hub), raise_app_exceptions=False),
        base_url="http://hub/console",
        cookies={"hub-session": begun.token},
    )
    csrf = re.search(r'name="csrf" value="(\w+)"', (await client.get("/")).text)
    return client, {"csrf": csrf[1], "reason": "prov"}


@pytest.mark.parametrize("fault", [OpsAway("HTTP 503"), OpsRefused(403, "no-right", {"sv": "nej", "en": "no"})])
async def test_a_queue_is_shown_without_the_numbers_of_the_others_where_the_overview_does_not_answer(
    place, monkeypatch, fault
):
    client, _ = await browser(place.hub)
    ask = OpsClient.ask

    async def but_the_overview(self, path, **query):
        if path == "/overview":
            raise fault
        return await ask(self, path, **query)

    monkeypatch.setattr(OpsClient, "ask", but_the_overview)
    for path in (
        "/waiting", "/dead", "/held", "/manual-queue", "/unserved", "/replays", "/partitions", "/deadlines"
    ):  # fmt: skip
        found = await client.get(path)
        assert (found.status_code, "filters" in found.text) == (200, True), path


async def test_what_cannot_be_read_is_refused_and_is_no_defect_of_the_consoles(place):
    client, form = await browser(place.hub)
    for address in (
        "/replays/new?system=centre&rate=abc",
        "/replays/new?system=centre&rate=inf",
        "/replays/new?system=centre&stop_after=abc",
        "/directory/versions/1?before=abc",
        "/directory/write?version=abc",
        "/trail?who=%00",
        "/waiting?system=%00",
        "/messages/%00",
        "/reconciliation/%00",
    ):
        found = await client.get(address)
        assert (found.status_code, "bad-query" in found.text) == (400, True), address
    for address, given in (
        ("/replays/begin", {}),
        ("/replays/begin", {"expected": "abc"}),
        ("/held/1/edit", {}),
        ("/partitions/pass", {}),
        ("/partitions/pass", {"place": "../../x/y/z"}),
        ("/directory/apply", {"yaml": "x", "version": "abc"}),
        ("/systems/centre/pause", {"reason": "a\0b"}),
        ("/systems/%00/pause", {}),
        ("/unserved/%00/give-up", {}),
        ("/manual-queue/%00/units", {}),
        ("/messages/find", {"q": "x" * 100_000}),
    ):
        found = await client.post(address, data=form | given)
        assert (found.status_code, "bad-query" in found.text) == (400, True), (address, given)


async def test_an_address_that_names_what_cannot_be_leads_to_no_other_place_of_the_api(place):
    client, form = await browser(place.hub)
    for name in ("%01", "%7F", "a%3Fb", "a%23b", "%2E%2E", "%FF"):
        for address in (
            "/systems/{}",
            "/cases/{}",
            "/directory/units/{}",
            "/errors/{}",
            "/manual-queue/{}",
            "/reconciliation/{}",
        ):
            assert (await client.get(address.format(name))).status_code in {400, 404}, (address, name)
        for address in ("/systems/{}/pause", "/manual-queue/{}/units", "/unserved/{}/give-up", "/systems/{}/rotate"):
            assert (await client.post(address.format(name), data=form)).status_code in {400, 404, 409}, (address, name)
    long = form | {"to": "/" + "x" * 5_000}
    assert (await client.post("/systems/centre/pause", data=long)).headers["location"] == "/console/?done=paused"


async def test_a_cookie_that_is_no_token_is_nobodys(place):
    for cookie in (b"\xe5", b'"a\\012X-Y: z"', b'"\\000"', b"a b"):
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app=api_of(place.hub), raise_app_exceptions=False),
            base_url="http://hub/console",
            headers=[(b"cookie", b"hub-session=" + cookie)],
        ) as client:
            assert (await client.get("/systems")).headers["location"].startswith("/console/sign-in"), cookie
            assert (await client.get("/live")).status_code == 401, cookie


async def test_a_directory_that_is_nested_very_deep_is_refused_and_the_hub_goes_on(place):
    client, form = await browser(place.hub)
    for deep in ("[" * 100_000, "- " * 100_000):
        found = await client.post("/directory/dry-run", data=form | {"yaml": deep})
        assert (found.status_code, "nested too deep" in found.text or "YAML" in found.text) == (400, True)
    found = await client.post("/directory/dry-run", data=form | {"yaml": "x" * 5_000_000})
    assert (found.status_code, "hub directory apply" in found.text) == (400, True)
    assert (await client.get("/")).status_code == 200


async def test_a_person_number_among_other_words_leads_to_no_address(place):
    client, form = await browser(place.hub)
    found = await client.post("/messages/find", data=form | {"q": "Tolvan 19121212-1212"})
    assert found.status_code == 400 and "location" not in found.headers
    found = await client.post("/messages/find", data=form | {"q": "m-1"})
    assert found.status_code == 303 and found.headers["location"].endswith("/messages?id=m-1")


async def test_behind_the_glass_only_what_the_person_asks_for_is_read(place):
    client, form = await browser(place.hub)
    await place.say("ref:early", "samtycke", {"outcome": "given"}, id_="early-0", ok=False)
    ((number,),) = [(one["number"],) for one in (await (await signed_in(place.hub)).ask("/held"))["rows"]]
    assert (await client.post("/glass/break", data=form)).status_code == 303
    looked = "SELECT count(*) FROM operation WHERE what = 'look behind the glass'"
    for headers, read in (
        ({}, 1),
        ({"x-by-itself": "1"}, 1),
        ({"sec-fetch-site": "cross-site"}, 1),
        ({"sec-fetch-site": "same-site"}, 1),
        ({"sec-fetch-site": "same-origin"}, 2),
        ({"sec-fetch-site": "none"}, 3),
    ):
        found = await client.get(f"/held/{number}", headers=headers)
        assert (found.status_code, await place.sql(looked)) == (200, [(read,)])


async def test_of_glasses_broken_at_the_same_time_one_is_open(place):
    person = await signed_in(place.hub)
    await asyncio.gather(*(person.say("/glass", {"reason": "prov"}) for _ in range(5)))
    assert len((await person.ask("/glass", open="true"))["rows"]) == 1
