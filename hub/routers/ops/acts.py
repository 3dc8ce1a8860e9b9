"""What every act of operations says, and how the parts of its address are read. Imports the HTTP edge only."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from hub.routers.cases.question import Asked


class WithReason(Asked):
    """An act, which says why."""

    reason: str = Field(description="Why, in words that name no person: it stands in the trail, with who did it.")


def _without_nul(text: str) -> str:
    if "\0" in text:  # no text of the database's holds it
        raise PydanticCustomError("string_unicode", "a NUL")
    return text


Number = Annotated[int, Path(ge=1, lt=2**63, description="Its number, as the list has it.")]
Named = Annotated[str, AfterValidator(_without_nul), Path(max_length=300)]
SystemId = Annotated[str, AfterValidator(_without_nul), Path(max_length=40, description="The system's id.")]
