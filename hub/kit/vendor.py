"""The vendor's system in the world of a scenario: which units are its own, and how it is reached. Imports the world and the language."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from hub.errors import Misconfigured
from hub.scenarios import World
from hub.scenarios.part import did_you_mean
from schemas.directory import Directory, System
from schemas.ways_out import Delivery, KafkaOut, WebhookOut

Format = Literal["native", "fhir", "fhir-xml"]
_OTHERS = "-other-units"
"""What the id of a system gets that serves the units of the vendor's system which the kit plays itself."""


@dataclass(frozen=True, slots=True)
class Connected:
    """How the kit and the vendor's system reach each other."""

    out: WebhookOut | KafkaOut
    format: Format
    token: str
    """The bearer token with which the vendor's system calls the kit."""
    delivery: Delivery


@dataclass(frozen=True, slots=True)
class Cast:
    """A world in which one system is the vendor's, and all others are played by the kit."""

    world: World
    system: System
    """The vendor's, as the directory has it."""

    @property
    def units(self) -> tuple[str, ...]:
        """The HSA-ids of the units that the vendor's system plays."""
        return self.system.units

    def __contains__(self, short: str) -> bool:
        """Whether a unit, by its short name, is the vendor's."""
        return self.world.names.get(short) in self.system.units


def units_of(world: World, played: str) -> tuple[str, tuple[str, ...]]:
    """(system, units) that a system's id, or a unit's short name or HSA-id, stands for. Raises ``Misconfigured``."""
    directory = world.directory
    if (system := directory.system_by_id.get(played)) is not None:
        return system.id, system.units
    unit = world.names.get(played, played)
    if unit in directory.system_of:
        return directory.system_of[unit], (unit,)
    units = [short for short, hsa in world.names.items() if hsa in directory.system_of]
    near = did_you_mean(played, [*units, *directory.system_by_id])
    raise Misconfigured(
        f"--as {played}: the scenarios' world has no such unit or system{near or '.'} Its units are {', '.join(units)}; its systems are"
        f" {', '.join(directory.system_by_id)}. The systems of `hub sandbox` have other names and are not in it. `hub kit list` shows"
        " who plays in a suite."
    )


def cast(world: World, played: str, connected: Connected) -> Cast:
    """The world with the vendor's system in it. Where it plays one unit of a system with more, the kit plays the others, as a
    system of their own. Raises ``Misconfigured``.
    """
    id_, units = units_of(world, played)
    found = world.directory.system_by_id[id_]
    vendors = found.model_dump() | {
        "units": units,
        "ways_in": ("kafka", "http"),
        "token_sha256": (hashlib.sha256(connected.token.encode()).hexdigest(),),
        "out": connected.out.model_dump(),
        "format": connected.format,
        "delivery": connected.delivery.model_dump(),
    }
    systems = [vendors if system.id == id_ else system.model_dump() for system in world.directory.systems]
    if left := [unit for unit in found.units if unit not in units]:
        systems.append(found.model_dump() | {"id": id_[: 40 - len(_OTHERS)] + _OTHERS, "units": left})
    directory = Directory.model_validate(world.directory.model_dump() | {"systems": systems})
    return Cast(world.model_copy(update={"directory": directory}), directory.system_by_id[id_])


def short_names(world: World, units: Sequence[str]) -> str:
    """Units as people name them."""
    return ", ".join(world.short(unit) for unit in units)
