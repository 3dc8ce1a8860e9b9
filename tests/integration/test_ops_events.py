"""The events of the operations API: what open pages are told, by one read for all of them, and when it ends. On a real database."""

import asyncio
import json
from contextlib import AsyncExitStack

import httpx
import pytest

from hub.http_api import api_of
from hub.operations.watch import Watch
from hub.ops_client.in_process import InProcess
from hub.store import operator_sessions, paused_systems
from hub.store.operator_log import record
from tests.integration.test_ops_overview import report
from tests.integration.test_views import directory, served
from tests.operators import Person, signed_in


@pytest.fixture
async def place(database):
    async with served(database, directory()) as found:
        await report(found.hub)
        yield found


class Page:
    """An open page, which reads one event after the other."""

    def __init__(self, hub, person, **query):
        self._query = query
        self._client = httpx.AsyncClient(transport=InProcess(api_of(hub), ""), base_url="http://hub/ops", timeout=30)
        self._client.headers.update(person.client.headers)

    async def __aenter__(self):
        self._opened = self._client.stream("GET", "/events", params=self._query)
        self.response = await self._opened.__aenter__()
        self._lines = self.response.aiter_lines()
        return self

    async def __aexit__(self, *why):
        await self._opened.__aexit__(*why)
        await self._client.aclose()

    async def next(self, *names):
        """The next event with one of these names: (name, data)."""
        name = None
        async with asyncio.timeout(30):
            async for line in self._lines:
                if line.startswith("event: "):
                    name = line.removeprefix("event: ")
                elif line.startswith("data: ") and name in names:
                    return name, json.loads(line.removeprefix("data: "))
        return None


async def paused(hub, system):
    async with hub.store.transaction() as connection:
        await paused_systems.pause(connection, system)
        await record(connection, "Disa Drift", "pause", system, "byte av server")


async def test_who_may_not_see_hears_nothing(place):
    await Person(place.hub, None).ask("/events", 401)
    await (await signed_in(place.hub, "none-of-the-roles")).ask("/events", 403)


async def test_a_page_hears_the_overview_at_once_and_what_changes_after_that(place):
    person = await signed_in(place.hub, "lasare")
    async with Page(place.hub, person) as page:
        assert page.response.headers["content-type"].startswith("text/event-stream")
        _, first = await page.next("overview")
        assert first["paused"]["count"] == 0
        await paused(place.hub, "kommun")
        _, then = await page.next("overview")
        assert then["paused"]["count"] == 1
        _, changed = await page.next("lists")
        assert {"systems", "trail"} <= set(changed["changed"]) <= {"systems", "trail", "waiting"}


async def test_several_pages_are_told_the_same_by_one_read(place):
    person = await signed_in(place.hub, "lasare")
    async with Page(place.hub, person) as one, Page(place.hub, person) as other:
        await one.next("overview")
        await other.next("overview")
        await paused(place.hub, "kommun")
        (_, told), (_, also) = await one.next("overview"), await other.next("overview")
        assert told == also, "the moment of the read too"


async def test_the_events_end_with_the_session_and_with_the_hub(place):
    hub = place.hub
    person = await signed_in(hub, "lasare")
    colleague = await signed_in(hub, "drift", who="Kalle Kollega")
    async with Page(hub, person) as page, Page(hub, colleague) as other:
        await page.next("overview")
        await other.next("overview")
        async with hub.store.transaction() as connection:
            session = await operator_sessions.looked_at(connection, person.client.headers["authorization"].split()[1])
            await operator_sessions.end(connection, session.id, "signed out")
        assert await page.next("end") == ("end", {"why": "signed-out"})
        assert await page.next("overview", "lists") is None, "nothing comes after it"
        hub.live.stop()
        assert await other.next("end") == ("end", {"why": "hub-stops"})


async def test_where_too_many_are_open_whose_session_has_the_most_loses_the_oldest(place):
    greedy, other = [await signed_in(place.hub, "lasare") for _ in range(2)]
    place.hub.live._most = 3
    async with Page(place.hub, other) as first, Page(place.hub, greedy) as oldest, Page(place.hub, greedy) as second:
        for page in (first, oldest, second):
            assert await page.next("overview") is not None
        async with Page(place.hub, greedy) as newest:
            assert await oldest.next("end") == ("end", {"why": "too-many"})
            await paused(place.hub, "centre")
            for page in (first, second, newest):
                assert (await page.next("lists"))[0] == "lists"


async def test_pages_are_told_in_turn_which_lists_have_changed_and_nothing_else(place):
    person = await signed_in(place.hub, "lasare")
    await person.ask("/events", 400, only="overview")
    async with AsyncExitStack() as opened:
        first = await opened.enter_async_context(Page(place.hub, person))
        await first.next("overview")
        pages = [await opened.enter_async_context(Page(place.hub, person, only="lists")) for _ in range(5)]
        told = []
        tell_pages = place.hub.live._tell_pages

        def told_now():
            tell_pages()
            told.append([one for one in place.hub.live._listeners if one.is_due])

        place.hub.live._tell_pages = told_now
        await paused(place.hub, "kommun")
        for page in pages:
            name, said = await page.next("lists", "overview")
            assert name == "lists" and {"overview", "systems", "trail"} <= set(said["changed"])
        turns = [turn for turn in told if turn]
    assert [len(turn) for turn in turns[:3]] == [2, 2, 1]
    assert len({id(one) for turn in turns[:3] for one in turn}) == 5, "none a second time before each has had its turn"


async def test_many_who_ask_at_the_same_time_share_a_read(place):
    reads = 0

    class Counted(Watch):
        async def _read(self):
            nonlocal reads
            reads += 1
            return await super()._read()

    watch = Counted(place.hub.store, place.hub.in_force)
    found = await asyncio.gather(*(watch.now() for _ in range(200)))
    assert (reads, len({one.at for one in found})) == (1, 1)
    going = asyncio.create_task(watch.now())
    while reads == 1:
        await asyncio.sleep(0)
    late = await asyncio.gather(*(watch.now() for _ in range(200)))
    assert reads == 3, "who asks while one is read is given what is read after that"
    assert late[0].at > (await going).at
