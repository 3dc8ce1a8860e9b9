"""Signing in from the command line, programs' tokens, and an end to a session: on a real hub, provider and database."""

import asyncio
import stat

import pytest

from hub.cli import ops_session
from hub.operations.rights import ROLES
from hub.store import operator_log, operator_sessions
from tests.commands import ended, said
from tests.integration.test_views import directory, served
from tests.openid import sign_in_place
from tests.operators import nobody_yet


@pytest.fixture
async def place(shared_database, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    async with served(shared_database, directory()) as found, sign_in_place(found.hub) as made:
        await nobody_yet(found.hub.store)
        made.database, made.folder = shared_database, tmp_path
        yield made


async def command(place, *words, **settings):
    """(exit status, standard output, standard error) of a command."""
    settings = {"HUB_OPS_URL": f"{place.url}/ops", "HUB_DATABASE_URL": place.database, **settings}
    return await asyncio.to_thread(ended, tuple(words[:2]), list(words), place.folder, **settings)


async def sign_in(place, person):
    """`hub login`, while somebody enters the code in a browser."""
    running = asyncio.create_task(command(place, "login"))
    while not place.provider._devices:
        await asyncio.sleep(0.05)
    (device,) = place.provider._devices.values()
    form = {"user_code": device.user_code.lower(), "person": person}
    assert (await place.browser.post(f"{place.provider.issuer}/device", data=form)).status_code == 200
    return await running


async def test_somebody_signs_in_from_the_command_line_and_out(place):
    status, shown, _ = await sign_in(place, "demo-omar")
    assert (status, "signed in as Omar Haddad (drift)" in shown) == (0, True)
    kept = ops_session.of(f"{place.url}/ops/")
    assert (await place.ask("/me", token=kept.token))["who"] == kept.who == "Omar Haddad"
    assert kept.token not in shown
    file = ops_session.kept_in()
    assert file.is_relative_to(place.folder) and stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    status, shown, _ = await command(place, "logout")
    assert (status, "Omar Haddad is signed out" in shown) == (0, True)
    await place.ask("/me", 401, token=kept.token)
    assert ops_session.of(f"{place.url}/ops") is None
    status, _, told = await command(place, "logout")
    assert (status, "you are not signed in" in said(told)) == (2, True)


async def test_whoever_is_not_let_in_is_told_why_and_nothing_is_kept(place):
    status, _, told = await sign_in(place, "demo-nils")
    assert (status, "no role in the hub" in said(told)) == (2, True)
    assert not ops_session.kept_in().exists()


async def test_a_session_that_has_ended_already_is_forgotten_and_one_that_others_may_read_is_not_used(place):
    await sign_in(place, "demo-omar")
    kept = ops_session.of(f"{place.url}/ops")
    async with place.hub.store.transaction() as connection:
        await connection.execute("UPDATE operator_session SET ended_at = now()")
    assert (await command(place, "logout"))[0] == 0
    ops_session.keep(f"{place.url}/ops", kept)
    ops_session.kept_in().chmod(0o644)
    status, _, told = await command(place, "logout")
    assert (status, "others may read" in said(told)) == (2, True)


async def test_a_program_has_a_token_of_its_own_in_its_name_and_that_of_who_made_it(place):
    words = ("operators", "token", "nattrapport", "--role", "lasare", "--role", "granskare", "--days", "30")
    status, shown, _ = await command(place, *words, "--reason", "Rapporten till ledningen", "--by", "Disa Drift")
    assert (status, "valid until" in shown) == (0, True)
    token = shown.splitlines()[0]
    me = await place.ask("/me", token=token)
    assert (me["who"], me["rights"]) == ("nattrapport (Disa Drift)", ["audit", "see"])
    (act,) = (await place.ask("/trail", token=token))["rows"]
    assert (act["who"], act["what"], act["reason"]) == ("Disa Drift", "make a token", "Rapporten till ledningen")
    assert "nattrapport as granskare, lasare for 30 days" in act["target"] and token not in str(act)


async def test_a_session_is_ended_by_who_audits_and_it_stands_in_the_trail(place):
    token, ends = [
        (await command(place, *words, "--reason", "y", "--by", "Disa Drift"))[1].splitlines()[0]
        for words in (
            ("operators", "token", "nattrapport", "--role", "driftansvarig", "--role", "katalogansvarig"),
            ("operators", "token", "granskning", "--role", "granskare"),
        )
    ]
    auditor = {"HUB_OPS_TOKEN": ends}
    status, shown, _ = await command(place, "operators", "list", **auditor)
    assert (status, "nattrapport (Disa Drift)" in shown, token in shown) == (0, True, False)
    number = str((await place.ask("/sessions", token=ends))["rows"][-1]["id"])
    for words in (("list",), ("end", number, "--reason", "y")):
        status, _, told = await command(place, "operators", *words, HUB_OPS_TOKEN=token)
        assert (status, "You do not have the right audit" in said(told)) == (2, True)
    end = ("operators", "end", number, "--reason")
    status, _, told = await command(place, *end, "", **auditor)
    assert (status, "Say why" in said(told)) == (2, True)
    status, shown, _ = await command(place, *end, "Den används inte", **auditor)
    assert (status, shown) == (0, f"session {number} of nattrapport (Disa Drift) has ended\n")
    await place.ask("/me", 401, token=token)
    act = (await place.ask("/trail", token=ends))["rows"][0]
    assert (act["who"], act["what"], act["reason"]) == ("granskning (Disa Drift)", "end a session", "Den används inte")
    assert act["target"] == f"session {number} of nattrapport (Disa Drift)"
    status, _, told = await command(place, *end, "En gång till", **auditor)
    assert (status, f"No session {number} is in force" in said(told)) == (2, True)


async def test_on_the_database_itself_a_session_is_ended_while_no_hub_runs(place):
    settings = {"HUB_DATABASE_URL": place.database}

    async def at_the_machine(*words):
        return await asyncio.to_thread(ended, ("operators", words[0]), ["operators", *words], place.folder, **settings)

    assert (await at_the_machine("list"))[1] == "nobody is signed in\n"
    session = await place.sign_in("demo-omar")
    assert "Omar Haddad" in (await at_the_machine("list"))[1]
    (status, shown, _) = await at_the_machine("end", "1", "--reason", "y", "--by", "Disa Drift")
    assert (status, shown) == (0, "session 1 of Omar Haddad has ended\n")
    await place.ask("/me", 401, token=session["token"])


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--role", "root", "--reason", "y"), "there is no role root"),
        (("--reason", "y"), "give --role"),
        (("--role", "lasare"), "Say why (reason)"),
        (("--role", "lasare", "--reason", "y", "--days", "0"), "--days"),
        (("--role", "lasare", "--reason", "y", "--days", "401"), "--days"),
    ],
)
async def test_a_token_that_may_not_be_is_not_made(place, words, sentence):
    status, shown, told = await command(place, "operators", "token", "p", *words)
    assert (status, shown, sentence in said(told)) == (2, "", True)
    async with place.hub.store.transaction() as connection:
        assert await operator_sessions.listed(connection, limit=1) == []
        assert await operator_log.latest(connection, target=None, limit=1) == []


async def test_a_program_may_do_what_its_roles_may_and_breaks_no_glass(place):
    for role, rights in ROLES.items():
        _, shown, _ = await command(place, "operators", "token", "p", "--role", role, "--reason", "y", "--by", "x")
        token = shown.splitlines()[0]
        assert (await place.ask("/me", token=token))["rights"] == sorted(rights)
        refused = await place.say("/glass", {"reason": "y"}, 403, token=token)
        assert refused["rule"] == ("glass-closed" if role == "driftansvarig" else "no-right")


async def test_a_hub_that_is_not_there_or_is_no_hub_is_told_with_its_setting(place):
    for url in ("http://127.0.0.1:9/ops", place.provider.issuer):
        settings = {"HUB_OPS_URL": url}
        status, _, told = await asyncio.to_thread(ended, ("login",), ["login"], place.folder, **settings)
        assert (status, "HUB_OPS_URL" in said(told)) == (2, True)
