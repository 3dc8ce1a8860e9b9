"""Every door of the operations API: what nobody, and each role, is answered behind it. A new route is tried like the others."""

import re
from urllib.parse import quote

import pytest
from fastapi.routing import APIRoute

from hub.http_api import api_of
from hub.operations import delivery
from hub.operations.rights import ROLES
from hub.routers.ops.api import ROUTERS
from hub.routers.ops.asking import rights_of_route
from hub.store.transaction import Conflict
from tests.integration.test_views import directory, opened
from tests.operators import Person, signed_in

OPEN = {
    ("POST", "/sign-in"),
    ("POST", "/sign-in/device"),
    ("POST", "/sessions"),
    ("POST", "/sessions/device"),
    ("POST", "/backchannel-logout"),
}
"""Where somebody comes in, or the provider speaks for itself."""
OF_ALL = {("GET", "/me"), ("DELETE", "/sessions/current")}
"""What everybody may who is signed in."""


@pytest.fixture
async def hub(database):
    found = await opened(database, directory())
    yield found
    await found.sign_in.close()
    await found.store.close()


def doors():
    """(method, address, the rights that it needs) of every route."""
    for routes in ROUTERS:
        for route in routes.routes:
            assert isinstance(route, APIRoute)
            for method in route.methods:
                yield method, route.path_format, rights_of_route(route.dependant)


async def asked(person, method, path):
    """What is answered, with an address, a query and a body that are wrong: whoever may not is told so before they are read."""
    address = re.sub(r"\{\w+\}", "x", path)
    answer = await person.client.request(method, address, params={"made": "up"}, content=b"{")
    return answer.status_code, answer.json().get("rule") if answer.content else None


async def test_every_door_is_shut_to_whoever_is_not_signed_in(hub):
    found = {(method, path): rights for method, path, rights in doors()}
    assert found.keys() >= OPEN | OF_ALL and len(found) > 30
    assert {door for door, rights in found.items() if not rights} == OPEN | OF_ALL
    for token in (None, "guessed"):
        for number, (method, path) in enumerate(sorted(found.keys() - OPEN)):
            if number % 50 == 0:  # so many guesses are answered as such
                person = Person(hub, token)
            assert await asked(person, method, path) == (401, "signed-out"), (method, path)


async def test_every_door_is_shut_to_each_role_that_has_not_its_rights(hub):
    people = {role: await signed_in(hub, role) for role in ROLES}
    nobody = await signed_in(hub, "a role of an older version")
    for method, path, rights in doors():
        if not rights:
            continue
        assert await asked(nobody, method, path) == (403, "no-right"), (method, path)
        for role, person in people.items():
            status, rule = await asked(person, method, path)
            assert ((status, rule) == (403, "no-right")) == (not rights <= ROLES[role]), (role, method, path)
            assert status < 500, (role, method, path)


async def test_what_no_column_of_the_database_holds_is_refused_by_every_part_of_every_address(hub):
    """A NUL, and numbers that are too large, in each part of the path and in each parameter."""
    (ops,) = [route.app for route in api_of(hub).routes if getattr(route, "path", None) == "/ops"]
    person = await signed_in(hub)
    for path, operations in ops.openapi()["paths"].items():
        for method, operation in operations.items():
            if path in {"/events", "/sessions/current"}:  # it does not end; it ends the session
                continue
            parts = [(one["in"], one["name"], one["schema"]) for one in operation.get("parameters", ())]
            needed = {
                one["name"]: "x" for one in operation.get("parameters", ()) if one["in"] == "query" and one["required"]
            }
            for where, name, schema in parts:
                is_number = schema.get("type") == "integer"
                for wrong in ("2147483648", "9223372036854775808") if is_number else ("a\0b", "2147483648"):
                    plain = {one: "1" if kind.get("type") == "integer" else "x" for _, one, kind in parts}
                    address = path.format(**plain | {name: quote(wrong, safe="")})
                    query = needed | ({name: wrong} if where == "query" else {})
                    answer = await person.client.request(method, address, params=query, json={"reason": "prov"})
                    assert answer.status_code < 500, (method, path, name, wrong)


async def test_who_meets_another_at_the_same_rows_is_told_to_ask_again(hub, monkeypatch):
    async def met(*_):
        raise Conflict("40P01")  # as where PostgreSQL ends one of two that wait for each other

    monkeypatch.setattr(delivery, "pause", met)
    person = await signed_in(hub)
    found = await person.client.post("/systems/centre/pause", json={"reason": "prov"})
    assert (found.status_code, found.json()["rule"], found.headers["retry-after"]) == (503, "unavailable", "5")
    assert "look first in the trail" in found.json()["detail"], "it is no message that is sent again"


async def test_the_document_says_which_rights_each_operation_needs(hub):
    (ops,) = [route.app for route in api_of(hub).routes if getattr(route, "path", None) == "/ops"]
    paths = ops.openapi()["paths"]
    assert {(method.upper(), path) for path, found in paths.items() for method in found} == {
        (method, path) for method, path, _ in doors()
    }, "there is no door beside these"
    for method, path, rights in doors():
        assert paths[path][method.lower()].get("x-rights", []) == sorted(rights), (method, path)
