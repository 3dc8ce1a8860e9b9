"""The timeline of a message shows what operations did with it and why: the trail is found by its target."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE INDEX operation_target ON operation (target)")


def downgrade() -> None:
    op.execute("DROP INDEX operation_target")
