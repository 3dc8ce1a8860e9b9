"""Searching messages and notices by what they are and what became of them, and who may not. On a real database; nothing is sent."""

from datetime import UTC, datetime, timedelta

import pytest

from hub.operations import search
from hub.store import found, notice_search
from hub.store.walk import Pace
from tests.integration.test_console_hostile import browser
from tests.integration.test_pull_inbox import Hub, ids, with_inbox
from tests.integration.test_views import ANNA, CENTRE, KOMMUN, TOLVAN, WARD, served
from tests.operators import signed_in

NOT_ITS_OWN = {"fields": {"aktuellt_tillstand": {"text": "Uppe"}}}
"""What slutenvard writes, and no other."""


@pytest.fixture
async def hub(database):
    async with served(database, with_inbox(), Hub) as hub:
        hub.person = await signed_in(hub.hub, "lasare")
        yield hub


async def asked(hub, status=200, **filters):
    return await hub.person.ask("/messages", status, **filters)


async def found_by(hub, **filters):
    """The ids of all that is found, over all pages."""
    rows, cursor = [], None
    while True:
        page = await asked(hub, **filters, **({"after": cursor} if cursor else {}))
        rows += page["rows"]
        cursor = page["next"]
        if cursor is None:
            return rows


def names(rows):
    return [(one["message"]["id"], one["message"]["type"]) for one in rows]


async def test_a_message_is_found_by_each_thing_that_is_known_of_it(hub):
    case = await hub.admit()
    other = await hub.admit(ANNA)
    answer = await hub.say(case, "svu.kartlaggning", {"fields": {"bakgrund": {"text": "Bor ensam"}}}, CENTRE, id_="k-1")
    refused = await hub.say(case, "svu.kartlaggning", NOT_ITS_OWN, CENTRE, id_="refused-1", ok=False)
    assert (answer.code, refused.code) == ("ok", "fatal-error")
    every = await found_by(hub)
    assert len(every) == len({(one["message"]["source"], one["message"]["id"]) for one in every}) == 6
    times = [one["message"]["received_at"] for one in every]
    assert times == sorted(times, reverse=True)
    (one,) = await found_by(hub, id="k-1")
    told = one["message"].pop("told")
    assert one["notice"] is None and sum(told.values()) > 0
    assert one["message"].pop("received_at")
    assert one["message"] == {
        "source": f"urn:hsa:{CENTRE}",
        "id": "k-1",
        "type": "svu.kartlaggning",
        "system": "centre",
        "unit": CENTRE,
        "unit_name": hub.hub.directory().unit_by_hsa[CENTRE].name,
        "outcome": "accepted",
        "rule": None,
        "element": None,
        "case": case,
        "sequence": answer.sequence,
        "gallrad": False,
    }
    of_case = await found_by(hub, case=case)
    assert {one["message"]["case"] for one in of_case} == {case} and len(of_case) == 3
    assert names(await found_by(hub, ref="vk-1")) == names(await found_by(hub, ref="ref:vk-1"))
    assert {one["message"]["case"] for one in await found_by(hub, ref="vk-1")} <= {case, other}
    assert names(await found_by(hub, from_system="centre")) == [
        ("refused-1", "svu.kartlaggning"),
        ("k-1", "svu.kartlaggning"),
    ]
    assert names(await found_by(hub, system="centre")) == names(await found_by(hub, from_system="centre"))
    assert names(await found_by(hub, from_unit=CENTRE)) == names(await found_by(hub, from_system="centre"))
    assert {name for _, name in names(await found_by(hub, type="adressering"))} == {"adressering"}
    assert names(await found_by(hub, type="se.samverkan.svu.kartlaggning.v1", outcome="accepted")) == [
        ("k-1", "svu.kartlaggning")
    ]
    (one,) = await found_by(hub, outcome="refused")
    assert one["message"]["id"] == "refused-1" and one["message"]["rule"] == refused.rule
    assert names(await found_by(hub, rule=refused.rule)) == [("refused-1", "svu.kartlaggning")]
    assert names(await found_by(hub, rule=refused.rule, from_system="ward-system")) == []
    assert len(await found_by(hub, outcome="accepted")) == 5
    assert await found_by(hub, id="k-1", case=other) == []
    assert await found_by(hub, case=case, type="svu.kartlaggning", from_unit=WARD) == []


