"""How much a version of the directory changed is kept with it: the list of versions compared two whole directories for each of its rows.

Revision ID: 0042
Revises: 0041
"""

from __future__ import annotations

from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE directory_version ADD COLUMN changed jsonb")


def downgrade() -> None:
    op.execute("ALTER TABLE directory_version DROP COLUMN changed")
