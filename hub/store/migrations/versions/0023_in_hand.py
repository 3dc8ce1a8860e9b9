"""Notices that a system has fetched and not acknowledged yet: in whose hands, until when (delivery.md §3, pull inbox)."""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "CREATE TABLE in_hand (id bigint PRIMARY KEY, system text NOT NULL, key text NOT NULL, reader uuid NOT NULL,"
        " first_at timestamptz NOT NULL DEFAULT now(), until timestamptz NOT NULL, times integer NOT NULL DEFAULT 1)"
    )
    op.execute("CREATE INDEX in_hand_key ON in_hand (system, key)")
    op.execute("CREATE INDEX outbox_known_as ON outbox (known_as) WHERE known_as IS NOT NULL")


def downgrade() -> None:
    op.execute("DROP INDEX outbox_known_as")
    op.execute("DROP TABLE in_hand")
