"""A held message that operations edits keeps what it was before; a replay says to whom it goes, and which rows were written for it."""

from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

_UP = """
CREATE TABLE message_edit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source text NOT NULL,
    message text NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    who text NOT NULL,
    reason text NOT NULL,
    raw bytea NOT NULL,
    attributes json,
    FOREIGN KEY (source, message) REFERENCES message (source, id),
    CONSTRAINT message_edit_has_reason CHECK (reason <> '')
);
CREATE INDEX message_edit_of ON message_edit (source, message);
ALTER TABLE replay ADD COLUMN aim text NOT NULL DEFAULT 'as-was',
    ADD CONSTRAINT replay_aim CHECK (aim IN ('as-was', 'as-directory-now'));
ALTER TABLE replay_row ADD COLUMN written boolean NOT NULL DEFAULT false;
"""
_STAYS = """
CREATE OR REPLACE FUNCTION message_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR NEW.source <> OLD.source OR NEW.id <> OLD.id
       OR ((OLD.receipt IS NOT NULL OR NEW.raw <> OLD.raw OR NEW.digest <> OLD.digest) AND NOT {gallrat} AND NOT {edited}) THEN
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
"""As in 0030."""
_EDITED = """(
    OLD.receipt IS NULL AND NEW.receipt IS NULL AND NEW.digest = OLD.digest AND EXISTS
    (SELECT FROM message_edit e WHERE e.source = OLD.source AND e.message = OLD.id AND e.raw = OLD.raw))"""
"""A held message is another from now on, and what it was is kept; it is known as it came (D-2)."""


def upgrade() -> None:
    op.execute(_UP)
    op.execute(_STAYS.format(gallrat=_GALLRAT, edited=_EDITED))


def downgrade() -> None:
    op.execute(_STAYS.format(gallrat=_GALLRAT, edited="false"))
    op.execute("ALTER TABLE replay_row DROP COLUMN written")
    op.execute("ALTER TABLE replay DROP COLUMN aim")
    op.execute("DROP TABLE message_edit")
