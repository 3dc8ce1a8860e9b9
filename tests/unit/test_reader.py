"""The loop that must not lose: whatever a fetch, a record or the intake raises, each partition is handled to its first fault,
committed no further than it is handled, and waits there by name; all others are handled whole.

The consumer is one over lists that fails as aiokafka does: what it had drained of others is gone with the exception.
"""

import asyncio
import gc
import random

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import (
    CorruptRecordException,
    GroupAuthorizationFailedError,
    KafkaError,
    NoOffsetForPartitionError,
    OffsetOutOfRangeError,
    TopicAuthorizationFailedError,
    UnsupportedCodecError,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.errors import Unavailable
from hub.routers import consumer as module
from hub.routers import waiting
from hub.routers.consumer import Reader
from hub.routers.faults import end_of_batch, reason_of
from hub.routers.in_hand import HandOversFailed, InHand
from hub.routers.own_partitions import OwnPartitions
from hub.store.partitions import PartitionIncident

FAULTS = (
    UnsupportedCodecError("lz4"), CorruptRecordException("crc"), UnicodeDecodeError("utf-8", b"\xff", 0, 1, "x"), KafkaError(),
    TopicAuthorizationFailedError("t"), ValueError("x"), MemoryError(), AssertionError(), KeyError("k"), IndexError(),
)  # fmt: skip


class Record:
    def __init__(self, part, offset, kind):
        self.topic, self.partition, self.offset, self.kind = part.topic, part.partition, offset, kind


class Consumer:
    """A partition is a list: "good", "poison" (the intake cannot take it) or an exception (the client cannot read it)."""

    def __init__(self, logs, luck):
        self.logs, self.luck = logs, luck
        self.at = dict.fromkeys(logs, 0)
        self.paused, self.commits, self.broken = set(), {}, None
        self.beyond = []  # commits of what is not handled: a reader that met an error here would try again, and hide it
        self.handled = {part: set() for part in logs}
        self.begins = dict.fromkeys(logs, 0)

    def assignment(self):
        return set(self.logs)

    async def getmany(self, *parts, timeout_ms=0, max_records=None):
        if self.broken:
            raise self.broken
        found = {}
        those = [part for part in parts or self.logs if part in self.logs]
        self.luck.shuffle(those)
        for part in those:
            if part in self.paused:
                continue
            if self.at[part] is None or self.at[part] < self.begins[part]:
                if found:
                    return found  # such errors wait for a call that has nothing else
                fresh = self.at[part] is None
                raise NoOffsetForPartitionError(part) if fresh else OffsetOutOfRangeError({part: self.at[part]})
            records, at = [], self.at[part]
            while at < len(self.logs[part]) and (max_records is None or len(records) < max_records):
                kind = self.logs[part][at]
                if isinstance(kind, Exception):
                    raise kind
                records.append(Record(part, at, kind))
                at += 1
            self.at[part] = at
            if records:
                found[part] = records
        if not found:
            await asyncio.sleep(0)
        return found

    def seek(self, part, offset):
        self.at[part] = offset

    def pause(self, part):
        self.paused.add(part)

    def resume(self, part):
        self.paused.discard(part)

    async def commit(self, offsets):
        await asyncio.sleep(0)
        for part, offset in offsets.items():
            unhandled = set(range(self.begins[part], offset)) - self.handled[part]
            if unhandled:
                self.beyond.append(f"{part} committed at {offset} without {unhandled}")
            self.commits[part] = offset

    async def committed(self, part):
        return self.commits.get(part)

    async def position(self, part):
        return self.at[part]

    async def beginning_offsets(self, parts):
        return {part: self.begins[part] for part in parts}

    async def end_offsets(self, parts):
        return {part: len(self.logs[part]) for part in parts}

    def last_stable_offset(self, part):
        return len(self.logs[part])


class Intake:
    batch = 7

    def __init__(self, consumer, luck, outages):
        self.consumer, self.luck, self.outages, self.order = consumer, luck, outages, []

    async def submit(self, arrivals, *, wait):
        assert wait
        for _ in range(self.luck.randrange(3)):
            await asyncio.sleep(0)
        if self.outages and not self.luck.randrange(4):
            self.outages -= 1
            raise Unavailable("database")
        if any(record.kind == "poison" for record in arrivals):
            raise ZeroDivisionError
        for record in arrivals:
            part = TopicPartition(record.topic, record.partition)
            self.order.append((part, record.offset))
            self.consumer.handled[part].add(record.offset)


class Asides:
    def __init__(self):
        self.waiting, self.lost = {}, []

    async def put(self, part, at, reason, until):
        self.waiting[part] = PartitionIncident(*part, at, reason, until, None, None, lost=False)

    async def flows(self, part):
        self.waiting.pop(part, None)

    async def lose(self, part, at, reason, until):
        self.lost.append((*part, at, reason, until))

    async def refresh(self):
        """Nobody else writes."""


def parts(count):
    return [TopicPartition(f"hub.in.s{n}", 0) for n in range(count)]


class Played:
    """A reader on its consumer until everything that can be handled is."""

    def __init__(self, logs, *, seed=0, outages=0, nobodys=()):
        luck = random.Random(seed)
        self.nobodys = set(nobodys)
        self.consumer = Consumer(logs, luck)
        self.intake = Intake(self.consumer, luck, outages)
        self.asides = Asides()
        self.reader = Reader(self.intake, self.system_of, lambda record, system: record, self.asides, OwnPartitions())
        self.reader.consumer = self.consumer

    def system_of(self, topic):
        return "unknown-system" if topic in self.nobodys else object()

    def faults(self):
        """Partition → offset of its first fault, or where it ends."""
        found = {}
        for part, log in self.consumer.logs.items():
            begin = self.consumer.begins[part]
            bad = (n for n in range(begin, len(log)) if log[n] != "good" or part.topic in self.nobodys)
            found[part] = next(bad, len(log))
        return found

    async def until(self, done):
        running = asyncio.create_task(self.reader.run())
        try:
            async with asyncio.timeout(20):
                while not done() and not running.done():
                    await asyncio.sleep(0)
            if running.done():
                running.result()
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    async def whole(self):
        def done():
            ends = self.faults()
            waits = {part for part, end in ends.items() if end < len(self.consumer.logs[part])}
            return {part: ends[part] for part in waits} == {
                part: wait.at for part, wait in self.asides.waiting.items()
            } and all(self.consumer.commits.get(part, 0) == end for part, end in ends.items())

        await self.until(done)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(module, "_BACK_S", 0)
    monkeypatch.setattr(module, "_WAIT_SHORT_MS", 0)


kinds = st.one_of(st.just("good"), st.just("good"), st.just("good"), st.just("poison"), st.sampled_from(FAULTS))


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    logs=st.lists(st.lists(kinds, max_size=20), min_size=1, max_size=5),
    nobody=st.booleans(),
    outages=st.integers(0, 4),
    seed=st.integers(0, 2**32),
)
def test_each_partition_is_handled_to_its_first_fault_and_waits_there_by_name(logs, nobody, outages, seed):
    places = parts(len(logs))
    nobodys = {places[0].topic} if nobody else ()
    played = Played(dict(zip(places, logs, strict=True)), seed=seed, outages=outages, nobodys=nobodys)
    asyncio.run(played.whole())
    assert played.consumer.beyond == []
    for part, end in played.faults().items():
        handled = played.consumer.handled[part]
        assert handled >= set(range(end)) and end not in handled  # what was in hand already may be handled beyond it
        log = played.consumer.logs[part]
        if end == len(log):
            assert part not in played.asides.waiting
            continue
        waits = played.asides.waiting[part]
        assert waits.at == end
        if isinstance(log[end], Exception):
            assert waits.reason == reason_of(log[end])
        else:
            assert waits.reason == ("unknown-system" if part.topic in played.nobodys else "defect:ZeroDivisionError")


