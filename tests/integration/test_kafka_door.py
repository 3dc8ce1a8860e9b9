"""The door of Kafka: one producer's packing, transactions, faults, a topic that comes and goes. Whatever it is, that
partition alone waits, by name, and everybody else's records are read.
"""

import asyncio
import json
import os
import signal
import socket
from contextlib import asynccontextmanager, suppress
from functools import partial
from types import SimpleNamespace
from unittest.mock import AsyncMock, Mock

import pytest
import pytest_asyncio
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic, RecordsToDelete
from aiokafka.coordinator.protocol import ConsumerProtocol
from aiokafka.errors import KafkaError
from aiokafka.record.util import calc_crc32c

from hub.delivery.exits.kafka import connect
from hub.delivery.outgoing import Outgoing
from hub.errors import Misconfigured, Unavailable
from hub.routers.kafka import KafkaIn
from hub.translators.formats import Encoded
from tests import stack as parts
from tests.answering import at_once
from tests.stack import LUND, admission, event, until

pytestmark = pytest.mark.asyncio(loop_scope="module")

NO_SESSION_ENDS = {"HUB_KAFKA_SESSION_S": "900"}
"""The broker itself takes nobody out of the group: that a process is dead is said by another."""
UNITS = {"ehr": parts.WARD, "centre": parts.CENTRE, "kommun": parts.KOMMUN}
WHY = ("--reason", "prov i drift")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hub(shared_database, kafka, tmp_path_factory):
    folder = tmp_path_factory.mktemp("door")
    async with parts.running(shared_database, kafka.bootstrap, folder, **NO_SESSION_ENDS) as (stack, _):
        yield stack


def record(attributes, data):
    """A message in binary mode: (value, headers)."""
    headers = [(f"ce_{name}", value.encode()) for name, value in attributes.items()]
    return json.dumps(data).encode(), [*headers, ("content-type", b"application/json")]


def admissions(count):
    return [admission(LUND[n % 4]) for n in range(count)]


async def listed(hub, place):
    """What `hub held list` says of a place."""
    found = json.loads((await hub.cli("held", "list", "--json")).stdout)["partitions"]
    (one,) = [each for each in found if f"{each['topic']}/{each['partition']}/{each['at']}" == place]
    return one["reason"], one["lost"]


async def known(hub, *messages):
    """Those of the messages that the hub has kept, with their outcome."""
    rows = await hub.rows("SELECT id, receipt->>'code' FROM message WHERE id = ANY(%s)", list(messages))
    return dict(rows)


async def taken(hub, *messages):
    async def look():
        found = await known(hub, *messages)
        return found if len(found) == len(messages) else None

    return await until(look)


async def named(hub, **systems):
    """The directory in which systems of the stack bear other names, or have other ways in, is in force."""
    plain = parts.content()
    for system in plain["systems"]:
        changed = systems.get(system["id"], system["id"])
        system.update(changed if isinstance(changed, dict) else {"id": changed})
        system["id"] += hub.tag
    before = hub.log.read_text().count('"directory_in_force"')
    await hub.apply(parts.checked(plain))
    await until(lambda: hub.log.read_text().count('"directory_in_force"') > before)


async def others_flow(hub, system="kommun"):
    """Another system's record is answered."""
    attributes, data = event("kvittens", "00000000-0000-0000-0000-000000000001", parts.KOMMUN), {"message": "m-1"}
    await hub.tell(system, attributes, data)
    await taken(hub, attributes["id"])


@pytest.mark.parametrize("codec", ["gzip", "lz4", "zstd", "snappy"])
async def test_a_batch_is_read_in_whatever_packing(hub, codec):
    async with AIOKafkaProducer(bootstrap_servers=hub.bootstrap, compression_type=codec, linger_ms=100) as producer:
        sent = []
        for attributes, data in admissions(3):
            value, headers = record(attributes, {**data, "reason": "Fall i hemmet. " * 200})
            sent.append((attributes["id"], await producer.send(f"hub.in.ehr{hub.tag}", value, headers=headers)))
        await producer.flush()
    assert await taken(hub, *(id_ for id_, _ in sent)) == {id_: "ok" for id_, _ in sent}
    assert await hub.metric("hub_unreadable_topics", topic=f"hub.in.ehr{hub.tag}") is None


