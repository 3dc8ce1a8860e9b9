"""The first tables.

Written out in SQL so that it stays what it was when the tables move on.
"""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE message (
    source text NOT NULL,
    id text NOT NULL,
    digest bytea NOT NULL,
    raw bytea NOT NULL,
    media_type text NOT NULL,
    attributes json,
    system text NOT NULL,
    received_at timestamptz NOT NULL,
    name text,
    case_id uuid,
    sequence integer,
    events json,
    receipt json,
    CONSTRAINT message_key PRIMARY KEY (source, id),
    CONSTRAINT message_digest_is_sha256 CHECK (octet_length(digest) = 32),
    CONSTRAINT message_accepted_has_events CHECK ((sequence IS NULL) = (events IS NULL)),
    CONSTRAINT message_accepted_is_whole CHECK (sequence IS NULL OR (case_id IS NOT NULL AND receipt IS NOT NULL)),
    CONSTRAINT message_sequence_positive CHECK (sequence > 0)
);
-- A message of the usual size stays in its row, uncompressed: PostgreSQL's own compression costs more than it saves here.
ALTER TABLE message ALTER COLUMN raw SET STORAGE EXTERNAL, SET (toast_tuple_target = 8160);
CREATE UNIQUE INDEX message_history ON message (case_id, sequence) WHERE sequence IS NOT NULL;

CREATE TABLE cases (
    id uuid PRIMARY KEY,
    system text NOT NULL,
    ref text,
    person text NOT NULL,
    process text NOT NULL,
    status text NOT NULL,
    manual text,
    sequence integer NOT NULL,
    state json NOT NULL,
    opened_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    CONSTRAINT cases_sequence_positive CHECK (sequence >= 1)
);
CREATE UNIQUE INDEX cases_ref ON cases (system, ref) WHERE ref IS NOT NULL;
CREATE INDEX cases_manual ON cases (changed_at) WHERE manual IS NOT NULL;

CREATE SEQUENCE outbox_block INCREMENT BY 100000;
CREATE TABLE outbox (
    id bigint PRIMARY KEY,
    kind text NOT NULL,
    system text NOT NULL,
    case_id uuid,
    sequence integer,
    source text NOT NULL,
    message text NOT NULL,
    told json NOT NULL,
    body bytea,
    accepted_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    state text NOT NULL DEFAULT 'waiting',
    sent_at timestamptz,
    answer text,
    CONSTRAINT outbox_kind CHECK (kind IN ('notice', 'receipt', 'lookup')),
    CONSTRAINT outbox_state CHECK (state IN ('waiting', 'sent', 'dead', 'skipped')),
    CONSTRAINT outbox_sent_has_time CHECK ((state = 'sent') = (sent_at IS NOT NULL)),
    CONSTRAINT outbox_names_its_case CHECK (kind = 'receipt' OR case_id IS NOT NULL),
    CONSTRAINT outbox_notice_has_sequence CHECK ((kind = 'notice') = (sequence IS NOT NULL))
);
CREATE UNIQUE INDEX outbox_notice ON outbox (case_id, sequence, system) WHERE kind = 'notice';
CREATE INDEX outbox_open ON outbox (system, id) WHERE state IN ('waiting', 'dead');

CREATE TABLE held (
    source text NOT NULL,
    message text NOT NULL,
    case_key text NOT NULL,
    reason text NOT NULL,
    since timestamptz NOT NULL DEFAULT now(),
    due_at timestamptz NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    id bigint GENERATED ALWAYS AS IDENTITY,
    CONSTRAINT held_key PRIMARY KEY (source, message)
);
CREATE INDEX held_case ON held (case_key, id);

CREATE TABLE directory_version (
    version integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    applied_at timestamptz NOT NULL DEFAULT now(),
    body jsonb NOT NULL
);

CREATE TABLE register_answer (
    register text NOT NULL,
    key text NOT NULL,
    answer json NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT register_answer_key PRIMARY KEY (register, key)
);

CREATE TABLE paused (
    system text PRIMARY KEY,
    since timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE operation (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    who text NOT NULL,
    what text NOT NULL,
    target text NOT NULL,
    reason text NOT NULL,
    CONSTRAINT operation_has_reason CHECK (reason <> '')
);
"""

APPEND_ONLY = """
CREATE FUNCTION message_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.receipt IS NOT NULL OR NEW.raw <> OLD.raw OR NEW.digest <> OLD.digest
       OR NEW.source <> OLD.source OR NEW.id <> OLD.id THEN
        RAISE EXCEPTION 'a message that has been answered is never changed or deleted';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER message_stays BEFORE UPDATE OR DELETE ON message FOR EACH ROW EXECUTE FUNCTION message_stays();

CREATE FUNCTION operation_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the trail of operations is never changed or deleted';
END $$;
CREATE TRIGGER operation_stays BEFORE UPDATE OR DELETE ON operation FOR EACH ROW EXECUTE FUNCTION operation_stays();

CREATE FUNCTION case_goes_forward() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.sequence < OLD.sequence THEN
        RAISE EXCEPTION 'the sequence of a case never goes back';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER case_goes_forward BEFORE UPDATE ON cases FOR EACH ROW EXECUTE FUNCTION case_goes_forward();
"""


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(APPEND_ONLY)


def downgrade() -> None:
    op.execute("DROP TABLE message, cases, outbox, held, directory_version, register_answer, paused, operation CASCADE")
    op.execute("DROP SEQUENCE outbox_block")
    op.execute("DROP FUNCTION message_stays, operation_stays, case_goes_forward")
