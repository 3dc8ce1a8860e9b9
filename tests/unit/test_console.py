"""The parts of the console that need no browser: its texts, its files, how it calls the operations API in its own process.

May import the console, its command, and the language.
"""

import asyncio
import json
import re
import socket
import string
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import get_args

import httpx
import pytest
from markupsafe import Markup
from typer.testing import CliRunner

from hub import trail_words
from hub.cli.app import app
from hub.operations import register_words
from hub.operations.concern import Said
from hub.operations.timeline.entry import KINDS, TimelineEntry
from hub.operations.timeline.settled import well
from hub.ops_client.in_process import InProcess
from hub.processes.sip import deadlines as of_sip
from hub.processes.svu import deadlines as of_svu
from hub.roles import DOES, ROLES
from hub.web import commands, console, lay_out, page_templates, shown, swimlanes, texts
from hub.web.cell_labels import labelled
from hub.web.look import LANGUAGES
from hub.web.pages import overview, search
from hub.web.pages.trail import target_of
from schemas.directory import Directory, Duty, ProfileName, Step
from schemas.messages import MESSAGES

WEB = Path(texts.__file__).parent
ROOT = WEB.parents[1]


def places(text):
    return sorted(name for _, name, *_ in string.Formatter().parse(text) if name)


def test_every_text_is_in_both_languages_with_the_same_places():
    swedish, english = texts.table("sv"), texts.table("en")
    assert swedish.keys() == english.keys()
    assert {key for key in swedish if places(swedish[key]) != places(english[key])} == set()


def test_every_text_that_a_template_or_a_page_names_is_there_and_none_is_without_use():
    table = texts.table("sv")
    written = [path.read_text() for path in (*(WEB / "templates").glob("*.html"), *WEB.rglob("*.py"))]
    found = {
        (kind, key) for text in written for kind, key in re.findall(r"""\bt(\.count)?\(\s*["']([a-z_.]+)["']""", text)
    }
    for kind, key in found:
        begins = key.endswith(".")
        wanted = f"{key}.many" if kind and not begins else key
        assert any(one.startswith(key) for one in table) if begins else wanted in table, key
    found |= {("", one) for one in ("frame.on_page", *commands.PAGES.values(), *commands.ADDRESSES.values())}
    used = tuple(key if key.endswith(".") else f"{key}." for _, key in found)
    assert [key for key in table if not f"{key}.".startswith((*used, "words.", "done."))] == []


def test_every_field_and_code_of_the_directory_has_a_word():
    entries = [entry for entry in Directory.model_json_schema()["$defs"].values() if "properties" in entry]
    wanted = {f"field.{name}" for entry in entries for name in entry["properties"]}
    for group, codes in (("profile", ProfileName), ("duty", Duty), ("step", Step), ("field", Step)):
        wanted |= {f"{group}.{code}" for code in get_args(codes)}
    assert texts.Texts("sv").step("tid") == "Mötestid", "a deadline is about a step"
    assert {one for one in wanted if f"words.{one}" not in texts.table("sv")} == set()


def test_a_number_is_said_in_its_number():
    words = texts.Texts("sv")
    words._table = {"x.none": "inga", "x.one": "en", "x.many": "{number} stycken"}
    assert [words.count("x", number) for number in (0, 1, 12_345)] == ["inga", "en", "12\u202f345 stycken"]


@pytest.mark.parametrize(
    ("seconds", "said"), [(None, "–"), (0, "0 s"), (0.12, "120 ms"), (75, "1 min 15 s"), (90_061, "1 d 1 h")]
)
def test_a_duration_is_said_in_its_two_greatest_units(seconds, said):
    assert shown.duration(seconds) == said


def test_a_time_is_swedish_with_its_zone_in_summer_and_in_winter():
    assert "14:00:00" in shown.time_of("2026-07-01T12:00:00Z", "sv") and "CEST" in shown.time_of(
        "2026-07-01T12:00:00Z", "sv"
    )
    assert "13:00:00" in shown.time_of("2026-01-01T12:00:00Z", "en") and "CET" in shown.time_of(
        "2026-01-01T12:00:00Z", "en"
    )


