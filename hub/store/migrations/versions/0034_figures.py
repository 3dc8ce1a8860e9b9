"""Figures per minute and per quarter of an hour, of each system and of all, so that operations need not count messages."""

from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

_UP = """
CREATE TABLE figures (
    system text NOT NULL,
    step smallint NOT NULL,
    at timestamptz NOT NULL,
    counts jsonb NOT NULL,
    CONSTRAINT figures_key PRIMARY KEY (system, step, at),
    CONSTRAINT figures_step CHECK (step IN (1, 15))
) WITH (fillfactor = 80);
CREATE INDEX figures_at ON figures (step, at);

CREATE TABLE refused_example (
    system text NOT NULL,
    rule text NOT NULL,
    message text NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT refused_example_key PRIMARY KEY (system, rule)
);

CREATE FUNCTION summed(one jsonb, other jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(jsonb_object_agg(key, n), '{}') FROM (
        SELECT key, sum(value::bigint) AS n FROM (
            SELECT * FROM jsonb_each_text(one) UNION ALL SELECT * FROM jsonb_each_text(other)
        ) AS both_of GROUP BY key
    ) AS its
$$;
"""


def upgrade() -> None:
    op.execute(_UP)


def downgrade() -> None:
    op.execute("DROP FUNCTION summed; DROP TABLE figures, refused_example")
