"""What every act of operations says, and how the parts of its address are read. Imports the HTTP edge only."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path
from pydantic import Field

from hub.routers.cases.question import Asked


class WithReason(Asked):
    """An act, which says why."""

    reason: str = Field(description="Why, in words that name no person: it stands in the trail, with who did it.")


Number = Annotated[int, Path(ge=1, lt=2**63, description="Its number, as the list has it.")]
Named = Annotated[str, Path(max_length=300)]