def test_a_share_is_never_rounded_up_to_all():
    shares = (None, 1, 0.9999, 0.5)
    assert [shown.percent(share, "sv") for share in shares] == ["–", "100 %", "99,9 %", "50 %"]
    assert [shown.percent(share, "en") for share in shares] == ["–", "100%", "99.9%", "50%"]


def test_a_number_is_written_as_the_language_writes_it():
    assert [texts.grouped(12345.5, language) for language in ("sv", "en")] == ["12\u202f345,5", "12,345.5"]


def test_every_message_deadline_and_kind_of_event_has_a_name_in_each_language():
    keys = {f"message.{name}" for name in MESSAGES} | {f"deadline.{name}" for name in (*of_svu._TOLD, *of_sip._ROWS)}
    keys |= {f"happened.{kind}" for kind in KINDS}
    for language in LANGUAGES:
        assert {key for key in keys if not texts.Texts(language).has(f"words.{key}")} == set()


def test_a_sentence_that_serves_the_command_line_too_names_a_page_in_place_of_a_command():
    sv, en = texts.Texts("sv"), texts.Texts("en")
    said = {
        "sv": "sänd om (hub dead replay), annars vänta (hub dead replays, eller inte).",
        "en": "ask (now: hub retry lookup CASE).",
    }
    assert sv.of(said) == "Sänd om (på sidan Döda underrättelser), annars vänta (på sidan Omsändningar)."
    assert en.of(said) == "Ask."
    addresses = {"sv": "se listan (GET /errors), eller dem (GET /ops/systems).", "en": "break it (POST /ops/glass)."}
    assert sv.of(addresses) == "Se listan (på sidan Felkatalog), eller dem (på sidan System)."
    assert en.of(addresses) == "Break it."
    assert (
        sv.of({"sv": "se hur de svarar (GET /ops/registers, hub status)."}) == "Se hur de svarar (på sidan Registren)."
    )
    its_commands = {one.name or one.callback.__name__ for one in (*app.registered_commands, *app.registered_groups)}
    of_vendors_or_the_database = {"check", "gallring"}
    by_hand = (
        "HUB_DATABASE_URL",
        "där hemligheten ligger",
        "where the secret lies",
    )  # where no console is, or none can do it
    named = re.compile(rf"\bhub ({'|'.join(its_commands - of_vendors_or_the_database)})\b(?! (?:in|of|to|is)\b)")
    catalogue = json.loads((ROOT / "contracts" / "errors.json").read_text())
    every = [found for found in _bilingual(catalogue) if named.search(found["sv"])]
    assert every
    left = [
        said
        for found in every
        for t in (sv, en)
        if named.search(said := t.of(found)) and not any(one in said for one in by_hand)
    ]
    assert left == []


def _bilingual(found):
    """Every sentence in both languages of a JSON document."""
    if isinstance(found, dict):
        if found.keys() == {"sv", "en"}:
            yield found
        found = list(found.values())
    for one in found if isinstance(found, list) else ():
        yield from _bilingual(one)


def test_a_time_in_a_sentence_is_written_as_the_pages_write_times():
    said = {"sv": "systemet skonas till 2026-11-27 16:42:41 CET", "en": "spared until 2026-07-01 06:00:00 CEST"}
    found = [re.sub(r" 2026(?= \d\d:)", "", texts.Texts(language).of(said)) for language in ("sv", "en")]
    assert found == ["Systemet skonas till 27 nov 16:42:41 CET", "Spared until 1 July 06:00:00 CEST"]


