"""Who is taken out of Kafka's consumer group, and who is not: members of processes that no longer show that they live.

May import ``hub.routers.group`` and the store; broker and database are real.
"""

import uuid

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from structlog.testing import capture_logs

from hub.errors import Unavailable
from hub.routers import group as groups
from hub.routers.group import ConsumerGroup
from hub.store.transaction import Store
from tests.stack import until


class Members:
    """Makes members of a group by their client ids."""

    def __init__(self, bootstrap, admin, group):
        self.how = {"bootstrap_servers": bootstrap}
        self.group = group
        self._admin = admin
        self._consumers = []

    async def there(self):
        """Client id → the id by which the broker knows the member."""
        (found,) = await self._admin.describe_consumer_groups([self.group])
        return {client_id: member for member, client_id, *_ in found.groups[0][5]}

    async def join(self, *client_ids):
        """Consumers that tell the broker ten times a second that they live, and that it would not miss for long."""
        times = {"session_timeout_ms": 900_000, "rebalance_timeout_ms": 10_000, "heartbeat_interval_ms": 100}
        for client_id in client_ids:
            one = AIOKafkaConsumer(self.group, group_id=self.group, client_id=client_id, **self.how, **times)
            self._consumers.append(one)
            await one.start()

        async def joined():
            return set(client_ids) <= (await self.there()).keys()

        await until(joined)
        return await self.there()

    async def end(self):
        for one in self._consumers:
            await one.stop()


@pytest.fixture
async def members(kafka):
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    made = Members(kafka.bootstrap, admin, f"members-{uuid.uuid4().hex[:8]}")
    await admin.create_topics([NewTopic(made.group, 1, 1)])
    yield made
    await made.end()
    await admin.delete_topics([made.group])
    await admin.close()


async def test_only_a_member_that_has_shown_and_shows_no_longer_that_it_lives_is_taken_out_and_only_once(
    members, store
):
    watching, dead, living = (ConsumerGroup(store, members.how, members.group, name) for name in ("w", "d", "l"))
    others = "hub-of-another-kind", "hub-of-another-4711", "somebody-4711"
    for one in (watching, dead, living):
        await one.look()
    before = await members.join(watching.client_id, dead.client_id, living.client_id, *others)

    async def looks(*them, times=1):
        for _ in range(times):
            for one in them:
                await one.look()
        return await members.there()

    await looks(watching, dead, living)
    await dead.close()  # its session ends, and the next is there before anybody has looked twice
    assert await looks(watching, living) == before
    assert await looks(dead, watching, living, times=3) == before

    await dead.close()
    after = await looks(watching, living, times=2)
    assert {name: member for name, member in before.items() if after.get(name) != member} == {
        dead.client_id: before[dead.client_id]
    }

    async def again():  # it lived all the same, and cannot show it
        return (await members.there()).get(dead.client_id)

    member = await until(again)
    await living.close()
    found = await looks(watching, times=2)
    assert found[dead.client_id] == member
    assert found.get(living.client_id) != before[living.client_id]
    assert {name: found[name] for name in (watching.client_id, *others)} == {
        name: before[name] for name in (watching.client_id, *others)
    }
    await watching.close()


async def test_who_has_lost_its_own_session_judges_nobody_until_the_others_may_be_back(
    members, store, server, monkeypatch
):
    watching, other = (ConsumerGroup(store, members.how, members.group, name) for name in ("w", "o"))
    for one in (watching, other):
        await one.look()
    before = await members.join(watching.client_id, other.client_id)
    await watching.look()
    server.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND pid IN"
        " (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database"
        " WHERE datname = current_database()))"
    )  # as when the database is started again
    await watching.look()  # it shows at once again that it lives, lest others miss it at two looks
    numbers = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND %s IN (classid::bigint, objid::bigint)"
    async with store.transaction() as connection:
        ((shown,),) = await (await connection.execute(numbers, (watching._number,))).fetchall()
    assert shown == 1
    for _ in range(5):
        await watching.look()
    assert await members.there() == before
    monkeypatch.setattr(groups, "_NEW_S", 0.0)
    watching._before = None
    for _ in range(2):
        await watching.look()

    async def taken_out():
        return (await members.there()).get(other.client_id) != before[other.client_id]

    assert await taken_out()
    for one in (watching, other):
        await one.close()


async def test_a_broker_that_does_not_answer_is_asked_again_at_the_next_look(members, store):
    watching, dead = (ConsumerGroup(store, members.how, members.group, name) for name in ("w", "d"))
    for one in (watching, dead, watching):
        await one.look()
    before = await members.join(watching.client_id, dead.client_id)
    await dead.close()
    await watching.look()
    watching._how = {"bootstrap_servers": "127.0.0.1:1"}
    for _ in range(2):
        with pytest.raises(Unavailable):
            await watching.look()
    watching._how = members.how
    await watching.look()
    assert (await members.there()).get(dead.client_id) != before[dead.client_id]
    await watching.close()


async def test_a_member_of_another_database_is_left_alone_and_operations_is_told_once(
    members, store, postgres, databases, monkeypatch
):
    monkeypatch.setattr(groups, "_NEW_S", 0.0)
    name = databases.take()
    elsewhere = Store(postgres.url(name), pool=1)
    watching, dead = (ConsumerGroup(store, members.how, members.group, name) for name in ("w", "d"))
    foreign, shut = (ConsumerGroup(elsewhere, members.how, members.group, name) for name in ("f", "s"))
    for one in (dead, foreign, shut):
        await one.look()
    before = await members.join(dead.client_id, foreign.client_id, shut.client_id)
    for one in (dead, shut):
        await one.close()
    with capture_logs() as said:
        for _ in range(3):  # it starts, and has seen nobody alive
            await watching.look()
    after = await members.there()
    assert {name: after[name] for name in (foreign.client_id, shut.client_id)} == {
        name: before[name] for name in (foreign.client_id, shut.client_id)
    }
    assert after.get(dead.client_id) != before[dead.client_id]
    (told,) = [line for line in said if line["event"] == "group_shared"]
    assert told["group"] == members.group
    assert told["reader"] in {foreign.client_id, shut.client_id}
    assert "HUB_KAFKA_GROUP" in told["said"] and len(told["said"]) <= 300, "longer is cut"
    for one in (watching, foreign):
        await one.close()
    await elsewhere.close()
    databases.give_back(name)
