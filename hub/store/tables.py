"""The tables as SQLAlchemy sees them, for the cold paths and for the test that they equal what the migrations make.

Imports sqlalchemy only. The constraints live here and in the database, not only in code.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSON, JSONB, UUID

metadata = MetaData()

NOW = func.now()
Time = DateTime(timezone=True)
_SORT_NAME = (
    "translate(lower(CASE WHEN (POSITION((','::text) IN (name)) > 0)"
    " THEN regexp_replace(btrim(name), '\\s*,\\s*'::text, ' '::text)"
    " ELSE regexp_replace(btrim(name), '^(.*\\S)\\s+(\\S+)$'::text, '\\2 \\1'::text) END), 'åäö'::text, '{|}'::text)"
)
"""The family name first, in Swedish order by code point (C-31)."""

message = Table(
    "message",
    metadata,
    Column("source", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("attributes", JSON),
    Column("system", Text, nullable=False),
    Column("received_at", Time, nullable=False),
    Column("name", Text),
    Column("case_id", UUID(as_uuid=False)),
    Column("sequence", Integer),
    Column("events", JSON),
    Column("receipt", JSON),
    PrimaryKeyConstraint("source", "id", name="message_key"),
    CheckConstraint("octet_length(digest) = 32", name="message_digest_is_sha256"),
    CheckConstraint("(sequence IS NULL) = (events IS NULL)", name="message_accepted_has_events"),
    CheckConstraint(
        "sequence IS NULL OR (case_id IS NOT NULL AND receipt IS NOT NULL)", name="message_accepted_is_whole"
    ),
    CheckConstraint("sequence > 0", name="message_sequence_positive"),
    Index("message_history", "case_id", "sequence", unique=True, postgresql_where=text("sequence IS NOT NULL")),
)
"""Every message that ever came: the inbox (its key knows duplicates for ever, D-2) and, where accepted, the history
of its case.
"""

cases = Table(
    "cases",
    metadata,
    Column("id", UUID(as_uuid=False), primary_key=True),
    Column("system", Text, nullable=False),
    Column("ref", Text),
    Column("person", Text, nullable=False),
    Column("process", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("manual", Text),
    Column("sequence", Integer, nullable=False),
    Column("state", JSON, nullable=False),
    Column("opened_at", Time, nullable=False),
    Column("changed_at", Time, nullable=False),
    Column("asked_at", Time, nullable=False, server_default=NOW),
    Column("name", Text, nullable=False, server_default=text("''")),
    Column("archived_at", Time),
    Column("sort_name", Text(collation="C"), Computed(_SORT_NAME, persisted=True)),
    CheckConstraint("sequence >= 1", name="cases_sequence_positive"),
    Index("cases_ref", "system", "ref", unique=True, postgresql_where=text("ref IS NOT NULL")),
    Index("cases_manual", "changed_at", postgresql_where=text("manual IS NOT NULL")),
    Index("cases_asked", "asked_at", postgresql_where=text("status = 'open'")),
    Index("cases_person", "person"),
    Index("cases_changed", "changed_at", "id"),
    Index("cases_sort_name", "sort_name", "id"),
    Index(
        "cases_contacts",
        text("((state -> 'vardkontakter')::jsonb)"),
        postgresql_using="gin",
        postgresql_where=text("(state -> 'vardkontakter') IS NOT NULL"),
    ),
    Index(
        "cases_former",
        text("((state -> 'former_numbers')::jsonb)"),
        postgresql_using="gin",
        postgresql_where=text("(state -> 'former_numbers') IS NOT NULL"),
    ),
)

thread = Table(
    "thread",
    metadata,
    Column("case_id", UUID(as_uuid=False), nullable=False),
    Column("message", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("state", JSON, nullable=False),
    PrimaryKeyConstraint("case_id", "message", "source", name="thread_key"),
)
"""Free messages of a case (C-40): a row each, so that a case's own row does not grow with them."""

deadline = Table(
    "deadline",
    metadata,
    Column("case_id", UUID(as_uuid=False), nullable=False),
    Column("key", Text, nullable=False),
    Column("due_at", Time, nullable=False),
    Column("put_off", Time),
    PrimaryKeyConstraint("case_id", "key", name="deadline_key"),
    Index("deadline_due", "due_at"),
    Index("deadline_next", text("COALESCE(put_off, due_at)")),
)
"""What the clock is to tell (D-9); one that cannot be told now is put off, and the others go on."""

participation = Table(
    "participation",
    metadata,
    Column("unit", Text, nullable=False),
    Column("case_id", UUID(as_uuid=False), nullable=False),
    Column("att_gora", ARRAY(Text), nullable=False),
    Column("archived_at", Time),
    PrimaryKeyConstraint("unit", "case_id", name="participation_key"),
    Index("participation_left", "unit", "archived_at", "case_id"),
    Index("participation_att_gora", "unit", postgresql_where=text("att_gora <> '{}'")),
)
"""Which cases a unit's list shows, and what awaits which of its roles there, as «step/act/role» (C-31)."""

