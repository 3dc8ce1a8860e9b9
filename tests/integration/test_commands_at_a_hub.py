"""The commands of operations at a running hub (HUB_OPS_URL): in the name and with the rights of who has signed in."""

import asyncio
import json
import re
from pathlib import Path

import pytest
import yaml

from hub.cli import ops_session
from hub.store import directory as directories
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


async def test_the_directory_is_applied_at_a_running_hub_with_secrets_of_the_machine_where_the_command_runs(
    place,
):
    token = await token_of(place, "katalogansvarig")
    of_keeper = {"HUB_OPS_TOKEN": token}
    status, shown, _ = await command(place, "directory", "show", **of_keeper)
    assert (status, shown.startswith("# version 1\n")) == (0, True)
    content = yaml.safe_load(shown)
    secret = "whsec_" + "QUJD" * 8
    content["systems"][0]["out"] = {"way": "webhook", "url": "https://a.example/x", "secrets": ["file:secret"]}
    file = place.folder / "directory.yaml"
    file.write_text(yaml.safe_dump(content, allow_unicode=True))
    line = ("directory", "apply", str(file))
    status, _, told = await command(place, *line, **of_keeper)
    assert (status, "is not in force for the system" in said(told)) == (2, True)
    assert f"system {content['systems'][0]['id']}: file:secret is not there\n" in told
    (place.folder / "secret").write_text(secret)
    status, shown, _ = await command(place, *line, "--dry-run", **of_keeper)
    assert (status, shown.splitlines()[-1], "out.way: from kafka to webhook" in shown) == (
        0,
        "nothing was applied",
        True,
    )
    status, shown, _ = await command(place, *line, *WHY, **of_keeper)
    assert (status, shown.splitlines()[-1], secret in shown) == (0, "version 2 is in force", False)
    assert (await acts(place))[-1] == ((await place.ask("/me", token=token))["who"], "apply", "version 2")
    status, shown, _ = await command(place, "directory", "history", **of_keeper)
    assert (status, "prov i drift; 1 system changed" in " ".join(shown.split())) == (0, True)
    status, shown, _ = await command(place, "directory", "rollback", "1", *WHY, **of_keeper)
    assert (status, shown.splitlines()[-1]) == (0, "version 3 is in force")
    of_reader = {"HUB_OPS_TOKEN": await token_of(place, "lasare")}
    assert (await command(place, "directory", "history", "2", **of_reader))[0] == 0
    for refused in (line, ("directory", "rollback", "2"), ("directory", "show")):
        status, shown, told = await command(place, *refused, **of_reader)
        assert (status, shown, "You do not have the right directory" in said(told)) == (2, "", True), refused
    assert await directories_of(place) == 3


async def directories_of(place):
    async with place.hub.store.transaction() as connection:
        return await directories.newest(connection)


def the_first_of_the_composition():
    """The file that ``deploy/compose.yaml`` applies before its hub starts, and the settings that it does so with."""
    deploy = Path(__file__).parents[2] / "deploy"
    step = yaml.safe_load((deploy / "compose.yaml").read_text(encoding="utf-8"))["services"]["directory"]
    lines = (deploy / re.search(r":-(.*)}", step["env_file"])[1]).read_text(encoding="utf-8").splitlines()
    settings = dict(line.split("=", 1) for line in lines if not line.startswith("#"))
    assert step["command"][:-1] == ["directory", "apply"]
    return deploy / re.search(r":-(.*)}", step["volumes"][0])[1], settings


async def test_the_first_directory_of_an_empty_hub_is_applied_on_the_database(database, tmp_path):
    file, settings = the_first_of_the_composition()

    async def at_the_machine(*words):
        with_database = {**settings, "HUB_DATABASE_URL": database}
        return await asyncio.to_thread(ended, tuple(words[:2]), list(words), tmp_path, **with_database)

    for words in (("directory", "show"), ("directory", "history")):
        status, _, told = await at_the_machine(*words)
        assert (status, "The hub has no directory yet" in said(told)) == (2, True)
    status, shown, told = await at_the_machine("directory", "apply", str(file), "--by", "Disa Drift")
    assert (status, shown.splitlines()[-1], told) == (0, "version 1 is in force", "")
    status, shown, _ = await at_the_machine("directory", "history")
    assert (status, "Disa Drift directory apply directory.yaml" in " ".join(shown.split())) == (0, True)
