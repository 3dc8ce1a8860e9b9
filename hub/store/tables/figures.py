"""The tables of the figures that the hub keeps of itself. Imports sqlalchemy and the metadata only."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    Double,
    Identity,
    Index,
    Integer,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from hub.store.tables.metadata import NOW, TIME, metadata

figures = Table(
    "figures",
    metadata,
    Column("system", Text, nullable=False),
    Column("step", SmallInteger, nullable=False),
    Column("at", TIME, nullable=False),
    Column("counts", JSONB, nullable=False),
    PrimaryKeyConstraint("system", "step", "at", name="figures_key"),
    CheckConstraint("step IN (1, 15)", name="figures_step"),
    Index("figures_at", "step", "at"),
)
"""What a system did in the minutes (``step``) from a moment on, as sums by name (``hub.tally``); with an empty system everything together.
Minutes are kept for a day, quarters of an hour for 14 days.
"""

refused_example = Table(
    "refused_example",
    metadata,
    Column("system", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("at", TIME, nullable=False, server_default=NOW),
    PrimaryKeyConstraint("system", "rule", name="refused_example_key"),
)
"""The last message of a system that a rule refused."""

heard = Table(
    "heard",
    metadata,
    Column("system", Text, nullable=False),
    Column("day", Date, nullable=False),
    Column("hours", ARRAY(Integer), nullable=False),
    PrimaryKeyConstraint("system", "day", name="heard_key"),
    CheckConstraint("array_length(hours, 1) = 24", name="heard_hours"),
    Index("heard_day", "day"),
)
"""How many messages of a system came in each hour of a Swedish day; under ``:kafka`` and ``:http`` in how many minutes of each hour the hub
listened there. Kept for the weeks from which it is learnt what is usual.
"""

silence = Table(
    "silence",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("system", Text, nullable=False),
    Column("since", TIME, nullable=False),
    Column("noticed_at", TIME, nullable=False),
    Column("expected", Double, nullable=False),
    Column("heard", Integer, nullable=False),
    Column("ended_at", TIME),
    Column("ended", Text),
    CheckConstraint(
        "(ended_at IS NULL) = (ended IS NULL) AND ended IN ('heard', 'usual', 'left')", name="silence_ended"
    ),
    Index("silence_open", "system", unique=True, postgresql_where=text("ended_at IS NULL")),
    Index("silence_of", "system", "id"),
)
"""When a system sent less than is usual: one row from when it was noticed to when it was over, whichever hub noticed."""
