"""The benchmark's course: references and hub in the same run, every promise on, fsync on. Takes some twelve minutes on two quiet cores."""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from hub.sandbox.kafka import Kafka
from hub.sandbox.postgres import Postgres
from hub.sandbox.registers import SimulatedRegisters
from tests.bench import delivered, load, peer, queries, report, ways
from tests.bench.fifty import one_dead_one_slow
from tests.bench.measured import IN, OUT, Cost, Measured, fresh_topics
from tests.bench.phases import contended, sustained
from tests.bench.reference import bare_broker
from tests.bench.report import milliseconds, say
from tests.bench.whole_hub import WholeHub, hub
from tests.stack import registers

OUTPUT = Path("build/bench.json")
KINDS = ("native", "fhir")
PARTS = ("bare", "single", "peer", "hub", "fifty", "ways", "workers")


def arguments(given: list[str]) -> argparse.Namespace:
    """What is wanted."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--only", choices=PARTS, nargs="+", default=PARTS, help="these parts alone")
    parser.add_argument(
        "--admissions", type=int, nargs="+", default=[20_000, 100_000], help="in each phase at full speed"
    )
    parser.add_argument("--single", type=int, default=2_000, help="admissions with one transaction per message")
    parser.add_argument("--steady", type=float, default=15, help="seconds at each steady rate")
    parser.add_argument(
        "--sustained", type=float, default=60, help="seconds at 80 %% of the sustained rate; 600: ten minutes"
    )
    parser.add_argument(
        "--queued", type=int, default=100_000, help="notices queued at the restart; 1000000: as the promise says"
    )
    parser.add_argument(
        "--ways", choices=delivered.WAYS, nargs="+", default=list(delivered.WAYS), help="these ways out alone"
    )
    parser.add_argument(
        "--told", type=int, default=5_000, help="admissions told by each way, with letters: 6 notices each"
    )
    parser.add_argument("--told-rate", type=float, default=50, help="notices a second by each way at a steady rate")
    parser.add_argument("--readers", type=int, default=1, help="of each system's pull inbox")
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 2, 3], help="numbers of processes to measure")
    return parser.parse_args(given)


async def main(given: list[str]) -> int:
    """Runs all phases, prints the figures, writes ``build/bench.json``."""
    wanted = arguments(given)
    folder = Path(tempfile.mkdtemp(prefix="hub-bench-"))
    found = report.begin() | {"options": vars(wanted)}
    try:
        async with registers() as registered:
            with Kafka(folder / "kafka") as kafka, Postgres(folder / "postgres") as postgres:
                found |= await Course(wanted, kafka, postgres, registered, folder).run()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    report.write(found, OUTPUT)
    return 0


class Course:
    """The phases of one run, one after the other on the same broker and database server."""

    def __init__(
        self, wanted: argparse.Namespace, kafka: Kafka, postgres: Postgres, registers: SimulatedRegisters, folder: Path
    ) -> None:
        self.wanted, self.kafka, self.postgres, self.registers, self.folder = wanted, kafka, postgres, registers, folder
        self.costs: dict[str, Cost] = {}
        self.found: dict[str, Any] = {}

    async def run(self) -> dict[str, Any]:
        """Everything that is wanted."""
        for part in self.wanted.only:
            await fresh_topics(self.kafka.bootstrap)
            await getattr(self, part)()
        ratios = report.ratios(self.costs)
        for what, ratio in ratios.items():
            say(f"hub, {what}", f"{ratio:.2f}")
        costs = {name: asdict(cost) for name, cost in self.costs.items()}
        return {"full_speed": costs, "ratios": ratios} | self.found

    async def bare(self) -> None:
        """The broker alone, consumed and produced twice."""
        count = min(self.wanted.admissions)
        await load.fill(self.kafka.bootstrap, IN, load.records(count, "bare", "native"))
        self.found["bare_broker_per_s"] = bare = await bare_broker(self.kafka.bootstrap, IN, list(OUT), count)
        say("bare broker, consume and produce twice", f"{bare:.0f} admissions/s")

    async def single(self) -> None:
        """The hub with one transaction per message."""
        async with hub(self.kafka, self.postgres, self.registers, "single", self.folder, HUB_INTAKE_BATCH="1") as one:
            cost = self.costs["hub, one transaction per message"] = await one.cost("native", self.wanted.single)
        say("hub, one transaction per message", cost)

    async def peer(self) -> None:
        """The bench's own Camel route, plain and durable."""
        if why := peer.missing():
            say("Camel peer", why)
            return
        for durable in (False, True):
            await fresh_topics(self.kafka.bootstrap)
            async with peer.peer(self.kafka, self.postgres, self.folder, durable=durable) as one:
                name = "durable peer" if durable else "plain peer"
                await self._full_speed(name, one)
                await self._steady(name, one, (200, 1_000))

    async def hub(self) -> None:
        """The hub: at full speed, at steady rates, sustained, beside others, and started with a queue."""
        async with hub(self.kafka, self.postgres, self.registers, "hub", self.folder) as one:
            await self._full_speed("hub", one)
            rate = 0.8 * self.costs[f"hub/native/{max(self.wanted.admissions)}"].per_s
            await self._steady("hub", one, (200, 1_000, rate))
            await self._sustained(one, rate)
            quiet = self.costs[f"hub/native/{min(self.wanted.admissions)}"]
            beside = await contended(one, min(self.wanted.admissions))
            share = beside.per_s / quiet.per_s
            self.found["contention"] = asdict(beside) | {"of_quiet": round(share, 2)}
            say("hub, native, two busy loops beside", f"{beside}; {share:.2f} of the quiet rate")
            await self._restarted(one)

    async def _full_speed(self, name: str, one: Measured) -> None:
        for count in self.wanted.admissions:
            for kind in KINDS:
                cost = self.costs[f"{name}/{kind}/{count}"] = await one.cost(kind, count)
                say(f"{name}, {kind}, {count}", cost)

    async def _steady(self, name: str, one: Measured, rates: Iterable[float]) -> None:
        for rate in rates:
            since = one.sql(queries.NOW)
            found: dict[str, Any] = {"topic_to_topic_ms": await one.latency(rate, self.wanted.steady)}
            say(f"{name}, Kafka to Kafka at {rate:.0f}/s", milliseconds(found["topic_to_topic_ms"]))
            if isinstance(one, WholeHub):
                found["accepted_to_sent_ms"] = one.accepted_to_sent(since)
                say(f"{name}, accepted to sent at {rate:.0f}/s", milliseconds(found["accepted_to_sent_ms"]))
            self.found.setdefault("steady", {})[f"{name}/{rate:.0f}"] = found

    async def _sustained(self, one: WholeHub, rate: float) -> None:
        found = self.found["sustained"] = await sustained(one, rate, self.wanted.sustained)
        first, last = found["first"], found["last"]
        say(
            f"hub, {self.wanted.sustained:.0f} s at {rate:.0f}/s",
            f"first tenth {milliseconds(first)}, {first['rss_mb']:.0f} MB; last {milliseconds(last)}, {last['rss_mb']:.0f} MB",
        )

    async def _restarted(self, one: WholeHub) -> None:
        await one.queue_up(self.wanted.queued)
        queued_mb = one.rss_mb
        flowing, drained = await one.restart()
        self.found["restart"] = {"queued": self.wanted.queued, "first_s": round(flowing, 1), "all_s": round(drained, 1)}
        self.found["restart"] |= {"queued_mb": round(queued_mb), "drained_mb": round(one.rss_mb)}
        say(
            f"hub, restart with {self.wanted.queued} queued",
            f"{flowing:.1f} s to the first, {drained:.0f} s to the last; {queued_mb:.0f} MB before, {one.rss_mb:.0f} MB after",
        )

    async def fifty(self) -> None:
        """One dead and one slow receiver among fifty."""
        found = self.found["fifty"] = await one_dead_one_slow(
            self.kafka, self.postgres, self.folder, 200, self.wanted.steady
        )
        say("48 of 50 receivers, all well", milliseconds(found["well"]))
        say("the same, one dead and one slow", f"{milliseconds(found['ill'])}; p99 {found['p99_change']:+.0%}")

    async def ways(self) -> None:
        """By each way out, to receivers that are well."""
        wanted = ways.Wanted(self.wanted.told, self.wanted.told_rate, self.wanted.steady, self.wanted.readers)
        found: dict[str, delivered.Found] = {}
        for name in self.wanted.ways:
            await fresh_topics(self.kafka.bootstrap)
            found[name] = await ways.way(name, wanted, self.kafka, self.postgres, self.registers, self.folder)
            say(f"notices by {name}", found[name])
        ratios = delivered.over_kafka(found)
        for name, one in ratios.items():
            say(f"{name} over Kafka", ", ".join(f"{what} {ratio:.2f}" for what, ratio in one.items()))
        self.found["ways"] = {name: asdict(one) | {"over_kafka": ratios.get(name)} for name, one in found.items()}

    async def workers(self) -> None:
        """So many processes of the hub on one database."""
        for number in self.wanted.workers:
            await fresh_topics(self.kafka.bootstrap)
            async with hub(
                self.kafka, self.postgres, self.registers, f"workers{number}", self.folder, "--workers", str(number)
            ) as one:
                for kind in KINDS:
                    count = min(self.wanted.admissions)
                    cost = self.costs[f"workers {number}/{kind}/{count}"] = await one.cost(kind, count)
                    say(f"hub, {number} workers, {kind}, {count}", cost)
