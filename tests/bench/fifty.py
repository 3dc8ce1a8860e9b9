"""One dead and one slow receiver among fifty (D-5): what the others notice of it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from hub.sandbox.children import free_port
from hub.sandbox.kafka import Kafka
from hub.sandbox.postgres import Postgres
from hub.sandbox.registers import SimulatedRegisters
from schemas.directory import Directory
from tests import stack as parts
from tests.bench import listed, load, queries
from tests.bench.measured import IN, Measured, fresh_topics
from tests.bench.whole_hub import hub
from tests.stack import CENTRE, Receiver

MANY = 50
PERSONS_EACH = 4
DEAD, SLOW = "care0", "care1"
SLOW_S = 1.0
_IN_FORCE_S = 3.0
"""Until a new version of the directory is in force in every process."""


def _unit(number: int) -> str:
    return f"SE2321000255-CARE{number}"


def directory(**ways: dict[str, Any]) -> Directory:
    """The stack's directory with fifty health centres, each with a system of its own: on Kafka, but for those whose way is given."""
    found = parts.content()
    centre = next(each for each in found["units"] if each["hsa"] == CENTRE)
    for number in range(MANY):
        found["units"].append(centre | {"hsa": _unit(number), "name": "En av femtio"})
        system = {"id": f"care{number}", "name": "En av femtio", "organisation": "2321000255", "units": [_unit(number)]}
        found["systems"].append(system | {"ways_in": ["kafka"], "out": ways.get(f"care{number}", {"way": "kafka"})})
    return parts.checked(found)


async def one_dead_one_slow(
    kafka: Kafka, postgres: Postgres, folder: Path, rate: float, seconds: float
) -> dict[str, Any]:
    """accept → sent of the other 48, in ms: with all well, then with one that is not there and one that takes a second."""
    numbers = listed.persons(MANY * PERSONS_EACH)
    contents = listed.contents(numbers, directory(), tuple(map(_unit, range(MANY))))
    found: dict[str, Any] = {"rate": rate}
    async with SimulatedRegisters(contents) as registers, Receiver() as receiver:
        well = {each: receiver.out(each) for each in (DEAD, SLOW)}
        dead = well[DEAD] | {"url": f"http://127.0.0.1:{free_port()}/{DEAD}"}
        await fresh_topics(
            kafka.bootstrap, *(f"hub.{way}.care{number}" for way in ("in", "out") for number in range(MANY))
        )
        async with hub(kafka, postgres, registers, "fifty", folder, directory=directory(**well)) as one:
            told = Measured(kafka, postgres, "fifty", ["hub.out.kommun"])
            for name, slow_s, ways in (("warm", 0.0, well), ("well", 0.0, well), ("ill", SLOW_S, well | {DEAD: dead})):
                await one.stack.apply(directory(**ways))
                await asyncio.sleep(_IN_FORCE_S)
                receiver.behave[SLOW] = lambda _, wait=slow_s: _after(wait)
                made = load.records(int(rate * seconds), f"fifty-{name}", "native", numbers)
                before, since = await told.told(), one.sql(queries.NOW)
                await load.feed(kafka.bootstrap, IN, made, rate)
                await told.until_told(before + len(made))
                await asyncio.sleep(1.0)  # what is sent may be marked after it was sent
                found[name] = one.accepted_to_sent(since, (DEAD, SLOW))
    del found["warm"]
    return found | {"p99_change": round(found["ill"]["p99"] / found["well"]["p99"] - 1, 3)}


async def _after(seconds: float) -> int:
    await asyncio.sleep(seconds)
    return 204
