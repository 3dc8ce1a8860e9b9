"""Histories of operations on the store by two transactions, to play on PostgreSQL and on its model alike. Imports the hub's store.

A history is drawn by a seed. Each step is a call of a function of ``hub.store`` within one of the two transactions, or its end.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, is_dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from types import ModuleType
from typing import Any

from hub.store import dead_letters, first_look, held, inbox, outbox, rows_to_write, send_queue, sent_marks, shards
from hub.store.first_look import FirstLook
from hub.store.inbox import InboxRow
from hub.store.outbox import OutboxRow
from hub.store.sent_marks import SentRange, Settled
from hub.store.shards import ShardState
from schemas.messages import NoticeExtensions

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
CASES = ("0199aaaa-0000-7000-8000-000000000001", "0199aaaa-0000-7000-8000-000000000002")
ACTORS = ("a", "b")


@dataclass(frozen=True, slots=True)
class Step:
    actor: str
    module: ModuleType | None
    """None: the transaction ends, as ``name`` says: ``commit`` or ``rollback``."""
    name: str
    make: Callable[[], tuple[Any, ...]] = tuple
    """The arguments, made anew for each play."""
    named: tuple[tuple[str, Any], ...] = ()

    def call(self, connection: Any) -> Awaitable[Any]:
        assert self.module is not None
        return getattr(self.module, self.name)(connection, *self.make(), **dict(self.named))  # type: ignore[no-any-return]


def plain(value: Any) -> Any:
    """A result, so that the same from both compares as equal: without times, and sets in order."""
    if isinstance(value, OutboxRow):
        return (
            value.id,
            value.sequence,
            value.attempts,
            value.revision,
            value.fresh,
            value.follows,
            value.shard,
            value.told,
        )
    if isinstance(value, held.Held):
        return value.key, value.case_key, value.reason, value.attempts
    if isinstance(value, FirstLook):
        return plain([value.seen, value.envelopes, value.news, value.queues])
    if isinstance(value, InboxRow):
        return value.source, value.id, value.case_id, value.sequence, value.receipt
    if isinstance(value, dict):
        return sorted((plain(key), plain(one)) for key, one in value.items())
    if isinstance(value, set | frozenset):
        return sorted(map(plain, value))
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return repr(value) if is_dataclass(value) else value


def drawn(seed: int) -> list[Step]:
    """A history of some thirty steps."""
    return _Drawing(Random(seed)).steps()


class _Drawing:
    def __init__(self, draw: Random) -> None:
        self.draw = draw
        self.ids = 0

    def steps(self) -> list[Step]:
        found = [
            self._call(ACTORS[0], shards, "take", lambda: ([0, 1], "one")),
            Step(ACTORS[0], None, "commit"),
        ]
        for _ in range(self.draw.randint(15, 35)):
            actor = self.draw.choice(ACTORS)
            if self.draw.random() < 0.25:
                found.append(Step(actor, None, self.draw.choice(("commit", "commit", "rollback"))))
            else:
                found.append(self.draw.choice(self._KINDS)(self, actor))
        return [*found, *(Step(actor, None, "commit") for actor in ACTORS)]

    def _call(self, actor: str, module: ModuleType, name: str, make: Any = tuple, **named: Any) -> Step:
        return Step(actor, module, name, make, tuple(named.items()))

    def _id(self) -> int:
        return self.draw.randint(1, max(1, self.ids))

    # --- rows of the outbox ---------------------------------------------------------------------------------------------

    def _add(self, actor: str) -> Step:
        self.ids += 1
        id_, number, sequence = self.ids, self.draw.randrange(2), self.draw.randint(1, 6)
        fresh, case = self.draw.random() < 0.6, CASES[number]

        def rows() -> tuple[list[OutboxRow]]:
            told = (
                NoticeExtensions(case=case, sequence=sequence, to=("SE1-A",))
                .model_dump_json(exclude_none=True)
                .encode()
            )
            row = OutboxRow(
                id_, "notice", "k", case, sequence, "urn:hsa:a", f"m-{id_}", told, None, NOW, NOW, follows=sequence - 1
            )
            row.fresh, row.shard = fresh, number
            return ([row],)

        return self._call(actor, outbox, "add", rows)

    def _mark(self, actor: str) -> Step:
        row = self._id(), self.draw.randrange(2)
        return self._call(actor, outbox, "mark_sent", lambda: ([row], [NOW], ["ok"]))

    def _range(self, actor: str) -> Step:
        first = self._id()
        last = first + self.draw.randrange(2)
        return self._call(
            actor, sent_marks, "add", lambda: ([SentRange("k", first, last, NOW, "ok", last - first + 1)],)
        )

    def _retry(self, actor: str) -> Step:
        id_ = self._id()

        def rows() -> tuple[Any, ...]:
            row = OutboxRow(
                id_, "notice", "k", CASES[0], 1, "urn:hsa:a", "m", b"{}", None, NOW, NOW, first_tried_at=NOW
            )
            return [row], NOW, "429"

        return self._call(actor, outbox, "retry", rows)

    def _of_one_row(self, actor: str) -> Step:
        id_ = self._id()
        asked = ("add", (id_, "400")), ("add", (id_, "400")), ("replay", ([id_, id_ + 1],)), ("skip", (id_,))
        name, given = self.draw.choice(asked)
        return self._call(actor, dead_letters, name, lambda: given)

    def _block(self, actor: str) -> Step:
        return self._call(actor, dead_letters, "block_followers", lambda: ("k", list(CASES)))

    def _look(self, actor: str) -> Step:
        ids, case, number = [self._id(), self._id()], self.draw.choice(CASES), self.draw.randint(1, 6)
        asks: list[tuple[ModuleType, str, Any, dict[str, Any]]] = [
            (send_queue, "fresh_ids", lambda: ("k",), {"after": 0, "limit": 50}),
            (send_queue, "waiting_ids", lambda: ("k", [0, 1]), {"after": 0, "limit": 50}),
            (send_queue, "rows", lambda: (ids,), {}),
            (send_queue, "systems_waiting", tuple, {}),
            (send_queue, "systems_unsent", tuple, {}),
            (send_queue, "unsent_up_to", lambda: ("k", [(case, number)]), {}),
            (outbox, "bodies", lambda: (ids,), {}),
            (outbox, "unsent", lambda: (case,), {}),
            (sent_marks, "settled", lambda: ("one",), {}),
            (shards, "states", lambda: ([0, 1],), {}),
        ]
        module, name, make, named = self.draw.choice(asks)
        return self._call(actor, module, name, make, **named)

    # --- shards ---------------------------------------------------------------------------------------------------------

    def _still_owned(self, actor: str) -> Step:
        return self._call(actor, shards, "still_owned", lambda: ({0: ShardState(1, 0), 1: ShardState(1, 0)},))

    def _change(self, actor: str) -> Step:
        case = self.draw.choice(CASES)
        return self._call(actor, shards, "change", lambda: ([case],))

    def _settle(self, actor: str) -> Step:
        owner, upto = self.draw.choice(("one", "two")), self.draw.randint(1, 50)
        owned = self.draw.choice(([0, 1], [0], []))
        return self._call(actor, sent_marks, "settle", lambda: (owner, Settled(upto, {"k": upto - 1}), owned))

    # --- messages and holds ---------------------------------------------------------------------------------------------

    def _message(self, actor: str) -> Step:
        id_ = f"m-{self.draw.randint(1, 4)}"

        def rows() -> tuple[list[InboxRow]]:
            return (
                [
                    InboxRow(
                        "urn:hsa:a",
                        id_,
                        b"\0" * 32,
                        b"x",
                        "application/json",
                        None,
                        "ehr",
                        NOW,
                        None,
                        None,
                        None,
                        None,
                        None,
                    )
                ],
            )

        return self._call(actor, rows_to_write, "write", lambda: (inbox.new(*rows()),))

    def _told(self, actor: str) -> Step:
        """A message and the row of the outbox that tells it, with the proof of its shard, which may be another's by now."""
        message, row = self._message(actor), self._add(actor)
        known = {number: ShardState(self.draw.choice((1, 1, 2)), 0) for number in range(2)}
        return self._call(
            actor, rows_to_write, "write", lambda: (*message.make(), outbox.new(*row.make())), known=known
        )  # fmt: skip

    def _seen(self, actor: str) -> Step:
        keys = [("urn:hsa:a", f"m-{n}") for n in range(1, 5)]
        return self._call(actor, first_look, "look", lambda: (keys, [], [], CASES[:1]))

    def _hold(self, actor: str) -> Step:
        key, case = ("urn:hsa:a", f"m-{self.draw.randint(1, 4)}"), self.draw.choice(CASES)
        later = NOW + timedelta(seconds=self.draw.randint(0, 90))
        steps: list[tuple[str, Any]] = [
            ("add", lambda: (key, case, "awaits-opening", NOW, 1.0)),
            ("reschedule", lambda: (key, case, "behind-held", NOW, (1.0, 5.0))),
            ("end", lambda: ([key],)),
            ("wake", lambda: ([case], NOW)),
            ("queues", lambda: (list(CASES[:1]),)),
            ("claim", lambda: (later, 10)),
        ]
        name, make = self.draw.choice(steps)
        return self._call(actor, held, name, make)

    _KINDS: tuple[Callable[[_Drawing, str], Step], ...] = (
        _add, _add, _add, _mark, _range, _retry, _of_one_row, _of_one_row, _block, _look, _look, _look, _still_owned, _change, _settle,
        _message, _told, _told, _seen, _hold, _hold, _hold,
    )  # fmt: skip