# --- what cannot be read ----------------------------------------------------------------------------------------------


async def unreadable(hub, system, *sound, after=()):
    """One batch on a system's topic: sound records, one with a header's name that is not UTF-8 (its sum is right), more."""
    async with AIOKafkaProducer(bootstrap_servers=hub.bootstrap) as producer:
        batch = producer.create_batch()
        for attributes, data in sound:
            value, headers = record(attributes, data)
            assert batch.append(key=None, value=value, timestamp=None, headers=headers)
        batch.append(key=None, value=b"{}", timestamp=None, headers=[("x-bad-name", b"x")])
        for attributes, data in after:
            value, headers = record(attributes, data)
            assert batch.append(key=None, value=value, timestamp=None, headers=headers)
        raw = bytearray(bytes(batch._build()).replace(b"x-bad-name", b"x-\xff\xff\xff-name"))
        raw[17:21] = calc_crc32c(bytes(raw[21:])).to_bytes(4, "big")
        batch._buffer = bytes(raw)
        at = await (await producer.send_batch(batch, f"hub.in.{system}{hub.tag}", partition=0))
        return at.offset + len(sound)


async def waits(hub, system, reason):
    """Until a system's topic is set aside, in readiness, for a reason; returns the place. The hub stays ready."""

    async def look():
        told = json.loads(hub.get("/health/ready"))
        topic = f"hub.in.{system}{hub.tag}/"
        return [a["place"] for a in told["set_aside"] if a["place"].startswith(topic) and a["reason"] == reason]

    return (await until(look))[0]


async def flows(hub, system):
    async def look():
        told = json.loads(hub.get("/health/ready"))
        return not [a for a in told["set_aside"] if a["place"].startswith(f"hub.in.{system}{hub.tag}/")]

    await until(look)


async def test_a_record_that_cannot_be_read_stops_its_own_topic_by_name_until_operations_lets_it_pass(hub):
    first, then, same_batch = admission(LUND[0]), admission(LUND[1]), admission(LUND[2])
    at = await unreadable(hub, "ehr", first, after=[same_batch])
    await hub.tell("ehr", *then)
    place = await waits(hub, "ehr", "header-not-utf8")
    assert place == f"hub.in.ehr{hub.tag}/0/{at}"
    assert await taken(hub, first[0]["id"]) == {first[0]["id"]: "ok"}  # what lay before it in its batch is handled
    for _ in range(2):
        await others_flow(hub)
    labels = {"topic": f"hub.in.ehr{hub.tag}", "partition": "0", "reason": "header-not-utf8"}

    async def shown():
        metrics = hub.get("/metrics")
        given = ",".join(f'{k}="{v}"' for k, v in sorted(labels.items()))
        wanted = "hub_partition_set_aside_offset{" + given + "} "
        return any(line.startswith(wanted) and float(line.split()[-1]) == at for line in metrics.splitlines())

    assert await shown()
    assert await hub.metric("hub_unreadable_topics", topic=labels["topic"]) == 1
    lines = [json.loads(line) for line in hub.log.read_text().splitlines() if line.startswith("{")]
    (told,) = [line for line in lines if line["event"] == "topic_set_aside"]
    assert (told["topic"], told["partition"], told["offset"], told["reason"]) == (
        labels["topic"], 0, at, "header-not-utf8",
    )  # fmt: skip
    assert await listed(hub, place) == ("header-not-utf8", False)
    assert f"waits up to {at + 1}: header-not-utf8" in (await hub.cli("held", "list")).stdout

    refused = await hub.cli("held", "pass", place)
    assert refused.returncode == 2 and "--reason" in refused.stderr
    assert await known(hub, then[0]["id"]) == {}
    passed = await hub.cli("held", "pass", place, *WHY)
    assert passed.returncode == 0, passed.stderr
    assert f"goes on at {at + 2}" in passed.stdout
    assert await taken(hub, then[0]["id"]) == {then[0]["id"]: "ok"}
    await flows(hub, "ehr")
    assert await hub.metric("hub_unreadable_topics", topic=labels["topic"]) is None
    partition = place.removesuffix(f"/{at}")
    assert (
        await hub.value("SELECT reason FROM operation WHERE what = 'pass' AND target = %s", partition) == "prov i drift"
    )