async def test_a_time_bounds_what_is_found_and_pages_follow_each_other_without_gap_or_repeat(hub):
    case = await hub.admit()
    for number in range(5):
        await hub.say(case, "samtycke", {"outcome": "given"}, id_=f"s-{number}")
    page, seen = await asked(hub, limit=2), []
    while page["next"]:
        seen += names(page["rows"])
        page = await asked(hub, limit=2, after=page["next"])
    seen += names(page["rows"])
    assert seen == names(await found_by(hub)) and len(seen) == 7
    at = {one["message"]["id"]: one["message"]["received_at"] for one in await found_by(hub)}
    between = await found_by(hub, since=at["s-1"], until=at["s-3"])
    assert [id_ for id_, _ in names(between)] == ["s-2", "s-1"]
    long_ago = (datetime.now(UTC) - timedelta(days=9)).isoformat()
    assert await found_by(hub, until=long_ago) == [] and await found_by(hub, to_system="centre", until=long_ago) == []


async def test_what_a_system_is_told_is_found_by_what_became_of_it(hub):
    case = await hub.admit()
    await hub.say(case, "svu.kartlaggning", {"fields": {"aktuellt_tillstand": {"text": "Uppe"}}}, WARD, id_="k-1")
    await hub.say(case, "samtycke", {"outcome": "given"}, id_="s-1")
    fetched = await hub.fetch()
    await hub.ack(ids(fetched)[0], {"id": ids(fetched)[1], "outcome": "refused", "reason": "vet ej"})
    told = await found_by(hub, to_system="centre")
    assert {one["notice"]["system"] for one in told} == {"centre"} and len(told) >= len(fetched["notices"])
    accepted = [one["notice"]["row"] for one in told]
    assert accepted == sorted(accepted, reverse=True)
    (sent,) = await found_by(hub, to_system="centre", outcome="sent")
    assert sent["notice"]["id"] == ids(fetched)[0] and sent["message"]["case"] == case
    assert sent["notice"]["units"] == [CENTRE] and sent["notice"]["next_try_at"] is None
    (dead,) = await found_by(hub, outcome="dead")
    assert dead["notice"]["id"] == ids(fetched)[1] and dead["notice"]["answer"] == "refused-by-receiver"
    assert [one["notice"]["id"] for one in await found_by(hub, to_unit=CENTRE, outcome="dead")] == [ids(fetched)[1]]
    assert (
        await found_by(hub, to_unit=KOMMUN, outcome="dead")
        == []
        == await found_by(hub, system="kommun", outcome="dead")
    )
    assert await found_by(hub, system="centre", outcome="dead") == [dead]
    waiting = await found_by(hub, outcome="waiting")
    assert {one["notice"]["state"] for one in waiting} == {"waiting"}
    assert {"centre", "kommun"} <= {one["notice"]["system"] for one in waiting}
    assert any(one["notice"]["behind"] for one in waiting if one["notice"]["system"] == "centre")
    assert await found_by(hub, outcome="late") == []
    await hub.sql("UPDATE outbox_row SET accepted_at = accepted_at - interval '20 minutes' WHERE system = 'kommun'")
    assert {one["notice"]["system"] for one in await found_by(hub, outcome="late")} == {"kommun"}
    named = await found_by(hub, to_system="centre", type="svu.kartlaggning")
    assert [one["message"]["id"] for one in named] == ["k-1"]
    assert [one["message"]["id"] for one in await found_by(hub, to_system="centre", id="k-1")] == ["k-1"]
    assert await found_by(hub, to_system="centre", from_system="kommun") == []
    assert len(await found_by(hub, case=case, outcome="waiting")) == len(
        [w for w in waiting if w["notice"]["case"] == case]
    )


async def test_what_is_held_is_found_by_its_case_and_as_held(hub):
    await hub.say("ref:later", "samtycke", {"outcome": "given"}, id_="early-1", ok=False)
    (one,) = await found_by(hub, outcome="held")
    assert (one["message"]["id"], one["message"]["outcome"]) == ("early-1", "held")
    assert names(await found_by(hub, ref="later")) == [("early-1", "samtycke")]
    assert names(await found_by(hub, ref="another")) == []


async def test_a_page_that_ran_out_of_time_says_how_far_it_came_and_the_next_goes_on_from_there(hub, monkeypatch):
    case = await hub.admit()
    for number in range(6):
        await hub.say(case, "samtycke", {"outcome": "given"}, id_=f"s-{number}")
    monkeypatch.setattr("hub.store.walk._FEWEST", 2)
    monkeypatch.setattr(search, "Pace", lambda: Pace(seconds=0.0))
    pages, cursor, looked = [], None, []
    while True:
        page = await asked(hub, type="svu.inskrivning", **({"after": cursor} if cursor else {}))
        pages.append(page)
        looked.append(page["looked_back_to"])
        if (cursor := page["next"]) is None:
            break
    assert len(pages) > 2 and pages[0]["rows"] == [] and looked[-1] is None
    console, _ = await browser(hub.hub)
    page = (await console.get("/messages?type=svu.inskrivning")).text
    assert "Inget hittat än" not in page and "s-5" not in page, "it goes on until it has found something"
    monkeypatch.setattr("hub.web.pages.search._PATIENCE_S", 0.0)
    page = (await console.get("/messages?type=svu.inskrivning")).text
    assert "Inget hittat än" in page and "Visa fler" in page, (
        "a page without rows says that it has looked at a part only"
    )
    assert looked[:-1] == sorted(looked[:-1], reverse=True)
    assert [name for page in pages for _, name in names(page["rows"])] == ["svu.inskrivning"]
    told = [await found_by(hub, to_system=system, type="svu.inskrivning") for system in ("centre", "kommun")]
    assert [len(rows) for rows in told] == [1, 1]


