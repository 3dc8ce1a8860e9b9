"""The overview: is all well, what to see to first, and how much of everything there is, each number with where its rows are. Pure;
imports what is seen, the figures and the registers' words.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from heapq import nsmallest
from typing import Final

from hub.operations.concern import Concern, Rows, Said, late_rows, rows
from hub.operations.figures import Delivered, Times, delivered, times, under
from hub.operations.first import first
from hub.operations.register_words import called
from hub.operations.seen import Seen
from hub.operations.standing import HubStanding, MissingRole

_LATE_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class Number:
    """A number, since when the oldest of it is, and where its rows are."""

    count: int
    oldest: datetime | None
    rows: Rows


@dataclass(frozen=True, slots=True)
class NamedNumber:
    """A number of one name."""

    name: str
    count: int
    rows: Rows


@dataclass(frozen=True, slots=True)
class DeliveredTo:
    """What of a system's notices was on time within an hour."""

    system: str
    name: str
    delivered: Delivered
    rows: Rows
    """The system."""
    late: Rows
    """What was sent to it late within the hour."""
    dead: Number
    waiting: Number
    """Beside what is dead, what should have been there by now: ``delivered.overdue`` in all."""


@dataclass(frozen=True, slots=True)
class OnTime:
    """What was delivered on time: within ``within_s`` seconds from when the hub accepted the message until the receiver's way acknowledged
    the notice. A notice that a replay sends again is not counted.
    """

    within_s: float
    day: Delivered
    hour: Delivered
    times: Times
    """From accepted to sent, within 24 hours."""
    late: list[DeliveredTo]
    """The systems to which less than all was on time within the hour, the worst first; at most 20."""
    rows: Rows
    """What was sent late within 24 hours: ``day.late`` of them."""


@dataclass(frozen=True, slots=True)
class Deadlines:
    """The law's deadlines and the agreements'."""

    untold: list[NamedNumber]
    """Passed, and nobody was told within the time that it takes (``deadline.TELLING_TAKES``)."""
    missed: list[NamedNumber]
    """Passed and told within 24 hours."""


@dataclass(frozen=True, slots=True)
class RegistersSeen:
    """The national registers."""

    set: bool | None
    """None: no hub runs."""
    asked_by: str | None
    asked: bool
    """Whether it is known of any how it answers: a process has asked it."""
    failing: list[str]
    """Those that are down."""
    failing_names: list[Said]
    """What they are called."""
    waiting: Number
    """Look-ups that wait."""
    rows: Rows


@dataclass(frozen=True, slots=True)
class Flow:
    """What goes through a minute, on average over the minutes of the last hour in which the hub ran."""

    minutes: int
    """So many minutes those are: 60, where it ran all the time."""
    received: float
    refused: float
    sent: float
    day: Rows
    """The rates of 24 hours, by the minute."""
    fortnight: Rows
    """The rates of 14 days, by the quarter of an hour."""


@dataclass(frozen=True, slots=True)
class Overview:
    """How everything is."""

    at: datetime
    well: bool
    """Nothing is urgent or to be seen to soon."""
    first: list[Concern]
    """What to see to, worst first."""
    on_time: OnTime
    waiting: Number
    """Notices and receipts that are not sent yet."""
    late: Number
    """Systems whose oldest notice has waited longer than is on time, and that nobody has paused."""
    dead: Number
    held: Number
    manual: Number
    unserved: Number
    """Notices for units that no system serves."""
    paused: Number
    breakers: Number
    """Systems that are spared since they keep failing."""
    silent: Number
    """Systems that send less than is usual for the weekday and hour."""
    deadlines: Deadlines
    registers: RegistersSeen
    replays: Number
    """Replays that go on."""
    replays_stopped: Number
    """Replays that stopped by themselves within 24 hours."""
    partitions: Number
    """Partitions of topics that wait at a record that cannot be read."""
    gaps: Number
    """Records that went before they were read."""
    flow: Flow
    hubs: list[HubStanding]
    missing_roles: list[MissingRole]
    directory: int
    """The version in force."""
    systems: Number