async def test_a_batch_damaged_on_the_brokers_disk_stops_its_own_topic(hub, kafka):
    if not hasattr(kafka, "data"):
        pytest.skip("the broker's disk is elsewhere")
    folder = kafka.data / "records" / f"hub.in.early{hub.tag}-0"
    admin = AIOKafkaAdminClient(bootstrap_servers=hub.bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(f"hub.in.early{hub.tag}", 1, 1)])
    await hub.tell("early", *admission(LUND[0]))  # a system that the directory does not name: it waits
    await waits(hub, "early", "unknown-system")
    (segment,) = folder.glob("*.log")
    with segment.open("r+b") as file:
        file.seek(-20, 2)
        file.write(b"spoilt")
    await named(hub, ehr="early")
    place = await waits(hub, "early", "corrupt")
    await others_flow(hub)
    then = admission(LUND[1])
    await hub.tell("early", *then)
    passed = await hub.cli("held", "pass", place, *WHY)
    assert "goes on at 1" in passed.stdout, passed.stderr
    assert await taken(hub, then[0]["id"]) == {then[0]["id"]: "ok"}
    await named(hub)
    await admin.delete_topics([f"hub.in.early{hub.tag}"])
    await admin.close()


async def test_without_the_codecs_a_packed_batch_waits_by_name_and_is_read_once_they_are_there(
    database, kafka, tmp_path
):
    (tmp_path / "without").mkdir()
    (tmp_path / "without" / "cramjam.py").write_text("raise ImportError\n")
    async with parts.running(database, kafka.bootstrap, tmp_path, PYTHONPATH=str(tmp_path / "without")) as (hub, _):
        missing = [line for line in hub.log.read_text().splitlines() if '"codecs_missing"' in line]
        assert missing and all(name in missing[0] for name in ("lz4", "snappy", "zstd", "cramjam"))
        async with AIOKafkaProducer(bootstrap_servers=hub.bootstrap, compression_type="lz4") as producer:
            packed = admission(LUND[0])
            value, headers = record(*packed)
            await producer.send_and_wait(f"hub.in.ehr{hub.tag}", value, headers=headers)
        await waits(hub, "ehr", "codec-not-installed")
        for _ in range(2):
            await others_flow(hub)
        await asyncio.to_thread(hub.hub.stop)
        hub.start()
        await hub.ready()
        assert await taken(hub, packed[0]["id"]) == {packed[0]["id"]: "ok"}
        await flows(hub, "ehr")


# --- transactions -----------------------------------------------------------------------------------------------------