async def test_a_partition_that_goes_back_does_not_wait_behind_what_is_not_handled():
    (part,) = parts(1)
    played = Played({part: ["good", "good", "good", FAULTS[0], "good"]})
    await played.reader._waiting.set_aside(part, 3, "UnsupportedCodecError")
    await played.reader._go_back(HandOversFailed({part: 1}, Unavailable("database")))
    assert not played.asides.waiting  # operations cannot let pass what stands after records that were not handled
    assert not played.reader.waits(part)
    assert played.reader._places.of[part] == 1


async def test_a_system_that_the_directory_names_again_goes_on_by_itself():
    part, other = parts(2)
    played = Played({part: ["good"] * 5, other: ["good"] * 5}, nobodys={part.topic})
    await played.whole()
    assert played.asides.waiting[part].at == 0
    played.nobodys.clear()
    await played.whole()
    assert not played.asides.waiting
    assert played.consumer.commits == {part: 5, other: 5}


async def test_what_operations_lets_pass_is_passed_and_nothing_else(monkeypatch):
    part, other = parts(2)
    played = Played({part: ["good", FAULTS[0], "good", "good"], other: ["good"]})
    await played.whole()
    waits = played.asides.waiting[part]
    played.asides.waiting[part] = PartitionIncident(*part, waits.at, waits.reason, 2, None, 2, lost=False)
    played.consumer.handled[part].add(1)  # by operations' word
    await played.until(lambda: played.consumer.commits.get(part) == 4 and not played.asides.waiting)
    assert [offset for each, offset in played.intake.order if each == part] == [0, 2, 3]
    assert not played.asides.waiting


