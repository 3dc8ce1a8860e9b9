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
from schemas.messages import Receipt
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
    """A stay of the demo's ward at a hub in memory, of its own or one that it shares with others."""

    def __init__(self, moment: datetime, hub: HubInMemory | None = None, name: str = "m") -> None:
        self.hub, self.moment, self.case, self.sent, self.name = (
            hub or HubInMemory(WORLD, moment),
            moment,
            None,
            0,
            name,
        )

    def answer_to(self, message: Message) -> Receipt:
        out = wire.write(message, "native")
        system = SANDBOX.system_by_id[SANDBOX.system_of[message.unit]]
        arrival = Arrival(system, out.body, out.media_type, out.attributes, self.moment, message.id, by_outbox=False)
        return self.hub.take(arrival, self.moment).receipt

    def take(self, message: Message) -> None:
        receipt = self.answer_to(message)
        assert receipt.code == "ok", (self.moment, message.name, receipt)
        self.case = receipt.case

    def send(self, name: str, data: Part) -> None:
        self.take(self.written(name, data))

    def written(self, name: str, data: Part) -> Message:
        self.sent += 1
        who = staff.actor(WARD, "sjukskoterska")
        return Message(f"{self.name}-{self.sent}", WARD.hsa, name, self.case, clock.now(), who, "sjukskoterska", data)


COURSE = [
    ("svu.beraknad_utskrivning", acts.new_date),
    ("svu.utskrivningsklar", lambda _: acts.ready(PHYSICIAN)),
    ("svu.utskrivningsklar_avbruten", lambda chance: acts.interrupted(chance, PHYSICIAN)),
    ("svu.utskrivning", lambda chance: acts.discharge(chance, confirmed=True)),
    ("svu.utskrivning_angrad", lambda _: acts.undone()),
    ("svu.utskrivning", lambda chance: acts.discharge(chance, confirmed=True)),
]
"""What the ward sends after the admission."""


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
        for name, body in COURSE:
            data = body(chance)  # written now, and taken in a second later
            stay.moment += timedelta(seconds=1)
            stay.send(name, data)


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_a_whole_day_of_the_sandbox_has_no_unexpected_refusal_and_ends_by_the_laws_clock(day, monkeypatch):
    """The clock is moved on through the day and the next: stays begin every hour, go on for a day, and pass midnight at every step, while
    deadlines fire. What a ward has discharged it may undo as long as the case is on the start list, and then no more (V-17).
    """
    begins = datetime(day.year, day.month, day.day, tzinfo=STOCKHOLM).astimezone(UTC)
    hub, admissions = HubInMemory(WORLD, begins), Admissions(SANDBOX, seed=1)
    monkeypatch.setattr(clock, "now", lambda: hub.now)
    stays = [Stay(begins, hub, f"s{number}") for number in range(24)]
    steps = sorted(
        (begins + timedelta(hours=number + 4 * step, minutes=59 * (number % 2)), number, step)
        for number in range(len(stays))
        for step in range(len(COURSE) + 1)
    )
    fired, days = 0, set()
    for moment, number, step in steps:
        stay, chance = stays[number], random.Random(number)
        fired += sum(told.name == "frist" for told in hub.move_clock(moment))
        stay.moment = moment
        days.add(clock.today())
        if step == 0:
            stay.take(admissions.take(WARD, StayPlan(number), f"ref:vk-{number}", f"{stay.name}-0")[0])
            stay.send("deltagare", Deltagare(unit="SE2120001132-K01", change="tillagd"))
        else:
            name, body = COURSE[step - 1]
            stay.send(name, body(chance))
    assert {day, day + timedelta(days=1)} <= days
    assert fired, "deadlines have passed meanwhile"
    hub.move_clock(hub.now + timedelta(days=4))
    for stay in stays:
        stay.moment = hub.now
        receipt = stay.answer_to(stay.written("svu.utskrivning_angrad", acts.undone()))
        assert (receipt.code, receipt.rule) == ("fatal-error", "V-17")


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
