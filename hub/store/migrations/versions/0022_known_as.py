"""A notice that moves to another system and back has the same ``webhook-id`` there (D-3)."""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE outbox ADD COLUMN known_as bigint")


def downgrade() -> None:
    op.execute("ALTER TABLE outbox DROP COLUMN known_as")
