"""Whose turn it is, without reading what waits: each notice knows the one before it, what waits behind a dead one is out of the
way, and what waits is counted as it comes and goes.
"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TURNS = """
ALTER TABLE outbox
    ADD COLUMN follows integer NOT NULL DEFAULT 0,
    ADD COLUMN behind boolean NOT NULL DEFAULT false,
    ADD COLUMN revision integer NOT NULL DEFAULT 0;
UPDATE outbox o SET follows = p.before FROM (
    SELECT id, coalesce(lag(sequence) OVER (PARTITION BY system, case_id ORDER BY sequence), 0) AS before
    FROM outbox WHERE kind = 'notice') p WHERE p.id = o.id AND p.before > 0;
UPDATE outbox o SET behind = true WHERE o.kind = 'notice' AND o.state = 'waiting' AND EXISTS (
    SELECT 1 FROM outbox d WHERE d.kind = 'notice' AND d.state = 'dead' AND d.system = o.system AND d.case_id = o.case_id
    AND d.sequence < o.sequence);
DROP INDEX outbox_open;
CREATE INDEX outbox_turn ON outbox (system, id) WHERE state = 'waiting' AND NOT behind;
CREATE INDEX outbox_behind ON outbox (system, id) WHERE behind;
CREATE INDEX outbox_dead ON outbox (system, id) WHERE state = 'dead';
CREATE INDEX outbox_by_message ON outbox (message) WHERE kind <> 'notice';
"""

# Every transaction adds what it changed as a row of its own, so that nobody waits for a counter; now and then they are summed.
COUNTS = """
CREATE TABLE outbox_count (
    system text PRIMARY KEY,
    waiting bigint NOT NULL,
    dead bigint NOT NULL
);
CREATE TABLE outbox_change (
    system text NOT NULL,
    waiting integer NOT NULL,
    dead integer NOT NULL
);
INSERT INTO outbox_count SELECT system, count(*) FILTER (WHERE state = 'waiting'), count(*) FILTER (WHERE state = 'dead')
    FROM outbox WHERE state IN ('waiting', 'dead') GROUP BY system;

CREATE FUNCTION outbox_counts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO outbox_change
        SELECT system, count(*) FILTER (WHERE state = 'waiting'), count(*) FILTER (WHERE state = 'dead')
        FROM fresh GROUP BY system;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO outbox_change
        SELECT system, -count(*) FILTER (WHERE state = 'waiting'), -count(*) FILTER (WHERE state = 'dead')
        FROM former GROUP BY system;
    ELSE
        INSERT INTO outbox_change
        SELECT system, sum(waiting), sum(dead) FROM (
            SELECT system, (state = 'waiting')::int AS waiting, (state = 'dead')::int AS dead FROM fresh
            UNION ALL
            SELECT system, -(state = 'waiting')::int, -(state = 'dead')::int FROM former) both_sides
        GROUP BY system HAVING sum(waiting) <> 0 OR sum(dead) <> 0;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER outbox_counts_added AFTER INSERT ON outbox
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION outbox_counts();
CREATE TRIGGER outbox_counts_changed AFTER UPDATE ON outbox
    REFERENCING OLD TABLE AS former NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION outbox_counts();
CREATE TRIGGER outbox_counts_removed AFTER DELETE ON outbox
    REFERENCING OLD TABLE AS former FOR EACH STATEMENT EXECUTE FUNCTION outbox_counts();
CREATE FUNCTION outbox_counts_none() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM outbox_count;
    DELETE FROM outbox_change;
    RETURN NULL;
END $$;
CREATE TRIGGER outbox_counts_emptied AFTER TRUNCATE ON outbox FOR EACH STATEMENT EXECUTE FUNCTION outbox_counts_none();
"""


def upgrade() -> None:
    op.execute(TURNS)
    op.execute(COUNTS)


def downgrade() -> None:
    op.execute("DROP TRIGGER outbox_counts_added ON outbox")
    op.execute("DROP TRIGGER outbox_counts_changed ON outbox")
    op.execute("DROP TRIGGER outbox_counts_removed ON outbox")
    op.execute("DROP TRIGGER outbox_counts_emptied ON outbox")
    op.execute("DROP FUNCTION outbox_counts, outbox_counts_none")
    op.execute("DROP TABLE outbox_count, outbox_change")
    op.execute("DROP INDEX outbox_turn, outbox_behind, outbox_dead, outbox_by_message")
    op.execute("ALTER TABLE outbox DROP COLUMN follows, DROP COLUMN behind, DROP COLUMN revision")
    op.execute("CREATE INDEX outbox_open ON outbox (system, id) WHERE state IN ('waiting', 'dead')")
