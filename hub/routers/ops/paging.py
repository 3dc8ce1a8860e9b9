"""The pages of a list: how much of it, and from where on. Imports the HTTP edge only."""

from __future__ import annotations

from typing import TypeVar

from pydantic import Field

from hub.routers.cases.question import Asked

Row = TypeVar("Row")


class Page(Asked):
    """How much of a list."""

    limit: int = Field(default=50, ge=1, le=500, description="The most rows.")


class NumberedPage(Page):
    """How much of a list whose rows have numbers."""

    after: int = Field(default=0, ge=0, description="`next` of the page before.")


def cut(rows: list[Row], limit: int) -> tuple[list[Row], Row | None]:
    """Of one row more than was asked for: the rows of the page, and the last of them where another page follows."""
    return rows[:limit], rows[limit - 1] if len(rows) > limit else None
