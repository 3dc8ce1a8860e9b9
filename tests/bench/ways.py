"""How many notices a second the hub delivers by each way out, at which cost, and how soon: Kafka, webhook, pull inbox and FHIR message.

The two receivers of the benchmark are told by one way at a time; all else is the same. They are well, answer at once, and run in a
process of their own on the same machine. What they got is judged by the checker of ``make chaos``: every notice once in effect, in
order per case, nothing lost; a webhook by its signature. Whatever is wrong ends the run.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import time
from collections.abc import AsyncIterator, Awaitable
from dataclasses import asdict, dataclass
from pathlib import Path

from hub.sandbox.children import free_port
from hub.sandbox.kafka import Kafka
from hub.sandbox.postgres import Postgres
from hub.sandbox.registers import SimulatedRegisters
from schemas.directory import Directory
from tests import stack as parts
from tests.bench import load, queries
from tests.bench.delivered import SYSTEMS, WAYS, Found, Got, delays, faults, rates
from tests.bench.measured import IN, RECEIPTS, cpu_s, spread
from tests.bench.receivers import READY, Receiving, token_of
from tests.bench.whole_hub import WholeHub, hub
from tests.chaos import seen
from tests.chaos.history import Notice, Receipt

LETTERS = 2
"""Free messages that follow each admission in its case, so that there is an order to keep."""
WARM_UP = 500
_SECRET = parts.SECRETS[0]
_MARKS_S = 1.0
_PATIENCE_S = 600
_LINE = 1 << 16


def directory(way: str, format_: str, port: int) -> Directory:
    """The stack's, in which both receivers are told by this way, on this port where they are called."""
    return parts.directory(
        **{
            system: {
                "format": format_,
                "token_sha256": [parts.hashed(token_of(system))],
                "out": {
                    "kafka": {"way": "kafka"},
                    "inbox": {"way": "inbox"},
                    "webhook": {"way": "webhook", "url": f"http://127.0.0.1:{port}/{system}", "secrets": [_SECRET]},
                    "fhir": {"way": "fhir", "base": f"http://127.0.0.1:{port}/{system}", "token": _SECRET},
                }[way],
            }
            for system in SYSTEMS
        }
    )


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be measured of each way."""

    admissions: int
    """At full speed, each with its letters."""
    rate: float
    """Notices a second at the steady rate."""
    seconds: float
    """At the steady rate."""
    readers: int
    """Of each system's inbox."""


class Receivers:
    """The process of the receivers."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def _line(self) -> str:
        assert self._process.stdout is not None
        try:
            async with asyncio.timeout(_PATIENCE_S):
                line = (await self._process.stdout.readline()).decode().strip()
        except TimeoutError:
            raise AssertionError(f"not every notice has come and been acknowledged within {_PATIENCE_S} s") from None
        assert line, "the receivers have ended: see above"
        return line

    async def got(self, count: int, sending: Awaitable[None]) -> Got:
        """What comes from now on: so many notices, or more, by what is sent meanwhile."""
        assert self._process.stdin is not None
        self._process.stdin.write(b"%d\n" % count)
        await sending
        return _read(Path(await self._line()))


def _read(file: Path) -> Got:
    """What the receivers have written, which is taken away."""
    found = json.loads(file.read_bytes())
    file.unlink()
    notices = [Notice(**one["notice"]) for one in found["rows"]]
    return Got(notices, [one["at"] for one in found["rows"]], found["cpu_s"], found["too_often"])


@contextlib.asynccontextmanager
async def receivers(how: Receiving) -> AsyncIterator[Receivers]:
    """Two systems that receive; ended at the end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.receivers",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=_LINE,
    )  # fmt: skip
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write(json.dumps(asdict(how)).encode() + b"\n")
    try:
        said = (await process.stdout.readline()).decode().strip()
        assert said == READY, said
        yield Receivers(process)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


class Way:
    """One way under measure."""

    def __init__(self, one: WholeHub, those: Receivers) -> None:
        self._hub, self._receivers = one, those
        self._sent: list[load.Record] = []
        self._notices: list[Notice] = []

    async def measured(self, wanted: Wanted) -> Found:
        """Figures at full speed, and at a steady rate of notices."""
        await self._tell(
            WARM_UP, letters=0
        )  # a letter that comes before the person's registers have answered is told nobody
        self._hub.sql("CHECKPOINT")
        pids = self._hub.pid, self._hub.postgres.pid, self._hub.kafka.pid
        since, used = self._hub.sql(queries.NOW), [cpu_s(pid) for pid in pids]
        got = await self._tell(wanted.admissions)
        us = [(cpu_s(pid) - was) / len(got.notices) * 1e6 for pid, was in zip(pids, used, strict=True)]
        us.append(got.cpu_s / len(got.notices) * 1e6)
        per_s, drained_per_s = rates(self._times(since))
        self._hub.sql("VACUUM ANALYZE")
        self._hub.sql("CHECKPOINT")
        since = self._hub.sql(queries.NOW)
        admissions = round(wanted.rate * wanted.seconds / len(SYSTEMS) / (1 + LETTERS))
        got = await self._tell(admissions, wanted.rate / len(SYSTEMS))
        latency = spread(delays(self._times(since), got))
        await self._check()
        repeats = len(self._notices) - len({(one.system, one.case, one.sequence) for one in self._notices})
        return Found(per_s, drained_per_s, *us, latency, repeats, got.too_often)

    async def _tell(self, admissions: int, rate: float | None = None, letters: int = LETTERS) -> Got:
        """All messages of so many cases, at a rate or as fast as it goes, until their notices are acknowledged and marked."""
        made = load.with_letters(load.records(admissions, f"ways-{time.monotonic_ns()}", "native"), letters)
        to = self._hub.kafka.bootstrap
        sending = load.fill(to, IN, made) if rate is None else load.feed(to, IN, made, rate)
        self._sent += made
        got = await self._receivers.got(len(made) * len(SYSTEMS), sending)
        self._notices += got.notices
        await asyncio.sleep(_MARKS_S)
        return got

    def _times(self, since: str) -> dict[tuple[str, str], tuple[float, float]]:
        """(System, message) → when its notice was accepted and when it was acknowledged, by the hub's clock."""
        told = (line.split("|") for line in self._hub.sql(queries.TIMES.format(since=since)).splitlines())
        return {(system, message): (float(accepted), float(sent)) for system, message, accepted, sent in told}

    async def _check(self) -> None:
        """Raises ``AssertionError`` for whatever the hub has promised and not kept."""
        found = [seen.event("ehr", "kafka", "", parts.attributes(one), json.loads(one.value))
                 for one in await parts.everything(self._hub.kafka.bootstrap, RECEIPTS)]  # fmt: skip
        wrong = faults(self._sent, [one for one in found if isinstance(one, Receipt)], self._notices)
        assert not wrong, f"{len(wrong)} promises broken, the first: {wrong[:5]}"


async def way(
    name: str, wanted: Wanted, kafka: Kafka, postgres: Postgres, registers: SimulatedRegisters, folder: Path
) -> Found:
    """One way's figures, by a hub and a database of its own."""
    which, format_ = WAYS[name]
    port = free_port()
    found = directory(which, format_, port)
    async with hub(kafka, postgres, registers, f"ways_{which}_{format_}", folder, directory=found) as one:
        how = Receiving(
            which,
            SYSTEMS,
            str(folder),
            kafka.bootstrap,
            f"http://127.0.0.1:{one.stack.port}",
            port,
            _SECRET,
            wanted.readers,
        )
        async with receivers(how) as those:
            return await Way(one, those).measured(wanted)
