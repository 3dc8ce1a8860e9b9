"""Random acts with odd contents, the registers' among them, through the real intake into the real database: none ends as a
``defect:`` hold or a refusal for one, and no deadline lies where no clock reaches it.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from random import Random
from typing import get_args

from hub.intake.arrival import Arrival
from hub.intake.deadline_timer import DeadlineTimer
from hub.intake.hub_messages import own_message
from hub.store import directory as directories
from hub.store.transaction import Store
from hub.translators.native import STRUCTURED
from schemas.hub_messages import AddressingOutcome, Adressering, Folkbokforing, News, VerificationOutcome, Verifiering
from tests.desk import Desk
from tests.unit.test_odd_acts import NOW, UNITS, WORLD, _event

_STAYS, _ACTS = 30, 15


def _from_a_register(chance: Random, case: str, number: int, now: datetime) -> Arrival:
    units = [unit.hsa for unit in UNITS] + ["SE2321000255-NOBODY", None]
    names = [None, "Å" * 100, "O'Neill \\ {x}", "名前"]
    kind = chance.choice(("adressering", "verifiering", "folkbokforing"))
    data = {
        "adressering": lambda: Adressering(
            outcome=chance.choice(get_args(AddressingOutcome)),
            health_centre=chance.choice(units),
            municipality_unit=chance.choice(units),
            municipality=chance.choice(("1281", None)),
            name=chance.choice(names),
            address=chance.choice(names),
        ),
        "verifiering": lambda: Verifiering(
            unit=chance.choice(units[:-1]),
            actor="SE2321000255-P03",
            role="lakare",
            outcome=chance.choice(get_args(VerificationOutcome)),
            concerns=chance.choice(("actor", "responsible_physician", "decided_by")),
        ),
        "folkbokforing": lambda: Folkbokforing(
            news=chance.choice(get_args(News)),
            personnummer=chance.choice(("194501019808", None)),
            address=chance.choice(names),
            municipality=chance.choice(("1280", None)),
        ),
    }[kind]()
    return own_message(case, f"r-{case}-{number}", kind, data, now)


async def test_whatever_comes_in_nothing_becomes_a_defect_and_every_deadline_can_come(database):
    store = Store(database, pool=3)
    await directories.apply(store, WORLD.directory)
    desk = Desk(store, WORLD.directory)
    running = asyncio.create_task(desk.intake.run())
    clock = DeadlineTimer(store, desk.intake, desk.clock)
    codes: set[str] = set()
    for seed in range(_STAYS):
        chance, case, accepted = Random(seed), None, []
        desk.now = NOW + timedelta(days=seed)
        for number in range(_ACTS):
            system, raw = _event(chance, number, case, accepted)
            raw = raw.replace(b'"m-', f'"s{seed}-m-'.encode()).replace(b"ref:b", f"ref:s{seed}".encode())
            found = WORLD.directory.system_by_id[system]
            place = f"t/{seed}/{number}"
            arrivals = [Arrival(found, raw, STRUCTURED, None, desk.now, place, by_outbox=False)]
            if case is not None and chance.random() < 0.2:
                arrivals.append(_from_a_register(chance, case, number, desk.now))
            for receipt in await desk.intake.submit(arrivals):
                codes.add(receipt.code)
                assert receipt.rule != "defect", receipt
                case = case or receipt.case
                accepted += [receipt.message.removeprefix(f"s{seed}-")] if receipt.code == "ok" else []
            desk.now += timedelta(hours=chance.choice((0, 0, 1, 30)))
            await clock.tell_passed()
            await desk.intake.retry_held()
    desk.intake.stop()
    await running
    async with store.transaction() as connection:
        held = await (await connection.execute("SELECT reason FROM held WHERE reason LIKE 'defect:%%'")).fetchall()
        late = await (
            await connection.execute(
                "SELECT key, due_at FROM deadline WHERE due_at > %s", (datetime(2200, 1, 1, tzinfo=UTC),)
            )
        ).fetchall()
        cases = await (await connection.execute("SELECT count(*) FROM cases")).fetchone()
    assert (held, late) == ([], [])
    assert cases[0] > _STAYS // 3
    assert codes == {"ok", "fatal-error", "transient-error"}
    await store.close()
