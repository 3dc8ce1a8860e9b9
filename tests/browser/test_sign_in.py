"""Signing in in a browser, by the sandbox's provider, as each of its people; the hub and its console are on real HTTP in this process."""

import pytest
import pytest_asyncio
from playwright.async_api import expect

from hub.sandbox.openid.people import PEOPLE
from tests.browser.console import Console, browser, faults, go, picture
from tests.integration.test_views import directory, served
from tests.openid import sign_in_place

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def opened(shared_database):
    async with (
        served(shared_database, directory()) as found,
        sign_in_place(found.hub) as place,
        browser() as program,
    ):
        made = Console(program, place.url, shared_database)
        yield made
        await made.aclose()


@pytest.mark.parametrize("person", [one for one in PEOPLE if one.roles], ids=lambda one: one.subject)
async def test_each_of_the_sandboxs_people_signs_in_and_sees_what_they_may(console, person):
    page = await console.stranger()
    await go(page, "/systems?trouble=any")
    await page.get_by_role("link", name="Logga in", exact=True).click()
    await page.get_by_text(person.name).click()
    await expect(page.locator(".who .name")).to_have_text(person.name)
    assert page.url.endswith("/console/systems?trouble=any"), "to what was asked for"
    await expect(page.get_by_role("navigation", name="Sidor").get_by_role("link", name="Spår")).to_have_count(
        1 if "granskare" in person.roles else 0
    )
    (cookie,) = [one for one in await page.context.cookies() if one["name"] == "hub-session"]
    assert cookie["httpOnly"] and cookie["sameSite"] == "Lax" and cookie["path"] == "/console"


async def test_who_has_no_role_is_told_so_at_the_door(console):
    (nobody,) = [one for one in PEOPLE if not one.roles]
    page = await console.stranger()
    await go(page)
    await page.get_by_role("link", name="Logga in", exact=True).click()
    await page.get_by_text(nobody.name).click()
    await expect(page.get_by_role("alert")).to_be_visible()
    await picture(page, "ingen-roll")
    assert await faults(page) == {}
    assert [one for one in await page.context.cookies() if one["name"] == "hub-session"] == []


async def test_who_signs_out_is_out_and_the_old_cookie_opens_nothing(console):
    page = await console.stranger()
    await go(page)
    await page.get_by_role("link", name="Logga in", exact=True).click()
    await page.get_by_text("Omar Haddad").click()
    await expect(page.locator(".who .name")).to_have_text("Omar Haddad")
    kept = await page.context.cookies()
    await page.get_by_role("button", name="Logga ut").click()
    await expect(page.get_by_role("heading", name="Du är utloggad")).to_be_visible()
    await picture(page, "utloggad")
    assert await faults(page) == {}
    await page.context.add_cookies(kept)
    await go(page)
    await expect(page.get_by_role("heading", name="Logga in")).to_be_visible()
