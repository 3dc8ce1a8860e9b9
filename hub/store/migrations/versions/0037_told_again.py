"""What waits to be told again is found by its system, since its age counts from when its replay made it ready."""

from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE INDEX outbox_told_again ON outbox_row (system) WHERE state = 'waiting' AND revision > 0")


def downgrade() -> None:
    op.execute("DROP INDEX outbox_told_again")
