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
CREATE INDEX cases_archived ON cases (archived_at);

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
    op.execute("DROP INDEX cases_contacts, cases_archived, cases_changed")
    op.execute("ALTER TABLE cases DROP COLUMN sort_name")