def test_what_the_trail_says_an_act_concerned_is_in_the_language_and_ids_stay():
    sv = texts.Texts("sv")
    said = {
        "glass 3: case 01abc, message replay-1": "nödöppning 3: ärende 01abc, meddelande replay-1",
        "session 7 of Disa Drift": "inloggning 7 av Disa Drift",
        "replay 12": "omsändning 12",
        "session 1: newcomer as driftansvarig for 1 days": "inloggning 1: newcomer som driftansvarig i 1 dag",
        trail_words.token_made(2, "report by a system", ("lasare", "granskare"), 30): (
            "inloggning 2: report by a system som granskare, lasare i 30 dagar"
        ),
        "system": "system",
    }
    assert {target: target_of(sv, target) for target in said} == said
    made = trail_words.token_made(3, "newcomer", ("driftansvarig",), 1)
    assert target_of(texts.Texts("en"), made) == made == "session 3: newcomer as driftansvarig for 1 day"


def test_what_the_hub_wrote_in_the_trail_is_in_the_language_and_what_somebody_wrote_stays():
    sv, en = texts.Texts("sv"), texts.Texts("en")
    ended = "(replay 3: 0 of 8 sent, 3 failed, 1 passed over, 4 put back)"
    for what, said, in_swedish in (
        ("sign in", "as driftansvarig, granskare", "som driftansvarig, granskare"),
        ("sign out", "signed out", "loggade ut"),
        ("sign out", "by themselves", "loggade ut"),
        ("sign out", trail_words.AT_PROVIDER, "utloggad hos organisationens inloggning"),
        ("sign out", "by Anna Ansvarig", "av Anna Ansvarig"),
        (
            "replay",
            "Lagad (nu) (replay 3: 8, at most 0.2 a second)",
            "Lagad (nu) (omsändning 3: 8, högst 0,2 i sekunden)",
        ),
        (
            "undo replay",
            "Fel (replay 3: 2 of 6 sent, 0 failed, 4 put back)",
            "Fel (omsändning 3: 2 av 6 sända, 0 misslyckade, 4 återställda)",
        ),
        (
            "stop replay",
            f"the first 3 failed {ended}",
            "de första 3 misslyckades (omsändning 3: 0 av 8 sända, 3 misslyckade, 1 förbigångna, 4 återställda)",
        ),
        ("pause", "the receiver answered http:410", "mottagaren svarade http:410"),
        ("apply", trail_words.DEMO_DIRECTORY, "demonstrationens katalog"),
        ("pause", "by themselves", "by themselves"),
        ("skip", "De har läst det i sitt eget system", "De har läst det i sitt eget system"),
    ):
        assert (sv.why(what, said), en.why(what, said)) == (in_swedish, said), what
    acts = {key.removeprefix("words.act.") for key in texts.table("sv") if key.startswith("words.act.")}
    assert trail_words.ACTS.keys() == acts


def test_what_the_registers_answered_is_said_in_words_and_no_key_is_left():
    for said, sv, en in (
        ("listed", "listad", "listed"),
        ("lookup_unavailable (listing:12=VP009)",
         "registret svarar inte (Listning: vilken vårdcentral, län 12: plattformen svarar VP009: producenten svarar inte i tid)",
         "lookup unavailable (Listings: which health centre, county 12: the platform answers VP009: the producer does not answer in time)"),
        ("hsa_employee=client-fault; asked no more",
         "HSA: person och legitimation: producenten tar inte emot frågan (Client fault); frågas inte mer",
         "HSA: person and licence: the producer does not take the question (Client fault); asked no more"),
        ("http-503", "registret eller plattformen svarar med en tillfällig HTTP-status (http-503)",
         "the register or the platform answers a passing HTTP status (http-503)"),
        ("what a newer hub says", "what a newer hub says", "what a newer hub says"),
    ):  # fmt: skip
        assert register_words.answer(said) == Said(sv, en)
    for said, sv in (
        ("listing_county:12", "Listning: vilket län, län 12: tillfrågat"),
        ("listing:12=time-out", "Listning: vilken vårdcentral, län 12: registret svarade inte i tid"),
        ("kommun 1281 -> no receiving unit (manual)", "kommun 1281: ingen mottagande enhet"),
        ("kommun 1281 -> SE2321000255-K01 (directory)", "kommun 1281: SE2321000255-K01, enligt katalogen"),
        ("listed -> SE2321000255-VC09 (not connected)", "listad hos SE2321000255-VC09 (inte ansluten)"),
        (
            "listed -> an id that is no HSA-id (not connected)",
            "listad hos ett id som inte är ett HSA-id (inte ansluten)",
        ),
    ):
        assert register_words.step(said).sv == sv


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_role_of_a_process_has_words(language):
    said = {role: texts.Texts(language).word("hub_role", role) for role in ROLES}
    assert said == {role: DOES[role][language == "en"] for role in ROLES}


