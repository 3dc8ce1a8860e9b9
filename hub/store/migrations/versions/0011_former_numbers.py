"""A person is found by a number that was replaced (C-60)."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "CREATE INDEX cases_former ON cases USING gin (((state -> 'former_numbers')::jsonb))"
        " WHERE (state -> 'former_numbers') IS NOT NULL"
    )


def downgrade() -> None:
    op.execute("DROP INDEX cases_former")
