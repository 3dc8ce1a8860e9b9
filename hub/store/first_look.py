"""What is asked of the database for every batch, with one statement. Imports psycopg, the messages and the outbox only."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hub.store.inbox import Connection, Envelope, Key
from hub.store.transaction import array, keys
from schemas.messages import HUB_SOURCE


@dataclass(slots=True, kw_only=True)
class FirstLook:
    """What was found."""

    first_id: int
    """The first of the ids that are reserved for the outbox rows of the transaction (``outbox.reserve_ids``)."""
    seen: dict[Key, tuple[bytes, Any]] = field(default_factory=dict)
    """Key → (digest, receipt, or None while held), for the messages that are stored (D-2)."""
    envelopes: dict[Envelope, str] = field(default_factory=dict)
    """Envelope → the id of the message that came in it."""
    news: dict[str, datetime] = field(default_factory=dict)
    """Person → time of the last change (C-62); persons without a recent change are absent."""
    queues: bool = False
    """Whether any message is held in one of the queues (``held.queues``)."""


_ASK = (
    "SELECT 'ids', nextval('outbox_block')::text, NULL, NULL::bytea, NULL::json, NULL::timestamptz"
    " UNION ALL SELECT 'message', m.source, m.id, m.digest, m.receipt, NULL FROM unnest(%s::text[], %s::text[]) AS k (source, id)"
    " JOIN message m USING (source, id)"
    " UNION ALL SELECT 'envelope', m.source, m.id, m.envelope, NULL, NULL"
    " FROM unnest(%s::text[], %s::bytea[]) AS e (source, envelope) JOIN message m USING (source, envelope)"
    " UNION ALL SELECT 'news', person, NULL, NULL, NULL, at FROM person_news WHERE person = ANY(%s::text[])"
    " UNION ALL (SELECT 'queue', NULL, NULL, NULL, NULL, NULL FROM held WHERE case_key = ANY(%s::text[]) AND source <> %s LIMIT 1)"
)


async def look(
    connection: Connection,
    messages: Collection[Key],
    envelopes: Collection[Envelope] = (),
    persons: Collection[str] = (),
    queues: Collection[str] = (),
) -> FirstLook:
    """What is known of messages, envelopes, persons and queues. Call it while the cases are locked: then it shows what others have done
    to them, and a case's later outbox rows have higher ids.
    """
    found = await connection.execute(
        _ASK,
        (
            keys(source for source, _ in messages),
            keys(id_ for _, id_ in messages),
            keys(source for source, _ in envelopes),
            array(f'"\\\\x{envelope.hex()}"' for _, envelope in envelopes),
            keys(persons),
            keys(queues),
            HUB_SOURCE,
        ),
    )
    ((_, first_id, *_), *rows) = await found.fetchall()
    answer = FirstLook(first_id=int(first_id))
    for kind, one, other, raw, receipt, at in rows:
        match kind:
            case "message":
                answer.seen[one, other] = bytes(raw), receipt
            case "envelope":
                answer.envelopes[one, bytes(raw)] = other
            case "news":
                answer.news[one] = at
            case _:
                answer.queues = True
    return answer
