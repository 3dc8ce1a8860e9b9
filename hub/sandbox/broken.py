"""The systems of the sandbox whose receivers are broken on purpose (``--broken``), so that an operator can practise: a moment after the
start they break, and their own staff mend them (``hub sandbox mend``). Imports the directory, the secrets' form and the errors only.

What a reader of a Kafka topic does is between it and the broker, and no hub sees it. So a system whose receiver is broken is told by a
webhook in that run, at an address of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, get_args

from hub.errors import Misconfigured
from hub.sandbox.children import free_port
from hub.sandbox.mine import Mine, secret
from schemas.directory import Directory, System
from schemas.ways_out import WebhookOut

How = Literal["down", "slow", "error", "refuses", "silent"]
WORDS: Final[dict[How, str]] = {
    "down": "it does not answer, as when its server has stopped",
    "slow": "it answers after four seconds",
    "error": "it answers every notice with 500",
    "refuses": "it refuses every notice with 400, so that they go dead",
    "silent": "it takes its notices and sends nothing",
}
AFTERWARDS: Final[dict[How, str]] = {
    "down": "what waits goes at its next try, or at once by: hub retry system {system} --reason …",
    "slow": "what waits goes as fast as it takes it",
    "error": "what waits goes at its next try, or at once by: hub retry system {system} --reason …",
    "refuses": "what is dead is told again by: hub dead replay --system {system}, which says first how many",
    "silent": "it sends what its people had ready",
}
"""What becomes of what waits when a receiver is mended so."""
REFUSAL: Final = "Unknown field skipped: our update of last night cannot read this notice"
"""What a receiver says that refuses."""
SLOW_S: Final = 4.0


@dataclass(slots=True)
class Broken:
    """Which systems are to be broken, and how; none by default."""

    hows: dict[str, How] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)
    """System → the port at which it listens by itself; a silent one listens with the others."""
    served: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """System → the units for which it speaks."""
    now: set[str] = field(default_factory=set)
    """Those that are broken at this moment."""
    ever: set[str] = field(default_factory=set)

    def __contains__(self, system: object) -> bool:
        return system in self.hows

    def __bool__(self) -> bool:
        return bool(self.hows)

    def in_force(self, directory: Directory) -> Directory:
        """The directory, with the systems that listen by themselves at their own addresses."""
        systems = tuple(self._system(system) if system.id in self.ports else system for system in directory.systems)
        return directory.with_systems(systems)

    def _system(self, system: System) -> System:
        url = f"http://127.0.0.1:{self.ports[system.id]}/{system.id}"
        return system.model_copy(update={"out": WebhookOut(way="webhook", url=url, secrets=(secret(system.id),))})

    @property
    def units(self) -> frozenset[str]:
        """The units of the systems that were broken in this run."""
        return frozenset(hsa for system in self.ever for hsa in self.served[system])

    def is_to_break(self, system: str) -> str:
        """What is said of it at the start."""
        return f"breaks in a moment: {WORDS[self.hows[system]]}"

    def breaks(self, system: str) -> str:
        """Note that a system is broken; what is said of it."""
        self.now.add(system)
        self.ever.add(system)
        return f"is broken: {WORDS[self.hows[system]]}. Its own staff mend it by: hub sandbox mend {system}"

    def mended(self, system: str) -> str:
        """Note that a system is well again; what is said of it."""
        self.now.discard(system)
        return f"is mended; {AFTERWARDS[self.hows[system]].format(system=system)}"

    def said(self) -> Iterator[str]:
        """Each that was broken in this run, with how, for the summary."""
        for system in sorted(self.ever):
            yield f"{system} ({self.hows[system]}, {'not mended' if system in self.now else 'mended'})"


def parsed(words: Sequence[str], directory: Directory, mine: Mine) -> Broken:
    """Read ``SYSTEM`` or ``SYSTEM=HOW`` words. Raises ``Misconfigured`` that says what is wrong with which."""
    found = Broken()
    for word in words:
        system, _, how = word.partition("=")
        if system not in directory.system_by_id:
            known = ", ".join(one.id for one in directory.systems)
            raise Misconfigured(f"--broken {word}: the sandbox has no system {system}; it has {known}")
        if how not in {"", *get_args(How)}:
            raise Misconfigured(f"--broken {word}: a receiver is broken so: {', '.join(get_args(How))}")
        if system in mine:
            raise Misconfigured(f"--broken {word}: {system} is played by you (--mine): break your own receiver")
        if system in found:
            raise Misconfigured(f"--broken {word}: {system} is given twice")
        found.hows[system] = next(one for one in get_args(How) if one == (how or "down"))
        found.served[system] = tuple(directory.system_by_id[system].units)
        if found.hows[system] != "silent":
            found.ports[system] = free_port()
    return found
