"""What one system has sent and was told last is found by an index, however much there is of others."""

from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE INDEX message_of_system ON message (system, received_at)")
    op.execute("CREATE INDEX outbox_done ON outbox_row (system, id) WHERE state IN ('sent', 'skipped')")


def downgrade() -> None:
    op.execute("DROP INDEX outbox_done")
    op.execute("DROP INDEX message_of_system")
