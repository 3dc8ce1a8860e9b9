"""Breaking the glass: who may, what it opens and for how long, and who sees that it was. On a real database."""

import pytest

from hub import metrics
from hub.errors import Refused
from hub.operations import glass
from hub.operations.rights import ROLES, Operator, Right
from hub.store import operator_log, operator_sessions
from tests.integration.test_views import directory, served
from tests.operators import nobody_yet, signed_in

CASE = "6f1d1d2e-0000-4000-8000-000000000001"
WHY = "Vårdcentralen saknar underrättelsen i ärendet"


@pytest.fixture
async def hub(shared_database):
    async with served(shared_database, directory()) as found:
        await nobody_yet(found.hub.store)
        yield found.hub


async def operator_of(hub, person):
    token = person.client.headers["authorization"].removeprefix("Bearer ")
    async with hub.store.transaction() as connection:
        session = await operator_sessions.used(connection, token)
    return Operator(session.who, frozenset().union(*(ROLES[one] for one in session.roles)), session.id)


async def is_open(hub, operator):
    async with hub.store.transaction() as connection:
        try:
            return await glass.open_glass(connection, operator)
        except Refused:
            return None


async def test_whoever_breaks_the_glass_says_why_and_all_who_audit_see_it(hub):
    person, auditor = (
        await signed_in(hub, "driftansvarig", who="Birgitta"),
        await signed_in(hub, "granskare", who="Sara"),
    )
    operator = await operator_of(hub, person)
    assert await is_open(hub, operator) is None
    before = metrics.glass_broken._value.get()
    broken = await person.say("/glass", {"reason": WHY, "case": CASE, "person": True})
    assert (broken["open"], broken["uses"], broken["case"], broken["person"]) == (True, 0, CASE, True)
    assert metrics.glass_broken._value.get() == before + 1
    assert (await person.ask("/me"))["glass"]["id"] == broken["id"]
    assert (await auditor.ask("/me"))["glass"] is None
    async with hub.store.transaction() as connection:
        await glass.used(connection, operator, "the body of message m-1")
    (seen,) = (await auditor.ask("/glass", open="true"))["rows"]
    assert (seen["who"], seen["reason"], seen["uses"], seen["open"]) == ("Birgitta", WHY, 1, True)
    async with hub.store.transaction() as connection:
        told = await operator_log.latest(connection, target=None, limit=10)
    assert [(one.who, one.what, one.target) for one in told] == [
        ("Birgitta", "break the glass", f"glass {broken['id']}: case {CASE}, a search by person"),
        ("Birgitta", "look behind the glass", "the body of message m-1"),
    ]
    assert WHY in told[1].reason


async def test_it_closes_after_thirty_minutes_by_hand_and_with_the_session(hub):
    async def broken():
        person = await signed_in(hub, "driftansvarig")
        await person.say("/glass", {"reason": WHY})
        operator = await operator_of(hub, person)
        assert await is_open(hub, operator)
        return person, operator

    _, late = await broken()
    async with hub.store.transaction() as connection:
        await connection.execute("UPDATE glass SET until = until - interval '30 minutes'")
    assert await is_open(hub, late) is None

    person, by_hand = await broken()
    assert (await person.client.delete("/glass/current")).json() == {"closed": True}
    assert await is_open(hub, by_hand) is None
    assert (await person.client.delete("/glass/current")).json() == {"closed": False}

    person, signed_out = await broken()
    assert (await person.client.delete("/sessions/current")).status_code == 200
    assert await is_open(hub, signed_out) is None
    auditor = await signed_in(hub, "granskare")
    assert [one["open"] for one in (await auditor.ask("/glass"))["rows"]] == [False, False, False]
    assert (await auditor.ask("/glass", open="true"))["rows"] == []


async def test_the_glass_of_one_session_opens_nothing_for_another_and_is_closed_by_no_other(hub):
    one, other = await signed_in(hub, "driftansvarig", who="Kim"), await signed_in(hub, "driftansvarig", who="Kim")
    await one.say("/glass", {"reason": WHY})
    assert await is_open(hub, await operator_of(hub, one))
    assert await is_open(hub, await operator_of(hub, other)) is None
    assert (await other.client.delete("/glass/current")).json() == {"closed": False}
    assert await is_open(hub, await operator_of(hub, one))


async def test_a_new_glass_takes_the_place_of_the_old(hub):
    person = await signed_in(hub, "driftansvarig", "granskare")
    first = await person.say("/glass", {"reason": WHY})
    second = await person.say("/glass", {"reason": "Samma ärende, en annan fråga"})
    assert [(one["id"], one["open"]) for one in (await person.ask("/glass"))["rows"]] == [
        (second["id"], True),
        (first["id"], False),
    ]


@pytest.mark.parametrize("role", [one for one, rights in ROLES.items() if Right.SEE_BODIES not in rights])
async def test_who_may_not_see_bodies_breaks_no_glass(hub, role):
    person = await signed_in(hub, role)
    assert (await person.say("/glass", {"reason": WHY}, 403))["rule"] == "no-right"
    assert (await person.client.delete("/glass/current")).status_code == 403
    operator = Operator("x", ROLES[role], 1)
    async with hub.store.transaction() as connection:
        with pytest.raises(Refused, match="no-right"):
            await glass.open_glass(connection, operator)


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ({"reason": " "}, "reason-missing"),
        ({"reason": "Gäller 19121212-1212"}, "personal-reason"),
        ({"reason": "Gäller 191212121212, ringde"}, "personal-reason"),
        ({"reason": "x" * 1001}, "reason-missing"),
        ({"reason": WHY, "case": "191212121212"}, "bad-query"),
        ({"reason": WHY, "person": "191212121212"}, "bad-query"),
        ({"reason": WHY, "message": "två ord"}, "bad-query"),
        ({"reason": WHY, "message": "m-191212121212"}, "D-10"),
        ({"reason": WHY, "persons": True}, "bad-query"),
        ({}, "bad-query"),
    ],
)
async def test_a_reason_that_may_not_stand_in_the_trail_breaks_no_glass(hub, body, rule):
    person = await signed_in(hub)
    refused = await person.say("/glass", body, 400)
    assert refused["rule"] == rule
    assert "1212" not in str(refused)
    assert (await person.ask("/glass"))["rows"] == []


async def test_the_list_is_read_page_by_page(hub):
    person = await signed_in(hub)
    made = [(await person.say("/glass", {"reason": f"Skäl {n}"}))["id"] for n in range(5)]
    seen, after = [], None
    while True:
        page = await person.ask("/glass", limit=2, **({} if after is None else {"after": after}))
        seen += [one["id"] for one in page["rows"]]
        if (after := page["next"]) is None:
            break
    assert seen == made[::-1]
    await person.ask("/glass", 400, after="x")
    await person.ask("/glass", 400, page=2)


async def test_a_program_breaks_no_glass(hub):
    program = Operator("nightly (Disa)", ROLES["driftansvarig"], None, None, is_program=True)
    async with hub.store.transaction() as connection:
        with pytest.raises(Refused) as refused:
            await glass.break_glass(connection, program, WHY, glass.About())
    assert (refused.value.rule, refused.value.status) == ("glass-closed", 403)
