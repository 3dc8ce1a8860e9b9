"""The frame of every page: who may enter, the languages and colours, the keyboard, wide and narrow, with and without JavaScript."""

import asyncio
import contextlib
import os
import re
import socket
import sys

import psutil
import pytest
import pytest_asyncio
from playwright.async_api import expect

from hub.sandbox.children import Child, free_port
from hub.store import operator_log
from tests.browser import days
from tests.browser.console import DESK, PHONE, faults, go, picture, too_wide
from tests.stack import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

PAGES = {
    "laget": "/",
    "processer": "/hubs",
    "sok": "/messages",
    "meddelande": "/messages/{message}",
    "arende": "/cases/{case}",
    "felkatalog": "/errors?kind=held",
    "fel": "/errors/V-2",
    "vantar": "/waiting",
    "doda": "/dead",
    "halls": "/held",
    "manuell-ko": "/manual-queue",
    "omsandningar": "/replays",
    "ny-omsandning": "/replays/new?system={centre}",
    "utan-system": "/unserved",
    "amnen": "/partitions",
    "frister": "/deadlines",
    "system": "/systems",
    "ett-system": "/systems/{centre}",
    "sandko": "/systems/{centre}/queue",
    "sandko-tom": "/systems/{ehr}/queue",
    "registren": "/registers",
    "registrens-fragor": "/registers/waiting",
    "katalogen": "/directory",
    "katalogen-enheter": "/directory?region=skane&organisation=2321000255",
    "en-enhet": "/directory/units/SE2321000255-VC01",
    "katalogens-versioner": "/directory/versions",
    "andra-katalogen": "/directory/write",
    "avstamning": "/reconciliation",
    "avstamning-system": "/reconciliation/{centre}",
    "spar": "/trail",
    "spar-nodoppningar": "/trail/glass",
    "spar-inloggningar": "/trail/sessions",
}
"""Name of its picture → address."""


@pytest_asyncio.fixture(scope="module", loop_scope="module", autouse=True)
async def day(hub):
    """What has happened in the hub that the pages show."""
    hub.case, hub.message = (await days.an_ordinary_day(hub))[0]


def address(hub, path):
    return path.format(centre=f"centre{hub.tag}", ehr=f"ehr{hub.tag}", case=hub.case, message=hub.message)


async def test_who_is_not_signed_in_is_led_to_the_door_and_back_to_what_was_asked_for(console):
    page = await console.stranger()
    await go(page, "/?x=1")
    await expect(page.get_by_role("heading", name="Logga in")).to_be_visible()
    assert page.url.endswith("/console/sign-in?to=%2F%3Fx%3D1")
    await expect(page.get_by_role("navigation")).to_have_count(0)
    await picture(page, "logga-in")
    assert await faults(page) == {}
    await page.evaluate("document.querySelector('main').append(document.createElement('img'))")
    assert set(await faults(page)) == {"image-alt"}, "axe looks"


async def test_an_address_that_no_page_has_says_so(console):
    page = await console.person("lasare")
    assert await go(page, "/nowhere") == 404
    await expect(page.get_by_role("alert")).to_contain_text("Ingen sida har den adressen")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Sidan finns inte")
    assert await faults(page) == {}


@pytest.mark.parametrize("javascript", [True, False])
async def test_on_a_telephone_the_menu_is_folded_until_one_opens_it(console, javascript):
    page = await console.person(size=PHONE, javascript=javascript)
    await go(page)
    menu = page.get_by_role("navigation", name="Sidor")
    assert (await menu.bounding_box())["height"] < 80
    await expect(menu.get_by_role("link", name="Väntar")).to_be_hidden()
    await menu.get_by_text("Sidor").click()
    await expect(menu.get_by_role("button", name="Logga ut")).to_be_visible()
    if javascript:
        await picture(page, "menyn-390")
        assert await faults(page) == {}
    await menu.get_by_role("link", name="Väntar").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Väntar")


async def test_a_timeline_names_messages_and_deadlines_by_their_words_in_the_language(console, hub):
    for lang, named, due in (("sv", "Inskrivning ", "frist"), ("en", "Admission notice ", "due")):
        page = await console.person(lang=lang)
        await go(page, address(hub, PAGES["arende"]))
        story = await page.locator(".story").inner_text()
        assert named in story and f", {due} " in story
        said = await page.locator("main").inner_text()
        assert not re.search(r"inskrivning_sen|kvittens_forsenad|utan_fast_vardkontakt|svu\.inskrivning 0", said)


@pytest.mark.parametrize("javascript", [True, False])
async def test_of_a_case_what_went_well_is_folded_and_what_did_not_is_seen_at_once(console, hub, javascript):
    page = await console.person(javascript=javascript)
    await go(page, address(hub, PAGES["arende"]))
    await expect(page.locator(".story").get_by_text("Död:").first).to_be_visible()
    await expect(page.locator("section[aria-labelledby=told] tbody tr:visible")).to_have_count(1)  # the dead one
    await expect(page.get_by_role("heading", name="Lagens klocka")).to_be_visible()
    well, low = page.locator(".story li.run").first, await page.evaluate("document.body.scrollHeight")
    await expect(well.locator("li").first).to_be_hidden()
    await well.locator("summary").focus()
    await page.keyboard.press("Enter")
    await expect(well.locator("li").first).to_be_visible()
    await page.locator("#reached summary").click()
    await expect(page.locator("#reached tbody tr").first).to_be_visible()
    if javascript:
        assert await faults(page) == {}
        await days.a_message_too_early(hub)  # the page changes by itself
        async with page.expect_response("**/console/cases/*"):
            pass
        await page.wait_for_timeout(300)
        await expect(well.locator("li").first).to_be_visible()
    closed = page.locator("details.went-well:not([open]) > summary")
    while await closed.count():
        await closed.first.click()
    assert low < await page.evaluate("document.body.scrollHeight")


