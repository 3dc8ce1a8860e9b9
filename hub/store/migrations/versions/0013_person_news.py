"""Of whom folkbokforing has had news, for all hubs: what one remembers of such a person holds no longer (C-62)."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE TABLE person_news (person text PRIMARY KEY, at timestamptz NOT NULL)")
    op.execute("CREATE INDEX person_news_at ON person_news (at)")


def downgrade() -> None:
    op.execute("DROP TABLE person_news")
