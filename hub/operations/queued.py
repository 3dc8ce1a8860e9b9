"""What is not sent yet to one receiver, and what is not asked of a register yet, in that order, each row with why it waits. Imports the
store and the registers' words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from hub.operations import register_words
from hub.store import send_queue, why_waiting
from hub.store.outbox import LOOKUP
from hub.store.send_queue import Connection, QueuedRow
from hub.store.why_waiting import Why


@dataclass(frozen=True, slots=True)
class Queued:
    """A row, and why it is not sent yet."""

    row: QueuedRow
    why: Why


async def queued(connection: Connection, system: str, after: int, limit: int) -> list[Queued]:
    """What waits for a system, with numbers above ``after``."""
    rows = await send_queue.queued(connection, system, after, limit)
    return await _with_why(connection, system, rows)


async def lookups(connection: Connection, queues: Sequence[str], after: int, limit: int) -> list[Queued]:
    """The questions to registers that wait in these queues (``CONTRACTS``), with numbers above ``after``."""
    found = [one for name in queues for one in await queued(connection, f"{LOOKUP}{name}", after, limit)]
    in_words = [Queued(one.row, register_words.in_why(one.why, one.row.answer)) for one in found]
    return sorted(in_words, key=lambda one: one.row.id)[:limit]


async def _with_why(connection: Connection, system: str, rows: Sequence[QueuedRow]) -> list[Queued]:
    known = await why_waiting.obstacles(connection, [system])
    cases = {one.case_id for one in rows if one.case_id is not None and one.kind == "notice"}
    firsts = why_waiting.firsts_of(await send_queue.unsent_of_cases(connection, system, cases))
    return [Queued(one, why_waiting.of_row(asdict(one) | {"system": system}, firsts, known)) for one in rows]
