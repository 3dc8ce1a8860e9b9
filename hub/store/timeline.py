"""What happened to a message or a case, in order of time, and why what waits has not been sent. Imports psycopg, the store
and the language only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from hub import clock
from hub.store import in_hand
from hub.store.in_hand import FetchedRow
from hub.store.inbox import Key
from hub.store.outbox import LOOKUPS
from hub.store.why_waiting import Obstacles, obstacles, of_row
from schemas.swedish_time import clock_with_zone, local_day

Connection = AsyncConnection[tuple[Any, ...]]
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(slots=True)
class TimelineEntry:
    """One line of a timeline, without content of messages and without personal data."""

    at: datetime
    what: str
    detail: str
    received: Key | None = None
    """The message, where the line is of its coming."""
    name: str | None = None
    """Its name."""


_SOURCES = (
    # There are few sources, and the index of the key (source, id) finds them one by one.
    "WITH RECURSIVE each (source) AS ((SELECT source FROM message ORDER BY source LIMIT 1)"
    " UNION ALL SELECT (SELECT m.source FROM message m WHERE m.source > each.source ORDER BY m.source LIMIT 1)"
    " FROM each WHERE each.source IS NOT NULL)"
)
_MESSAGE = "source, id, system, received_at, name, case_id::text, sequence, receipt"
_OF_M = ", ".join(f"m.{column}" for column in _MESSAGE.split(", "))
_ROW = (
    "id, kind, system, case_id::text, sequence, message, told, accepted_at, due_at, attempts, state, sent_at, answer, failures,"
    " first_tried_at"
)


async def of(connection: Connection, wanted: str) -> list[TimelineEntry]:
    """The timeline of the message or the case with the id ``wanted``, oldest entry first.

    Every query is a look-up by key, so that it is as fast with millions of messages as with few.
    """
    case = wanted if _UUID.fullmatch(wanted) else None
    messages = await _all(
        connection,
        f"{_SOURCES} SELECT {_OF_M} FROM each JOIN message m ON m.source = each.source AND m.id = %(it)s"  # noqa: S608
        f" UNION ALL SELECT {_MESSAGE} FROM message WHERE case_id = %(case)s::uuid AND sequence IS NOT NULL",
        {"it": wanted, "case": case},
    )
    messages = list({(found["source"], found["id"]): found for found in messages}.values())
    ids = list({found["id"] for found in messages} | {wanted})
    cases = list({found["case_id"] for found in messages if found["case_id"]} | ({case} if case else set()))
    rows = await _all(
        connection,
        f"SELECT {_ROW} FROM outbox WHERE kind = 'notice' AND case_id = ANY(%(cases)s::uuid[])"  # noqa: S608 - constant
        f" UNION ALL SELECT {_ROW} FROM outbox WHERE kind <> 'notice' AND message = ANY(%(ids)s)",
        {"cases": cases, "ids": ids},
    )
    held = await _all(
        connection,
        "SELECT since, reason, due_at, attempts FROM held WHERE (source, message) IN"
        " (SELECT source, id FROM unnest(%(sources)s::text[], %(ids)s::text[]) AS k (source, id)) OR case_key = %(it)s",
        {"sources": [found["source"] for found in messages], "ids": [found["id"] for found in messages], "it": wanted},
    )
    shown = [row for row in rows if case or row["message"] == wanted]
    entries = [entry for found in messages for entry in _of_message(found)]
    waiting = [row for row in shown if row["state"] == "waiting"]
    fetched = await in_hand.of_rows(connection, [row["id"] for row in waiting])
    known = await obstacles(connection, [row["system"] for row in waiting])
    replayed = await _all(
        connection,
        "SELECT replay, outbox_id, before FROM replay_row WHERE outbox_id = ANY(%(rows)s) ORDER BY replay",
        {"rows": [row["id"] for row in shown]},
    )
    replays = {str(one["replay"]) for one in replayed}
    named = [*ids, *cases, *(f"replay {one}" for one in replays)]
    acts = [
        act
        for act in await _acts(connection, named, shown)
        if (of_replay := _REPLAY.search(act["reason"])) is None or of_replay[1] in replays
    ]
    skipped = {act["target"]: act["at"] for act in acts if act["what"] == "skip"}
    entries += [entry for row in shown for entry in _of_row(row, rows, known, skipped, fetched.get(row["id"]))]
    entries += _before_replays(replayed, {row["id"]: row for row in shown})
    since = min((one.at for one in entries), default=None)
    entries = _by_hand(acts, named, shown, since) + entries  # of the same moment, the act before what it led to
    entries += [
        TimelineEntry(one["gallrad_at"], "gallrad", _GALLRAD.format(local_day(one["gallrad_at"]), one["id"]))
        for one in await _all(
            connection,
            "SELECT id::text, gallrad_at FROM cases WHERE id = ANY(%(cases)s::uuid[]) AND gallrad_at IS NOT NULL",
            {"cases": cases},
        )
    ]
    entries += [
        TimelineEntry(h["since"], "held", f"{h['reason']}; tried {h['attempts']}, next {clock_with_zone(h['due_at'])}")
        for h in held
    ]
    return sorted(entries, key=lambda entry: entry.at)


_GALLRAD = (
    "gallrat {0} enligt regionens regel / its content was removed on {0} by the region's rule: case {1}; what was said in it cannot be"
    " read, or sent, again"
)
_REPLAY = re.compile(r"\(replay (\d+): [^()]*\)$")
"""How the reason of what was done with a replay ends (``hub.operations.replays``)."""
_WITH_ROWS = {"replay", "stop replay", "undo replay", "skip", "retry"}
_WITH_SYSTEMS = {"pause", "resume", "replay", "stop replay", "undo replay", "retry", "skip"}


async def _acts(connection: Connection, named: list[str], rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What operations ever did with the messages, the case, its rows, and the systems that it goes to; oldest first."""
    numbers, systems = _targets(rows)
    return await _all(
        connection,
        "SELECT at, who, what, target, reason FROM operation WHERE target = ANY(%(targets)s) ORDER BY id",
        {"targets": [*named, *numbers, *systems]},
    )


