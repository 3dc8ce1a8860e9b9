"""What people of operations do in the console: a group is told again, a unit is chosen, a message released; two of them at once."""

import asyncio
import re

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.browser import days
from tests.browser.console import PHONE, faults, go, picture, too_wide
from tests.stack import LUND, until

pytestmark = pytest.mark.asyncio(loop_scope="module")

REASON = "Mottagaren är lagad"
UNLISTED = "194712249988"


@pytest_asyncio.fixture(scope="module", loop_scope="module", autouse=True)
async def day(hub):
    """What has happened in the hub that people act on."""
    await days.an_ordinary_day(hub)


async def do(page, label, reason=REASON):
    """Opens an act, says why, and does it."""
    deed = page.locator("details.deed", has=page.locator("summary", has_text=re.compile(f"^{label}$"))).first
    await deed.locator("summary").click()
    await deed.get_by_label("Skäl").fill(reason)
    await deed.get_by_role("button", name=label).click()


async def test_from_the_overview_a_late_notice_is_found_in_three_clicks(console, hub):
    page = await console.person("drift")
    await go(page)
    await page.get_by_role("link", name=re.compile("4 underrättelser är döda")).click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Döda underrättelser")
    rows = page.get_by_role("row").filter(has_text="http:422")
    await expect(rows).to_have_count(4)
    assert await hub.value("SELECT count(*) FROM outbox WHERE state = 'dead'") == 4


async def test_a_group_is_counted_first_and_stops_by_itself_when_its_receiver_is_not_well(console, hub):
    page = await console.person("driftansvarig", who="Anna Ansvarig")
    await go(page, "/waiting")
    await page.get_by_role("link", name=f"centre{hub.tag}").click()
    await page.get_by_role("link", name="Sänd om dessa").click()
    await expect(page.get_by_text("4 underrättelser i 4 ärenden sänds om till centre")).to_be_visible()
    await picture(page, "sand-om-light")
    assert await faults(page) == {}
    await page.get_by_label("Stanna efter så många misslyckade ärenden").fill("2")
    await page.get_by_label("Skäl").fill("Prov")
    await page.get_by_role("button", name="Sänd om 4").click()
    await expect(page.get_by_role("status").filter(has_text="4 underrättelser sänds om")).to_be_visible()
    await expect(page.locator(".title .ds-tag")).to_have_text("Stannade", timeout=30_000)  # the page changes by itself
    await picture(page, "omsandning-light")
    assert await faults(page) == {}
    await page.set_viewport_size(PHONE)
    assert await too_wide(page) <= 0
    assert await hub.value("SELECT count(*) FROM outbox WHERE state = 'dead'") == 4


async def test_a_replay_that_is_under_way_is_undone_and_the_rest_is_as_it_was(console, hub):
    slow = asyncio.Event()

    async def answer_late():
        await slow.wait()
        return 204

    hub.receiver.behave["centre"] = lambda _: answer_late()
    page = await console.person("driftansvarig", who="Anna Ansvarig")
    await go(page, f"/replays/new?system=centre{hub.tag}")
    await page.get_by_label("Stanna efter så många misslyckade ärenden").fill("1")
    await page.get_by_label("Skäl").fill("Prov")
    await page.get_by_role("button", name="Sänd om 4").click()
    await expect(page.locator(".title .ds-tag")).to_have_text("Pågår")
    await do(page, "Ångra resten", "Fel grupp")
    await expect(page.get_by_role("status").filter(has_text="Det som inte var sänt är som det var")).to_be_visible()
    await expect(page.locator(".title .ds-tag")).to_have_text("Ångrad")
    slow.set()
    hub.receiver.behave["centre"] = lambda _: 204
    await until(
        lambda: hub.value("SELECT count(*) = 3 FROM outbox WHERE state = 'dead'")
    )  # the one in a call went well


async def test_two_people_act_on_the_same_notice_and_the_second_is_told_so(console, hub):
    first = await console.person("drift", who="Disa Drift")
    second = await console.person("drift", who="Didrik Drift")
    for page in (first, second):
        await go(page, "/dead")
    row = await hub.value("SELECT min(id) FROM outbox WHERE state = 'dead'")
    for page in (first, second):
        await page.locator(f"#skip-{row} summary").click()
        await page.locator(f"#skip-{row}").get_by_label("Skäl").fill(REASON)
    await first.locator(f"#skip-{row}").get_by_role("button").click()
    await expect(first.get_by_role("status").filter(has_text="överhoppad")).to_be_visible()
    await second.locator(f"#skip-{row}").get_by_role("button").click()
    await expect(second.get_by_role("heading", level=1)).to_have_text("Det gick inte")
    await picture(second, "avslag-light")


async def test_a_held_message_is_refused_with_a_reason_and_gone_from_the_list(console, hub):
    page = await console.person("drift")
    await go(page, "/held")
    await page.get_by_role("row").nth(1).get_by_role("link").first.click()
    await expect(page.get_by_text("försökt")).to_be_visible()
    await do(page, "Avvisa", "Avsändaren har sagt att det var fel")
    await expect(page.get_by_text("Inga meddelanden hålls")).to_be_visible()
    assert await hub.value("SELECT count(*) FROM held") == 0


