"""The entries of messages: acted, received, decided, acknowledged, and what the registers' answers came to. Imports the translators, the
rules and the language.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from hub.errors import Refused
from hub.operations.timeline.entry import HUB, REGISTERS, TimelineEntry, of_system
from hub.processes.engine.process import PROCESSES
from hub.store.inbox import Key
from hub.store.timeline import Row, StoredHistory
from hub.translators import formats
from schemas.envelope import Message
from schemas.messages import HUB_SOURCE

_OF_REGISTERS: Final = {"adressering": "addressed", "verifiering": "verified", "folkbokforing": "register-news"}


@dataclass(slots=True)
class _MessageAsStored:
    """A stored message as the translators read it."""

    id: str
    source: str
    name: str | None
    media_type: str
    attributes: bytes | None
    raw: bytes


def readable(rows: Iterable[Row]) -> dict[Key, Message]:
    """The messages that can be read still: large ones and those that gallring has emptied are left out."""
    found = {}
    for row in rows:
        if row["raw"] is None or row["name"] is None:
            continue
        attributes = None if row["attributes"] is None else row["attributes"].encode()
        stored = _MessageAsStored(
            row["id"], row["source"], row["name"], row["media_type"], attributes, bytes(row["raw"])
        )
        try:
            found[row["source"], row["id"]] = formats.read_stored(stored)
        except (Refused, ValueError, KeyError):  # of a version that this one reads no more
            continue
    return found


def entries(history: StoredHistory, read: Mapping[Key, Message]) -> Iterator[TimelineEntry]:
    """What is known of each message that came."""
    processes = {case["id"]: case["process"] for case in history.cases}
    handled = _handled(history)
    for row in history.messages:
        message = read.get((row["source"], row["id"]))
        lane = HUB if row["source"] == HUB_SOURCE else of_system(row["system"])
        facts: dict[str, Any] = {
            "message": row["id"],
            "source": row["source"],
            "type": row["name"],
            "case": row["case_id"],
            "sequence": row["sequence"],
            "system": row["system"],
        }
        named = f"{row['name'] or 'unreadable'} {row['id']}"
        namn = f"{row['name'] or 'oläsligt'} {row['id']}"
        if message is not None and row["source"] != HUB_SOURCE:
            yield TimelineEntry(
                at=message.time,
                lane=lane,
                kind="acted",
                sv=f"{namn}: avsändarens egen tid",
                en=f"{named}: the sender's own time",
                **facts,
            )
        yield TimelineEntry(
            at=row["received_at"],
            lane=HUB,
            kind="received",
            sv=f"{namn} från {row['system']}",
            en=f"{named} from {row['system']}",
            **facts,
        )
        yield _decided(
            row, processes.get(row["case_id"]), handled.get((row["case_id"], row["sequence"])), named, namn, facts
        )
        if message is not None and row["sequence"] is not None:
            yield from _said(row, message, facts)


def _handled(history: StoredHistory) -> dict[tuple[str, int], datetime]:
    """(case, number) → when it was handled, which its notices know: later than it came where it was held."""
    found: dict[tuple[str, int], datetime] = {}
    for row in history.case_rows:
        if row["kind"] == "notice":
            key = row["case_id"], row["sequence"]
            found[key] = min(found.get(key, row["accepted_at"]), row["accepted_at"])
    return found


def _decided(
    row: Row, process: str | None, handled: datetime | None, named: str, namn: str, facts: dict[str, Any]
) -> TimelineEntry:
    receipt = row["receipt"]
    at = max(row["received_at"], handled or row["received_at"])
    if receipt is None:
        return TimelineEntry(
            at=at,
            lane=HUB,
            kind="decided",
            outcome="held",
            sv=f"{namn}: hålls, inte hanterat än",
            en=f"{named}: held, not yet handled",
            **facts,
        )
    if receipt["code"] == "ok":
        rule = PROCESSES[process].rule(row["name"]) if process in PROCESSES else None
        by = "" if rule is None else f" ({process}, {row['name']}: {', '.join(rule.rules)})"
        return TimelineEntry(
            at=at,
            lane=HUB,
            kind="decided",
            outcome="accepted",
            rules=() if rule is None else rule.rules,
            sv=f"{namn}: godtaget i ärende {row['case_id']} #{row['sequence']}{by}",
            en=f"{named}: accepted in case {row['case_id']} #{row['sequence']}{by}",
            **facts,
        )
    element = receipt.get("element")
    return TimelineEntry(
        at=at,
        lane=HUB,
        kind="decided",
        outcome="refused",
        rule=receipt["rule"],
        element=element,
        sv=f"{namn}: avvisat av {receipt['rule']}{f' vid {element}' if element else ''}: {receipt['text']['sv']}",
        en=f"{named}: refused by {receipt['rule']}{f' at {element}' if element else ''}: {receipt['text']['en']}",
        **facts,
    )


def _said(row: Row, message: Message, facts: dict[str, Any]) -> Iterator[TimelineEntry]:
    """What a kvittens acknowledges, and which outcome the registers' answers came to."""
    data: Any = message.data
    if message.name == "kvittens":
        yield TimelineEntry(
            at=row["received_at"],
            lane=of_system(row["system"]),
            kind="kvittens",
            units=(message.unit,),
            answer=data.message,
            sv=f"{message.unit} kvitterar {data.message}",
            en=f"{message.unit} acknowledges {data.message}",
            **facts,
        )
    elif message.name in _OF_REGISTERS:
        outcome = data.news if message.name == "folkbokforing" else data.outcome
        yield TimelineEntry(
            at=row["received_at"],
            lane=REGISTERS,
            kind=_OF_REGISTERS[message.name],
            outcome=outcome,
            sv=f"registren ({message.name}): {outcome}",
            en=f"the registers ({message.name}): {outcome}",
            **facts,
        )
