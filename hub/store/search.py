"""Finds messages, the newest first, without their content: by what they are and what became of them. Imports psycopg and the store only.

Who asks by id, case, reference or person gets them all. Every other question walks back in time along an index and looks at each message
that it passes, for as long as a page may take (``walk``); it then says how far it came. So a page takes the same time however much there
is, and however rare what is asked for. Nothing is prepared: each question is planned for its own values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from psycopg import AsyncConnection

from hub.store.walk import Pace

Connection = AsyncConnection[tuple[Any, ...]]
Place = tuple[datetime, str, str]
"""Where a message stands in the order of all: (when it was received, source, id)."""
Outcome = Literal["accepted", "refused", "held"]


@dataclass(frozen=True, slots=True)
class MessagesWanted:
    """What messages are asked for; everything that is given must hold."""

    id: str | None = None
    cases: Sequence[str] | None = None
    """Of one of these cases."""
    held_under: Sequence[str] = ()
    """Beside ``cases``: the keys under which messages are held before there is a case."""
    system: str | None = None
    """The sender's."""
    source: str | None = None
    """Of the unit for which it was sent."""
    name: str | None = None
    rule: str | None = None
    """By which it was refused."""
    deadline: str | None = None
    """The name of the deadline that it tells of, of a ``frist``."""
    outcome: Outcome | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class WalkedMessages:
    """What one page found."""

    places: Sequence[Place]
    reached: Place | None
    """Up to where it looked, when there is more to look at."""


SOURCES: Final = (
    # There are few sources, and the index of the key (source, id) finds them one by one.
    "WITH RECURSIVE each (source) AS ((SELECT source FROM message ORDER BY source LIMIT 1)"
    " UNION ALL SELECT (SELECT m.source FROM message m WHERE m.source > each.source ORDER BY m.source LIMIT 1)"
    " FROM each WHERE each.source IS NOT NULL)"
)
_BY_ID = f"({SOURCES} SELECT m.* FROM each JOIN message m ON m.source = each.source AND m.id = %(id)s) m"  # noqa: S608 - constants
_OF_CASES = (
    "(SELECT * FROM message WHERE case_id = ANY(%(cases)s::uuid[]) AND sequence IS NOT NULL UNION ALL"
    " SELECT message.* FROM held JOIN message ON message.source = held.source AND message.id = held.message"
    " WHERE held.case_key = ANY(%(keys)s::text[])) m"
)
CONDITIONS: Final = {
    "id": "m.id = %(id)s",
    "cases": "m.case_id = ANY(%(cases)s::uuid[])",
    "system": "m.system = %(system)s",
    "source": "m.source = %(source)s",
    "name": "m.name = %(name)s",
    "rule": "m.sequence IS NULL AND m.receipt IS NOT NULL AND m.receipt->>'rule' = %(rule)s",
    "deadline": (
        "CASE WHEN m.name = 'frist' AND m.sequence IS NOT NULL AND m.raw <> ''"  # of the hub's own alone
        " THEN convert_from(m.raw, 'UTF8')::json->>'name' END = %(deadline)s"
    ),
    "since": "m.received_at >= %(since)s",
    "until": "m.received_at < %(until)s",
}
OUTCOMES: Final = {
    "accepted": "m.sequence IS NOT NULL",
    "refused": "m.sequence IS NULL AND m.receipt IS NOT NULL",
    "held": "m.receipt IS NULL",
}
_ORDER = "received_at DESC, source DESC, id DESC"


