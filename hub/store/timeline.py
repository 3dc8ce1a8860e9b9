"""What is stored of what happened to a message or a case: messages, rows of the outbox, holds, replays, acts by hand, deadlines. Imports
psycopg and the store only; ``hub.operations.timeline`` says what it amounts to.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from hub.store import in_hand
from hub.store.in_hand import FetchedRow
from hub.store.search import SOURCES
from hub.store.why_waiting import Firsts, Obstacles, firsts_of, obstacles

Connection = AsyncConnection[tuple[Any, ...]]
Row = Mapping[str, Any]
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MOST_BYTES: Final = 65_536
"""A larger message, which carries a file, is not read for a timeline."""


@dataclass(frozen=True, slots=True)
class StoredHistory:
    """All that is stored of a message with an id, or of a case."""

    wanted: str
    case: str | None
    """The id, where it is a case's: a message's may have the same form."""
    messages: Sequence[Row]
    """By the time at which they came."""
    rows: Sequence[Row]
    """The rows of the outbox that are of what was asked for."""
    case_rows: Sequence[Row]
    """Those, and what else the cases have."""
    held: Sequence[Row]
    fetched: Mapping[int, FetchedRow]
    known: Obstacles
    firsts: Firsts
    """Of the cases, what later notices may stand behind."""
    replayed: Sequence[Row]
    acts: Sequence[Row]
    """What operations ever did with the messages, the cases, their rows, and the systems that they go to; oldest first."""
    named: Sequence[str]
    """The ids by which the acts name the messages and cases."""
    cases: Sequence[Row]
    events: Sequence[Row]
    """The accepted messages of the cases with their events, in order; what gallring has emptied has none."""
    kvittenser: Sequence[Row]
    """Where one message was asked for: the messages of its case by which units acknowledged something. Those of a case that was asked for
    stand among its ``messages``.
    """

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known of it."""
        return not (self.messages or self.rows or self.held or self.cases or self.acts)


_MESSAGE: Final = (
    "m.source, m.id, m.system, m.received_at, m.name, m.case_id::text, m.sequence, m.receipt, m.media_type,"
    f" m.attributes::text AS attributes, CASE WHEN octet_length(m.raw) BETWEEN 1 AND {_MOST_BYTES} THEN m.raw END AS raw"
)
_ROW: Final = (
    "id, coalesce(known_as, id) AS known_as, kind, system, case_id::text, sequence, message, told, accepted_at, due_at, attempts, state,"
    " behind, sent_at, answer, failures, first_tried_at"
)


async def read(connection: Connection, wanted: str) -> StoredHistory:
    """What is stored of the message or the case with the id ``wanted``.

    Every query is a look-up by key, so that it is as fast with millions of messages as with few.
    """
    case = wanted if await _is_case(connection, wanted) else None
    messages = await _all(
        connection,
        f"{SOURCES} SELECT {_MESSAGE} FROM each JOIN message m ON m.source = each.source AND m.id = %(it)s"  # noqa: S608
        f" UNION ALL SELECT {_MESSAGE} FROM message m WHERE m.case_id = %(case)s::uuid AND m.sequence IS NOT NULL",
        {"it": wanted, "case": case},
    )
    messages = list({(found["source"], found["id"]): found for found in messages}.values())
    messages.sort(key=lambda found: (found["received_at"], found["sequence"] or 0))
    ids = list({found["id"] for found in messages} | {wanted})
    cases = list({found["case_id"] for found in messages if found["case_id"]} | ({case} if case else set()))
    rows = await _all(
        connection,
        f"SELECT {_ROW} FROM outbox WHERE kind = 'notice' AND case_id = ANY(%(cases)s::uuid[])"  # noqa: S608 - constant
        f" UNION ALL SELECT {_ROW} FROM outbox WHERE kind <> 'notice' AND message = ANY(%(ids)s)",
        {"cases": cases, "ids": ids},
    )
    of_case = {found["id"] for found in messages if case is not None and found["case_id"] == case}
    # A receipt or a question to a register may name no case: it is of the message.
    shown = [
        row
        for row in rows
        if row["message"] == wanted or (row["message"] in of_case if row["case_id"] is None else row["case_id"] == case)
    ]
    held = await _all(
        connection,
        "SELECT source, message, since, reason, due_at, attempts FROM held WHERE (source, message) IN"
        " (SELECT source, id FROM unnest(%(sources)s::text[], %(ids)s::text[]) AS k (source, id)) OR case_key = %(it)s",
        {"sources": [found["source"] for found in messages], "ids": [found["id"] for found in messages], "it": wanted},
    )
    waiting = [row for row in shown if row["state"] == "waiting"]
    replayed = await _all(
        connection,
        "SELECT replay, outbox_id, before FROM replay_row WHERE outbox_id = ANY(%(rows)s) ORDER BY replay",
        {"rows": [row["id"] for row in shown]},
    )
    named = [*ids, *cases, *sorted({f"replay {one['replay']}" for one in replayed})]
    numbers, systems = targets(shown)
    return StoredHistory(
        wanted,
        case,
        messages,
        shown,
        rows,
        held,
        await in_hand.of_rows(connection, [row["id"] for row in waiting]),
        await obstacles(connection, [row["system"] for row in waiting]),
        firsts_of(rows),
        replayed,
        await _all(
            connection,
            "SELECT at, who, what, target, reason FROM operation WHERE target = ANY(%(targets)s) ORDER BY id",
            {"targets": [*named, *numbers, *systems]},
        ),
        named,
        await _all(
            connection,
            "SELECT id::text, process, status, gallrad_at, state->>'profile' AS profile, state->>'opened_by' AS opened_by"
            " FROM cases WHERE id = ANY(%(cases)s::uuid[])",
            {"cases": cases},
        ),
        await _all(
            connection,
            "SELECT case_id::text, sequence, id, name, received_at, events FROM message WHERE case_id = ANY(%(cases)s::uuid[])"
            " AND sequence IS NOT NULL ORDER BY case_id, sequence",
            {"cases": cases},
        ),
        await _all(
            connection,
            f"SELECT {_MESSAGE} FROM message m WHERE m.case_id = ANY(%(cases)s::uuid[]) AND m.sequence IS NOT NULL"  # noqa: S608
            " AND right(m.name, 8) = 'kvittens' ORDER BY m.case_id, m.sequence",
            {"cases": [one for one in cases if one != case]},
        ),
    )


async def _is_case(connection: Connection, wanted: str) -> bool:
    if not _UUID.fullmatch(wanted):
        return False
    found = await connection.execute("SELECT FROM cases WHERE id = %s::uuid", (wanted,))
    return await found.fetchone() is not None


def targets(rows: Sequence[Row]) -> tuple[set[str], set[str]]:
    """What an act may be of: the rows by their number, and their systems or, where no system serves it, the unit."""
    return {str(row["id"]) for row in rows}, {row["system"].removeprefix("unit:") for row in rows}


async def _all(connection: Connection, statement: str, values: dict[str, Any]) -> list[dict[str, Any]]:
    cursor = connection.cursor(row_factory=dict_row)
    return await (await cursor.execute(statement, values)).fetchall()
