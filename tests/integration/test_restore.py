"""What deploy/OPERATING.md promises of a restore: with the offsets put back, what the backup lacks is handled anew, what it has is a
repeat that tells nobody, and what was unsent at its moment is sent again with the same id and number.
"""

import asyncio
import uuid
from collections import Counter

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from tests import stack as parts
from tests.stack import LUND, admission, attributes, until

pytestmark = pytest.mark.asyncio


async def put_back(stack, topic):
    """As kafka-consumer-groups.sh --reset-offsets does, with no hub in the group: to the first record."""
    async with AIOKafkaConsumer(
        bootstrap_servers=stack.bootstrap, group_id=f"hub{stack.tag}", enable_auto_commit=False
    ) as group:
        part = TopicPartition(topic, 0)
        group.assign([part])
        assert await group.committed(part) == 2
        await group.commit({part: 0})


async def told(stack, message):
    """The notices of a message on the wire: (system, case, sequence), each with how often."""
    found = Counter()
    for system in ("centre", "kommun"):
        for record in await stack.wire(system):
            said = attributes(record)
            if said["id"] == message and "case" in said:
                found[system, said["case"], said["sequence"]] += 1
    return found


async def accepted(stack, message):
    """The case of an admission when it is accepted and both parties have been told."""

    async def look():
        rows = await stack.rows("SELECT case_id::text FROM message WHERE id = %s AND receipt->>'code' = 'ok'", message)
        return rows and {system for system, case, _ in await told(stack, message) if case == rows[0][0]} == {
            "centre", "kommun"
        } and rows[0][0]  # fmt: skip

    return await until(look)


async def test_a_restored_database_takes_up_what_it_lacks_and_doubles_nothing(postgres, database, kafka, tmp_path):
    name, copy = database.rpartition("/")[2], f"restored_{uuid.uuid4().hex[:12]}"
    async with parts.running(database, kafka.bootstrap, tmp_path) as (stack, _):
        before, after = admission(LUND[0]), admission(LUND[1])
        await stack.tell("ehr", *before)
        kept = await accepted(stack, before[0]["id"])
        await asyncio.to_thread(stack.hub.stop)
        restored = await asyncio.to_thread(postgres.create_database, copy, name)  # the backup
        try:
            stack.start()
            await stack.ready()
            await stack.tell("ehr", *after)
            lost = await accepted(stack, after[0]["id"])
            once = await told(stack, before[0]["id"])
            await asyncio.to_thread(stack.hub.stop)

            stack.database = restored
            await put_back(stack, f"hub.in.ehr{stack.tag}")
            # A notice that was on its way when the backup was made: the database does not know that it arrived.
            await stack.rows(
                "UPDATE outbox_row SET state = 'waiting', sent_at = NULL WHERE system = %s RETURNING 1",
                f"centre{stack.tag}",
            )
            stack.start()
            await stack.ready()
            anew = await accepted(stack, after[0]["id"])
            assert anew != lost, "the restored database has not heard of that case"
            assert await stack.value("SELECT count(*) FROM message WHERE id = %s", before[0]["id"]) == 1
            again = await told(stack, before[0]["id"])
            assert again.keys() == once.keys() == {("centre", kept, "1"), ("kommun", kept, "1")}
            assert again["kommun", kept, "1"] == once["kommun", kept, "1"], "what was marked as sent is not sent again"
            assert again["centre", kept, "1"] == once["centre", kept, "1"] + 1, (
                "what was not is, with its id and number"
            )
            await asyncio.to_thread(stack.hub.stop)
        finally:
            await asyncio.to_thread(postgres.drop_database, copy)
