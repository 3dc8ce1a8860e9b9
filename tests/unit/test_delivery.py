"""The order of a lane, the breaker, the schedule: whatever happens in whatever order, nothing is lost and no case overtakes itself.

May import ``hub.delivery`` and the language; no service, no clock but the test's.
"""

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.delivery import attempt, table_reader
from hub.delivery import lane as lanes
from hub.delivery.breaker import Breaker
from hub.delivery.case_queue import CaseQueue, case_of
from hub.delivery.fence import RowsChanged
from hub.delivery.lane import MOST_BYTES, Lane
from hub.delivery.message_reader import MessageReader
from hub.delivery.outgoing import AttemptOutcome
from hub.delivery.retry import next_attempt
from hub.errors import Unavailable
from hub.shards import Shards
from hub.store import dead_letters, operator_log, outbox, paused_systems, send_queue
from hub.store.outbox import OutboxRow
from hub.store.shards import ShardState
from hub.translators.retry_after import retry_after
from schemas.directory import System
from schemas.messages import NoticeExtensions, Receipt, as_json
from schemas.ways_out import Delivery

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=30)


def notice(id_, case, sequence, due=LONG_AGO, *, fresh=True):
    told = as_json(NoticeExtensions(case=case, sequence=sequence, to=("SE1-A",)))
    now = datetime.now(UTC)
    return OutboxRow(
        id_, "notice", "k", case, sequence, "urn:hsa:SE1-A", f"m-{id_}", told, None, now, due, follows=sequence - 1,
        fresh=fresh,
    )  # fmt: skip


def receipt(id_):
    return OutboxRow(
        id_,
        "receipt",
        "k",
        None,
        None,
        "s",
        f"m-{id_}",
        as_json(Receipt(message="m", code="ok")),
        None,
        datetime.now(UTC),
        NOW,
    )


# --- CaseQueue --------------------------------------------------------------------------------------------------------


