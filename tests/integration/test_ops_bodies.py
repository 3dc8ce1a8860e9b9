"""Reading what messages and notices say: behind the glass alone, each reading in the trail, and nothing of what gallring has removed. On a
real database; nothing is sent.
"""

import json

import pytest

from tests.integration.test_pull_inbox import Hub, ids, with_inbox
from tests.integration.test_views import CENTRE, TOLVAN, WARD, served
from tests.operators import signed_in


@pytest.fixture
async def hub(database):
    async with served(database, with_inbox(), Hub) as hub:
        hub.person = await signed_in(hub.hub, "driftansvarig", who="Berit Bas")
        yield hub


async def body(hub, id_, status=200, source=f"urn:hsa:{WARD}"):
    return await hub.person.ask("/messages/body", status, source=source, id=id_)


async def test_without_right_or_open_glass_nothing_is_read(hub):
    case = await hub.admit()
    ((opening,),) = await hub.sql("SELECT id FROM message WHERE case_id = %s AND sequence = 1", case)
    assert (await body(hub, opening, 403))["rule"] == "glass-closed"
    assert (await body(hub, "m-unknown", 403))["rule"] == "glass-closed", "nor is it told what there is"
    nobody = await signed_in(hub.hub, "drift", "granskare", "katalogansvarig", "lasare")
    for path in (f"/messages/body?source=urn:hsa:{WARD}&id={opening}", "/notices/100001/body"):
        assert (await nobody.ask(path, 403))["rule"] == "no-right"
    assert await hub.sql("SELECT 1 FROM operation WHERE what = 'look behind the glass'") == []


async def test_a_message_and_a_notice_are_read_raw_and_as_they_are_understood_and_every_reading_is_traced(hub):
    case = await hub.admit()
    ((opening,),) = await hub.sql("SELECT id FROM message WHERE case_id = %s AND sequence = 1", case)
    await hub.say(case, "svu.kartlaggning", {"nonsens": 1}, CENTRE, id_="bad-1", ok=False)
    await hub.person.say("/glass", {"reason": "Vårdenheten säger att fel orsak visas", "case": case})
    found = await body(hub, opening)
    assert json.loads(found["text"])["patient"]["personnummer"] == TOLVAN and found["base64"] is None
    assert found["read"]["type"] == "svu.inskrivning" and found["read"]["data"]["reason"] == "Fall i hemmet"
    assert found["read"]["unit"] == WARD and found["attributes"]["type"] == "se.samverkan.svu.inskrivning.v1"
    answered = await hub.person.client.get("/messages/body", params={"source": f"urn:hsa:{WARD}", "id": opening})
    assert answered.headers["cache-control"] == "no-store"
    ((place, source),) = await hub.sql("SELECT id, source FROM message WHERE name IS NULL")
    unread = await body(hub, place, source=source)
    assert unread["read"] is None and unread["unreadable"]["sv"] and "nonsens" in unread["text"]
    fetched = await hub.fetch()
    name = ids(fetched)[0]
    told = await hub.person.ask(f"/notices/{name.removeprefix('out-')}/body")
    assert told["read"]["told"]["to"] == [CENTRE] and told["read"]["data"]["patient"]["personnummer"] == TOLVAN
    assert told["read"]["data"]["patient"]["name"] == "Tolvan Tolvansson", (
        "as the receiver is told it, with what a register knew"
    )
    assert told["attributes"]["type"] == fetched["notices"][0]["event"]["type"]
    trail = await hub.sql("SELECT who, target FROM operation WHERE what = 'look behind the glass' ORDER BY id")
    assert trail == [
        ("Berit Bas", f"message {opening}"),
        ("Berit Bas", f"message {opening}"),
        ("Berit Bas", f"message {place}"),
        ("Berit Bas", f"notice {name} of {opening}"),
    ]
    assert (await body(hub, "m-unknown", 404))["rule"] == "unknown"
    assert (await hub.person.ask("/notices/4711/body", 404))["rule"] == "unknown-row"
    assert (await hub.person.ask("/notices/nonsens/body", 400))["element"] == "/row"


async def test_what_gallring_has_removed_is_answered_410(hub):
    await hub.say("ref:late", "svu.kartlaggning", {"fields": {}}, CENTRE, id_="gone-1", ok=False)
    await hub.sql(
        "SET session_replication_role = replica; UPDATE message SET raw = ''; SET session_replication_role = DEFAULT"
    )
    await hub.person.say("/glass", {"reason": "Vårdenheten frågar efter ett gammalt meddelande"})
    ((source, id_),) = await hub.sql("SELECT source, id FROM message")
    refused = await body(hub, id_, 410, source)
    assert refused["rule"] == "gallrat" and refused["text"]["sv"] and refused["text"]["en"]
