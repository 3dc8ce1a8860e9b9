"""A case's own row says by which persons it is found and in which month's figures it stands, whatever its process."""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE cases ADD COLUMN named text[], ADD COLUMN month text")
    op.execute(
        "UPDATE cases SET named = (SELECT array_agg(DISTINCT 'fast_vardkontakt/' || (contact ->> 'person'))"
        " FROM json_array_elements(state -> 'state' -> 'vardkontakter') AS contact)"
        " WHERE (state -> 'state' -> 'vardkontakter') IS NOT NULL"
    )
    op.execute(
        "UPDATE cases SET month = left(state -> 'state' -> 'dates' -> 'discharged' ->> 'date', 7)"
        " WHERE process = 'svu' AND status = 'discharged'"
    )
    # All cases until now are svu's; and so are those of a hub of the former version, while both run.
    op.execute("ALTER TABLE participation ADD COLUMN process text NOT NULL DEFAULT 'svu'")
    op.execute("DROP INDEX participation_left")
    op.execute("CREATE INDEX participation_left ON participation (unit, archived_at, case_id) INCLUDE (process)")
    op.execute("DROP INDEX cases_contacts")
    op.execute("CREATE INDEX cases_named ON cases USING gin (named) WHERE named IS NOT NULL")
    op.execute("CREATE INDEX cases_month ON cases (process, month) WHERE month IS NOT NULL")


def downgrade() -> None:
    op.execute(
        "CREATE INDEX cases_contacts ON cases USING gin (((state -> 'state' -> 'vardkontakter')::jsonb))"
        " WHERE (state -> 'state' -> 'vardkontakter') IS NOT NULL"
    )
    op.execute("ALTER TABLE participation DROP COLUMN process")
    op.execute("CREATE INDEX participation_left ON participation (unit, archived_at, case_id)")
    op.execute("ALTER TABLE cases DROP COLUMN named, DROP COLUMN month")
