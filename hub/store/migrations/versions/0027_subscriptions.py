"""FHIR Subscriptions, and the numbers of their events."""

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
CREATE TABLE subscription (
    id text PRIMARY KEY,
    system text NOT NULL,
    base text NOT NULL,
    content jsonb NOT NULL,
    kinds text[],
    status text NOT NULL CONSTRAINT subscription_status CHECK (status IN ('requested', 'active', 'error', 'off')),
    verified boolean NOT NULL DEFAULT false,
    fault text,
    revision bigint NOT NULL DEFAULT 0,
    events bigint NOT NULL DEFAULT 0,
    ends_at timestamptz,
    due_at timestamptz,
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX subscription_of_system ON subscription (system);
CREATE INDEX subscription_due ON subscription (due_at) WHERE due_at IS NOT NULL;
CREATE TABLE subscription_event (
    subscription text NOT NULL REFERENCES subscription (id) ON DELETE CASCADE,
    number bigint NOT NULL,
    notice bigint NOT NULL,
    CONSTRAINT subscription_event_number PRIMARY KEY (subscription, number),
    CONSTRAINT subscription_event_notice UNIQUE (subscription, notice)
);
""")


def downgrade() -> None:
    op.execute("DROP TABLE subscription_event")
    op.execute("DROP TABLE subscription")
