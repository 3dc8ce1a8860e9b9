"""Which credentials are in force goes by the database's time alone, whatever the hub's own clock says.

May import the directory in force, the store and the stack's directory; the database is real.
"""

from datetime import timedelta

import pytest

from hub import clock
from hub.directory_in_force import DirectoryInForce
from hub.store import credentials
from hub.store import directory as directories
from hub.store.credentials import sha256
from hub.store.transaction import Store
from tests import stack as parts
from tests.stack import SECRETS, TOKEN, hashed

LEAD = "interval '30 minutes'"
OLD, NEW = "o" * 32, "n" * 32
SYSTEMS = {
    "ehr": {},
    "centre": {"out": {"way": "webhook", "url": "https://a.example/x", "secrets": [SECRETS[0]]}},
    "kommun": {"out": {"way": "fhir", "base": "https://a.example/fhir", "token": OLD}, "format": "fhir"},
}
KINDS = {
    "token": ("ehr", hashed("new"), (hashed(TOKEN),), (hashed(TOKEN), hashed("new"))),
    "secret": ("centre", SECRETS[1], SECRETS[:1], SECRETS),
    "bearer": ("kommun", NEW, (OLD,), (NEW,)),
}
"""Kind → (system, what rotation adds, what is in force without it, and with it)."""


def shown(system):
    """What is in force of each kind."""
    return {
        "token": system.token_sha256,
        "secret": getattr(system.out, "secrets", ()),
        "bearer": (getattr(system.out, "token", ""),),
    }


@pytest.fixture(scope="module")
def directory():
    return parts.directory(**SYSTEMS)


@pytest.fixture
async def store(shared_database, directory):
    found = Store(shared_database, pool=2)
    if await directories.current(found) is None:
        await directories.apply(found, directory)
    yield found
    await found.close()


async def nothing(_):
    pass


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("happens", ["begins", "ends"])
@pytest.mark.parametrize("skew", [-3600, -2, -0.3, -0.001, 0, 2, 3600])
async def test_a_credential_begins_and_ends_at_the_databases_moment_on_a_hub_of_any_clock(
    store, monkeypatch, kind, happens, skew
):
    system, added, without, with_it = KINDS[kind]
    before, after = (without, with_it) if happens == "begins" else (with_it, without)
    column = {"begins": "since", "ends": "until"}[happens]
    async with store.transaction() as connection:
        await connection.execute("DELETE FROM credential")
        ((now,),) = await (await connection.execute("SELECT now()")).fetchall()
        sha = added if kind == "token" else sha256(added)
        await credentials.add(connection, system, kind, added, sha, now - timedelta(days=1), "anna")
        await connection.execute(f"UPDATE credential SET {column} = now() + {LEAD}")
    monkeypatch.setattr(clock, "_since_s", now.timestamp() - clock.time.monotonic() + skew)
    in_force = DirectoryInForce(store, nothing)
    await in_force.take_up()
    assert shown(in_force.now().system_by_id[system])[kind] == before
    async with store.transaction() as connection:
        await connection.execute(f"UPDATE credential SET {column} = now()")
    await in_force.take_up()
    assert shown(in_force.now().system_by_id[system])[kind] == after, "at once, and not only with the next change"
