"""Why rows of the outbox are not sent yet: paused, behind another row, spared by the breaker, not due. Imports psycopg, the store
and the language only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection

from hub.store import running_hubs
from schemas.swedish_time import clock_with_zone

Connection = AsyncConnection[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Pause:
    """Since when a system is paused, by whom and why; nobody where the trail names none."""

    since: datetime
    by: str | None
    reason: str | None

    def __str__(self) -> str:
        by = self.by or "nobody that the trail names"
        return f"paused since {clock_with_zone(self.since)} by {by}: {self.reason or ''}"


@dataclass(frozen=True, slots=True)
class Obstacles:
    """What keeps systems from being sent to now."""

    pauses: Mapping[str, Pause] = field(default_factory=dict)
    breakers: Mapping[str, str] = field(default_factory=dict)
    """System → the breaker's state, when it lets a probe pass, and what the system last answered."""


async def obstacles(connection: Connection, systems: Iterable[str]) -> Obstacles:
    """The pauses and breakers of these systems."""
    wanted = sorted(set(systems))
    if not wanted:
        return Obstacles()
    found = await connection.execute(
        "SELECT p.system, p.since, o.who, o.reason FROM paused p LEFT JOIN LATERAL (SELECT who, reason FROM operation"
        " WHERE target = p.system AND what = 'pause' ORDER BY id DESC LIMIT 1) o ON true WHERE p.system = ANY(%s)",
        (wanted,),
    )
    pauses = {system: Pause(since, who, why) for system, since, who, why in await found.fetchall()}
    breakers = {}
    for hub in await running_hubs.reported(connection):
        for system, lane in hub.state.get("lanes", {}).items():
            if system in wanted and not hub.silent and lane.get("breaker", "closed") != "closed":
                until = f" until {clock_with_zone(datetime.fromisoformat(lane['until']))}" if lane.get("until") else ""
                answer = f", last answer {lane['answer']}" if lane.get("answer") else ""
                breakers[system] = f"the breaker is {lane['breaker']}{until}{answer}"
    return Obstacles(pauses, breakers)


def of_row(row: Mapping[str, Any], case_rows: Sequence[Mapping[str, Any]], known: Obstacles) -> str:
    """Why one waiting row has not been sent. ``case_rows``: the rows of its case."""
    said = []
    if row["system"].startswith("unit:"):
        said.append("no system serves the unit: it is in the manual queue")
    if row["system"] in known.pauses:
        said.append(str(known.pauses[row["system"]]))
    before = [
        one
        for one in case_rows
        if row["kind"] == one["kind"] == "notice"
        and (one["system"], one["case_id"]) == (row["system"], row["case_id"])
        and one["state"] in {"waiting", "dead"}
        and one["sequence"] < row["sequence"]
    ]
    if before:
        first = next((one for one in before if one["state"] == "dead"), min(before, key=lambda one: one["sequence"]))
        how = "is dead" if first["state"] == "dead" else "waits"
        answer = f": {first['answer']}" if first["answer"] else ""
        said.append(f"behind row {first['id']} (#{first['sequence']}), which {how}{answer}")
    if row["system"] in known.breakers:
        said.append(known.breakers[row["system"]])
    if row["attempts"] and not before:
        times = "once" if row["attempts"] == 1 else f"{row['attempts']} times"
        said.append(f"tried {times}, last answer {row['answer']}, next try {clock_with_zone(row['due_at'])}")
    return "; ".join(said) or "not tried yet"
