"""What the discharges of a month come to in a region, by municipality (lag 2017:612, 4:4 and 4:5). Imports the rules and the store."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass

from hub.errors import Refused
from hub.processes.engine.month import MonthlyAverage
from hub.processes.registry import PROCESSES
from hub.store import case_reads
from hub.store.transaction import Store
from schemas.directory import Directory, Region


@dataclass(frozen=True, slots=True)
class MonthOfProcess:
    """What the month's cases of a process come to."""

    process: str
    average: MonthlyAverage
    emptied: int
    """Cases of the month that are not counted, since gallring has removed their content."""


def region_of(directory: Directory, region: str) -> Region:
    """The region with an id. Raises ``Refused`` 404."""
    found = next((one for one in directory.regions if one.id == region), None)
    if found is None:
        raise Refused(
            "not-found",
            "Katalogen har ingen sådan region; den visar vilka som finns (hub directory show).",
            "The directory has no such region; it shows those that there are (hub directory show).",
            "/region",
            404,
        )
    return found


async def of_month(store: Store, directory: Directory, region: Region, year: int, month: int) -> list[MonthOfProcess]:
    """By process, where it has such figures."""
    units = [unit.hsa for unit in directory.units if directory.region_of(unit.hsa).id == region.id]
    its = f"{year:04}-{month:02}"
    found = []
    for name, process in PROCESSES.items():
        async with store.transaction() as connection:
            cases = await case_reads.of_month(connection, name, units, its)
            emptied = await case_reads.gallrade_of_month(connection, name, units, its)
        # In a thread: a large region's month is a second's work, for which no message may wait.
        histories = map(json.loads, cases)
        average = await asyncio.to_thread(process.monthly_average, histories, year, month, region.agreement)
        if average is not None:
            found.append(MonthOfProcess(name, average, emptied))
    return found
