"""What happens to one patient of the demo, drawn beforehand from a seed and the stay's number: the ward's side of it.

Imports nothing of the hub. The other parties do not see it: they act on their notices.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Literal

ODD_EVERY = 5
"""Every so many admissions one is of a person about whom the registers have something else to say than «listed»."""


@dataclass(frozen=True, slots=True)
class Plot:
    """One stay, as the ward and the world will have it."""

    number: int
    consent: Literal["given", "refused", "menprovning"] = "given"
    mistake: Literal["reason", "unlicensed"] | None = None
    """``reason``: told although consent is refused (V-3); ``unlicensed``: a menprovning by one without licence (C-22)."""
    odd: bool = False
    """The registers have something else to say of the person than «listed»."""
    protected: bool = False
    """During the stay the population register marks the person as protected (C-62)."""
    by_hand: bool = False
    """Whom the registers did not find, the ward adds by hand (C-10)."""
    new_date: bool = False
    interrupted: Literal["new_date", "back"] | None = None
    """Utskrivningsklar is moved to a new date, or taken back until it is said anew (V-10)."""
    asks: bool = False
    """The ward writes a free message, which is acknowledged (C-40)."""
    edited: bool = False
    """When all have adjusted the ward changes its part, and all adjust anew (V-15)."""
    undone: bool = False
    """The discharge is undone, and sent anew the next day (V-17)."""


def plot(seed: int, number: int) -> Plot:
    """The same for the same seed and number; what must be seen even in a short run comes at fixed intervals."""
    chance = random.Random(f"{seed}/{number}")  # noqa: S311 - a demo, no secret
    if number % 13 == 0:
        return Plot(number, "refused" if number % 2 else "menprovning", "reason" if number % 2 else "unlicensed")
    if number % 9 == 0:
        return Plot(number, "refused", undone=number % 4 == 0)
    if number % 11 == 6:
        return Plot(number, protected=True, asks=True, new_date=chance.random() < 0.5)
    odd = number % ODD_EVERY == 0
    interrupted: dict[int, Literal["new_date", "back"]] = {1: "new_date", 4: "back"}
    return Plot(
        number,
        "menprovning" if number % 7 == 3 else "given",
        odd=odd,
        by_hand=odd and number % 2 == 0,
        new_date=chance.random() < 0.5,
        interrupted=interrupted.get(number % 6),
        asks=chance.random() < 0.4,
        edited=number % 12 == 7,
        undone=number % 8 == 2,
    )
