"""A system that falls silent is noticed once, whichever hub looks, is shown, and is over when it sends again. On a real database."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import psycopg
import pytest

from hub import metrics
from hub.operations.silence import SilenceWatch
from hub.store import figures, silence
from hub.tally import TALLY
from schemas.swedish_time import STOCKHOLM, local_day
from tests.integration.test_ops_overview import report
from tests.integration.test_views import directory, served
from tests.operators import signed_in


@pytest.fixture
async def place(database):
    TALLY.take()
    async with served(database, directory()) as found:
        await report(found.hub)
        yield found


@pytest.fixture
def server(database):
    with psycopg.connect(database.replace("+psycopg", ""), autocommit=True) as opened:
        yield opened


def weeks(server, system="ehr", rate=100, last=0):
    """Sixty days in which the system sent as much each hour, up to some days ago, and the hub listened all the time."""
    for name, count in ((system, rate), (":kafka", 60), (":http", 60)):
        server.execute(
            "INSERT INTO heard (system, day, hours)"
            " SELECT %s, (now() AT TIME ZONE 'Europe/Stockholm')::date - n, array_fill(%s::int, '{24}')"
            " FROM generate_series(%s, 57) AS n ON CONFLICT DO NOTHING",
            (name, count, max(1, last) if name == system else 1),
        )


def quarters(server, hours, received, *, listened=15):
    """The last hours by quarters of an hour, of which the newest is the one that ended last."""
    server.execute("DELETE FROM figures")
    server.execute(
        "INSERT INTO figures (system, step, at, counts) SELECT system, 15,"
        " date_bin('15 minutes', now(), 'epoch') - n * interval '15 minutes',"
        " CASE system WHEN '' THEN jsonb_build_object('minutes/kafka', %s::int, 'minutes/http', %s::int)"
        " ELSE jsonb_build_object('received', %s::int) END"
        " FROM generate_series(1, %s::int) AS n, (VALUES (''), ('ehr')) AS s (system)",
        (listened, listened, received, 4 * hours),
    )


async def look(hub, *watches):
    async with hub.store.transaction() as connection:
        await silence.count_hours(connection, datetime.now(UTC) - timedelta(hours=40))
    for watch in watches or (SilenceWatch(hub.store, hub.directory),):
        await watch.look()


def silent_in_metrics():
    return metrics.REGISTRY.get_sample_value("hub_system_silent", {"system": "ehr"})


async def test_a_silence_is_noticed_once_by_two_hubs_shown_and_over_when_it_is_heard_again(place, server, monkeypatch):
    said = []
    told = SimpleNamespace(error=lambda event, **_: said.append(event), warning=lambda event, **_: said.append(event))
    monkeypatch.setattr("hub.operations.silence.log", told)
    hub = place.hub
    person = await signed_in(hub, "lasare")
    weeks(server)
    quarters(server, 30, 25)
    one, other = (SilenceWatch(hub.store, hub.directory) for _ in range(2))
    await look(hub, one, other)
    assert (await person.ask("/overview"))["silent"]["count"] == 0
    assert silent_in_metrics() is None
    quarters(server, 3, 0)
    one, other = (SilenceWatch(hub.store, hub.directory) for _ in range(2))
    for _ in range(2):
        await look(hub, one, other, SilenceWatch(hub.store, hub.directory))
    found = await person.ask("/overview")
    (concern,) = [each for each in found["first"] if each["kind"] == "silent"]
    assert (concern["system"], concern["severity"], found["silent"]["count"]) == ("ehr", "soon", 1)
    assert [row["standing"]["system"] for row in (await person.ask("/systems", trouble="silent"))["rows"]] == ["ehr"]
    shown = await person.ask("/systems/ehr")
    assert shown["usual"]["known"] and shown["usual"]["rates"][0][12] == 100
    (kept,) = shown["silences"]
    assert kept["ended_at"] is None and kept["heard"] <= kept["expected"] / 3
    assert silent_in_metrics() == 1
    quarters(server, 3, 25)
    await look(hub, SilenceWatch(hub.store, hub.directory))
    await look(hub, SilenceWatch(hub.store, hub.directory))
    (kept,) = (await person.ask("/systems/ehr"))["silences"]
    assert kept["ended"] == "heard"
    assert (await person.ask("/overview"))["silent"]["count"] == 0 and silent_in_metrics() is None
    assert said == ["system_silent", "system_silence_over"], "one when it starts, one when it ends"


@pytest.mark.parametrize("why", ["the hub did not listen", "it is new", "its topic waits"])
async def test_who_could_not_be_heard_is_not_silent(place, server, why):
    hub = place.hub
    weeks(server, last=45 if why == "it is new" else 0)
    if why == "it is new":
        server.execute("DELETE FROM heard WHERE system = 'ehr' AND day < now() - interval '10 days'")
        server.execute(
            "INSERT INTO heard SELECT 'ehr', current_date - n, array_fill(100, '{24}') FROM generate_series(1, 10) n"
        )
    if why == "its topic waits":
        server.execute("INSERT INTO aside (topic, partition, at, reason) VALUES ('hub.in.ehr', 0, 7, 'corrupt')")
    quarters(server, 3, 0, listened=0 if why == "the hub did not listen" else 15)
    await look(hub)
    assert server.execute("SELECT count(*) FROM silence").fetchone() == (0,)


async def test_a_silence_of_two_weeks_is_usual_by_then_and_one_of_a_system_that_left_is_over(place, server):
    hub = place.hub
    weeks(server)
    quarters(server, 3, 0)
    now = datetime.now(UTC)
    async with hub.store.transaction() as connection:
        for system in ("ehr", "gone"):
            since = now - timedelta(days=15)
            await silence.begin(connection, silence.Silence(system, since, since, 100, 0, None, None))
    await look(hub)
    assert dict(server.execute("SELECT system, ended FROM silence").fetchall()) == {"ehr": "usual", "gone": "left"}
    await look(hub)
    assert server.execute("SELECT count(*) FROM silence").fetchone() == (2,), "it is learnt anew since then"


@pytest.mark.parametrize("hours", [2, 23])
async def test_what_the_hub_received_becomes_hours_of_the_swedish_day_with_the_minutes_in_which_it_listened(
    place, server, hours
):
    """Also of the day before, in a hub that has counted nothing yet."""
    hub = place.hub
    at = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=hours)
    for minute in range(60):
        server.execute(
            "INSERT INTO figures (system, step, at, counts) VALUES (%(system)s, 1, %(at)s, %(counts)s),"
            " ('ehr', 1, %(at)s, '{\"received\": 2}')",
            {
                "system": "",
                "at": at + timedelta(minutes=minute),
                "counts": '{"up": 12, "up/kafka": 12}' if minute < 50 else '{"up": 12, "up/kafka": 12, "up/http": 12}',
            },
        )
    async with hub.store.transaction() as connection:
        await figures.roll(connection)
        heard = await silence.heard(connection, ["ehr", ":kafka", ":http"], local_day(at))
    hour = at.astimezone(STOCKHOLM).hour
    assert [heard[name][local_day(at)][hour] for name in ("ehr", ":kafka", ":http")] == [120, 60, 10]
