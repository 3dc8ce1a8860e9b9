"""Everything that the overview is made of, read in one transaction: counts that are kept or bounded, so that it costs the same however much
waits and is stored. Imports the store and the language.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from hub import clock
from hub.operations import standing
from hub.operations.figures import counted_since
from hub.operations.standing import HubStanding, MissingRole, RegistersStanding, SystemStanding
from hub.store import at_a_glance, deadline, figures, operator_log, partitions, replays, silence
from hub.store.at_a_glance import Glance
from hub.store.deadline import Overdue
from hub.store.figures import Counts, WentThrough
from hub.store.inbox import Connection
from hub.store.partitions import PartitionIncident
from hub.store.replays import Replay
from hub.store.silence import Silence
from hub.tally import ALL, TALLY
from schemas.directory import Directory

DAY: Final = timedelta(hours=24)
HOUR: Final = timedelta(hours=1)
_REPLAYS: Final = 50
_REFUSED: Final = (20, 0.2)
"""So many messages refused within an hour, and more than such a share of what came, are something to see to."""
_ON_TIME: Final = (20, 0.95)
"""Of so many notices within an hour at least such a share is to be on time."""


@dataclass(frozen=True, slots=True)
class Seen:
    """How everything is at one moment."""

    at: datetime
    version: int
    directory: Directory
    glance: Glance
    hubs: list[HubStanding]
    missing_roles: list[MissingRole]
    systems: dict[str, SystemStanding]
    registers: RegistersStanding
    unserved: dict[str, int]
    overdue: list[Overdue]
    """Deadlines that have passed and are left untold: nobody was told within the time that it takes."""
    incidents: list[PartitionIncident]
    replays: list[Replay]
    """The newest; of those that go on, and that ended within a day."""
    silences: dict[str, Silence]
    """The systems that send less than is usual."""
    newest_act: int
    """The number of the newest act in the trail."""
    day: Counts
    """What was counted in all within 24 hours."""
    hour: dict[str, Counts]
    """What was counted within an hour, by system."""
    flow: WentThrough
    """What went through within an hour."""
    within_s: float
    """What is delivered within so many seconds is on time (``HUB_ON_TIME_S``)."""

    @property
    def hour_since(self) -> datetime:
        """From when on the figures of the hour are."""
        return counted_since(self.at, HOUR)

    @property
    def day_since(self) -> datetime:
        """From when on the figures of the day are."""
        return counted_since(self.at, DAY)

    def waits_too_long(self, system: str) -> bool:
        """Whether the oldest that waits for a system would not be on time any more."""
        oldest = self.systems[system].oldest
        return oldest is not None and (self.at - oldest).total_seconds() > self.within_s

    def is_late(self, system: str) -> bool:
        """Whether a system is late, wherever that is said: what waits for it would not be on time, and nobody has paused it."""
        return self.systems[system].paused is None and self.waits_too_long(system)

    def refuses_many(self, system: str) -> bool:
        """Whether so much that a system sent within the hour was refused that somebody should see to it, wherever that is said."""
        counts = self.hour.get(system, {})
        refused = counts.get("refused", 0)
        return refused >= _REFUSED[0] and refused > _REFUSED[1] * counts.get("received", 0)

    def is_slow(self, system: str) -> bool:
        """Whether so much was sent late to a system within the hour that it should be known, wherever that is said."""
        counts = self.hour.get(system, {})
        sent = counts.get("sent", 0)
        return sent >= _ON_TIME[0] and counts.get("on_time", 0) < _ON_TIME[1] * sent

    def not_there(self, system: str) -> int:
        """What should have been delivered to a system by now: what is dead, and what waits behind one that is late."""
        one = self.systems[system]
        return one.dead + (one.waiting if self.waits_too_long(system) else 0)


async def see(connection: Connection, version: int, directory: Directory, hour: dict[str, Counts] | None) -> Seen:
    """How everything is now. ``hour``: the figures of the last hour by system, where they were read a moment ago: with thousands of
    systems they cost more than all the rest.
    """
    glance = await at_a_glance.glance(connection, directory.system_by_id)
    now = clock.now()
    newest = await replays.listed(connection, limit=_REPLAYS)
    return Seen(
        now,
        version,
        directory,
        glance,
        standing.hubs(glance),
        standing.missing_roles(glance),
        standing.systems(glance, directory),
        standing.registers(glance),
        standing.unserved(glance),
        await deadline.overdue(connection, now),
        await partitions.incidents(connection),
        [one for one in newest if one.ended_at is None or one.ended_at > now - DAY],
        await silence.going_on(connection),
        await operator_log.newest(connection),
        (await figures.sums(connection, now - DAY, [ALL])).get(ALL, {}),
        await figures.hour_by_system(connection, now - HOUR) if hour is None else hour,
        await figures.flow(connection, now - HOUR),
        TALLY.on_time_s,
    )
