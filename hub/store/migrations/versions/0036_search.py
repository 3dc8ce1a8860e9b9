"""Messages are found by time over all systems, by the rule that refused them, and while they are held, without reading what they say."""

from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE INDEX message_by_time ON message (received_at) INCLUDE (source, id, system, name, sequence)")
    op.execute("CREATE INDEX message_refusals ON message (received_at) WHERE sequence IS NULL AND receipt IS NOT NULL")
    op.execute(
        "CREATE INDEX message_by_rule ON message ((receipt->>'rule'), received_at)"
        " WHERE sequence IS NULL AND receipt IS NOT NULL"
    )
    op.execute("CREATE INDEX message_held ON message (received_at) WHERE receipt IS NULL")


def downgrade() -> None:
    op.execute("DROP INDEX message_held, message_by_rule, message_refusals, message_by_time")
