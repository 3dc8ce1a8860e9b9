"""Who of operations is signed in: a session each, known by the hash of its token."""

from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

_UP = """
CREATE TABLE operator_session (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    token_sha256 text NOT NULL,
    who text NOT NULL,
    roles text[] NOT NULL,
    begun_at timestamptz NOT NULL DEFAULT now(),
    used_at timestamptz NOT NULL DEFAULT now(),
    idle_s double precision,
    until timestamptz NOT NULL,
    ended_at timestamptz,
    CONSTRAINT operator_session_idle CHECK (idle_s > 0)
);
CREATE UNIQUE INDEX operator_session_token ON operator_session (token_sha256);
"""


def upgrade() -> None:
    op.execute(_UP)


def downgrade() -> None:
    op.execute("DROP TABLE operator_session")