class Course:
    """A queue in the hands of hypothesis, with the table that it is read from and what was sent."""

    def __init__(self):
        self.queue = CaseQueue()
        self.table = {}  # id → Item, in the state «waiting»
        self.dead = {}
        self.unmarked = []
        self.groups = []
        self.sent = []
        self.attempts = []
        self.numbers = {}
        self.ids = 0
        self.read_ahead = []

    def write(self, case, keep):
        self.ids += 1
        if case is None:
            item = receipt(self.ids)
        else:
            self.numbers[case] = self.numbers.get(case, 0) + 1
            item = notice(self.ids, case, self.numbers[case])
        self.table[item.id] = item
        if keep:
            self.queue.add(item)  # else another hub wrote it, and it is only in the table

    def read(self):
        """As the lane does: the table's rows are other objects than those in memory."""
        self.queue.begin_read()
        stopped = {case_of(item) for item in self.dead.values() if item.kind == "notice"}
        for item in sorted(self.table.values(), key=lambda one: one.id):
            if item.kind == "receipt" or case_of(item) not in stopped:
                self.queue.add(self.copy(item))
        self.queue.end_read()

    def prove(self):
        """As the table answers: back from the last that is asked about to what is told, or dead."""
        asked = self.queue.take_unlinked()
        rows = {(item.case_id, item.sequence): item for item in self.table.values()}
        dead = {(item.case_id, item.sequence) for item in self.dead.values()}
        turn = []
        for case, items in asked.items():
            number = max(item.sequence for item in items)
            found = []
            while (case, number) in rows:
                found.append(rows[case, number])
                number -= 1
            turn += [] if (case, number) in dead else found
        self.queue.link(asked, {i.id for i in turn}, [self.copy(i) for i in turn if not self.queue.knows(i.id)])

    def copy(self, item):
        fresh = notice(item.id, item.case_id, item.sequence) if item.kind == "notice" else receipt(item.id)
        fresh.attempts, fresh.due_at = item.attempts, item.due_at
        return fresh

    def take(self, most, early=False):
        group = self.queue.take(most, early=early)
        assert len(group) <= most
        flying = {case_of(item) for under_way in self.groups for item in under_way}
        assert flying.isdisjoint(case_of(item) for item in group), "a case is in two calls at once"
        if group:
            self.groups.append(group)
            self.attempts += [(case_of(i), i.sequence or 0) for i in group]

    def land(self, number, outcome):
        if not self.groups:
            return
        group = self.groups.pop(number % len(self.groups))
        gone = [item for item in group if self.queue.is_dropped(item)]
        assert not gone, "nobody but this call may have given it up"
        if outcome == "sent":
            for item in group:
                self.queue.sent(item)
                self.unmarked.append(item)
                self.sent.append(item)
        elif outcome == "half" and len(group) > 1:
            for item in group[: len(group) // 2]:
                self.queue.sent(item)
                self.unmarked.append(item)
                self.sent.append(item)
        elif outcome == "dead":
            item = group[0]
            self.queue.drop_cases([item])
            self.dead[item.id] = self.table.pop(item.id)
            assert all(self.queue.is_dropped(other) for other in group if case_of(other) == case_of(item))
        elif outcome == "fails":
            self.queue.drop_cases(group)
        else:
            for item in group:
                item.attempts += 1
                item.due_at = LONG_AGO if number % 2 else datetime.now(UTC) + timedelta(hours=1)
        self.queue.release(group)

    def mark(self):
        for item in self.unmarked:
            self.table.pop(item.id, None)
        self.queue.marked(self.unmarked)
        self.unmarked = []

    def hurry(self):
        self.queue.make_due()

    def ask(self, most):
        """The messages of what comes next are asked for."""
        self.read_ahead = [item for item in self.queue.next_rows(most) if item.message is None]

    def keep(self):
        """They have come, whatever became of the rows meanwhile."""
        for item in self.read_ahead:
            if item.message is None:
                item.size = item.id
                self.queue.keep_message(item, object())

    def revive(self):
        for id_, item in self.dead.items():
            self.table[id_] = item
        self.dead = {}

    def finish(self):
        """Whatever was done, then all is well: everything still to be sent is sent."""
        while self.groups:
            self.land(0, "sent")
        self.mark()
        self.revive()
        for _ in range(len(self.table) + 5):
            self.mark()
            self.read()
            self.prove()
            self.take(3, early=True)
            self.land(0, "sent")
            if not self.table and not self.unmarked:
                break
            self.mark()


@pytest.mark.parametrize("is_marked", [True, False])
def test_a_sent_row_that_is_read_again_before_its_mark_is_there_is_sent_or_done_and_never_stands_in_the_way(is_marked):
    queue = CaseQueue()
    row, later = notice(1, "a", 1), notice(2, "a", 2)
    queue.add(row)
    (sent,) = queue.take(1)
    queue.sent(sent)
    queue.release([sent])
    queue.drop_cases([sent])
    queue.forget([sent])  # its shard was lost, and taken again
    again = notice(1, "a", 1)
    queue.add(again)
    queue.add(later)
    (queue.marked if is_marked else queue.forget)([sent])
    taken = queue.take(5)
    assert taken == ([later] if is_marked else [again, later])
    assert not any(queue.is_dropped(one) for one in taken)


CASES = st.sampled_from(["a", "b", "c", None])
STEPS = st.one_of(
    st.tuples(st.just("write"), CASES, st.booleans()),
    st.tuples(st.just("take"), st.integers(1, 5), st.booleans()),
    st.tuples(st.just("hurry")),
    st.tuples(
        st.just("land"), st.integers(0, 5), st.sampled_from(["sent", "half", "dead", "retry", "fails", "sent", "sent"])
    ),
    st.tuples(st.just("mark")),
    st.tuples(st.just("read")),
    st.tuples(st.just("prove")),
    st.tuples(st.just("prove")),
    st.tuples(st.just("revive")),
    st.tuples(st.just("ask"), st.integers(1, 5)),
    st.tuples(st.just("keep")),
)


@settings(max_examples=3 * settings.default.max_examples, deadline=None)
@given(st.lists(STEPS, max_size=60))
def test_whatever_happens_each_case_is_sent_in_order_and_nothing_is_lost(steps):
    course = Course()
    for name, *values in steps:
        getattr(course, name)(*values)
    course.finish()
    assert {item.id for item in course.sent} == set(range(1, course.ids + 1)), "something was lost"
    assert len(course.sent) == course.ids, "something was sent twice though it was marked"
    for case in ("a", "b", "c"):
        numbers = [item.sequence for item in course.sent if item.case_id == case]
        assert numbers == sorted(numbers), f"case {case} out of order"
    course.keep()
    assert course.queue.bytes == 0, "a message that is sent is still counted, or kept"


@given(st.permutations(range(1, 7)))
def test_rows_that_are_offered_in_any_order_come_out_in_the_order_of_their_sequence(order):
    queue = CaseQueue()
    for number in order:
        queue.add(notice(number, "a", number))
    asked = queue.take_unlinked()
    queue.link(asked, {item.id for items in asked.values() for item in items}, [])
    assert [item.sequence for item in queue.take(10)] == [1, 2, 3, 4, 5, 6]


def test_one_case_never_waits_for_another():
    queue = CaseQueue()
    queue.add(notice(1, "a", 1))
    queue.add(notice(2, "a", 2))
    queue.add(notice(3, "b", 1))
    first = queue.take(1)
    assert [item.id for item in first] == [1]
    assert [item.id for item in queue.take(1)] == [3]
    assert queue.take(1) == []
    queue.release(first)
    assert [item.id for item in queue.take(5)] == [1, 2]


def test_a_case_whose_head_is_not_due_waits_with_all_that_follows_and_others_go():
    queue = CaseQueue()
    late = notice(1, "a", 1, due=datetime.now(UTC) + timedelta(hours=1))
    late.attempts = 1
    for item in (late, notice(2, "a", 2), notice(3, "b", 1)):
        queue.add(item)
    assert [item.id for item in queue.take(5)] == [3]
    assert queue.take(5) == []
    assert 3500 < queue.next_due_s() <= 3600


def test_receipts_wait_for_no_one():
    queue = CaseQueue()
    late = receipt(1)
    late.attempts, late.due_at = 1, datetime.now(UTC) + timedelta(hours=1)
    for item in (late, receipt(2)):
        queue.add(item)
    assert [item.id for item in queue.take(5)] == [2]


def test_a_row_that_is_marked_while_the_table_is_read_is_not_sent_again():
    queue = CaseQueue()
    item = notice(1, "a", 1)
    queue.add(item)
    group = queue.take(1)
    queue.begin_read()
    queue.sent(item)
    queue.release(group)
    queue.marked([item])
    queue.add(notice(1, "a", 1))  # what the table said before the mark
    assert queue.take(1) == []


def test_notices_behind_a_dead_one_leave_memory_and_receipts_of_the_case_do_not():
    queue = CaseQueue()
    for item in (notice(1, "a", 1), notice(2, "a", 2), receipt(3)):
        queue.add(item)
    group = queue.take(1)
    queue.drop_cases(group)
    queue.release(group)
    queue.add(notice(4, "a", 3))
    queue.link(queue.take_unlinked(), set(), [])  # the table says: behind a dead one
    assert [item.id for item in queue.take(5)] == [3]
    assert queue.length == 1


def test_what_this_hub_wrote_waits_for_what_another_wrote_before_it():
    queue = CaseQueue()
    queue.add(notice(1, "a", 1))
    first = queue.take(1)
    queue.sent(first[0])
    queue.release(first)
    queue.add(notice(5, "a", 3))  # the second is another hub's, and only in the table
    assert queue.take(5) == []
    asked = queue.take_unlinked()
    queue.link(asked, {3, 5}, [notice(3, "a", 2)])
    assert [item.sequence for item in queue.take(5)] == [2, 3]


def test_a_row_that_left_memory_in_its_call_and_was_read_again_is_not_sent_twice_when_the_call_succeeds():
    queue = CaseQueue()
    first = notice(1, "a", 1)
    queue.add(first)
    group = queue.take(1)
    queue.drop_shards({0})  # somebody has changed a row of the shard
    assert queue.is_dropped(first)
    queue.add(notice(1, "a", 1))  # read again from the table
    queue.sent(first)
    queue.release(group)
    queue.add(notice(1, "a", 1))  # and once more, before the mark is there
    assert queue.take(5) == []
    queue.marked([first])
    queue.add(notice(2, "a", 2))
    assert [row.id for row in queue.take(5)] == [2]
    assert queue.bytes == 0


def test_what_is_dropped_while_the_table_is_asked_about_it_is_not_queued_by_the_answer_nor_is_the_rest_of_its_case():
    queue = CaseQueue()
    changed, whole = notice(3, "a", 3), notice(5, "b", 2)
    for row in (changed, whole):
        queue.add(row)  # what they follow is nowhere in memory
    asked = queue.take_unlinked()
    queue.drop_cases([changed])  # somebody has changed its case
    assert not queue.link(asked, {2, 3, 5}, [notice(2, "a", 2)])
    assert [row.id for row in queue.take(9)] == [5]
    assert queue.length == 1
    queue.add(notice(6, "c", 2))
    asked = queue.take_unlinked()
    assert queue.link(asked, {6}, [])
    assert [row.id for row in queue.take(9)] == [6]


def test_a_shard_that_is_dropped_while_the_table_is_asked_leaves_nothing_of_it_queued():
    queue = CaseQueue()
    queue.add(notice(3, "a", 3))
    asked = queue.take_unlinked()
    queue.drop_shards({0})
    assert not queue.link(asked, {3}, [])
    assert (queue.take(9), queue.length, queue.bytes) == ([], 0, 0)


def test_what_follows_what_was_sent_last_needs_no_table():
    queue = CaseQueue()
    for number in range(1, 4):
        queue.add(notice(number, "a", number))
        (item,) = queue.take(1)
        queue.sent(item)
        queue.release([item])
        queue.marked([item])
    assert not queue.unlinked
    assert queue.length == 0


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 900)), max_size=40), st.integers(0, 40))
def test_the_bytes_in_memory_are_those_of_the_messages_in_memory(rows, lightened):
    queue, items = CaseQueue(), []
    for number, (case, size) in enumerate(rows, 1):
        item = notice(number, case, sum(1 for c, _ in rows[:number] if c == case))
        item.size, item.message = size, object()
        queue.add(item)
        items.append(item)
    for item in items[:lightened]:
        queue.drop_message(item)
    assert queue.bytes == sum(item.size for item in items[lightened:])
    queue.drop_cases(items)
    assert queue.bytes == 0
    assert queue.length == 0