async def walk(
    connection: Connection, wanted: MessagesWanted, after: Place | None, limit: int, pace: Pace
) -> WalkedMessages:
    """The next messages behind a place, at most ``limit``."""
    table, leading, looked_at = _way(wanted)
    values: dict[str, Any] = {
        **{name: getattr(wanted, name) for name in CONDITIONS},
        "cases": list(wanted.cases or ()),
        "keys": [*(wanted.cases or ()), *wanted.held_under],
    }
    found: list[Place] = []
    while step := pace.step():
        statement = _statement(table, [*leading, *([_BEHIND] if after else [])], looked_at)
        values |= {"step": step, "limit": limit - len(found)}
        if after:
            values |= {"at": after[0], "at_source": after[1], "at_id": after[2]}
        rows = await (await connection.execute(statement, values, prepare=False)).fetchall()
        found += [row[:3] for row in rows if row[3]]
        ends = [row for row in rows if not row[3]]
        if len(found) == limit:
            return WalkedMessages(found, found[-1])
        if not ends or ends[0][4] < step:
            return WalkedMessages(found, None)
        after = ends[0][:3]
    return WalkedMessages(found, after)


_BEHIND = "m.received_at <= %(at)s AND (m.received_at, m.source, m.id) < (%(at)s, %(at_source)s, %(at_id)s)"


def _way(wanted: MessagesWanted) -> tuple[str, list[str], list[str]]:
    """Along which messages the question is answered: the table; the conditions that an index of it has; what is looked at of each."""
    given = {name: condition for name, condition in CONDITIONS.items() if getattr(wanted, name) is not None} | (
        {"outcome": OUTCOMES[wanted.outcome]} if wanted.outcome else {}
    )
    table, leading = "message m", [given.pop(name) for name in ("since", "until") if name in given]
    if "id" in given:
        table = _BY_ID
        del given["id"]
    elif "cases" in given:
        table = _OF_CASES
        del given["cases"]
    else:
        for indexed in ("rule", "outcome", "system"):
            if indexed in given and wanted.outcome != "accepted":
                leading.append(given.pop(indexed))
                break
        else:
            leading += [given.pop("system")] if "system" in given else []
    return table, leading, list(given.values())


def _statement(table: str, leading: Sequence[str], looked_at: Sequence[str]) -> str:
    """One step: the messages that fit, and the last that was looked at with how many there were."""
    return (
        "WITH passed AS MATERIALIZED (SELECT m.received_at, m.source, m.id,"  # noqa: S608 - constants
        f" ({' AND '.join(looked_at) or 'true'}) AS fits FROM {table} WHERE {' AND '.join(leading) or 'true'}"
        f" ORDER BY {_ORDER} LIMIT %(step)s)"
        f" (SELECT received_at, source, id, true, 0 FROM passed WHERE fits ORDER BY {_ORDER} LIMIT %(limit)s)"
        " UNION ALL (SELECT received_at, source, id, false, (SELECT count(*) FROM passed) FROM passed"
        " ORDER BY received_at, source, id LIMIT 1)"
    )


async def cases_of_ref(connection: Connection, ref: str) -> list[tuple[str, str]]:
    """(case, the system that opened it) by its sender's own reference: one look into the index for each system."""
    found = await connection.execute(
        "WITH RECURSIVE each (system) AS ((SELECT system FROM cases WHERE ref IS NOT NULL ORDER BY system LIMIT 1)"
        " UNION ALL SELECT (SELECT c.system FROM cases c WHERE c.ref IS NOT NULL AND c.system > each.system ORDER BY c.system LIMIT 1)"
        " FROM each WHERE each.system IS NOT NULL)"
        " SELECT c.id::text, c.system FROM each JOIN cases c ON c.system = each.system AND c.ref = %s AND c.ref IS NOT NULL",
        (ref,),
    )
    return list(await found.fetchall())


async def cases_of_person(connection: Connection, personnummer: str) -> list[str]:
    """The cases of a person, by the number that the person has or had; the 500 that changed last."""
    found = await connection.execute(
        "SELECT id::text FROM cases WHERE person = %(it)s OR (former IS NOT NULL AND former @> ARRAY[%(it)s::text])"
        " ORDER BY changed_at DESC LIMIT 500",
        {"it": personnummer},
        prepare=False,
    )
    return [id_ for (id_,) in await found.fetchall()]
