"""A new case's id is of a shard of the process that opens it, and one with which as key messages come to this process.

May import the shards and the partitions, aiokafka's own choice of a partition; nothing is connected.
"""

from collections import Counter
from uuid import UUID

import pytest
from aiokafka.partitioner import DefaultPartitioner
from uuid_utils import uuid7

from hub.routers.own_partitions import OwnPartitions
from hub.shards import Shards
from hub.store.shards import ShardState, shard_of


def partition_of(key, count):
    numbers = list(range(count))
    return DefaultPartitioner()(key.encode(), numbers, numbers)


def own(assigned, partitions):
    found = OwnPartitions()
    found.look([(topic, number) for topic, numbers in assigned.items() for number in numbers], partitions)
    return found


@pytest.mark.parametrize("count", [2, 3, 6, 12, 64])
def test_a_key_comes_to_the_partition_that_a_kafka_client_gives_it(count):
    mine = {number for number in range(count) if number % 2}
    found = own({"one": mine, "two": mine}, {"one": count, "two": count})
    for _ in range(500):
        key = str(uuid7())
        assert found.of_keys(key[:-4])(key[-4:]) == (partition_of(key, count) in mine)


@pytest.mark.parametrize(
    ("assigned", "partitions", "count", "theirs"),
    [
        ({"one": {0, 2}, "two": {0, 2}}, {"one": 4, "two": 4}, 4, {0, 2}),
        ({"one": {0, 2}, "two": {0, 3}}, {"one": 4, "two": 4}, 4, {0, 2, 3}),  # of half of the topics
        ({"one": {0, 2}, "two": {0}, "three": {1}}, {"one": 4, "two": 4, "three": 4}, 4, {0}),
        ({"one": {0}, "two": {0, 2}}, {"one": 1, "two": 4}, 4, {0, 2}),  # with one partition there is no choice
        ({"one": {0, 3}, "two": {0, 2}, "three": {2}}, {"one": 6, "two": 4, "three": 4}, 4, {0, 2}),  # as most have
    ],
)
def test_the_partitions_are_those_of_most_topics(assigned, partitions, count, theirs):
    beginning = str(uuid7())[:-4]
    comes = own(assigned, partitions).of_keys(beginning)
    ends = [f"{number:04x}" for number in range(2_000)]
    assert {partition_of(beginning + end, count) for end in ends if comes(end)} == theirs


@pytest.mark.parametrize(
    ("assigned", "partitions"),
    [
        ({"one": {0, 1, 2, 3}}, {"one": 4}),  # all are this process's
        ({}, {"one": 4}),  # none is yet
        ({"one": {0}}, {"one": 1}),
        ({}, {}),
        ({"gone": {0}}, {}),  # a topic that was deleted since
    ],
)
def test_where_nothing_is_gained_any_id_will_do(assigned, partitions):
    assert own(assigned, partitions).of_keys(str(uuid7())[:-4]) is None


def shards(owned, count=64):
    found = Shards(None, "one")
    found.count = count
    found._states = {id_: ShardState(1, 0) for id_ in owned}
    return found


def test_a_new_case_is_of_an_own_shard_and_an_own_partition_and_each_shard_has_its_part():
    mine = shards(range(0, 64, 2))
    mine.comes_here = own({"one": {1, 4}}, {"one": 6}).of_keys
    ids = [mine.new_case_id() for _ in range(6_400)]
    assert len(set(ids)) == len(ids)
    assert all(UUID(id_).version == 7 and str(UUID(id_)) == id_ for id_ in ids)
    assert {partition_of(id_, 6) for id_ in ids} == {1, 4}
    each = Counter(shard_of(id_, 64) for id_ in ids)
    assert each.keys() == set(range(0, 64, 2))
    assert max(each.values()) < 2 * min(each.values()), each


def test_a_process_without_shards_or_without_partitions_of_its_own_still_opens_cases():
    assert UUID(shards([]).new_case_id()).version == 7
    nothing = shards([5])
    nothing.comes_here = lambda _: lambda _: False
    assert UUID(nothing.new_case_id()).version == 7
    assert shard_of(shards([5]).new_case_id(), 64) == 5
