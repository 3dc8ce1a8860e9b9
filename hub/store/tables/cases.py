"""The tables of messages, cases and what the views read. Imports sqlalchemy and the metadata only."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSON, UUID

from hub.store.tables.metadata import NOW, TIME, metadata

_REFUSED = text("sequence IS NULL AND receipt IS NOT NULL")

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
    Column("received_at", TIME, nullable=False),
    Column("name", Text),
    Column("case_id", UUID(as_uuid=False)),
    Column("sequence", Integer),
    Column("events", JSON),
    Column("receipt", JSON),
    Column("envelope", LargeBinary),
    PrimaryKeyConstraint("source", "id", name="message_key"),
    CheckConstraint("octet_length(digest) = 32", name="message_digest_is_sha256"),
    CheckConstraint("(sequence IS NULL) = (events IS NULL)", name="message_accepted_has_events"),
    CheckConstraint(
        "sequence IS NULL OR (case_id IS NOT NULL AND receipt IS NOT NULL)", name="message_accepted_is_whole"
    ),
    CheckConstraint("sequence > 0", name="message_sequence_positive"),
    Index("message_envelope", "source", "envelope", unique=True, postgresql_where=text("envelope IS NOT NULL")),
    Index("message_of_system", "system", "received_at"),
    Index(
        "message_refused",
        "system",
        "received_at",
        "source",
        "id",
        postgresql_where=text("sequence IS NULL AND raw <> ''"),
    ),
    Index("message_history", "case_id", "sequence", unique=True, postgresql_where=text("sequence IS NOT NULL")),
    Index("message_by_time", "received_at", postgresql_include=["source", "id", "system", "name", "sequence"]),
    Index("message_refusals", "received_at", postgresql_where=_REFUSED),
    Index("message_by_rule", text("(receipt->>'rule')"), "received_at", postgresql_where=_REFUSED),
    Index("message_held", "received_at", postgresql_where=text("receipt IS NULL")),
)
"""Every message that ever came, kept for ever: the inbox (its key recognises duplicates, D-2) and, for accepted messages, the
history of the case. What its sender wrote may be removed by the region's rule of gallring: then ``raw`` is empty.
"""

message_edit = Table(
    "message_edit",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("source", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("at", TIME, nullable=False, server_default=NOW),
    Column("who", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("attributes", JSON),
    ForeignKeyConstraint(["source", "message"], ["message.source", "message.id"]),
    CheckConstraint("reason <> ''", name="message_edit_has_reason"),
    Index("message_edit_of", "source", "message"),
)
"""What a held message was before operations edited it, by whom and why: the first row is the message as it came."""

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
    Column("opened_at", TIME, nullable=False),
    Column("changed_at", TIME, nullable=False),
    Column("asked_at", TIME, nullable=False, server_default=NOW),
    Column("name", Text, nullable=False, server_default=text("''")),
    Column("archived_at", TIME),
    Column("sole", Text),
    Column("named", ARRAY(Text)),
    Column("month", Text),
    Column("sort_name", Text(collation="C")),
    Column("former", ARRAY(Text)),
    Column("gallrad_at", TIME),
    Column("manual_since", TIME),
    CheckConstraint("sequence >= 1", name="cases_sequence_positive"),
    Index("cases_sole", "process", "sole", unique=True, postgresql_where=text("sole IS NOT NULL AND status = 'open'")),
    Index("cases_ref", "system", "ref", unique=True, postgresql_where=text("ref IS NOT NULL")),
    Index("cases_manual", text("COALESCE(manual_since, opened_at)"), "id", postgresql_where=text("manual IS NOT NULL")),
    Index("cases_asked", "asked_at", postgresql_where=text("status = 'open'")),
    Index("cases_person", "person"),
    Index("cases_changed", "changed_at", "id"),
    Index("cases_sort_name", "sort_name", "id"),
    Index("cases_named", "named", postgresql_using="gin", postgresql_where=text("named IS NOT NULL")),
    Index("cases_month", "process", "month", postgresql_where=text("month IS NOT NULL")),
    Index(
        "cases_to_gallra",
        "system",
        "process",
        "changed_at",
        "id",
        postgresql_where=text("status <> 'open' AND gallrad_at IS NULL"),
    ),
    Index("cases_former", "former", postgresql_using="gin", postgresql_where=text("former IS NOT NULL")),
)

element = Table(
    "element",
    metadata,
    Column("case_id", UUID(as_uuid=False), nullable=False),
    Column("address", Text(collation="C"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("state", JSON, nullable=False),
    PrimaryKeyConstraint("case_id", "address", name="element_key"),
)
"""The parts of a case (free messages, C-40), one row each, so that the case's own row does not grow with them."""

deadline = Table(
    "deadline",
    metadata,
    Column("case_id", UUID(as_uuid=False), nullable=False),
    Column("key", Text, nullable=False),
    Column("due_at", TIME, nullable=False),
    Column("put_off", TIME),
    Column("set_at", TIME, nullable=False, server_default=NOW),
    PrimaryKeyConstraint("case_id", "key", name="deadline_key"),
    Index("deadline_put_off", "due_at", postgresql_where=text("put_off IS NOT NULL")),
    Index("deadline_next", text("COALESCE(put_off, due_at)")),
)
"""The deadlines that the timer is to tell (D-9); one that cannot be told now is put off, so that it does not stop the others."""

participation = Table(
    "participation",
    metadata,
    Column("unit", Text, nullable=False),
    Column("case_id", UUID(as_uuid=False), nullable=False),
    Column("att_gora", ARRAY(Text), nullable=False),
    Column("archived_at", TIME),
    Column("process", Text, nullable=False, server_default=text("'svu'")),
    PrimaryKeyConstraint("unit", "case_id", name="participation_key"),
    Index("participation_left", "unit", "archived_at", "case_id", postgresql_include=["process"]),
    Index("participation_att_gora", "unit", postgresql_where=text("att_gora <> '{}'")),
)
"""The cases in each unit's list, and what is awaited of which of its roles there, as «step/act/role» (C-31)."""

calendar = Table(
    "calendar",
    metadata,
    Column("case_id", UUID(as_uuid=False), nullable=False),
    Column("unit", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("day", Date, nullable=False),
    PrimaryKeyConstraint("case_id", "unit", "key", name="calendar_key"),
    Index("calendar_days", "unit", "day", "case_id"),
)
"""The Swedish days of the meetings and follow-ups that stand in a unit's calendar; recalled ones have no row."""

reading = Table(
    "reading",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("at", TIME, nullable=False, server_default=NOW),
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
"""Who read what of a case, and on which ground (C-7); rows are only added."""
