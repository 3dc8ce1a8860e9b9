"""The commands of operations at a running hub (HUB_OPS_URL): in the name and with the rights of who has signed in."""

import asyncio
import json

import pytest

from hub.cli import ops_session
from hub.store import operator_log
from tests.commands import ended, said
from tests.integration.test_views import directory, served
from tests.openid import sign_in_place

WHY = ("--reason", "prov i drift")


@pytest.fixture
async def place(database, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    async with served(database, directory()) as found, sign_in_place(found.hub) as made:
        made.database, made.folder = database, tmp_path
        made.system = next(iter(found.hub.in_force.now().system_by_id))
        yield made


async def command(place, *words, **settings):
    """(exit status, standard output, standard error) of a command that has no other way to the hub."""
    settings = {"HUB_OPS_URL": f"{place.url}/ops", **settings}
    return await asyncio.to_thread(ended, tuple(words[:2]), list(words), place.folder, **settings)


async def token_of(place, *roles):
    """The token of a program with these roles, made on the database itself."""
    words = ["operators", "token", "nattrapport", *(part for role in roles for part in ("--role", role))]
    settings = {"HUB_DATABASE_URL": place.database}
    _, shown, _ = await asyncio.to_thread(ended, ("operators", "token"), [*words, *WHY], place.folder, **settings)
    return shown.splitlines()[0]


async def acts(place):
    async with place.hub.store.transaction() as connection:
        return [(one.who, one.what, one.target) for one in await operator_log.latest(connection, target=None, limit=3)]


async def test_who_has_signed_in_acts_in_their_own_name_and_may_do_what_their_roles_may(place):
    session = await place.sign_in("demo-omar")
    ops_session.keep(f"{place.url}/ops", ops_session.KeptSession(session["token"], session["who"], session["until"]))
    assert (await command(place, "pause", place.system, *WHY))[0] == 0
    assert (await acts(place))[-1] == ("Omar Haddad", "pause", place.system)
    status, _, told = await command(place, "pause", place.system, *WHY)
    assert (status, "is paused already" in said(told)) == (2, True)
    status, _, told = await command(place, "trail")
    assert (status, "You do not have the right audit" in said(told)) == (2, True)
    status, _, told = await command(place, "pause", place.system, *WHY, "--by", "somebody else")
    assert (status, "your session says who you are" in said(told)) == (2, True)


async def test_a_program_acts_by_its_token_and_lists_are_whole_over_many_pages(place):
    token = await token_of(place, "granskare", "drift")
    async with place.hub.store.transaction() as connection:
        for number in range(450):
            await operator_log.record(connection, "Disa Drift", "pause", f"system-{number}", "prov")
    status, shown, _ = await command(place, "trail", "--limit", "430", "--json", HUB_OPS_TOKEN=token)
    assert (status, [one["target"] for one in json.loads(shown)]) == (
        0,
        [f"system-{number}" for number in range(20, 450)],
    )
    assert (await command(place, "dead", "list", HUB_OPS_TOKEN=token))[1] == "nothing is dead\n"


async def test_nobody_is_let_in_who_has_not_signed_in_or_whose_session_has_ended(place):
    status, _, told = await command(place, "dead", "list")
    assert (status, "you are not signed in at" in said(told), "hub login" in said(told)) == (2, True, True)
    status, _, told = await command(place, "dead", "list", HUB_OPS_TOKEN="made-up")
    assert (status, "session has ended. Sign in again" in said(told)) == (2, True)


async def test_a_hub_that_is_away_is_said_with_its_setting(place):
    for url in ("http://127.0.0.1:9/ops", place.provider.issuer):
        status, _, told = await command(place, "dead", "list", HUB_OPS_URL=url, HUB_OPS_TOKEN="made-up")
        assert (status, "HUB_OPS_URL" in said(told)) == (2, True)
