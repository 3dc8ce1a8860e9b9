"""The envelope that a message came in: another message in the same envelope is refused (D-2)."""

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE message ADD COLUMN envelope bytea")
    op.execute("CREATE UNIQUE INDEX message_envelope ON message (source, envelope) WHERE envelope IS NOT NULL")


def downgrade() -> None:
    op.execute("DROP INDEX message_envelope")
    op.execute("ALTER TABLE message DROP COLUMN envelope")
