"""A role that no running process has is said by `hub status` and shown in the metrics, and a process that has died owns nothing there.

May import the command line, the gauges and the store; the database is real, and what hubs say of themselves is written by hand.
"""

import asyncio
import json
import re

import pytest
from typer.testing import CliRunner

from hub import metrics
from hub.cli.app import app
from hub.gauges import Gauges
from hub.roles import NOT_DONE, ROLES
from hub.store import directory as directories
from hub.store import running_hubs
from tests.stack import directory

SAID = {"port": 1, "directory": 1, "checks": {}, "lanes": {}, "registers": {}, "asks_registers": False}


class AnIntake:
    length = progress = 0


@pytest.fixture
async def rolled(store):
    """Hubs with these roles have reported, each (roles, shards, how long it has been silent); returns what is shown of the roles'
    processes.
    """
    found = directory()
    await directories.apply(store, found)

    async def rolled(*hubs):
        async with store.transaction() as connection:
            await connection.execute("DELETE FROM running_hub")
            await connection.execute("UPDATE shard SET owner = NULL")
            for number, (roles, shards, silent) in enumerate(hubs):
                state = SAID | {"roles": sorted(roles), "owner": f"hub-{number}-x"}
                await running_hubs.report(connection, f"hub-{number}", state)
                await connection.execute(
                    "UPDATE shard SET owner = %s WHERE id IN (SELECT id FROM shard WHERE owner IS NULL ORDER BY id LIMIT %s)",
                    (f"hub-{number}-x", shards),
                )
                if silent:
                    await connection.execute(
                        "UPDATE running_hub SET at = now() - %s::interval WHERE id = %s", (silent, f"hub-{number}")
                    )
        await Gauges(store, AnIntake(), lambda: found).show_gauges()
        return {role: metrics.role_processes.labels(role)._value.get() for role in ROLES}

    return rolled


async def status(database, *options):
    settings = {"HUB_DATABASE_URL": database}
    done = await asyncio.to_thread(CliRunner().invoke, app, ["status", *options], env=settings)
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.mark.parametrize("role", sorted(ROLES))
async def test_a_role_that_no_running_hub_has_is_said_with_what_is_not_done_and_counts_no_process(
    rolled, database, role
):
    counted = await rolled((ROLES - {role}, 64, ""), (ROLES, 0, "1 minute"))
    assert counted == {one: float(one != role) for one in ROLES}
    assert f"no running hub has the role: {role} ({NOT_DONE[role]})" in " ".join((await status(database)).split())


async def test_where_every_role_is_somewhere_nothing_is_said_of_roles(rolled, database):
    assert await rolled(({"http", "intake"}, 0, ""), (ROLES - {"http"}, 64, "")) == {
        role: 2.0 if role == "intake" else 1.0 for role in ROLES
    }
    assert "no running hub has" not in await status(database)


async def test_the_shards_of_all_hubs_are_as_many_as_there_are_though_one_has_died(rolled, database):
    only = ROLES - {"addressing"}
    await rolled(
        (only, 64, ""),
        (only, 0, "3 seconds"),
        (only, 0, "9 minutes"),
        (only, 0, "11 minutes"),
        (ROLES, 0, "59 minutes"),
    )
    found = json.loads(await status(database, "--json"))
    assert [(one["state"], one["shards"], one["replaced"]) for one in found["overview"]["hubs"]] == [
        ("ready", 64, False),
        ("ready", 0, False),  # it died, and its silence is not noticed yet
        ("silent", 0, True),
        ("silent", 0, False),  # none has its role addressing
    ]
    assert [one["shown_until"] is None for one in found["overview"]["hubs"]] == [True, True, False, False]
    said = " ".join((await status(database)).split())
    assert (said.count("has 64 of the shards"), said.count("has 0 of the shards")) == (1, 1)
    assert "silent; others have its shards and roles, nothing waits for it; shown until" in said
    assert "silent; shown until" in said and "Start one with it: hub run --role addressing" in said


async def test_the_roles_of_each_hub_are_said(rolled, database):
    await rolled((ROLES, 64, ""), ({"intake", "http"}, 0, ""))
    assert re.findall(r"hub-\d +1 +(\S+(?: \S+)*) {2}", await status(database)) == ["all", "http, intake"]
