"""Free messages, deadlines, when a person was last asked about; a question of a message that is held.

Written out in SQL so that it stays what it was when the tables move on.
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE thread (
    case_id uuid NOT NULL,
    message text NOT NULL,
    source text NOT NULL,
    state json NOT NULL,
    CONSTRAINT thread_key PRIMARY KEY (case_id, message, source)
);

CREATE TABLE deadline (
    case_id uuid NOT NULL,
    key text NOT NULL,
    due_at timestamptz NOT NULL,
    CONSTRAINT deadline_key PRIMARY KEY (case_id, key)
);
CREATE INDEX deadline_due ON deadline (due_at);

-- A message that is held until HSA has answered may be the one that opens its case (C-22).
ALTER TABLE outbox DROP CONSTRAINT outbox_names_its_case;
ALTER TABLE outbox ADD CONSTRAINT outbox_names_its_case CHECK (kind <> 'notice' OR case_id IS NOT NULL);

-- What a unit's list shows (C-31), without reading the cases' state.
CREATE TABLE participation (
    unit text NOT NULL,
    case_id uuid NOT NULL,
    att_gora boolean NOT NULL,
    CONSTRAINT participation_key PRIMARY KEY (unit, case_id)
);
CREATE INDEX participation_att_gora ON participation (unit) WHERE att_gora;
ALTER TABLE cases ADD COLUMN name text NOT NULL DEFAULT '';
ALTER TABLE cases ADD COLUMN archived_at timestamptz;
CREATE INDEX cases_person ON cases (person);
-- A case of the usual size stays in its row, uncompressed, as messages do.
ALTER TABLE cases ALTER COLUMN state SET STORAGE EXTERNAL, SET (toast_tuple_target = 8160);

-- Every reading of a case, on which ground (C-7).
CREATE TABLE reading (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    case_id uuid NOT NULL,
    unit text NOT NULL,
    actor text NOT NULL,
    role text,
    what text NOT NULL,
    ground text NOT NULL
);
CREATE INDEX reading_case ON reading (case_id, id);
CREATE TRIGGER reading_stays BEFORE UPDATE OR DELETE ON reading FOR EACH ROW EXECUTE FUNCTION operation_stays();

-- People in open cases are asked about again (C-62, C-63).
ALTER TABLE cases ADD COLUMN asked_at timestamptz NOT NULL DEFAULT now();
CREATE INDEX cases_asked ON cases (asked_at) WHERE status = 'open';
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    op.execute("DROP TABLE thread, deadline, participation, reading")
    op.execute("DELETE FROM outbox WHERE kind = 'lookup' AND case_id IS NULL")
    op.execute("ALTER TABLE outbox DROP CONSTRAINT outbox_names_its_case")
    op.execute(
        "ALTER TABLE outbox ADD CONSTRAINT outbox_names_its_case CHECK (kind = 'receipt' OR case_id IS NOT NULL)"
    )
    op.execute("DROP INDEX cases_asked")
    op.execute("ALTER TABLE cases ALTER COLUMN state SET STORAGE EXTENDED, RESET (toast_tuple_target)")
    op.execute("DROP INDEX cases_person")
    op.execute("ALTER TABLE cases DROP COLUMN asked_at, DROP COLUMN name, DROP COLUMN archived_at")
