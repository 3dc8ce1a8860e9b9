"""A page of what waits to be sent, or to be asked of a register. Imports the operations and the HTTP edge."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime

from pydantic import BaseModel, Field

from hub.operations import register_words
from hub.operations.queued import Queued
from hub.routers.ops.pages import PageAsked
from schemas.messages import BilingualText


class Before(BaseModel):
    """The notice that another one stands behind."""

    sequence: int
    source: str
    message: str = Field(description="The id of the message.")
    dead: bool


class QueuedNotice(BaseModel):
    """A row that is not sent yet."""

    id: int
    kind: str
    name: str = Field(description="The message's name; of what is no notice its kind.")
    case_id: str | None
    sequence: int | None
    source: str
    message: str = Field(description="The id of the message.")
    accepted_at: datetime
    next_try_at: datetime | None = Field(
        description="When it is tried next by itself; of a spared system not before its probe. Null before the first attempt, behind"
        " another notice, and for a paused system."
    )
    attempts: int
    answer: str | None
    said: BilingualText | None = Field(description="Of a question to the registers: the answer in words.")
    error: str | None = Field(description="The answer's id in the error catalogue; null before the first attempt.")
    behind: bool = Field(description="It waits for a dead one of its case.")
    why: BilingualText = Field(description="Why it is not sent yet.")
    before: Before | None = Field(description="The notice of its case that it stands behind.")


class Queue(BaseModel):
    """A page of what waits, in the order of writing."""

    rows: list[QueuedNotice]
    next: str | None


def cut(asked: PageAsked, found: Sequence[Queued], error_of: Callable[[str], str]) -> Queue:
    """The page of ``limit + 1`` rows. ``error_of``: an answer's id in the error catalogue."""
    page, following = asked.cut([_row(one, error_of) for one in found])
    return Queue(rows=page, next=following)


def _row(one: Queued, error_of: Callable[[str], str]) -> QueuedNotice:
    error = None if one.row.answer is None else error_of(one.row.answer)
    row = asdict(one.row)
    del row["due_at"]
    before, why = one.why.before, BilingualText(sv=one.why.sv, en=one.why.en)
    in_words = register_words.answer(one.row.answer) if one.row.answer and one.row.kind == "lookup" else None
    return QueuedNotice(
        **row,
        said=None if in_words is None else BilingualText(sv=in_words.sv, en=in_words.en),
        error=error,
        why=why,
        next_try_at=one.why.next_try,
        before=before
        and Before(
            sequence=before["sequence"],
            source=before["source"],
            message=before["message"],
            dead=before["state"] == "dead",
        ),
    )
