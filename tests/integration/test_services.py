"""The embedded services are the real ones, keep what they were given, and end with the process that started them: these tests
start their own, whatever HUB_TEST_ENGINE says.

May import ``hub.sandbox``.
"""

import contextlib
import signal
import subprocess
import sys
import time
import uuid

import psutil
import pytest
import sqlalchemy as sa
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from hub.errors import Misconfigured
from hub.sandbox import kafka_jars
from hub.sandbox.children import Child, free_port
from hub.sandbox.kafka import Kafka
from hub.sandbox.postgres import Postgres
from hub.sandbox.server import end_of

PARENT = """
import sys, time
from pathlib import Path
from hub.sandbox.kafka import Kafka
from hub.sandbox.postgres import Postgres
folder = Path(sys.argv[1])
broker, server = Kafka(folder / "kafka").start(), Postgres(folder / "postgres").start()
print("ready", flush=True)
time.sleep(600)
"""


async def make_topic(bootstrap):
    name = f"test-{uuid.uuid4().hex[:12]}"
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(name, 1, 1)])
    await admin.close()
    return name


async def produce(bootstrap, topic, value):
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, max_request_size=21 * 1024 * 1024) as producer:
        await producer.send_and_wait(topic, value)


async def first_of(bootstrap, topic):
    async with AIOKafkaConsumer(bootstrap_servers=bootstrap, max_partition_fetch_bytes=21 * 1024 * 1024) as consumer:
        consumer.assign([TopicPartition(topic, 0)])
        await consumer.seek_to_beginning()
        return (await consumer.getone()).value


def query(url, *statements):
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        for statement in statements:
            result = connection.exec_driver_sql(statement)
        return result.scalar() if result.returns_rows else None


def gone_within(seconds, processes):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        left = []
        for each in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                if each.is_running() and each.status() != psutil.STATUS_ZOMBIE:
                    left.append(each)
        if not left:
            return True
        time.sleep(0.05)
    return False


async def test_a_record_of_20_megabytes_goes_through_the_broker(kafka):
    topic = await make_topic(kafka.bootstrap)
    record = b"x" * (20 * 1024 * 1024)
    await produce(kafka.bootstrap, topic, record)
    assert await first_of(kafka.bootstrap, topic) == record


def test_each_test_has_a_database_of_its_own(database, postgres):
    query(database, "CREATE TABLE mine (n int)", "INSERT INTO mine VALUES (1)")
    assert query(database, "SELECT n FROM mine") == 1
    assert query(postgres.url(), "SELECT to_regclass('mine')") is None


def test_the_embedded_database_writes_to_the_disk_as_in_production(postgres):
    if not isinstance(postgres, Postgres):
        pytest.skip("an external server has its own settings")
    assert query(postgres.url(), "SHOW server_version_num") >= "180000"
    assert query(postgres.url(), "SHOW fsync") == "on"
    assert query(postgres.url(), "SHOW synchronous_commit") == "on"


@pytest.mark.parametrize("ending", ["stop", "kill"])
async def test_a_broker_that_ended_comes_back_with_its_records_at_the_same_address(tmp_path, ending):
    with Kafka(tmp_path) as broker:
        before = broker.bootstrap
        topic = await make_topic(before)
        await produce(before, topic, b"kept")
        getattr(broker, ending)()
        assert not broker.alive
        assert broker.start().bootstrap == before
        assert await first_of(before, topic) == b"kept"


@pytest.mark.parametrize("ending", ["stop", "kill"])
def test_a_database_that_ended_comes_back_with_its_rows_at_the_same_address(tmp_path, ending):
    with Postgres(tmp_path) as server:
        url = server.create_database("kept")
        query(url, "CREATE TABLE kept AS SELECT 7 AS n")
        getattr(server, ending)()
        assert not server.alive
        server.start()
        assert server.url("kept") == url
        assert query(url, "SELECT n FROM kept") == 7


def test_no_child_outlives_a_parent_that_is_killed(tmp_path):
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout.readline() == "ready\n"
    family = psutil.Process(parent.pid).children(recursive=True)
    assert {"java", "postgres"} <= {each.name() for each in family}
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert gone_within(20, family)


def test_the_child_dies_even_when_its_supervisor_is_killed():
    child = Child(["sleep", "600"])
    process = psutil.Process(child.pid)
    psutil.Process(child.pid).parent().kill()
    assert gone_within(5, [process])
    assert child.stop() == -signal.SIGKILL


def test_grandchildren_in_a_session_of_their_own_are_killed_too(tmp_path):
    child = Child(["sh", "-c", "setsid sleep 600 & echo started; wait"], log=tmp_path / "log")
    while "started" not in (tmp_path / "log").read_text() or not psutil.Process(child.pid).children():
        time.sleep(0.02)
    grandchildren = psutil.Process(child.pid).children()
    assert child.kill() == 128 + signal.SIGKILL
    assert gone_within(1, grandchildren)


def test_a_child_that_ignores_the_request_to_stop_is_killed_after_the_grace(tmp_path):
    child = Child(["sh", "-c", "trap '' TERM; echo deaf; while :; do sleep 1; done"], log=tmp_path / "log", grace=0.3)
    while "deaf" not in (tmp_path / "log").read_text():
        time.sleep(0.02)
    began = time.monotonic()
    assert child.stop() == 128 + signal.SIGKILL
    assert 0.2 < time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("last", "code", "ending"), [("exit 3", 3, "with status 3"), ("kill -9 $$", 137, "by SIGKILL")]
)
def test_a_child_reports_how_it_ended_and_its_last_lines_are_whole(tmp_path, last, code, ending):
    log = tmp_path / "log"
    child = Child(["sh", "-c", f"for n in $(seq 100); do echo {'x' * 400} $n; done; {last}"], log=log)
    assert (child.wait(10), child.ending) == (code, ending)
    said = end_of(log).splitlines()
    assert len(said) > 5 and said[-1].endswith(" 100") and {len(one.split()[0]) for one in said} == {400}
    assert end_of(tmp_path / "none") == "(it wrote nothing)"


def test_a_command_that_does_not_exist_is_an_error_at_once():
    with pytest.raises(OSError, match="no-such-command could not be started"):
        Child(["no-such-command"])


def test_a_free_port_is_below_those_that_outgoing_connections_are_given():
    assert 15_000 <= free_port() < 32_768


def test_a_jar_that_differs_from_its_checksum_is_not_run(tmp_path, monkeypatch):
    folder = tmp_path / f"kafka-{kafka_jars.VERSION}"
    folder.mkdir()
    (folder / "kafka-clients.jar").write_bytes(b"something else")
    monkeypatch.setenv("HUB_CACHE", str(tmp_path))
    with pytest.raises(Misconfigured, match=r"kafka-clients\.jar"):
        kafka_jars.fetch()
