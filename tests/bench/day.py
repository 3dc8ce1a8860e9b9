"""``make bench-day``: a day of Sweden. Some 4 100 persons are admitted, all are coordinated to their discharge, and every third gets a SIP:
some 100 000 messages, with their kvittenser, calls and plans, as fast as the hub takes them.

Each party sends its next message when the receipt of the case's latest has come; who was not in the case before waits for its first
notice. Every refusal is an error: the scripts are the scenarios of a whole stay and a whole SIP.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import sys
import tempfile
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition

from hub.sandbox.kafka import Kafka
from hub.sandbox.postgres import Postgres
from hub.sandbox.registers import SimulatedRegisters
from schemas.directory import Directory
from tests import stack as parts
from tests.bench import listed, queries, report
from tests.bench.day_script import Script
from tests.bench.measured import OUT, RECEIPTS, cpu_s, fresh_topics
from tests.bench.whole_hub import hub

OUTPUT = Path("build/bench-day.json")
ADMISSIONS = 4_100
SIP_EVERY = 3
AT_ONCE = 1_000
"""Cases in which something is awaited at the same time."""
_LOOK_S = 0.05
_DUTIES = {"inskrivning": ["kvittera"], "tid": ["kvittera"], "stallningstagande": ["justera"]} | parts.SIP_DUTIES


def directory() -> Directory:
    """The stack's, in which each unit answers for everything that is asked of it."""
    found = parts.content()
    for unit in found["units"]:
        unit["roles"] = dict.fromkeys(unit["roles"], _DUTIES)
    return parts.checked(found)


@dataclass(slots=True)
class Played:
    """One case: how far its script has come."""

    script: Script
    run: str
    person: str
    at: int = 0
    case: str | None = None
    told: set[str] = field(default_factory=set)
    """Systems that have had a notice of it, or have sent in it."""
    awaited: bool = False
    """The latest message has no receipt yet."""


class Day:
    """All cases of the day, and the parties that play them."""

    def __init__(self, bootstrap: str, played: list[Played]) -> None:
        self._bootstrap, self._waiting = bootstrap, deque(played)
        self._by_run = {each.run: each for each in played}
        self._by_case: dict[str, Played] = {}
        self._early: dict[str, set[str]] = {}
        """Case → systems told of it before the receipt said whose it is."""
        self.left, self.sent = len(played), 0
        self._producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", linger_ms=2)

    async def play(self) -> None:
        """Until every script has come to its end. Raises ``AssertionError`` for a refusal."""
        topics = [TopicPartition(topic, 0) for topic in (*OUT, RECEIPTS)]
        async with (
            self._producer,
            AIOKafkaConsumer(bootstrap_servers=self._bootstrap, fetch_max_wait_ms=20) as consumer,
        ):
            consumer.assign(topics)
            await consumer.seek_to_beginning()
            for _ in range(AT_ONCE):
                await self._begin()
            while self.left:
                for part, records in (await consumer.getmany(timeout_ms=200)).items():
                    for record in records:
                        await self._read(part.topic.removeprefix("hub.out."), record)

    async def until_all_is_out(self, notices: int) -> None:
        """Until so many notices, and a receipt for each message, are on the topics."""
        parts = [TopicPartition(topic, 0) for topic in (*OUT, RECEIPTS)]
        async with AIOKafkaConsumer(bootstrap_servers=self._bootstrap) as consumer:
            while sum((await consumer.end_offsets(parts)).values()) < notices + self.sent:
                await asyncio.sleep(_LOOK_S)

    async def _begin(self) -> None:
        if self._waiting:
            await self._next(self._waiting.popleft())

    async def _read(self, system: str, record: ConsumerRecord) -> None:
        headers = dict(record.headers)
        if headers["ce_type"] == b"se.samverkan.receipt.v1":
            await self._answered(json.loads(record.value))
            return
        case = headers["ce_case"].decode()
        played = self._by_case.get(case)
        if played is None:
            self._early.setdefault(case, set()).add(system)
        elif system not in played.told:
            played.told.add(system)
            await self._next(played)

    async def _answered(self, receipt: dict[str, Any]) -> None:
        run, _, number = receipt["message"].rpartition("-")
        played = self._by_run[run]
        assert receipt["code"] == "ok", f"{played.script.name}, {played.script.acts[int(number)].name}: {receipt}"
        if played.case is None:
            played.case = receipt["case"]
            self._by_case[receipt["case"]] = played
            played.told |= self._early.pop(receipt["case"], set())
        played.at, played.awaited = played.at + 1, False
        if played.at == len(played.script.acts):
            self.left -= 1
            del self._by_case[receipt["case"]], self._by_run[run]
            await self._begin()
        else:
            await self._next(played)

    async def _next(self, played: Played) -> None:
        """Sends the case's next message, when its sender knows the case and the latest has been answered."""
        act = played.script.acts[played.at]
        if played.awaited or (played.at and act.system not in played.told):
            return
        played.awaited = True
        played.told.add(act.system)
        key, headers, value = played.script.record(played.at, played.run, played.person, played.case)
        self.sent += 1
        await self._producer.send(f"hub.in.{act.system}", value, key=key, headers=headers)


