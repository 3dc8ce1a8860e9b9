"""A case is a core, the state of its process, and what it awaits; its parts have rows of their own, free messages first.

The rows are rewritten here, not in SQL: ``jsonb`` would forget the order of the participants. Written out so that it stays
what it was when the code moves on.
"""

import json
from typing import Any

import sqlalchemy
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_OWN = ("dates", "placement", "vardkontakter", "fields", "sip_position", "klarmarkerad", "sip_approved")
_CONSENT = ("consent_until", "consent_at", "shared_until", "registered_until", "samtycke", "records")
_AT_ONCE = 1_000


def upgrade() -> None:
    op.execute(
        'CREATE TABLE element (case_id uuid NOT NULL, address text COLLATE "C" NOT NULL, version integer NOT NULL,'
        " state json NOT NULL, CONSTRAINT element_key PRIMARY KEY (case_id, address))"
    )
    op.execute(
        "INSERT INTO element SELECT case_id, 'meddelande/' || message || ' ' || source, 1, json_build_object("
        "'state', json_build_object('unit', state->'unit', 'to', state->'to'), 'removed', state->'revoked',"
        "'awaited', json_build_object('step', 'meddelande', 'act', 'kvittera', 'by', state->'awaits', 'message', message,"
        "'source', source, 'sequence', state->'sequence', 'since', '', 'done', state->'done')) FROM thread"
    )
    op.execute("DROP TABLE thread")
    op.execute("DROP INDEX cases_contacts")
    connection = op.get_bind()
    last = "00000000-0000-0000-0000-000000000000"
    while rows := connection.execute(
        sqlalchemy.text(
            "SELECT id::text, state::text FROM cases WHERE id > CAST(:last AS uuid) ORDER BY id LIMIT :limit"
        ),
        {"last": last, "limit": _AT_ONCE},
    ).all():
        last = rows[-1][0]
        connection.execute(
            sqlalchemy.text("UPDATE cases SET state = CAST(:state AS json) WHERE id = CAST(:id AS uuid)"),
            [{"id": id_, "state": json.dumps(moved(json.loads(state)))} for id_, state in rows],
        )
    op.execute(
        "CREATE INDEX cases_contacts ON cases USING gin (((state -> 'state' -> 'vardkontakter')::jsonb))"
        " WHERE (state -> 'state' -> 'vardkontakter') IS NOT NULL"
    )


def moved(old: dict[str, Any]) -> dict[str, Any]:
    """A case of the former shape in the new one."""
    dates = dict(old.get("dates", {}))
    records = old.get("records", {})
    new = {name: value for name, value in old.items() if name not in {*_OWN, *_CONSENT, "steps"}}
    new |= {"published_at": dates.pop("published", None), "archived": dates.pop("archived", None)}
    new["information_reason"] = records.get("information", {}).get("reason")
    new["state"] = {name: old[name] for name in _OWN if name in old} | ({"dates": dates} if dates else {})
    consent = {
        "outcome": old.get("samtycke"),
        "until": old.get("consent_until"),
        "at": old.get("consent_at"),
        "record": records.get("samtycke"),
        "shared_until": old.get("shared_until"),
        "registered_until": old.get("registered_until"),
    }
    if any(value is not None for value in consent.values()):
        new["consents"] = {"": {name: value for name, value in consent.items() if value is not None}}
    new["steps"], new["awaited"] = {}, {}
    for step, standing in old.get("steps", {}).items():
        new["steps"][step] = {name: standing[name] for name in ("sequence", "source", "message", "at")}
        if standing["act"] == "skriva":
            new["steps"][step]["writing"] = True
        elif standing["act"] is not None:
            new["awaited"][step] = {
                "step": step,
                "act": standing["act"],
                "by": standing["awaits"],
                "message": standing["message"],
                "source": standing["source"],
                "sequence": standing["sequence"],
                "since": standing["at"],
                "done": standing["done"],
            }
    counts = dict(new.get("counts", {}))
    if "messages" in counts:
        new["counts"] = counts | {"elements": counts["messages"]}
    return {name: value for name, value in new.items() if value is not None}


def downgrade() -> None:
    raise NotImplementedError("the cases have another shape; restore a copy that was taken before")
