"""The connected systems as operations sees them: each with its trouble, its figures and what it is entitled to. Imports what is seen, what
is wrong, the figures, the credentials and the store.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

from hub.operations import credentials
from hub.operations.concern import Rows, late_rows, rows
from hub.operations.credentials import ListedCredential
from hub.operations.figures import Delivered, Times, delivered, failed, times, under
from hub.operations.seen import DAY, Seen
from hub.operations.silence import usual_of
from hub.operations.standing import SystemStanding
from hub.operations.wrong import Wrong, wrong
from hub.store import figures, of_system, replayable, silence, subscriptions
from hub.store.figures import Counts
from hub.store.of_system import Heard
from hub.store.silence import Silence
from hub.store.transaction import Store
from schemas.directory import Directory, System
from schemas.swedish_time import local_day
from schemas.ways_out import SubscriptionOut, address

Trouble = Literal["dead", "paused", "breaker", "late", "waiting", "refused", "slow", "silent", "unreached"]
"""``waiting`` by itself is no fault; ``late``: its oldest notice has waited longer than is on time (``Seen.is_late``); ``refused`` and
``slow``: so many of the hour's messages were refused, or notices late, that the overview names it (``Seen.refuses_many``,
``Seen.is_slow``); ``unreached``: no process delivers to it.
"""
NO_FAULT: Final[frozenset[Trouble]] = frozenset({"waiting"})


@dataclass(frozen=True, slots=True)
class WantedSystems:
    """Which systems are asked for."""

    trouble: Trouble | Literal["any"] | None = None
    text: str = ""
    """Part of the id or the name."""
    way: str | None = None
    organisation: str | None = None
    region: str | None = None


@dataclass(frozen=True, slots=True)
class SystemRows:
    """Where the rows of a system's figures of a time are."""

    received: Rows
    refused: Rows
    sent: Rows
    late: Rows


def _rows(id_: str, since: datetime) -> SystemRows:
    moment = since.isoformat()
    return SystemRows(
        rows("messages", from_system=id_, since=moment),
        rows("messages", from_system=id_, outcome="refused", since=moment),
        rows("messages", to_system=id_, outcome="sent", sent_since=moment),
        late_rows(since, id_),
    )


@dataclass(frozen=True, slots=True)
class SystemRow:
    """One system in the list."""

    standing: SystemStanding
    name: str
    organisation: str
    region: str
    way: str
    """Its way out."""
    format: str
    trouble: list[Trouble]
    hour: Delivered
    received: int
    """Within the hour, as the next."""
    refused: int
    last_received: datetime | None
    last_acknowledged: datetime | None
    queue: Rows
    dead: Rows
    rows: SystemRows
    """Of the hour's figures."""


@dataclass(frozen=True, slots=True)
class SystemPage:
    """Systems in the order of their ids."""

    rows: list[SystemRow]
    next: str | None
    count: int
    """How many there are in all by this filter."""
    of: int
    """How many systems are connected."""
    waiting: int
    """How many notices wait for all of them that fit."""
    dead: int


def troubles(seen: Seen, id_: str) -> list[Trouble]:
    """What there is to say of a system."""
    one = seen.systems[id_]
    said: Mapping[Trouble, bool] = {
        "dead": one.dead > 0,
        "paused": one.paused is not None,
        "breaker": one.breaker != "closed",
        "late": seen.is_late(id_),
        "waiting": one.waiting > 0,
        "refused": seen.refuses_many(id_),
        "slow": seen.is_slow(id_),
        "silent": id_ in seen.silences,
        "unreached": one.hub is None and one.waiting > 0,
    }
    return [name for name, is_so in said.items() if is_so]


async def page(store: Store, seen: Seen, wanted: WantedSystems, after: str | None, limit: int) -> SystemPage:
    """A page of the systems that are asked for."""
    directory = seen.directory
    found = {id_: troubles(seen, id_) for id_ in sorted(seen.systems)}
    is_wanted = _filter(directory, wanted)
    ids = [id_ for id_, its in found.items() if is_wanted(directory.system_by_id[id_], its)]
    shown = [id_ for id_ in ids if after is None or id_ > after][: limit + 1]
    async with store.transaction() as connection:
        heard = await of_system.heard(connection, shown[:limit])
    return SystemPage(
        [_row(seen, id_, found[id_], heard[id_]) for id_ in shown[:limit]],
        shown[limit - 1] if len(shown) > limit else None,
        len(ids),
        len(found),
        sum(seen.systems[id_].waiting for id_ in ids),
        sum(seen.systems[id_].dead for id_ in ids),
    )


def _filter(directory: Directory, wanted: WantedSystems) -> Callable[[System, list[Trouble]], bool]:
    text = wanted.text.casefold()

    def check(system: System, its: list[Trouble]) -> bool:
        organisation = directory.organisation_by_nr[system.organisation]
        return (
            (
                wanted.trouble is None
                or wanted.trouble in its
                or (wanted.trouble == "any" and not NO_FAULT.issuperset(its))
            )
            and (not text or text in system.id or text in system.name.casefold())
            and wanted.way in {None, system.out.way}
            and wanted.organisation in {None, system.organisation}
            and wanted.region in {None, organisation.region}
        )

    return check


def _row(seen: Seen, id_: str, its: list[Trouble], heard: Heard) -> SystemRow:
    system, hour = seen.directory.system_by_id[id_], seen.hour.get(id_, {})
    organisation = seen.directory.organisation_by_nr[system.organisation]
    return SystemRow(
        seen.systems[id_],
        system.name,
        organisation.name,
        organisation.region,
        system.out.way,
        system.format,
        its,
        delivered(hour, seen.not_there(id_)),
        hour.get("received", 0),
        hour.get("refused", 0),
        heard.received,
        heard.acknowledged,
        rows(f"systems/{id_}/queue"),
        rows("dead", system=id_),
        _rows(id_, seen.hour_since),
    )


