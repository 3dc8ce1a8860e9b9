"""The credentials of systems, each with its time: since when, until when, and those that rotation has added to the directory's."""

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "CREATE TABLE credential (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, system text NOT NULL, kind text NOT NULL,"
        " sha256 text NOT NULL, value text, since timestamptz NOT NULL DEFAULT now(), until timestamptz, who text,"
        " CONSTRAINT credential_kind CHECK (kind IN ('token', 'secret', 'bearer')), UNIQUE (system, kind, sha256))"
    )
    op.execute("CREATE INDEX credential_since ON credential (since)")
    op.execute("CREATE INDEX credential_until ON credential (until) WHERE until IS NOT NULL")
    op.execute(
        "INSERT INTO credential (system, kind, sha256, since, who)"
        " SELECT DISTINCT ON (1, 2, 3) s->>'id', c.kind, c.sha256, v.applied_at, v.who"
        " FROM directory_version v CROSS JOIN jsonb_array_elements(v.body->'systems') AS s CROSS JOIN LATERAL ("
        " SELECT 'token', jsonb_array_elements_text(s->'token_sha256')"
        " UNION ALL SELECT 'secret', encode(sha256(convert_to(w, 'UTF8')), 'hex')"
        " FROM jsonb_array_elements_text(s->'out'->'secrets') AS w) AS c (kind, sha256)"
        " ORDER BY 1, 2, 3, v.version"
    )


def downgrade() -> None:
    op.execute("DROP TABLE credential")
