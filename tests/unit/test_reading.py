"""Large and slow bodies are read in the process pool, quick ones in place with pauses between, and the order is kept
(issue 8, 3.6). By counting: which process read what, and how often the event loop had its turn.
"""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

from hub.intake import reading
from hub.intake.arrival import Arrival
from hub.intake.process_pool import ProcessPool
from hub.intake.reading import LARGE, ArrivalReader, is_slow
from hub.translators import formats, native
from hub.translators.fhir import write_request
from hub.translators.fhir.examples import requests
from hub.translators.fhir.xml_writer import as_xml
from schemas.identity_types import IdentityRules

RULES = IdentityRules()
LEAN = write_request(requests()["svu.inskrivning"])


def arrival(raw: bytes, media: str = formats.FHIR_JSON) -> Arrival:
    return Arrival(None, raw, media, None, datetime.now(UTC), "here", by_outbox=True)


def wide(extra: int = 0) -> bytes:
    """A Bundle that only the reference model reads: with resources that are none of ours."""
    tree: dict[str, Any] = json.loads(LEAN)
    notes = [{"resource": {"resourceType": "Basic", "code": {"text": "x" * 1000}}} for _ in range(1 + extra // 1000)]
    tree["entry"] += notes
    return json.dumps(tree).encode()


def event(id_: str = "1", filler: str = "") -> bytes:
    data = {"text": "Hej", "receivers": []} | ({"text": filler} if filler else {})
    return json.dumps({"specversion": "1.0", "id": id_, "source": "urn:hsa:SE2321000255-AVD12", "data": data}).encode()


def test_what_is_slow_is_known_before_it_is_read():
    assert not is_slow(arrival(LEAN)) and not is_slow(arrival(event(), native.STRUCTURED))
    assert is_slow(arrival(as_xml(LEAN), formats.FHIR_XML))
    assert is_slow(arrival(wide()))
    assert is_slow(arrival(event(filler="x" * LARGE), native.STRUCTURED))
    assert not is_slow(arrival(b" " * 2_000_000)), "it is refused unread"


class Here(ProcessPool):
    """Does the work at once, and keeps count: what is tried is who reads, not the process."""

    def __init__(self) -> None:
        super().__init__()
        self.given: list[Any] = []
        self.gate: asyncio.Event | None = None

    async def run(self, function: Any, *arguments: Any, **named: Any) -> Any:
        self.given += arguments
        if self.gate is not None:
            await self.gate.wait()
        return function(*arguments, **named)


async def test_large_and_slow_bodies_go_to_the_process_pool_and_the_others_are_read_with_pauses(monkeypatch):
    process_pool, turns, done = Here(), 0, False

    async def loop_turns() -> None:
        nonlocal turns
        while not done:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(loop_turns())
    await asyncio.sleep(0)
    before = turns
    quick = [arrival(event(str(n)), native.STRUCTURED) for n in range(500)]
    large = [
        arrival(event("large", "x" * LARGE), native.STRUCTURED),
        arrival(wide(750_000)),
        arrival(as_xml(LEAN), formats.FHIR_XML),
    ]
    read_at_a_stretch: list[int] = []
    seen: list[int] = []
    real = reading.read_or_keep

    def counted(one: Arrival, identities: IdentityRules) -> None:
        if not seen or seen[-1] != turns:
            read_at_a_stretch.append(0)
            seen.append(turns)
        read_at_a_stretch[-1] += 1
        real(one, identities)

    monkeypatch.setattr(reading, "read_or_keep", counted)
    await ArrivalReader(process_pool).read([*quick, *large], [*quick, *large], RULES, wait=True)
    done = True
    await counting
    assert process_pool.given == [part for one in large for part in (one, RULES)]
    assert turns - before > 500 / 25
    assert max(read_at_a_stretch) <= 25
    assert all(one.refused is not None or one.message is not None for one in [*quick, *large])


async def test_nothing_of_a_system_overtakes_what_is_being_read_for_a_caller_that_waits():
    process_pool = Here()
    process_pool.gate = asyncio.Event()
    read = ArrivalReader(process_pool)
    order: list[str] = []

    async def hand_over(name: str, one: Arrival, *, wait: bool = True) -> None:
        await read.read([one], [one], RULES, wait=wait)
        order.append(name)

    tasks = [
        asyncio.create_task(hand_over("slow", arrival(wide()))),
        asyncio.create_task(hand_over("after it", arrival(LEAN))),
        asyncio.create_task(hand_over("third", arrival(event(), native.STRUCTURED))),
        asyncio.create_task(hand_over("nobody's order", arrival(LEAN), wait=False)),
    ]
    for _ in range(5):
        await asyncio.sleep(0)
    assert order == ["nobody's order"]
    process_pool.gate.set()
    await asyncio.gather(*tasks)
    assert order == ["nobody's order", "slow", "after it", "third"]
