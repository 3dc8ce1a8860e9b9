"""A row keeps its last failed attempts, and each running hub says how it is: both show operations why a notice is late."""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE outbox ADD COLUMN failures jsonb")
    op.execute(
        "CREATE TABLE running_hub (id text PRIMARY KEY, at timestamptz NOT NULL DEFAULT now(), state jsonb NOT NULL)"
    )


def downgrade() -> None:
    op.execute("DROP TABLE running_hub")
    op.execute("ALTER TABLE outbox DROP COLUMN failures")
