"""The tables of the figures that the hub keeps of itself. Imports sqlalchemy and the metadata only."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, PrimaryKeyConstraint, SmallInteger, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

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
