"""Every number of the console that leads to its rows leads to as many rows, page by page, or the page says why not. On a real database,
through ``/console``.
"""

import html
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from hub.operations import replays
from hub.operations.figures import FiguresKeeper
from hub.store import paused_systems
from hub.store.replayable import RowFilter
from hub.tally import TALLY, Tally
from tests.integration.test_console_hostile import browser
from tests.integration.test_ops_overview import report
from tests.integration.test_ops_waiting import NOBODY, dead
from tests.integration.test_views import ANNA, CENTRE, EMIL, directory, served

UNSERVED = "SE2120001132-K99"
PAGES = (
    "/", "/systems", "/systems?trouble=any", "/systems/ehr", "/systems/centre", "/systems/kommun", "/systems/bilar", "/waiting",
    "/dead", "/unserved", "/registers", "/replays", "/replays/1", "/reconciliation/ehr", "/reconciliation/centre", "/reconciliation/kommun",
)  # fmt: skip
WAITING = "/systems?trouble=waiting"
SUMS = {WAITING: 0, "/unserved": 0}
"""List → which of a row's figures its numbers are the sums of; the page says so above."""
FOLLOWED = {
    "/dead", "/dead?answer&system", "/dead?system", "/deadlines", "/deadlines?name", "/held", "/held?reason", "/manual-queue",
    "/messages?case&outcome&to_system",
    "/messages?deadline&since&type", "/messages?from_system&since", "/messages?from_system&outcome&since",
    "/messages?from_system&outcome&rule&since", "/messages?from_system&outcome&since&until", "/messages?outcome&sent_since",
    "/messages?outcome&sent_since&to_system", "/messages?outcome&since&to_system&until", "/messages?outcome&to_unit",
    "/partitions", "/partitions?lost",
    "/registers/folkbokforing/waiting", "/registers/waiting",
    "/systems", "/replays/1", "/replays/1?outcome", "/replays?state", "/systems/centre/queue",
    "/systems/kommun/queue", "/systems?trouble", "/unserved",
}  # fmt: skip
"""The lists, each with what it is narrowed by, that some number above nothing has led to."""
NO_ROW = "har ingen egen rad"
"""What a page says where what is counted has none."""


@pytest.fixture
async def place(database):
    TALLY.take()
    async with served(database, directory()) as made:
        await a_day(made)
        yield made


async def a_day(place):
    """Something of all that there are numbers of."""
    hub, now = place.hub, datetime.now(UTC)
    await dead(place, "centre", ("http:422", "http:422", "gave-up:http:503"))
    ((first,),) = await place.sql("SELECT case_id::text FROM outbox_row WHERE state = 'dead' ORDER BY id LIMIT 1")
    await place.say(first, "svu.kartlaggning", {"fields": {"aktuellt_tillstand": {"text": "Uppe"}}})
    case = await place.admit(EMIL, admitted_at=(now - timedelta(hours=30)).isoformat())
    assert await hub.clock.tell_passed() == 1  # that it was told of so late
    for told in ("Bor ensam", "Bor hos sin son"):  # the second under the id of the first
        data = {"fields": {"bakgrund": {"text": told}}}
        await place.say(case, "svu.kartlaggning", data, CENTRE, id_="k-1", ok=False)
    await place.say(case, "svu.kartlaggning", {"wrong": 1}, CENTRE, ok=False)
    await place.say(case, "frist", {"wrong": 1}, CENTRE, ok=False)  # a system may send none, whatever it says
    await place.sql("UPDATE message SET raw = '\\xff' WHERE name = 'frist' AND sequence IS NULL")
    await place.say("ref:early", "samtycke", {"outcome": "given"}, ok=False)
    await place.admit(ANNA, found=NOBODY)
    await place.sql(
        "UPDATE outbox_row SET system = %s, told = jsonb_set(told::jsonb, '{to}', %s)::json WHERE case_id = %s AND system = 'kommun'",
        f"unit:{UNSERVED}",
        f'["{UNSERVED}"]',
        case,
    )
    beside = Tally()
    # two were sent, one of them late, as the hub that sends them writes and counts it
    sent = (
        "UPDATE outbox_row SET state = 'sent', accepted_at = now() - %s * interval '1 second', sent_at = now(), attempts = 1 WHERE id ="
        " (SELECT min(id) FROM outbox_row WHERE system = 'kommun' AND state <> 'sent') RETURNING 1"
    )
    for took in (300, 1):
        assert await place.sql(sent, took)
    beside.delivered("kommun", [300.0, 1.0])
    await FiguresKeeper(hub.store, beside).write()
    await hub.figures.write()
    await place.sql(
        "UPDATE outbox_row SET accepted_at = now() - interval '2 minutes' WHERE system = 'kommun' AND state <> 'sent'"
    )
    await place.sql(
        "INSERT INTO deadline (case_id, key, due_at, set_at)"
        " VALUES (%s, 'kallelse_sip/x', now() - interval '1 hour', now() - interval '1 hour')",
        case,
    )
    await place.sql("INSERT INTO aside (topic, partition, at, reason) VALUES ('hub.in.ehr', 0, 7, 'corrupt')")
    await place.sql("INSERT INTO aside (topic, partition, at, reason, lost) VALUES ('hub.in.ehr', 1, 7, 'gone', true)")
    await place.sql(
        "INSERT INTO outbox_row (id, kind, system, case_id, source, message, told, accepted_at, due_at)"
        " SELECT 99000000 + n, 'lookup', 'hub-registers', %s, 's', 'l-' || n, '{}', now(), now() FROM generate_series(1, 3) n",
        case,
    )
    await place.sql(
        "INSERT INTO silence (system, since, noticed_at, expected, heard) VALUES ('malmo', now(), now(), 20, 1)"
    )
    lane = {"breaker": "open", "since": now.isoformat(), "answer": "http:503", "answered": now.isoformat()}
    await report(hub, lanes={"kommun": lane})
    async with hub.store.transaction() as connection:
        await paused_systems.pause(connection, "bilar")
    await replays.replay(
        hub.store, RowFilter(system="centre", answer="gave-up:http:503"), "Disa Drift", "prov", expected=1
    )