def test_the_console_by_itself_says_that_its_port_is_taken_and_prints_no_address():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = CliRunner().invoke(app, ["console", "--ops", "http://127.0.0.1:1/ops", "--port", str(port)])
    assert done.exit_code == 2
    assert f"127.0.0.1:{port}" in done.stderr and "--port" in done.stderr and done.stdout == ""


def test_the_lock_names_no_host_and_every_package_by_its_hash():
    lock = json.loads((WEB / "package-lock.json").read_text())
    packages = {name: one for name, one in lock["packages"].items() if name}
    assert packages and all("integrity" in one and "resolved" not in one for one in packages.values())
    asked = json.loads((WEB / "package.json").read_text())["dependencies"]
    assert {
        place.rsplit("/dist/")[0].rsplit("/src/")[0].rsplit("/files/")[0] for place in lay_out.FILES.values()
    } == set(asked)


def test_no_page_has_style_or_script_of_its_own_which_the_browser_would_refuse():
    for path in (WEB / "templates").glob("*.html"):
        text = path.read_text()
        assert not re.search(r"<style|\sstyle=|<script(?![^>]*\ssrc=)|\son[a-z]+=|javascript:", text), path.name


async def test_in_the_same_process_an_answer_is_read_while_it_comes_and_ends_when_nobody_reads():
    ended = asyncio.Event()

    async def application(scope, receive, send):
        assert (scope["path"], scope["root_path"], scope["query_string"]) == ("/ops/events", "/ops", b"a=1")
        assert (await receive())["body"] == b"hello"
        await send({"type": "http.response.start", "status": 200, "headers": [(b"x-a", b"b")]})
        try:
            while True:
                await send({"type": "http.response.body", "body": b"one", "more_body": True})
                await asyncio.sleep(0)
        finally:
            ended.set()

    async with httpx.AsyncClient(transport=InProcess(application, "/ops"), base_url="http://hub") as client:
        async with client.stream("POST", "/ops/events", params={"a": "1"}, content=b"hello") as answer:
            assert (answer.status_code, answer.headers["x-a"]) == (200, "b")
            assert await anext(answer.aiter_raw()) == b"one"
        assert ended.is_set()


async def test_in_the_same_process_a_defect_is_an_answer_too():
    async def application(scope, receive, send):
        raise RuntimeError

    async with httpx.AsyncClient(transport=InProcess(application, "/ops"), base_url="http://hub") as client:
        assert (await client.get("/ops/me")).status_code == 500


async def test_in_the_same_process_one_that_does_not_answer_is_away_and_what_it_does_is_done():
    """As while the database stands still: the console says so by its page, before the hub would by a problem."""
    goes_on, done = asyncio.Event(), asyncio.Event()

    async def application(scope, receive, send):
        await goes_on.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(100):
            await send({"type": "http.response.body", "body": b"one", "more_body": True})
        done.set()

    app = console.beside(application, answer_s=0.01)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://hub") as browser:
        found = await browser.get("/systems", cookies={"hub-session": "right"})
    assert found.status_code == 503 and "Hubben svarar inte" in found.text
    goes_on.set()
    await done.wait()


# --- where it is, and who comes ---------------------------------------------------------------------------------------


