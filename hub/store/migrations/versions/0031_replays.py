"""A replay is a thing of its own: which rows it tells again, what each was before, and how it ended (D-7)."""

from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

_UP = """
CREATE TABLE replay (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    who text NOT NULL,
    why text NOT NULL,
    target text NOT NULL,
    system text,
    own boolean NOT NULL DEFAULT false,
    wanted jsonb NOT NULL,
    rate double precision NOT NULL,
    stop_after integer NOT NULL,
    state text NOT NULL DEFAULT 'running',
    next_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz,
    ended text,
    total integer NOT NULL DEFAULT 0,
    told integer NOT NULL DEFAULT 0,
    sent integer NOT NULL DEFAULT 0,
    failed integer NOT NULL DEFAULT 0,
    passed_over integer NOT NULL DEFAULT 0,
    put_back integer NOT NULL DEFAULT 0,
    CONSTRAINT replay_state CHECK (state IN ('running', 'done', 'stopped', 'undone')),
    CONSTRAINT replay_limits CHECK (rate > 0 AND stop_after > 0),
    CONSTRAINT replay_has_reason CHECK (why <> '')
);
CREATE INDEX replay_running ON replay (id) WHERE state = 'running';
CREATE INDEX replay_own ON replay (system, id) WHERE own;

CREATE TABLE replay_row (
    replay bigint NOT NULL REFERENCES replay (id),
    place integer NOT NULL,
    outbox_id bigint NOT NULL,
    key text NOT NULL,
    before jsonb,
    revision integer,
    outcome text,
    CONSTRAINT replay_row_key PRIMARY KEY (replay, place),
    CONSTRAINT replay_row_outcome CHECK (outcome IN ('sent', 'dead', 'skipped', 'gone', 'put-back')),
    CONSTRAINT replay_row_told CHECK ((before IS NULL) = (revision IS NULL))
);
CREATE UNIQUE INDEX replay_row_open ON replay_row (outbox_id) WHERE outcome IS NULL;
CREATE INDEX replay_row_left ON replay_row (replay, place) WHERE outcome IS NULL AND revision IS NULL;
CREATE INDEX replay_row_on_its_way ON replay_row (replay, place) WHERE outcome IS NULL AND revision IS NOT NULL;
CREATE INDEX replay_row_failed ON replay_row (replay, key) WHERE outcome = 'dead';
CREATE INDEX replay_row_of ON replay_row (outbox_id);
"""


def upgrade() -> None:
    op.execute(_UP)


def downgrade() -> None:
    op.execute("DROP TABLE replay_row, replay")
