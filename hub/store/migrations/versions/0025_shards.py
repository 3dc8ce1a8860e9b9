"""Cases are shared among processes by shard, and what is sent is marked by ranges of rows instead of row by row."""

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_UP = """
CREATE TABLE shard (
    id smallint PRIMARY KEY,
    epoch integer NOT NULL DEFAULT 0,
    owner text,
    changes bigint NOT NULL DEFAULT 0
);
INSERT INTO shard (id) SELECT generate_series(0, 63);

DROP INDEX outbox_turn;
ALTER TABLE outbox RENAME TO outbox_row;
ALTER TABLE outbox_row ADD COLUMN shard smallint NOT NULL DEFAULT 0;
ALTER TABLE outbox_row DROP CONSTRAINT outbox_state;
ALTER TABLE outbox_row ADD CONSTRAINT outbox_state CHECK (state IN ('fresh', 'waiting', 'sent', 'dead', 'skipped'));
ALTER TABLE outbox_row ADD CONSTRAINT outbox_fresh_is_untouched CHECK (state <> 'fresh' OR NOT behind);
UPDATE outbox_row SET shard = ('x' || right(case_id::text, 4))::bit(16)::int % 64
    WHERE case_id IS NOT NULL AND state IN ('waiting', 'dead');
CREATE INDEX outbox_fresh ON outbox_row (system, id, shard) WHERE state = 'fresh';
CREATE INDEX outbox_waiting ON outbox_row (system, id) WHERE state = 'waiting' AND NOT behind;

CREATE TABLE sent_range (
    system text NOT NULL,
    first bigint NOT NULL,
    last bigint NOT NULL,
    at timestamptz NOT NULL,
    answer text NOT NULL,
    CONSTRAINT sent_range_key PRIMARY KEY (system, first),
    CONSTRAINT sent_range_is_one CHECK (last >= first)
);
CREATE TABLE settled (
    owner text NOT NULL,
    system text NOT NULL,
    upto bigint NOT NULL,
    CONSTRAINT settled_key PRIMARY KEY (owner, system)
);

CREATE VIEW outbox AS
SELECT o.id, o.kind, o.system, o.case_id, o.sequence, o.source, o.message, o.told, o.body, o.accepted_at, o.due_at,
    o.first_tried_at, o.refused_since, o.follows, o.behind, o.revision, o.failures, o.said, o.known_as, o.shard,
    CASE WHEN o.state <> 'fresh' THEN o.state WHEN s.at IS NULL THEN 'waiting' ELSE 'sent' END AS state,
    coalesce(o.sent_at, s.at) AS sent_at,
    coalesce(o.answer, s.answer) AS answer,
    CASE WHEN s.at IS NULL THEN o.attempts ELSE o.attempts + 1 END AS attempts
FROM outbox_row o LEFT JOIN LATERAL (
    SELECT at, answer FROM (
        SELECT r.last, r.at, r.answer FROM sent_range r WHERE r.system = o.system AND r.first <= o.id
        ORDER BY r.first DESC LIMIT 1) nearest
    WHERE nearest.last >= o.id) s ON o.state = 'fresh';

CREATE FUNCTION is_sent(of_system text, of_id bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT r.last >= of_id FROM sent_range r
        WHERE r.system = of_system AND r.first <= of_id ORDER BY r.first DESC LIMIT 1), false)
$$;

CREATE FUNCTION settled_upto(of_system text) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT coalesce(min(coalesce((SELECT min(s.upto) FROM settled s WHERE s.owner = o.owner AND s.system IN ('', of_system)), 0)), 0)
    FROM (SELECT DISTINCT owner FROM shard WHERE owner IS NOT NULL) o
$$;

CREATE FUNCTION fresh_unsent(of_system text) RETURNS SETOF outbox_row LANGUAGE sql STABLE AS $$
    SELECT * FROM outbox_row WHERE system = of_system AND state = 'fresh' AND id > (SELECT settled_upto(of_system))
        AND NOT is_sent(of_system, id)
$$;

CREATE FUNCTION oldest_fresh_unsent(of_system text) RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT accepted_at FROM outbox_row WHERE system = of_system AND state = 'fresh' AND id > (SELECT settled_upto(of_system))
        AND NOT is_sent(of_system, id) ORDER BY id LIMIT 1
$$;

CREATE FUNCTION still_owned(ids smallint[], epochs integer[]) RETURNS SETOF shard LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtext('shard'), k.id) FROM (SELECT unnest(ids)::int AS id ORDER BY 1) k;
    RETURN QUERY SELECT s.* FROM shard s JOIN unnest(ids, epochs) AS k (id, epoch) USING (id, epoch);
END $$;

CREATE OR REPLACE FUNCTION outbox_counts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO outbox_change
        SELECT system, count(*) FILTER (WHERE state IN ('fresh', 'waiting')), count(*) FILTER (WHERE state = 'dead')
        FROM fresh GROUP BY system;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO outbox_change
        SELECT system, -count(*) FILTER (WHERE state = 'waiting' OR (state = 'fresh' AND NOT is_sent(system, id))),
            -count(*) FILTER (WHERE state = 'dead')
        FROM former GROUP BY system;
    ELSE
        INSERT INTO outbox_change
        SELECT system, sum(waiting), sum(dead) FROM (
            SELECT system, (state IN ('fresh', 'waiting'))::int AS waiting, (state = 'dead')::int AS dead FROM fresh
            UNION ALL
            SELECT system, -(state = 'waiting' OR (state = 'fresh' AND NOT is_sent(system, id)))::int,
                -(state = 'dead')::int
            FROM former) both_sides
        GROUP BY system HAVING sum(waiting) <> 0 OR sum(dead) <> 0;
    END IF;
    RETURN NULL;
END $$;
"""

_DOWN = """
DROP VIEW outbox;
DROP FUNCTION fresh_unsent, oldest_fresh_unsent, settled_upto;
UPDATE outbox_row o SET state = CASE WHEN is_sent(o.system, o.id) THEN 'sent' ELSE 'waiting' END,
    attempts = CASE WHEN is_sent(o.system, o.id) THEN o.attempts + 1 ELSE o.attempts END,
    sent_at = (SELECT r.at FROM sent_range r WHERE r.system = o.system AND r.first <= o.id
        AND r.last >= o.id ORDER BY r.first DESC LIMIT 1),
    answer = (SELECT r.answer FROM sent_range r WHERE r.system = o.system AND r.first <= o.id
        AND r.last >= o.id ORDER BY r.first DESC LIMIT 1)
    WHERE o.state = 'fresh';
DROP FUNCTION still_owned;
DROP INDEX outbox_fresh, outbox_waiting;
ALTER TABLE outbox_row DROP CONSTRAINT outbox_state, DROP CONSTRAINT outbox_fresh_is_untouched;
ALTER TABLE outbox_row ADD CONSTRAINT outbox_state CHECK (state IN ('waiting', 'sent', 'dead', 'skipped'));
ALTER TABLE outbox_row DROP COLUMN shard;
ALTER TABLE outbox_row RENAME TO outbox;
CREATE INDEX outbox_turn ON outbox (system, id) WHERE state = 'waiting' AND NOT behind;
CREATE OR REPLACE FUNCTION outbox_counts() RETURNS trigger LANGUAGE plpgsql AS $$
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
DROP FUNCTION is_sent;
DROP TABLE shard, sent_range, settled;
"""


def upgrade() -> None:
    op.execute(_UP)


def downgrade() -> None:
    op.execute(_DOWN)
