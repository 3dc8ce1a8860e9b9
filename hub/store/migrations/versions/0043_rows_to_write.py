"""The rows that a transaction writes in several tables come in one statement, each table's as an array of a type of its own.

Revision ID: 0043
Revises: 0042
"""

from __future__ import annotations

from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
CREATE TYPE new_message AS (
    source text, id text, digest bytea, raw bytea, media_type text, attributes json, system text, received_at timestamptz,
    name text, case_id uuid, sequence integer, events json, receipt json, envelope bytea
)""")
    op.execute("""
CREATE TYPE new_case AS (
    id uuid, system text, ref text, person text, process text, status text, manual text, sequence integer, state json,
    opened_at timestamptz, changed_at timestamptz, name text, archived_at timestamptz, sole text, named text[], month text,
    sort_name text, former text[], manual_since timestamptz
)""")
    op.execute("""
CREATE TYPE new_outbox_row AS (
    id bigint, kind text, system text, case_id uuid, sequence integer, source text, message text, told json, body bytea,
    accepted_at timestamptz, due_at timestamptz, follows integer, shard smallint, state text
)""")
    op.execute("""
CREATE TYPE changed_case AS (
    id uuid, person text, name text, status text, manual text, sequence integer, archived_at timestamptz, state json,
    changed_at timestamptz, named text[], month text, sort_name text, former text[], at timestamptz
)""")


def downgrade() -> None:
    op.execute("DROP TYPE new_message, new_case, new_outbox_row, changed_case")