@dataclass(frozen=True, slots=True)
class Refusals:
    """What one rule refused of a system within 24 hours."""

    rule: str
    count: int
    example: str | None
    """The id of the last message that it refused."""
    at: datetime | None
    rows: Rows


@dataclass(frozen=True, slots=True)
class UnitRoles:
    """A unit for which the system speaks, and the roles that act for it, each with what it answers for in which step."""

    unit: str
    name: str
    party: str
    roles: dict[str, dict[str, list[str]]]


@dataclass(frozen=True, slots=True)
class Day:
    """What a system did within 24 hours."""

    received: int
    accepted: int
    refused: int
    held: int
    repeated: int
    reused: int
    """Of the refused: those that bore the id of another message, which alone is kept."""
    delivered: Delivered
    attempts: dict[str, int]
    """By outcome: ok, retry (tried again), receiver (refused for reasons of the receiver's own), dead, gone, kept (nobody to send to)."""
    failed: int
    times: Times
    """From accepted to sent."""
    rows: SystemRows


@dataclass(frozen=True, slots=True)
class UsualWeek:
    """What the system usually sends, learnt from its last eight weeks."""

    known: bool
    """False while fewer than three weeks of it are known: it is not judged then."""
    rates: list[list[float | None]]
    """Messages in each hour of Monday … Sunday, and of a red day; None where too little is known."""


@dataclass(frozen=True, slots=True)
class OwnSubscription:
    """A FHIR Subscription that the system has made."""

    id: str
    status: str
    verified: bool
    fault: str | None
    events: int
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class SystemDetail:
    """All that operations is shown of one system; nothing of its secrets."""

    system: SystemRow
    wrong: list[Wrong]
    """What is wrong with it, worst first, what to do about it and who does it."""
    day: Day
    refusals: list[Refusals]
    credentials: list[ListedCredential]
    rotating: list[str]
    """The kinds of which two are valid now."""
    ways_in: list[str]
    address: str | None
    """Where the hub calls it."""
    delivery: dict[str, Any]
    """The limits of its delivery."""
    units: list[UnitRoles]
    subscriptions: list[OwnSubscription]
    usual: UsualWeek
    silences: list[Silence]
    """When it sent less than is usual, the newest first."""
    messages: Rows
    trail: Rows
    hubs: list[str] = field(default_factory=list)
    """The processes that deliver to it: those that own parts of the cases."""


async def detail(store: Store, seen: Seen, applied: Directory, id_: str) -> SystemDetail:
    """One system. ``applied``: the directory without what rotation has changed."""
    system = seen.directory.system_by_id[id_]
    async with store.transaction() as connection:
        heard = await of_system.heard(connection, [id_])
        dead = await replayable.groups(connection, id_) if seen.systems[id_].dead else []
        day = (await figures.sums(connection, seen.at - DAY, [id_])).get(id_, {})
        examples = await figures.examples(connection, id_)
        known = await credentials.listed(connection, applied.system_by_id[id_])
        weeks = await usual_of(connection, system, local_day(seen.at))
        silences = await silence.of_system(connection, id_)
        own = await subscriptions.of_system(connection, id_) if isinstance(system.out, SubscriptionOut) else []
    kinds = [one.kind for one in known if one.since <= seen.at]
    return SystemDetail(
        _row(seen, id_, troubles(seen, id_), heard[id_]),
        wrong(seen, id_, dead),
        _day(day, seen.not_there(id_), _rows(id_, seen.day_since)),
        list(_refusals(id_, day, examples, seen.day_since)),
        known,
        sorted({kind for kind in kinds if kinds.count(kind) > 1}),
        list(system.ways_in),
        address(system.out),
        system.delivery.model_dump(mode="json"),
        [_unit(seen.directory, hsa) for hsa in system.units],
        [OwnSubscription(one.id, one.status, one.verified, one.fault, one.events, one.updated_at) for one in own],
        UsualWeek(any(None not in kind for kind in weeks.rates[:7]), [list(kind) for kind in weeks.rates]),
        silences,
        rows("messages", system=id_),
        rows("trail", target=id_),
        [one.hub for one in seen.hubs if one.shards and one.state != "silent"],
    )


def _day(day: Counts, behind: int, where: SystemRows) -> Day:
    received, accepted, refused, held, repeated = (
        day.get(name, 0) for name in ("received", "accepted", "refused", "held", "repeated")
    )
    return Day(
        received,
        accepted,
        refused,
        held,
        repeated,
        refused - sum(under(day, "refused/").values()),
        delivered(day, behind),
        under(day, "attempt/"),
        failed(day),
        times(day),
        where,
    )


def _refusals(
    id_: str, day: Counts, examples: Mapping[str, tuple[str, datetime]], since: datetime
) -> Iterator[Refusals]:
    for rule, count in under(day, "refused/").items():
        message, at = examples.get(rule, (None, None))
        where = rows("messages", from_system=id_, outcome="refused", rule=rule, since=since.isoformat())
        yield Refusals(rule, count, message, at, where)


def _unit(directory: Directory, hsa: str) -> UnitRoles:
    unit = directory.unit_by_hsa[hsa]
    roles = {
        role: {str(step): [str(duty) for duty in its] for step, its in steps.items()}
        for role, steps in unit.roles.items()
    }
    return UnitRoles(hsa, unit.name, unit.party, roles)
