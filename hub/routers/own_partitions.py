"""Which keys of the topics in come to this process, so that it opens its cases under such ids. Imports nothing of the hub.

A system sends what concerns a case with the case's id as key, and most clients choose the partition by the same hash of the key:
Java's murmur2. A process that opens a case under an id whose partition it reads is the one that later decides what comes in the
case, and tells of it from memory; another process would have to leave its rows in the table for the owner of the case's shard.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Callable, Collection, Mapping

_M, _R, _MASK = 0x5BD1E995, 24, 0xFFFFFFFF
_SEED = 0x9747B28C


class OwnPartitions:
    """The partitions that this process reads, by number: those of one number in all topics go to one process as long as each topic has
    so many that the processes can share them equally.
    """

    def __init__(self) -> None:
        self._count = 0
        """Partitions that most of the topics with several have."""
        self._own: frozenset[int] = frozenset()
        """The numbers, of at least half of those topics, that this process reads; none: there is no telling."""

    def look(self, assigned: Collection[tuple[str, int]], partitions: Mapping[str, int]) -> None:
        """Note what the group has given this process: (topic, partition). ``partitions``: topic → how many it has."""
        several = Counter(number for number in partitions.values() if number > 1)
        self._count = max(several, key=lambda number: (several[number], number), default=0)
        read = Counter(number for topic, number in assigned if partitions.get(topic) == self._count)
        self._own = frozenset(number for number, topics in read.items() if 2 * topics >= several[self._count])

    def of_keys(self, beginning: str) -> Callable[[str], bool] | None:
        """Whether the key of this beginning and a given end comes here; None where any may. Both are ASCII, of whole blocks of four
        characters, and the end is one block.
        """
        if not self._own or len(self._own) == self._count:
            return None
        own, count = self._own, self._count
        before = _of_blocks(_SEED ^ (len(beginning) + 4), beginning.encode())
        return lambda end: (_mixed(_of_blocks(before, end.encode())) & 0x7FFFFFFF) % count in own


def _of_blocks(state: int, data: bytes) -> int:
    """The state of murmur2 (Kafka's ``Utils.murmur2``) after these blocks of four bytes."""
    for (block,) in struct.iter_unpack("<I", data):
        mixed = block * _M & _MASK
        state = (state * _M & _MASK) ^ ((mixed ^ mixed >> _R) * _M & _MASK)
    return state


def _mixed(state: int) -> int:
    state = (state ^ state >> 13) * _M & _MASK
    return state ^ state >> 15
