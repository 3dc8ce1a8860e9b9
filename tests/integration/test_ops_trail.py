"""The trail and the sessions, as those who audit see them; who may not, is tried in ``test_ops_doors``. On a real database."""

from datetime import UTC, datetime, timedelta

import pytest

from hub.store import operator_log, operator_sessions
from tests.integration.test_views import directory, served
from tests.operators import nobody_yet, signed_in


@pytest.fixture
async def hub(shared_database):
    async with served(shared_database, directory()) as found:
        await nobody_yet(found.hub.store)
        yield found.hub


async def acts(hub, *rows):
    async with hub.store.transaction() as connection:
        for who, what, target in rows:
            await operator_log.record(connection, who, what, target, "skäl")


async def test_the_trail_says_who_did_what_with_what_and_why_and_is_narrowed_by_each(hub):
    await acts(hub, ("Disa", "pause", "ehr"), ("Disa", "resume", "ehr"), ("Omar", "pause", "kommun"))
    auditor = await signed_in(hub, "granskare")
    (newest, *_) = (await auditor.ask("/trail"))["rows"]
    assert (newest["who"], newest["what"], newest["target"], newest["reason"]) == ("Omar", "pause", "kommun", "skäl")
    assert datetime.fromisoformat(newest["at"]).utcoffset() is not None

    async def found(**query):
        return [(one["who"], one["what"]) for one in (await auditor.ask("/trail", **query))["rows"]]

    assert await found(who="Disa") == [("Disa", "resume"), ("Disa", "pause")]
    assert await found(what="pause") == [("Omar", "pause"), ("Disa", "pause")]
    assert await found(target="ehr", what="pause") == [("Disa", "pause")]
    assert await found(who="Nobody") == []
    now = datetime.now(UTC)
    assert await found(since=(now + timedelta(hours=1)).isoformat()) == []
    assert len(await found(until=(now + timedelta(hours=1)).isoformat())) == 3
    for wrong in ({"who_": "x"}, {"since": "yesterday"}, {"limit": 0}, {"limit": 201}, {"after": "first"}):
        await auditor.ask("/trail", 400, **wrong)


async def test_the_trail_is_read_page_by_page_and_what_comes_meanwhile_moves_nothing(hub):
    await acts(hub, *(("Disa", "pause", f"system-{n}") for n in range(5)))
    auditor = await signed_in(hub, "granskare")
    first = await auditor.ask("/trail", limit=2)
    await acts(hub, ("Disa", "pause", "later"))
    second = await auditor.ask("/trail", limit=2, after=first["next"])
    third = await auditor.ask("/trail", limit=2, after=second["next"])
    seen = [one["target"] for page in (first, second, third) for one in page["rows"]]
    assert (seen, third["next"]) == ([f"system-{n}" for n in range(4, -1, -1)], None)


async def test_who_is_refused_for_want_of_a_right_is_in_the_trail_once_a_minute_with_nothing_of_what_was_asked(hub):
    curious, auditor = await signed_in(hub, "lasare", who="Nyfiken"), await signed_in(hub, "granskare")
    for _ in range(3):
        await curious.ask("/trail", 403, who="191212121212")
    await curious.say("/glass", {"reason": "191212121212"}, 403)
    rows = (await auditor.ask("/trail", what="refused"))["rows"]
    assert [(one["who"], one["target"], one["reason"]) for one in rows] == [
        ("Nyfiken", "POST /glass", "without the right see-bodies"),
        ("Nyfiken", "GET /trail", "without the right audit"),
    ]


async def test_the_sessions_are_seen_without_their_tokens_and_why_they_ended(hub):
    auditor = await signed_in(hub, "granskare", who="Sara")
    gone = await signed_in(hub, "drift", who="Omar")
    await gone.client.delete("/sessions/current")
    async with hub.store.transaction() as connection:
        await operator_sessions.begin(
            connection,
            "nattrapport (Disa)",
            frozenset({"lasare"}),
            datetime.now(UTC) + timedelta(days=1),
            kind="program",
        )
    rows = (await auditor.ask("/sessions"))["rows"]
    assert [(one["who"], one["kind"], one["in_force"], one["ended_why"]) for one in rows] == [
        ("nattrapport (Disa)", "program", True, None),
        ("Omar", "person", False, "signed out"),
        ("Sara", "person", True, None),
    ]
    assert [one["who"] for one in (await auditor.ask("/sessions", in_force="false"))["rows"]] == ["Omar"]
    assert [one["who"] for one in (await auditor.ask("/sessions", limit=1))["rows"]] == ["nattrapport (Disa)"]
    assert not any("token" in one for one in rows)
