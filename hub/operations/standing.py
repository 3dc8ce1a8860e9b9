"""How everything stands, as the command line's status and the operations API say it: the hubs, who delivers to which system, the registers,
what waits for units without a system. Pure; imports the plain rows of the store and the language.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

from hub.intake.told_numbers import waiting_unit
from hub.roles import NOT_DONE, ROLES, Role
from hub.store.at_a_glance import Glance
from hub.store.outbox import LOOKUPS
from hub.store.running_hubs import FORGOTTEN, RunningHub
from hub.store.why_waiting import Pause
from schemas.directory import Directory

_NOT_NOW: Final = frozenset({"VP008", "VP009", "http-408", "http-429"})
_A_WHILE: Final = timedelta(minutes=1)
_AGAIN: Final = timedelta(seconds=10)
"""A register is down when it has failed for a while, and so long after it first failed it failed again."""
_REPLACED_SHOWN: Final = timedelta(minutes=10)
"""So long after its last word a silent process is shown whose work the others have: who comes to see what happened finds it."""
_UNHEARD: Final = timedelta(seconds=5)
"""So long after its last word nobody claims that a process is ready. Its event loop may be held for as long (``HUB_KAFKA_SESSION_S``)."""
_NEVER: Final = datetime.min.replace(tzinfo=UTC)
_BREAKERS: Final = ("closed", "half-open", "open")


@dataclass(frozen=True, slots=True)
class HubStanding:
    """One process of the hub."""

    hub: str
    port: int
    last_said: datetime
    state: Literal["ready", "not ready", "not heard", "silent"]
    """``not heard``: it says something every second, and has not for five; nothing is to be done yet, since it may be busy, and where it
    stands still the others have its work after ten seconds. ``silent`` after fifteen.
    """
    faults: list[str]
    """The checks of readiness that fail."""
    directory: int
    """The version of the directory that it goes by."""
    roles: list[str]
    shards: int
    """How many parts of the cases are its own, as the database has it and not as the process last said."""
    asks_registers: bool
    """Of all processes at most one does."""
    replaced: bool
    """It is silent, others have its shards and each of its roles: nothing waits for it, and there is nothing to do."""
    shown_until: datetime | None
    """Of a silent one: then it is shown no more."""


def hubs(now: Glance) -> list[HubStanding]:
    """All processes that have said something within the last hour and have not stopped in order; one that others have replaced is left
    out after ten minutes.
    """
    done = _roles_done(now)
    asking = _who_asks(now)
    found = []
    for hub in now.hubs:
        replaced = hub.silent and not hub.owned and bool(done) and done.issuperset(_roles(hub))
        shown = _REPLACED_SHOWN if replaced else FORGOTTEN
        if hub.silent and hub.silent_for > shown:
            continue
        faults = [f"{name} {state}" for name, state in hub.state["checks"].items() if state != "ok"]
        found.append(
            HubStanding(
                hub.id,
                hub.state["port"],
                hub.at,
                "silent"
                if hub.silent
                else "not heard"
                if hub.silent_for > _UNHEARD
                else "not ready"
                if faults
                else "ready",
                faults,
                hub.state["directory"],
                _roles(hub),
                hub.owned,
                hub is asking,
                replaced,
                hub.at + shown if hub.silent else None,
            )
        )
    return found


def _roles(hub: RunningHub) -> list[str]:
    found: list[str] = hub.state.get("roles", [])  # a hub of an older version says none
    return found


def _roles_done(now: Glance) -> set[str]:
    """The roles that running processes have."""
    return {role for hub in now.hubs if not hub.silent for role in _roles(hub)}


def _who_asks(now: Glance) -> RunningHub | None:
    """Who asks the registers: of several that say so the one that said it last, since another may just have died."""
    asking = [hub for hub in now.hubs if not hub.silent and hub.state["asks_registers"]]
    return max(asking, key=lambda hub: hub.at, default=None)


@dataclass(frozen=True, slots=True)
class MissingRole:
    """A role that no running process has, and what is not done for that."""

    role: Role
    not_done: str


def missing_roles(now: Glance) -> list[MissingRole]:
    """The roles that no running process has."""
    return [MissingRole(role, NOT_DONE[role]) for role in sorted(ROLES.difference(_roles_done(now)))]


@dataclass(frozen=True, slots=True)
class SystemStanding:
    """How the delivery to one system stands."""

    system: str
    hub: str | None
    """The process that delivers to it; of several the one with most trouble. None: nobody does."""
    waiting: int
    dead: int
    oldest: datetime | None
    """When the oldest that waits was accepted."""
    paused: Pause | None
    breaker: str
    """closed · half-open · open."""
    breaker_since: datetime | None
    """Of several processes that have trouble with it since the first of them had: one that came later knows of nothing earlier."""
    breaker_until: datetime | None
    """Then it lets a probe pass."""
    last_answer: str | None
    answered: datetime | None
    dead_since: datetime | None = None
    """When the oldest that is dead was tried last."""


def systems(now: Glance, directory: Directory) -> dict[str, SystemStanding]:
    """Each system of the directory."""
    lanes = _worst_lanes(now)
    somebody = next((hub.id for hub in now.hubs if not hub.silent and hub.owned), None)
    found = {}
    for id_ in directory.system_by_id:
        waiting = now.backlog.get(id_)
        hub, lane = lanes.get(id_, (somebody, {}))
        found[id_] = SystemStanding(
            id_,
            hub,
            waiting.waiting if waiting else 0,
            waiting.dead if waiting else 0,
            waiting.oldest if waiting else None,
            now.pauses.get(id_),
            lane.get("breaker", "closed"),
            _read(lane.get("since")),
            _read(lane.get("until")),
            lane.get("answer"),
            _read(lane.get("answered")),
            waiting.dead_since if waiting else None,
        )
    return found


def _worst_lanes(now: Glance) -> dict[str, tuple[str, dict[str, Any]]]:
    """System → of the processes that send to it, the one that has most trouble with it, or had its answer last."""
    found: dict[str, tuple[str, dict[str, Any]]] = {}
    for hub in now.hubs:
        if not hub.silent and hub.owned:
            for id_, lane in hub.state["lanes"].items():
                before = found.get(id_, (hub.id, lane))
                worse = (hub.id, lane) if _trouble(lane) > _trouble(before[1]) else before
                found[id_] = worse[0], worse[1] | _since_the_first(lane, before[1])
    return found


def _since_the_first(*lanes: dict[str, Any]) -> dict[str, str]:
    """Since when the first of the processes has had trouble, where any has."""
    troubled = [lane["since"] for lane in lanes if lane.get("since") and lane.get("breaker", "closed") != "closed"]
    return {"since": min(troubled)} if troubled else {}


def _trouble(lane: dict[str, Any]) -> tuple[int, str]:
    return _BREAKERS.index(lane.get("breaker", "closed")), lane.get("answered", "")


def _read(written: str | None) -> datetime | None:
    return None if written is None else datetime.fromisoformat(written)


@dataclass(frozen=True, slots=True)
class LookupsWaiting:
    """Questions to the registers that wait."""

    count: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class RegisterStanding:
    """What a register last answered, to whichever process asked it last."""

    answered: datetime | None
    failed: datetime | None
    reason: str | None
    """What the last failure was."""
    failing_since: datetime | None
    """Since when no question had an answer; None where the last one had."""

    @property
    def refuses(self) -> bool:
        """Whether it said no to us, which no later try mends (``soap_client.Parked``), and not that it could not answer now."""
        said = self.reason or ""
        return said not in _NOT_NOW and said.startswith(("VP", "client-fault", "http-4"))

    def is_down(self, at: datetime) -> bool:
        """Whether there is something to see to: it has failed for a while, and again. A single question that had no answer, or that one
        region's register refused, says nothing yet: others are asked within seconds.
        """
        if self.failing_since is None or self.failed is None:
            return False
        return self.failed - self.failing_since >= _AGAIN and at - self.failing_since > _A_WHILE


@dataclass(frozen=True, slots=True)
class RegistersStanding:
    """The national registers."""

    set: bool | None
    """Whether any are set; None while no hub runs."""
    asked_by: str | None
    waiting: dict[str, LookupsWaiting]
    contracts: dict[str, RegisterStanding]


def registers(now: Glance) -> RegistersStanding:
    """What is asked, by whom, and what was last answered: to the process that asks, or to one that asked before it."""
    awake = [hub for hub in now.hubs if not hub.silent]
    asking = _who_asks(now)
    waiting = {name: now.backlog[name] for name in LOOKUPS if name in now.backlog}
    return RegistersStanding(
        any(hub.state.get("has_registers", True) for hub in awake) if awake else None,
        None if asking is None else asking.id,
        {name.removeprefix("hub-"): LookupsWaiting(one.waiting, one.oldest) for name, one in waiting.items()},
        _contracts(now),
    )


def _contracts(now: Glance) -> dict[str, RegisterStanding]:
    """Contract → how it stands, as the process that asked it last says; it may have been answered before by another."""
    said: dict[str, list[RegisterStanding]] = {}
    for hub in now.hubs:
        for name, one in hub.state["registers"].items():
            its = RegisterStanding(
                _read(one.get("answered")), _read(one.get("failed")), one.get("reason"), _read(one.get("failing_since"))
            )
            said.setdefault(name, []).append(its)
    found = {}
    for name, each in said.items():
        last = max(each, key=lambda one: max(filter(None, (one.answered, one.failed)), default=_NEVER))
        answered = max((one.answered for one in each if one.answered is not None), default=None)
        found[name] = replace(last, answered=answered)
    return found


def unserved(now: Glance) -> dict[str, int]:
    """Unit without a system → how many notices wait for it."""
    return {unit: one.waiting for system, one in now.backlog.items() if (unit := waiting_unit(system)) and one.waiting}
