"""«Att göra» by role: what awaits which of a unit's roles in a case, no longer whether something does (C-31).

Written out in SQL so that it stays what it was when the tables move on.
"""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ROLES = """
DROP INDEX participation_att_gora;
ALTER TABLE participation ALTER COLUMN att_gora TYPE text[] USING '{}';
UPDATE participation p SET att_gora = found.awaited FROM (
    SELECT listed.unit, c.id, array_agg(step.key || '/' || (step.value ->> 'act') || '/' || role.value) AS awaited
    FROM cases c, json_each(c.state -> 'steps') AS step (key, value),
        json_array_elements_text(step.value -> 'awaits') AS listed (unit),
        json_array_elements_text(c.state -> 'participants' -> listed.unit -> 'roles') AS role (value)
    GROUP BY listed.unit, c.id) AS found
WHERE found.unit = p.unit AND found.id = p.case_id;
UPDATE participation p SET att_gora = p.att_gora || found.awaited FROM (
    SELECT listed.unit, c.id, array_agg('meddelande/kvittera/' || role.value) AS awaited
    FROM cases c, json_object_keys(c.state -> 'unanswered') AS listed (unit),
        json_array_elements_text(c.state -> 'participants' -> listed.unit -> 'roles') AS role (value)
    GROUP BY listed.unit, c.id) AS found
WHERE found.unit = p.unit AND found.id = p.case_id;
CREATE INDEX participation_att_gora ON participation (unit) WHERE att_gora <> '{}';
"""


def upgrade() -> None:
    op.execute(ROLES)


def downgrade() -> None:
    op.execute("DROP INDEX participation_att_gora")
    op.execute("ALTER TABLE participation ALTER COLUMN att_gora TYPE boolean USING att_gora <> '{}'")
    op.execute("CREATE INDEX participation_att_gora ON participation (unit) WHERE att_gora")
