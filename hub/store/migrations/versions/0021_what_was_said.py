"""A row that was not taken has the start of what its receiver said (D-6)."""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE outbox ADD COLUMN said text")


def downgrade() -> None:
    op.execute("ALTER TABLE outbox DROP COLUMN said")