async def test_of_transactions_only_what_was_committed_is_taken_in_and_nothing_looks_stalled(hub):
    topic = f"hub.in.ehr{hub.tag}"
    aborted, committed, left_open, plain = admissions(4)
    async with AIOKafkaProducer(bootstrap_servers=hub.bootstrap, transactional_id=f"t{hub.tag}") as producer:

        async def send(message):
            value, headers = record(*message)
            await producer.send_and_wait(topic, value, headers=headers)

        await producer.begin_transaction()
        await send(aborted)
        await producer.abort_transaction()

        async def no_lag():
            return await hub.metric("hub_consumer_lag", system=f"ehr{hub.tag}") == 0

        await until(no_lag)
        await producer.begin_transaction()
        await send(committed)
        await producer.commit_transaction()
        await taken(hub, committed[0]["id"])
        await producer.begin_transaction()
        await send(left_open)
        await others_flow(hub)
        await hub.tell("ehr", *plain)  # waits behind the open transaction, as Kafka has it
        await others_flow(hub)
        found = await known(hub, *(each[0]["id"] for each in (aborted, committed, left_open, plain)))
        assert found == {committed[0]["id"]: "ok"}
        await producer.commit_transaction()
    assert set(await taken(hub, left_open[0]["id"], plain[0]["id"])) == {left_open[0]["id"], plain[0]["id"]}
    assert await known(hub, aborted[0]["id"]) == {}
    assert json.loads(hub.get("/health/ready"))["checks"]["broker"] == "ok"


# --- systems that come and go -----------------------------------------------------------------------------------------


async def test_records_of_a_system_that_is_not_in_the_directory_wait_until_it_is(hub):
    early, more = admission(LUND[1]), admission(LUND[2])
    admin = AIOKafkaAdminClient(bootstrap_servers=hub.bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(f"hub.in.before{hub.tag}", 1, 1)])
    await admin.close()
    await hub.tell("before", *early)
    place = await waits(hub, "before", "unknown-system")
    assert place.endswith("/0/0")
    await hub.tell("before", *more)
    await others_flow(hub)
    assert await listed(hub, place) == ("unknown-system", False)
    assert await known(hub, early[0]["id"], more[0]["id"]) == {}
    await named(hub, ehr="before")  # the ward changes its system
    assert set((await taken(hub, early[0]["id"], more[0]["id"])).values()) == {"ok"}
    await flows(hub, "before")
    await named(hub)


@pytest.mark.parametrize(
    ("change", "reason"), [("mistyped", "unknown-system"), ({"ways_in": ["http"]}, "not-on-kafka")]
)
async def test_a_system_that_is_taken_out_for_a_moment_loses_nothing(hub, change, reason):
    await named(hub, ehr=change)
    written = [admission(person) for person in LUND]
    for each in written:
        await hub.tell("ehr", *each)
    await waits(hub, "ehr", reason)
    await others_flow(hub)
    assert await known(hub, *(each[0]["id"] for each in written)) == {}
    await named(hub)
    assert set((await taken(hub, *(each[0]["id"] for each in written))).values()) == {"ok"}
    await flows(hub, "ehr")


# --- topics that are made anew, grow, or lose what they held ----------------------------------------------------------


@pytest_asyncio.fixture(loop_scope="module")
async def admin(hub):
    found = AIOKafkaAdminClient(bootstrap_servers=hub.bootstrap)
    await found.start()
    yield found
    await found.close()


async def lost(hub, topic, reason):
    """Until a gap is named; returns its line of ``hub held list``'s table."""

    async def look():
        return await hub.rows(
            "SELECT partition, at, until FROM aside WHERE lost AND topic = %s AND reason = %s", topic, reason
        )

    return await until(look)


async def test_of_a_topic_that_is_deleted_and_made_anew_every_record_is_read_and_the_gap_is_named(hub, admin):
    topic = f"hub.in.ehr{hub.tag}"
    old = admissions(2)
    for each in old:
        await hub.tell("ehr", *each)
    await taken(hub, *(each[0]["id"] for each in old))
    await admin.delete_topics([topic])

    async def made():  # by the hub itself
        return topic in await admin.list_topics()

    await until(made)
    new = admissions(5)  # more than there were, so that the place where the hub stood is in the middle of them
    for each in new:
        await hub.tell("ehr", *each)
    assert set((await taken(hub, *(each[0]["id"] for each in new))).values()) == {"ok"}
    await lost(hub, topic, "topic-made-anew")
    assert await listed(hub, f"{topic}/0/0") == ("topic-made-anew", True)

    async def shown():
        return await hub.metric("hub_records_lost", reason="topic-made-anew", topic=topic) == 1

    await until(shown)
    settled = await hub.cli("held", "pass", f"{topic}/0", *WHY)
    assert "gaps settled: 1" in settled.stdout, settled.stderr
    assert not await hub.rows("SELECT 1 FROM aside WHERE topic = %s", topic)


