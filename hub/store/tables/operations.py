"""The tables of the directory, the registers' answers, the topics and the trail of operations. Imports sqlalchemy and the
metadata only.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Identity,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSON, JSONB, UUID

from hub.store.tables.metadata import NOW, TIME, metadata

directory_version = Table(
    "directory_version",
    metadata,
    Column("version", Integer, Identity(always=True), primary_key=True),
    Column("applied_at", TIME, nullable=False, server_default=NOW),
    Column("body", JSONB, nullable=False),
    Column("who", Text),
    Column("reason", Text),
    Column("sources", JSONB, nullable=False, server_default=text("'{}'")),
    Column("changed", JSONB),
)
"""Every directory that was ever in force, by whom and why, where its secrets came from, and how much it changed of the one before: null
until somebody has asked, where it was not counted when it was written.
"""

credential = Table(
    "credential",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("system", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("value", Text),
    Column("since", TIME, nullable=False, server_default=NOW),
    Column("until", TIME),
    Column("who", Text),
    CheckConstraint("kind IN ('token', 'secret', 'bearer')", name="credential_kind"),
    UniqueConstraint("system", "kind", "sha256"),
    Index("credential_since", "since"),
    Index("credential_until", "until", postgresql_where=text("until IS NOT NULL")),
)
"""Every credential that a system has or had, with its time. ``value``: what rotation has added to the directory's, in the form in which
the directory has it (a token as its hash); None for those that the directory itself names.
"""

register_answer = Table(
    "register_answer",
    metadata,
    Column("register", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("answer", JSON, nullable=False),
    Column("expires_at", TIME, nullable=False),
    PrimaryKeyConstraint("register", "key", name="register_answer_key"),
    Index("register_answer_expires", "register", "expires_at"),
)
"""Answers of the national registers, kept for their time-to-live."""

person_news = Table(
    "person_news",
    metadata,
    Column("person", Text, primary_key=True),
    Column("at", TIME, nullable=False),
    Index("person_news_at", "at"),
)
"""When folkbokforing last reported a change of a person: what a hub remembers from before is no longer valid (C-62)."""

aside = Table(
    "aside",
    metadata,
    Column("topic", Text, nullable=False),
    Column("partition", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("until", BigInteger),
    Column("since", TIME, nullable=False, server_default=NOW),
    Column("pass_to", BigInteger),
    Column("lost", Boolean, nullable=False, server_default=text("false")),
    CheckConstraint("pass_to > at", name="aside_passes_on"),
    Index("aside_waits", "topic", "partition", unique=True, postgresql_where=text("NOT lost")),
    Index("aside_lost", "topic", "partition", "at", "reason", unique=True, postgresql_where=text("lost")),
)
"""Partitions of hub.in that are blocked at a record, and gaps: records that were lost before the hub read them."""

topic = Table(
    "topic",
    metadata,
    Column("name", Text, primary_key=True),
    Column("id", UUID(as_uuid=False), nullable=False),
    Column("partitions", Integer, nullable=False),
)
"""The hub's topics as last seen: a topic that is deleted and created again gets another id."""

operation = Table(
    "operation",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("at", TIME, nullable=False, server_default=NOW),
    Column("who", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("reason", Text, nullable=False),
    CheckConstraint("reason <> ''", name="operation_has_reason"),
    Index("operation_target", "target"),
    Index("operation_who", "who", "id"),
    Index("operation_what", "what", "id"),
    Index("operation_at", "at"),
)
"""What operations did by hand, and why (D-7); rows are only added."""

reconciliation = Table(
    "reconciliation",
    metadata,
    Column("system", Text, primary_key=True),
    Column("at", TIME, nullable=False, server_default=NOW),
    Column("since", TIME, nullable=False),
    Column("until", TIME, nullable=False),
    Column("found", JSONB, nullable=False),
)
"""What a system's last own list and the hub's books differed in."""
