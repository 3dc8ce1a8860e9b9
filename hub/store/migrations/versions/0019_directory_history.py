"""A version of the directory says who applied it and why, and where its secrets came from."""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "ALTER TABLE directory_version ADD COLUMN who text, ADD COLUMN reason text,"
        " ADD COLUMN sources jsonb NOT NULL DEFAULT '{}'"
    )


def downgrade() -> None:
    op.execute("ALTER TABLE directory_version DROP COLUMN who, DROP COLUMN reason, DROP COLUMN sources")
