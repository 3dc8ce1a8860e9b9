"""The base class of the directory's entries. Imports pydantic only."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Entry(BaseModel):
    """Frozen; an unknown field is refused, because it is most often a misspelt one."""

    model_config = ConfigDict(frozen=True, extra="forbid")
