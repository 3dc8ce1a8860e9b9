"""Pages of lists: how many rows, and where the next page begins. Imports the HTTP edge only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from pydantic import Field

from hub.routers.cases.question import Asked

Row = TypeVar("Row")


class PageAsked(Asked):
    """How much of a list, and from where; the key of a row is its number."""

    limit: int = Field(default=50, ge=1, le=200, description="The most rows.")
    after: str | None = Field(default=None, pattern=r"^[1-9][0-9]{0,17}$", description="`next` of the page before.")

    @property
    def before(self) -> int | None:
        """The number of the last row of the page before; the rows are read from below it."""
        return None if self.after is None else int(self.after)

    @property
    def above(self) -> int:
        """Of a list with the oldest first: the number of the last row of the page before, above which the rows are read."""
        return 0 if self.after is None else int(self.after)

    def cut(self, found: Sequence[Row], key: str = "id") -> tuple[list[Row], str | None]:
        """Of ``limit + 1`` rows those of this page, and its ``next``."""
        page = list(found[: self.limit])
        return page, str(getattr(page[-1], key)) if len(found) > len(page) else None