async def test_a_page_changes_by_itself_when_something_happens(console, hub):
    page = await console.person("lasare")
    await go(page, "/held")
    await expect(page.locator("#link")).to_have_text("Direkt")
    await expect(page.get_by_text("Inga meddelanden hålls")).to_be_visible()
    await days.a_message_too_early(hub)
    await expect(page.get_by_role("row").filter(has_text="awaits-opening")).to_be_visible(timeout=15_000)


async def test_a_unit_is_chosen_by_hand_from_the_tree_and_the_case_goes_on(console, hub):
    case = await days.a_case_without_receivers(hub, UNLISTED)
    page = await console.person("drift")
    await go(page, "/manual-queue")
    await page.get_by_role("row").nth(1).get_by_role("link").click()
    await expect(page.get_by_role("heading", name="Varför hubben inte kunde")).to_be_visible()
    await picture(page, "valj-mottagare-light")
    assert await faults(page) == {}
    await page.get_by_label("Enhet, organisation eller HSA-id").fill("vårdcentral")
    await page.get_by_role("button", name="Sök", exact=True).click()
    await page.get_by_role("radio", name=re.compile("Vårdcentralen")).check()
    await page.get_by_label("Skäl").fill("Ringde vårdcentralen")
    await page.get_by_role("button", name="Välj dem").click()
    await expect(page.get_by_role("status").filter(has_text="valda")).to_be_visible()
    assert await hub.value("SELECT manual FROM cases WHERE id = %s", case) is None


async def test_what_a_held_message_says_is_behind_the_glass_and_reading_it_stands_in_the_trail(console, hub):
    page = await console.person("driftansvarig", who="Anna Ansvarig")
    await go(page, "/held")
    await page.get_by_role("row").nth(1).get_by_role("link").first.click()
    await expect(page.get_by_label("Innehåll")).to_have_count(0)
    await page.locator("summary", has_text="Nödöppna").click()
    await page.locator("#glass-reason").fill("Avsändaren bad oss läsa")
    await page.get_by_role("button", name="Nödöppna").click()
    await expect(page.get_by_label("Innehåll")).to_have_value(re.compile("given"))
    await expect(page.get_by_text("Nödöppning till")).to_be_visible()
    await picture(page, "bakom-glaset-light")
    assert await faults(page) == {}
    auditor = await console.person("granskare", who="Greta Granskare")
    await go(auditor, "/trail/glass")
    await expect(auditor.get_by_role("row").filter(has_text="Anna Ansvarig")).to_contain_text("Avsändaren bad oss läsa")
    await page.get_by_role("button", name="Stäng nu").click()
    await expect(page.get_by_label("Innehåll")).to_have_count(0)


async def test_what_a_message_says_is_read_after_the_glass_is_broken_and_each_reading_is_in_the_trail(console, hub):
    page = await console.person("driftansvarig", who="Anna Ansvarig")
    await go(page, "/messages?type=svu.inskrivning")
    await page.get_by_role("row").nth(1).get_by_role("link").first.click()
    await expect(page.get_by_text("Fall i hemmet")).to_have_count(0)
    await page.locator("summary", has_text="Nödöppna").click()
    await page.locator("#glass-reason").fill("Avsändaren bad oss läsa")
    await page.get_by_role("button", name="Nödöppna").click()
    await expect(page.get_by_text("Fall i hemmet").first).to_be_visible()
    await picture(page, "meddelandets-innehall-light")
    assert await faults(page) == {}


async def test_a_person_is_searched_for_behind_the_glass_and_their_number_is_in_no_address(console, hub):
    page = await console.person("driftansvarig", who="Anna Ansvarig")
    await go(page, "/messages")
    await page.locator("#person summary").click()
    await page.locator("#person-reason").fill("Kommunen frågar om ett ärende")
    await page.get_by_role("button", name="Nödöppna").click()
    await page.get_by_label("Sök efter person").last.fill(LUND[0])
    await page.get_by_label("Sök efter person").last.press("Enter")
    await expect(page.get_by_role("row").filter(has_text="Inskrivning")).to_have_count(1)
    assert LUND[0] not in page.url
    await page.locator("#find").fill(f"{LUND[0][:8]}-{LUND[0][8:]}")
    await page.locator("#find").press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("Sök inte efter personnummer här")
    assert LUND[0][8:] not in page.url


async def test_a_system_is_paused_and_resumed_with_a_reason_and_both_stand_in_the_trail(console, hub):
    page = await console.person("drift", who="Disa Drift")
    await go(page, f"/systems/centre{hub.tag}")
    await do(page, "Pausa", "De byter server")
    await expect(page.get_by_text(re.compile("av Disa Drift: De byter server"))).to_be_visible()
    await do(page, "Återuppta", "Klart")
    await expect(page.get_by_role("button", name="Återuppta")).to_have_count(0)
    auditor = await console.person("granskare")
    await go(auditor, f"/trail?target=centre{hub.tag}")
    await expect(auditor.get_by_role("row").filter(has_text="De byter server")).to_be_visible()


