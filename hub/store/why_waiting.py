"""Why rows of the outbox are not sent yet: paused, behind another row, spared by the breaker, not due. Imports psycopg, the store
and the language only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from psycopg import AsyncConnection

from hub.store import running_hubs
from schemas.swedish_time import clock_with_zone

Connection = AsyncConnection[tuple[Any, ...]]


class Why(NamedTuple):
    """Why something waits, in both languages."""

    sv: str
    en: str


@dataclass(frozen=True, slots=True)
class Pause:
    """Since when a system is paused, by whom and why; nobody where the trail names none."""

    since: datetime
    by: str | None
    reason: str | None

    def __str__(self) -> str:
        by = self.by or "nobody that the trail names"
        return f"paused since {clock_with_zone(self.since)} by {by}: {self.reason or ''}"

    @property
    def sv(self) -> str:
        """The same in Swedish."""
        return f"pausad sedan {clock_with_zone(self.since)} av {self.by or 'okänd'}: {self.reason or ''}"


@dataclass(frozen=True, slots=True)
class Obstacles:
    """What keeps systems from being sent to now."""

    pauses: Mapping[str, Pause] = field(default_factory=dict)
    breakers: Mapping[str, Why] = field(default_factory=dict)
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
                until = clock_with_zone(datetime.fromisoformat(lane["until"])) if lane.get("until") else None
                answer = lane.get("answer")
                breakers[system] = Why(
                    f"brytaren är {lane['breaker']}{f' till {until}' if until else ''}{f', senaste svar {answer}' if answer else ''}",
                    f"the breaker is {lane['breaker']}{f' until {until}' if until else ''}{f', last answer {answer}' if answer else ''}",
                )
    return Obstacles(pauses, breakers)


def of_row(row: Mapping[str, Any], case_rows: Sequence[Mapping[str, Any]], known: Obstacles) -> Why:
    """Why one waiting row has not been sent. ``case_rows``: the rows of its case."""
    said: list[Why] = []
    if row["system"].startswith("unit:"):
        said.append(
            Why(
                "inget system betjänar enheten: den står i den manuella kön",
                "no system serves the unit: it is in the manual queue",
            )
        )
    if (pause := known.pauses.get(row["system"])) is not None:
        said.append(Why(pause.sv, str(pause)))
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
        answer = f": {first['answer']}" if first["answer"] else ""
        place = f"{first['id']} (#{first['sequence']})"
        dead = first["state"] == "dead"
        said.append(
            Why(
                f"bakom rad {place}, som {'är död' if dead else 'väntar'}{answer}",
                f"behind row {place}, which {'is dead' if dead else 'waits'}{answer}",
            )
        )
    if (breaker := known.breakers.get(row["system"])) is not None:
        said.append(breaker)
    if row["attempts"] and not before:
        once = row["attempts"] == 1
        again = clock_with_zone(row["due_at"])
        said.append(
            Why(
                f"försökt {'en gång' if once else str(row['attempts']) + ' gånger'}, senaste svar {row['answer']}, nästa försök {again}",
                f"tried {'once' if once else str(row['attempts']) + ' times'}, last answer {row['answer']}, next try {again}",
            )
        )
    if not said:
        return Why("inte försökt än", "not tried yet")
    return Why("; ".join(one.sv for one in said), "; ".join(one.en for one in said))
