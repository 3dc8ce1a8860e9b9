"""Signing in by OpenID Connect: what is under way, whose session it is at the provider; whose glass is broken; the trail by page."""

from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

_UP = """
ALTER TABLE operator_session
    ADD COLUMN kind text NOT NULL DEFAULT 'person',
    ADD COLUMN subject text,
    ADD COLUMN provider_session text,
    ADD COLUMN ended_why text,
    ADD CONSTRAINT operator_session_kind CHECK (kind IN ('person', 'program'));
ALTER TABLE operator_session ALTER COLUMN kind DROP DEFAULT;
CREATE INDEX operator_session_subject ON operator_session (subject) WHERE ended_at IS NULL;
CREATE INDEX operator_session_provider ON operator_session (provider_session) WHERE ended_at IS NULL;

CREATE TABLE sign_in (
    state_sha256 text PRIMARY KEY,
    proof_sha256 text NOT NULL,
    nonce text NOT NULL,
    code_verifier text NOT NULL,
    redirect_uri text NOT NULL,
    next text NOT NULL,
    until timestamptz NOT NULL
);
CREATE INDEX sign_in_until ON sign_in (until);

CREATE TABLE device_sign_in (
    device_sha256 text PRIMARY KEY,
    device_code text NOT NULL,
    interval_s double precision NOT NULL,
    asked_at timestamptz,
    until timestamptz NOT NULL
);
CREATE INDEX device_sign_in_until ON device_sign_in (until);

CREATE TABLE logout_token (
    jti_sha256 text PRIMARY KEY,
    until timestamptz NOT NULL
);
CREATE INDEX logout_token_until ON logout_token (until);

CREATE TABLE glass (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    session bigint REFERENCES operator_session (id),
    who text NOT NULL,
    reason text NOT NULL,
    about jsonb NOT NULL,
    broken_at timestamptz NOT NULL DEFAULT now(),
    until timestamptz NOT NULL,
    closed_at timestamptz,
    uses integer NOT NULL DEFAULT 0,
    CONSTRAINT glass_has_reason CHECK (reason <> '')
);
CREATE INDEX glass_session ON glass (session);
CREATE INDEX glass_until ON glass (until);

CREATE INDEX operation_who ON operation (who, id);
CREATE INDEX operation_what ON operation (what, id);
CREATE INDEX operation_at ON operation (at);
"""

_DOWN = """
DROP INDEX operation_who, operation_what, operation_at;
DROP TABLE glass, logout_token, device_sign_in, sign_in;
DROP INDEX operator_session_subject, operator_session_provider;
ALTER TABLE operator_session DROP COLUMN kind, DROP COLUMN subject, DROP COLUMN provider_session, DROP COLUMN ended_why;
"""


def upgrade() -> None:
    op.execute(_UP)


def downgrade() -> None:
    op.execute(_DOWN)
