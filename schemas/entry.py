"""What every entry of the directory has in common. Imports pydantic only."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Entry(BaseModel):
    """Frozen; a field that is unknown is refused, for it is most often one that was misspelt."""

    model_config = ConfigDict(frozen=True, extra="forbid")
