"""The sandbox at any hour: the demo's messages are accepted in every minute of a day, also where Sweden's day is not UTC's."""

import asyncio
import random
from datetime import UTC, date, datetime, timedelta

import pytest

from hub.directory import load
from hub.intake.arrival import Arrival
from hub.sandbox import acts, clock, staff, wire
from hub.sandbox.casefile import CaseFile
from hub.sandbox.patients import Admissions
from hub.sandbox.services import DIRECTORY
from hub.sandbox.stay_plan import StayPlan
from hub.sandbox.ward import WardStay
from hub.sandbox.wire import SenderAnswer
from hub.scenarios.memory import HubInMemory
from hub.scenarios.world import World
from schemas.envelope import Message
from schemas.parts import Part
from schemas.shared import Deltagare
from schemas.swedish_time import STOCKHOLM

SANDBOX = load(DIRECTORY)
WARD = SANDBOX.unit_by_hsa["SE2321000255-AVD12"]
PHYSICIAN = staff.actor(WARD, "lakare")
SHORT = {f"u{number}": unit for number, unit in enumerate(SANDBOX.units)}
WORLD = World(
    world="the sandbox's directory, in which nobody need be asked",
    names={name: unit.hsa for name, unit in SHORT.items()},
    staff={name: tuple(staff.actor(unit, role) for role in unit.roles) for name, unit in SHORT.items()},
    directory=SANDBOX,
    persons={},
)
ORDINARY = date(2026, 3, 2)
DAYS = [
    ORDINARY, date(2026, 3, 28), date(2026, 3, 29), date(2026, 10, 24), date(2026, 10, 25), date(2026, 12, 31),
    date(2028, 2, 29),
]  # fmt: skip


def minutes(day: date, step: int = 1) -> list[datetime]:
    """Moments of a Swedish day and of the hour after it, so many minutes apart."""
    start = datetime(day.year, day.month, day.day, tzinfo=STOCKHOLM).astimezone(UTC)
    return [start + timedelta(minutes=minute) for minute in range(0, 26 * 60, step)]


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_in_every_minute_the_demo_writes_the_day_that_it_is_in_sweden(day, monkeypatch):
    for moment in minutes(day):
        monkeypatch.setattr(clock, "now", lambda moment=moment: moment)
        here = moment.astimezone(STOCKHOLM).date()
        chance = random.Random(1)
        written = [
            acts.ready("SE2321000255-P01").date,
            acts.discharge(chance, confirmed=True).date,
            acts.early_end().date,
        ]
        assert written == [here] * 3, moment


class Stay:
    """A stay of the demo's ward at a hub in memory."""

    def __init__(self, moment: datetime) -> None:
        self.hub, self.moment, self.case, self.sent = HubInMemory(WORLD, moment), moment, None, 0

    def take(self, message: Message) -> None:
        out = wire.write(message, "native")
        system = SANDBOX.system_by_id[SANDBOX.system_of[message.unit]]
        arrival = Arrival(system, out.body, out.media_type, out.attributes, self.moment, message.id, by_outbox=False)
        receipt = self.hub.take(arrival, self.moment).receipt
        assert receipt.code == "ok", (self.moment, message.name, receipt)
        self.case = receipt.case

    def send(self, name: str, data: Part) -> None:
        self.sent += 1
        who = staff.actor(WARD, "sjukskoterska")
        self.take(Message(f"m-{self.sent}", WARD.hsa, name, self.case, clock.now(), who, "sjukskoterska", data))


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_a_stay_that_begins_at_any_hour_is_accepted_to_its_end_and_undone(day, monkeypatch):
    """The admission may be of today or of the day before; what a ward sends across midnight is accepted too (V-16, V-17)."""
    edges = [m for m in minutes(day) if m.astimezone(STOCKHOLM).hour in {0, 23} and m.minute in {0, 1, 29, 59}]
    for number, moment in enumerate(sorted({*minutes(day, 97), *edges})):
        stay = Stay(moment)

        def now(stay=stay):
            return stay.moment

        monkeypatch.setattr(clock, "now", now)
        chance = random.Random(number)
        admission, _ = Admissions(SANDBOX, seed=number).take(WARD, StayPlan(number), f"ref:vk-{number}", "m-0")
        stay.take(admission)
        stay.send("deltagare", Deltagare(unit="SE2120001132-K01", change="tillagd"))
        ward = [
            ("svu.beraknad_utskrivning", acts.new_date),
            ("svu.utskrivningsklar", lambda _: acts.ready(PHYSICIAN)),
            ("svu.utskrivningsklar_avbruten", lambda c: acts.interrupted(c, PHYSICIAN)),
            ("svu.utskrivning", lambda c: acts.discharge(c, confirmed=True)),
            ("svu.utskrivning_angrad", lambda _: acts.undone()),
            ("svu.utskrivning", lambda c: acts.discharge(c, confirmed=True)),
        ]
        for name, body in ward:
            data = body(chance)  # written now, and taken in a second later
            stay.moment += timedelta(seconds=1)
            stay.send(name, data)


class Slow:
    """A party whose hub closes the case, as the register of deaths says, just before the ward discharges (C-63)."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    async def pause(self, _times: float = 1.0) -> None:
        await asyncio.sleep(0)

    async def until(self, file: CaseFile, holds, _patience_s: float) -> bool:
        return await file.until(holds, 0.0)

    async def act(self, file: CaseFile, _unit, name: str, _data: Part, _role: str | None = None) -> SenderAnswer:
        self.sent.append(name)
        if name != "svu.utskrivning":
            return SenderAnswer("m", "ok")
        file.closed = True
        return SenderAnswer("m", "fatal-error", rule="C-63")


async def test_a_ward_undoes_no_discharge_that_the_hub_has_not_accepted():
    """V-17: such an undoing was refused, unexpectedly, in a run that was long enough."""
    party, file = Slow(), CaseFile("case-1")
    file.addressing = {"outcome": "listed"}
    await WardStay(party, WARD, SANDBOX, 0.0, StayPlan(1, "refused", undone=True), file).play()
    assert party.sent == ["svu.utskrivning"]