def visiting(url=None, **cookies):
    """A browser at the console by itself, whose hub says that Disa Drift is signed in."""

    def hub(request):
        if request.headers.get("authorization") != "Bearer right":
            return httpx.Response(401, json={"rule": "signed-out", "text": {}})
        answers = {
            "/ops/me": {"who": "Disa Drift", "rights": ["see"], "glass": None},
            "/ops/hubs": {"hubs": [], "missing_roles": []},
        }
        if request.url.path in answers:
            return httpx.Response(200, json=answers[request.url.path])
        return httpx.Response(404, json={"rule": "not-found", "text": {"sv": "finns inte", "en": "is not there"}})

    ops = httpx.AsyncClient(transport=httpx.MockTransport(hub), base_url="http://hub/ops")
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=console.alone(ops, url)), base_url="http://inner:8480", cookies=cookies
    )


@pytest.mark.parametrize(
    ("url", "root"),
    [(None, "/console"), ("https://drift.example.se/hub/console", "/hub/console"), ("https://x.se", "")],
)
async def test_every_address_of_a_page_is_as_browsers_see_it(url, root):
    async with visiting(url, **{"hub-session": "right"}) as browser:
        shown = (await browser.get("/console/hubs")).text
        addresses = re.findall(r"""(?:href|src|action)="(/[^"]*)""", shown)
        assert len(addresses) > 10 and all(one.startswith(f"{root}/") for one in addresses), addresses
        led = await visiting(url).get("/console/hubs?a=1")
        assert (led.status_code, led.headers["location"]) == (303, f"{root}/sign-in?to=%2Fhubs%3Fa%3D1")
        switched = await browser.get("/console/hubs?lang=en&a=1")
        assert switched.headers["location"] == f"{root}/hubs?a=1"
        assert f"Path={root or '/'}" in switched.headers["set-cookie"]


@pytest.mark.parametrize("to", ["https://evil.example/", "//evil.example", "/\\evil.example", "hubs", ""])
async def test_nobody_is_led_away_from_the_console(to):
    shown = (await visiting().get("/console/sign-in", params={"to": to})).text
    assert '/console/sign-in/begin?to=%2F"' in shown


async def test_every_page_has_a_policy_that_lets_nothing_of_others_run_and_is_kept_nowhere():
    for path in ("/console/hubs", "/console/nowhere", "/console/sign-in"):
        headers = (await visiting(**{"hub-session": "right"}).get(path)).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
        assert headers["cache-control"] == "no-store" and headers["x-content-type-options"] == "nosniff"


async def test_what_is_not_there_is_said_without_words_of_the_api():
    async with visiting(**{"hub-session": "right"}) as browser:
        shown = await browser.get("/console/errors/V-333")
    assert shown.status_code == 404 and "Finns inte" in shown.text
    assert "not-found" not in shown.text.partition("<main")[2] and "Det gäller" not in shown.text


async def test_what_is_served_under_its_digest_is_kept_for_ever_and_nothing_else_is_served():
    async with visiting() as browser:
        for one in re.findall(r"""/console/assets/[^"]*""", (await browser.get("/console/sign-in")).text):
            file = await browser.get(one)
            assert file.status_code == 200 and "immutable" in file.headers["cache-control"]
        for path in ("/console/assets/console.css", "/console/assets/..%2Fvisit.py", "/console/assets/LICENCES.txt"):
            assert (await browser.get(path)).status_code in {303, 404}


async def test_a_form_is_refused_without_its_mark_and_from_another_place():
    async with visiting(**{"hub-session": "right"}) as browser:
        mark = re.search(r'name="csrf" value="(\w+)"', (await browser.get("/console/hubs")).text)[1]
        for form, headers in (({}, {}), ({"csrf": "x"}, {}), ({"csrf": mark}, {"origin": "https://evil.example"})):
            refused = await browser.post("/console/systems/ehr/pause", data=form, headers=headers)
            assert refused.status_code == 403 and "annan inloggning" in refused.text
        asked = await browser.post(
            "/console/systems/ehr/pause", data={"csrf": mark}, headers={"origin": "http://inner:8480"}
        )
        assert asked.status_code == 404 and "Finns inte" in asked.text  # by the operations API