reading = Table(
    "reading",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("at", Time, nullable=False, server_default=NOW),
    Column("case_id", UUID(as_uuid=False), nullable=False),
    Column("unit", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("role", Text),
    Column("what", Text, nullable=False),
    Column("ground", Text, nullable=False),
    Column("for_whom", Text),
    Column("why", Text),
    Index("reading_case", "case_id", "id"),
)
"""Who read what of a case, and on which ground (C-7): append-only."""

outbox = Table(
    "outbox",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("system", Text, nullable=False),
    Column("case_id", UUID(as_uuid=False)),
    Column("sequence", Integer),
    Column("source", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("told", JSON, nullable=False),
    Column("body", LargeBinary),
    Column("accepted_at", Time, nullable=False),
    Column("due_at", Time, nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("state", Text, nullable=False, server_default=text("'waiting'")),
    Column("sent_at", Time),
    Column("answer", Text),
    Column("first_tried_at", Time),
    Column("refused_since", Time),
    Column("follows", Integer, nullable=False, server_default=text("0")),
    Column("behind", Boolean, nullable=False, server_default=text("false")),
    Column("revision", Integer, nullable=False, server_default=text("0")),
    CheckConstraint("kind IN ('notice', 'receipt', 'lookup', 'announcement')", name="outbox_kind"),
    CheckConstraint("state IN ('waiting', 'sent', 'dead', 'skipped')", name="outbox_state"),
    CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name="outbox_sent_has_time"),
    CheckConstraint("kind <> 'notice' OR case_id IS NOT NULL", name="outbox_names_its_case"),
    CheckConstraint("(kind = 'notice') = (sequence IS NOT NULL)", name="outbox_notice_has_sequence"),
    Index("outbox_notice", "case_id", "sequence", "system", unique=True, postgresql_where=text("kind = 'notice'")),
    Index("outbox_lookup", "system", "due_at", postgresql_where=text("kind = 'lookup' AND state = 'waiting'")),
    Index("outbox_turn", "system", "id", postgresql_where=text("state = 'waiting' AND NOT behind")),
    Index("outbox_behind", "system", "id", postgresql_where=text("behind")),
    Index("outbox_dead", "system", "id", postgresql_where=text("state = 'dead'")),
    Index("outbox_by_message", "message", postgresql_where=text("kind <> 'notice'")),
)
"""What remains to be done outside, committed with the message that caused it; a notice is there once per receiver."""

outbox_count = Table(
    "outbox_count",
    metadata,
    Column("system", Text, primary_key=True),
    Column("waiting", BigInteger, nullable=False),
    Column("dead", BigInteger, nullable=False),
)
"""How many rows of a system wait or are dead, as far as the changes have been summed."""

outbox_change = Table(
    "outbox_change",
    metadata,
    Column("system", Text, nullable=False),
    Column("waiting", Integer, nullable=False),
    Column("dead", Integer, nullable=False),
)
"""What each transaction changed of that, written by a trigger; nobody waits for a counter."""

held = Table(
    "held",
    metadata,
    Column("source", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("case_key", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("since", Time, nullable=False, server_default=NOW),
    Column("due_at", Time, nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("id", BigInteger, Identity(always=True), nullable=False),
    Column("reason_since", Time, nullable=False, server_default=NOW),
    PrimaryKeyConstraint("source", "message", name="held_key"),
    Index("held_case", "case_key", "id"),
    Index("held_number", "id", unique=True),
    Index("held_due", "due_at"),
)
"""What cannot be handled now (D-4); later messages of the same case wait behind it."""

directory_version = Table(
    "directory_version",
    metadata,
    Column("version", Integer, Identity(always=True), primary_key=True),
    Column("applied_at", Time, nullable=False, server_default=NOW),
    Column("body", JSONB, nullable=False),
)

register_answer = Table(
    "register_answer",
    metadata,
    Column("register", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("answer", JSON, nullable=False),
    Column("expires_at", Time, nullable=False),
    PrimaryKeyConstraint("register", "key", name="register_answer_key"),
    Index("register_answer_expires", "register", "expires_at"),
)
"""Answers of the national registers for as long as their time-to-live says."""

person_news = Table(
    "person_news",
    metadata,
    Column("person", Text, primary_key=True),
    Column("at", Time, nullable=False),
    Index("person_news_at", "at"),
)
"""Of whom folkbokforing has had news lately: what a hub remembers of them from before no longer holds (C-62)."""

paused = Table(
    "paused",
    metadata,
    Column("system", Text, primary_key=True),
    Column("since", Time, nullable=False, server_default=NOW),
)
"""Systems to which operations lets nothing be sent for the time being (D-5)."""

aside = Table(
    "aside",
    metadata,
    Column("topic", Text, nullable=False),
    Column("partition", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("until", BigInteger),
    Column("since", Time, nullable=False, server_default=NOW),
    Column("pass_to", BigInteger),
    Column("lost", Boolean, nullable=False, server_default=text("false")),
    CheckConstraint("pass_to > at", name="aside_passes_on"),
    Index("aside_waits", "topic", "partition", unique=True, postgresql_where=text("NOT lost")),
    Index("aside_lost", "topic", "partition", "at", "reason", unique=True, postgresql_where=text("lost")),
)
"""Partitions of hub.in that wait at a record, and gaps: records that went before they were read."""

topic = Table(
    "topic",
    metadata,
    Column("name", Text, primary_key=True),
    Column("id", UUID(as_uuid=False), nullable=False),
    Column("partitions", Integer, nullable=False),
)
"""The hub's topics as they were last seen: one that was deleted and made anew has another id."""

operation = Table(
    "operation",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("at", Time, nullable=False, server_default=NOW),
    Column("who", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("reason", Text, nullable=False),
    CheckConstraint("reason <> ''", name="operation_has_reason"),
)
"""What operations did by hand, and why (D-7): append-only."""