def overview(seen: Seen) -> Overview:
    """The overview of what is seen."""
    concerns = first(seen)
    systems = seen.systems.values()
    waiting = [one for one in systems if one.waiting]
    oldest = [one.oldest for one in waiting if one.oldest is not None]
    late = [one.oldest for one in waiting if one.oldest is not None and seen.is_late(one.system)]
    spared = [one for one in systems if one.breaker != "closed"]
    pauses = [one.paused.since for one in systems if one.paused is not None]
    blocked = [one.since for one in seen.incidents if not one.lost]
    gaps = [one.since for one in seen.incidents if one.lost]
    running = [one.at for one in seen.replays if one.state == "running"]
    stopped = [one.ended_at for one in seen.replays if one.state == "stopped" and one.ended_at is not None]
    return Overview(
        seen.at,
        all(one.severity == "note" for one in concerns),
        concerns,
        _on_time(seen),
        Number(sum(one.waiting for one in systems), min(oldest, default=None), rows("systems", trouble="waiting")),
        Number(len(late), min(late, default=None), rows("systems", trouble="late")),
        Number(sum(one.dead for one in systems), None, rows("dead")),
        Number(seen.glance.held, seen.glance.held_since, rows("held")),
        Number(seen.glance.manual, seen.glance.manual_since, rows("manual-queue")),
        Number(sum(seen.unserved.values()), None, rows("unserved")),
        Number(len(pauses), min(pauses, default=None), rows("systems", trouble="paused")),
        Number(
            len(spared),
            min((one.breaker_since for one in spared if one.breaker_since), default=None),
            rows("systems", trouble="breaker"),
        ),
        Number(
            len(seen.silences),
            min((one.since for one in seen.silences.values()), default=None),
            rows("systems", trouble="silent"),
        ),
        Deadlines(
            [NamedNumber(one.name, one.count, rows("deadlines", name=one.name)) for one in seen.overdue],
            [
                NamedNumber(
                    name, count, rows("messages", type="frist", deadline=name, since=seen.day_since.isoformat())
                )
                for name, count in under(seen.day, "missed/").items()
            ],
        ),
        _registers(seen),
        Number(len(running), min(running, default=None), rows("replays", state="running")),
        Number(len(stopped), min(stopped, default=None), rows("replays", state="stopped")),
        Number(len(blocked), min(blocked, default=None), rows("partitions", lost="false")),
        Number(len(gaps), min(gaps, default=None), rows("partitions", lost="true")),
        _flow(seen),
        seen.hubs,
        seen.missing_roles,
        seen.version,
        Number(len(seen.systems), None, rows("systems")),
    )


def _on_time(seen: Seen) -> OnTime:
    behind = {id_: seen.not_there(id_) for id_ in seen.systems}
    shares = []
    for id_, its in behind.items():
        hour = seen.hour.get(id_, {})
        sent, on_time = hour.get("sent", 0), hour.get("on_time", 0)
        if its or sent > on_time:
            shares.append((on_time / (sent + its), id_))
    found = [
        DeliveredTo(
            id_,
            seen.directory.system_by_id[id_].name,
            delivered(seen.hour.get(id_, {}), behind[id_]),
            rows(f"systems/{id_}"),
            late_rows(seen.hour_since, id_),
            Number(seen.systems[id_].dead, None, rows("dead", system=id_)),
            Number(behind[id_] - seen.systems[id_].dead, seen.systems[id_].oldest, rows(f"systems/{id_}/queue")),
        )
        for _, id_ in nsmallest(_LATE_SHOWN, shares)
    ]
    every = sum(behind.values())
    return OnTime(
        seen.within_s,
        delivered(seen.day, every),
        delivered(seen.hour.get("", {}), every),
        times(seen.day),
        found,
        late_rows(seen.day_since),
    )


def _registers(seen: Seen) -> RegistersSeen:
    found = seen.registers
    oldest = [one.oldest for one in found.waiting.values() if one.oldest is not None]
    where = rows("registers")
    failing = [name for name, one in found.contracts.items() if one.is_down(seen.at)]
    return RegistersSeen(
        found.set,
        found.asked_by,
        any(one.answered or one.failed for one in found.contracts.values()),
        failing,
        [called(name) for name in failing],
        Number(sum(one.count for one in found.waiting.values()), min(oldest, default=None), rows("registers/waiting")),
        where,
    )


def _flow(seen: Seen) -> Flow:
    its = seen.flow
    received, refused, sent = (round(count / max(1, its.minutes), 1) for count in (its.received, its.refused, its.sent))
    return Flow(
        its.minutes, received, refused, sent, rows("", api="rates", span="24h"), rows("", api="rates", span="14d")
    )
