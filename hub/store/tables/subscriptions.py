"""The tables of FHIR Subscriptions and their numbered events. Imports sqlalchemy and the metadata only."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from hub.store.tables.metadata import NOW, TIME, metadata

subscription = Table(
    "subscription",
    metadata,
    Column("id", Text, primary_key=True),
    Column("system", Text, nullable=False),
    Column("base", Text, nullable=False),
    Column("content", JSONB, nullable=False),
    Column("kinds", ARRAY(Text)),
    Column("status", Text, nullable=False),
    Column("verified", Boolean, nullable=False, server_default=text("false")),
    Column("fault", Text),
    Column("revision", BigInteger, nullable=False, server_default=text("0")),
    Column("events", BigInteger, nullable=False, server_default=text("0")),
    Column("ends_at", TIME),
    Column("due_at", TIME),
    Column("updated_at", TIME, nullable=False, server_default=NOW),
    CheckConstraint("status IN ('requested', 'active', 'error', 'off')", name="subscription_status"),
    Index("subscription_of_system", "system"),
    Index("subscription_due", "due_at", postgresql_where=text("due_at IS NOT NULL")),
)
"""What a system has asked for. ``kinds``: the kinds of notices, all when null. ``verified``: its endpoint has answered the handshake.
``revision``: how often the system has changed it. ``events``: the number of its newest event. ``due_at``: when a handshake or a
heartbeat is to be sent.
"""

subscription_event = Table(
    "subscription_event",
    metadata,
    Column("subscription", Text, ForeignKey("subscription.id", ondelete="CASCADE"), nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("notice", BigInteger, nullable=False),
    PrimaryKeyConstraint("subscription", "number", name="subscription_event_number"),
    UniqueConstraint("subscription", "notice", name="subscription_event_notice"),
)
"""The events of a Subscription: each notice has one number, the same at every attempt. ``notice``: the number in ``out-4711``."""
