"""What the units' lists are found and sorted by, and for whom and why something was printed.

Written out in SQL so that it stays what it was when the tables move on.
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLES = """
-- Swedish order without a collation that not every server has: å, ä, ö come after z, and case plays no part.
ALTER TABLE cases ADD COLUMN sort_name text COLLATE "C"
    GENERATED ALWAYS AS (translate(lower(name), 'åäö', '{|}')) STORED;
CREATE INDEX cases_changed ON cases (changed_at, id);
CREATE INDEX cases_sort_name ON cases (sort_name, id);

-- C-54: so that the start list need not look at all that ever was on it. A row without the time may be of a case that has
-- one (a unit that came in afterwards): the list asks the case too.
ALTER TABLE participation ADD COLUMN archived_at timestamptz;
UPDATE participation p SET archived_at = c.archived_at FROM cases c WHERE c.id = p.case_id AND c.archived_at IS NOT NULL;
CREATE INDEX participation_left ON participation (unit, archived_at, case_id);
CREATE FUNCTION case_leaves_lists() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE participation SET archived_at = NEW.archived_at
    WHERE case_id = NEW.id AND unit IN (SELECT json_object_keys(NEW.state -> 'participants'));
    RETURN NULL;
END $$;
CREATE TRIGGER case_opens_archived AFTER INSERT ON cases FOR EACH ROW
    WHEN (NEW.archived_at IS NOT NULL) EXECUTE FUNCTION case_leaves_lists();
CREATE TRIGGER case_leaves_lists AFTER UPDATE OF archived_at ON cases FOR EACH ROW
    WHEN (NEW.archived_at IS DISTINCT FROM OLD.archived_at) EXECUTE FUNCTION case_leaves_lists();

-- In which cases a person is fast vardkontakt (C-31).
CREATE INDEX cases_contacts ON cases USING gin (((state -> 'vardkontakter')::jsonb))
    WHERE (state -> 'vardkontakter') IS NOT NULL;

-- C-55: a printing is a reading with a receiver and a reason.
ALTER TABLE reading ADD COLUMN for_whom text;
ALTER TABLE reading ADD COLUMN why text;
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    op.execute("ALTER TABLE reading DROP COLUMN for_whom, DROP COLUMN why")
    op.execute("DROP TRIGGER case_opens_archived ON cases")
    op.execute("DROP TRIGGER case_leaves_lists ON cases")
    op.execute("DROP FUNCTION case_leaves_lists")
    op.execute("DROP INDEX cases_contacts, cases_changed")
    op.execute("ALTER TABLE participation DROP COLUMN archived_at")
    op.execute("ALTER TABLE cases DROP COLUMN sort_name")