def main_of(page):
    return page.partition("<main")[2].partition("</main")[0]


def plain(written):
    return html.unescape(re.sub(r"<[^>]*>", "", written)).strip()


def number(written):
    """The number at the end of what is written, as the console writes numbers."""
    found = re.search(r"(?:^|\s)(\d[\d\u202f]*)$", plain(written))
    return None if found is None else int(found[1].replace("\u202f", ""))


def numbers_of(page):
    """(what leads there, its number, the address) of every number with a link; of a tile whose value is no number that in its hint."""
    for address, inner in re.findall(r'<a [^>]*href="/console(/[^"]*)"[^>]*>(.*?)</a>', main_of(page), re.DOTALL):
        value = re.search(r'class="value">(.*?)</span> <span class="hint">(.*?)</span>', inner, re.DOTALL)
        if value is not None:
            hint = re.search(r"(Inget|En|[\d\u202f]+) (?:kom fram sent|sänt|sända?)$", plain(value[2]))
            said = number(value[1]) if hint is None else {"Inget": 0, "En": 1}.get(hint[1], number(hint[1]))
            assert said is not None, f"a tile without a number: {inner}"
            yield plain(inner), said, html.unescape(address)
        elif (tag := "ds-tag" in inner) or re.fullmatch(r"[\d\u202f]+", plain(inner)):
            assert not tag or number(inner) is not None, inner
            yield plain(inner), number(inner), html.unescape(address)


async def rows_behind(client, address):
    """The rows of a list, over all its pages, each as its figures."""
    rows, seen = [], set()
    while address:
        assert address not in seen
        seen.add(address)
        found = await client.get(address)
        assert found.status_code == 200, (address, found.text)
        for body in re.findall(r"<tbody>(.*?)</tbody>", main_of(found.text), re.DOTALL):
            for row in re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL):
                cells = re.findall(r'<td[^>]* class="figure">(.*?)</td>', row, re.DOTALL)
                rows.append([number(cell) for cell in cells])
        more = re.search(r'href="/console([^"]*)" rel="next"', found.text)
        address = None if more is None else html.unescape(more[1])
    return rows


async def test_every_number_leads_to_as_many_rows(place):
    client, _ = await browser(place.hub)
    followed, wrong = set(), []
    for page in PAGES:
        shown = await client.get(page)
        assert shown.status_code == 200, page
        for what, said, address in numbers_of(shown.text):
            rows = await rows_behind(client, address)
            column = SUMS.get(address)
            count = len(rows) if column is None else sum(row[column] or 0 for row in rows)
            without = NO_ROW in shown.text and "from_system=centre" in address and "rule=" not in address
            if said != count + without:
                wrong.append((page, what, said, count, address))
            if said:
                query = "&".join(sorted(parse_qs(urlsplit(address).query)))
                followed.add(f"{urlsplit(address).path}?{query}".rstrip("?"))
    assert not wrong, "\n".join(map(str, wrong))
    replay = (await client.get("/replays/1")).text
    figures = re.findall(r"</span> ([^<]+)</li>", replay.partition('class="legend"')[2].partition("</ul>")[0])
    filters = re.findall(r">([^<]+)</a>", replay.partition('<nav class="filters"')[2].partition("</nav>")[0])
    row = replay.partition("<tbody>")[2].partition("</tbody>")[0]
    assert figures[:-1] == filters[1:] == ["Sända", "Misslyckade", "Återställda", "Förbigångna", "Kvar"]
    assert (
        re.search(r'<td data-label="Utfall">Kvar', row)
        and 'href="/console/messages/' in row
        and ">Inskrivning" in row
        and "503" not in re.sub(r'href="[^"]*"', "", row)
    )
    assert "svarar över HTTP" in (await client.get("/hubs")).text
    assert "<code>Kvitto</code>" in (await client.get("/dead?kind=receipt")).text
    assert set() == FOLLOWED - followed
    # What waits to be sent stands on the page of what waits too, by system, as many as the overview says.
    (said,) = [said for _, said, address in numbers_of((await client.get("/")).text) if address == WAITING]
    shown = (await client.get("/waiting")).text
    section = shown.partition('id="to-send"')[2]
    by_system = re.findall(
        r'href="/console/systems/(\w+)/queue">([\d\u202f]+)</a></td><td[^>]* class="figure">\d', section
    )
    assert {"centre", "kommun"} <= {system for system, _ in by_system}
    assert sum(number(count) for _, count in by_system) == said > 0
    one = (await client.get("/waiting?system=kommun")).text.partition('id="to-send"')[2]
    assert "/systems/kommun/queue" in one and "/systems/centre/queue" not in one
    for other in ("kommu", "nobody", "..", "a/b"):
        assert 'id="to-send"' not in (await client.get("/waiting", params={"system": other})).text
