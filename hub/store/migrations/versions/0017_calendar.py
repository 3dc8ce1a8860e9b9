"""A unit's calendar finds the cases that have a meeting or a day to come."""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_SQL = """
CREATE TABLE calendar (
    case_id uuid NOT NULL,
    unit text NOT NULL,
    key text NOT NULL,
    day date NOT NULL,
    CONSTRAINT calendar_key PRIMARY KEY (case_id, unit, key)
);
CREATE INDEX calendar_days ON calendar (unit, day, case_id);
"""


def upgrade() -> None:
    op.execute(_SQL)


def downgrade() -> None:
    op.execute("DROP TABLE calendar")
