"""The parts of the console that need no browser: its texts, its files, how it calls the operations API in its own process.

May import the console only.
"""

import asyncio
import json
import re
import string
from pathlib import Path

import httpx
import pytest

from hub.ops_client.in_process import InProcess
from hub.web import lay_out, shown, texts

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
    used = tuple(key if key.endswith(".") else f"{key}." for _, key in found)
    assert [key for key in table if not f"{key}.".startswith((*used, "words.", "done."))] == []


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
    assert [shown.percent(share) for share in (None, 1, 0.9999, 0.5)] == ["–", "100 %", "99,9 %", "50 %"]


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