async def test_a_topic_out_that_is_made_anew_is_written_to_again_and_named(hub, admin):
    topic = f"hub.out.centre{hub.tag}"
    await admin.delete_topics([topic])
    await lost(hub, topic, "topic-made-anew")
    attributes, data = admission(LUND[0])
    await hub.tell("ehr", *(attributes, data))
    await taken(hub, attributes["id"])

    async def told():
        try:
            found = await parts.everything(hub.bootstrap, topic)
        except AssertionError:
            return None
        return [each for each in found if parts.attributes(each).get("id") == attributes["id"]]

    assert len(await until(told)) == 1
    await hub.cli("held", "pass", f"{topic}/0", *WHY)


async def test_partitions_that_are_added_are_read_on_the_way_in_and_break_no_order_on_the_way_out(hub, admin):
    topic_in, topic_out = f"hub.in.kommun{hub.tag}", f"hub.out.kommun{hub.tag}"
    await admin.create_partitions({topic_in: NewPartitions(3), topic_out: NewPartitions(3)})
    read, cases = [], []
    async with AIOKafkaProducer(bootstrap_servers=hub.bootstrap, metadata_max_age_ms=500) as producer:

        async def grown():
            return len(await producer.partitions_for(topic_in)) == 3

        await until(grown)
        for partition in range(3):
            attributes, data = event("kvittens", "00000000-0000-0000-0000-000000000001", parts.KOMMUN), {"message": "m"}
            value, headers = record(attributes, data)
            await producer.send_and_wait(topic_in, value, headers=headers, partition=partition)
            read.append(attributes["id"])
    await taken(hub, *read)
    for person in LUND:
        attributes, data = admission(person)
        await hub.tell("ehr", attributes, data)
        await taken(hub, attributes["id"])
        cases.append(attributes["id"])

    async def told():
        found = await parts.everything(hub.bootstrap, topic_out)  # the first partition, where all went before
        return set(cases) <= {parts.attributes(each).get("id") for each in found}

    await until(told)


async def test_records_that_retention_took_are_named_by_their_offsets_and_the_rest_is_read(hub, admin):
    topic = f"hub.in.late{hub.tag}"
    await admin.create_topics([NewTopic(topic, 1, 1)])
    gone, kept = admission(LUND[0]), admission(LUND[1])
    await hub.tell("late", *gone)
    await waits(hub, "late", "unknown-system")  # it waits, and the broker does not wait for it
    await hub.tell("late", *kept)
    await admin.delete_records({TopicPartition(topic, 0): RecordsToDelete(1)})
    assert await lost(hub, topic, "retention") == [(0, 0, 1)]
    assert await known(hub, kept[0]["id"]) == {}
    await named(hub, ehr="late")
    assert await taken(hub, kept[0]["id"]) == {kept[0]["id"]: "ok"}
    await flows_but_gaps(hub, topic)
    await named(hub)


async def flows_but_gaps(hub, topic):
    async def look():
        return not await hub.rows("SELECT 1 FROM aside WHERE topic = %s AND NOT lost", topic)

    await until(look)


# --- two hubs ---------------------------------------------------------------------------------------------------------


