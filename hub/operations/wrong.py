"""What is wrong with one system, worst first, what to do about it and who does it: as the overview says it, of this system alone. Pure;
imports what to see to first and the catalogue.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from hub.catalogue import ids
from hub.catalogue.catalogue import catalogue
from hub.operations.concern import ORDER, Concern, Rows, Said, rows
from hub.operations.first import of_system
from hub.operations.seen import Seen
from hub.store.replayable import Group

Who = Literal["sender", "receiver", "operations", "register"]
_SHOWN: Final = 5
"""So many groups of dead notices; all of them are on the page of what is dead."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """One thing that is wrong with a system."""

    concern: Concern
    what_to_do: Said
    who: Sequence[Who]
    error: str | None
    """The id in the catalogue of errors of what is behind it: the receiver's answer, or the rule."""
    replay: Rows | None
    """Of what is dead: the dry run that would send again what failed alike."""
    said: str | None = None
    """Of what is dead: the start of what the receiver said, without what is personal or secret."""


_ITSELF: Final[Mapping[str, tuple[Said, tuple[Who, ...]]]] = {
    "paused": (
        Said(
            "Återuppta systemet när skälet är borta. Det som väntar går då, i ordning.",
            "Resume the system when the reason is gone. What waits goes then, in order.",
        ),
        ("operations",),
    ),
    "breaker": (
        Said(
            "Be mottagaren se efter om systemet är igång och nås. Hubben prövar av sig själv; svarar det igen går allt som väntar.",
            "Ask the receiver whether the system runs and is reached. The hub probes by itself; when it answers, all that waits goes.",
        ),
        ("receiver",),
    ),
    "late": (
        Said(
            "Se i kön varför den äldsta väntar. Hubben försöker av sig själv; vänta inte längre än mottagaren kan.",
            "See in the queue why the oldest waits. The hub tries by itself; do not wait longer than the receiver can.",
        ),
        ("operations", "receiver"),
    ),
    "silent": (
        Said(
            "Fråga avsändaren om systemet sänder som det ska, och se under Processer att hubben lyssnar.",
            "Ask the sender whether the system sends as it should, and see under Processes that the hub listens.",
        ),
        ("sender",),
    ),
    "refused": (
        Said(
            "Avsändaren rättar det som reglerna nedan avvisar. Börja med den som avvisar mest.",
            "The sender mends what the rules below refuse. Begin with the one that refuses most.",
        ),
        ("sender",),
    ),
    "slow": (
        Said(
            "Se vilka som kom sent. Svarar mottagaren långsamt: be den se efter varför, eller kom överens om en högre takt i katalogen.",
            "See which came late. If the receiver answers slowly: ask it why, or agree on a higher rate in the directory.",
        ),
        ("receiver", "operations"),
    ),
}
"""Kind of concern → what to do where no answer of the receiver says more, and who does it."""


def wrong(seen: Seen, system: str, dead: Sequence[Group]) -> list[Wrong]:
    """All of it. ``dead``: the groups of its dead notices, the largest first."""
    found = [one for concern in of_system(seen, system) for one in _of(seen, concern, dead)]
    return sorted(found, key=lambda one: ORDER.index(one.concern.severity))


def _of(seen: Seen, concern: Concern, dead: Sequence[Group]) -> Iterator[Wrong]:
    system = concern.system or ""
    if concern.kind == "dead":
        yield from (_group(seen, one) for one in dead[:_SHOWN])
        return
    do, who = _ITSELF[concern.kind]
    answer = seen.systems[system].last_answer
    error = None
    if concern.kind in {"breaker", "late"} and answer not in {None, "ok"} and seen.systems[system].breaker != "closed":
        error = ids.of_delivery(answer or "")
        said = catalogue()[error]
        do, who = Said(said.what_to_do.sv, said.what_to_do.en), said.who
    yield Wrong(concern, do, who, error, None)


def _group(seen: Seen, group: Group) -> Wrong:
    error = ids.of_delivery(group.answer)
    entry = catalogue()[error]
    name = seen.directory.system_by_id[group.system].name
    one = group.count == 1
    text = Said(
        f"{name}: {group.count} {'underrättelse är död' if one else 'underrättelser är döda'} ({group.answer}), och det som följer i"
        f" {'ärendet' if group.cases == 1 else f'{group.cases} ärenden'} väntar.",
        f"{name}: {group.count} {'notice is dead' if one else 'notices are dead'} ({group.answer}), and what follows in"
        f" {'the case' if group.cases == 1 else f'{group.cases} cases'} waits.",
    )
    its = {"system": group.system, "answer": group.answer}
    concern = Concern(
        "dead", "urgent", group.first_failed or group.oldest, text, group.count, group.system, rows("dead", **its)
    )
    replay = rows("replays/new", api="dead", **its)
    return Wrong(concern, Said(entry.what_to_do.sv, entry.what_to_do.en), entry.who, error, replay, group.said)
