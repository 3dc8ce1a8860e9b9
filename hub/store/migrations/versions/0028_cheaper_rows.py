"""A new case costs the database less: what it is sorted by and the former numbers are columns that the hub writes, not expressions
over its state; and a deadline is in one index by its time.
"""

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_SORT_NAME = (
    "translate(lower(CASE WHEN position(',' IN name) > 0 THEN regexp_replace(btrim(name), '\\s*,\\s*', ' ')"
    " ELSE regexp_replace(btrim(name), '^(.*\\S)\\s+(\\S+)$', '\\2 \\1') END), 'åäö', '{|}')"
)


def upgrade() -> None:
    op.execute("ALTER TABLE cases ALTER COLUMN sort_name DROP EXPRESSION")
    op.execute("ALTER TABLE cases ADD COLUMN former text[]")
    op.execute(
        "UPDATE cases SET former = ARRAY(SELECT json_array_elements_text(state -> 'former_numbers'))"
        " WHERE (state -> 'former_numbers') IS NOT NULL"
    )
    op.execute("DROP INDEX cases_former")
    op.execute("CREATE INDEX cases_former ON cases USING gin (former) WHERE former IS NOT NULL")
    op.execute("DROP INDEX deadline_due")
    op.execute("CREATE INDEX deadline_put_off ON deadline (due_at) WHERE put_off IS NOT NULL")


def downgrade() -> None:
    op.execute("DROP INDEX deadline_put_off")
    op.execute("CREATE INDEX deadline_due ON deadline (due_at)")
    op.execute("ALTER TABLE cases DROP COLUMN former")
    op.execute(
        "CREATE INDEX cases_former ON cases USING gin (((state -> 'former_numbers')::jsonb))"
        " WHERE (state -> 'former_numbers') IS NOT NULL"
    )
    op.execute("ALTER TABLE cases DROP COLUMN sort_name")
    op.execute(f'ALTER TABLE cases ADD COLUMN sort_name text COLLATE "C" GENERATED ALWAYS AS ({_SORT_NAME}) STORED')
    op.execute("CREATE INDEX cases_sort_name ON cases (sort_name, id)")