def cases(admissions: int, persons: list[str], found: Directory) -> list[Played]:
    """The day's cases in the order in which they begin: each person is admitted, every third has a SIP besides."""
    stay, sip = (Script(name, found) for name in ("v16-a-whole-stay", "s1-a-whole-sip"))
    played = []
    for number, person in zip(range(admissions), persons, strict=True):
        played.append(Played(stay, f"stay-{number}", person))
        if number % SIP_EVERY == 0:
            played.append(Played(sip, f"sip-{number}", person))
    return played


async def day(admissions: int, workers: int, kafka: Kafka, postgres: Postgres, folder: Path) -> dict[str, Any]:
    """Plays the day; seconds until the last notice is out, and who used the cores."""
    found, persons = directory(), listed.persons(admissions)
    await fresh_topics(kafka.bootstrap)
    async with (
        SimulatedRegisters(listed.contents(persons, found)) as registers,
        hub(kafka, postgres, registers, "day", folder, "--workers", str(workers), directory=found) as one,
    ):
        parties = Day(kafka.bootstrap, cases(admissions, persons, found))
        pids = {"hub": one.pid, "PostgreSQL": postgres.pid, "broker": kafka.pid}

        def spent() -> dict[str, float]:
            """CPU seconds so far; the parties and the registers are this process."""
            return {who: cpu_s(pid) for who, pid in pids.items()} | {"parties and registers": time.process_time()}

        used, started = spent(), time.monotonic()
        await parties.play()
        await parties.until_all_is_out(int(one.sql(queries.NOTICES)))
        took = time.monotonic() - started
        cpu = {who: round(seconds - used[who], 1) for who, seconds in spent().items()}
        kept = int(one.sql(queries.MESSAGES))
        return {
            "admissions": admissions,
            "workers": workers,
            "messages_sent": parties.sent,
            "messages_kept": kept,
            "notices": int(one.sql(queries.NOTICES)),
            "seconds": round(took, 1),
            "messages_per_s": round(kept / took),
            "cpu_s": cpu,
        }


async def main(given: list[str]) -> int:
    """Prints the figures and writes ``build/bench-day.json``."""
    parser = argparse.ArgumentParser(prog="make bench-day", description=__doc__)
    parser.add_argument("--admissions", type=int, default=ADMISSIONS)
    parser.add_argument("--workers", type=int, default=1, help="processes of the hub")
    wanted = parser.parse_args(given)
    folder = Path(tempfile.mkdtemp(prefix="hub-bench-day-"))
    found = report.begin()
    try:
        with Kafka(folder / "kafka") as kafka, Postgres(folder / "postgres") as postgres:
            found |= await day(wanted.admissions, wanted.workers, kafka, postgres, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    report.say(
        "a day of Sweden", f"{found['seconds']} s: {found['admissions']} admissions, {found['messages_kept']} messages"
    )
    report.say("CPU seconds", ", ".join(f"{who} {seconds}" for who, seconds in found["cpu_s"].items()))
    report.write(found, OUTPUT)
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))
