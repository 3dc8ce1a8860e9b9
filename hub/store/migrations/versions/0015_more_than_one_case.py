"""A person may have at most one open case of a process, and a case may tell another: the message waits in the outbox."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_KINDS = "'notice', 'receipt', 'lookup', 'announcement'"


def upgrade() -> None:
    op.execute("ALTER TABLE cases ADD COLUMN sole text")
    op.execute("CREATE UNIQUE INDEX cases_sole ON cases (process, sole) WHERE sole IS NOT NULL AND status = 'open'")
    op.execute("ALTER TABLE outbox DROP CONSTRAINT outbox_kind")
    op.execute(f"ALTER TABLE outbox ADD CONSTRAINT outbox_kind CHECK (kind IN ({_KINDS}, 'case'))")
    op.execute("DROP INDEX outbox_lookup")
    op.execute(
        "CREATE INDEX outbox_lookup ON outbox (system, due_at) WHERE kind IN ('lookup', 'case') AND state = 'waiting'"
    )


def downgrade() -> None:
    op.execute("DROP INDEX outbox_lookup")
    op.execute("CREATE INDEX outbox_lookup ON outbox (system, due_at) WHERE kind = 'lookup' AND state = 'waiting'")
    op.execute("ALTER TABLE outbox DROP CONSTRAINT outbox_kind")
    op.execute(f"ALTER TABLE outbox ADD CONSTRAINT outbox_kind CHECK (kind IN ({_KINDS}))")
    op.execute("DROP INDEX cases_sole")
    op.execute("ALTER TABLE cases DROP COLUMN sole")
