"""Which class makes which fault. Imports the faults."""

from __future__ import annotations

from typing import Final

from hub.kit.faults.answers import Busy, Lost
from hub.kit.faults.fault import KitFault, Means
from hub.kit.faults.notices import Doubled, Late, Reordered, Skipped, UnknownField
from hub.kit.faults.protected import Protected
from hub.kit.faults.signatures import Clock, Forged, Rotated

CLASSES: Final[dict[str, type[KitFault]]] = {
    one.name: one
    for one in (Late, Doubled, Reordered, Lost, Busy, UnknownField, Skipped, Rotated, Forged, Clock, Protected)
}


def make(name: str, means: Means) -> KitFault:
    """The fault, for one scenario."""
    return CLASSES[name](means)