# --- Breaker ----------------------------------------------------------------------------------------------------------


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def opened(clock=None):
    clock = clock or Clock()
    breaker = Breaker(3, 10.0, clock)
    for _ in range(3):
        breaker.failed()
    return breaker, clock


def test_the_breaker_opens_after_failures_in_a_row_only():
    breaker = Breaker(3, 10.0, Clock())
    for _ in range(5):
        breaker.failed()
        breaker.failed()
        breaker.passed()
    assert breaker.state == "closed"
    for _ in range(3):
        assert breaker.admit()
        breaker.failed()
    assert breaker.state == "open"
    assert not breaker.admit()
    assert breaker.wait_s == 10.0


def test_a_breaker_of_a_system_to_which_there_is_nobody_to_send_opens_at_once_and_probes_as_usual():
    clock = Clock()
    breaker = Breaker(3, 10.0, clock)
    assert breaker.admit()
    breaker.open_now()
    assert (breaker.state, breaker.admit(), breaker.wait_s) == ("open", False, 10.0)
    clock.now = 10.0
    assert breaker.admit() and not breaker.admit()
    breaker.open_now()
    assert (breaker.state, breaker.wait_s) == ("open", 10.0)
    clock.now = 20.0
    assert breaker.admit()
    breaker.passed()
    assert breaker.state == "closed"


