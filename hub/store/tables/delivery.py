"""The tables of messages that wait: to be sent, or to be handled. Imports sqlalchemy and the metadata only."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSON, JSONB, UUID

from hub.store.tables.metadata import NOW, TIME, metadata

outbox_row = Table(
    "outbox_row",
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
    Column("accepted_at", TIME, nullable=False),
    Column("due_at", TIME, nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("state", Text, nullable=False, server_default=text("'waiting'")),
    Column("sent_at", TIME),
    Column("answer", Text),
    Column("first_tried_at", TIME),
    Column("refused_since", TIME),
    Column("follows", Integer, nullable=False, server_default=text("0")),
    Column("behind", Boolean, nullable=False, server_default=text("false")),
    Column("revision", Integer, nullable=False, server_default=text("0")),
    Column("failures", JSONB),
    Column("said", Text),
    Column("known_as", BigInteger),
    Column("shard", SmallInteger, nullable=False, server_default=text("0")),
    CheckConstraint("kind IN ('notice', 'receipt', 'lookup', 'announcement', 'case')", name="outbox_kind"),
    CheckConstraint("state IN ('fresh', 'waiting', 'sent', 'dead', 'skipped')", name="outbox_state"),
    CheckConstraint("state <> 'fresh' OR NOT behind", name="outbox_fresh_is_untouched"),
    CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name="outbox_sent_has_time"),
    CheckConstraint("kind <> 'notice' OR case_id IS NOT NULL", name="outbox_names_its_case"),
    CheckConstraint("(kind = 'notice') = (sequence IS NOT NULL)", name="outbox_notice_has_sequence"),
    Index("outbox_notice", "case_id", "sequence", "system", unique=True, postgresql_where=text("kind = 'notice'")),
    Index(
        "outbox_lookup", "system", "due_at", postgresql_where=text("kind IN ('lookup', 'case') AND state = 'waiting'")
    ),
    Index("outbox_fresh", "system", "id", "shard", postgresql_where=text("state = 'fresh'")),
    Index("outbox_done", "system", "id", postgresql_where=text("state IN ('sent', 'skipped')")),
    Index("outbox_waiting", "system", "id", postgresql_where=text("state = 'waiting' AND NOT behind")),
    Index("outbox_told_again", "system", postgresql_where=text("state = 'waiting' AND revision > 0")),
    Index("outbox_behind", "system", "id", postgresql_where=text("behind")),
    Index("outbox_dead", "system", "id", postgresql_where=text("state = 'dead'")),
    Index("outbox_by_message", "message", postgresql_where=text("kind <> 'notice'")),
    Index("outbox_known_as", "known_as", postgresql_where=text("known_as IS NOT NULL")),
)
"""What is to be sent or asked, committed together with the message that caused it; one row per notice and receiver. A fresh row
that a range of ``sent_range`` covers is sent: the view ``outbox`` shows each row in the state in which it is.
"""

sent_range = Table(
    "sent_range",
    metadata,
    Column("system", Text, nullable=False),
    Column("first", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
    Column("at", TIME, nullable=False),
    Column("answer", Text, nullable=False),
    PrimaryKeyConstraint("system", "first", name="sent_range_key"),
    CheckConstraint("last >= first", name="sent_range_is_one"),
)
"""Every fresh row of the system from the first to the last id is sent."""

settled = Table(
    "settled",
    metadata,
    Column("owner", Text, nullable=False),
    Column("system", Text, nullable=False),
    Column("upto", BigInteger, nullable=False),
    PrimaryKeyConstraint("owner", "system", name="settled_key"),
)
"""Up to which id no fresh row is left to be sent in the shards of an owner: of all systems (where ``system`` is empty), and of those
systems that are further behind. Who takes its shards over reads from there.
"""

shard = Table(
    "shard",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("epoch", Integer, nullable=False, server_default=text("0")),
    Column("owner", Text),
    Column("changes", BigInteger, nullable=False, server_default=text("0")),
)
"""The parts into which the cases are divided among the hub's processes, and which process has which."""

outbox_count = Table(
    "outbox_count",
    metadata,
    Column("system", Text, primary_key=True),
    Column("waiting", BigInteger, nullable=False),
    Column("dead", BigInteger, nullable=False),
)
"""How many rows of a system wait or are dead, up to the changes that have been summed."""

outbox_change = Table(
    "outbox_change",
    metadata,
    Column("system", Text, nullable=False),
    Column("waiting", Integer, nullable=False),
    Column("dead", Integer, nullable=False),
)
"""What each transaction added to or took from these counts; a trigger writes it, so that no transaction waits for a counter."""

