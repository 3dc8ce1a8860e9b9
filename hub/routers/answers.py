"""The JSON of the views' answers, as ``/openapi.json`` says it: what every process shows by its schema, and what one process alone
shows as further members. Plain JSON Schemas, because the answers are made of plain values. Imports the standard library only.

``tests/integration/test_views.py`` and ``test_sip_views.py`` hold every answer that they get against them.
"""

from __future__ import annotations

from typing import Any, Final

Schema = dict[str, Any]

TEXT: Final[Schema] = {"type": "string"}
NUMBER: Final[Schema] = {"type": "integer", "minimum": 0}
YES_NO: Final[Schema] = {"type": "boolean"}
TIME: Final[Schema] = {"type": "string", "format": "date-time"}
ANYTHING: Final[Schema] = {}


def optional(schema: Schema) -> Schema:
    """The schema, or null."""
    return {"anyOf": [schema, {"type": "null"}]}


def listed(items: Schema) -> Schema:
    """A list."""
    return {"type": "array", "items": items}


def named(values: Schema) -> Schema:
    """An object whose members have names of their own: units, steps, fields."""
    return {"type": "object", "additionalProperties": values}


def shape(needed: dict[str, Schema], more: dict[str, Schema] | None = None) -> Schema:
    """An object: the members that are always there, and those that may be."""
    return {"type": "object", "required": sorted(needed), "properties": {**needed, **(more or {})}}


_WHO: Final = {"unit": optional(TEXT), "unit_name": TEXT, "actor": optional(TEXT), "role": optional(TEXT)}
_BY: Final = shape({**_WHO, "time": TIME, "received_at": TIME})
_BY_IN_PLAN: Final = shape({"unit": TEXT, "actor": TEXT, "time": TIME})
_TO_DO: Final = listed(
    shape({"act": TEXT}, {"step": TEXT, "message": TEXT, "since": TIME, "of": TEXT, "count": NUMBER})
)
_COUNTS: Final = shape({"messages": NUMBER, "files": NUMBER})
_PERSON: Final = shape(
    {"protected": YES_NO, "deceased": YES_NO}, {"personnummer": TEXT, "name": TEXT, "address": TEXT, "phone": TEXT}
)
_PARTICIPANTS: Final = listed(
    shape({"unit": TEXT, "name": TEXT, "party": TEXT, "roles": listed(TEXT), "awaits": listed(TEXT)})
)
_HEAD: Final = {
    "case": TEXT,
    "process": TEXT,
    "status": TEXT,
    "archived": YES_NO,
    "changed_at": TIME,
    "sequence": NUMBER,
    "published": YES_NO,
}
_ROW: Final = shape(
    {
        **_HEAD,
        "person": _PERSON,
        "steps": named(named(TEXT)),
        "att_gora": _TO_DO,
        "participants": _PARTICIPANTS,
        "counts": _COUNTS,
    }
)
_STUB: Final = shape(
    {"case": TEXT, "process": TEXT, "status": TEXT, "laslage": {"const": True}, "access": listed(TEXT)}
)
_ROWS: Final = listed({"anyOf": [_ROW, _STUB]})
_NAMES: Final = {"names": named(TEXT)}
"""HSA-id → name, of the staff in the answer whose names HSA has given (C-60)."""

