"""Every address of the console, page and form, as the router has them: what each role, and nobody, is answered there. A new address has no
place in the table, and the test fails until it has one. On a real database, through ``/console``.
"""

import hashlib
import hmac
import re

import httpx
import pytest

from hub.http_api import api_of
from hub.operations.rights import ROLES, Right
from hub.tally import TALLY
from hub.web import sign_in
from hub.web.console import PAGES
from tests.integration.test_console_numbers import UNSERVED, a_day
from tests.integration.test_views import ANNA, WARD, directory, served
from tests.operators import EVERY_ROLE, signed_in

BEYOND_SEEING = {
    "/replays/new": Right.ACT_ON_ONE, "/directory/write": Right.DIRECTORY,
    "/trail": Right.AUDIT, "/trail/glass": Right.AUDIT, "/trail/sessions": Right.AUDIT,
}  # fmt: skip
"""The pages that ask for another right than to see."""
FORMS = {
    "/messages/find": ((Right.SEE,), {"q": "m-1"}),
    "/messages/by-person": ((Right.SEE_BODIES,), {"personnummer": ANNA}),
    "/dead/{row:int}/skip": ((Right.ACT_ON_ONE,), {}),
    "/dead/{row:int}/retry": ((Right.ACT_ON_ONE,), {}),
    "/held/{number:int}/release": ((Right.ACT_ON_ONE,), {}),
    "/held/{number:int}/refuse": ((Right.ACT_ON_ONE,), {}),
    "/held/{number:int}/edit": ((Right.ACT_ON_ONE, Right.SEE_BODIES), {"edited": "0", "body": "{}"}),
    "/unserved/{unit}/give-up": ((Right.ACT_ON_ONE,), {}),
    "/partitions/pass": ((Right.ACT_ON_ONE,), {"place": "hub.in.ehr/0/7"}),
    "/replays/begin": (
        (Right.ACT_ON_ONE, Right.ACT_ON_MANY),
        {"system": "centre", "answer": "http:422", "expected": "2"},
    ),
    "/replays/{id:int}/undo": ((Right.ACT_ON_ONE,), {}),
    "/manual-queue/{case}/units": ((Right.ACT_ON_ONE,), {"unit-kommun": UNSERVED}),
    "/systems/{id}/pause": ((Right.ACT_ON_ONE,), {}),
    "/systems/{id}/resume": ((Right.ACT_ON_ONE,), {}),
    "/systems/{id}/test-notice": ((Right.ACT_ON_ONE,), {}),
    "/systems/{id}/try": ((Right.ACT_ON_ONE,), {}),
    "/systems/{id}/rotate": ((Right.DIRECTORY,), {"kind": "token"}),
    "/directory/versions/{number:int}/rollback": ((Right.DIRECTORY,), {"version": "1", "digest": "x"}),
    "/directory/dry-run": ((Right.DIRECTORY,), {"yaml": "x"}),
    "/directory/apply": ((Right.DIRECTORY,), {"version": "1", "digest": "x", "yaml": "x"}),
    "/trail/sessions/{number:int}/end": ((Right.AUDIT,), {}),
    "/glass/break": ((Right.SEE_BODIES,), {"person": "yes"}),
    "/glass/close": ((Right.SEE_BODIES,), {}),
}
"""Form → the rights that it needs, in the order in which they are asked for, and what it carries beside a reason."""
QUERIES = {"/replays/new": {"system": "centre"}, "/directory/write": {"version": "1"}}
"""What a page asks of its address before it shows anything."""
GUESSED = (
    "/admin", "/systems/centre/secrets", "/systems/centre/pause", "/directory/apply", "/trail/operations", "/held/1/edit", "/ops/me",
    "/sign-out", "/replays/begin", "/trail/sessions/1/end", "/messages/%2E%2E/%2E%2E/ops/me",
)  # fmt: skip
"""What no page has, and forms asked for as pages."""


@pytest.fixture
async def place(database):
    TALLY.take()
    async with served(database, directory()) as made:
        await a_day(made)
        yield made


def doors():
    """(method, address) of every page and form."""
    return [
        (method, route.path) for page in PAGES for route in page.ROUTES for method in sorted(route.methods - {"HEAD"})
    ]


class Browser:
    """A browser of somebody with roles, or of nobody."""

    def __init__(self, hub, token=""):
        self.token = token
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=api_of(hub), raise_app_exceptions=False),
            base_url="http://hub/console",
            cookies={"hub-session": token} if token else {},
        )
        self.csrf = hmac.new(token.encode(), b"csrf", hashlib.sha256).hexdigest()

    async def at(self, method, path, names, csrf=None):
        address = re.sub(r"\{(\w+)(:\w+)?\}", lambda part: str(names[part[1], path.split("/")[1]]), path)
        if method == "GET":
            return await self.client.get(address, params=QUERIES.get(path))
        form = FORMS[path][1] | {"csrf": self.csrf if csrf is None else csrf, "reason": "prov"}
        return await self.client.post(address, data=form)


async def somebody(hub, *roles, who="Disa Drift"):
    person = await signed_in(hub, *roles, who=who)
    return Browser(hub, person.client.headers["authorization"].removeprefix("Bearer "))


