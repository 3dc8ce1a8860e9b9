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

CREATE TABLE heard (
    system text NOT NULL,
    day date NOT NULL,
    hours integer[] NOT NULL,
    CONSTRAINT heard_key PRIMARY KEY (system, day),
    CONSTRAINT heard_hours CHECK (array_length(hours, 1) = 24)
);
CREATE INDEX heard_day ON heard (day);

CREATE TABLE silence (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    system text NOT NULL,
    since timestamptz NOT NULL,
    noticed_at timestamptz NOT NULL,
    expected double precision NOT NULL,
    heard integer NOT NULL,
    ended_at timestamptz,
    ended text,
    CONSTRAINT silence_ended CHECK ((ended_at IS NULL) = (ended IS NULL) AND ended IN ('heard', 'usual', 'left'))
);
CREATE UNIQUE INDEX silence_open ON silence (system) WHERE ended_at IS NULL;
CREATE INDEX silence_of ON silence (system, id);

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
    op.execute("DROP FUNCTION summed; DROP TABLE figures, refused_example, heard, silence")
