"""Operations signs in by OpenID Connect: the sandbox's own provider on real HTTP, the hub on real HTTP, a real database."""

import pytest

from tests.integration.test_views import directory, served
from tests.openid import sign_in_place


@pytest.fixture
async def place(database):
    async with served(database, directory()) as found, sign_in_place(found.hub) as made:
        yield made


async def test_somebody_signs_in_and_is_known_by_name_with_the_rights_of_their_role(place):
    session = await place.sign_in("demo-omar")
    assert (session["who"], session["roles"], session["rights"]) == ("Omar Haddad", ["drift"], ["act-on-one", "see"])
    assert session["next"] == "/console/"
    assert (await place.ask("/me", token=session["token"]))["who"] == "Omar Haddad"
