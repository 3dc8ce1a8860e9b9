"""Who may ask the operations API, and what each role may. On a real database."""

from datetime import UTC, datetime, timedelta

import pytest

from hub.store import operator_sessions
from tests.integration.test_views import directory, served
from tests.operators import Person, signed_in


@pytest.fixture
async def hub(database):
    async with served(database, directory()) as found:
        yield found.hub


async def test_who_is_signed_in_sees_their_own_rights(hub):
    person = await signed_in(hub, "drift", "granskare", who="Disa Drift")
    me = await person.ask("/me")
    assert (me["who"], me["rights"], me["glass"]) == ("Disa Drift", ["act-on-one", "audit", "see"], None)


@pytest.mark.parametrize("token", [None, "x", "token-ward", "two words"])
async def test_without_a_session_nothing_is_answered(hub, token):
    refused = await Person(hub, token).ask("/me", 401)
    assert refused["rule"] == "signed-out" and refused["text"]["sv"] and refused["text"]["en"]


async def test_a_session_that_has_ended_or_stood_idle_is_none(hub):
    now = datetime.now(UTC)
    async with hub.store.transaction() as connection:
        late = await operator_sessions.begin(connection, "Sen", frozenset({"lasare"}), now - timedelta(seconds=1))
        idle = await operator_sessions.begin(
            connection, "Idel", frozenset({"lasare"}), now + timedelta(hours=1), timedelta(minutes=30)
        )
        ended = await operator_sessions.begin(connection, "Slut", frozenset({"lasare"}), now + timedelta(hours=1))
        await operator_sessions.end(connection, ended.id, "signed out")
    assert (await Person(hub, idle.token).ask("/me"))["who"] == "Idel"
    async with hub.store.transaction() as connection:
        await connection.execute("UPDATE operator_session SET used_at = used_at - interval '31 minutes'")
    for one in (late, idle, ended):
        await Person(hub, one.token).ask("/me", 401)