async def names_of(place):
    """(name in the address, its first part) → something that is there."""
    asked = await signed_in(place.hub)
    (held,) = (await asked.ask("/held"))["rows"]
    waiting = (await asked.ask("/manual-queue"))["rows"][0]
    ((row,),) = await place.sql("SELECT max(id) FROM outbox_row WHERE state = 'dead'")
    return {
        ("id", "messages"): "k-1", ("id", "cases"): waiting["case"], ("case", "manual-queue"): waiting["case"],
        ("row", "dead"): row, ("number", "held"): held["number"], ("unit", "unserved"): UNSERVED, ("id", "replays"): 1,
        ("id", "systems"): "centre", ("register", "registers"): "folkbokforing", ("hsa", "directory"): WARD,
        ("number", "directory"): 1, ("system", "reconciliation"): "centre", ("id", "errors"): "no-right",
        ("number", "trail"): 999_999,
    }  # fmt: skip


async def test_each_role_sees_the_pages_and_uses_the_forms_that_its_rights_allow_and_is_told_why_of_the_others(place):
    found = doors()
    assert len(found) > 50
    assert {path for method, path in found if method == "POST"} == FORMS.keys(), "say which right a new form needs"
    assert {path for method, path in found if method == "GET"} >= BEYOND_SEEING.keys()
    names = await names_of(place)
    done = "SELECT count(*) FROM operation"
    (before,) = await place.sql(done)
    people = {role: await somebody(place.hub, role, who=role) for role in ROLES}
    allowed, shut = [], []
    for method, path in found:
        rights = FORMS[path][0] if method == "POST" else (BEYOND_SEEING.get(path, Right.SEE),)
        for role, person in people.items():
            lacked = next((right for right in rights if right not in ROLES[role]), None)
            if lacked is None:
                allowed.append((method, path, person, role))
                continue
            answer = await person.at(method, path, names)
            assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (403, "text/html"), (
                role,
                path,
            )
            said = answer.text.partition("<main")[2]
            shut.append((role, f"without the right {lacked}"))
            assert f"Du saknar behörigheten {lacked}." in said and "no-right" in said, (role, method, path)
    acted = await place.sql("SELECT who, reason FROM operation WHERE who = ANY(%s) AND what = 'refused'", [*ROLES])
    # Not once for each: the same of the API, asked twice within a minute, is written once.
    assert set(acted) == set(shut), "each is told of in the trail, by name and by the right that was lacking"
    assert await place.sql(done) == [(before[0] + len(acted),)], "and nothing was done"
    broken = await people["driftansvarig"].at("POST", "/glass/break", names)
    assert broken.status_code == 303, "a search by person needs an open glass beside the right"
    for method, path, person, role in sorted(allowed, key=lambda one: one[0]):  # the pages before anything is done
        answer = await person.at(method, path, names)
        if method == "GET":
            assert answer.status_code == 200, (role, path, answer.status_code)
        else:  # it is done, or refused for what it says: an act that the one before has done already
            assert answer.status_code in {200, 303, 400, 404, 409}, (role, path, answer.status_code)
            assert not answer.headers.get("location", "").startswith("/console/sign-in"), (role, path)
    by = await place.sql("SELECT DISTINCT who, what FROM operation WHERE who = ANY(%s) AND what <> 'refused'", [*ROLES])
    assert {"pause", "resume"} <= {what for who, what in by if who == "drift"}
    assert {who for who, what in by if what == "end session"} <= {"granskare"}
    assert "lasare" not in {who for who, _ in by}, "who only sees does nothing"


async def test_nobody_is_led_to_sign_in_from_every_address_and_back_to_a_page(place):
    names = await names_of(place)
    nobody, guessing = Browser(place.hub), Browser(place.hub, "guessed")
    (before,) = await place.sql("SELECT count(*) FROM operation")
    for number, (method, path) in enumerate(doors()):
        if number % 40 == 0:  # so many guesses are answered as such
            guessing = Browser(place.hub, f"guessed-{number}")
        for person in (nobody, guessing):
            answer = await person.at(method, path, names)
            assert (answer.status_code, answer.text) == (303, ""), (method, path)
            assert answer.headers["location"].startswith("/console/sign-in"), (method, path)
            assert ("to=" in answer.headers["location"]) == (method == "GET"), (method, path)
    for address in GUESSED:
        assert (await nobody.client.get(address)).status_code in {303, 404}, address
    assert (await nobody.client.get("/live")).status_code == 401
    opened = {route.path for route in sign_in.ROUTES}
    assert opened == {"/sign-in", "/sign-in/begin", "/signed-in", "/sign-out"}, "all that nobody may ask for"
    assert await place.sql("SELECT count(*) FROM operation") == [before]


async def test_an_address_that_somebody_guesses_and_a_form_that_somebody_else_made_do_nothing(place):
    names = await names_of(place)
    person, other = await somebody(place.hub, *EVERY_ROLE), await somebody(place.hub, *EVERY_ROLE)
    (before,) = await place.sql("SELECT count(*) FROM operation")
    for address in GUESSED:
        found = await person.client.get(address)
        assert found.status_code == 404 and "<h1" in found.text, (address, found.status_code)
    for path in FORMS:
        for mark in ("", "x", other.csrf):
            found = await person.at("POST", path, names, csrf=mark)
            assert (found.status_code, "csrf" in found.text.partition("<main")[2]) == (403, True), (path, mark)
    assert await place.sql("SELECT count(*) FROM operation") == [before]
