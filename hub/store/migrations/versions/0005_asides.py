"""Partitions that wait at a record, gaps that were found, and which topic is which.

Written out in SQL so that it stays what it was when the tables move on.
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE aside (
    topic text NOT NULL,
    partition integer NOT NULL,
    at bigint NOT NULL,
    reason text NOT NULL,
    until bigint,
    since timestamptz NOT NULL DEFAULT now(),
    pass_to bigint,
    lost boolean NOT NULL DEFAULT false,
    CONSTRAINT aside_passes_on CHECK (pass_to > at)
);
CREATE UNIQUE INDEX aside_waits ON aside (topic, partition) WHERE NOT lost;
CREATE UNIQUE INDEX aside_lost ON aside (topic, partition, at, reason) WHERE lost;

CREATE TABLE topic (
    name text CONSTRAINT topic_pkey PRIMARY KEY,
    id uuid NOT NULL,
    partitions integer NOT NULL
);
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    op.execute("DROP TABLE topic, aside")