async def test_while_hubs_come_are_stopped_for_long_go_on_and_are_killed_nothing_is_lost_or_done_twice_or_waits_for_them(
    hub, admin, tmp_path
):
    second = parts.Stack(hub.database, hub.bootstrap, hub.registers, tmp_path / "second.log", hub.tag)
    sent = []

    async def write():
        while True:
            attributes, data = admission(LUND[len(sent) % 4])
            await hub.tell("ehr", attributes, data)
            sent.append(attributes["id"])
            await asyncio.sleep(0.05)

    writing = asyncio.create_task(write())
    try:
        second.start(**NO_SESSION_ENDS)
        await second.ready()  # the partitions are dealt anew
        await asyncio.sleep(1)
        for process in (hub.hub, second.hub):  # one of them has the partition
            os.kill(process.pid, signal.SIGSTOP)
            so_far = len(sent)

            async def taken_over(so_far=so_far):
                if writing.done():
                    writing.result()  # the sender's own trouble is told as such
                return len(await known(hub, *sent[so_far:])) > 20

            await until(taken_over)
            os.kill(process.pid, signal.SIGCONT)
            await until(partial(read_by, admin, hub, process))  # it is a member again, and has shards
            owner = f"%-{process.pid}-%"
            await until(partial(hub.value, "SELECT count(*) FROM shard WHERE owner LIKE %s", owner))
        part = (await until(partial(read_by, admin, hub, second.hub)))[0]
        os.kill(second.hub.pid, signal.SIGKILL)
        await answered(hub, part)
        os.kill(hub.hub.pid, signal.SIGKILL)  # and now nobody is left who has seen it alive
        killed = f'"reader": "hub-{socket.gethostname()}-{hub.hub.pid}-'
        hub.start(**NO_SESSION_ENDS)
        await hub.ready()
        await answered(hub, part)
        assert killed in hub.log.read_text(), (
            "it joined ten seconds later, when the broker no longer waited for the killed one"
        )
    finally:
        for process in (hub.hub, second.hub):
            if process.alive:
                os.kill(process.pid, signal.SIGCONT)
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
        await asyncio.to_thread(second.hub.stop)
        await second._client.aclose()
    assert set((await taken(hub, *sent)).values()) == {"ok"}
    told = await hub.rows("SELECT message, system, count(*) FROM outbox WHERE kind = 'notice' GROUP BY 1, 2")
    assert {count for message, _, count in told if message in sent} == {1}

    async def committed():
        offsets = await admin.list_consumer_group_offsets(f"hub{hub.tag}")
        at = offsets[TopicPartition(f"hub.in.ehr{hub.tag}", 0)].offset
        return at == await hub_end(hub)

    await until(committed)


async def read_by(admin, hub, process):
    """The partitions of the stack's systems that a process reads."""
    (found,) = await admin.describe_consumer_groups([f"hub{hub.tag}"])
    systems = {f"hub.in.{system}{hub.tag}" for system in UNITS}
    return [
        TopicPartition(topic, partition)
        for _, client_id, _, _, assignment in found.groups[0][5]
        if f"-{process.pid}-" in client_id and assignment
        for topic, partitions in ConsumerProtocol.ASSIGNMENT.decode(assignment).assignment
        for partition in partitions
        if topic in systems
    ]


async def answered(hub, part):
    """A record on the partition is answered."""
    unit = next(unit for name, unit in UNITS.items() if part.topic == f"hub.in.{name}{hub.tag}")
    attributes, data = event("kvittens", "00000000-0000-0000-0000-000000000001", unit), {"message": "m"}
    value, headers = record(attributes, data)
    async with AIOKafkaProducer(bootstrap_servers=hub.bootstrap) as producer:
        await producer.send_and_wait(part.topic, value, headers=headers, partition=part.partition)
    await taken(hub, attributes["id"])


async def hub_end(hub):
    part = TopicPartition(f"hub.in.ehr{hub.tag}", 0)
    async with AIOKafkaConsumer(bootstrap_servers=hub.bootstrap) as consumer:
        return (await consumer.end_offsets([part]))[part]


# --- the consumer's own knowledge of the topics ---------------------------------------------------------------------------