def _targets(rows: list[dict[str, Any]]) -> tuple[set[str], set[str]]:
    """What an act may be of: the rows by their number, and their systems or, where no system serves it, the unit."""
    return {str(row["id"]) for row in rows}, {row["system"].removeprefix("unit:") for row in rows}


def _by_hand(
    acts: list[dict[str, Any]], named: list[str], rows: list[dict[str, Any]], since: datetime | None
) -> list[TimelineEntry]:
    """The acts that concern what is shown: of a system only those that it had since then."""
    numbers, systems = _targets(rows)
    return [
        TimelineEntry(one["at"], "by hand", f"{one['what']}{_of(one['target'])} by {one['who']}: {one['reason']}")
        for one in acts
        if one["target"] in named
        or (one["target"] in numbers and one["what"] in _WITH_ROWS)
        or (one["target"] in systems and one["what"] in _WITH_SYSTEMS and since is not None and one["at"] >= since)
    ]


def _of(target: str) -> str:
    """With what the act was done; a replay of several rows is named by its reason."""
    return "" if target.startswith("replay ") else f" of {target}"


async def _all(connection: Connection, statement: str, values: dict[str, Any]) -> list[dict[str, Any]]:
    cursor = connection.cursor(row_factory=dict_row)
    return await (await cursor.execute(statement, values)).fetchall()


def _of_message(found: dict[str, Any]) -> list[TimelineEntry]:
    receipt = found["receipt"]
    number = f" #{found['sequence']}" if found["sequence"] else ""
    if receipt is None:
        outcome = "held, not yet handled"
    elif receipt["code"] == "ok":
        outcome = f"accepted in case {found['case_id']}{number}"
    else:
        at = f" at {receipt['element']}" if receipt.get("element") else ""
        outcome = f"refused by {receipt['rule']}{at}: {receipt['text']['en']}"
    return [
        TimelineEntry(
            found["received_at"],
            "received",
            f"{found['name'] or 'unreadable'} {found['id']} from {found['system']}: {outcome}",
            (found["source"], found["id"]),
            found["name"],
        )
    ]


