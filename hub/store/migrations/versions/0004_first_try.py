"""Giving up counts from the first try, and what speaks of the receiver from its first such answer (D-6)."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE outbox ADD COLUMN first_tried_at timestamptz, ADD COLUMN refused_since timestamptz")


def downgrade() -> None:
    op.execute("ALTER TABLE outbox DROP COLUMN first_tried_at, DROP COLUMN refused_since")
