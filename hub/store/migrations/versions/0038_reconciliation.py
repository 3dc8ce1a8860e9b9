"""What a system's last own list and the hub's books differed in, for operations to see."""

from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "CREATE TABLE reconciliation (system text PRIMARY KEY, at timestamptz NOT NULL DEFAULT now(), since timestamptz NOT NULL,"
        " until timestamptz NOT NULL, found jsonb NOT NULL)"
    )


def downgrade() -> None:
    op.execute("DROP TABLE reconciliation")