async def test_a_hub_that_does_not_answer_is_said_to_be_away():
    def away(_):
        raise httpx.ConnectError("no")

    ops = httpx.AsyncClient(transport=httpx.MockTransport(away), base_url="http://hub/ops")
    browser = httpx.AsyncClient(
        transport=httpx.ASGITransport(app=console.alone(ops)), base_url="http://inner", cookies={"hub-session": "right"}
    )
    shown = await browser.get("/console/")
    assert shown.status_code == 503 and "Hubben svarar inte" in shown.text


# --- the drawing ------------------------------------------------------------------------------------------------------


def timeline(**more):
    """A case: an admission comes, is told to one, and its first deadline is met."""
    lanes = [
        {"id": "system:ehr", "kind": "system", "sv": "Journal", "en": "EHR", "parties": []},
        {"id": "hub", "kind": "hub", "sv": "Hubben", "en": "The hub", "parties": []},
        {"id": "law", "kind": "law", "sv": "Lagens klocka", "en": "The law's clock", "parties": []},
    ]
    entries = [
        {
            "at": "2026-03-02T08:00:00Z",
            "lane": "system:ehr",
            "kind": "received",
            "sv": "kom",
            "en": "came",
            "went": "plain",
        },
        {
            "at": "2026-03-02T08:00:00.1Z",
            "lane": "hub",
            "kind": "decided",
            "sv": "togs",
            "en": "taken",
            "went": "good",
        },
        {
            "at": "2026-03-05T08:00:00Z",
            "lane": "system:ehr",
            "kind": "dead",
            "sv": "dog",
            "en": "died",
            "went": "bad",
        },
        {"at": "2026-03-03T08:00:00Z", "lane": "law", "kind": "met", "sv": "hölls", "en": "met", "went": "good"},
    ]
    deadline = {
        "name": "inskrivning_sen", "set_at": "2026-03-02T08:00:00Z", "due": "2026-03-03T08:00:00Z", "ended_at": "2026-03-02T20:00:00Z",
        "state": "met",
    }  # fmt: skip
    return {"lanes": lanes, "entries": entries, "clocks": [{"deadlines": [deadline]}], **more}


def test_what_happens_stands_on_the_lane_of_who_did_it_in_the_order_of_time():
    drawing = swimlanes.drawn(timeline(), "sv")
    assert [name for name, _ in drawing.lanes] == ["Journal", "Hubben", "Lagens klocka"]
    came, taken, died = drawing.marks
    assert came.x < taken.x < died.x and came.y == died.y < taken.y
    assert [one.kind for one in drawing.marks] == ["plain", "good", "bad"]
    (bar,) = drawing.bars
    assert (bar.x, bar.state) == (came.x, "met") and bar.x + bar.width < bar.due_x < died.x
    assert all(0 <= x <= drawing.width for x in (came.x, died.x, bar.due_x)) and drawing.height > bar.y


def test_a_long_pause_is_wider_than_a_short_one_and_not_as_much_as_it_is_longer():
    drawing = swimlanes.drawn(timeline(clocks=[]), "en")
    first, second, third = (
        swimlanes.drawn(timeline(clocks=[], entries=[
            {"at": at, "lane": "hub", "kind": "sent", "sv": "", "en": "", "went": "good"}
            for at in ("2026-03-02T08:00:00Z", later)
        ]), "en").marks[1].x
        for later in ("2026-03-02T08:00:10Z", "2026-03-02T09:00:00Z", "2026-04-02T08:00:00Z")
    )  # fmt: skip
    assert first < second < third < 20 * first
    assert [name for name, _ in drawing.lanes] == ["EHR", "The hub"]


def entry(row, kind, outcome=None):
    return TimelineEntry(
        at=datetime(2026, 3, 2, 9, tzinfo=UTC), lane="hub", kind=kind, sv="", en="", row=row, outcome=outcome
    )


def runs_of(*told):
    """What happened, in runs, as the operations API and the console make them of it."""
    entries = [entry(*one) for one in told]
    shown = [{"row": one.row, "kind": one.kind, "outcome": one.outcome} for one in entries]
    runs = swimlanes.in_runs(shown, well(entries))
    assert [one for _, run in runs for one in run] == shown
    return runs