CASES: Final = {
    "anyOf": [
        shape({"total": NUMBER, "total_is_more": YES_NO, "cases": _ROWS}, {"next": TEXT, **_NAMES}),
        shape({"count": NUMBER, "cases": listed(TEXT), "as_of": TIME}, {"next": TEXT, **_NAMES}),
    ]
}
"""A list: its rows, or with ``changed_since`` the ids of what has changed (C-32)."""
CASE: Final = shape(
    {
        **_HEAD,
        "access": shape({"ground": TEXT, "read_only": YES_NO, "logged": YES_NO}),
        "person": _PERSON,
        "steps": listed(
            shape(
                {"step": TEXT, "state": TEXT, "colours": named(TEXT), "units": listed(named(ANYTHING))},
                {"act": optional(TEXT), "message": TEXT, "sequence": NUMBER, "at": TIME, "parties": named(ANYTHING)},
            )
        ),
        "att_gora": _TO_DO,
        "may": listed(TEXT),
        "participants": _PARTICIPANTS,
        "readers": listed(named(ANYTHING)),
        "information": optional(named(ANYTHING)),
        "samtycke": optional(named(ANYTHING)),
        "outsiders": listed(named(ANYTHING)),
        "contacts": listed(named(ANYTHING)),
        "counts": _COUNTS,
        "links": listed(named(ANYTHING)),
        "addressing": named(ANYTHING),
        "deadlines": listed(shape({"name": TEXT, "due": TIME})),
        "deadlines_passed": listed(named(ANYTHING)),
        "calendar": listed(named(ANYTHING)),
    },
    _NAMES,
)
TRACE: Final = shape(
    {
        "trace": listed(
            shape(
                {"kind": {"enum": ["read", "change"]}, "at": TIME, "what": TEXT, **_WHO, "ground": TEXT},
                {
                    "sequence": NUMBER,
                    "time": TIME,
                    "received_at": TIME,
                    "for_whom": optional(TEXT),
                    "why": optional(TEXT),
                },
            )
        )
    },
    {"next": TEXT, **_NAMES},
)
_VERSION: Final = {
    "step": TEXT,
    "version": NUMBER,
    "earlier": YES_NO,
    "current": NUMBER,
    "draft": YES_NO,
    "message": TEXT,
    "sequence": NUMBER,
    "by": _BY,
}
VERSIONS: Final = shape(
    {"step": TEXT, "current": optional(NUMBER), "total": NUMBER, "versions": listed(shape(_VERSION))},
    {"next_before": NUMBER, **_NAMES},
)
VERSION: Final = shape({**_VERSION, "content": {"type": ["object", "array"]}}, _NAMES)
FIELD: Final = shape(
    {
        "document": TEXT,
        "field": TEXT,
        "current": optional(NUMBER),
        "total": NUMBER,
        "history": listed(
            shape({"version": NUMBER, "earlier": YES_NO, "sequence": NUMBER, "value": ANYTHING, "by": _BY})
        ),
    },
    {"next_before": NUMBER, **_NAMES},
)
MESSAGES: Final = shape(
    {
        "total": NUMBER,
        "files": NUMBER,
        "messages": listed(
            shape(
                {
                    "message": TEXT,
                    "sequence": NUMBER,
                    "by": _BY,
                    "text": TEXT,
                    "receivers": optional({"type": "array"}),
                    "awaits": listed(TEXT),
                    "kvittenser": {"type": "array"},
                    "revoked": YES_NO,
                    "file": optional(shape({"name": TEXT, "type": TEXT, "size": NUMBER, "sender": TEXT})),
                }
            )
        ),
    },
    {"next_before": NUMBER, **_NAMES},
)
ORGANISATIONS: Final = shape(
    {
        "case": TEXT,
        "regions": listed(shape({"region": TEXT, "name": TEXT, "organisations": listed(named(ANYTHING))})),
    },
    _NAMES,
)
PLAN: Final = shape(
    {
        "document": TEXT,
        "version": NUMBER,
        "current": YES_NO,
        "state": TEXT,
        "elements": listed(shape({"element": TEXT, "version": NUMBER, "fields": named(named(ANYTHING))})),
    },
    {"current_version": optional(NUMBER), **_NAMES},
)
_OF_PLAN: Final = shape({"version": NUMBER, "current": YES_NO, "state": TEXT, "closed_at": optional(TIME)})
COMPARED: Final = shape(
    {
        "document": TEXT,
        "from": _OF_PLAN,
        "to": _OF_PLAN,
        "elements": listed(shape({"element": TEXT, "change": TEXT, "fields": listed(named(ANYTHING))})),
    },
    _NAMES,
)
PLAN_FIELD: Final = shape(
    {
        "element": TEXT,
        "field": TEXT,
        "current": optional(NUMBER),
        "total": NUMBER,
        "history": listed(
            shape(
                {"value": ANYTHING, "version": NUMBER, "sequence": NUMBER, "by": _BY_IN_PLAN, "earlier": YES_NO},
                {"plan_version": optional(NUMBER)},
            )
        ),
    },
    {"next_before": NUMBER, **_NAMES},
)
KEYWORDS: Final = shape({"keywords": listed(named(ANYTHING))}, _NAMES)
PROPOSALS: Final = shape(
    {
        "message": TEXT,
        "kind": TEXT,
        "receivers": listed(shape({"unit": TEXT, "name": TEXT, "party": TEXT, "ingar": YES_NO, "why": TEXT})),
        "participants": {"type": "array"},
        "samordningsansvarig": {"type": "array"},
    },
    _NAMES,
)
SEARCH: Final = shape(
    {
        "cases": _ROWS,
        "may_open": named(
            shape({"allowed": YES_NO}, {"rule": TEXT, "text": shape({"sv": TEXT, "en": TEXT})}),
        ),
    },
    _NAMES,
)
CITIZEN_PLANS: Final = shape(
    {
        "plans": listed(
            shape({"case": TEXT, "process": TEXT, "profile": TEXT, "state": TEXT, "elements": listed(named(ANYTHING))})
        )
    }
)
FETCHED: Final = shape(
    {
        "notices": listed(
            shape({"id": TEXT, "again": YES_NO, "event": {"type": "object", "required": ["id", "type", "data"]}})
        ),
        "next": {"type": "string", "format": "uuid"},
        "until": TIME,
    }
)
"""What a reader of the pull inbox is given: events as a webhook gets them, each with the id to acknowledge it by."""
ACKED: Final = shape(
    {
        "acks": listed(
            shape(
                {"id": TEXT, "status": {"enum": [200, 404, 409, 410]}},
                {"rule": TEXT, "text": shape({"sv": TEXT, "en": TEXT})},
            )
        )
    }
)
_CREDENTIAL: Final = {"kind": {"enum": ["token", "secret", "bearer"]}, "since": TIME}
SELF: Final = shape(
    {
        "system": shape({"id": TEXT, "name": TEXT, "units": listed(TEXT), "out": shape({"way": TEXT}), "format": TEXT}),
        "credentials": listed(shape({**_CREDENTIAL, "known_as": TEXT, "until": optional(TIME)})),
        "waiting": NUMBER,
        "dead": NUMBER,
        "oldest": optional(TIME),
        "paused": YES_NO,
    }
)
"""A system's own entry in the directory, without secrets."""
OWN_MESSAGES: Final = shape(
    {
        "messages": listed(
            shape(
                {
                    "id": TEXT,
                    "source": TEXT,
                    "message": optional(TEXT),
                    "received_at": TIME,
                    "outcome": {"enum": ["accepted", "refused", "held"]},
                    "case": optional(TEXT),
                    "sequence": optional(NUMBER),
                    "receipt": optional({"$ref": "#/components/schemas/receipt"}),
                }
            )
        )
    },
    {"next": TIME},
)
OWN_NOTICES: Final = shape(
    {
        "notices": listed(
            shape(
                {
                    "id": TEXT,
                    "kind": {"enum": ["notice", "receipt", "announcement", "case"]},
                    "message": TEXT,
                    "case": optional(TEXT),
                    "sequence": optional(NUMBER),
                    "accepted_at": TIME,
                    "state": {"enum": ["waiting", "behind a dead one", "sent", "dead", "skipped"]},
                    "attempts": NUMBER,
                    "answer": optional(TEXT),
                    "error": optional(TEXT),
                    "said": optional(TEXT),
                    "failures": listed(shape({"at": TEXT, "answer": TEXT})),
                    "sent_at": optional(TIME),
                    "due_at": optional(TIME),
                }
            )
        )
    },
    {"next": NUMBER},
)
_BOOKED_MESSAGE: Final = shape(
    {
        "id": TEXT,
        "source": TEXT,
        "message": optional(TEXT),
        "received_at": TIME,
        "outcome": {"enum": ["accepted", "refused", "held"]},
        "rule": optional(TEXT),
        "case": optional(TEXT),
    }
)
_BOOKED_NOTICE: Final = shape(
    {
        "id": TEXT,
        "kind": {"enum": ["notice", "receipt", "announcement"]},
        "message": TEXT,
        "case": optional(TEXT),
        "sequence": optional(NUMBER),
        "accepted_at": TIME,
        "state": {"enum": ["waiting", "sent", "dead", "skipped"]},
        "sent_at": optional(TIME),
    }
)
_SPAN: Final = {"since": TIME, "until": TIME, "settled_until": TIME}
_COMPARED: Final = {
    "matched": NUMBER,
    "repeated": listed(TEXT),
    "missing_here": listed(TEXT),
    "differing": listed(shape({"id": TEXT, "yours": TEXT, "ours": TEXT})),
    "open": NUMBER,
}
RECONCILIATION: Final = {
    "anyOf": [
        shape(
            {
                **_SPAN,
                "windows": listed(
                    shape({"since": TIME, "until": TIME, "open": YES_NO, "sent": named(NUMBER), "told": named(NUMBER)})
                ),
                "sent": listed(_BOOKED_MESSAGE),
                "told": listed(_BOOKED_NOTICE),
            }
        ),
        shape(
            {
                **_SPAN,
                "sent": shape({**_COMPARED, "missing_there": listed(_BOOKED_MESSAGE)}),
                "taken": shape({**_COMPARED, "missing_there": listed(_BOOKED_NOTICE)}),
                "replay": shape({"count": NUMBER, "gallrade": NUMBER, "replay": optional(NUMBER)}),
            }
        ),
    ]
}
"""The hub's books of a span; or, of a system's own list, what they differ in."""
OWN_TEST: Final = shape({"id": TEXT})
OWN_REPLAY: Final = shape(
    {"replay": optional(NUMBER), "count": NUMBER, "cases": NUMBER, "begun": YES_NO, "gallrade": NUMBER, "until": TIME}
)
OWN_REPLAYS: Final = shape(
    {
        "replays": listed(
            shape(
                {
                    "id": NUMBER,
                    "at": TIME,
                    "since": TIME,
                    "until": TIME,
                    "state": {"enum": ["running", "done", "stopped", "undone"]},
                    "ended_at": optional(TIME),
                    "ended": optional(TEXT),
                    "count": NUMBER,
                    "sent": NUMBER,
                    "failed": NUMBER,
                    "passed_over": NUMBER,
                    "put_back": NUMBER,
                    "left": NUMBER,
                }
            )
        )
    },
    {"next": NUMBER},
)
OWN_CREDENTIAL: Final = shape({**_CREDENTIAL, "value": TEXT, "old_until": TIME})
"""A new token or secret, shown this once."""
LIVE: Final = shape({"status": {"const": "ok"}})
READY: Final = shape({"status": {"enum": ["ok", "not-ready"]}, "checks": named(TEXT)}, {"set_aside": {"type": "array"}})
