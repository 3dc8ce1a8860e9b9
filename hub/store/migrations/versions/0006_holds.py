"""A hold is found by its time, waits under its case's id once there is a case, and ends with its message's answer; a deadline
that cannot be told is put off.

Written out in SQL so that it stays what it was when the tables move on.
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TABLES = """
ALTER TABLE held ADD COLUMN reason_since timestamptz NOT NULL DEFAULT now();
CREATE UNIQUE INDEX held_number ON held (id);
CREATE INDEX held_due ON held (due_at);

-- What earlier versions left behind: holds of messages that have been answered, and two queues for one case, each of which
-- waited for the other.
DELETE FROM held h USING message m WHERE m.source = h.source AND m.id = h.message AND m.receipt IS NOT NULL;
UPDATE held h SET case_key = c.id::text FROM cases c WHERE c.ref IS NOT NULL AND h.case_key = c.system || '/' || c.ref;
UPDATE held SET due_at = now();

ALTER TABLE deadline ADD COLUMN put_off timestamptz;
CREATE INDEX deadline_next ON deadline (coalesce(put_off, due_at));
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    op.execute("ALTER TABLE held DROP COLUMN reason_since")
    op.execute("DROP INDEX held_number, held_due")
    op.execute("ALTER TABLE deadline DROP COLUMN put_off")
