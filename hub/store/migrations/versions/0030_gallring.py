"""Closed cases, and the bodies of refused messages, are found by their age, and a case says since when its content is removed."""

from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

_STAYS = """
CREATE OR REPLACE FUNCTION message_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR NEW.source <> OLD.source OR NEW.id <> OLD.id
       OR ((OLD.receipt IS NOT NULL OR NEW.raw <> OLD.raw OR NEW.digest <> OLD.digest) AND NOT {gallrat}) THEN
        RAISE EXCEPTION 'a message that has been answered is never changed or deleted';
    END IF;
    RETURN NEW;
END $$;
"""
_GALLRAT = """(
    OLD.receipt IS NOT NULL AND NEW.raw = '' AND NEW.attributes IS NULL AND coalesce(NEW.events::text, '[]') = '[]'
    AND (NEW.envelope, NEW.media_type, NEW.system, NEW.received_at, NEW.name, NEW.case_id, NEW.sequence, NEW.receipt::text)
        IS NOT DISTINCT FROM
        (OLD.envelope, OLD.media_type, OLD.system, OLD.received_at, OLD.name, OLD.case_id, OLD.sequence, OLD.receipt::text)
    AND (NEW.sequence IS NULL OR EXISTS (SELECT FROM cases c WHERE c.id = NEW.case_id AND c.gallrad_at IS NOT NULL)))"""
"""What a sender wrote is removed, and nothing else of the message; of an accepted one only with all of its case."""


def upgrade() -> None:
    op.execute("ALTER TABLE cases ADD COLUMN gallrad_at timestamptz")
    op.execute(
        "CREATE INDEX cases_to_gallra ON cases (system, process, changed_at, id) WHERE status <> 'open' AND gallrad_at IS NULL"
    )
    op.execute(
        "CREATE INDEX message_refused ON message (system, received_at, source, id) WHERE sequence IS NULL AND raw <> ''"
    )
    op.execute(_STAYS.format(gallrat=_GALLRAT))


def downgrade() -> None:
    op.execute(_STAYS.format(gallrat="false"))
    op.execute("DROP INDEX message_refused")
    op.execute("DROP INDEX cases_to_gallra")
    op.execute("ALTER TABLE cases DROP COLUMN gallrad_at")
