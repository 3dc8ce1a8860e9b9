"""The broker of the simulation: a topic for each sender, read by one process at a time, from what was committed."""

from __future__ import annotations

from schemas.directory import System
from tests.simulate.loop import Process


class Topic:
    def __init__(self, system: System) -> None:
        self.system = system
        self.records: list[bytes] = []
        self.committed = 0
        self.owner: Process | None = None
        self.generation = 0

    def give_to(self, process: Process | None) -> None:
        """The group gives the topic to another reader; what the former one commits from now on is refused."""
        self.owner = process
        self.generation += 1

    def commit(self, generation: int, offset: int) -> None:
        if generation == self.generation:
            self.committed = offset

    @property
    def read(self) -> bool:
        return self.committed >= len(self.records)
