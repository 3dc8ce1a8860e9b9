"""The plan of one stay in the demo, drawn from a seed and the stay's number. Imports nothing of the hub.

Only the ward knows the plan; the other parties act on their notices.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Literal

ODD_EVERY = 5
"""One of so many admissions is of a person for whom the registers answer something else than «listed»."""


@dataclass(frozen=True, slots=True)
class StayPlan:
    """What the ward does in one stay, and what happens in the registers."""

    number: int
    consent: Literal["given", "refused", "menprovning"] = "given"
    mistake: Literal["reason", "unlicensed"] | None = None
    """``reason``: sent although consent is refused (V-3); ``unlicensed``: a menprovning by a person without licence (C-22)."""
    odd: bool = False
    """The registers answer something else than «listed»."""
    protected: bool = False
    """During the stay the population register marks the person as protected (C-62)."""
    by_hand: bool = False
    """The ward adds the units that the registers did not find (C-10)."""
    new_date: bool = False
    interrupted: Literal["new_date", "back"] | None = None
    """Utskrivningsklar is moved to a new date, or taken back and sent again (V-10)."""
    asks: bool = False
    """The ward writes a free message, which is acknowledged (C-40)."""
    edited: bool = False
    """After all have adjusted, the ward changes its part, and all adjust again (V-15)."""
    undone: bool = False
    """The discharge is undone, and sent again the next day (V-17)."""


def plan(seed: int, number: int) -> StayPlan:
    """The plan for a seed and a number, always the same; what a short run must show comes at fixed intervals."""
    chance = random.Random(f"{seed}/{number}")  # noqa: S311 - a demo, no secret
    if number % 13 == 0:
        return StayPlan(number, "refused" if number % 2 else "menprovning", "reason" if number % 2 else "unlicensed")
    if number % 9 == 0:
        return StayPlan(number, "refused", undone=number % 4 == 0)
    if number % 11 == 6:
        return StayPlan(number, protected=True, asks=True, new_date=chance.random() < 0.5)
    odd = number % ODD_EVERY == 0
    interrupted: dict[int, Literal["new_date", "back"]] = {1: "new_date", 4: "back"}
    return StayPlan(
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