in_hand = Table(
    "in_hand",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("system", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("reader", UUID(as_uuid=False), nullable=False),
    Column("first_at", TIME, nullable=False, server_default=NOW),
    Column("until", TIME, nullable=False),
    Column("times", Integer, nullable=False, server_default=text("1")),
    Index("in_hand_key", "system", "key"),
)
"""Outbox rows that their system has fetched and not acknowledged yet; ``key``: the case, of which one reader has rows at a time."""

replay = Table(
    "replay",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("at", TIME, nullable=False, server_default=NOW),
    Column("who", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("system", Text),
    Column("own", Boolean, nullable=False, server_default=text("false")),
    Column("wanted", JSONB, nullable=False),
    Column("rate", Double, nullable=False),
    Column("stop_after", Integer, nullable=False),
    Column("aim", Text, nullable=False, server_default=text("'as-was'")),
    Column("state", Text, nullable=False, server_default=text("'running'")),
    Column("next_at", TIME, nullable=False, server_default=NOW),
    Column("ended_at", TIME),
    Column("ended", Text),
    Column("total", Integer, nullable=False, server_default=text("0")),
    Column("told", Integer, nullable=False, server_default=text("0")),
    Column("sent", Integer, nullable=False, server_default=text("0")),
    Column("failed", Integer, nullable=False, server_default=text("0")),
    Column("passed_over", Integer, nullable=False, server_default=text("0")),
    Column("put_back", Integer, nullable=False, server_default=text("0")),
    CheckConstraint("state IN ('running', 'done', 'stopped', 'undone')", name="replay_state"),
    CheckConstraint("aim IN ('as-was', 'as-directory-now')", name="replay_aim"),
    CheckConstraint("rate > 0 AND stop_after > 0", name="replay_limits"),
    CheckConstraint("why <> ''", name="replay_has_reason"),
    Index("replay_running", "id", postgresql_where=text("state = 'running'")),
    Index("replay_own", "system", "id", postgresql_where=text("own")),
)
"""Replays (D-7): rows of the outbox that are told again, by whom, why and how fast, and how many of them have come to what."""

replay_row = Table(
    "replay_row",
    metadata,
    Column("replay", BigInteger, ForeignKey("replay.id"), nullable=False),
    Column("place", Integer, nullable=False),
    Column("outbox_id", BigInteger, nullable=False),
    Column("key", Text, nullable=False),
    Column("before", JSONB),
    Column("revision", Integer),
    Column("outcome", Text),
    Column("written", Boolean, nullable=False, server_default=text("false")),
    PrimaryKeyConstraint("replay", "place", name="replay_row_key"),
    CheckConstraint("outcome IN ('sent', 'dead', 'skipped', 'gone', 'put-back')", name="replay_row_outcome"),
    CheckConstraint("(before IS NULL) = (revision IS NULL)", name="replay_row_told"),
    Index("replay_row_open", "outbox_id", unique=True, postgresql_where=text("outcome IS NULL")),
    Index("replay_row_left", "replay", "place", postgresql_where=text("outcome IS NULL AND revision IS NULL")),
    Index(
        "replay_row_on_its_way", "replay", "place", postgresql_where=text("outcome IS NULL AND revision IS NOT NULL")
    ),
    Index("replay_row_failed", "replay", "key", postgresql_where=text("outcome = 'dead'")),
    Index("replay_row_of", "outbox_id"),
)
"""The rows of a replay in the order in which they go. ``key``: the system and the case, whose rows follow each other. ``revision``: the
row's own from the moment when it was made ready to be sent; before that the row stands untouched. ``before``: what it was until then.
``outcome``: what became of it; a row is in one replay at a time until it has one. ``written``: the row was written for this replay, to a
system that had not been told.
"""

held = Table(
    "held",
    metadata,
    Column("source", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("case_key", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("since", TIME, nullable=False, server_default=NOW),
    Column("due_at", TIME, nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("id", BigInteger, Identity(always=True), nullable=False),
    Column("reason_since", TIME, nullable=False, server_default=NOW),
    PrimaryKeyConstraint("source", "message", name="held_key"),
    Index("held_case", "case_key", "id"),
    Index("held_number", "id", unique=True),
    Index("held_due", "due_at"),
)
"""Messages that cannot be handled now (D-4); later messages of the same case wait for them."""

paused = Table(
    "paused",
    metadata,
    Column("system", Text, primary_key=True),
    Column("since", TIME, nullable=False, server_default=NOW),
)
"""Systems to which nothing is sent until operations resumes them (D-5)."""

running_hub = Table(
    "running_hub",
    metadata,
    Column("id", Text, primary_key=True),
    Column("at", TIME, nullable=False, server_default=NOW),
    Column("state", JSONB, nullable=False),
)
"""What each running hub says of itself, every second: what it delivers, its breakers, the registers (`hub status`)."""
