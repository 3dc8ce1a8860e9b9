"""The oldest fresh row that is not sent is found range by range of what is sent, not row by row: while much goes through, thousands of
sent rows lie above what is settled, and each look of operations asked of each whether it was sent.

Revision ID: 0039
Revises: 0038
"""

from __future__ import annotations

from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

_UP = """
CREATE OR REPLACE FUNCTION oldest_fresh_unsent(of_system text) RETURNS timestamptz LANGUAGE plpgsql STABLE AS $$
DECLARE
    passed bigint := settled_upto(of_system);
    unsent record;
    sent_upto bigint;
BEGIN
    LOOP
        SELECT id, accepted_at INTO unsent FROM outbox_row
            WHERE system = of_system AND state = 'fresh' AND id > passed ORDER BY id LIMIT 1;
        IF NOT FOUND THEN
            RETURN NULL;
        END IF;
        SELECT last INTO sent_upto FROM sent_range WHERE system = of_system AND first <= unsent.id ORDER BY first DESC LIMIT 1;
        IF NOT FOUND OR sent_upto < unsent.id THEN
            RETURN unsent.accepted_at;
        END IF;
        passed := sent_upto;
    END LOOP;
END $$;
"""

_DOWN = """
CREATE OR REPLACE FUNCTION oldest_fresh_unsent(of_system text) RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT accepted_at FROM outbox_row WHERE system = of_system AND state = 'fresh' AND id > (SELECT settled_upto(of_system))
        AND NOT is_sent(of_system, id) ORDER BY id LIMIT 1
$$;
"""


def upgrade() -> None:
    op.execute(_UP)


def downgrade() -> None:
    op.execute(_DOWN)