def _of_row(
    row: dict[str, Any],
    rows: list[dict[str, Any]],
    known: Obstacles,
    skipped: dict[str, datetime],
    fetched: FetchedRow | None,
) -> list[TimelineEntry]:
    """The lines of a row; ``skipped``: row or unit → when operations gave it up; ``fetched``: of a row in its reader's hands."""
    whom = "the registers" if row["system"] in LOOKUPS else row["system"]
    kind = f"lookup ({_asks(row['told'])})" if row["kind"] == "lookup" else row["kind"]
    what = f"{kind} of {row['message']}" + (f" #{row['sequence']}" if row["sequence"] else "") + f" to {whom}"
    to = f" for {', '.join(row['told']['to'])}" if row["kind"] == "notice" else ""
    awaits = row["told"].get("awaits") or {}
    asked = f", awaits {', '.join(f'{act} of {unit}' for unit, act in awaits.items())}" if awaits else ""
    entries = [
        TimelineEntry(row["accepted_at"], "addressed" if row["kind"] == "notice" else "written", what + to + asked)
    ]
    failed = [(datetime.fromisoformat(at), answer) for at, answer in row["failures"] or ()]
    entries += [TimelineEntry(at, "tried", f"{what}: {answer}") for at, answer in failed]
    ended = failed[-1][0] if failed else row["due_at"]
    if row["state"] == "sent":
        entries += _sent(row, what)
    elif row["state"] in {"dead", "skipped"}:
        died = row["state"] == "dead" or str(row["id"]) in skipped
        if died:
            said = f"{what}: {row['answer']} after {row['attempts']} attempts (row {row['id']})"
            entries.append(TimelineEntry(ended, "dead", said))
        if row["state"] == "skipped":
            at = skipped.get(str(row["id"])) or skipped.get(row["system"].removeprefix("unit:")) or ended
            entries.append(TimelineEntry(at, "skipped", what))
    else:
        said = f"{what}: {of_row(row, rows, known)} (row {row['id']})"
        if fetched is not None:
            entries.append(TimelineEntry(fetched.first_at, "fetched", what))
            until = f"fetched {fetched.times} times, not acknowledged, in a reader's hands until {clock_with_zone(fetched.until)}"
            said = f"{what}: {until} (row {row['id']})"
        entries.append(TimelineEntry(clock.now(), "waits", said))
    return entries


def _before_replays(replayed: list[dict[str, Any]], rows: dict[int, dict[str, Any]]) -> list[TimelineEntry]:
    """How rows had been sent, and read, before a replay sent them again."""
    entries = []
    for one in replayed:
        before, row = one["before"] or {}, rows[one["outbox_id"]]
        if before.get("state") == "sent" and (sent_at := datetime.fromisoformat(before["sent_at"])) != row["sent_at"]:
            first_tried = before["first_tried_at"] and datetime.fromisoformat(before["first_tried_at"])
            earlier = {"sent_at": sent_at, "first_tried_at": first_tried}
            what = f"{row['kind']} of {row['message']} #{row['sequence']} to {row['system']}, before replay {one['replay']}"
            entries += _sent(row | earlier | {"answer": before["answer"]}, what)
    return entries


def _sent(row: dict[str, Any], what: str) -> list[TimelineEntry]:
    """The lines of a row that was sent: by its way, or fetched and acknowledged; and when it was read, where the receiver has said so."""
    answer, _, read_at = str(row["answer"]).partition(f"; {in_hand.READ} ")
    read = [TimelineEntry(datetime.fromisoformat(read_at), "read", what)] if read_at else []
    if answer == in_hand.ACKNOWLEDGED:
        fetched = [TimelineEntry(row["first_tried_at"], "fetched", what)] if row["first_tried_at"] else []
        return [*fetched, TimelineEntry(row["sent_at"], "acknowledged", f"{what}: by its receiver"), *read]
    done = "sent" if row["kind"] != "lookup" else "answered"
    return [TimelineEntry(row["sent_at"], done, f"{what}: {answer}"), *read]


_CONCERNS = {
    "actor": "who acted",
    "responsible_physician": "the responsible physician",
    "decided_by": "who decided",
    "fast_vardkontakt": "the care contact",
    "samordningsansvarig": "the coordinator",
}
"""Whom a question about staff concerns → in words; nobody is named."""


def _asks(told: dict[str, Any]) -> str:
    """What a look-up asks the registers, without naming anybody."""
    if told["question"] != "verifiering":
        return str(told["question"])
    role = f" as {told['role']}" if told.get("role") else ""
    return f"verifiering of {_CONCERNS[told.get('concerns', 'actor')]}{role}, unit {told['unit']}"