def test_what_went_well_is_told_in_runs_that_fold_and_what_did_not_or_is_under_way_stands_alone():
    runs = runs_of(
        (None, "received"), (1, "queued"), (1, "tried"), (2, "queued"), (2, "dead"), (1, "sent"),
        (None, "decided", "refused"), (1, "acknowledged"), (3, "asked"), (3, "answered", "ok"), (2, "sent"),
        (4, "asked"), (4, "answered", "fault"), (5, "queued"), (5, "waits"),
    )  # fmt: skip
    folded = [[(one["row"], one["kind"]) for one in run] for folds, run in runs if folds]
    assert folded == [[(1, "queued"), (1, "tried")], [(1, "acknowledged"), (3, "asked"), (3, "answered")]]


@pytest.mark.parametrize(
    "told",
    [
        [("queued", None), ("waits", None), ("fetched", None)],  # fetched a moment ahead of the clock of who looks
        [
            ("queued", None),
            ("waits", None),
            ("read", None),
        ],  # told again; before, it was read, by a clock that is ahead
        [("queued", None), ("sent", "late"), ("acknowledged", None)],
        [("queued", None), ("dead", None), ("skipped", None), ("read", None)],
        [("written", None), ("sent", "V-4")],  # the hub's own message to a case, which a rule refused
        [("asked", None), ("answered", "unlisted")],
        [("asked", None), ("answered", "listed (hsa_employee=time-out)")],
    ],
)
def test_nothing_that_waits_died_or_was_late_is_folded(told):
    assert [folds for folds, _ in runs_of(*((1, *one) for one in told))] == [False]


@pytest.mark.parametrize(
    "told",
    [
        [("asked", None), ("answered", "listed")],
        [("asked", None), ("answered", "verified")],
        [("written", None), ("sent", "ok")],
        [("queued", None), ("tried", None), ("sent", None), ("read", None)],
    ],
)
def test_what_ended_well_is_folded(told):
    assert [folds for folds, _ in runs_of(*((1, *one) for one in told))] == [True]


def test_a_notice_that_has_not_reached_its_receiver_is_not_folded():
    notices = '{% import "timeline.html" as shown with context %}{{ shown.notices(found, fold=true) }}'
    row = dict.fromkeys(("case", "why", "next_try_at", "answer", "sequence"))
    row |= {
        "system": "centre",
        "units": [],
        "by": [],
        "attempts": 1,
        "since": "2026-03-02T09:00:00Z",
        "state": "kvittens",
    }
    rows = [row | {"row": number, "message": f"m-{number}", "reached": number == 3} for number in (1, 2, 3)]
    page = (
        page_templates._environment()
        .from_string(notices)
        .render(
            t=texts.Texts("sv"),
            found={"notices": rows, "notices_count": 3, "notices_next": None},
            time=str,
            link=lambda path, **_: path,
        )
    )
    before, _, folded = page.partition("<details")
    assert [name in before for name in ("m-1", "m-2", "m-3")] == [True, True, False]
    assert [name in folded for name in ("m-1", "m-2", "m-3")] == [False, False, True]


def test_a_timeline_without_anything_is_drawn_too():
    drawing = swimlanes.drawn({"lanes": [], "entries": [], "clocks": []}, "sv")
    assert drawing.marks == drawing.bars == drawing.ticks == []


def rates_of(start, span, many, step_s):
    figures = {name: [1] * many for name in ("received", "sent", "refused", "failed")}
    return {"start": start, "span": span, "step_s": step_s, "up": [number != 1 for number in range(many)], **figures}


