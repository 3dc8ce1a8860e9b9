"""Look-ups by when they are due, and what HSA said by when it was learnt: neither is searched through the others."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE INDEX outbox_lookup ON outbox (system, due_at) WHERE kind = 'lookup' AND state = 'waiting'")
    op.execute("CREATE INDEX register_answer_expires ON register_answer (register, expires_at)")


def downgrade() -> None:
    op.execute("DROP INDEX outbox_lookup")
    op.execute("DROP INDEX register_answer_expires")