async def test_the_numbers_of_rows_lead_to_a_moment(hub):
    await hub.sql(
        "INSERT INTO outbox_row (id, kind, system, source, message, told, accepted_at, due_at) SELECT n * 7, 'receipt', 'centre',"
        " 'urn:hsa:a', 'm-' || n, '{\"message\": \"m\", \"code\": \"ok\"}', timestamptz '2026-03-01 00:00Z' + n * interval '1 hour', now()"
        " FROM generate_series(-300, 300) n"
    )
    moment = datetime(2026, 3, 2, tzinfo=UTC)
    async with hub.hub.store.transaction() as connection:
        start = await notice_search._start(connection, moment)
        walked = await notice_search.walk(
            connection,
            notice_search.NoticesWanted(
                search.search.MessagesWanted(since=moment - timedelta(hours=3), until=moment), ("centre",)
            ),
            None,
            50,
            Pace(),
        )
        rows = await found.notices(connection, walked.rows)
    assert 24 * 7 < start < 27 * 7
    assert [one.message for one in rows] == ["m-23", "m-22", "m-21"]


@pytest.mark.parametrize(
    ("filters", "element"),
    [
        ({"type": "nonsens"}, "/type"),
        ({"case": "nonsens"}, "/case"),
        ({"outcome": "lost"}, "/outcome"),
        ({"since": "igår"}, "/since"),
        ({"limit": "1000"}, "/limit"),
        ({"after": "bm9uc2Vucw"}, "/after"),
        ({"after": "WzFd", "outcome": "accepted"}, "/after"),
        ({"personnummer": TOLVAN}, "/query"),
    ],
)
async def test_a_question_that_cannot_be_read_is_refused_and_its_words_are_not_repeated(hub, filters, element):
    refused = await asked(hub, 400, **filters)
    assert refused["element"] == element
    assert not any(str(value) in str(refused) for name, value in filters.items() if name != "limit")


async def test_searching_needs_a_session_that_may_see(hub):
    for roles in (["granskare"], ["katalogansvarig"]):
        await (await signed_in(hub.hub, *roles)).ask("/messages")
    nobody = await signed_in(hub.hub, "no-such-role")
    assert (await nobody.ask("/messages", 403))["rule"] == "no-right"
    assert (await hub.client.get("/ops/messages", headers={"authorization": "Bearer token-ward"})).status_code == 401


async def test_a_person_is_searched_for_behind_the_glass_alone_and_every_search_is_in_the_trail(hub):
    case, other = await hub.admit(TOLVAN), await hub.admit(ANNA)
    nobody = await signed_in(hub.hub, "drift")
    assert (await nobody.say("/messages/by-person", {"personnummer": TOLVAN}, 403))["rule"] == "no-right"
    boss = await signed_in(hub.hub, "driftansvarig", who="Berit Bas")
    assert (await boss.say("/messages/by-person", {"personnummer": TOLVAN}, 403))["rule"] == "glass-closed"
    await boss.say("/glass", {"reason": "Släktingen ringer om en kallelse", "person": True})
    found = await boss.say("/messages/by-person", {"personnummer": TOLVAN})
    assert {one["message"]["case"] for one in found["rows"]} == {case} and len(found["rows"]) == 2
    assert TOLVAN not in str(found) and other not in str(found)
    told = await boss.say("/messages/by-person", {"personnummer": TOLVAN, "to_system": "centre"})
    assert {one["notice"]["system"] for one in told["rows"]} == {"centre"}
    assert (await boss.say("/messages/by-person", {"personnummer": "191212120000"}))["rows"] == []
    trail = await hub.sql("SELECT who, what, target FROM operation WHERE what = 'look behind the glass'")
    assert trail == [("Berit Bas", "look behind the glass", "a search by person")] * 3
    assert TOLVAN not in str(await hub.sql("SELECT * FROM operation"))
    unread = await boss.say("/messages/by-person", {"personnummer": "tolvan"}, 400)
    assert unread["element"] == "/personnummer" and "tolvan" not in str(unread)