@pytest.mark.parametrize(
    ("rates", "said"),
    [
        # A day until 01:17 in Swedish time, by minutes.
        (
            rates_of("2026-11-27T00:18:00+00:00", "24h", 1440, 60),
            {0: ("28 nov 01:00–nu", 18), 1: ("28 nov 00:00–01:00", 60), 2: ("27 nov 23:00–24:00", 60), 24: ("27 nov 01:18–02:00", 42)},
        ),
        # Over the hour that there is twice, and over the one that there is not.
        (rates_of("2026-10-25T00:00:00Z", "24h", 240, 60), {3: ("25 okt 02:00–02:00", 60), 2: ("25 okt 02:00–03:00", 60)}),
        (rates_of("2026-03-29T00:00:00Z", "24h", 150, 60), {2: ("29 mars 01:00–03:00", 60), 1: ("29 mars 03:00–04:00", 60)}),
        # By days, of 23 and of 25 hours too.
        (
            rates_of("2026-10-24T10:00:00Z", "14d", 4 * 48, 900),
            {0: ("26 okt 00:00–nu", 44), 1: ("25 okt", 100), 2: ("24 okt 12:00–24:00", 48)},
        ),
        (rates_of("2026-03-28T23:00:00Z", "14d", 96, 900), {1: ("29 mars", 92), 0: ("30 mars 00:00–nu", 4)}),
    ],
)  # fmt: skip
def test_figures_over_time_stand_by_the_hours_of_the_clock_and_by_days(rates, said):
    rows = overview.table_of(rates)
    shown_as = [(Markup(shown.during(row["start"], row["end"], "sv")).striptags(), row["sent"]) for row in rows]
    assert {number: shown_as[number] for number in said} == said
    assert sum(row["sent"] for row in rows) == len(rates["sent"])


def test_a_plot_has_no_line_where_the_hub_was_not_in_operation_and_none_of_the_minute_that_is_going_on():
    drawn = json.loads(overview.plot_of(rates_of("2026-11-27T00:18:00Z", "24h", 4, 60)))
    assert drawn["series"]["sent"] == [1, None, 1]
    begun = rates_of("2026-11-26T23:00:00Z", "24h", 1440, 60)
    for minutes, points in ((0, 60), (10, 60), (100, 100)):  # of a hub that began so long ago, an hour at the least
        begun["up"] = [number >= 1440 - minutes for number in range(1440)]
        drawn = json.loads(overview.plot_of(begun))
        sent, nothing = drawn["series"]["sent"], [None] * max(0, points - minutes)
        assert sent == [*nothing, *[1] * minutes][:-1]
        assert drawn["start"] == datetime(2026, 11, 27, 23, tzinfo=UTC).timestamp() - 60 * points
        assert len(overview.table_of(begun)) == (2 if minutes == 100 else 1)
    rows = overview.table_of(rates_of("2026-11-27T00:59:00Z", "24h", 2, 60))
    assert [(row["up"], row["sent"]) for row in rows] == [(False, 1), (True, 1)]


def test_the_first_and_the_last_moment_that_there_are_can_be_shown():
    for moment in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"):
        assert moment[:4] in shown.time_of(moment, "sv")


def test_each_cell_of_a_table_has_its_heading_for_a_telephone():
    table = Markup(
        '<thead><tr><th scope="col">A &amp; B</th><th scope="col"><span>C</span></th></tr></thead>'
        '<tbody><tr><th scope="row">1</th><td class="figure">2</td></tr><tr><th scope="row">3</th><td>4</td></tr></tbody>'
    )
    found = re.findall(r'<(t[dh]) data-label="([^"]*)"', labelled(table))
    assert found == [("th", "A &amp; B"), ("td", "C")] * 2


async def test_a_search_goes_on_until_something_is_found():
    pages = {None: ([], "a"), "a": ([], "b"), "b": ([{"id": "m-1"}], "c")}

    class Ops:
        async def ask(self, path, *, after, **query):
            assert (path, query["outcome"]) == ("/messages", "sent-late")
            rows, following = pages[after]
            return {"rows": rows, "next": following}

    visit = SimpleNamespace(query={"outcome": "sent-late"}, ops=Ops(), show=lambda template, **values: values)
    shown = await search.search(visit)
    assert (shown["found"], shown["asked"]["outcome"]) == ({"rows": [{"id": "m-1"}], "next": "c"}, "sent-late")
