"""Lists are sorted by family name (C-31). Written out in SQL so that it stays what it was when the tables move on."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

BY_FAMILY = """
-- A name is written «Eva Ek» or «Ek, Eva»; either way it is found under «ek eva».
DROP INDEX cases_sort_name;
ALTER TABLE cases DROP COLUMN sort_name;
ALTER TABLE cases ADD COLUMN sort_name text COLLATE "C" GENERATED ALWAYS AS (translate(lower(
    CASE WHEN position(',' in name) > 0 THEN regexp_replace(btrim(name), '\\s*,\\s*', ' ')
         ELSE regexp_replace(btrim(name), '^(.*\\S)\\s+(\\S+)$', '\\2 \\1') END), 'åäö', '{|}')) STORED;
CREATE INDEX cases_sort_name ON cases (sort_name, id);
"""

BY_NAME = """
DROP INDEX cases_sort_name;
ALTER TABLE cases DROP COLUMN sort_name;
ALTER TABLE cases ADD COLUMN sort_name text COLLATE "C"
    GENERATED ALWAYS AS (translate(lower(name), 'åäö', '{|}')) STORED;
CREATE INDEX cases_sort_name ON cases (sort_name, id);
"""


def upgrade() -> None:
    op.execute(BY_FAMILY)


def downgrade() -> None:
    op.execute(BY_NAME)
