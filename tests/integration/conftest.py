"""The real services that the integration tests run against: embedded ones, containers (``HUB_TEST_ENGINE``), or those that the
environment names.

May import anything of the hub. ``HUB_TEST_KAFKA`` is a bootstrap address; ``HUB_TEST_DATABASE`` the address of a
database whose user may create others.
"""

import asyncio
import os
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import psycopg
import pytest
import sqlalchemy as sa

from hub.store import directory as directories
from hub.store.migrating import migrate
from hub.store.transaction import Store
from tests import engine
from tests.databases import Databases
from tests.desk import Desk
from tests.judged import JUDGE
from tests.stack import directory
from tests.statements import Statements


@dataclass(frozen=True)
class ExternalBroker:
    bootstrap: str


@dataclass(frozen=True)
class ExternalServer(Statements):
    """A server that was there before us; what we create there has unique names and is dropped afterwards."""

    address: str

    def url(self, database: str = "postgres") -> str:
        return sa.make_url(self.address).set(database=database).render_as_string(hide_password=False)


def pytest_collection_modifyitems() -> None:
    """What was asked for and is not there is said once, before any test."""
    try:
        engine.check()
    except engine.EngineError as error:
        raise pytest.UsageError(str(error)) from None


@pytest.fixture(autouse=True)
def everything_on_the_wires_is_as_contracts_says() -> Iterator[None]:
    """What the test's doors saw, judged by the published schemas (``tests.judged``)."""
    yield
    found = JUDGE.faults.copy()
    JUDGE.faults.clear()
    assert found == []


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExternalBroker | engine.Broker]:
    if address := os.environ.get("HUB_TEST_KAFKA"):
        yield ExternalBroker(address)
        return
    with engine.kafka(tmp_path_factory.mktemp("kafka")) as broker:
        yield broker


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExternalServer | engine.DatabaseServer]:
    if address := os.environ.get("HUB_TEST_DATABASE"):
        yield ExternalServer(address)
        return
    with engine.postgres(tmp_path_factory.mktemp("postgres")) as server:
        yield server


@pytest.fixture(scope="session")
def template(postgres: ExternalServer | engine.DatabaseServer) -> Iterator[str]:
    """The database that each test gets a copy of: migrated once."""
    name = f"template_{uuid.uuid4().hex[:12]}"
    url = postgres.create_database(name)
    with ThreadPoolExecutor(1) as beside:  # an event loop may be running in this thread
        beside.submit(lambda: asyncio.run(migrate(url))).result()
    yield name
    postgres.drop_database(name)


@pytest.fixture(scope="session")
def databases(postgres: ExternalServer | engine.DatabaseServer, template: str) -> Iterator[Databases]:
    found = Databases(postgres, template)
    yield found
    found.close()


@pytest.fixture
def database(postgres: ExternalServer | engine.DatabaseServer, databases: Databases) -> Iterator[str]:
    """The address of a database of the test's own."""
    name = databases.take()
    yield postgres.url(name)
    databases.give_back(name)


@pytest.fixture(scope="module")
def shared_database(postgres: ExternalServer | engine.DatabaseServer, databases: Databases) -> Iterator[str]:
    """The address of a database that the tests of a module share."""
    name = databases.take()
    yield postgres.url(name)
    databases.give_back(name)


@pytest.fixture
def server(database: str) -> Iterator[psycopg.Connection]:
    """A connection to the test's own database, past the hub."""
    with psycopg.connect(database.replace("+psycopg", ""), autocommit=True) as opened:
        yield opened


@pytest.fixture
async def store(database):
    found = Store(database, pool=4)
    yield found
    await found.close()


@pytest.fixture
async def desk(database):
    store = Store(database, pool=4)
    await directories.apply(store, directory())
    found = Desk(store)
    running = asyncio.create_task(found.intake.run())
    yield found
    found.intake.stop()
    await running
    await store.close()