def test_the_breaker_lets_one_probe_through_and_no_more_until_it_has_answered():
    breaker, clock = opened()
    clock.now = 10.0
    assert breaker.state == "half-open"
    assert breaker.wait_s == 0.0
    assert breaker.admit()
    clock.now = 100.0
    assert not breaker.admit()
    assert breaker.state == "half-open"


@pytest.mark.parametrize("well", [True, False])
def test_the_probe_decides(well):
    breaker, clock = opened()
    clock.now = 10.0
    assert breaker.admit()
    if well:
        breaker.passed()
        assert breaker.state == "closed"
        assert breaker.admit()
    else:
        breaker.failed()
        assert breaker.state == "open"
        assert breaker.wait_s == 10.0


@given(st.lists(st.sampled_from(["fail", "pass", "wait", "ask"]), max_size=40))
def test_the_breaker_never_shuts_for_good(steps):
    clock = Clock()
    breaker = Breaker(3, 10.0, clock)
    asked = False
    for step in steps:
        if step == "fail":
            breaker.failed()
            asked = False
        elif step == "pass":
            breaker.passed()
            asked = False
        elif step == "wait":
            clock.now += 4.0
        else:
            asked = breaker.admit() or asked
    if asked:
        breaker.failed()  # the probe under way comes back
    clock.now += 10.0
    assert breaker.admit()


# --- schedule ---------------------------------------------------------------------------------------------------------


def wait(attempts, first=NOW, retry=None, refused=None, **more):
    due = next_attempt(Delivery(**more), attempts, first, NOW, retry, refused)
    return None if due is None else (due - NOW).total_seconds()


@given(st.integers(1, 200))
def test_waits_follow_the_schedule_with_jitter_and_its_last_one_repeats(attempts):
    planned = (1, 5, 30, 120, 600, 3600)[min(attempts, 6) - 1]
    assert planned * 0.8 <= wait(attempts) <= planned * 1.2


def test_waits_vary_so_that_systems_do_not_come_back_together():
    assert len({wait(3) for _ in range(20)}) > 1


def test_72_hours_after_the_first_try_nothing_is_tried_any_more():
    assert wait(90, first=NOW - timedelta(hours=71, minutes=59)) is not None
    assert wait(90, first=NOW - timedelta(hours=72)) is None


def test_what_speaks_of_the_receiver_is_tried_for_the_time_of_a_deploy():
    assert wait(9, refused=NOW - timedelta(minutes=29)) is not None
    assert wait(9, refused=NOW - timedelta(minutes=30)) is None
    assert wait(9, refused=NOW - timedelta(minutes=30), deploy_s=3600) is not None


