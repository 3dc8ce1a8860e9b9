"""Since when a case waits in the manual queue is kept with the case, and stays when the case changes while it waits: the law's 24 hours run
from then. The list is in that order.

Revision ID: 0040
Revises: 0039
"""

from __future__ import annotations

from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE cases ADD COLUMN manual_since timestamptz")
    op.execute(  # of those that wait already: when the registers were first heard
        "UPDATE cases c SET manual_since = coalesce((SELECT min(m.received_at) FROM message m WHERE m.case_id = c.id"
        " AND m.sequence IS NOT NULL AND m.name = 'adressering'), c.opened_at) WHERE c.manual IS NOT NULL"
    )
    op.execute("DROP INDEX cases_manual")
    op.execute("CREATE INDEX cases_manual ON cases ((COALESCE(manual_since, opened_at)), id) WHERE manual IS NOT NULL")


def downgrade() -> None:
    op.execute("DROP INDEX cases_manual")
    op.execute("CREATE INDEX cases_manual ON cases (changed_at) WHERE manual IS NOT NULL")
    op.execute("ALTER TABLE cases DROP COLUMN manual_since")
