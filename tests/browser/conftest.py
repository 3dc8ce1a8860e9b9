"""One browser and one hub for each module; the services are those of the integration tests."""

import pytest
import pytest_asyncio

from tests import stack as parts
from tests.browser import chromium
from tests.browser.console import Console, browser
from tests.integration.conftest import databases, kafka, postgres, shared_database, template  # noqa: F401 - fixtures
from tests.integration.test_receivers import directory
from tests.stack import Receiver


def pytest_collection_modifyitems(items):
    if chromium.NONE:
        for item in items:
            if "tests/browser" in item.path.as_posix():
                item.add_marker(pytest.mark.skip(reason="HUB_TEST_BROWSER=none: there is to be no browser"))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def receiver():
    async with Receiver() as found:
        yield found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hub(shared_database, kafka, tmp_path_factory, receiver):  # noqa: F811
    plain = directory("centre", receiver, receiver, ways_in=["kafka"])
    next(one for one in plain["systems"] if one["id"] == "kommun")["ways_in"] = ["kafka"]
    async with parts.running(shared_database, kafka.bootstrap, tmp_path_factory.mktemp("console"), plain) as (stack, _):
        stack.receiver = receiver
        yield stack


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def opened(hub):
    async with browser() as found:
        made = Console(found, f"http://127.0.0.1:{hub.port}", hub.database)
        yield made
        await made.aclose()


@pytest_asyncio.fixture(loop_scope="module")
async def console(opened):
    """The console, for one test: nothing that the browser complains of, and its pages are closed."""
    yield opened
    await opened.leave()
    complaints = opened.complaints.copy()
    opened.complaints.clear()
    assert complaints == []