def test_retry_after_lengthens_a_wait_and_never_shortens_it():
    assert wait(1, retry=50.0) == 50.0
    assert wait(6, retry=50.0) > 2000
    assert wait(1, retry=0.0) >= 0.8


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("120", 120.0),
        (" 7 ", 7.0),
        ("0", 0.0),
        ("-5", None),
        ("soon", None),
        ("1e3", None),
        ("999999999", 24 * 3600.0),
        ("9" * 400, 24 * 3600.0),
        ("Mon, 02 Mar 2026 09:00:30 GMT", 30.0),
        ("Monday, 02-Mar-26 09:00:30 GMT", 30.0),
        ("Mon Mar  2 09:00:30 2026", 30.0),
        ("Mon, 02 Mar 2026 10:00:30 +0100", 30.0),
        ("Mon, 02 Mar 2026 09:00:30 -0000", None),  # no zone, which HTTP does not allow
        ("Mon, 02 Mar 2026 08:00:00 GMT", 0.0),
        ("Mon, 99 Mar 2026 08:00:00 GMT", None),
        ("²", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date_and_nonsense_is_passed_over(header, seconds):
    assert retry_after(header, NOW) == seconds


@given(st.text(max_size=40))
def test_no_retry_after_is_ever_an_error(header):
    found = retry_after(header, NOW)
    assert found is None or 0 <= found <= 24 * 3600


# --- Lane -------------------------------------------------------------------------------------------------------------


class FakeTable:
    """The outbox's functions that a lane uses, over a dictionary."""

    def __init__(self, *items):
        self.rows = {item.id: item for item in items}
        self.state = dict.fromkeys(self.rows, "waiting")
        self.down = self.reads = 0
        self.unreadable = set()
        self.paused, self.trail = [], []

    @asynccontextmanager
    async def transaction(self):
        if self.down:
            self.down -= 1
            raise Unavailable("database")
        yield self

    def turn(self):
        dead = {self.rows[i].case_id for i, state in self.state.items() if state == "dead"}
        return [i for i, r in self.rows.items() if self.state[i] == "waiting" and r.case_id not in dead]

    async def fresh_ids(self, _, system, *, after, limit):
        """All fresh rows, those that are sent too, as the index has them."""
        ids = [
            i for i, r in self.rows.items() if r.fresh and i > after and (i in self.turn() or self.state[i] == "sent")
        ]
        return [send_queue.FreshId(i, 0, 0, self.state[i] == "sent") for i in ids[:limit]]

    async def waiting_ids(self, _, system, shards, *, after, limit):
        return [i for i in self.turn() if i > after and not self.rows[i].fresh][:limit]

    async def unsent_up_to(self, _, system, last):
        turn = self.turn()
        cases = dict(last)
        rows = [r for r in self.rows.values() if r.case_id in cases and r.sequence <= cases[r.case_id]]
        return [(r.case_id, r.id, r.id not in turn) for r in rows if self.state[r.id] in {"waiting", "dead"}]

    async def block_followers(self, _, system, cases):
        pass

    async def read(self, _, ids):
        found = [self.rows[i] for i in ids if i in self.turn()]
        copies = [notice(r.id, r.case_id, r.sequence) if r.kind == "notice" else receipt(r.id) for r in found]
        for each in copies:
            row = self.rows[each.id]
            each.attempts, each.due_at, each.first_tried_at = row.attempts, row.due_at, row.first_tried_at
            each.fresh = row.fresh
        return copies

    async def retry(self, _, items, due, answer, said):
        for item in items:
            row = self.rows[item.id]
            row.attempts, row.due_at, row.first_tried_at = row.attempts + 1, due, item.first_tried_at
            row.fresh = False

    async def pause(self, _, system):
        self.paused.append(system)
        return True

    async def record(self, _, who, what, target, reason):
        self.trail.append((who, what, target, reason))

    async def add(self, _, id_, answer, said):
        self.state[id_] = "dead"

    def mark(self, system, items, at, answer, proof, done):
        assert proof
        for item in items:
            self.state[item.id] = "sent"
        done(items, True)

    async def until_idle(self):
        """Marks are written at once."""


class FakeExit:
    """An exit that answers by a list of outcomes, then ``ok`` for ever."""

    def __init__(self, together, *outcomes):
        self.together = together
        self.outcomes = list(outcomes)
        self.calls = []

    def breaker(self, system):
        return system.delivery.breaker_failures, system.delivery.breaker_open_s

    async def send(self, system, batch, before_sending):
        await before_sending()
        self.calls.append([outgoing.id for outgoing in batch])
        outcome = self.outcomes.pop(0) if self.outcomes else "ok"
        return outcome if isinstance(outcome, AttemptOutcome) else AttemptOutcome(outcome, outcome)


class Proof(Shards):
    """All shards are this process's; before anything is sent ``ask`` says so, or what has happened."""

    def __init__(self, ask=None):
        super().__init__(None, "test", takes_part=False)
        self._states = {0: ShardState(1, 0)}
        self.ask, self.lane = ask, None

    async def confirm(self):
        if self.ask is not None:
            await self.ask(self.lane)


async def still_owned(_, known):
    return known


async def run_lane(monkeypatch, table, exit_, until, ask=None, **delivery):
    """A lane over the table, until ``until()``; what it called is in ``exit_.calls``."""
    monkeypatch.setattr(outbox, "retry", table.retry)
    monkeypatch.setattr(send_queue, "rows", table.read)
    for module in (attempt, table_reader):
        monkeypatch.setattr(module, "still_owned", still_owned)
    for module, name in (
        (send_queue, "fresh_ids"),
        (send_queue, "waiting_ids"),
        (send_queue, "unsent_up_to"),
        (dead_letters, "add"),
        (dead_letters, "block_followers"),
    ):
        monkeypatch.setattr(module, name, getattr(table, name))
    monkeypatch.setattr(paused_systems, "pause", table.pause)
    monkeypatch.setattr(operator_log, "record", table.record)
    monkeypatch.setattr(attempt, "encode", lambda item, message, system: Encoded(f"{item.case_id}{item.sequence}"))
    monkeypatch.setattr(lanes, "_RETRY_S", 0.02)
    given_ = Delivery(**{"schedule_s": (0.05,), "breaker_open_s": 0.05} | delivery)
    system = System(
        id="kk", name="k", organisation="2321000255", units=("SE2321000255-A",), out={"way": "kafka"}, delivery=given_
    )

    async def messages(items, most_bytes):
        table.reads += 1
        if table.reads in table.unreadable:
            raise Unavailable("database")
        if gone := {item.id for item in items if table.state[item.id] == "moved"}:
            raise RowsChanged(gone)
        await asyncio.sleep(0)
        return {item.id: object() for item in items}

    shards = Proof(ask)
    lane = shards.lane = Lane(system, exit_, table, messages, table, shards, lambda: 0)
    task = asyncio.create_task(lane.run())
    try:
        async with asyncio.timeout(20):
            while not until():
                assert not task.done(), task.exception()
                await asyncio.sleep(0.002)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


class Encoded:
    def __init__(self, id_):
        self.id = id_


async def test_one_of_many_that_is_at_fault_dies_alone_and_nothing_of_its_case_overtakes_it(monkeypatch):
    table = FakeTable(notice(1, "a", 1), notice(2, "a", 2), notice(3, "b", 1))
    exit_ = FakeExit(10, "dead", "dead")  # the whole, then the first alone
    await run_lane(monkeypatch, table, exit_, lambda: table.state == {1: "dead", 2: "waiting", 3: "sent"})
    assert exit_.calls[:3] == [["a1", "a2", "b1"], ["a1"], ["b1"]]


async def test_when_many_are_sent_one_by_one_and_one_must_wait_its_case_waits_with_it(monkeypatch):
    table = FakeTable(notice(1, "a", 1), notice(2, "a", 2), notice(3, "b", 1))
    exit_ = FakeExit(10, "dead", "retry")  # the whole is refused; then the first alone is to be tried again
    await run_lane(monkeypatch, table, exit_, lambda: set(table.state.values()) == {"sent"}, breaker_failures=50)
    delivered = [outgoing for call in exit_.calls[2:] for outgoing in call if outgoing.startswith("a")]
    assert delivered == ["a1", "a2"], exit_.calls


async def test_a_probe_that_never_left_because_the_database_was_away_does_not_shut_the_system_off(monkeypatch):
    table = FakeTable(*[notice(n, f"c{n}", 1) for n in range(1, 4)])
    table.unreadable = {2}  # what the probe was to carry
    exit_ = FakeExit(1, "retry")

    def done():
        return set(table.state.values()) == {"sent"}

    await run_lane(monkeypatch, table, exit_, done, breaker_failures=1, concurrency=1)


async def test_a_database_that_is_away_does_not_end_the_lane(monkeypatch):
    table = FakeTable(*[notice(n, "a", n) for n in range(1, 4)])
    table.down = 2
    exit_ = FakeExit(1)
    await run_lane(monkeypatch, table, exit_, lambda: set(table.state.values()) == {"sent"})
    assert exit_.calls == [["a1"], ["a2"], ["a3"]]


async def test_what_operations_wants_tried_now_waits_for_no_call_that_hangs_and_for_no_breaker_that_it_opens_again(
    monkeypatch,
):
    """As of a receiver that hung when it was called, and is well again."""
    began, opened = Lane.__init__, []

    def remembered(lane, *values, **named):
        began(lane, *values, **named)
        opened.append(lane)

    class Hangs(FakeExit):
        """The third call is answered by no more than its failure, when it is let go."""

        def __init__(self):
            super().__init__(1, "retry", "retry", "retry")
            self.let_go = asyncio.Event()

        async def send(self, system, batch, before_sending):
            outcome = await super().send(system, batch, before_sending)
            if len(self.calls) == 3:
                await self.let_go.wait()
            return outcome

    monkeypatch.setattr(Lane, "__init__", remembered)
    table, exit_ = FakeTable(notice(1, "a", 1), notice(2, "b", 1)), Hangs()
    asked = []

    def done():
        (lane,) = opened
        if lane.breaker.state == "open" and all(row.attempts for row in table.rows.values()) and not asked:
            lane.try_now(None)
            asked.append("after two failures, and the call hangs")
        elif len(exit_.calls) == 3 and len(asked) == 1:
            lane.try_now(None)
            asked.append("again, and the other is sent at once")
        elif "sent" in table.state.values():
            exit_.let_go.set()
        return set(table.state.values()) == {"sent"}

    hour = {"schedule_s": (3600.0,), "breaker_open_s": 3600.0}
    await run_lane(monkeypatch, table, exit_, done, breaker_failures=1, **hour)
    assert len(exit_.calls) == 5


async def test_what_waits_for_a_paused_system_is_not_kept_with_its_message():
    system = System(id="kk", name="k", organisation="2321000255", units=("SE2321000255-A",), out={"way": "kafka"})
    lane = Lane(system, FakeExit(1), None, None, None, Proof(), lambda: 0, all_in_memory=True)
    for paused in (False, True):
        lane.paused = paused
        item = notice(1, "a", 1)
        item.message = object()
        lane.offer([item])
        assert (item.message is None) is paused


async def test_a_notice_that_waited_long_before_its_first_try_is_not_given_up_at_its_first_failure(monkeypatch):
    old = notice(1, "a", 1)
    old.accepted_at = datetime.now(UTC) - timedelta(days=30)  # a pause, a hub that was down
    table = FakeTable(old)
    exit_ = FakeExit(1, "retry", "receiver")
    await run_lane(monkeypatch, table, exit_, lambda: table.state == {1: "sent"})
    assert len(exit_.calls) == 3


@pytest.mark.parametrize("what", ["down", "suspended", "without its database"])
async def test_time_in_which_no_hub_could_try_does_not_give_up_a_notice_that_was_tried_before_it(monkeypatch, what):
    tried = notice(1, "a", 1)
    tried.attempts, tried.first_tried_at = 1, datetime.now(UTC) - timedelta(hours=101)
    tried.due_at = tried.first_tried_at + timedelta(hours=1)
    table = FakeTable(tried)
    exit_ = FakeExit(1, "retry", "retry")
    if what != "down":  # the lane was there all the time
        began = Lane.__init__

        def long_ago(lane, *values, **named):
            began(lane, *values, **named)
            lane._able_since.at = datetime.now(UTC) - timedelta(hours=200)
            lane._able_since._checked_at = lane._able_since.at if what == "suspended" else datetime.now(UTC)

        monkeypatch.setattr(Lane, "__init__", long_ago)
        table.down = 2 if what == "without its database" else 0
    await run_lane(monkeypatch, table, exit_, lambda: table.state == {1: "sent"})
    assert len(exit_.calls) == 3
    assert timedelta(minutes=59) < datetime.now(UTC) - table.rows[1].first_tried_at < timedelta(minutes=61)


async def test_a_notice_that_was_tried_all_the_time_is_given_up_in_the_end(monkeypatch):
    tried = notice(1, "a", 1)
    tried.attempts, tried.first_tried_at = 90, datetime.now(UTC) - timedelta(hours=73)
    tried.due_at = datetime.now(UTC) - timedelta(seconds=5)
    table = FakeTable(tried)
    await run_lane(monkeypatch, table, FakeExit(1, "retry"), lambda: table.state == {1: "dead"})


@given(
    lost=st.lists(st.tuples(st.floats(0, 200 * 3600), st.booleans()), min_size=1, max_size=30),
    planned=st.floats(1, 3600),
)
def test_what_counts_towards_giving_up_is_the_time_that_was_planned_whatever_was_lost_between(lost, planned):
    item = notice(1, "a", 1)
    now = NOW
    item.failed(now, now)
    for late, refused in lost:
        item.attempts += 1
        item.due_at = now + timedelta(seconds=planned)
        now = item.due_at + timedelta(seconds=late)
        item.failed(now, now, refused=refused)
        assert item.first_tried_at <= now
        assert (item.refused_since is not None) is refused
    counted = (now - item.first_tried_at).total_seconds()
    assert abs(counted - planned * len(lost)) < 1


async def test_what_speaks_of_the_receiver_ends_after_the_time_of_a_deploy_and_the_breaker_counts_it(monkeypatch):
    table = FakeTable(notice(1, "a", 1))
    exit_ = FakeExit(1, *["receiver"] * 500)
    opened = []
    failed = Breaker.failed
    monkeypatch.setattr(Breaker, "failed", lambda self: opened.append(failed(self)))
    await run_lane(monkeypatch, table, exit_, lambda: table.state == {1: "dead"}, deploy_s=0.3)
    assert len(exit_.calls) == len(opened) > 2


async def test_a_receiver_that_is_gone_is_paused_with_a_line_in_the_trail_and_nothing_of_its_dies(monkeypatch):
    table = FakeTable(notice(1, "a", 1), notice(2, "b", 1))
    exit_ = FakeExit(1, AttemptOutcome("gone", "http:410"))
    await run_lane(monkeypatch, table, exit_, lambda: table.paused == ["kk"], concurrency=1)
    assert exit_.calls == [["a1"]]
    assert table.state == {1: "waiting", 2: "waiting"}
    assert table.trail == [("hub", "pause", "kk", "the receiver answered http:410")]


async def test_a_paused_lane_sends_nothing_and_does_not_spin(monkeypatch):
    exit_ = FakeExit(1, "retry")
    looks = 0
    original = Lane._start

    def counted(self):
        nonlocal looks
        looks += 1
        self.paused = self.paused or bool(self._queue._later)
        return original(self)

    monkeypatch.setattr(Lane, "_start", counted)
    loop = asyncio.get_running_loop()
    end = loop.time() + 0.2
    await run_lane(monkeypatch, FakeTable(notice(1, "a", 1)), exit_, lambda: loop.time() > end, breaker_failures=50)
    assert exit_.calls == [["a1"]]
    assert looks < 20, "a paused lane looks again and again"


@pytest.mark.parametrize("asked_before", [1, 2], ids=["before it is encoded", "while it was being encoded"])
async def test_a_row_that_somebody_has_rewritten_is_read_again_before_it_is_sent_however_new_it_is(
    monkeypatch, asked_before
):
    table = FakeTable(notice(1, "a", 1), notice(2, "b", 1))
    exit_ = FakeExit(10)
    asked = 0

    async def ask(lane):
        nonlocal asked
        asked += 1
        if asked == asked_before:
            lane.lost({0})  # a protected person's address has been taken out of one of them

    await run_lane(monkeypatch, table, exit_, lambda: set(table.state.values()) == {"sent"}, ask)
    assert exit_.calls == [["a1", "b1"]]
    assert table.reads == 2  # their messages were read again


def one_by_one(exit_):
    """case → the numbers of its notices, in the order of the calls."""
    found = {}
    for (call,) in exit_.calls:
        found.setdefault(call[0], []).append(int(call[1:]))
    return found


async def test_a_lane_that_is_behind_by_a_way_with_a_call_for_each_notice_reads_many_messages_at_once(monkeypatch):
    table = FakeTable(
        *[notice(number * 10 + case, "abcde"[case], number) for number in range(1, 21) for case in range(5)]
    )
    exit_ = FakeExit(1)
    lane = []

    async def ask(its):
        lane.append(its)

    await run_lane(monkeypatch, table, exit_, lambda: set(table.state.values()) == {"sent"}, ask)
    assert one_by_one(exit_) == {case: list(range(1, 21)) for case in "abcde"}
    assert table.reads == 1
    assert lane[0]._queue.bytes == 0


async def test_a_notice_that_is_gone_when_it_is_read_ahead_keeps_no_other_one(monkeypatch):
    table = FakeTable(notice(1, "a", 1), *[notice(number, "b", number - 1) for number in range(2, 6)])
    exit_ = FakeExit(1)

    def in_vain(items):
        table.state[5] = "moved"  # its unit has left the system, and the lane does not know yet
        return table.state[4] == "sent" and set(table.state.values()) == {"sent", "moved"}

    await run_lane(monkeypatch, table, exit_, lambda: in_vain(table))
    assert one_by_one(exit_) == {"a": [1], "b": [1, 2, 3]}


async def test_what_is_read_ahead_has_its_room_and_nothing_is_for_a_system_that_fails():
    queue, asked = CaseQueue(), []
    rows = [notice(number, case, 1) for number, case in enumerate("abcd", 1)]
    for row in rows:
        queue.add(row)

    async def read(those, most_bytes):
        asked.append(([row.id for row in those], most_bytes))
        for row in those:
            row.size = 7
        return {row.id: object() for row in those[:3]}

    batch = queue.take(1)
    found, messages = await MessageReader(queue, read, lambda: 0).of_call(batch)
    assert (found, list(messages), queue.bytes) == (batch, [1], 0)
    found, messages = await MessageReader(queue, read, lambda: MOST_BYTES).of_call(batch)
    assert (found, list(messages)) == (batch, [1, 2, 3])
    assert [row.message is not None for row in rows] == [False, True, True, False]
    assert queue.bytes == 14
    assert asked == [([1], 4 * 1024 * 1024), ([1, 2, 3, 4], 4 * 1024 * 1024)]
    asked.clear()
    assert await MessageReader(queue, read, lambda: 100).of_call(rows[1:2]) == (rows[1:2], {})
    await MessageReader(queue, read, lambda: 100).of_call(rows[3:])
    assert asked == [([4, 1], 100)]


@pytest.mark.parametrize("fate", ["sent", "dropped"])
def test_a_message_that_comes_when_its_row_is_sent_or_dropped_is_not_kept(fate):
    queue, row = CaseQueue(), notice(1, "a", 1)
    queue.add(row)
    queue.take(1)
    row.size = 7
    if fate == "sent":
        queue.sent(row)
    else:
        queue.drop_cases([row])
    queue.keep_message(row, object())
    assert (queue.bytes, row.message) == (0, None)


async def test_nothing_leaves_a_process_that_has_lost_its_shards_and_all_of_it_does_once_it_has_them_again(monkeypatch):
    table = FakeTable(*[notice(n, "a", n) for n in range(1, 4)])
    exit_ = FakeExit(10)
    refusals = 3

    async def ask(_):
        nonlocal refusals
        refusals -= 1
        if refusals >= 0:
            raise Unavailable("database")

    await run_lane(monkeypatch, table, exit_, lambda: set(table.state.values()) == {"sent"}, ask)
    assert exit_.calls == [["a1", "a2", "a3"]]


@pytest.mark.parametrize("fresh", [1, 3, 1_000], ids=["fresh rows", "some of them", "none of them"])
async def test_what_a_lane_reads_from_the_table_is_bounded_and_all_of_it_is_sent_in_order(monkeypatch, fresh):
    table = FakeTable(*[notice(n, f"c{n % 7}", n // 7 + 1, fresh=n % fresh == 0) for n in range(7, 307)])
    exit_ = FakeExit(10)
    monkeypatch.setattr(lanes, "CAPACITY", 20)
    most = []
    add = CaseQueue.add
    monkeypatch.setattr(CaseQueue, "add", lambda self, item: (add(self, item), most.append(self.length))[0])
    await run_lane(monkeypatch, table, exit_, lambda: set(table.state.values()) == {"sent"})
    assert max(most) <= 20
    delivered = [outgoing for call in exit_.calls for outgoing in call]
    assert len(delivered) == len(set(delivered)) == 300
    for case in range(7):
        own = [int(one.removeprefix(f"c{case}")) for one in delivered if one.startswith(f"c{case}")]
        assert own == sorted(own)
