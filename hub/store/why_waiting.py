"""Why rows of the outbox are not sent yet: paused, behind another row, spared by the breaker, not due. Imports psycopg, the store
and the language only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple

from psycopg import AsyncConnection

from hub.store import running_hubs
from schemas.swedish_time import clock_with_zone

Connection = AsyncConnection[tuple[Any, ...]]
Row = Mapping[str, Any]
Firsts = Mapping[tuple[str, str], Mapping[str, Row]]
"""System and case → the first notice that is dead, and the first that waits."""
_UNSENT: Final = ("dead", "waiting")


class Why(NamedTuple):
    """Why something waits, in both languages."""

    sv: str
    en: str
    next_try: datetime | None = None
    """When it is tried next by itself; None where that depends on something else, and before the first attempt."""
    before: Row | None = None
    """The notice of its case that it stands behind."""


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
    """System → the breaker's state, and what the system last answered; ``next_try`` is when the breaker lets a probe pass."""


_SPARED = {"open": "systemet skonas", "half-open": "systemet prövas på nytt"}
"""The breaker's state in Swedish."""


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
                probe = datetime.fromisoformat(lane["until"]) if lane.get("until") else None
                until = clock_with_zone(probe) if probe else None
                answer = lane.get("answer")
                breakers[system] = Why(
                    f"{_SPARED[lane['breaker']]}{f' till {until}' if until else ''}{f', senaste svar {answer}' if answer else ''}",
                    f"the breaker is {lane['breaker']}{f' until {until}' if until else ''}{f', last answer {answer}' if answer else ''}",
                    probe,
                )
    return Obstacles(pauses, breakers)


def firsts_of(rows: Iterable[Row]) -> Firsts:
    """The first notices of the cases of these rows: sought once, however many stand behind them."""
    found: dict[tuple[str, str], dict[str, Row]] = {}
    unsent = [one for one in rows if one["kind"] == "notice" and one["state"] in _UNSENT]
    for one in sorted(unsent, key=lambda one: one["sequence"]):
        found.setdefault((one["system"], one["case_id"]), {}).setdefault(one["state"], one)
    return found


def _before(row: Row, firsts: Firsts) -> Row | None:
    """What a notice stands behind: the first that is dead, else the first that waits."""
    if row["kind"] != "notice":
        return None
    its = firsts.get((row["system"], row["case_id"]), {})
    earlier = (its[state] for state in _UNSENT if state in its and its[state]["sequence"] < row["sequence"])
    return next(earlier, None)


def of_row(row: Row, firsts: Firsts, known: Obstacles) -> Why:
    """Why one waiting row has not been sent. ``firsts``: those of its case at the least.

    A system that is spared is not tried before its breaker's probe, whatever the row's own time says.
    """
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
    before = _before(row, firsts)
    if before is not None:
        answer = f": {before['answer']}" if before["answer"] else ""
        place = f"#{before['sequence']}"
        dead = before["state"] == "dead"
        said.append(
            Why(
                f"bakom {place} i ärendet, som {'är död' if dead else 'väntar'}{answer}",
                f"behind {place} of its case, which {'is dead' if dead else 'waits'}{answer}",
            )
        )
    if (breaker := known.breakers.get(row["system"])) is not None:
        said.append(breaker)
    next_try = None
    if row["attempts"] and before is None:
        next_try = _next_try(row, pause, breaker)
        once, again = row["attempts"] == 1, clock_with_zone(next_try) if next_try and breaker is None else ""
        said.append(
            Why(
                f"försökt {'en gång' if once else str(row['attempts']) + ' gånger'}, senaste svar {row['answer']}"
                f"{again and f', nästa försök {again}'}",
                f"tried {'once' if once else str(row['attempts']) + ' times'}, last answer {row['answer']}"
                f"{again and f', next try {again}'}",
            )
        )
    if not said:
        return Why("inte försökt än", "not tried yet")
    return Why("; ".join(one.sv for one in said), "; ".join(one.en for one in said), next_try, before)


def _next_try(row: Row, pause: Pause | None, breaker: Why | None) -> datetime | None:
    """When a row that has been tried is tried again: not before the breaker's probe, and of a paused system nobody knows when."""
    if pause is not None:
        return None
    due: datetime = row["due_at"]
    return due if breaker is None else max(due, breaker.next_try) if breaker.next_try is not None else None
