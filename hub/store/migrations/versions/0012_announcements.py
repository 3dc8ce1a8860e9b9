"""What operations tells every connected system goes out as everything else does (C-34)."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "ALTER TABLE outbox DROP CONSTRAINT outbox_kind,"
        " ADD CONSTRAINT outbox_kind CHECK (kind IN ('notice', 'receipt', 'lookup', 'announcement'))"
    )


def downgrade() -> None:
    op.execute("DELETE FROM outbox WHERE kind = 'announcement'")
    op.execute(
        "ALTER TABLE outbox DROP CONSTRAINT outbox_kind,"
        " ADD CONSTRAINT outbox_kind CHECK (kind IN ('notice', 'receipt', 'lookup'))"
    )