async def test_by_keyboard_alone_a_system_is_paused(console, hub):
    page = await console.person("drift")
    await go(page, f"/systems/kommun{hub.tag}")
    summary = page.locator("#pause summary")
    while not await summary.evaluate("one => one === document.activeElement"):
        await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await expect(page.locator("#pause-reason")).to_be_focused()
    await page.keyboard.type("De byter server")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status").filter(has_text="Inget sänds till systemet")).to_be_visible()
    assert await hub.value("SELECT count(*) FROM paused WHERE system = %s", f"kommun{hub.tag}") == 1


async def test_a_session_that_should_not_be_is_ended_with_a_reason_and_stands_in_the_trail(console, hub):
    gone = await console.person(who="Omar Haddad")  # with every role: the widest row
    page = await console.person("granskare", who="Sara Nyström")
    await go(page, "/trail/sessions?in_force=true")
    row = page.get_by_role("row").filter(has_text="Omar Haddad").first
    await row.locator("summary").click()
    await picture(page, "avsluta-light")
    for part in (row.get_by_label("Skäl"), row.get_by_role("button", name="Avsluta")):
        box, frame = await part.bounding_box(), await page.locator(".scrolls").bounding_box()
        assert box["x"] + box["width"] <= frame["x"] + frame["width"], "the form is cut off"
    await row.get_by_label("Skäl").fill("telefonen är borta")
    await row.get_by_role("button", name="Avsluta").click()
    await expect(page.get_by_text("Inloggningen är avslutad.")).to_be_visible()
    await go(page, "/trail")
    await expect(page.get_by_role("row").filter(has_text="telefonen är borta")).to_contain_text("Sara Nyström")
    await go(gone, "/systems")
    assert "/sign-in" in gone.url, "whose session it was is asked to sign in"


EVERYBODY = {
    "lasare": {"Läget", "Väntar", "System"},
    "granskare": {"Läget", "Väntar", "System", "Spår"},
    "drift": {"Läget", "Väntar", "System"},
}


@pytest.mark.parametrize("role", EVERYBODY)
async def test_each_role_sees_its_pages_and_no_other_by_guessing_addresses(console, hub, role):
    page = await console.person(role)
    await go(page)
    assert EVERYBODY[role] <= set(await page.get_by_role("navigation").first.get_by_role("link").all_inner_texts())
    may_audit = role == "granskare"
    for path in ("/trail", "/trail/glass", "/trail/sessions"):
        assert await go(page, path) == (200 if may_audit else 403)
    await go(page, f"/systems/centre{hub.tag}")
    await expect(page.get_by_role("heading", name="Gör något")).to_have_count(1 if role == "drift" else 0)
    mark = await page.locator("input[name=csrf]").first.get_attribute("value")
    form = {"csrf": mark, "reason": "x", "expected": "1", "system": f"centre{hub.tag}"}
    paused = await page.request.post(f"{console.address}/console/systems/centre{hub.tag}/test-notice", form=form)
    begun = await page.request.post(f"{console.address}/console/replays/begin", form=form)
    assert (paused.status == 200) == (role == "drift") and begun.status == 403


async def test_while_the_hub_restarts_an_open_page_says_so_and_goes_on_by_itself(console, hub):
    page = await console.person("lasare")
    await go(page, "/systems")
    await expect(page.locator("#link")).to_have_text("Direkt")
    hub.hub.stop()
    await expect(page.locator("#link")).to_have_text("Kontakten bruten, försöker igen")
    hub.start()
    await hub.ready()
    await expect(page.locator("#link")).to_have_text("Direkt", timeout=30_000)
    await expect(page.get_by_role("row")).to_have_count(4)


@pytest.mark.parametrize(("why", "waits_s"), [("hub-stops", 2), ("too-many", 61)])
async def test_a_page_whose_place_another_has_taken_waits_a_minute_before_it_takes_one(console, why, waits_s):
    page = await console.person("lasare")
    asked = []

    async def end(route):
        asked.append(route.request.url)
        await route.fulfill(content_type="text/event-stream", body=f"event: end\ndata: {why}\n\n")

    await page.route("**/console/live", end)
    await page.clock.install()
    await go(page, "/systems")
    await expect(page.locator("#link")).to_have_text("Kontakten bruten, försöker igen")
    for hidden in ("true", "false"):  # another tab is looked at meanwhile
        await page.evaluate(f"Object.defineProperty(document, 'hidden', {{value: {hidden}, configurable: true}})")
        await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    await page.clock.run_for(1000 * (waits_s // 4))
    assert len(asked) == 1
    async with page.expect_request("**/console/live"):
        await page.clock.run_for(1000 * waits_s)