@asynccontextmanager
async def a_door(hub, group, session_s=6):
    """A consumer of the hub's way in that handles nothing: in this process, so that it can be asked."""
    nothing = SimpleNamespace(waiting={}, known=(), batch=100, refresh=AsyncMock(), system_by_id={})
    client = {"bootstrap_servers": hub.bootstrap, "ssl_context": None}
    door = KafkaIn(
        client, f"{group}{hub.tag}", nothing, lambda: nothing, nothing, client_id=lambda: "a-door", session_s=session_s
    )
    await door.start()
    try:
        yield door
    finally:
        await door.stop(1)


async def test_a_consumer_that_asks_for_a_topic_that_is_not_there_reads_the_others_as_before(hub):
    async with a_door(hub, "asks") as door:
        consumer = door.reader.consumer
        await until(lambda: consumer.assignment() or None)
        read = consumer.assignment()
        assert len({part.topic for part in read}) > 1
        with suppress(TimeoutError, KafkaError):
            async with asyncio.timeout(3):
                await consumer.end_offsets([TopicPartition("hub.in.is-not-there", 0)])
        for _ in range(3):  # what it knows of the topics is renewed each time
            await consumer._client.force_metadata_update()
            await asyncio.sleep(0.5)
        assert consumer.assignment() == read
        assert consumer.subscription() == {part.topic for part in read}


async def test_a_session_shorter_than_the_broker_allows_is_refused_at_the_start_by_the_name_of_the_setting(hub):
    with pytest.raises(Misconfigured, match=r"HUB_KAFKA_SESSION_S=3 .*group\.min\.session\.timeout\.ms"):
        async with a_door(hub, "short", session_s=3):
            pass


async def test_topics_of_which_the_consumer_does_not_know_make_it_begin_anew(hub, monkeypatch):
    monkeypatch.setattr("hub.routers.kafka._STALLED_S", 1.0)
    monkeypatch.setattr("hub.routers.kafka._WATCH_S", 0.2)
    async with a_door(hub, "watches") as door:
        consumer = door.reader.consumer
        await until(lambda: consumer.assignment() or None)
        monkeypatch.setattr(door.reader, "outlived", AsyncMock())
        monkeypatch.setattr(door.reader, "behind", AsyncMock(return_value={}))
        door.there = {*consumer.subscription(), "hub.out.kommun"}
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(2):
                await door._watch(door.reader)
        for made in range(15):  # topics are made all the time, each of which is known in a moment
            door.there = {*consumer.subscription(), f"hub.in.new-{made}"}
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.3):
                    await door._watch(door.reader)
        door.there |= {"hub.in.nobody-knows"}
        with pytest.raises(Unavailable, match="topics-not-read"):
            async with asyncio.timeout(10):
                await door._watch(door.reader)


# --- the exit's producer --------------------------------------------------------------------------------------------------


async def test_a_producer_whose_task_ends_with_a_batch_in_hand_is_replaced_and_nothing_waits_for_it(hub, admin):
    system = SimpleNamespace(id="no-system")
    await admin.create_topics([NewTopic(f"hub.out.{system.id}", 1, 1)])
    exit_ = await connect({"bootstrap_servers": hub.bootstrap}, lambda _: 1)
    try:
        first = exit_._producer
        assert (await exit_.send(system, [outgoing("a")], at_once)).result == "ok"

        first._message_accumulator.drain_by_nodes = Mock(side_effect=RuntimeError)
        first._message_accumulator.fail_all = Mock()  # in the end not even those that wait are told
        async with asyncio.timeout(30):
            assert (await exit_.send(system, [outgoing("b")], at_once)).result == "retry"
            assert (await exit_.send(system, [outgoing("b")], at_once)).result == "ok"
        assert exit_._producer is not first
    finally:
        await exit_.close()
    consumer = AIOKafkaConsumer(f"hub.out.{system.id}", bootstrap_servers=hub.bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        assert [(await consumer.getone()).value for _ in "ab"] == [b"a", b"b"]
    finally:
        await consumer.stop()


def outgoing(value):
    return Outgoing(id=value, key="odd", encoded=Encoded({}, "text/plain", value.encode()))