async def test_what_becomes_readable_is_read_at_the_next_try_without_anybody(monkeypatch):
    monkeypatch.setattr(waiting, "_AGAIN_S", (0.0,))
    (part,) = parts(1)
    played = Played({part: ["good", FAULTS[0], "good"]})
    await played.until(lambda: played.asides.waiting)
    played.consumer.logs[part][1] = "good"  # the codec was installed
    await played.whole()
    assert not played.asides.waiting
    assert played.consumer.commits == {part: 3}


async def test_a_group_that_has_never_read_begins_at_the_first_record_and_names_what_went_before_it():
    part, other = parts(2)
    played = Played({part: ["good"] * 5, other: ["good"]})
    played.consumer.at = {part: None, other: None}
    played.consumer.begins[part] = 3
    await played.until(lambda: played.consumer.commits == {part: 5, other: 1})
    assert played.asides.lost == [(*part, 0, "never-read", 3)]


async def test_what_retention_took_before_it_was_read_is_named_by_its_offsets():
    (part,) = parts(1)
    played = Played({part: ["good"] * 5})
    played.consumer.at[part], played.consumer.begins[part] = 1, 4
    await played.until(lambda: played.consumer.commits == {part: 5})
    assert played.asides.lost == [(*part, 1, "retention", 4)]


async def test_a_consumer_that_fails_of_itself_is_no_partitions_fault_and_ends_the_loop():
    played = Played({part: ["good"] for part in parts(3)})
    played.consumer.broken = GroupAuthorizationFailedError("hub")
    with pytest.raises(GroupAuthorizationFailedError):
        await played.until(lambda: False)
    assert not played.asides.waiting


async def test_what_was_fetched_under_an_earlier_assignment_is_not_committed_under_this():
    (part,) = parts(1)
    played = Played({part: ["good"] * 3})
    hold = asyncio.Event()

    async def submit(arrivals, *, wait):
        await hold.wait()

    played.intake.submit = submit
    module_leave, module._LEAVE_S = module._LEAVE_S, 0.0
    try:
        await played.until(lambda: played.reader.busy)
        await played.reader.on_partitions_revoked({part})
    finally:
        module._LEAVE_S = module_leave
    hold.set()
    await played.reader.finish(5)
    assert played.consumer.commits == {}


def test_the_end_of_a_batch_is_told_only_where_the_client_shows_it():
    assert end_of_batch(ValueError()) is None


async def test_a_batch_that_fails_behind_another_leaves_no_stack_trace_in_the_log(caplog):
    class Away:
        async def submit(self, arrivals, *, wait):
            raise Unavailable("database")

    (part,) = parts(1)
    in_hand = InHand(Away(), lambda: Consumer({part: []}, random.Random(0)))
    for at in range(3):
        in_hand.add([Record(part, at, "good")], {part: (at, at + 1)})
    await in_hand.finish(60)
    failed = await in_hand.room()
    assert failed.first == {part: 0}
    del failed
    gc.collect()  # asyncio tells of a task whose error nobody asked for when the task goes
    assert [record.message for record in caplog.records if record.name == "asyncio"] == []
