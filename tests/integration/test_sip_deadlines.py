"""A SIP's deadlines on a real database: each is told once, by whichever of two hubs strikes first, also after a clock that stood still."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from hub.intake.deadline_timer import DeadlineTimer
from hub.store import directory as directories
from hub.store.transaction import Store
from schemas.directory import Directory
from tests.desk import Desk
from tests.sip_cases import WORLD

TOWN, CENTRE, CARE = (WORLD.names[name] for name in ("vasteras_kommun", "vc_oxbacken", "vasteras_hemsjukvard"))
CALLED = datetime.fromisoformat("2026-03-12T10:00:00+01:00")
A_WEEK_AFTER_THE_MEETING = datetime.fromisoformat("2026-03-27T10:00:00+01:00")


class Hubs:
    """Two hubs on one database, with one clock."""

    def __init__(self, stores: list[Store], directory: Directory) -> None:
        self.both = [Desk(store, directory) for store in stores]
        self.case = ""
        self.count = 0

    def set_clock(self, now: datetime) -> None:
        for hub in self.both:
            hub.now = now

    async def say(self, name: str, data: dict[str, Any], unit: str = TOWN) -> None:
        self.count += 1
        receipt = await self.both[self.count % 2].tell(f"m-{self.count}", name, data, self.case or "ref:sip-1", unit)
        assert receipt.code == "ok", receipt
        self.case = receipt.case

    async def strike(self) -> int:
        """Both look for passed deadlines at the same moment; how many they told."""
        timers = [DeadlineTimer(hub.store, hub.intake, hub.clock) for hub in self.both]
        return sum(await asyncio.gather(*(timer.tell_passed() for timer in timers)))

    async def rows(self, statement: str) -> list[Any]:
        async with self.both[0].store.transaction() as connection:
            return await (await connection.execute(statement)).fetchall()

    async def told(self) -> dict[str, int]:
        """System → how many deadlines it is told of."""
        found = await self.rows(
            "SELECT o.system, count(*)::int FROM outbox o JOIN message m ON (m.source, m.id) = (o.source, o.message)"
            " WHERE m.name = 'frist' GROUP BY 1"
        )
        return dict(found)


@pytest.fixture
async def hubs(database: str) -> AsyncIterator[Hubs]:
    """A case in Cosmic Link whose call nobody has answered and whose meeting was held, and then the hubs stood still for a week."""
    stores = [Store(database, pool=4) for _ in range(2)]
    await directories.apply(stores[0], WORLD.directory)
    found = Hubs(stores, WORLD.directory)
    running = [asyncio.create_task(hub.intake.run()) for hub in found.both]
    found.set_clock(CALLED)
    patient = {"patient": {"personnummer": "194705229872"}}
    coordinator = {"person": "SE2120002080-P01", "unit": TOWN}
    await found.say("sip.initiativ", {**patient, "samordningsansvarig": coordinator})
    await found.say("samtycke", {"outcome": "given", "scope": "Allt", "others": "Alla", "valid_to": "2026-12-31"})
    meeting = {"id": "m-1", "form": "fysiskt", "start": "2026-03-20T10:00:00+01:00", "place": "Stadshuset"}
    await found.say("sip.kallelse", {"meeting": meeting, "receivers": [{"unit": CENTRE}, {"unit": CARE}]})
    found.set_clock(CALLED + timedelta(days=8, hours=2))
    held = {"attended": [{"person": True}], "follow_up_date": "2026-03-26", "samordningsansvarig": coordinator}
    await found.say("sip.mote", {"meeting": "m-1", "form": "fysiskt", **held})
    found.set_clock(A_WEEK_AFTER_THE_MEETING)
    yield found
    for hub in found.both:
        hub.intake.stop()
    await asyncio.gather(*running)
    for store in stores:
        await store.close()


async def test_what_passed_while_the_clock_stood_still_is_told_once_though_two_hubs_strike_and_start_again(hubs):
    keys = await hubs.rows("SELECT key FROM deadline ORDER BY due_at")
    due = [key for (key,) in keys]
    assert due == ["svar_forsenat/kallelse/m-1", "plan_forsenad/m-1", "uppfoljning_dags", "samtycke_upphor"]
    assert await hubs.strike() == 3
    assert await hubs.strike() == 0
    hubs.set_clock(A_WEEK_AFTER_THE_MEETING + timedelta(days=7))
    assert await hubs.strike() == 0
    told = await hubs.rows("SELECT count(*)::int FROM message WHERE name = 'frist' AND sequence IS NOT NULL")
    assert told == [(3,)]
    # The coordinator is told of all three in one system with CARE, which owes an answer; CENTRE of the answer alone.
    assert await hubs.told() == {"vasteras-omsorg": 3, "vastmanland-journal": 1}
    assert await hubs.rows("SELECT key FROM deadline") == [("samtycke_upphor",)]


async def test_what_was_done_before_the_hubs_strike_is_not_told_and_a_changed_day_comes_anew(hubs):
    for unit in (CENTRE, CARE):
        await hubs.say("sip.kallelsesvar", {"meeting": "m-1", "text": "Ingen kan komma"}, unit)
    assert await hubs.strike() == 2
    day = {"follow_up_date": "2026-03-30"}
    await hubs.say(
        "sip.mote",
        {
            "meeting": "m-1",
            "form": "fysiskt",
            "attended": [{"person": True}],
            **day,
            "samordningsansvarig": {"person": "SE2120002080-P01", "unit": TOWN},
        },
    )
    assert await hubs.strike() == 0
    hubs.set_clock(datetime.fromisoformat("2026-03-31T00:00:00+02:00"))
    assert await hubs.strike() == 1
    assert await hubs.strike() == 0


async def test_the_last_day_of_the_consent_ends_the_sip_once(hubs):
    hubs.set_clock(datetime.fromisoformat("2027-01-01T00:00:00+01:00"))
    assert await hubs.strike() == 4
    assert await hubs.rows("SELECT status FROM cases") == [("ended",)]
    assert await hubs.rows("SELECT key FROM deadline") == []
    assert await hubs.strike() == 0