async def test_a_field_that_is_left_empty_says_so_in_the_language_of_the_page(console, hub):
    page = await console.person(lang="en")
    await go(page, address(hub, PAGES["ett-system"]))
    form = page.locator("details.deed").first
    await form.locator("summary").click()
    field = form.locator("input[name=reason]")
    await form.get_by_role("button").last.click()
    assert await field.evaluate("field => field.validationMessage") == "Write something in the field."
    await field.fill("Test")
    assert await field.evaluate("field => field.validity.valid")


async def test_the_language_is_switched_and_kept_and_the_address_is_the_same(console):
    page = await console.person()
    await go(page, "/?a=1")
    await expect(page.locator("html")).to_have_attribute("lang", "sv")
    await page.get_by_role("link", name="English").click()
    await expect(page.locator("html")).to_have_attribute("lang", "en")
    assert page.url.endswith("/console/?a=1")
    await go(page)
    await expect(page.get_by_role("heading", level=1)).to_have_text("Overview")


async def test_by_keyboard_alone_one_skips_the_menu_and_sees_where_one_is(console):
    page = await console.person()
    await go(page)
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Till innehållet")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator("main")).to_be_focused()


@pytest.mark.parametrize("name", PAGES)
async def test_every_page_is_accessible_in_both_themes_and_fits_a_telephone(console, hub, name):
    page = await console.person()
    for scheme in ("light", "dark"):
        await console.wears(page, scheme)
        await page.set_viewport_size(DESK)
        assert await go(page, address(hub, PAGES[name])) == 200
        await expect(page.locator("html")).to_have_attribute("data-color-scheme", scheme)
        await expect(page.get_by_role("heading", level=1)).to_have_count(1)
        await picture(page, f"{name}-{scheme}")
        assert await faults(page) == {}, scheme
        tables = "[...document.querySelectorAll('.scrolls:has(.ds-table)')].filter(one => one.scrollWidth > one.clientWidth).length"
        if name == "spar-inloggningar":
            assert await page.evaluate(tables) == 0, "it fits a usual window too"
        framed = "[...document.querySelectorAll('ul.card')].filter(one => parseFloat(getComputedStyle(one).paddingLeft) < 8).length"
        assert await page.evaluate(framed) == 0, "a list touches its frame"
        await page.set_viewport_size(PHONE)
        await picture(page, f"{name}-{scheme}-390")
        assert await too_wide(page) <= 0
        assert await page.evaluate(tables) == 0, "a table goes on beyond its frame"
        assert await faults(page) == {}, scheme


async def test_without_javascript_every_page_can_be_read(console, hub):
    page = await console.person(javascript=False)
    for path in PAGES.values():
        assert await go(page, address(hub, path)) == 200
        await expect(page.get_by_role("heading", level=1)).to_be_visible()


async def test_a_form_from_elsewhere_is_refused(console):
    page = await console.person()
    await go(page)
    right = await page.locator("input[name=csrf]").first.get_attribute("value")
    for mark, origin in (("x", console.address), (right, "https://elsewhere.example")):
        answer = await page.request.post(
            f"{console.address}/console/sign-out", form={"csrf": mark}, headers={"Origin": origin}
        )
        assert answer.status == 403 and re.search("annan plats", await answer.text())


async def test_the_trail_is_for_those_who_audit_and_shows_what_was_done_by_whom_and_why(console):
    assert await go(await console.person("drift"), "/trail") == 403
    page = await console.person("granskare", who="Greta Granskare")
    await go(page, "/trail?what=pause")
    await expect(page.get_by_text("Inget har gjorts för hand")).to_be_visible()
    async with console._store.transaction() as connection:
        await operator_log.record(connection, "Disa Drift", "pause", "kommunen", "Byte av server")
    await page.reload()
    row = page.get_by_role("row", name="Disa Drift")
    await expect(row).to_contain_text("kommunen")
    await expect(row).to_contain_text("Byte av server")
    await expect(row.get_by_role("link", name="Pausade")).to_be_visible()
    await page.get_by_role("link", name="Inloggningar").click()
    await expect(page.get_by_role("row", name="Greta Granskare").first).to_contain_text("granskare")


async def test_the_console_by_itself_on_another_host_shows_the_same_and_changes_by_itself(console, hub, tmp_path):
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "hub.cli",
        "console",
        "--ops",
        f"http://127.0.0.1:{hub.port}/ops",
        "--port",
        str(port),
    ]
    bare = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
    apart = Child(command, log=tmp_path / "console.log", env=bare)
    try:
        page = await console.person("lasare")
        await until(lambda: _answers(port))
        await page.goto(f"http://127.0.0.1:{port}/console")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Läget")
        await expect(page.locator("#link")).to_have_text("Direkt")
        await page.goto(f"http://127.0.0.1:{port}/console/held")
        await expect(page.locator("#link")).to_have_text("Direkt")
        before = await page.get_by_role("row").count()
        await days.a_message_too_early(hub)
        await expect(page.get_by_role("row")).to_have_count(max(before, 1) + 1, timeout=15_000)
        end = psutil.Process(apart.pid)
        end.terminate()  # while the page is open, and listens
        assert await asyncio.to_thread(psutil.wait_procs, [end], 5) == ([end], []), "it ends in order"
    finally:
        await asyncio.to_thread(apart.stop)


def _answers(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False
